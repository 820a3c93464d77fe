package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

var (
	scaleRuns = flag.Uint64("scale", 2_000, "runs of the generated history of TestScale; make bench-dashboards sets 10 million")
	scaleAsks = flag.Int("asks", 1, "how often TestScale asks each panel, after once to warm up")
)

//go:embed testdata/scale/*.sql
var scaleFiles embed.FS

// TestScale writes a history of -scale runs into the tables, asks every panel over 90 days of it, and the alert rules, and prints
// how long each takes (p95 by nearest rank: of 20 asks the second slowest). It judges the answers only: no error, and as many runs as
// were written. Time is for the reader to judge (make bench-dashboards), at rest, on the machine that matters.
func TestScale(t *testing.T) {
	conn := migratedDB(t)
	now := time.Now().UTC().Truncate(time.Hour)
	fill(t, conn, *scaleRuns, now)
	rules := schema.RuleSet{AttributionMS: 24 * 3600_000, RollbackMS: 24 * 3600_000, Zone: "UTC", Rules: []schema.DeploymentRule{
		{Name: "production", Stage: "^Deploy production$", Service: "{pipeline}", Environment: "production"},
		{Name: "staging", Pipeline: "0$", Stage: "^Deploy staging$", Service: "{pipeline}", Environment: "staging"},
	}}
	if _, err := schema.ActivateRules(t.Context(), conn, &rules, 0); err != nil { // as a loader's start does
		t.Fatal(err)
	}
	var runs, attempts, wrong uint64
	err := conn.QueryRow(t.Context(), "SELECT (SELECT count() FROM runs), (SELECT count() FROM stage_attempts), (SELECT countIf(started_at > now() OR ended_at < started_at) FROM stage_attempts)").Scan(&runs, &attempts, &wrong)
	if err != nil {
		t.Fatal(err)
	}
	if runs < *scaleRuns*9/10 || attempts < 3*runs || wrong > 0 {
		t.Fatalf("%d runs of %d, %d attempts, %d with impossible times", runs, *scaleRuns, attempts, wrong)
	}
	mergeOld(t, conn, now)
	var days, runDays, numbers uint64
	err = conn.QueryRow(t.Context(), "SELECT (SELECT count() FROM attempts_by_day), (SELECT count() FROM runs_by_day), (SELECT sum(stored) FROM completeness)").Scan(&days, &runDays, &numbers)
	if err != nil || days != attempts || runDays != runs || numbers != runs {
		t.Fatalf("%d attempts by day of %d, %d runs by day and %d run numbers of %d runs: %v", days, attempts, runDays, numbers, runs, err)
	}
	var deployed, judged uint64
	err = conn.QueryRow(t.Context(), "SELECT (SELECT count() FROM deployments WHERE succeeded IS NOT NULL), (SELECT count() FROM dora_rows(since = toDateTime64(0, 3, 'UTC'), as_of = now64(3, 'UTC')))").Scan(&deployed, &judged)
	if err != nil || deployed < runs/10 || judged != deployed {
		t.Fatalf("%d deployments of %d runs, %d judged: %v", deployed, runs, judged, err)
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "%d runs, %d stage attempts, ms\t\tp50\tp95\tCPU\trows\t\n", runs, attempts)
	for _, q := range questions(t) {
		again := func() answer { // as Grafana refreshes a board: the range moves on, so that nothing is remembered of the same text
			now := time.Now()
			v := view{from: now.AddDate(0, 0, -90), to: now, interval: 24 * time.Hour, tenant: []string{"scale"}}
			return ask(t, conn, v.expand(t, q.sql))
		}
		a := again()
		var took []time.Duration
		before := computed(t, conn)
		for range *scaleAsks {
			took = append(took, again().took)
		}
		used := (computed(t, conn) - before) / time.Duration(*scaleAsks)
		slices.Sort(took)
		fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%d\t%d\t\n", q.of, q.title, took[len(took)/2].Milliseconds(), took[(len(took)*95+99)/100-1].Milliseconds(), used.Milliseconds(), len(a.rows))
	}
	if err := out.Flush(); err != nil {
		t.Error(err)
	}
}

// mergeOld merges what is merged in a database that was written over two years: all runs, and the months of poll records and
// messages that are over. The last month stays in the parts in which it was written.
func mergeOld(t *testing.T, conn driver.Conn, now time.Time) {
	t.Helper()
	tables := []string{"runs", "run_numbers", "stage_attempts", "attempts_by_day", "runs_by_day", "run_starts_by_day", "run_states", "steps"}
	for ago := range 4 {
		month := time.Date(now.Year(), now.Month()-1-time.Month(ago), 1, 0, 0, 0, 0, time.UTC).Format("200601")
		tables = append(tables, "polls PARTITION "+month, "events PARTITION "+month)
	}
	for _, table := range tables {
		if err := conn.Exec(t.Context(), "OPTIMIZE TABLE "+table+" FINAL"); err != nil {
			t.Fatal(err)
		}
	}
}

type question struct{ of, title, sql string }

// questions are those of every panel, and what else Grafana asks by itself: for the values of variables, for marks, and for each
// alert rule every minute.
func questions(t *testing.T) (all []question) {
	t.Helper()
	dashboards, _ := generate(t)
	for _, g := range dashboards {
		for _, p := range g.Panels {
			if len(p.Targets) > 0 && p.Targets[0].PanelID == 0 {
				all = append(all, question{g.UID, p.Title, p.Targets[0].RawSQL})
			}
		}
	}
	for _, name := range schema.Queries() {
		for _, prefix := range []string{"alert_", "dash_var_", "dash_note_"} {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			sql, _, err := schema.Statement(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, question{"queries", name, sql})
		}
	}
	return all
}

// computed is the CPU time of the engine's queries so far. On a machine that others use too, a difference of it says more than
// the time that passed.
func computed(t *testing.T, conn driver.Conn) time.Duration {
	t.Helper()
	var us uint64
	if err := conn.QueryRow(t.Context(), "SELECT sum(value) FROM system.events WHERE event = 'OSCPUVirtualTimeMicroseconds'").Scan(&us); err != nil {
		t.Fatal(err)
	}
	return time.Duration(us) * time.Microsecond
}

// fill writes the history: first what exists once, then, for some pipelines at a time, their runs, then what is only put in place.
func fill(t *testing.T, conn driver.Conn, runs uint64, now time.Time) {
	t.Helper()
	pipelines := max(20, runs/2000)
	exec := func(pattern string, first, last uint64) {
		files, err := fs.Glob(scaleFiles, "testdata/scale/"+pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := scaleFiles.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			ctx := clickhouse.Context(context.WithoutCancel(t.Context()), clickhouse.WithParameters(clickhouse.Parameters{
				"runs": fmt.Sprint(runs), "pipelines": fmt.Sprint(pipelines), "projects": fmt.Sprint(max(2, pipelines/100)),
				"first": fmt.Sprint(first), "last": fmt.Sprint(last), "now": now.Format("2006-01-02 15:04:05"),
			}))
			if err := conn.Exec(ctx, string(text)); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
		}
	}
	exec("[0-9]_*.sql", 0, 0)
	// The first pipelines have the most runs.
	for first, step := uint64(0), uint64(5); first < pipelines; first, step = first+step, step+5 {
		exec("runs_*.sql", first, min(first+step, pipelines)-1)
	}
	exec("last_*.sql", 0, 0)
}
