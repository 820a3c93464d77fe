package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every expected row is worked out by hand from seed, whose sizes change at whole days before the end.
func TestCapacityNumbers(t *testing.T) {
	conn := migratedDB(t)
	seed(t, conn)
	const days = 24 * time.Hour
	all := everything(45 * days)
	tests := []struct {
		name, query string
		view        view
		columns     string
		want        []string
	}{
		{
			// web: 2 daily sizes of 160, 9 of 130, 20 of 100. Of 465 slopes 227 are 0; the 233rd is 30 MB in 26 days, the 184th 0, the 282nd 30 MB in
			// 18 days. tool: 3 of 45, 8 of 50; more than half of its slopes are 0. core is half a day old.
			"trend and band", "dash_repository_forecast", all, "repository size_mb growth_day_mb growth_month_mb per_day_mb days_left soonest latest n members state locked",
			[]string{
				"web | 160 | 0 | 60 | 1.154 | 2.649e+04 | 1.834e+04 | NULL | 31 | 3 | normal | no",
				"tool | 45 | 0 | NULL | 0 | NULL | NULL | NULL | 11 | 3 | normal | unknown",
				"core | 0 | NULL | NULL | NULL | NULL | NULL | NULL | 1 | 3 | normal | unknown",
			},
		},
		{
			"as of four days before the deletion of old", "dash_repository_forecast", view{from: ago(45 * days), to: ago(9 * days), interval: time.Hour}, "repository size_mb n",
			[]string{"web | 130 | 31", "tool | 50 | 2", "old | 10 | 12"},
		},
		{"the list of growers", "dash_repository_growers", all, "name growth_month_mb", []string{"web | 60"}},
		{
			"totals", "dash_repository_tenants", all, "tenant total_mb repositories growth_day_mb growth_month_mb new_repositories largest_mb not_normal memberships",
			[]string{"acme | 205 | 2 | 0 | 105 | 1 | 160 | 0 | 6", "globex | 0 | 1 | NULL | NULL | 1 | 0 | 0 | 3"},
		},
		{
			"with two changes nothing is usual", "dash_repository_steps", all, "seen_at after repository change_mb usual_mb n size_mb",
			[]string{ago(days).Format("2006-01-02 15:04") + " | NULL | web | 30 | NULL | 1 | 160", ago(10*days).Format("2006-01-02 15:04") + " | NULL | web | 30 | NULL | 1 | 130"},
		},
		{
			"build", "dash_build_tenants", all, "tenant account service region package free_quota free_package_quota thresholds status",
			[]string{"acme | acme-build | CodeCI | eu | CODEARTS_BASIC | yes | no | 2U4G: 10, 4U8G: ? | 1"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := cells(t, conn, tt.view, tt.query, strings.Fields(tt.columns)...); !slices.Equal(got, tt.want) {
				t.Errorf("%s\n got %s\nwant %s", tt.query, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
			}
		})
	}
}

// Ten daily sizes: 0 to 4, then 105 to 109. Of 45 slopes 20 are 1; the others are 1 + 100/d, one for d = 9, two for 8, three for 7, four for 6, five for 5
// and so on. The 23rd is 13.5, the 13th 1, the 33rd 21.
func TestOneJumpDoesNotBendTheTrend(t *testing.T) {
	conn := migratedDB(t)
	l := &log{t: t}
	for i := range 10 {
		size := float64(i)
		if i > 4 {
			size += 100
		}
		l.repository("acme", alpha, "Alpha", 1, "r", "changed", ago(time.Duration(9-i)*24*time.Hour), size)
	}
	l.store(conn)
	got := cells(t, conn, everything(24*time.Hour), "dash_repository_forecast", "per_day_mb", "days_left", "soonest", "latest", "n")
	if want := []string{"13.5 | 2267 | 1458 | 3.061e+04 | 10"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Changes of 2, 3, 2 and 4 MB, then 500, then 12. The median of the others is 3 for both of the last two: 500 is more than 15, 12 is not.
func TestAJumpIsMoreThanTheUsualChange(t *testing.T) {
	conn := migratedDB(t)
	l := &log{t: t}
	size := 1000.0
	l.repository("acme", alpha, "Alpha", 1, "r", "created", ago(10*time.Hour), size)
	for i, change := range []float64{2, 3, 2, 4, 500, 12} {
		size += change
		at := ago(time.Duration(9-i) * time.Hour)
		l.poll("acme", "_tenant", "repositories", at.Add(-20*time.Minute), true, 1, 0, "repository")
		l.repository("acme", alpha, "Alpha", 1, "r", "changed", at, size)
		l.poll("acme", "_tenant", "repositories", at, true, 1, 0, "repository")
	}
	for i, c := range []struct {
		author  string
		minutes time.Duration // before the jump was seen
	}{{"bob", 19}, {"ada", 10}, {"ada", 5}, {"eve", 21}, {"eve", -1}} {
		id := fmt.Sprint("c", i)
		l.add("acme", "_tenant", "commit", "1/"+id, "created", ago(time.Hour), object{"repository_id": "1", "commit_id": id,
			"commit": object{"id": id, "committed_date": ago(5*time.Hour + c.minutes*time.Minute).Format(time.RFC3339), "author_name": c.author}})
	}
	l.store(conn)
	got := cells(t, conn, everything(24*time.Hour), "dash_repository_steps", "after", "seen_at", "change_mb", "usual_mb", "n", "committed_by")
	minute := func(back time.Duration) string { return ago(back).Format("2006-01-02 15:04") }
	if want := []string{minute(5*time.Hour+20*time.Minute) + " | " + minute(5*time.Hour) + " | 500 | 3 | 5 | ada (2), bob (1)"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
