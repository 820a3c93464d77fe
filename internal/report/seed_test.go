package report

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"artery/internal/embedded/embeddedtest"
	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

type object map[string]any

func migratedDB(t *testing.T) driver.Conn {
	t.Helper()
	conn := embeddedtest.Connect(t)
	if _, err := schema.Migrate(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// seed stores a fortnight of one project, as a loader would: two services that are deployed every day, one of which has just
// begun to fail, with commits, an incident, repositories that grow, and a gate that was weakened. It returns its end.
func seed(t *testing.T, conn driver.Conn) time.Time {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	project, projectName := strings.Repeat("a", 32), "Web <script>alert(1)</script>"
	var columns schema.Columns
	seq := uint64(0)
	add := func(scope, kind, id, op string, at time.Time, body object) {
		seq++
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		columns.Append(schema.Event{Epoch: 1, Seq: seq, Stream: "ARTERY", StoredAt: at, Tenant: "acme", Scope: scope, Kind: kind, ID: id, Op: op,
			Subject: fmt.Sprintf("artery.acme.%s.%s.%s", scope, kind, id), ObservedAt: at, Body: text})
	}
	local := func(at time.Time) string { return at.In(time.FixedZone("", 8*3600)).Format(time.DateTime) }
	const days = 14
	for p, name := range []string{"部署 <b>", "shop"} {
		pipeline := fmt.Sprint("p", p)
		add(project, "pipeline", pipeline, "created", ago(20*24*time.Hour), object{"pipeline_id": pipeline, "name": name, "project_id": project, "project_name": projectName})
		add(project, "coverage", pipeline, "created", ago(time.Hour), object{"pipeline_id": pipeline, "from": ago(90 * 24 * time.Hour).UnixMilli(), "to": ago(time.Hour).UnixMilli(), "total": days, "complete": true})
		for day := days; day > 0; day-- {
			start, status := ago(time.Duration(day)*24*time.Hour-20*time.Hour), "COMPLETED"
			if p == 1 && (day == 1 || day == 6) {
				status = "FAILED"
			}
			commit, number := fmt.Sprint("c", p, day), days+1-day
			middle, end := start.Add(10*time.Minute), start.Add(20*time.Minute)
			add(project, "run", fmt.Sprintf("%s-%d", pipeline, number), "created", end, object{
				"pipeline_id": pipeline, "run_number": number, "status": status, "start_time": start.UnixMilli(), "end_time": end.UnixMilli(), "executor_name": "ada",
				"build_params": object{"commit_id": commit, "codehub_id": fmt.Sprint(p), "target_branch": "main"}, "stage_status_list": []object{
					{"name": "build", "sequence": 0, "status": "COMPLETED", "start_time": local(start), "end_time": local(middle)},
					{"name": "deploy-prod", "sequence": 1, "status": status, "start_time": local(middle), "end_time": local(end)},
				}})
			if day < days {
				add("_tenant", "commit_range", fmt.Sprintf("%d/%s", p, commit), "created", end, object{
					"repository_id": fmt.Sprint(p), "from_commit": fmt.Sprint("c", p, day+1), "to_commit": commit, "complete": true, "total": 1,
					"commits": []object{{"id": commit, "committed_date": start.Add(-time.Duration(day) * time.Hour).Format(time.RFC3339)}}})
			}
		}
		for day := days; day > 0; day-- {
			add("_tenant", "repository", fmt.Sprint(p), "changed", ago(time.Duration(day)*24*time.Hour), object{
				"repository_id": p, "repository_name": name, "project_id": project, "project_name": projectName, "capacity": 900*(p+1) - 20*day})
		}
	}
	add("_incidents", "incident", "i1", "created", ago(9*24*time.Hour), object{
		"service": "shop", "environment": "production", "started_at": ago(9 * 24 * time.Hour).Format(time.RFC3339), "title": "down", "deployment": object{"run_id": "p1-6"}})
	gate := func(on int) object {
		return object{"status": "success", "result": object{"review_info": []object{{"name": "Number of critical issues.", "compareType": "≤", "isCheck": on, "value": 0}}}}
	}
	add("_tenant", "gate", "check.review-data", "created", ago(10*24*time.Hour), gate(1))
	add(project, "gate", "check.review-data", "created", ago(10*24*time.Hour), gate(1))
	add(project, "gate", "check.review-data", "changed", ago(3*24*time.Hour), gate(0))
	for _, poller := range []string{"pipelines", "active"} {
		at := ago(20 * time.Second)
		add(project, "poll", "", "completed", at, object{"poll_id": poller, "poller": poller, "last": true, "complete": true, "total": 2, "pages": 1, "calls": 2, "allowed_per_s": 2,
			"kinds": []string{"pipeline", "run"}, "started_at": at.Add(-time.Second).Format(time.RFC3339Nano), "finished_at": at.Format(time.RFC3339Nano)})
	}
	batch, err := conn.PrepareBatch(t.Context(), schema.InsertEvents)
	if err == nil {
		err = columns.AppendTo(batch)
	}
	if err == nil {
		err = batch.Send()
	}
	if err == nil {
		_, err = schema.SettleDeployments(t.Context(), conn)
	}
	if err != nil {
		t.Fatal(err)
	}
	return now
}
