package schema

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// randomRun is what is seen of a run: it waits without a start, runs, fails and is retried, on the same day or later,
// with or without its first stage, or as if it began anew. The zone of the tenant may be corrected.
func randomRun(rng *rand.Rand, id int, add func(run, zone string, at time.Time, body string)) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(8*60*id+rng.IntN(8*60)) * time.Minute)
	name, zone := fmt.Sprint("r", id), []string{"", "-05:30"}[rng.IntN(2)]
	now := start
	see := func(number int, status string, start, end time.Time, stages ...string) {
		millis := func(at time.Time) int64 { return max(at.UnixMilli(), 0) }
		add(name, zone, now, fmt.Sprintf(`{"pipeline_id":"p%d","run_number":%d,"status":%q,"start_time":%d,"end_time":%d,"stage_status_list":[%s]}`,
			id%3, number, status, millis(start), millis(end), strings.Join(stages, ",")))
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format("2006-01-02 15:04:05")
	}
	never := time.Time{}
	if rng.IntN(2) == 0 {
		see(0, "QUEUED", never, never, stage("build", "INIT", "", ""))
	}
	if rng.IntN(8) == 0 {
		see(id+1, "CANCELED", never, start)
		return
	}
	begin, restarted := start.Add(time.Duration(rng.IntN(300))*time.Second), false
	see(id+1, "RUNNING", start, never, stage("build", "INIT", "", ""))
	for resumed := begin; ; {
		see(id+1, "RUNNING", start, never, stage("build", "RUNNING", at(begin), ""))
		if rng.IntN(6) == 0 && !restarted {
			zone = "-05:30"
		}
		end := resumed.Add(time.Duration(1+rng.IntN(600)) * time.Minute)
		status := []string{"FAILED", "COMPLETED"}[rng.IntN(2)]
		now = end
		see(id+1, status, start, end, stage("build", status, at(begin), at(end)), stage("test", status, at(begin.Add(time.Minute)), at(end)))
		if status == "COMPLETED" {
			return
		}
		resumed = end.Add(time.Duration(1+rng.IntN(3*24*60)) * time.Minute)
		now = resumed
		switch rng.IntN(4) {
		case 0:
			if !restarted { // else the first start that counts is that of the restart
				start = resumed
			}
		case 1:
			begin, restarted = resumed.Add(time.Minute), true
		case 2: // nobody has seen the end
			see(id+1, "RUNNING", start, never, stage("build", "RUNNING", at(begin), ""))
			return
		}
	}
}

// Whatever comes twice, late and in whatever batches: the table by days says what runs and stage_attempts say of the runs that
// ended or began since a time.
func TestRunsByDay(t *testing.T) {
	for seed := range uint64(2) {
		conn := migratedDB(t)
		rng := rand.New(rand.NewPCG(seed, 45))
		var events []Event
		for id := range 120 {
			randomRun(rng, id, func(run, zone string, at time.Time, body string) {
				e := newEvent(uint64(len(events)+1), testProject, "run", run, []string{"changed", "changed", "changed", "deleted"}[rng.IntN(4)], body)
				e.Zone, e.ObservedAt = zone, at
				events = append(events, e)
			})
		}
		for _, batch := range scramble(events, rng) {
			insertOnly(t, conn, batch...)
		}
		for id := range 4 { // p3 has no runs
			events = append(events, newEvent(uint64(len(events)+1), testProject, "pipeline", fmt.Sprint("p", id), "created", `{"name":"x"}`))
		}
		insertOnly(t, conn, events[len(events)-4:]...)
		same := func(about, one, other string) {
			t.Helper()
			r := queryRows(t, conn, "SELECT (SELECT count() FROM ("+one+")) AS n, (SELECT count() FROM ("+other+")) AS same, (SELECT count() FROM ("+one+" EXCEPT "+other+")) AS lost, (SELECT count() FROM ("+other+" EXCEPT "+one+")) AS invented")[0]
			if r["n"] == float64(0) || r["same"] != r["n"] || r["lost"] != float64(0) || r["invented"] != float64(0) {
				t.Errorf("seed %d, %s: %v %s", seed, about, r, marshal(t, queryRows(t, conn, "SELECT * FROM ("+other+" EXCEPT "+one+") LIMIT 3")))
			}
		}
		for _, since := range []string{"1970-01-01", "2026-03-09", "2026-03-30"} {
			same("ended since "+since, `SELECT r.tenant AS tenant, r.project_id AS project_id, r.pipeline_id AS pipeline_id, r.run_id AS run_id, toString(r.status) AS status,
					r.started_at AS started_at, assumeNotNull(r.ended_at) AS ended_at, r.duration_ms AS duration_ms, a.first AS first_started_at
				FROM (SELECT * FROM runs FINAL WHERE ended_at >= toDateTime64('`+since+`', 3, 'UTC')) AS r
				LEFT JOIN (SELECT run_id, min(started_at) AS first FROM stage_attempts FINAL GROUP BY run_id) AS a ON a.run_id = r.run_id`,
				"SELECT tenant, project_id, pipeline_id, run_id, toString(status) AS status, started_at, ended_at, duration_ms, first_started_at FROM run_starts_ended_since(since = '"+since+"')")
			same("begun since "+since, "SELECT tenant, project_id, pipeline_id, run_id, run_number, status, op = 'deleted' AS gone, started_at, ended_at, observed_at, ver FROM runs FINAL WHERE started_at >= toDateTime64('"+since+"', 3, 'UTC')",
				"SELECT tenant, project_id, pipeline_id, run_id, run_number, status, gone, started_at, ended_at, observed_at, ver FROM runs_begun_since(since = '"+since+"') WHERE started_at IS NOT NULL")
		}
		moved := queryRows(t, conn, "SELECT count() AS n FROM (SELECT run FROM runs_by_day WHERE until > toDateTime64(0, 3, 'UTC') GROUP BY run HAVING uniqExact(day) > 1)")
		if moved[0]["n"] == float64(0) {
			t.Error("no run has two days: the history tests nothing")
		}
	}
}
