package e2e

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
)

// doraQuestion is a question to dora_numbers, and the windows that it is about.
type doraQuestion struct {
	bucket  string
	from    time.Time
	windows [][2]time.Time
}

// Each number of the DORA board is that of an independent program, which knows the truth and not the tables.
func TestDORA(t *testing.T) {
	now := time.Now()
	w := newWorld(t, doraSeed(t, now), now, doraHistory)
	tenant := w.tenant()
	schedules, _ := tenant["schedules"].(map[string]string)
	schedules["commits"] = "@every 2s"
	a := newApart(t, tenant)
	report := a.reports(t)
	a.start(t)
	asOf := w.now().UTC().Truncate(time.Second)
	d := newDORATruth(w.truth(), w.Commits(w.now()), asOf)
	d.report()
	for _, r := range d.reports {
		report(r)
	}
	week, half := asOf.Add(-6*24*time.Hour), asOf.Add(-3*24*time.Hour)
	days := doraQuestion{bucket: "day", from: week}
	for at := week; at.Before(asOf); { // the days of UTC
		next := minTime(at.Truncate(24*time.Hour).Add(24*time.Hour), asOf)
		days.windows = append(days.windows, [2]time.Time{at, next})
		at = next
	}
	var n int
	for _, q := range []doraQuestion{
		{"", week, [][2]time.Time{{week, asOf}}},
		{"before", half, [][2]time.Time{{half.Add(-90 * 24 * time.Hour), half}, {half, asOf}}},
		days,
	} {
		eventually(t, fmt.Sprintf("the DORA numbers (bucket %q) differ from the truth", q.bucket), 2*load, func() (faults []string) {
			faults, n = d.differences(t.Context(), a, q)
			return faults
		})
		t.Logf("bucket %q: %d numbers are equal", q.bucket, n)
	}
	if lacks := d.lacks(week); len(lacks) > 0 {
		t.Errorf("no service has any %q: this world does not show what it should", lacks)
	}
	a.collector.interrupt(t)
	a.loader.interrupt(t)
}

func doraHistory(o *codeartstest.Options) { o.History = 10 * 24 * time.Hour }

// doraSeed is one whose last week has something of everything: what happens in a world, and when, depends on the hour in which it begins.
func doraSeed(t *testing.T, at time.Time) uint64 {
	t.Helper()
	for seed := range uint64(100) {
		o := codeartstest.TestOptions(seed, at)
		doraHistory(&o)
		w := codeartstest.New(o)
		d := newDORATruth(w.Truth(at), w.Commits(at), at)
		if d.report(); len(d.lacks(at.Add(-6*24*time.Hour))) == 0 {
			return seed
		}
	}
	t.Fatal("no world shows what it should")
	return 0
}

// lacks are the numbers that no service has any of, from a time on.
func (d *doraTruth) lacks(from time.Time) (names []string) {
	total := doraNumbers{}
	for _, s := range d.services {
		for name, v := range d.numbers(s, from, d.asOf) {
			total[name] += v
		}
	}
	for _, name := range []string{"deployments", "failed_attempts", "changes_a", "changes_b", "mature", "pending", "failed", "failures", "open_failures", "rework"} {
		if total[name] == 0 {
			names = append(names, name)
		}
	}
	return names
}

// reports returns what reports an incident to the collector's endpoint.
func (a *apart) reports(t *testing.T) func(doraReport) {
	t.Helper()
	send := a.takesIncidents(t)
	return func(r doraReport) {
		t.Helper()
		end := ""
		if !r.end.IsZero() {
			end = fmt.Sprintf(`"resolved_at":%q,`, r.end.Format(time.RFC3339Nano))
		}
		body := fmt.Sprintf(`{"id":%q,"service":%q,"environment":"production","started_at":%q,%s"title":"down","deployment":{"run_id":%q}}`,
			r.id, r.service, r.start.Format(time.RFC3339Nano), end, r.run)
		eventually(t, "reporting "+body, time.Minute, func() []string {
			status := send("incidents", body)
			return unless(status == http.StatusOK, "status %d", status)
		})
	}
}

// differences compares what the view says with the truth, and counts the numbers that are equal.
func (d *doraTruth) differences(ctx context.Context, a *apart, q doraQuestion) (faults []string, equal int) {
	want := map[string]doraNumbers{}
	var columns []string
	for key, s := range d.services {
		for _, w := range q.windows {
			if !w[1].After(s.since()) {
				continue
			}
			n := d.numbers(s, w[0], w[1])
			want[fmt.Sprint(key, " ", w[0].UnixMilli())] = n
			columns = slices.Sorted(maps.Keys(n))
		}
	}
	var rows []struct {
		Key    string    `ch:"key"`
		Values []float64 `ch:"values"`
	}
	at := func(t time.Time) string { return fmt.Sprintf("fromUnixTimestamp64Milli(%d, 'UTC')", t.UnixMilli()) }
	err := a.conn.Select(ctx, &rows, fmt.Sprintf(`SELECT concat(project_id, ' ', service, ' ', toString(toUnixTimestamp64Milli(bucket_from))) AS key,
		[toFloat64(ifNull(%s, nan))] AS values FROM dora_numbers(from_at = %s, to_at = %s, as_of = %s, bucket = '%s', zone = 'UTC')`,
		strings.Join(columns, ", nan)), toFloat64(ifNull("), at(q.from), at(d.asOf), at(d.asOf), q.bucket))
	if err != nil {
		return []string{err.Error()}, 0
	}
	for _, row := range rows {
		n, ok := want[row.Key]
		if !ok {
			faults = append(faults, "an extra row of "+row.Key)
			continue
		}
		delete(want, row.Key)
		for i, name := range columns {
			got, v := row.Values[i], n[name]
			if name == "per_day" && q.bucket == "before" {
				continue // over 90 days it depends on the hour in which the history was read
			}
			if math.Abs(got-v) < 1e-3*max(1, math.Abs(v)*1e-6) || math.IsNaN(got) && math.IsNaN(v) {
				equal++
				continue
			}
			faults = append(faults, fmt.Sprintf("%s: %s is %v, the truth is %v", row.Key, name, got, v))
		}
	}
	for key := range want {
		faults = append(faults, "there is no row of "+key)
	}
	return faults, equal
}
