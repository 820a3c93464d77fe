package e2e

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// doraFigure is what is published of a metric of a service and a day, once it is final.
type doraFigure struct {
	s        *doraService
	metric   string
	day      time.Time
	value, n float64
	final    bool
}

// figures are those of the days of which no more can be said as of the time of the question, by service, metric and day.
func (d *doraTruth) figures(v doraView) map[string]doraFigure {
	zone := d.rules.zone()
	midnight := func(t time.Time) time.Time {
		y, m, day := t.In(zone).Date()
		return time.Date(y, m, day, 0, 0, 0, 0, zone)
	}
	v.bucket, v.from, v.to = "day", midnight(d.asOf.Add(-100*day)), midnight(d.asOf.Add(-max(d.rules.Attribution, d.rules.Rollback)))
	figures := map[string]doraFigure{}
	for _, s := range d.chosen(v) {
		for _, w := range v.windows(zone) {
			if !w[1].After(s.since) {
				continue
			}
			n := d.numbers(s, w[0], w[1])
			for _, m := range [][3]string{
				{"deployments", "deployments", "deployments"}, {"lead time p50", "lead_p50", "changes"}, {"change fail rate", "fail_ratio", "mature"},
				{"recovery time p50", "recovery_p50", "failures"}, {"rework rate", "rework_ratio", "deployments"},
			} {
				y, month, dayOf := w[0].Date()
				f := doraFigure{s, m[0], time.Date(y, month, dayOf, 0, 0, 0, 0, time.UTC), n[m[1]], n[m[2]], m[0] != "recovery time p50" || n["open_failures"] == 0}
				figures[fmt.Sprint(s.key(), m[0], f.day)] = f
			}
		}
	}
	return figures
}

// restated are the figures of which other rules say something else.
func restated(before, now *doraTruth, v doraView) doraTable {
	t := doraTable{key: append([]string{"day", "metric"}, ofService...)}
	b := map[string]doraTable{"": t}
	figures, read := now.figures(v), rereadings(before, now)
	for key, old := range before.figures(v) {
		f, known := figures[key]
		if !known {
			f = doraFigure{value: math.NaN(), final: true}
		}
		if !old.final || !f.final || f.n == old.n && same("", f.value, old.value) {
			continue
		}
		before.add(b, "", old.s, map[string]any{
			"restated_at": now.asOf, "day": old.day, "metric": old.metric, "before": old.text(old.metric), "published_before": before.asOf, "now": f.text(old.metric),
			"reason": "rules", "rule_version": now.rules.version, "evidence": read[old.s.key()],
		})
	}
	return b[""]
}

// rereadings are what the ledger says of a change of rules, by service: the rules, and how many deployments they read differently.
// Nobody knows which of those were stored by then that ended between the two looks: with each and without is right.
func rereadings(before, now *doraTruth) map[string]anyOf {
	texts := map[string]anyOf{}
	for _, until := range []time.Time{before.asOf, now.asOf} {
		counts := reread(before, now, until)
		for _, s := range before.services {
			text := fmt.Sprintf("rules %s to %s (added experiments, colours, releases, staging, urgent, rest; removed guess from the stage name; changed attribution_ms, rollback_ms, zone, markers)",
				before.rules.version, now.rules.version)
			for i, change := range slices.Sorted(maps.Keys(counts[s.key()])) {
				text += fmt.Sprint([]string{", deployments: ", ", "}[min(i, 1)], counts[s.key()][change], " ", change)
			}
			texts[s.key()] = append(texts[s.key()], text)
		}
	}
	return texts
}

// reread is how many deployments that ended by a time other rules read differently, by service and how.
func reread(before, now *doraTruth, until time.Time) map[string]map[string]int {
	counts := map[string]map[string]int{}
	count := func(service, change string) {
		if counts[service] == nil {
			counts[service] = map[string]int{}
		}
		counts[service][change]++
	}
	was := before.read(until)
	for x, is := range now.read(until) {
		switch old, known := was[x]; {
		case !known:
			count(is.service, "added")
		case old.service != is.service:
			count(old.service, "moved away")
			count(is.service, "moved here")
		case old.marker != is.marker:
			count(is.service, "marked otherwise")
		}
		delete(was, x)
	}
	for _, old := range was {
		count(old.service, "removed")
	}
	return counts
}

// doraAttempt names an attempt to deploy, and doraReading is what rules make of it.
type (
	doraAttempt struct {
		run      string
		position int
		end      time.Time
	}
	doraReading struct{ service, marker string }
)

// read is what the rules make of each deployment that ended by a time.
func (d *doraTruth) read(until time.Time) map[doraAttempt]doraReading {
	read := map[doraAttempt]doraReading{}
	for _, s := range d.services {
		for _, x := range s.done {
			if !x.end.After(until) {
				read[doraAttempt{x.run, x.position, x.end}] = doraReading{s.key(), x.marker}
			}
		}
	}
	return read
}

// text is a figure as the ledger shows it.
func (f doraFigure) text(metric string) string {
	value := "nothing"
	switch {
	case math.IsNaN(f.value):
	case strings.Contains(metric, "time"):
		value = duration(f.value)
	case strings.Contains(metric, "rate"):
		value = fmt.Sprint(math.Round(1000*f.value)/10, " %")
	default:
		value = fmt.Sprint(f.value)
	}
	return fmt.Sprintf("%s of %.0f", value, f.n)
}

// duration is a number of seconds in words.
func duration(seconds float64) string {
	var words []string
	rest := int(seconds)
	for _, unit := range []struct {
		name    string
		seconds int
	}{{"month", 30.5 * 86400}, {"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}} {
		n := rest / unit.seconds
		if rest %= unit.seconds; n == 1 {
			words = append(words, "1 "+unit.name)
		} else if n > 1 || unit.seconds == 1 && len(words) == 0 {
			words = append(words, fmt.Sprint(n, " ", unit.name, "s"))
		}
	}
	if last := len(words) - 1; last > 0 {
		return strings.Join(words[:last], ", ") + " and " + words[last]
	}
	return words[0]
}

// ledger compares what the ledger says with what it must say when other rules came into force.
func (v doraView) ledger(t *testing.T, a *apart, before, now *doraTruth) {
	t.Helper()
	sql, err := v.query("dash_restatements")
	if err != nil {
		t.Fatal(err)
	}
	faults, equal := restated(before, now, v).compare(t.Context(), a, sql)
	if len(faults) > 0 || equal == 0 {
		t.Errorf("the ledger differs from the truth:\n%s", strings.Join(faults, "\n"))
	}
	t.Logf("of the ledger %d cells are equal", equal)
}

// published are the two times at which figures were published: just before other rules came into force, and then.
func (a *apart) published(t *testing.T, before, now string) (at [2]time.Time) {
	t.Helper()
	const times = "SELECT maxIf(published_at, rules_version = ?), minIf(published_at, rules_version = ?) FROM published_figures"
	err := a.conn.QueryRow(t.Context(), times, before, now).Scan(&at[0], &at[1])
	if err != nil {
		t.Fatalf("asking when figures were published: %v", err)
	}
	return at
}
