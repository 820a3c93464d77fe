package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// deliveryWorld: pipeline "shop" has runs 1, 2, 4 and one queued run; its
// newest run failed in the stage "deploy prod" (a retry of it did not help).
// Pipeline "lib" failed once and is fine again. Pipeline "gone" was deleted
// while red. All times are days before now.
func deliveryWorld(t *testing.T, conn driver.Conn) {
	t.Helper()
	var events []Event
	add := func(kind, id, op, body string) {
		events = append(events, newEvent(uint64(len(events)+1), testProject, kind, id, op, body))
	}
	at := func(days float64) string {
		return time.Now().Add(-time.Duration(days*24) * time.Hour).In(time.FixedZone("", 8*3600)).Format("2006-01-02 15:04:05")
	}
	run := func(pipeline, id string, number int, status string, stages ...string) {
		add("run", id, "changed", fmt.Sprintf(`{"pipeline_id":%q,"run_number":%d,"status":%q,"build_params":{"commit_id":"c%d"},"stage_status_list":[%s]}`,
			pipeline, number, status, number, strings.Join(stages, ",")))
	}
	for _, name := range []string{"shop", "lib", "gone"} {
		add("pipeline", name, "created", fmt.Sprintf(`{"name":%q,"project_name":"web"}`, name+" pipeline"))
	}
	run("shop", "s1", 1, "COMPLETED", stage("build", "COMPLETED", at(40), at(40)), stage("deploy prod", "COMPLETED", at(40), at(40)))
	run("shop", "s2", 2, "COMPLETED", stage("build", "COMPLETED", at(6), at(6)), stage("deploy prod", "COMPLETED", at(5), at(5)))
	run("shop", "s4", 4, "FAILED", stage("build", "COMPLETED", at(3), at(3)), stage("deploy prod", "FAILED", at(3), at(2.9)))
	run("shop", "s4", 4, "FAILED", stage("build", "COMPLETED", at(3), at(3)), stage("deploy prod", "FAILED", at(2), at(1.9)))
	run("shop", "sq", 0, "QUEUED")
	run("lib", "l1", 1, "FAILED", stage("上线", "FAILED", at(4), at(4)))
	run("lib", "l2", 2, "COMPLETED", stage("上线", "COMPLETED", at(3), at(3)), stage("Prod smoke", "CANCELED", at(3), at(3)))
	run("gone", "g1", 1, "FAILED", stage("build", "FAILED", at(1), at(1)))
	add("pipeline", "gone", "deleted", `{"name":"gone pipeline"}`)
	add("repository", "7", "created", `{"repository_name":"r"}`)
	for i, complete := range []bool{true, false} {
		finished := time.Now().Add(-time.Duration(600-300*i) * time.Second).UTC().Format("2006-01-02T15:04:05.000Z")
		add("poll", "", "completed", fmt.Sprintf(`{"poller":"pipelines","last":true,"complete":%t,"total":2,"errors":%d,"finished_at":%q,"kinds":["pipeline","run"]}`,
			complete, i, finished))
	}
	add("poll", "", "completed", `{"poller":"gates","last":true,"complete":false,"errors":3,"finished_at":"2026-03-01T00:00:00.000Z","kinds":["gate"]}`)
	insert(t, conn, events...)
}

func namedQuery(t *testing.T, conn driver.Conn, name, tenant string) []map[string]any {
	t.Helper()
	text, err := Query(name)
	if err != nil {
		t.Fatal(err)
	}
	text = strings.ReplaceAll(text, "{tenant:String}", "'"+tenant+"'")
	return queryRows(t, conn, text)
}

