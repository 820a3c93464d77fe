package schema

import (
	"fmt"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// published are the figures of a day, as value and n by metric; what was not published is missing.
func published(t *testing.T, conn driver.Conn, day string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, row := range queryRows(t, conn, "SELECT metric, argMax((published_figures.value, published_figures.n), published_at) AS said, tupleElement(said, 1) AS value, tupleElement(said, 2) AS n FROM published_figures WHERE day = '"+day+"' AND service = 'shop' GROUP BY metric") {
		value := "nothing"
		if v, ok := row["value"].(float64); ok {
			value = fmt.Sprintf("%.4g", v)
		}
		out[row["metric"].(string)] = fmt.Sprintf("%s of %v", value, row["n"])
	}
	return out
}

func restated(t *testing.T, conn driver.Conn, where string) []string {
	t.Helper()
	return lines(t, queryRows(t, conn, "SELECT day, metric, round(ifNull(value_before, -1), 3) AS b, n_before, round(ifNull(value, -1), 3) AS a, n, reason FROM restatements WHERE "+where+" ORDER BY day, metric"),
		"day", "metric", "b", "n_before", "a", "n", "reason")
}

// The golden fixture of the DORA metrics, published when its first three days are final, then told of an incident that
// nobody had reported, then read by other rules. H = R = 24 h; all figures are worked out by hand from the fixture.
func TestPublishedFigures(t *testing.T) {
	conn := migratedDB(t)
	doraGolden(t, conn)
	publish := func(asOf float64) {
		t.Helper()
		if err := PublishFigures(t.Context(), conn, hour(asOf)); err != nil {
			t.Fatal(err)
		}
	}
	count := func() (n uint64) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), "SELECT count() FROM published_figures").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	publish(96)
	if n := count(); n != 0 {
		t.Fatalf("%d figures were published of runs that are not completely known", n)
	}
	known := newEvent(1000, testProject, "coverage", "shop", "created", fmt.Sprintf(`{"from":%d,"to":%d,"through":9,"total":9,"complete":true}`, hour(0).UnixMilli(), hour(200).UnixMilli()))
	listed := newEvent(1001, testProject, "poll", "", "created", fmt.Sprintf(`{"poller":"pipelines","last":true,"complete":true,"finished_at":%q}`, hourText(200)))
	insert(t, conn, known, listed)

	publish(96)
	for day, want := range map[string]map[string]string{
		// d0, the baseline, and d1 with c11 after 6 h and c12 after 1 h.
		"2026-03-02": {"deployments": "2 of 2", "lead time p50": "1.26e+04 of 2", "change fail rate": "0 of 2", "recovery time p50": "nothing of 0", "rework rate": "0 of 2"},
		// d3 with c13 after 11 h and c14 after 9 h; i1 and i2 are blamed on it, and i1 ends 8 h after it.
		"2026-03-03": {"deployments": "1 of 1", "lead time p50": "3.6e+04 of 2", "change fail rate": "1 of 1", "recovery time p50": "2.88e+04 of 1", "rework rate": "0 of 1"},
		// d4 with c15 to c17 after 10, 9 and 2 h, d5, which goes back, and d6, a hotfix, with c18 after 5 h. d4 failed; i3 ends 10 h after it.
		"2026-03-04": {"deployments": "3 of 3", "lead time p50": "2.52e+04 of 4", "change fail rate": "0.3333 of 3", "recovery time p50": "3.6e+04 of 1", "rework rate": "0.6667 of 3"},
		"2026-03-05": {}, // its incidents may still come
	} {
		if got := published(t, conn, day); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s\n got %v\nwant %v", day, got, want)
		}
	}
	first := count()
	publish(97)
	if n := count(); n != first || first != 15 {
		t.Errorf("%d figures, then %d; want 15 and no more", first, n)
	}
	equalLines(t, restated(t, conn, "true"), nil)

	// An incident from hour 61 to 63, after d6 at 60, is reported late: d6 failed too, and was mended after 3 h.
	late := newEvent(1002, "_incidents", "incident", "i9", "created", fmt.Sprintf(
		`{"service":"shop","environment":"production","started_at":%q,"resolved_at":%q,"title":"late","deployment":{"run_id":""}}`, hourText(61), hourText(63)))
	insert(t, conn, late)
	publish(98)
	equalLines(t, restated(t, conn, "true"), []string{
		"2026-03-04 change fail rate 0.333 3 0.667 3 late data",
		"2026-03-04 recovery time p50 36000 1 23400 2 late data",
	})

	// Other rules call the service store. Of shop nothing is left, of the 14 figures that counted something.
	rules := RuleSet{AttributionMS: 86400000, RollbackMS: 86400000, Zone: "UTC", Rules: []DeploymentRule{{Name: "all", Stage: "deploy", Service: "store", Environment: "production"}}}
	if _, err := ActivateRules(t.Context(), conn, &rules, 1); err != nil {
		t.Fatal(err)
	}
	publish(99)
	byRules := restated(t, conn, "reason = 'rules' AND service = 'shop'")
	if len(byRules) != 14 || byRules[0] != "2026-03-02 change fail rate 0 2 -1 0 rules" {
		t.Errorf("%d restatements by rules: %q", len(byRules), byRules)
	}
	if n := len(restated(t, conn, "service = 'store'")); n != 0 {
		t.Errorf("%d figures of store were restated; they are new", n)
	}
}

// In Santiago the 6th of September 2026 begins at one o'clock, in Cairo the 24th of April; the other two days are Berlin's of 23 and 25
// hours.
func TestStartOfDay(t *testing.T) {
	for _, c := range []struct{ zone, at, want string }{
		{"America/Santiago", "2026-09-06T20:00:00Z", "2026-09-06T01:00:00-03:00"},
		{"America/Santiago", "2026-09-06T04:00:00Z", "2026-09-06T01:00:00-03:00"},
		{"America/Santiago", "2026-09-06T03:59:59Z", "2026-09-05T00:00:00-04:00"},
		{"Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-24T01:00:00+03:00"},
		{"Europe/Berlin", "2026-03-29T21:59:59Z", "2026-03-29T00:00:00+01:00"},
		{"Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-25T00:00:00+02:00"},
		{"UTC", "2026-10-25T23:59:59Z", "2026-10-25T00:00:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := startOfDay(at, zone).Format(time.RFC3339); got != c.want {
			t.Errorf("the day of %s in %s begins at %s, want %s", c.at, c.zone, got, c.want)
		}
	}
}
