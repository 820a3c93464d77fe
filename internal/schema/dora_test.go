package schema

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// hour is a time of the worlds below, whose hour 0 is a Monday.
func hour(h float64) time.Time {
	return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).Add(time.Duration(h * float64(time.Hour)))
}

func hourText(h float64) string { return hour(h).Format(time.RFC3339) }

// hourSQL is an hour as a parameter of a view.
func hourSQL(h float64) string {
	return "toDateTime64('" + hour(h).Format(time.DateTime) + "', 3, 'UTC')"
}

// doraLog gathers the events of a world: all of one project and one repository, 77.
type doraLog []Event

func (l *doraLog) add(scope, kind, id, body string) {
	*l = append(*l, newEvent(uint64(len(*l)+1), scope, kind, id, "created", body))
}

// doraRun is a run whose only stage deploys its service, a pipeline, and ends at an hour. It began an hour before, if nothing is said.
type doraRun struct {
	id, service, status, commit, branch, message string
	end, began                                   float64
}

func (l *doraLog) run(number int, r doraRun) {
	local := func(h float64) string { return hour(h).In(time.FixedZone("", 8*3600)).Format(time.DateTime) }
	l.add(testProject, "run", r.id, fmt.Sprintf(
		`{"pipeline_id":%q,"run_number":%d,"status":%q,"start_time":%d,"build_params":{"commit_id":%q,"codehub_id":"77","source_branch":%q,"target_branch":"main","message":%q},"stage_status_list":[%s]}`,
		r.service, number, r.status, hour(cmp.Or(r.began, r.end-1)).UnixMilli(), r.commit, r.branch, r.message, stage("deploy prod", r.status, local(r.end-0.5), local(r.end))))
}

func (l *doraLog) incident(id, service, run string, start float64, end string) {
	l.add("_incidents", "incident", id, fmt.Sprintf(`{"service":%q,"environment":"production","started_at":%q,"resolved_at":%q,"title":"down","deployment":{"run_id":%q}}`,
		service, hourText(start), end, run))
}

// doraGolden is the fixture of the reference, in hours: deployments with end, status and commit, when the commits were made,
// and incidents with start and end. d0 is the baseline, d2 failed, d5 goes back to c14, d6 is a hotfix, d8 was cancelled.
// Commits are on one line, so a comparison of two gives those that lie between them; of c17 with the older c14 none.
func doraGolden(t testing.TB, conn driver.Conn) {
	t.Helper()
	var l doraLog
	for i, r := range []doraRun{
		{end: 0, status: "COMPLETED", commit: "c10"}, {end: 10, status: "COMPLETED", commit: "c12"}, {end: 30, status: "FAILED", commit: "c14"},
		{end: 31, status: "COMPLETED", commit: "c14"}, {end: 50, status: "COMPLETED", commit: "c17"}, {end: 52, status: "COMPLETED", commit: "c14"},
		{end: 60, status: "COMPLETED", commit: "c18", branch: "hotfix/1"}, {end: 160, status: "COMPLETED", commit: "c19"}, {end: 168.5, status: "CANCELED", commit: "c19"},
	} {
		r.id, r.service = fmt.Sprint("d", i), "shop"
		l.run(i+1, r)
	}
	made := map[int]float64{10: -20, 11: 4, 12: 9, 13: 20, 14: 22, 15: 40, 16: 41, 17: 48, 18: 55, 19: 100, 20: 165}
	commit := func(n int) string {
		return fmt.Sprintf(`{"id":"c%d","committed_date":%q,"title":"change %d"}`, n, hourText(made[n]), n)
	}
	for _, n := range []int{10, 20} {
		l.add("_tenant", "commit", fmt.Sprintf("77/c%d", n), fmt.Sprintf(`{"repository_id":"77","commit_id":"c%d","commit":%s}`, n, commit(n)))
	}
	for _, r := range [][2]int{{10, 12}, {12, 14}, {14, 17}, {17, 14}, {14, 18}, {18, 19}} {
		var list []string
		for n := r[0] + 1; n <= r[1]; n++ {
			list = append(list, commit(n))
		}
		l.add("_tenant", "commit_range", fmt.Sprintf("77/c%d..c%d", r[0], r[1]), fmt.Sprintf(
			`{"repository_id":"77","from_commit":"c%d","to_commit":"c%d","complete":true,"total":%d,"commits":[%s]}`, r[0], r[1], len(list), strings.Join(list, ",")))
	}
	l.incident("i1", "shop", "", 33, hourText(39))
	l.incident("i2", "shop", "", 34, hourText(36))
	l.incident("i3", "shop", "", 51, hourText(60))
	l.incident("i4", "shop", "", 120, hourText(122))
	insert(t, conn, l...)
}

