package e2e

import (
	"context"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"artery/internal/schema"
)

// doraColumns are the columns of dora_numbers that the truth knows.
var doraColumns = []string{
	"attempts", "failed_attempts", "deployments", "active_days", "per_day", "attempt_fail_ratio", "attempt_fail_low", "attempt_fail_high",
	"pending", "mature", "failed", "fail_ratio", "fail_low", "fail_high", "failures", "open_failures", "oldest_open_s",
	"recovery_p50", "recovery_p75", "recovery_p90", "recovery_p95", "incident_recovery_p50", "first_remedy_p50", "rework", "rework_ratio", "rework_low", "rework_high", "gap_p50", "gap_p90",
	"changes", "lead_p50", "lead_p75", "lead_p90", "lead_p95", "changes_a", "changes_b", "changes_c", "baseline_changes", "negative_changes", "no_time_changes",
	"changes_seen", "seen_p50", "seen_p75", "seen_p90", "seen_p95",
}

// numbersTable is what dora_numbers must answer.
func (d *doraTruth) numbersTable(v doraView) doraTable {
	t := doraTable{key: []string{"project_id", "service", "environment", "bucket_from"}, partly: true}
	for _, s := range d.services {
		for _, w := range v.windows(d.rules.zone()) {
			if w[1].After(s.since) {
				row := d.numbers(s, w[0], w[1]).columns(doraColumns...)
				row["project_id"], row["service"], row["environment"], row["bucket_from"] = s.project, s.name, s.environment, w[0]
				t.rows = append(t.rows, row)
			}
		}
	}
	return t
}

// numbersQuery asks for it.
func (d *doraTruth) numbersQuery(v doraView) string {
	at := func(t time.Time) string { return fmt.Sprintf("fromUnixTimestamp64Milli(%d, 'UTC')", t.UnixMilli()) }
	return fmt.Sprintf("SELECT * FROM dora_numbers(from_at = %s, to_at = %s, as_of = %s, bucket = '%s', zone = '%s')", at(v.from), at(v.to), at(d.asOf), v.bucket, d.rules.Zone)
}

// query is a query of the board as Grafana asks it.
func (v doraView) query(name string) (string, error) {
	sql, _, err := schema.Statement(name)
	if err != nil {
		return "", err
	}
	return schema.View{From: v.from, To: v.to, Interval: time.Hour, Variables: map[string][]string{
		"tenant": nil, "project": v.projects, "service": v.services, "environment": v.environments,
		"bucket": {v.bucket}, "edition": {schema.Edition}, "as_of": {v.asOf.Format(time.DateTime)}, "codearts": {codeartsPage},
	}}.Expand(sql)
}

// compare asks ClickHouse, and holds every cell of the answer that the truth knows against it.
func (t doraTable) compare(ctx context.Context, a *apart, sql string) (faults []string, equal int) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	answer, err := schema.Ask(ctx, a.conn, sql)
	if err != nil {
		return []string{err.Error()}, 0
	}
	want := map[string]map[string]any{}
	for _, row := range t.rows {
		key := t.name(row)
		if want[key] != nil {
			panic("two rows of " + key)
		}
		want[key] = row
	}
	for _, values := range answer.Rows {
		got := map[string]any{}
		for i, name := range answer.Names {
			got[name] = cellOf(values[i])
		}
		key := t.name(got)
		row, ok := want[key]
		if !ok {
			fault("%s: an extra row %v", key, got)
			continue
		}
		delete(want, key)
		for _, name := range answer.Names {
			if _, known := row[name]; !known && !t.partly {
				fault("nothing is known of the column %s", name)
				return faults, equal
			}
		}
		for _, name := range slices.Sorted(maps.Keys(row)) {
			if cell, ok := got[name]; ok && same(name, cell, row[name]) {
				equal++
			} else {
				fault("%s: %s is %v, the truth is %v", key, name, cell, row[name])
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		fault("there is no row of %s", key)
	}
	return faults, equal
}

// name names a row.
func (t doraTable) name(row map[string]any) string {
	var parts []string
	for _, column := range t.key {
		if at, ok := row[column].(time.Time); ok {
			parts = append(parts, at.UTC().Format(time.RFC3339))
			continue
		}
		parts = append(parts, fmt.Sprint(row[column]))
	}
	return strings.Join(parts, " ")
}

// anyOf are cells of which each is right.
type anyOf []string

// cellOf is a number as a float64, NaN for NULL, and all else as it is.
func cellOf(x any) any {
	switch v := reflect.ValueOf(x); {
	case !v.IsValid():
		return math.NaN()
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	case v.CanFloat():
		return v.Float()
	}
	return x
}

// same compares two cells. Days are counted from the hour in which the history was read, if they begin there; z² is rounded in
// the intervals.
func same(name string, got, want any) bool {
	switch w := want.(type) {
	case anyOf:
		text, _ := got.(string)
		return slices.Contains(w, text)
	case time.Time:
		g, ok := got.(time.Time)
		return ok && g.Equal(w)
	case float64:
		g, ok := got.(float64)
		off := 1e-9 * max(math.Abs(w), 1)
		switch {
		case strings.HasPrefix(name, "per_"):
			off = 1e-4 * math.Abs(w)
		case name == "active_share": // by a day more, when one turned while the history was read
			off = 0.02 * math.Abs(w)
		case strings.HasSuffix(name, "_low"), strings.HasSuffix(name, "_high"):
			off = 1e-6
		}
		return ok && (math.IsNaN(g) && math.IsNaN(w) || math.Abs(g-w) <= off)
	}
	return got == want
}
