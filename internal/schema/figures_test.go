package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// published are the figures of a day, as value and n by metric; what was not published is missing.
func published(t *testing.T, conn driver.Conn, day string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, row := range queryRows(t, conn, "SELECT metric, argMax((published_figures.value, published_figures.n), published_at) AS said, tupleElement(said, 1) AS value, tupleElement(said, 2) AS n FROM published_figures WHERE day = '"+day+"' AND service = 'shop' GROUP BY metric") {
		value := "nothing"
		if v, ok := row["value"].(float64); ok {
			value = fmt.Sprintf("%.4g", v)
		}
		out[row["metric"].(string)] = fmt.Sprintf("%s of %v", value, row["n"])
	}
	return out
}

func restated(t *testing.T, conn driver.Conn, where string) []string {
	t.Helper()
	return lines(t, queryRows(t, conn, "SELECT day, metric, round(ifNull(value_before, -1), 3) AS b, n_before, round(ifNull(value, -1), 3) AS a, n, reason FROM restatements WHERE "+where+" ORDER BY day, metric"),
		"day", "metric", "b", "n_before", "a", "n", "reason")
}

// The golden fixture of the DORA metrics, published when its first three days are final, then told of an incident that
// nobody had reported, then read by other rules. H = R = 24 h; all figures are worked out by hand from the fixture.
func TestPublishedFigures(t *testing.T) {
	conn := migratedDB(t)
	doraGolden(t, conn)
	publish := func(asOf float64) {
		t.Helper()
		if err := PublishFigures(t.Context(), conn, hour(asOf), LateDays); err != nil {
			t.Fatal(err)
		}
	}
	count := func() (n uint64) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), "SELECT count() FROM published_figures").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	publish(96)
	if n := count(); n != 0 {
		t.Fatalf("%d figures were published of runs that are not completely known", n)
	}
	known := newEvent(1000, testProject, "coverage", "shop", "created", fmt.Sprintf(`{"from":%d,"to":%d,"through":9,"total":9,"complete":true}`, hour(0).UnixMilli(), hour(200).UnixMilli()))
	listed := newEvent(1001, testProject, "poll", "", "created", fmt.Sprintf(`{"poller":"pipelines","last":true,"complete":true,"finished_at":%q}`, hourText(200)))
	insert(t, conn, known, listed)

	publish(96)
	for day, want := range map[string]map[string]string{
		// d0, the baseline, and d1 with c11 after 6 h and c12 after 1 h.
		"2026-03-02": {"deployments": "2 of 2", "lead time p50": "1.26e+04 of 2", "change fail rate": "0 of 2", "recovery time p50": "nothing of 0", "rework rate": "0 of 2"},
		// d3 with c13 after 11 h and c14 after 9 h; i1 and i2 are blamed on it, and i1 ends 8 h after it.
		"2026-03-03": {"deployments": "1 of 1", "lead time p50": "3.6e+04 of 2", "change fail rate": "1 of 1", "recovery time p50": "2.88e+04 of 1", "rework rate": "0 of 1"},
		// d4 with c15 to c17 after 10, 9 and 2 h, d5, which goes back, and d6, a hotfix, with c18 after 5 h. d4 failed; i3 ends 10 h after it.
		"2026-03-04": {"deployments": "3 of 3", "lead time p50": "2.52e+04 of 4", "change fail rate": "0.3333 of 3", "recovery time p50": "3.6e+04 of 1", "rework rate": "0.6667 of 3"},
		"2026-03-05": {}, // its incidents may still come
	} {
		if got := published(t, conn, day); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s\n got %v\nwant %v", day, got, want)
		}
	}
	first := count()
	publish(97)
	if n := count(); n != first || first != 15 {
		t.Errorf("%d figures, then %d; want 15 and no more", first, n)
	}
	equalLines(t, restated(t, conn, "true"), nil)

	// An incident from hour 61 to 63, after d6 at 60, is reported late: d6 failed too, and was mended after 3 h.
	late := newEvent(1002, "_incidents", "incident", "i9", "created", fmt.Sprintf(
		`{"service":"shop","environment":"production","started_at":%q,"resolved_at":%q,"title":"late","deployment":{"run_id":""}}`, hourText(61), hourText(63)))
	insert(t, conn, late)
	publish(98)
	equalLines(t, restated(t, conn, "true"), []string{
		"2026-03-04 change fail rate 0.333 3 0.667 3 late data",
		"2026-03-04 recovery time p50 36000 1 23400 2 late data",
	})

	// Other rules call the service store. Of shop nothing is left, of the 14 figures that counted something.
	rules := RuleSet{AttributionMS: 86400000, RollbackMS: 86400000, Zone: "UTC", Rules: []DeploymentRule{{Name: "all", Stage: "deploy", Service: "store", Environment: "production"}}}
	if _, err := ActivateRules(t.Context(), conn, &rules, 1); err != nil {
		t.Fatal(err)
	}
	publish(99)
	byRules := restated(t, conn, "reason = 'rules' AND service = 'shop'")
	if len(byRules) != 14 || byRules[0] != "2026-03-02 change fail rate 0 2 -1 0 rules" {
		t.Errorf("%d restatements by rules: %q", len(byRules), byRules)
	}
	if n := len(restated(t, conn, "service = 'store'")); n != 0 {
		t.Errorf("%d figures of store were restated; they are new", n)
	}
}

