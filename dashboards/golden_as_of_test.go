package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/schema"
)

// What state panels show as of a time, worked out by hand from seed: run 2 of shop failed at 10:20 and was retried with
// success from 12:00 to 12:20; run 3 failed a day later; run 2 of search waited from 11:00 (seen at 11:01) to 11:20.
func TestAsOf(t *testing.T) {
	conn := migratedDB(t)
	seed(t, conn)
	at := func(when time.Time) view {
		v := everything(45 * 24 * time.Hour)
		v.inputs = map[string]string{asOf.name: when.Format(time.DateTime)}
		return v
	}
	minute := func(back time.Duration) string { return ago(back).Format("2006-01-02 15:04") }
	ended := at(day(3, 12, 0))
	ended.to, ended.inputs = day(3, 12, 0), nil
	for _, c := range []struct {
		name, query string
		view        view
		columns     string
		want        []string
	}{
		{
			"before the retry the first attempt was red", "dash_failed_stages", at(day(4, 11, 0)),
			"pipeline stage state red_since red_for_s first_bad_run failures run_number", []string{"shop | deploy-prod | newly failing | " + clock(4, 10, 20) + " | 2400 | 2 | 1 | 2"},
		},
		{"after it nothing was", "dash_failed_stages", at(day(4, 13, 0)), "pipeline", nil},
		{"nor before it failed", "dash_failed_count", at(day(4, 10, 19)), "stages", []string{"0"}},
		{
			"of the second failure in a row nothing was known yet", "dash_failed_stages", at(day(3, 12, 0)),
			"pipeline state red_since first_bad_run failures", []string{"shop | newly failing | " + clock(3, 10, 20) + " | 3 | 1"},
		},
		{
			"without a time it is the end of the time range", "dash_failed_stages", ended,
			"pipeline state red_since first_bad_run failures", []string{"shop | newly failing | " + clock(3, 10, 20) + " | 3 | 1"},
		},
		{"a run waited", "dash_open_runs", at(day(1, 11, 5)), "running queued paused oldest_s", []string{"0 | 0 | 1 | 300"}},
		{"and was over then", "dash_running_now", at(day(1, 11, 30)), "pipeline", nil},
		{"who it was", "dash_running_now", at(day(1, 11, 5)), "project pipeline run_number status age_s", []string{"Alpha | search | 2 | PAUSED | 300"}},
		{
			"gates as they were", "dash_gate_settings", at(ago(2 * 24 * time.Hour)), "project item value",
			[]string{
				"(tenant) | Member of major issues. | true", "(tenant) | Member of major issues. | ≤", "(tenant) | Member of major issues. | 3",
				"(tenant) | Number of critical issues. | true", "(tenant) | Number of critical issues. | ≤", "(tenant) | Number of critical issues. | 0",
				"Alpha | Member of major issues. | false", "Alpha | Member of major issues. | ≤", "Alpha | Member of major issues. | 3",
				"Alpha | Number of critical issues. | true", "Alpha | Number of critical issues. | ≤", "Alpha | Number of critical issues. | 5",
			},
		},
		{
			"and on the overview", "dash_gates_now", at(ago(2 * 24 * time.Hour)), "project item switch compare threshold",
			[]string{
				"(tenant) | Number of critical issues. | on | ≤ | 0", "(tenant) | Member of major issues. | on | ≤ | 3",
				"Alpha | Number of critical issues. | on | ≤ | 5", "Alpha | Member of major issues. | off | ≤ | 3",
			},
		},
		{
			"the package of build as it was", "dash_build_tenants", at(ago(5 * 24 * time.Hour)), "account package free_package_quota since",
			[]string{"acme-build | CODEARTS_FREE | yes | " + ago(9*24*time.Hour).Format("2006-01-02 15:04")},
		},
		{"before it was seen there was none", "dash_build_tenants", at(ago(10 * 24 * time.Hour)), "account", nil},
		// old was there until five days ago; tool came ten days ago with 50 MB, web had 100 until then.
		{"the largest repositories as they were", "dash_repository_top", at(ago(6 * 24 * time.Hour)), "repository capacity_mb", []string{"web | 130", "tool | 50", "old | 10"}},
		{
			"their growth until then", "dash_repository_growth", at(ago(6 * 24 * time.Hour)), "repository size_mb growth_mb growth_ratio per_day_mb",
			[]string{"web | 130 | 30 | 0.3 | 1", "old | 10 | 0 | 0 | 0", "tool | 50 | 0 | 0 | 0"},
		},
		{"which of them were locked", "dash_repository_forecast", at(ago(12 * 24 * time.Hour)), "repository locked", []string{"web | locked", "old | unknown"}},
		{"and are no longer", "dash_repository_forecast", at(ago(0)), "repository locked", []string{"web | no", "tool | unknown", "core | unknown"}},
		// Ten minutes ago the lists of pipelines had never been read without an error, the one of repositories three hours before now,
		// with two rows, and the one of build accounts an hour before now. The other pollers had not begun.
		{
			"pollers as they were", "dash_freshness", at(ago(10 * time.Minute)), "tenant project poller good_age_s complete_age_s complete_total errors",
			[]string{
				"acme | Alpha | pipelines | NULL | NULL | NULL | 3", "acme | Beta | pipelines | NULL | NULL | NULL | 3",
				"acme | (tenant) | repositories | 1.02e+04 | 1.02e+04 | 2 | 0", "globex | (tenant) | build_tenants | 3000 | 3000 | 0 | 0",
			},
		},
		{"the most overdue of them", "dash_trust_freshness", at(ago(10 * time.Minute)), "late", []string{"NULL"}},
		{"the newest message then", "dash_trust_last_event", at(ago(10 * time.Minute)), "age_s", []string{"3000"}},
		{"by tenant", "dash_loader_lag", at(ago(10 * time.Minute)), "tenant newest_observed_at", []string{"acme | " + minute(2*time.Hour), "globex | " + minute(time.Hour)}},
		{"two rounds of two calls in the hour before", "dash_trust_budget", at(ago(90 * time.Minute)), "used", []string{"0.0005556"}},
		{"nothing was polled yet", "dash_trust_budget", at(ago(5 * time.Hour)), "used", nil},
		{"errors of the day before", "dash_trust_errors", at(ago(10 * time.Minute)), "errors", []string{"6"}},
		{"no message was in quarantine", "dash_quarantine_count", at(ago(2 * time.Hour)), "messages", []string{"0"}},
		{"nor listed there", "dash_quarantine", at(ago(2 * time.Hour)), "seq", nil},
		{"one odd row was known", "dash_odd_rows", at(ago(time.Hour)), "project poller", []string{"Alpha | pipelines"}},
		// Ten minutes ago the fourth run of search was not seen yet, so nothing was missing before it.
		{
			"which numbers were stored", "dash_completeness_pipelines", at(ago(10 * time.Minute)), "project pipeline completeness expected stored missing unnumbered history",
			[]string{
				"Beta | billing | NULL | 2 | 2 | NULL | NULL | in part", "Gamma | shop | NULL | 1 | 1 | NULL | NULL | not read", "Alpha | nightly | 1 | 7 | 7 | 0 | NULL | read",
				"Alpha | search | 1 | 2 | 2 | 0 | NULL | read", "Alpha | shop | 1 | 4 | 4 | 0 | NULL | read", "Gamma | idle | NULL | 0 | 0 | NULL | NULL | no run seen",
			},
		},
		{"nothing waits to be judged", "dash_judging", at(ago(0)), "age_s units", []string{"0 | 0"}},
		{"what waited is not kept", "dash_judging", at(ago(2 * time.Hour)), "units", nil},
		{"two hours ago nothing had been read", "dash_coverage", at(ago(2 * time.Hour)), "pipeline history runs", []string{
			"nightly | not read | 7", "search | not read | 2", "shop | not read | 4", "billing | not read | 2", "idle | no run seen | 0", "shop | not read | 1",
		}},
	} {
		got := cells(t, conn, c.view, c.query, strings.Fields(c.columns)...)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
	w := &world{log{t: t}, conn, "acme"} // a loader that inserted twenty minutes ago, and nobody who judges
	w.exec("INSERT INTO line_touches VALUES (7, 'acme', '" + alpha + "', 'p', now64(6) - INTERVAL 20 MINUTE)")
	if got := cells(t, conn, at(ago(0)), "dash_judging", "age_s", "units"); len(got) != 1 || !strings.HasPrefix(got[0], "12") || !strings.HasSuffix(got[0], " | 1") {
		t.Errorf("waits to be judged: %q, want some 1200 seconds", got)
	}
	// What is no time is an error that says so, not the state of now.
	sql, _, err := schema.Statement("dash_failed_count")
	if err != nil {
		t.Fatal(err)
	}
	wrong := at(day(0, 0, 0))
	wrong.inputs[asOf.name] = "last week"
	if _, err := conn.Query(t.Context(), wrong.expand(t, sql)); err == nil || !strings.Contains(err.Error(), "last week") && !strings.Contains(err.Error(), "parse") {
		t.Errorf("an as of that is no time: %v", err)
	}
}

// As of five days ago the last good rounds were three days old, before the two days of which each record is read: their time is known
// by the day's last complete listing, or else its first good round; what was listed is not.
func TestPollersLongBefore(t *testing.T) {
	conn := migratedDB(t)
	l := &log{t: t}
	days := func(n int) time.Time { return ago(time.Duration(n) * 24 * time.Hour) }
	for _, back := range []int{9, 8, 1} {
		l.poll("acme", "_tenant", "repositories", days(back), true, 7, 0, "repository")
		l.poll("acme", "_tenant", "active", days(back), false, 7, 0, "run")
	}
	l.poll("acme", "_tenant", "repositories", days(6), false, 0, 2, "repository") // broke off
	l.poll("acme", "_tenant", "gates", ago(time.Minute), true, 1, 0, "gate")
	l.store(conn)
	v := everything(45 * 24 * time.Hour)
	v.inputs = map[string]string{asOf.name: days(5).Format(time.DateTime)}
	got := cells(t, conn, v, "dash_freshness", "poller", "good_age_s", "complete_age_s", "complete_total", "errors")
	slices.Sort(got)
	if want := []string{"active | 2.592e+05 | NULL | NULL | 0", "repositories | 2.592e+05 | 2.592e+05 | NULL | 2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Run 64 was found two days after 63 and 65, beyond the end of a block of numbers, and 61 with it, which shows that 62 is missing; that
// 63 was seen again changes nothing. The pipeline was created nine days ago, and deleted two days ago.
func TestCompletenessThen(t *testing.T) {
	conn := migratedDB(t)
	l := &log{t: t}
	hours := func(n int) time.Time { return ago(time.Duration(n) * time.Hour) }
	about := func(kind, id, op string, back int, body object) {
		l.add("acme", alpha, kind, id, op, hours(back), body)
	}
	pipeline := object{"pipeline_id": "p", "name": "shop", "project_name": "Alpha", "create_time": hours(9 * 24).UnixMilli()}
	run := func(number, back int) {
		about("run", fmt.Sprint(number), "changed", back, object{"pipeline_id": "p", "run_number": number, "status": "COMPLETED", "start_time": hours(8 * 24).UnixMilli()})
	}
	coverage := func(back int, complete bool) {
		about("coverage", "p", "changed", back, object{"pipeline_id": "p", "from": hours(back + 24).UnixMilli(), "to": hours(back).UnixMilli(), "total": back, "complete": complete})
	}
	about("pipeline", "p", "created", 9*24, pipeline)
	run(63, 5*24)
	run(65, 5*24)
	coverage(4*24, false)
	for _, number := range []int{61, 63, 64} {
		run(number, 3*24)
	}
	coverage(3*24, true)
	about("pipeline", "p", "deleted", 2*24, pipeline)
	l.poll("acme", alpha, "gates", ago(time.Minute), true, 1, 0, "gate")
	l.store(conn)
	for _, c := range []struct {
		back                    int
		numbers, whole, windows string
	}{
		{10 * 24, "", "", ""}, // not created yet
		{6 * 24, "NULL | 0 | 0 | NULL | no run seen", "NULL | 0", "no run seen | NULL | NULL | 0"},
		{4*24 + 1, "NULL | 3 | 2 | NULL | not read", "NULL | 3", "not read | NULL | NULL | 2"},
		{3*24 + 1, "NULL | 3 | 2 | NULL | in part", "NULL | 3", "in part | " + hours(5*24).Format("2006-01-02 15:04") + " | 96 | 2"},
		{2*24 + 1, "0.8 | 5 | 4 | 1 | read", "0.8 | 5", "read | " + hours(4*24).Format("2006-01-02 15:04") + " | 72 | 4"},
		{24, "", "", ""}, // deleted
	} {
		v := everything(45 * 24 * time.Hour)
		v.inputs = map[string]string{asOf.name: hours(c.back).Format(time.DateTime)}
		for _, panel := range []struct{ query, columns, want string }{
			{"dash_completeness_pipelines", "completeness expected stored missing history", c.numbers},
			{"dash_trust_completeness", "completeness n", c.whole},
			{"dash_coverage", "history from_at rows_in_window runs", c.windows},
		} {
			got := strings.Join(cells(t, conn, v, panel.query, strings.Fields(panel.columns)...), ", ")
			if got != panel.want {
				t.Errorf("%s as of %d hours ago: got %q, want %q", panel.query, c.back, got, panel.want)
			}
		}
	}
}
