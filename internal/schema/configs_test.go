package schema

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// randomConfig adds an edit of one configuration of each kind to a world.
func randomConfig(rng *rand.Rand, op string, add func(scope, kind, id, op, body string)) {
	id, version, value := fmt.Sprint("c", rng.IntN(4)), rng.IntN(50), rng.IntN(10)
	row := fmt.Sprintf(`{"name":"n","version":"v%d","operator":"o%d","operate_time":%d,"is_valid":%t}`, version, value, 1700000000000+version, value%2 == 0)
	content := thresholds(fmt.Sprintf("x >= %d", value), fmt.Sprintf("y%d <= 1", value%3))
	for _, scope := range []string{"_tenant", testProject} {
		add(scope, "rule_set", id, op, row)
		add(scope, "rule_set_detail", id, op, fmt.Sprintf(`{"name":"n","version":"v%d","update_time":"2026-03-01T10:00:%02d","rule_instances":[%s]}`,
			version, version, instance(fmt.Sprint("i", value%2), value%3 == 0, content)))
		add(scope, "open_source_rule_set", id, op, row)
		add(scope, "open_source_rule_set_detail", id, op, openSourceBody(value%2 == 0, value%3 == 0, true, fmt.Sprintf(`"s%d"`, value), "", packageRule("p", fmt.Sprint(value), true)))
	}
	add("_tenant", "rule", id, op, row)
	add("_tenant", "rule_detail", id, op, fmt.Sprintf(`{"name":"n","version":"v%d","content":%s}`, version, content))
	add("_tenant", "template", id, op, fmt.Sprintf(`{"name":"t%d","update_time":%d,"stages":[{"name":"s","sequence":%d}]}`, value, 1700000000000+version, value))
	add("_tenant", "template_detail", id, op, fmt.Sprintf(`{"name":"t%d","definition":"{%d}","variables":[{"name":"a","value":"%d"}]}`, value, version, value))
}

// teller tells what CodeArts shows, one state after the other. They are inserted in one block when the test looks.
type teller struct {
	conn driver.Conn
	seq  uint64
	told []Event
}

func (l *teller) put(scope, kind, id, op, body string) {
	l.seq++
	l.told = append(l.told, newEvent(l.seq, scope, kind, id, op, body))
}

func (l *teller) rows(t *testing.T, query string) []map[string]any {
	t.Helper()
	if len(l.told) > 0 {
		insertOnly(t, l.conn, l.told...)
		l.told = nil
	}
	return queryRows(t, l.conn, query)
}

func (l *teller) look(t *testing.T, query, want string) {
	t.Helper()
	if got := marshal(t, l.rows(t, query)); got != want {
		t.Errorf("%s\n got %s\nwant %s", query, got, want)
	}
}