// What made a figure come out differently: the rework rate of the 4th of March, two of three in the golden fixture (d5 went back, d6 is
// a hotfix by its branch), by rules that change, by runs that are found late, by both between two looks, and by a pipeline's new name.
func TestWhyFiguresAreRestated(t *testing.T) {
	conn := migratedDB(t)
	doraGolden(t, conn)
	seq := uint64(1000)
	add := func(scope, kind, id, body string) {
		t.Helper()
		seq++
		insert(t, conn, newEvent(seq, scope, kind, id, "changed", body))
	}
	listed := func(until time.Time) {
		t.Helper()
		add(testProject, "coverage", "shop", fmt.Sprintf(`{"from":%d,"to":%d,"through":9,"total":9,"complete":true}`, hour(0).UnixMilli(), until.UnixMilli()))
		add(testProject, "poll", "", fmt.Sprintf(`{"poller":"pipelines","last":true,"complete":true,"finished_at":%q}`, until.Format(time.RFC3339)))
	}
	deployed := func(number int, end float64) {
		t.Helper()
		var l doraLog
		l.run(number, doraRun{id: fmt.Sprint("late", number), service: "shop", end: end, status: "COMPLETED", commit: "c18"})
		l[0].Seq, seq = seq+1, seq+1
		insert(t, conn, l...)
	}
	all := DeploymentRule{Name: "all", Stage: "deploy", Service: "{pipeline}", Environment: "production"}
	hotfix := []DeploymentMarker{{Kind: "hotfix", Branch: "hotfix"}}
	activate := func(revision uint32, markers []DeploymentMarker, rules ...DeploymentRule) {
		t.Helper()
		a, err := ReplaceRules(t.Context(), conn, &RuleSet{AttributionMS: 86400000, RollbackMS: 86400000, Zone: "UTC", Rules: rules, Markers: markers}, revision)
		if err := errors.Join(err, a.Ledger); err != nil {
			t.Fatal(err)
		}
	}
	publish := func(asOf time.Time) {
		t.Helper()
		if err := PublishFigures(t.Context(), conn, asOf, FigureDays); err != nil {
			t.Fatal(err)
		}
	}
	why := func() []string {
		t.Helper()
		return lines(t, queryRows(t, conn, "SELECT service, round(ifNull(value_before, -1), 3) AS b, n_before, round(ifNull(value, -1), 3) AS a, n, reason, rules_changed, reread, names, ifNull(toString(late_deployments), '?') AS d, ifNull(toString(late_incidents), '?') AS i, ifNull(toString(late_commits), '?') AS c FROM restatements WHERE metric = 'rework rate' AND day = '2026-03-04' ORDER BY restated_at, service"),
			"service", "b", "n_before", "a", "n", "reason", "rules_changed", "reread", "names", "d", "i", "c")
	}
	listed(hour(200))
	activate(1, hotfix, all)
	publish(hour(96))

	// Nobody looks between two late runs and rules that know no hotfixes.
	deployed(10, 62)
	deployed(11, 63)
	activate(2, nil, all, DeploymentRule{Name: "idle", Stage: "^nothing$", Ignore: true})
	publish(hour(97))
	want := []string{"shop 0.667 3 0.2 5 rules and late data added idle; changed markers 1 marked otherwise  2 0 0"}
	equalLines(t, why(), want)

	// The runs are completely known now, so the change of rules itself tells another late run from what it does.
	listed(time.Now())
	deployed(12, 64)
	activate(3, hotfix, all)
	want = append(want, "shop 0.2 5 0.167 6 late data    1 0 0", "shop 0.167 6 0.333 6 rules removed idle; changed markers 1 marked otherwise  0 0 0")
	equalLines(t, why(), want)

	add(testProject, "pipeline", "shop", fmt.Sprintf(`{"pipeline_id":"shop","name":"boutique","project_id":%q}`, testProject))
	publish(time.Now())
	want = append(want, "shop 0.333 6 -1 0 names   pipeline shop is boutique 0 0 0")
	equalLines(t, why(), want)

	// The seven deployments of the fixture and the three that came late are called otherwise, then nothing, and then as before.
	store, nothing := all, all
	store.Service, nothing.Stage = "store", "^nothing$"
	activate(4, hotfix, store)
	activate(5, hotfix, nothing)
	activate(6, hotfix, store)
	equalLines(t, why(), append(want, "boutique 0.333 6 -1 0 rules changed all 10 moved away  0 0 0",
		"store 0.333 6 -1 0 rules changed all 10 removed  0 0 0", "store -1 0 0.333 6 rules changed all 10 added  0 0 0"))

	// Of a figure that an earlier program published it is not known what came meanwhile.
	err := conn.Exec(t.Context(), "INSERT INTO published_figures (tenant, service, metric, day, n, rules_version, published_at) VALUES ('old', 'x', 'deployments', '2026-03-04', 1, 'v1', '2026-04-01'), ('old', 'x', 'deployments', '2026-03-04', 2, 'v2', '2026-04-02')")
	if err != nil {
		t.Fatal(err)
	}
	if got := lines(t, queryRows(t, conn, "SELECT reason, rules_before, rules_version, rules_changed FROM restatements WHERE tenant = 'old'"), "reason", "rules_before", "rules_version", "rules_changed"); len(got) != 1 || got[0] != "rules or late data v1 v2 " {
		t.Errorf("an older ledger: %q", got)
	}
}

