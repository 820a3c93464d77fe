package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"artery/internal/embedded/embeddedtest"
	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

func migratedDB(t testing.TB) driver.Conn {
	t.Helper()
	conn := embeddedtest.Connect(t)
	if _, err := schema.Migrate(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return conn
}

type object map[string]any

// log writes events as if the loader had read them from the stream.
type log struct {
	t       testing.TB
	columns schema.Columns
	seq     uint64
	branch  string  // source branch of the runs that are added
	locked  any     // whether the repositories that are added are locked; nil: CodeArts does not say
	pages   bool    // whether CodeArts says where the page of a run is; it always does in Beta
	every   float64 // seconds between two ticks of the pollers whose rounds are added; 0: the record does not say
}

func (l *log) add(tenant, scope, kind, id, op string, at time.Time, body object) {
	l.t.Helper()
	l.seq++
	text, err := json.Marshal(body)
	if err != nil {
		l.t.Fatal(err)
	}
	l.columns.Append(schema.Event{
		Epoch: 1, Seq: l.seq, Stream: "ARTERY", StoredAt: at.Add(20 * time.Millisecond), Tenant: tenant, Scope: scope, Kind: kind, ID: id, Op: op,
		Subject: fmt.Sprintf("artery.%s.%s.%s.%s", tenant, scope, kind, id), ObservedAt: at, Body: text,
	})
}

// store writes what was added, if anything was, and settles it.
func (l *log) store(conn driver.Conn) {
	l.t.Helper()
	if l.columns.Len() == 0 {
		return
	}
	batch, err := conn.PrepareBatch(l.t.Context(), schema.InsertEvents)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.columns.AppendTo(batch); err != nil {
		l.t.Fatal(err)
	}
	if err := batch.Send(); err != nil {
		l.t.Fatal(err)
	}
	l.columns.Reset()
	settle(l.t, conn)
}

// settle does what a loader does after an insert.
func settle(t testing.TB, conn driver.Conn) {
	t.Helper()
	if _, err := schema.SettleDeployments(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
}

// rules puts the built-in deployment rules in force at a time, as a loader's start does.
func (l *log) rules(conn driver.Conn, at time.Time) {
	l.t.Helper()
	err := conn.Exec(l.t.Context(), fmt.Sprintf("INSERT INTO deployment_rule_sets (revision, activated_at, version, source, rules) SELECT 0, toDateTime64(%d, 3), version, source, rules FROM built_in_deployment_rules", at.Unix()))
	if err != nil {
		l.t.Fatal(err)
	}
	settle(l.t, conn)
}

func (l *log) pipeline(tenant, project, projectName, id, name string, at time.Time) {
	l.add(tenant, project, "pipeline", id, "created", at, object{"pipeline_id": id, "name": name, "project_id": project, "project_name": projectName})
}

// stage is one entry of stage_status_list. CodeArts writes its times without a
// zone, in +08:00.
type stage struct {
	name, status string
	start, end   time.Time
}

func (l *log) run(tenant, project, pipeline string, number int, status string, start, end time.Time, op string, stages ...stage) {
	body := object{
		"pipeline_id": pipeline, "run_number": number, "status": status, "start_time": start.UnixMilli(), "trigger_type": "Webhook",
		"executor_name": "ada", "build_params": object{"commit_id": fmt.Sprintf("c%d", number), "codehub_id": "77", "source_branch": l.branch, "target_branch": "main"},
	}
	if project == beta || l.pages {
		body["detail_url"] = fmt.Sprintf("https://codearts.example.com/%s/%d", pipeline, number)
	}
	if !end.IsZero() {
		body["end_time"] = end.UnixMilli()
	}
	local := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.In(time.FixedZone("", 8*3600)).Format(time.DateTime)
	}
	var list []object
	for i, s := range stages {
		list = append(list, object{"name": s.name, "sequence": i, "status": s.status, "start_time": local(s.start), "end_time": local(s.end)})
	}
	body["stage_status_list"] = list
	seen := end
	if end.IsZero() {
		seen = start.Add(time.Minute)
	}
	l.add(tenant, project, "run", fmt.Sprintf("%s-%d", pipeline, number), op, seen, body)
}

// detail is what CodeArts knows of the inside of a run whose deployment begins at start: pushing the image takes two
// minutes, rolling it out eight.
func (l *log) detail(tenant, project, pipeline string, number int, status, message string, start time.Time) {
	step := func(id, name, status, message string, from, to int) object {
		at := func(minute int) int64 { return start.Add(time.Duration(minute) * time.Minute).UnixMilli() }
		return object{"id": id, "name": name, "status": status, "message": message, "start_time": at(from), "end_time": at(to)}
	}
	l.add(tenant, project, "run_detail", fmt.Sprintf("%s-%d", pipeline, number), "created", start.Add(10*time.Minute), object{
		"pipeline_id": pipeline, "run_number": number, "status": status, "stages": []object{
			{"id": "s0", "name": "build"},
			{"id": "s1", "name": "deploy-prod", "status": status, "jobs": []object{{
				"id": "j1", "name": "to production", "status": status,
				"steps": []object{step("t1", "push image", "COMPLETED", "", 0, 2), step("t2", "roll out", status, message, 2, 10)},
			}}},
		},
	})
}

// stepLog is the log of the step that fails in such a run.
func (l *log) stepLog(tenant, project, pipeline string, number int, text string, start time.Time) {
	run, ended := fmt.Sprintf("%s-%d", pipeline, number), start.Add(10*time.Minute)
	l.add(tenant, project, "step_log", fmt.Sprintf("%s/t2/%d", run, ended.UnixMilli()), "created", ended.Add(time.Minute), object{
		"run_id": run, "pipeline_id": pipeline, "job_id": "j1", "step_id": "t2", "ended_at": ended.UnixMilli(), "state": "have", "log": text, "whole": true,
	})
}

func (l *log) poll(tenant, scope, poller string, at time.Time, complete bool, total, errors int, kinds ...string) {
	record := object{
		"poll_id": fmt.Sprint("poll", l.seq), "poller": poller, "last": true, "complete": complete, "total": total, "errors": errors,
		"pages": 1, "calls": 2, "allowed_per_s": 2, "kinds": kinds, "started_at": at.Add(-time.Second).Format(time.RFC3339Nano), "finished_at": at.Format(time.RFC3339Nano),
	}
	if l.every > 0 {
		record["every_s"] = l.every
	}
	l.add(tenant, scope, "poll", "", "completed", at, record)
}

// oddRow adds one part of a row that could not be read.
func (l *log) oddRow(scope, digest string, part, parts int, at time.Time, about object, raw string) {
	body := maps.Clone(about)
	body["digest"], body["part"], body["parts"], body["raw"] = digest, part, parts, []byte(raw)
	l.add("acme", scope, "odd_row", fmt.Sprint(digest, "/", part), "created", at, body)
}

func (l *log) repository(tenant, project, projectName string, id int, name, op string, at time.Time, mb float64) {
	l.add(tenant, "_tenant", "repository", fmt.Sprint(id), op, at, object{
		"repository_id": id, "repository_name": name, "project_id": project, "project_name": projectName, "capacity": mb, "member_number": 3, "locked": l.locked,
	})
}

func (l *log) gate(tenant, scope, op string, at time.Time, items ...object) {
	l.add(tenant, scope, "gate", "check.review-data", op, at, object{"status": "success", "result": object{"review_info": items}})
}

func item(name string, on, value int) object {
	return object{"name": name, "compareType": "≤", "isCheck": on, "value": value}
}

// The seeded world: two tenants with three projects. Days count back from the
// beginning of today (UTC), so that no test depends on the hour.
var (
	alpha, beta, gamma = strings.Repeat("a", 32), strings.Repeat("b", 32), strings.Repeat("c", 32)

	started = time.Now().UTC().Truncate(time.Second)
	today   = started.Truncate(24 * time.Hour)
)

func day(back, hour, minute int) time.Time {
	return today.AddDate(0, 0, -back).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

func ago(d time.Duration) time.Time { return started.Add(-d) }

func seed(t testing.TB, conn driver.Conn) {
	t.Helper()
	l := &log{t: t}
	for _, p := range []struct{ tenant, project, projectName, id, name string }{
		{"acme", alpha, "Alpha", "p-shop", "shop"}, {"acme", alpha, "Alpha", "p-search", "search"}, {"acme", beta, "Beta", "p-billing", "billing"},
		{"acme", alpha, "Alpha", "p-nightly", "nightly"}, {"globex", gamma, "Gamma", "p-store", "shop"}, {"globex", gamma, "Gamma", "p-idle", "idle"},
	} {
		l.pipeline(p.tenant, p.project, p.projectName, p.id, p.name, day(6, 9, 0))
	}
	// A run of 20 minutes whose last stage is a deployment to production.
	deploy := func(tenant, project, pipeline string, number int, status string, start time.Time) {
		l.run(tenant, project, pipeline, number, status, start, start.Add(20*time.Minute), "created",
			stage{"build", "COMPLETED", start, start.Add(10 * time.Minute)}, stage{"deploy-prod", status, start.Add(10 * time.Minute), start.Add(20 * time.Minute)})
	}
	deploy("acme", alpha, "p-shop", 1, "COMPLETED", day(5, 10, 0))
	l.branch = "hotfix/2"
	deploy("acme", alpha, "p-shop", 2, "FAILED", day(4, 10, 0)) // retried two hours later, with success
	l.run("acme", alpha, "p-shop", 2, "COMPLETED", day(4, 10, 0), day(4, 12, 20), "changed",
		stage{"build", "COMPLETED", day(4, 10, 0), day(4, 10, 10)}, stage{"deploy-prod", "COMPLETED", day(4, 12, 0), day(4, 12, 20)})
	l.branch = ""
	deploy("acme", alpha, "p-shop", 3, "FAILED", day(3, 10, 0))
	deploy("acme", alpha, "p-shop", 4, "FAILED", day(2, 10, 0))
	l.detail("acme", alpha, "p-shop", 1, "COMPLETED", "", day(5, 10, 10))
	l.detail("acme", alpha, "p-shop", 3, "FAILED", "no space left", day(3, 10, 10))
	l.detail("acme", alpha, "p-shop", 4, "FAILED", "pods are not ready", day(2, 10, 10))
	l.stepLog("acme", alpha, "p-shop", 4, logLines(1, 22), day(2, 10, 10))
	deploy("acme", alpha, "p-search", 1, "COMPLETED", day(3, 11, 0))
	l.run("acme", alpha, "p-search", 2, "PAUSED", day(1, 11, 0), time.Time{}, "created") // seen at 11:01
	deploy("acme", alpha, "p-search", 2, "COMPLETED", day(1, 11, 0))
	l.run("acme", alpha, "p-search", 4, "RUNNING", ago(10*time.Minute), time.Time{}, "created", stage{"build", "RUNNING", ago(10 * time.Minute), time.Time{}}) // 3 is missing
	deploy("acme", beta, "p-billing", 7, "COMPLETED", day(2, 12, 0))
	deploy("acme", beta, "p-billing", 8, "CANCELED", day(1, 12, 0)) // did not deploy, and did not fail to
	l.run("acme", beta, "p-billing", 0, "QUEUED", ago(time.Minute), time.Time{}, "created")
	deploy("globex", gamma, "p-store", 1, "COMPLETED", day(2, 13, 0))
	for i := range 7 { // a week of nights, and then nothing: two minutes in the queue, three in the build
		start := day(31-i, 1, 0)
		l.run("acme", alpha, "p-nightly", i+1, "COMPLETED", start, start.Add(5*time.Minute), "created", stage{"build", "COMPLETED", start.Add(2 * time.Minute), start.Add(5 * time.Minute)})
	}
	for _, pipeline := range []string{"p-shop", "p-search", "p-nightly"} {
		l.add("acme", alpha, "coverage", pipeline, "created", ago(time.Hour), object{
			"pipeline_id": pipeline, "from": ago(90 * 24 * time.Hour).UnixMilli(), "to": ago(time.Hour).UnixMilli(), "total": 4, "complete": true})
	}
	l.add("acme", beta, "coverage", "p-billing", "created", ago(time.Hour), object{
		"pipeline_id": "p-billing", "from": day(2, 0, 0).UnixMilli(), "to": ago(time.Hour).UnixMilli(), "total": 9, "complete": false})

	// Shop's second run is a hotfix, and an incident is linked to it. CodeArts Repo knows its commit and one that waits.
	commit := func(id string, at time.Time) object {
		return object{"id": id, "committed_date": at.Format(time.RFC3339), "title": "change " + id}
	}
	l.add("acme", "_tenant", "commit_range", "77/c1..c2", "created", day(4, 13, 0), object{
		"repository_id": "77", "from_commit": "c1", "to_commit": "c2", "complete": true, "total": 1, "commits": []object{commit("c2", day(4, 9, 0))}})
	l.add("acme", "_tenant", "commit", "77/c9", "created", ago(time.Minute), object{"repository_id": "77", "commit_id": "c9", "commit": commit("c9", ago(time.Hour))})
	l.add("acme", "_incidents", "incident", "i1", "created", day(4, 13, 0), object{
		"service": "shop", "environment": "production", "started_at": day(4, 13, 0).Format(time.RFC3339), "title": "down", "deployment": object{"run_id": "p-shop-2"}})

	days := func(n int) time.Time { return ago(time.Duration(n) * 24 * time.Hour) }
	l.locked = true
	l.repository("acme", alpha, "Alpha", 1, "web", "created", days(40), 100)
	l.locked = false
	l.repository("acme", alpha, "Alpha", 1, "web", "changed", days(10), 130)
	l.repository("acme", alpha, "Alpha", 1, "web", "changed", days(1), 160)
	l.locked = nil
	l.repository("acme", beta, "Beta", 2, "tool", "created", days(10), 50)
	l.repository("acme", beta, "Beta", 2, "tool", "changed", days(2), 45)
	l.repository("acme", alpha, "Alpha", 3, "old", "created", days(20), 10)
	l.repository("acme", alpha, "Alpha", 3, "old", "deleted", days(5), 10)
	l.repository("globex", gamma, "Gamma", 4, "core", "created", ago(12*time.Hour), 0)

	l.add("acme", "_tenant", "build_tenant", "d1", "created", days(9), object{"domain_name": "acme-build", "package_type": "CODEARTS_FREE", "free_quota": true, "free_package_quota": true})
	l.add("acme", "_tenant", "build_tenant", "d1", "changed", days(4), object{"domain_name": "acme-build", "service_name": "CodeCI", "region": "eu", "package_type": "CODEARTS_BASIC",
		"free_quota": true, "free_package_quota": false, "status": 1, "spec_threshold": `[{"spec":"2U4G","threshold":10},{"spec":"4U8G"}]`})

	const critical, major = "Number of critical issues.", "Member of major issues."
	l.gate("acme", "_tenant", "created", days(20), item(critical, 1, 0), item(major, 1, 3))
	l.gate("acme", alpha, "created", days(20), item(critical, 1, 0), item(major, 1, 3))
	l.gate("acme", alpha, "changed", days(3), item(critical, 1, 5), item(major, 0, 3))
	l.gate("acme", alpha, "changed", days(1), item(critical, 1, 0))

	for _, scope := range []string{alpha, beta} {
		l.poll("acme", scope, "pipelines", ago(2*time.Hour), true, 2, 3, "pipeline", "run") // three odd rows, mended since
		l.poll("acme", scope, "pipelines", ago(30*time.Second), true, 2, 0, "pipeline", "run")
		l.poll("acme", scope, "active", ago(20*time.Second), false, 1, 0, "run")
		l.poll("acme", scope, "history", ago(300*time.Second), false, 9, 0, "run", "coverage")
	}
	l.oddRow(alpha, "d1", 0, 1, ago(2*time.Hour), object{"row_kind": "pipeline", "api": "Pipelines", "poller": "pipelines", "position": 0, "reason": "a pipeline has no id", "size": 2}, `{}`)
	repository := object{"row_kind": "repository", "api": "Repositories", "poller": "repositories", "position": 41, "reason": "repository_id is no number", "size": 11}
	l.oddRow("_tenant", "d2", 1, 2, ago(30*time.Minute), repository, `"a"}`+"\xff")
	l.oddRow("_tenant", "d2", 0, 2, ago(30*time.Minute), repository, `{"id":`)
	l.poll("acme", "_tenant", "repositories", ago(3*time.Hour), true, 2, 0, "repository")
	l.poll("acme", "_tenant", "repositories", ago(90*time.Second), true, 0, 0, "repository")  // the list has turned empty
	l.poll("acme", beta, "gates", ago(time.Minute), true, 0, 0, "gate")                       // CodeArts was asked, and has none
	l.poll("globex", gamma, "pipelines", ago(40*time.Second), false, 0, 2, "pipeline", "run") // has never worked
	for _, before := range []time.Duration{time.Hour, time.Minute} {
		l.poll("globex", "_tenant", "build_tenants", ago(before), true, 0, 0, "build_tenant") // empty as ever
	}
	l.store(conn)
	l.rules(conn, days(7))
	figures(t, conn, alpha, "shop")

	quarantined(t, conn)
}

// figures were published three days ago, and again: two changed, one by late data, one by other rules.
func figures(t testing.TB, conn driver.Conn, project, service string) {
	t.Helper()
	for _, f := range []struct {
		metric string
		value  any
		n      int
		rules  string
		back   int
		late   int
		names  string
	}{
		{"change fail rate", 0.25, 4, "v1", 3, 0, ""}, {"change fail rate", 0.5, 4, "v1", 2, 1, "pipeline store is shop"},
		{"lead time p50", 3600.0, 2, "v1", 3, 0, ""}, {"lead time p50", nil, 0, "v2", 1, 0, ""},
		{"deployments", 4.0, 4, "v1", 3, 0, ""}, {"deployments", 4.0, 4, "v2", 1, 0, ""}, // as before: no change
	} {
		if err := conn.Exec(t.Context(), `INSERT INTO published_figures (tenant, project_id, service, environment, metric, day, value, n, rules_version, published_at, late_deployments, late_incidents, late_commits, late_farther, names)
			VALUES ('acme', ?, ?, 'production', ?, ?, ?, ?, ?, ?, 0, ?, 0, 3, ?)`,
			project, service, f.metric, day(5, 0, 0), f.value, f.n, f.rules, day(f.back, 6, 0), f.late, f.names); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Exec(t.Context(), "INSERT INTO reread_deployments (tenant, project_id, service, environment, version_before, version, change, n) VALUES ('acme', ?, ?, 'production', 'v1', 'v2', 'removed', 2)", project, service); err != nil {
		t.Fatal(err)
	}
}
