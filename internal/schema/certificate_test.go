package schema

import (
	"fmt"
	"testing"
	"time"
)

// Pipeline p1 has the runs 3, 4, 8 and 12 and a queued one without a number. Its execution records were read up to number
// 10: 5, 6 and 7 are missing and were looked for, of 9, 10 and 11 only 9 and 10 were. The others were never read.
func TestCertificate(t *testing.T) {
	conn := migratedDB(t)
	var events []Event
	add := func(kind, id, body string) {
		events = append(events, newEvent(uint64(len(events)+1), testProject, kind, id, "changed", body))
	}
	const day = 24 * 3600 * 1000
	monday := int64(1772409600000) // 2026-03-02 00:00:00 UTC
	run := func(pipeline string, number int, status string, start int64) {
		add("run", fmt.Sprint(pipeline, "-", number), fmt.Sprintf(`{"pipeline_id":%q,"run_number":%d,"status":%q,"start_time":%d}`, pipeline, number, status, start))
	}
	run("p1", 3, "COMPLETED", monday+1000)
	run("p1", 4, "FAILED", monday+2000)
	run("p1", 8, "PAUSED", monday+day)
	run("p1", 12, "RUNNING", monday+2*day)
	run("p1", 0, "QUEUED", monday+2*day+5)
	run("p2", 1, "COMPLETED", monday)
	run("p2", 3, "COMPLETED", monday)
	// The start of a run of p3, which misses number 2, was corrected to an earlier day.
	run("p3", 1, "COMPLETED", monday-day)
	run("p3", 3, "RUNNING", monday+2*day)
	run("p3", 3, "COMPLETED", monday)
	// Run 3 of p4 has not begun: it is not missing, but 2 is, before it, of the day on which 3 was seen (newEvent).
	run("p4", 1, "COMPLETED", monday)
	run("p4", 3, "QUEUED", 0)
	run("p4", 4, "COMPLETED", monday)
	add("coverage", "p1", fmt.Sprintf(`{"from":%d,"to":%d,"through":10,"window_from":%d,"window_to":%d,"total":5,"seen":3,"complete":true}`, monday, monday+day, monday, monday+day))
	add("coverage", "p2", fmt.Sprintf(`{"from":%d,"to":%d,"through":3,"window_from":%d,"window_to":%d,"total":9,"seen":2,"complete":false}`, monday, monday, monday, monday))
	for i, complete := range []bool{true, true, false} {
		add("poll", "", fmt.Sprintf(`{"poller":"pipelines","last":true,"complete":%t,"finished_at":"2026-03-0%dT10:00:0%d.000Z"}`, complete, 2+i/2, i))
	}
	insertOnly(t, conn, events...)

	panel, _, err := Statement("dash_certificate")
	if err != nil {
		t.Fatal(err)
	}
	const columns = "SELECT pipeline_id, day, known, expected, pending, unknown, open, unnumbered, last_good_sweep_at FROM "
	for _, since := range []string{"2026-03-01", "2026-03-03"} {
		from, err := time.Parse(time.DateOnly, since)
		if err != nil {
			t.Fatal(err)
		}
		days, err := View{From: from, To: from.AddDate(0, 0, 30), Variables: map[string][]string{"tenant": nil, "project": nil}}.Expand(panel)
		if err != nil {
			t.Fatal(err)
		}
		// Pipelines without a name are shown by their ids.
		all, some := columns+"completeness_days WHERE day >= '"+since+"'", columns+"(SELECT *, pipeline AS pipeline_id FROM ("+days+"))"
		if rows := queryRows(t, conn, "("+all+" EXCEPT "+some+") UNION ALL ("+some+" EXCEPT "+all+")"); len(rows) > 0 || len(queryRows(t, conn, some)) < 2 {
			t.Errorf("since %s: %v", since, rows)
		}
	}
	for _, tt := range []struct{ query, want string }{
		{"SELECT pipeline_id, day, known, expected, pending, unknown, open, unnumbered, last_good_sweep_at FROM completeness_days ORDER BY pipeline_id, day", `[` +
			`{"day":"2026-03-02","expected":2,"known":2,"last_good_sweep_at":"2026-03-02 10:00:01.000","open":0,"pending":0,"pipeline_id":"p1","unknown":0,"unnumbered":0},` +
			`{"day":"2026-03-03","expected":4,"known":1,"last_good_sweep_at":null,"open":1,"pending":0,"pipeline_id":"p1","unknown":3,"unnumbered":0},` +
			`{"day":"2026-03-04","expected":4,"known":2,"last_good_sweep_at":null,"open":2,"pending":1,"pipeline_id":"p1","unknown":2,"unnumbered":1},` +
			`{"day":"2026-03-02","expected":3,"known":2,"last_good_sweep_at":"2026-03-02 10:00:01.000","open":0,"pending":1,"pipeline_id":"p2","unknown":0,"unnumbered":0},` +
			`{"day":"2026-03-01","expected":1,"known":1,"last_good_sweep_at":null,"open":0,"pending":0,"pipeline_id":"p3","unknown":0,"unnumbered":0},` +
			`{"day":"2026-03-02","expected":2,"known":1,"last_good_sweep_at":"2026-03-02 10:00:01.000","open":0,"pending":1,"pipeline_id":"p3","unknown":0,"unnumbered":0},` +
			`{"day":"2026-03-01","expected":1,"known":0,"last_good_sweep_at":null,"open":0,"pending":1,"pipeline_id":"p4","unknown":0,"unnumbered":0},` +
			`{"day":"2026-03-02","expected":2,"known":2,"last_good_sweep_at":"2026-03-02 10:00:01.000","open":0,"pending":0,"pipeline_id":"p4","unknown":0,"unnumbered":0}]`},
		{"SELECT pipeline_id, api_total, seen, stored, unexplained FROM coverage_check ORDER BY pipeline_id", `[{"api_total":5,"pipeline_id":"p1","seen":3,"stored":3,"unexplained":2},{"api_total":9,"pipeline_id":"p2","seen":2,"stored":2,"unexplained":null}]`},
	} {
		if got := marshal(t, queryRows(t, conn, tt.query)); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.query, got, tt.want)
		}
	}
	text, err := Query("certificate")
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"expected":19,"known":11,"open":3,"pending":4,"tenant":"acme","unexplained":2,"unknown":5}]`
	if got := marshal(t, queryRows(t, conn, text)); got != want {
		t.Errorf("certificate\n got %s\nwant %s", got, want)
	}
}