// Each cause of a restatement that lies farther away than facts of its day, planted one after the other in the golden fixture. All figures
// are worked out by hand.
func TestCausesOfRestatements(t *testing.T) {
	conn := migratedDB(t)
	doraGolden(t, conn)
	seq := uint64(1000)
	add := func(scope, kind, id, body string) {
		t.Helper()
		seq++
		insert(t, conn, newEvent(seq, scope, kind, id, "changed", body))
	}
	group := func(name string) {
		add(testProject, "pipeline_group", "g", fmt.Sprintf(`{"name":%q,"parent_id":"","path_id":"g"}`, name))
	}
	project := func(name string) { add("_tenant", "project", testProject, fmt.Sprintf(`{"project_name":%q}`, name)) }
	late := func(number int, r doraRun) {
		var l doraLog
		r.service, r.status = "shop", "COMPLETED"
		l.run(number, r)
		l[0].Seq, seq = seq+1, seq+1
		insert(t, conn, l...)
	}
	incident := func(end string) {
		add("_incidents", "incident", "i9", fmt.Sprintf(`{"service":"shop","environment":"production","started_at":%q,"resolved_at":%q,"title":"late","deployment":{"run_id":""}}`, hourText(61), end))
	}
	group("live")
	project("Alpha")
	add(testProject, "run_detail", "d0", `{"pipeline_id":"shop","group_id":"g"}`)
	add(testProject, "coverage", "shop", fmt.Sprintf(`{"from":%d,"to":%d,"through":9,"total":9,"complete":true}`, hour(0).UnixMilli(), hour(2000).UnixMilli()))
	add(testProject, "poll", "", fmt.Sprintf(`{"poller":"pipelines","last":true,"complete":true,"finished_at":%q}`, hourText(2000)))
	rules := RuleSet{AttributionMS: 86400000, RollbackMS: 86400000, Zone: "UTC", Rules: []DeploymentRule{
		{Name: "closed", Group: "^old$", Stage: ".", Ignore: true}, {Name: "sold", Project: "^Omega$", Stage: ".", Ignore: true},
		{Name: "all", Stage: "deploy", Service: "{pipeline}", Environment: "production"},
	}}
	if _, err := ActivateRules(t.Context(), conn, &rules, 1); err != nil {
		t.Fatal(err)
	}

	for i, c := range []struct {
		name string
		do   func()
		want []string // day, metric, value and n before, value and n now, reason, names; late deployments, incidents, commits, and farther ones
	}{
		{"first", func() {}, nil},
		// c9 of a week before, without a time, so that d0 is no baseline any more: c10, of 20 h before it, counts beside 6 and 1 h.
		{"a deployment before the windows", func() { late(10, doraRun{id: "late", end: -168, commit: "c9"}) }, []string{"2026-03-02 lead time p50 12600 2 21600 3 late data  0 0 0 1"}},
		// c13, which d3 shipped in the range up to its c14, was made at 25 h, so it waited 6 h and not 11; c14 waited 9.
		{"a commit inside a range", func() {
			add("_tenant", "commit", "77/c13", fmt.Sprintf(`{"repository_id":"77","commit_id":"c13","commit":{"id":"c13","committed_date":%q}}`, hourText(25)))
		}, []string{"2026-03-03 lead time p50 36000 2 27000 2 late data  0 0 1 1"}},
		// d6 failed too, by an incident that goes on: no recovery time meanwhile. Then it ends 3 h after d6; d4 was mended after 10.
		{"a failure that is open", func() { incident("") }, []string{"2026-03-04 change fail rate 0.333 3 0.667 3 late data  0 1 0 0"}},
		{"nothing meanwhile", func() {}, nil},
		{"it is over", func() { incident(hourText(63)) }, []string{"2026-03-04 recovery time p50 36000 1 23400 2 was open  0 1 0 0"}},
		{"the group has a name that is ignored", func() { group("old") }, []string{"2026-03-03 deployments 1 1 -1 0 names groups of pipeline shop 0 0 0 0"}},
		{"and its own again, while a deployment of long before came", func() { group("live"); late(11, doraRun{id: "later", end: -200, commit: "c7"}) },
			[]string{"2026-03-03 deployments -1 0 1 1 names or late data groups of pipeline shop 0 0 0 1"}},
		{"a deployment, after an earlier program, which kept no names", func() {
			exec(t, conn, "INSERT INTO confirmed_figures SELECT * REPLACE (0 AS batch, 0 AS batch_all, confirmed_at + INTERVAL 1 SECOND AS confirmed_at) FROM confirmed_figures FINAL")
			late(12, doraRun{id: "latest", end: 30, commit: "c8"})
		}, []string{"2026-03-03 deployments 1 1 2 2 late data  1 0 0 1"}},
		{"the project has a name that is ignored", func() { project("Omega") }, []string{"2026-03-03 deployments 2 2 -1 0 names project Alpha is Omega 0 0 0 0"}},
	} {
		c.do()
		at := hour(400 + float64(i))
		if err := PublishFigures(t.Context(), conn, at, FigureDays); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		where := "restated_at = " + hourSQL(400+float64(i))
		if len(c.want) == 1 && strings.Contains(c.want[0], "deployments") {
			where += " AND metric = 'deployments' AND day = '2026-03-03'" // of all figures, which all have the same cause
		}
		got := lines(t, queryRows(t, conn, "SELECT day, metric, round(ifNull(value_before, -1), 3) AS b, n_before, round(ifNull(value, -1), 3) AS a, n, reason, names, late_deployments AS d, late_incidents AS i, late_commits AS c, late_farther AS f FROM restatements WHERE "+where+" ORDER BY day, metric"),
			"day", "metric", "b", "n_before", "a", "n", "reason", "names", "d", "i", "c", "f")
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
	if n := len(restated(t, conn, "reason NOT IN ('late data', 'was open', 'names', 'names or late data')")); n != 0 {
		t.Errorf("%d figures were restated for another cause", n)
	}
}

// In Santiago the 6th of September 2026 begins at one o'clock, in Cairo the 24th of April; the other two days are Berlin's of 23 and 25
// hours.
func TestStartOfDay(t *testing.T) {
	for _, c := range []struct{ zone, at, want string }{
		{"America/Santiago", "2026-09-06T20:00:00Z", "2026-09-06T01:00:00-03:00"},
		{"America/Santiago", "2026-09-06T04:00:00Z", "2026-09-06T01:00:00-03:00"},
		{"America/Santiago", "2026-09-06T03:59:59Z", "2026-09-05T00:00:00-04:00"},
		{"Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-24T01:00:00+03:00"},
		{"Europe/Berlin", "2026-03-29T21:59:59Z", "2026-03-29T00:00:00+01:00"},
		{"Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-25T00:00:00+02:00"},
		{"UTC", "2026-10-25T23:59:59Z", "2026-10-25T00:00:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := StartOfDay(at, zone).Format(time.RFC3339); got != c.want {
			t.Errorf("the day of %s in %s begins at %s, want %s", c.at, c.zone, got, c.want)
		}
	}
}