// doraNumbers are the numbers of a window as of an hour, a row for each service and bucket.
func doraNumbers(t *testing.T, conn driver.Conn, from, to, asOf float64, bucket string) []map[string]any {
	t.Helper()
	return queryRows(t, conn, fmt.Sprintf("SELECT * FROM dora_numbers(from_at = %s, to_at = %s, as_of = %s, bucket = '%s', zone = (SELECT zone FROM deployment_rules_in_force)) ORDER BY service, bucket_from",
		hourSQL(from), hourSQL(to), hourSQL(asOf), bucket))
}

// doraRows are the rows of one of the row views, as text.
func doraRows(t *testing.T, conn driver.Conn, columns, view string, since, asOf float64, order string) []string {
	t.Helper()
	rows := queryRows(t, conn, fmt.Sprintf("SELECT arrayStringConcat([%s], ' | ') AS line FROM %s(since = %s, as_of = %s) ORDER BY %s",
		columns, view, hourSQL(since), hourSQL(asOf), order))
	return lines(t, rows, "line")
}

func equalLines(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// isNumber compares a column with a number that was worked out by hand; NaN-free, nil is no data.
func isNumber(t *testing.T, row map[string]any, column string, want any) {
	t.Helper()
	got, ok := row[column]
	g, isFloat := got.(float64)
	w, wantsFloat := want.(float64)
	if !ok || isFloat != wantsFloat || isFloat && (g-w > 5e-4 || w-g > 5e-4) {
		t.Errorf("%v: %s is %v, want %v", row["service"], column, got, want)
	}
}

// The exact figures of the reference's golden fixture, window [1, 169), as of 169, H = R = 24 h.
func TestDORAGolden(t *testing.T) {
	conn := migratedDB(t)
	doraGolden(t, conn)
	rows := doraNumbers(t, conn, 1, 169, 169, "")
	if len(rows) != 1 {
		t.Fatalf("%d rows: %v", len(rows), rows)
	}
	const h = 3600.0
	for column, want := range map[string]any{
		"deployments": 6.0, "observed_days": 7.0, "per_day": 0.8571, "active_days": 4.0,
		"attempts": 7.0, "failed_attempts": 1.0, "attempt_fail_ratio": 1.0 / 7,
		// Sorted: 1 2 5 6 9 9 10 11 60; p75 is the seventh, p90 lies a fifth of the way from 11 to 60, p95 three fifths.
		"changes": 9.0, "changes_a": 9.0, "changes_b": 0.0, "changes_c": 0.0, "lead_p50": 9 * h, "lead_p75": 10 * h, "lead_p90": 20.8 * h, "lead_p95": 40.4 * h,
		"mature": 5.0, "pending": 1.0, "failed": 2.0, "fail_ratio": 0.4, "fail_low": 0.1176, "fail_high": 0.7693,
		// d3: i1 ended 8 h after it, i2 5 h after it. d4: i3 ended 10 h after it, d5 came 2 h after it.
		"failures": 2.0, "recovery_p50": 9 * h, "recovery_p75": 9.5 * h, "recovery_p90": 9.8 * h, "recovery_p95": 9.9 * h, "first_remedy_p50": 3.5 * h, "incident_recovery_p50": 7.5 * h, "open_failures": 0.0, "oldest_open_s": nil,
		"rework": 2.0, "rework_ratio": 1.0 / 3,
	} {
		isNumber(t, rows[0], column, want)
	}
	// What the others would answer on the same data. GitLab: 4 incidents of 6 deployments, and the median of the daily medians 3.5, 10, 7
	// (of 2, 5, 9, 10) and 60 h. DevLake: i4 is blamed on d6, 60 h before it, so 3 of 6. Arithmetic means: 113 h of 9 changes.
	for peer, wrong := range map[string]struct {
		column string
		value  float64
	}{
		"incidents by deployments": {"fail_ratio", 4. / 6}, "an incident of whatever age": {"fail_ratio", 3. / 6},
		"median of medians": {"lead_p50", 8.5 * h}, "mean": {"lead_p50", 113. / 9 * h},
	} {
		if got := rows[0][wrong.column].(float64); math.Abs(got-wrong.value) < 0.01 {
			t.Errorf("%s is %v, which is that of %s", wrong.column, got, peer)
		}
	}
	hours := func(s string) string { return "ifNull(toString(" + s + " / 3600), '-')" }
	equalLines(t, doraRows(t, conn, "run_id, if(mature, 'mature', 'pending'), arrayStringConcat(reasons, ', '), arrayStringConcat(evidence, ', '), rework_reason, "+
		hours("recovery_s")+", "+hours("remedy_s")+", "+hours("incident_recovery_s"), "dora_deployments", 1, 169, "finished_at"), []string{
		"d1 | mature |  |  |  | - | - | -",
		"d3 | mature | incident after it | i1 down, i2 down |  | 8 | 5 | 6",
		"d4 | mature | incident after it, rollback after it | i3 down, back to c14 by d5 |  | 10 | 2 | 9",
		"d5 | mature |  |  | went back to an older commit | - | - | -",
		"d6 | mature |  |  | marked as hotfix | - | - | -",
		"d7 | pending |  |  |  | - | - | -",
	})
	// c15 to c17 are not counted again when d6 ships them again.
	equalLines(t, doraRows(t, conn, "commit_id, run_id, tier, state, "+hours("lead_s"), "dora_changes", 1, 169, "commit_id"), []string{
		"c11 | d1 | A | counted | 6", "c12 | d1 | A | counted | 1", "c13 | d3 | A | counted | 11", "c14 | d3 | A | counted | 9", "c15 | d4 | A | counted | 10",
		"c16 | d4 | A | counted | 9", "c17 | d4 | A | counted | 2", "c18 | d6 | A | counted | 5", "c19 | d7 | A | counted | 60",
	})
	equalLines(t, doraRows(t, conn, "incident_id, how, run_id", "dora_incidents", 1, 169, "incident_id"),
		[]string{"i1 | after it | d3", "i2 | after it | d3", "i3 | after it | d4", "i4 |  | "})
	equalLines(t, doraRows(t, conn, "commit_id, "+hours("age_s"), "dora_undeployed", 1, 169, "commit_id"), []string{"c20 | 4"})
}

// A bucket of a trend is the same number as that of a window of its own.
func TestDORABuckets(t *testing.T) {
	conn := migratedDB(t)
	doraGolden(t, conn)
	weeks := doraNumbers(t, conn, 1, 169, 169, "week")
	alone := append(doraNumbers(t, conn, 1, 168, 169, ""), doraNumbers(t, conn, 168, 169, 169, "")...)
	if got, want := marshal(t, weeks), marshal(t, alone); got != want {
		t.Errorf("by weeks\n%s, want\n%s", got, want)
	}
	var days []string
	for _, row := range doraNumbers(t, conn, 1, 169, 169, "day") {
		days = append(days, fmt.Sprint(row["bucket_from"].(string)[5:13], " ", row["deployments"], " ", row["per_day"]))
	}
	// The first day is an hour short; nobody says that the days without a deployment were watched.
	equalLines(t, days, []string{"03-02 01 1 1.0434782608695652", "03-03 00 1 1", "03-04 00 3 3", "03-05 00 0 <nil>", "03-06 00 0 <nil>", "03-07 00 0 <nil>", "03-08 00 1 1", "03-09 00 0 <nil>"})
	for _, bucket := range []string{"", "day", "week", "month"} {
		if rows := doraNumbers(t, conn, 50, 50, 169, bucket); len(rows) > 0 {
			t.Errorf("an empty window has the buckets %q of %v", bucket, rows)
		}
	}
}

// The days of a zone are each a bucket of their own, whenever the window begins and however long they are: in Berlin the 29th of
// March 2026 has 23 hours, and the 25th of October has 25; in Santiago the 6th of September begins at one o'clock, and in Cairo
// the 24th of April. The 90 days before are apart from the window, also when clocks were put forward in them.
func TestDORADaysOfAZone(t *testing.T) {
	conn := migratedDB(t)
	for _, c := range []struct {
		from, to, bucket, zone string
		days                   []string
	}{
		{"2026-03-27 22:30", "2026-03-30 12:00", "day", "Europe/Berlin", []string{"27 23:30 - 28 00:00", "28 00:00 - 29 00:00", "29 00:00 - 30 00:00", "30 00:00 - 30 14:00"}},
		{"2026-03-28 22:59", "2026-03-29 22:00", "day", "Europe/Berlin", []string{"28 23:59 - 29 00:00", "29 00:00 - 30 00:00"}},
		{"2026-10-23 22:00", "2026-10-26 23:00", "day", "Europe/Berlin", []string{"24 00:00 - 25 00:00", "25 00:00 - 26 00:00", "26 00:00 - 27 00:00"}},
		{"2026-10-24 22:30", "2026-10-25 22:59", "day", "Europe/Berlin", []string{"25 00:30 - 25 23:59"}},
		{"2026-09-05 04:00", "2026-09-07 12:00", "day", "America/Santiago", []string{"05 00:00 - 06 01:00", "06 01:00 - 07 00:00", "07 00:00 - 07 09:00"}},
		{"2026-04-24 05:00", "2026-04-26 05:00", "day", "Africa/Cairo", []string{"24 08:00 - 25 00:00", "25 00:00 - 26 00:00", "26 00:00 - 26 08:00"}},
		{"2026-04-15 04:30", "2026-04-15 16:30", "before", "America/New_York", []string{"14 23:30 - 15 00:30", "15 00:30 - 15 12:30"}},
		{"2026-05-01 22:30", "2026-05-01 23:30", "before", "Europe/Berlin", []string{"31 23:30 - 02 00:30", "02 00:30 - 02 01:30"}},
	} {
		rows := queryRows(t, conn, fmt.Sprintf(`SELECT arrayStringConcat(arrayMap(ms -> formatDateTime(fromUnixTimestamp64Milli(ms), '%%d %%H:%%i', '%[4]s'), [day.1, day.2]), ' - ') AS text
			FROM (SELECT arrayJoin(buckets) AS day FROM dora_buckets(from_at = '%[1]s:00', to_at = '%[2]s:00', bucket = '%[3]s', zone = '%[4]s')) ORDER BY day`, c.from, c.to, c.bucket, c.zone))
		equalLines(t, lines(t, rows, "text"), c.days)
	}
}

// What had not happened yet is not known: at hour 35 both incidents of d3 were open, and d3 was not old enough to be judged.
func TestDORAAsOf(t *testing.T) {
	conn := migratedDB(t)
	doraGolden(t, conn)
	row := doraNumbers(t, conn, 1, 169, 35, "")[0]
	for column, want := range map[string]any{
		"deployments": 2.0, "mature": 1.0, "pending": 1.0, "failed": 0.0, "fail_ratio": 0.0, "failures": 1.0, "recovery_p50": nil, "open_failures": 1.0, "oldest_open_s": 4 * 3600.0,
		"changes": 4.0, "observed_days": 34.0 / 24,
	} {
		isNumber(t, row, column, want)
	}
}
