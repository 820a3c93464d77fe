package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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

// What the world comes to, counted by hand, in the views that the queries of dashboards and report stand on.
func TestDeliveryViews(t *testing.T) {
	conn := migratedDB(t)
	deliveryWorld(t, conn)
	for query, want := range map[string]string{
		// shop 3 of 1..4, lib 2 of 2, gone 1 of 1.
		"SELECT count() AS pipelines, sum(stored) AS stored, sum(missing) AS missing, sum(unnumbered) AS unnumbered FROM completeness": `[{"missing":1,"pipelines":3,"stored":6,"unnumbered":1}]`,
		"SELECT pipeline, stage, run_number FROM failed_stages_now":                                                                    `[{"pipeline":"shop pipeline","run_number":4,"stage":"deploy prod"}]`,
		// The attempt of 40 days ago is out of the window, the cancelled one is none.
		"SELECT service, count() AS n, countIf(succeeded) AS succeeded_count FROM deployments WHERE succeeded IS NOT NULL AND finished_at >= now64(3) - INTERVAL 30 DAY GROUP BY service ORDER BY service": `[` +
			`{"n":2,"service":"lib pipeline","succeeded_count":1},{"n":3,"service":"shop pipeline","succeeded_count":1}]`,
		// A poller without a good round has no age.
		"SELECT poller, dateDiff('second', last_good_poll_at, now()) BETWEEN 595 AND 900 AS good, dateDiff('second', last_complete_at, now()) BETWEEN 595 AND 900 AS complete, last_errors FROM freshness ORDER BY poller": `[` +
			`{"complete":null,"good":null,"last_errors":3,"poller":"gates"},{"complete":1,"good":1,"last_errors":1,"poller":"pipelines"}]`,
	} {
		if got := marshal(t, queryRows(t, conn, query)); got != want {
			t.Errorf("%s gives\n%s, want\n%s", query, got, want)
		}
	}
}

// Entities that are gone are none, their events are; every tenant has its own.
func TestSummaryRows(t *testing.T) {
	conn := migratedDB(t)
	deliveryWorld(t, conn)
	rows := func(tenants ...string) string {
		sql, _, err := Statement("summary_rows")
		if err == nil {
			sql, err = View{Variables: map[string][]string{"tenant": tenants}}.Expand(sql)
		}
		if err != nil {
			t.Fatal(err)
		}
		return marshal(t, queryRows(t, conn, sql))
	}
	want := `[{"entities":2,"events":4,"kind":"pipeline"},{"entities":0,"events":3,"kind":"poll"},` +
		`{"entities":1,"events":1,"kind":"repository"},{"entities":7,"events":8,"kind":"run"}]`
	if got := rows("acme"); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	if got := rows(); got != want {
		t.Errorf("of all tenants\n%s, want\n%s", got, want)
	}
	if got := rows("other"); got != "[]" {
		t.Errorf("another tenant has %s", got)
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

// A version of a run without the address of its page stands for none that has it: dash_run_pages does not leave it out, so that only
// the addresses of the runs are read that are looked for.
func TestPagesOfRunsAreThoseThatAreSaid(t *testing.T) {
	n := 0
	for _, name := range Queries() {
		text, err := Query(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text, "{{dash_run_pages}}") {
			continue
		}
		if n++; !strings.Contains(text, "AND u.detail_url != ''") {
			t.Errorf("%s joins pages that CodeArts does not say", name)
		}
	}
	if n == 0 {
		t.Error("no query asks for the pages of runs")
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