// What is there now: the list row, with what the newest detail says.
func TestConfigsNow(t *testing.T) {
	l := teller{conn: migratedDB(t)}
	row := func(version, operator string) string {
		return fmt.Sprintf(`{"name":"unit tests","type":"Test","level":"project","version":%q,"operator":%q,"operate_time":1772360000000,"is_valid":true,"is_public":false}`, version, operator)
	}
	l.put("_tenant", "rule", "r", "created", row("v1", "anna"))
	l.look(t, "SELECT rule_id, version, detail_version, operator, operated_at, content FROM rules",
		`[{"content":[],"detail_version":"","operated_at":"2026-03-01 10:13:20.000","operator":"anna","rule_id":"r","version":"v1"}]`)
	l.put("_tenant", "rule_detail", "r", "created", `{"name":"unit tests","version":"v1","content":`+thresholds("x >= 1", "y <= 2")+`}`)
	l.put("_tenant", "rule", "r", "changed", row("v2", "bert"))
	l.put("_tenant", "rule_detail", "r", "changed", `{"name":"unit tests","version":"v2","content":`+thresholds("x >= 3")+`}`)
	l.look(t, "SELECT type, version, detail_version, operator, content[1].properties[1].value AS x FROM rules", `[{"detail_version":"v2","operator":"bert","type":"Test","version":"v2","x":"3"}]`)
	l.look(t, "SELECT version, group_name, property_key, operator, value FROM rule_properties ORDER BY version, property_key",
		`[{"group_name":"tests","operator":"\u003e=","property_key":"x","value":"1","version":"v1"},`+
			`{"group_name":"tests","operator":"\u003c=","property_key":"y","value":"2","version":"v1"},`+
			`{"group_name":"tests","operator":"\u003e=","property_key":"x","value":"3","version":"v2"}]`)

	l.put(testProject, "rule_set", "s", "created", row("v1", "anna"))
	l.put(testProject, "rule_set_detail", "s", "created", ruleSetBody("s", true, instance("a", true, thresholds("x >= 1", "y <= 2")), instance("b", false, "[]")))
	l.look(t, "SELECT project_id, rule_set_id, rule_set, rule_set_is_valid, rule_id, is_valid, property_key, value FROM rule_set_rules ORDER BY rule_id, property_key",
		`[{"is_valid":true,"project_id":"`+testProject+`","property_key":"x","rule_id":"a","rule_set":"unit tests","rule_set_id":"s","rule_set_is_valid":true,"value":"1"},`+
			`{"is_valid":true,"project_id":"`+testProject+`","property_key":"y","rule_id":"a","rule_set":"unit tests","rule_set_id":"s","rule_set_is_valid":true,"value":"2"},`+
			`{"is_valid":false,"project_id":"`+testProject+`","property_key":"","rule_id":"b","rule_set":"unit tests","rule_set_id":"s","rule_set_is_valid":true,"value":""}]`)

	l.put("_tenant", "open_source_rule_set", "o", "created", row("v1", "anna"))
	l.put("_tenant", "open_source_rule_set_detail", "o", "created", openSourceBody(true, true, false, `"High",""`, ""))
	l.look(t, "SELECT project_id, policy_id, operator, versions_enabled, security_enabled, severity_enabled, severities, cve_enabled, license_enabled FROM open_source_policies",
		`[{"cve_enabled":false,"license_enabled":true,"operator":"anna","policy_id":"o","project_id":"","security_enabled":true,"severities":["High"],"severity_enabled":false,"versions_enabled":true}]`)

	l.put("_tenant", "template", "t", "created", `{"name":"old","creator_name":"anna","stages":[{"name":"b","sequence":0}]}`)
	l.put("_tenant", "template_detail", "t", "created", `{"name":"old","definition":"{}","variables":[{"name":"v","sequence":1,"type":"string","value":"1","is_secret":false,"is_runtime":true}]}`)
	l.put("_tenant", "template", "t", "changed", `{"name":"new","creator_name":"anna","stages":[]}`)
	l.look(t, "SELECT template_id, name, creator_name, stage_names, definition, variables.name AS names, variables.is_runtime AS runtime FROM templates",
		`[{"creator_name":"anna","definition":"{}","name":"new","names":["v"],"runtime":[true],"stage_names":[],"template_id":"t"}]`)

	for _, step := range []struct {
		op   string
		want int
	}{{"missing", 1}, {"deleted", 0}, {"restored", 1}, {"expired", 0}} {
		l.put("_tenant", "rule", "r", step.op, row("v9", "cleo"))
		l.put(testProject, "rule_set", "s", step.op, row("v9", "cleo"))
		l.put("_tenant", "open_source_rule_set", "o", step.op, row("v9", "cleo"))
		l.put("_tenant", "template", "t", step.op, row("v9", "cleo"))
		for _, view := range []string{"rules", "rule_sets", "open_source_policies", "templates"} {
			if n := len(l.rows(t, "SELECT * FROM "+view)); n != step.want {
				t.Errorf("%s after %s: %d rows, want %d", view, step.op, n, step.want)
			}
		}
	}
}

// The zone of the tenant is that of the times without one.
func TestConfigTimesUseTheZoneOfTheEvent(t *testing.T) {
	conn := migratedDB(t)
	for i, kind := range []string{"rule_detail", "rule_set_detail", "open_source_rule_set_detail"} {
		for j, zone := range []string{"", "-05:30"} {
			e := newEvent(uint64(2*i+j+1), "_tenant", kind, "c", "changed", `{"create_time":"2023-10-20T15:44:41","update_time":""}`)
			e.Zone = zone
			insertOnly(t, conn, e)
		}
	}
	for _, table := range []string{"rule_states", "rule_set_states", "open_source_states"} {
		got := marshal(t, queryRows(t, conn, "SELECT create_text, created_at, update_text, updated_at FROM "+table+" FINAL ORDER BY ver"))
		want := `[{"create_text":"2023-10-20T15:44:41","created_at":"2023-10-20 07:44:41.000","update_text":"","updated_at":null},` +
			`{"create_text":"2023-10-20T15:44:41","created_at":"2023-10-20 21:14:41.000","update_text":"","updated_at":null}]`
		if got != want {
			t.Errorf("%s: got %s, want %s", table, got, want)
		}
	}
}