func TestNamedQueries(t *testing.T) {
	conn := migratedDB(t)
	deliveryWorld(t, conn)
	want := map[string]string{
		"summary_rows": `[{"entities":2,"events":4,"kind":"pipeline"},{"entities":0,"events":3,"kind":"poll"},` +
			`{"entities":1,"events":1,"kind":"repository"},{"entities":7,"events":8,"kind":"run"}]`,
		// shop 3 of 1..4, lib 2 of 2, gone 1 of 1.
		"summary_completeness":  `[{"completeness":0.8571428571428571,"missing":1,"pipelines":3,"project":"web","stored":6,"tenant":"acme","unnumbered":1}]`,
		"summary_failed_stages": `[{"commit":"c4","executor":"","pipeline":"shop pipeline","project":"web","run":4,"stage":"deploy prod","tenant":"acme"}]`,
		// The attempt of 40 days ago is out of the window, the cancelled one is none.
		"summary_deployments": `[{"environment":"production","n":2,"per_day":0.03333333333333333,"project":"web","service":"lib pipeline","succeeded_count":1,"success_ratio":0.5,"tenant":"acme"},` +
			`{"environment":"production","n":3,"per_day":0.03333333333333333,"project":"web","service":"shop pipeline","succeeded_count":1,"success_ratio":0.3333333333333333,"tenant":"acme"}]`,
		"summary_freshness": `[{"errors":3,"poller":"gates","scopes":1,"tenant":"acme"},{"errors":1,"poller":"pipelines","scopes":1,"tenant":"acme"}]`,
	}
	for name, w := range want {
		got := namedQuery(t, conn, name, "acme")
		for _, row := range got { // these depend on the clock
			for _, key := range []string{"ended_at", "last_finished_at", "good_age_s", "complete_age_s"} {
				delete(row, key)
			}
		}
		if s := marshal(t, got); s != w {
			t.Errorf("%s gives\n%s, want\n%s", name, s, w)
		}
		if all := namedQuery(t, conn, name, ""); len(all) != len(got) {
			t.Errorf("%s gives %d rows for all tenants, want %d", name, len(all), len(got))
		}
		if other := namedQuery(t, conn, name, "other"); len(other) != 0 {
			t.Errorf("%s gives rows of another tenant: %v", name, other)
		}
	}

	ages := namedQuery(t, conn, "summary_freshness", "acme")
	if a := ages[0]; a["good_age_s"] != nil || a["complete_age_s"] != nil {
		t.Errorf("a poller without a good poll has an age: %v", a)
	}
	for _, key := range []string{"good_age_s", "complete_age_s"} {
		if age, ok := ages[1][key].(float64); !ok || age < 595 || age > 900 {
			t.Errorf("%s is %v, want about 600", key, ages[1][key])
		}
	}
}

func TestQueryNames(t *testing.T) {
	if _, err := Query("nothing"); err == nil || !strings.Contains(err.Error(), "summary_rows") {
		t.Errorf("got %v, want an error that lists the names", err)
	}
	if !slices.Contains(Queries(), "summary_rows") {
		t.Errorf("summary_rows is not in %q", Queries())
	}
}

// What another query is made of has all its rows: a list that is cut off is to be looked at, not to be counted or alerted on.
func TestIncludedQueriesAreNotCutOff(t *testing.T) {
	for _, name := range Queries() {
		text, err := Query(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range include.FindAllStringSubmatch(text, -1) {
			inner, err := Query(m[1])
			if err != nil {
				t.Fatal(err)
			}
			if end := inner[strings.LastIndex(inner, "\n)")+1:]; regexp.MustCompile(`(?m)^LIMIT \d+$`).MatchString(end) {
				t.Errorf("%s is made of %s, of which a LIMIT leaves some out", name, m[1])
			}
		}
	}
}

// Every query runs on an empty database: no data is no row or NULL, no error.
func TestQueriesWithoutData(t *testing.T) {
	conn := migratedDB(t)
	for _, name := range Queries() {
		if !strings.HasPrefix(name, "summary_") {
			continue
		}
		if rows := namedQuery(t, conn, name, ""); len(rows) != 0 {
			t.Errorf("%s gives %v", name, rows)
		}
	}
}

// The form {tenant:String} works with the driver's parameters.
func TestQueryParameter(t *testing.T) {
	conn := migratedDB(t)
	deliveryWorld(t, conn)
	text, err := Query("summary_rows")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(clickhouse.Context(t.Context(), clickhouse.WithParameters(clickhouse.Parameters{"tenant": "acme"})), text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	if n != 4 || rows.Err() != nil {
		t.Errorf("%d rows, %v; want 4", n, rows.Err())
	}
}

func TestDeploymentSuccessPerDay(t *testing.T) {
	conn := migratedDB(t)
	day := func(seq uint64, status, end string) Event {
		return newEvent(seq, testProject, "run", fmt.Sprint("r", seq), "created",
			fmt.Sprintf(`{"pipeline_id":"p","run_number":%d,"status":%q,"stage_status_list":[%s]}`, seq, status, stage("production", status, end, end)))
	}
	// 07:59 at +08:00 is the day before in UTC.
	insert(t, conn, day(1, "COMPLETED", "2026-03-02 07:59:00"), day(2, "COMPLETED", "2026-03-02 08:01:00"), day(3, "FAILED", "2026-03-02 09:00:00"),
		day(4, "CANCELED", "2026-03-03 09:00:00"), day(5, "RUNNING", "2026-03-04 09:00:00"))
	got := marshal(t, queryRows(t, conn, "SELECT service, day, attempts, succeeded_count, failed_count, success_ratio FROM deployment_success ORDER BY day"))
	want := `[{"attempts":1,"day":"2026-03-01","failed_count":0,"service":"p","succeeded_count":1,"success_ratio":1},` +
		`{"attempts":2,"day":"2026-03-02","failed_count":1,"service":"p","succeeded_count":1,"success_ratio":0.5}]`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
