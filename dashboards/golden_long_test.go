package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// What began long before the time range. Every run here has one stage of 20 minutes that begins with it, but for the last:
//
//	quiet   passed 120 days ago, failed 100 days ago, and nobody has tried it since
//	broken  passed 120 days ago, failed 100 days ago, 60 days ago and yesterday: three failures, red since the first
//	mended  failed 100 days ago for the first time that is known, passed two days ago: red for 98 days, 8467200 seconds
//	asleep  began 40 days ago, its first stage a minute later, and waited until yesterday for the second: queued for 60 seconds
//
// Yesterday two runs ended, queued for 0 and 60 seconds: half are over after 30 of them, 95 % after 0.95 * 60 = 57.
func TestWhatBeganBeforeTheRange(t *testing.T) {
	conn := migratedDB(t)
	l := &log{t: t}
	for _, name := range []string{"quiet", "broken", "mended", "asleep"} {
		l.pipeline("acme", alpha, "Alpha", "p-"+name, name, day(130, 9, 0))
	}
	run := func(name string, number int, status string, start time.Time) {
		end := start.Add(20 * time.Minute)
		l.run("acme", alpha, "p-"+name, number, status, start, end, "created", stage{"build", status, start, end})
	}
	run("quiet", 1, "COMPLETED", day(120, 10, 0))
	run("quiet", 2, "FAILED", day(100, 10, 0))
	run("broken", 1, "COMPLETED", day(120, 10, 0))
	run("broken", 2, "FAILED", day(100, 10, 0))
	run("broken", 3, "FAILED", day(60, 10, 0))
	run("broken", 4, "FAILED", day(1, 10, 0))
	run("mended", 1, "FAILED", day(100, 10, 0))
	run("mended", 2, "COMPLETED", day(2, 10, 0))
	l.run("acme", alpha, "p-asleep", 1, "COMPLETED", day(40, 10, 0), day(1, 10, 20), "created",
		stage{"build", "COMPLETED", day(40, 10, 1), day(40, 10, 11)}, stage{"deploy", "COMPLETED", day(1, 10, 0), day(1, 10, 20)})
	l.store(conn)

	month := everything(30 * 24 * time.Hour)
	for _, c := range []struct {
		query, columns string
		want           []string
	}{
		{"dash_failed_stages", "pipeline state red_since first_bad_run failures run_number last_green_at", []string{
			"broken | still failing | " + clock(100, 10, 20) + " | 2 | 3 | 4 | " + clock(120, 10, 20),
		}}, // quiet was given up
		{"dash_stage_transition_counts", "newly n p50 p90", []string{"0 | 1 | 8.467e+06 | 8.467e+06"}},
		{"dash_stage_transitions", "at state pipeline stage run_number red_s failures", []string{clock(2, 10, 20) + " | recovered | mended | build | 2 | 8.467e+06 | 1"}},
		{"dash_time_to_green", "pipeline n p50 open first_bad_run first_bad_commit first_executor", []string{"mended | 1 | 8.467e+06 | 0 | 1 | c1 | ada"}},
		{"dash_run_queue_days", "time p50 p95 n", []string{date(2) + " | 0 | 0 | 1", date(1) + " | 30 | 57 | 2"}},
		{"dash_critical_path", "pipeline stage n runs p50", []string{
			"asleep | (between stages) | 1 | 1 | 3.369e+06", "asleep | deploy | 1 | 1 | 1200", "asleep | build | 1 | 1 | 600",
			"broken | build | 1 | 1 | 1200", "mended | build | 1 | 1 | 1200",
		}},
		{"dash_trust_completeness", "n", []string{"9"}},
		{"alert_red_stages", "pipeline stage run_number commit_id executor failures", []string{"broken | build | 2 | c2 | ada | 3"}},
	} {
		if got := cells(t, conn, month, c.query, strings.Fields(c.columns)...); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.query, got, c.want)
		}
	}
}

// Every 20 days for 110 days, and every day for 6: 5 pauses of 20 days in the 90 days before the last start, the first of which
// begins before them; and 5 of a day. Only of the first pipeline is known by day what came before. One that was deleted four days
// ago was silent as of eight days ago.
func TestUsualPauses(t *testing.T) {
	conn := migratedDB(t)
	l := &log{t: t}
	for name, ago := range map[string][]int{"steady": {110, 90, 70, 50, 30, 10}, "young": {6, 5, 4, 3, 2, 1}, "gone": {16, 15, 14, 13, 12, 11}} {
		l.pipeline("acme", alpha, "Alpha", "p-"+name, name, day(130, 9, 0))
		for i, days := range ago {
			start := day(days, 10, 0)
			l.run("acme", alpha, "p-"+name, i+1, "COMPLETED", start, start.Add(time.Hour), "created")
		}
	}
	l.add("acme", alpha, "pipeline", "p-gone", "deleted", day(4, 10, 0), object{"pipeline_id": "p-gone", "name": "gone"})
	l.store(conn)
	now := everything(30 * 24 * time.Hour)
	then := now
	then.inputs = map[string]string{asOf.name: day(8, 10, 0).Format(time.DateTime)}
	for _, c := range []struct {
		view    view
		columns string
		want    []string
	}{
		{now, "pipeline usual_s n", []string{"steady | 1.728e+06 | 5", "young | 8.64e+04 | 5"}},
		{then, "pipeline usual_s n silent_s", []string{"gone | 8.64e+04 | 5 | 2.592e+05", "steady | 1.728e+06 | 5 | 1.728e+05"}},
	} {
		got := cells(t, conn, c.view, "dash_pipeline_silences", strings.Fields(c.columns)...)
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
