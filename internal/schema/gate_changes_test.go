package schema

import (
	"fmt"
	"strings"
	"testing"
)

const testPolicy = "c0ca09cfda8a426bbdb8df4c34c4831e"

// thresholds are the properties of one rule: "key operator value" each.
func thresholds(all ...string) string {
	var out []string
	for _, p := range all {
		f := strings.Fields(p)
		out = append(out, fmt.Sprintf(`{"key":%q,"name":"the %s","operator":%q,"value":%q}`, f[0], f[0], f[1], f[2]))
	}
	return `[{"group_name":"tests","properties":[` + strings.Join(out, ",") + `]}]`
}

func instance(id string, valid bool, content string) string {
	return fmt.Sprintf(`{"id":%q,"name":"rule %s","is_valid":%t,"content":%s}`, id, id, valid, content)
}

func ruleSetBody(name string, valid bool, instances ...string) string {
	return fmt.Sprintf(`{"name":%q,"is_valid":%t,"rule_instances":[%s]}`, name, valid, strings.Join(instances, ","))
}

func checkBody(items ...string) string {
	return `{"result":{"review_info":[` + strings.Join(items, ",") + `]}}`
}

func checkItem(name, compare string, checked, value int) string {
	return fmt.Sprintf(`{"name":%q,"compareType":%q,"isCheck":%d,"value":%d}`, name, compare, checked, value)
}

func openSourceBody(valid, security, severity bool, severities, licenses string, packages ...string) string {
	return fmt.Sprintf(`{"name":"osg","is_valid":%t,"content":{"version_set":{"enable":true,"rules":[%s]},
		"security":{"enable":%t,"rules":{"severity":{"enable":%t,"values":[%s]},"cve":{"enable":false,"values":[""]}}},
		"license":{"enable":true,"rules":[{"predicate":"contain","values":[%s]}]}}}`, valid, strings.Join(packages, ","), security, severity, severities, licenses)
}

func packageRule(name, version string, enabled bool) string {
	return fmt.Sprintf(`{"enable":%t,"ecosystem":"Maven","package_name":%q,"package_version":%q,"predicate":"eq"}`, enabled, name, version)
}

// Each case is the states of one configuration, and what the last step changed:
// "item | field | old -> new | direction".
func TestGateChanges(t *testing.T) {
	critical, major := "Number of critical issues.", "Member of major issues."
	tests := []struct {
		name, scope, kind string
		states            []string
		want              []string
	}{
		{"the first state is no change", "_tenant", "gate", []string{checkBody(checkItem(critical, "≤", 1, 0))}, nil},
		{"nothing that decides", "_tenant", "rule_detail", []string{`{"name":"r","version":"1","update_time":"2026-03-01T10:00:00"}`, `{"name":"r","version":"2","update_time":"2026-03-01T11:00:00"}`}, nil},

		{"more issues allowed", "_tenant", "gate", []string{checkBody(checkItem(critical, "≤", 1, 0)), checkBody(checkItem(critical, "≤", 1, 10))},
			[]string{critical + " | value | 0 -> 10 | weakened"}},
		{"fewer issues allowed", testProject, "gate", []string{checkBody(checkItem(critical, "≤", 1, 10)), checkBody(checkItem(critical, "≤", 1, 9))},
			[]string{critical + " | value | 10 -> 9 | strengthened"}},
		{"check switched off", "_tenant", "gate", []string{checkBody(checkItem(critical, "≤", 1, 0)), checkBody(checkItem(critical, "≤", 0, 0))},
			[]string{critical + " | checked | true -> false | weakened"}},
		{"check switched on", "_tenant", "gate", []string{checkBody(checkItem(critical, "≤", 0, 0)), checkBody(checkItem(critical, "≤", 1, 0))},
			[]string{critical + " | checked | false -> true | strengthened"}},
		{"another comparison", "_tenant", "gate", []string{checkBody(checkItem(critical, "≤", 1, 5)), checkBody(checkItem(critical, "≥", 1, 6))},
			[]string{critical + " | compare | ≤ -> ≥ | changed", critical + " | value | 5 -> 6 | changed"}},
		{"check gone", "_tenant", "gate", []string{checkBody(checkItem(critical, "≤", 1, 0), checkItem(major, "≤", 1, 5)), checkBody(checkItem(major, "≤", 1, 5))},
			[]string{critical + " | exists | true -> false | weakened"}},
		{"check added", "_tenant", "gate", []string{checkBody(checkItem(major, "≤", 1, 5)), checkBody(checkItem(critical, "≤", 1, 0), checkItem(major, "≤", 1, 5))},
			[]string{critical + " | exists | false -> true | strengthened"}},
		{"every check gone", testProject, "gate", []string{checkBody(checkItem(critical, "≤", 1, 0), checkItem(major, "≤", 1, 5)), checkBody()},
			[]string{major + " | exists | true -> false | weakened", critical + " | exists | true -> false | weakened"}},
		{"the first check", "_tenant", "gate", []string{checkBody(), checkBody(checkItem(critical, "≤", 1, 0))},
			[]string{critical + " | exists | false -> true | strengthened"}},

		{"lower minimum", "_tenant", "rule_detail", []string{`{"name":"r","content":` + thresholds("ratio >= 0.9") + `}`, `{"name":"r","content":` + thresholds("ratio >= 0.85") + `}`},
			[]string{"tests / the ratio | value | 0.9 -> 0.85 | weakened"}},
		{"higher minimum", "_tenant", "rule_detail", []string{`{"name":"r","content":` + thresholds("ratio >= 9") + `}`, `{"name":"r","content":` + thresholds("ratio >= 10") + `}`},
			[]string{"tests / the ratio | value | 9 -> 10 | strengthened"}},
		{"higher maximum", "_tenant", "rule_detail", []string{`{"name":"r","content":` + thresholds("bugs <= 9") + `}`, `{"name":"r","content":` + thresholds("bugs <= 10") + `}`},
			[]string{"tests / the bugs | value | 9 -> 10 | weakened"}},
		{"lower maximum", "_tenant", "rule_detail", []string{`{"name":"r","content":` + thresholds("bugs <= 9") + `}`, `{"name":"r","content":` + thresholds("bugs <= 8") + `}`},
			[]string{"tests / the bugs | value | 9 -> 8 | strengthened"}},
		{"the same number", "_tenant", "rule_detail", []string{`{"name":"r","content":` + thresholds("bugs <= 9") + `}`, `{"name":"r","content":` + thresholds("bugs <= 9.0") + `}`},
			[]string{"tests / the bugs | value | 9 -> 9.0 | changed"}},
		{"equality has no direction", "_tenant", "rule_detail", []string{`{"name":"r","content":` + thresholds("x = 1") + `}`, `{"name":"r","content":` + thresholds("x = 2") + `}`},
			[]string{"tests / the x | value | 1 -> 2 | changed"}},
		{"no number", "_tenant", "rule_detail", []string{`{"name":"r","content":` + thresholds("x >= A") + `}`, `{"name":"r","content":` + thresholds("x >= B") + `}`},
			[]string{"tests / the x | value | A -> B | changed"}},
		{"another operator", "_tenant", "rule_detail", []string{`{"name":"r","content":` + thresholds("x >= 1") + `}`, `{"name":"r","content":` + thresholds("x = 1") + `}`},
			[]string{"tests / the x | operator | >= -> = | changed"}},
		{"threshold gone", "_tenant", "rule_detail", []string{`{"name":"r","content":` + thresholds("x >= 1", "y >= 1") + `}`, `{"name":"r","content":` + thresholds("y >= 1") + `}`},
			[]string{"tests / the x | exists | true -> false | weakened"}},
		{"threshold added", "_tenant", "rule_detail", []string{`{"name":"r","content":` + thresholds("x >= 1") + `}`, `{"name":"r","content":` + thresholds("x >= 1", "y >= 1") + `}`},
			[]string{"tests / the y | exists | false -> true | strengthened"}},
		{"group gone", "_tenant", "rule_detail", []string{`{"name":"r","content":` + thresholds("x >= 1") + `}`, `{"name":"r","content":[]}`},
			[]string{"tests | exists | true -> false | weakened"}},
		{"rule invalid", "_tenant", "rule_detail", []string{`{"name":"r","is_valid":true}`, `{"name":"r","is_valid":false}`},
			[]string{" | is_valid | true -> false | weakened"}},
		{"rule valid, and renamed", "_tenant", "rule_detail", []string{`{"name":"r","is_valid":false}`, `{"name":"s","is_valid":true}`},
			[]string{" | is_valid | false -> true | strengthened", " | name | r -> s | changed"}},
		{"validity not said any more", "_tenant", "rule_detail", []string{`{"name":"r","is_valid":true}`, `{"name":"r"}`},
			[]string{" | is_valid | true ->  | changed"}},

		{"set switched off", "_tenant", "rule_set_detail", []string{ruleSetBody("p", true), ruleSetBody("p", false)},
			[]string{" | is_valid | true -> false | weakened"}},
		{"set switched on", testProject, "rule_set_detail", []string{ruleSetBody("p", false), ruleSetBody("p", true)},
			[]string{" | is_valid | false -> true | strengthened"}},
		{"rule of a set switched off", testProject, "rule_set_detail",
			[]string{ruleSetBody("p", true, instance("a", true, "[]")), ruleSetBody("p", true, instance("a", false, "[]"))},
			[]string{"rule a | is_valid | true -> false | weakened"}},
		{"rule of a set relaxed", "_tenant", "rule_set_detail",
			[]string{ruleSetBody("p", true, instance("a", true, thresholds("ratio >= 1.0"))), ruleSetBody("p", true, instance("a", true, thresholds("ratio >= 0.5")))},
			[]string{"rule a / the ratio | value | 1.0 -> 0.5 | weakened"}},
		{"rule taken out, another put in", "_tenant", "rule_set_detail",
			[]string{ruleSetBody("p", true, instance("a", true, thresholds("x >= 1"))), ruleSetBody("p", true, instance("b", true, thresholds("x >= 1")))},
			[]string{"rule a | exists | true -> false | weakened", "rule b | exists | false -> true | strengthened"}},

		{"policy switched off", "_tenant", "open_source_rule_set_detail",
			[]string{openSourceBody(true, true, true, `"High"`, ""), openSourceBody(false, false, false, `"High"`, "")},
			[]string{" | is_valid | true -> false | weakened", " | security | true -> false | changed", " | severity | true -> false | changed"}},
		{"policy switched on", testProject, "open_source_rule_set_detail",
			[]string{openSourceBody(false, false, false, `"High"`, ""), openSourceBody(true, true, true, `"High"`, "")},
			[]string{" | is_valid | false -> true | strengthened", " | security | false -> true | changed", " | severity | false -> true | changed"}},
		{"fewer severities", testProject, "open_source_rule_set_detail",
			[]string{openSourceBody(true, true, true, `"High","Critical"`, ""), openSourceBody(true, true, true, `"Critical"`, `"GPL"`)},
			[]string{" | license rules | contain:  -> contain: GPL | changed", " | severity values | Critical, High -> Critical | weakened"}},
		{"no severity", "_tenant", "open_source_rule_set_detail", []string{openSourceBody(true, true, true, `"High"`, ""), openSourceBody(true, true, true, "", "")},
			[]string{" | severity values | High ->  | weakened"}},
		{"the first severity", "_tenant", "open_source_rule_set_detail", []string{openSourceBody(true, true, true, "", ""), openSourceBody(true, true, true, `"High"`, "")},
			[]string{" | severity values |  -> High | strengthened"}},
		{"more severities", "_tenant", "open_source_rule_set_detail", []string{openSourceBody(true, true, true, `"High"`, ""), openSourceBody(true, true, true, `"Low","High"`, "")},
			[]string{" | severity values | High -> High, Low | strengthened"}},
		{"other severities", "_tenant", "open_source_rule_set_detail", []string{openSourceBody(true, true, true, `"High"`, ""), openSourceBody(true, true, true, `"Low"`, "")},
			[]string{" | severity values | High -> Low | changed"}},
		{"packages", testProject, "open_source_rule_set_detail",
			[]string{openSourceBody(true, true, true, "", "", packageRule("a", "1", true), packageRule("b", "1", true), packageRule("c", "1", true), packageRule("c", "2", true)),
				openSourceBody(true, true, true, "", "", packageRule("a", "1", false), packageRule("c", "1", true), packageRule("c", "3", true), packageRule("d", "1", true))},
			[]string{"Maven:a | enable | true -> false | weakened", "Maven:b | exists | true -> false | weakened",
				"Maven:c | version | eq 2 -> eq 3 | changed", "Maven:d | exists | false -> true | strengthened"}},

		// What is off is enforced neither before nor after, and what is switched off or on is told once.
		{"check that is off", "_tenant", "gate", []string{checkBody(checkItem(critical, "≤", 0, 9)), checkBody(checkItem(critical, "≤", 0, 99))},
			[]string{critical + " | value | 9 -> 99 | changed"}},
		{"check switched off and changed", "_tenant", "gate", []string{checkBody(checkItem(critical, "≤", 1, 9), checkItem(major, "≤", 1, 5)), checkBody(checkItem(critical, "≤", 0, 99), checkItem(major, "≤", 1, 6))},
			[]string{major + " | value | 5 -> 6 | weakened", critical + " | checked | true -> false | weakened", critical + " | value | 9 -> 99 | changed"}},
		{"check switched on and changed", "_tenant", "gate", []string{checkBody(checkItem(critical, "≤", 0, 9)), checkBody(checkItem(critical, "≤", 1, 99))},
			[]string{critical + " | checked | false -> true | strengthened", critical + " | value | 9 -> 99 | changed"}},
		{"rule that is off", "_tenant", "rule_detail",
			[]string{`{"name":"r","is_valid":false,"content":` + thresholds("x >= 9", "y >= 1") + `}`, `{"name":"r","is_valid":false,"content":` + thresholds("x >= 8") + `}`},
			[]string{"tests / the x | value | 9 -> 8 | changed", "tests / the y | exists | true -> false | changed"}},
		{"set that is off", testProject, "rule_set_detail",
			[]string{ruleSetBody("p", false, instance("a", true, thresholds("x >= 9"))), ruleSetBody("p", false, instance("a", false, thresholds("x >= 8")))},
			[]string{"rule a | is_valid | true -> false | changed", "rule a / the x | value | 9 -> 8 | changed"}},
		{"rule of a set that is off, and one with a longer id that is on", testProject, "rule_set_detail",
			[]string{ruleSetBody("p", true, instance("a", false, thresholds("x >= 9")), instance("ab", true, thresholds("x >= 9"))), ruleSetBody("p", true, instance("a", false, thresholds("x >= 8")), instance("ab", true, thresholds("x >= 8")))},
			[]string{"rule a / the x | value | 9 -> 8 | changed", "rule ab / the x | value | 9 -> 8 | weakened"}},
		{"severities that are not looked at", testProject, "open_source_rule_set_detail",
			[]string{openSourceBody(true, true, false, `"High","Low"`, ""), openSourceBody(true, true, false, `"Low"`, "")}, []string{" | severity values | High, Low -> Low | changed"}},
		{"security switched off, severities and packages changed", testProject, "open_source_rule_set_detail",
			[]string{openSourceBody(true, true, true, `"High","Low"`, "", packageRule("a", "1", true)), openSourceBody(true, false, false, `"Low"`, "", packageRule("a", "1", false))},
			[]string{" | security | true -> false | weakened", " | severity | true -> false | changed", " | severity values | High, Low -> Low | changed", "Maven:a | enable | true -> false | weakened"}},
		{"packages that are not looked at", testProject, "open_source_rule_set_detail",
			[]string{strings.Replace(openSourceBody(true, true, true, `"High"`, "", packageRule("a", "1", true)), `"version_set":{"enable":true`, `"version_set":{"enable":false`, 1),
				strings.Replace(openSourceBody(true, true, true, "", "", packageRule("a", "1", false)), `"version_set":{"enable":true`, `"version_set":{"enable":false`, 1)},
			[]string{" | severity values | High ->  | weakened", "Maven:a | enable | true -> false | changed"}},
	}
	conn := migratedDB(t)
	var events []Event
	for i, tt := range tests {
		for _, body := range tt.states {
			events = append(events, newEvent(uint64(len(events)+1), tt.scope, tt.kind, fmt.Sprint("c", i), "changed", body))
		}
	}
	insertOnly(t, conn, events...)
	rows := map[string][]map[string]any{}
	for _, r := range queryRows(t, conn, "SELECT * FROM gate_changes ORDER BY item, field") {
		id := r["config_id"].(string)
		rows[id] = append(rows[id], r)
	}
	for i, tt := range tests {
		var got []string
		for _, r := range rows[fmt.Sprint("c", i)] {
			got = append(got, fmt.Sprintf("%v | %v | %v -> %v | %v", r["item"], r["field"], r["old_value"], r["new_value"], r["direction"]))
			project := strings.TrimPrefix(tt.scope, "_tenant")
			if r["tenant"] != "acme" || r["project_id"] != project || r["kind"] != strings.TrimSuffix(tt.kind, "_detail") || r["changed_by"] != "" || r["changed_at"] != r["observed_at"] {
				t.Errorf("%s: %v", tt.name, r)
			}
		}
		if marshal(t, got) != marshal(t, tt.want) {
			t.Errorf("%s:\n got %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

// The list row of the same version says who edited and when; without one the
// detail does, in the tenant's zone.
func TestGateChangesNameTheEdit(t *testing.T) {
	detail := func(version, updater, at, value string) string {
		return fmt.Sprintf(`{"name":"unit tests","version":%q,"updater":%q,"update_time":%q,"content":%s}`, version, updater, at, thresholds("ratio >= "+value))
	}
	list := func(version, operator string, at int) string {
		return fmt.Sprintf(`{"name":"unit tests","version":%q,"operator":%q,"operate_time":%d}`, version, operator, at)
	}
	conn := migratedDB(t)
	events := []Event{
		newEvent(1, "_tenant", "rule", "r", "created", list("v1", "anna", 1772360000000)),
		newEvent(2, "_tenant", "rule_detail", "r", "created", detail("v1", "id-anna", "2026-03-01T18:13:20", "0.9")),
		newEvent(3, "_tenant", "rule", "r", "changed", list("v2", "bert", 1772363045000)), // 2026-03-01 11:04:05Z
		newEvent(4, "_tenant", "rule_detail", "r", "changed", detail("v2", "id-bert", "2026-03-01T19:04:05", "0.8")),
		newEvent(5, "_tenant", "rule_detail", "r", "changed", detail("v3", "id-cleo", "2026-03-01T19:30:00", "0.85")),
		newEvent(6, "_tenant", "rule_detail", "r", "changed", detail("v3", "id-cleo", "2026-03-01T19:30:00", "0.95")), // nobody said who
	}
	insertOnly(t, conn, events...)
	got := marshal(t, queryRows(t, conn, "SELECT config_id, config_name, old_value, new_value, changed_at, changed_by, direction FROM gate_changes ORDER BY ver"))
	want := `[{"changed_at":"2026-03-01 11:04:05.000","changed_by":"bert","config_id":"r","config_name":"unit tests","direction":"weakened","new_value":"0.8","old_value":"0.9"},` +
		`{"changed_at":"2026-03-01 11:30:00.000","changed_by":"id-cleo","config_id":"r","config_name":"unit tests","direction":"strengthened","new_value":"0.85","old_value":"0.8"},` +
		`{"changed_at":"2026-03-01 12:00:06.005","changed_by":"","config_id":"r","config_name":"unit tests","direction":"strengthened","new_value":"0.95","old_value":"0.85"}]`
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

// A configuration that is removed is one change, whichever of its two entities
// shows it; one that is not found in one sweep is none.
func TestGateChangesOfRemovedConfigs(t *testing.T) {
	conn := migratedDB(t)
	row := `{"name":"p","version":"` + testPolicy + `","operator":"anna"}`
	body := ruleSetBody("p", true, instance("a", true, thresholds("x >= 1")))
	insertOnly(t, conn,
		newEvent(1, testProject, "rule_set", "p", "created", row),
		newEvent(2, testProject, "rule_set_detail", "p", "created", body),
		newEvent(3, testProject, "rule_set_detail", "p", "missing", `{}`),
		newEvent(4, testProject, "rule_set", "p", "deleted", row),
		newEvent(5, testProject, "rule_set_detail", "p", "deleted", body),
		newEvent(6, testProject, "rule_set", "p", "restored", row),
		newEvent(7, testProject, "rule_set_detail", "p", "restored", ruleSetBody("p", false)),
		newEvent(8, testProject, "rule_set_detail", "q", "created", ruleSetBody("q", false)),
		newEvent(9, testProject, "rule_set", "q", "deleted", row),
		newEvent(10, testProject, "open_source_rule_set_detail", "o", "created", openSourceBody(true, true, true, `"High"`, "")), // but for CVEs
		newEvent(11, testProject, "open_source_rule_set", "o", "deleted", row),
		newEvent(12, testProject, "open_source_rule_set", "o", "restored", row))
	got := marshal(t, queryRows(t, conn, "SELECT item, field, new_value, changed_by, direction, ver % 256 AS seq FROM gate_changes ORDER BY ver, item, field"))
	want := `[{"changed_by":"","direction":"weakened","field":"exists","item":"","new_value":"false","seq":4},` +
		`{"changed_by":"","direction":"strengthened","field":"exists","item":"","new_value":"true","seq":6},` +
		`{"changed_by":"","direction":"weakened","field":"is_valid","item":"","new_value":"false","seq":7},` +
		`{"changed_by":"","direction":"changed","field":"exists","item":"rule a","new_value":"false","seq":7},` +
		`{"changed_by":"","direction":"changed","field":"exists","item":"","new_value":"false","seq":9},` +
		`{"changed_by":"","direction":"weakened","field":"exists","item":"","new_value":"false","seq":11},` +
		`{"changed_by":"","direction":"strengthened","field":"exists","item":"","new_value":"true","seq":12}]`
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	if rows := queryRows(t, conn, "SELECT rule_set_id FROM rule_sets"); len(rows) != 1 {
		t.Errorf("a restored rule set: %v", rows)
	}
}
