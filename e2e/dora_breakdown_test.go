package e2e

import (
	"math"
	"time"
)

// columns are some numbers as a row.
func (n doraNumbers) columns(names ...string) map[string]any {
	row := map[string]any{}
	for _, name := range names {
		row[name] = n[name]
	}
	return row
}

// percentiles are a row of durations.
func percentiles(values []float64) map[string]any {
	return map[string]any{
		"n": float64(len(values)), "p50": quantile(values, 0.5), "p75": quantile(values, 0.75), "p90": quantile(values, 0.9), "p95": quantile(values, 0.95),
	}
}

// shipped are the changes of the time range.
func (d *doraTruth) shipped(s *doraService, v doraView) (out []doraChange) {
	for _, c := range d.changes(s) {
		if v.in(c.of.end) {
			out = append(out, c)
		}
	}
	return out
}

// classes are the changes by their lead time.
func (d *doraTruth) classes(v doraView) (rows []map[string]any) {
	for _, k := range []struct {
		name      string
		low, high time.Duration
	}{{"under 1 h", 0, time.Hour}, {"1 h to 1 day", time.Hour, day}, {"1 to 7 days", day, 7 * day}, {"7 to 30 days", 7 * day, 30 * day}, {"30 days and more", 30 * day, math.MaxInt64}} {
		n := 0.
		for _, s := range d.chosen(v) {
			for _, c := range d.shipped(s, v) {
				if c.state == "counted" && c.lead >= k.low.Seconds() && c.lead < k.high.Seconds() {
					n++
				}
			}
		}
		rows = append(rows, map[string]any{"class": k.name, "changes": n})
	}
	return rows
}

// tiers count where lead times come from, and what is not in them.
func (d *doraTruth) tiers(v doraView) map[string]any {
	n := doraNumbers{}
	for _, s := range d.chosen(v) {
		for _, c := range d.shipped(s, v) {
			if c.tier == "C" {
				n["c"]++
			}
			if _, _, believed := c.parts(); !believed && (c.state == "counted" || c.state == "first seen") {
				n["unsplit"]++
			}
			switch {
			case c.state == "first seen":
				n["seen"]++
			case c.tier == "C" && c.state == "no time":
			case c.state == "counted" && c.tier == "A":
				n["a"]++
			case c.state == "counted":
				n["b"]++
			case c.state == "no time":
				n["no_time"]++
			default:
				n[c.state]++
			}
		}
	}
	return n.columns("a", "b", "c", "seen", "baseline", "negative", "older", "repeated", "no_time", "unsplit")
}

// breakdown adds what the lead time of a service is made of, and what waits.
func (d *doraTruth) breakdown(s *doraService, v doraView, add func(query string, s *doraService, row map[string]any)) {
	leads, waits, runs := map[string][]float64{}, map[string][]float64{}, map[string][]float64{}
	for _, c := range d.shipped(s, v) {
		wait, delivery, believed := c.parts()
		if c.tier == "C" {
			leads["C"] = append(leads["C"], delivery)
		}
		tier := ""
		if c.state == "first seen" {
			tier = c.state
			leads[tier] = append(leads[tier], c.age)
		} else if c.state == "counted" {
			tier = c.tier
			leads[tier] = append(leads[tier], c.lead)
		}
		if tier != "" && believed {
			waits[tier], runs[tier] = append(waits[tier], wait), append(runs[tier], delivery)
		}
	}
	for tier, values := range leads {
		row := percentiles(values)
		if tier == "C" { // its time is that of the pipeline, and has a table of its own
			delete(row, "p75")
			add("dash_dora_deliveries", s, row)
			continue
		}
		row["tier"], row["wait_p50"], row["delivery_p50"] = tier, quantile(waits[tier], 0.5), quantile(runs[tier], 0.5)
		add("dash_dora_lead_times", s, row)
	}
	if commits, deployed := d.waiting(s); len(commits) > 0 {
		var ages []float64
		oldest := 0.
		for _, c := range commits {
			age := d.asOf.Sub(c.Committed).Seconds()
			ages, oldest = append(ages, age), max(oldest, age)
		}
		row := percentiles(ages)
		delete(row, "p75")
		delete(row, "p95")
		row["oldest"], row["deployed_at"] = oldest, deployed
		add("dash_dora_undeployed", s, row)
	}
}

// trends adds the buckets of every trend.
func (d *doraTruth) trends(v doraView, b map[string]doraTable) {
	type point struct {
		s    *doraService
		time time.Time
		n    doraNumbers
		// whether a change of the time range has a commit time
		timed bool
	}
	var frequency, leads, failures []point
	for _, s := range d.chosen(v) {
		timed := d.numbers(s, v.from, v.to)["changes"] > 0
		for _, w := range v.windows(d.rules.zone()) {
			n := d.numbers(s, w[0], w[1])
			if n["trend"] = n["lead_p50"]; !timed {
				n["trend"] = n["seen_p50"]
			}
			p := point{s, w[0], n, timed}
			if w[1].After(s.since) {
				frequency = append(frequency, p)
			}
			if n["deployments"] > 0 {
				failures = append(failures, p)
			}
			for _, c := range d.changes(s) {
				if !c.of.end.Before(w[0]) && c.of.end.Before(w[1]) {
					leads = append(leads, p)
					break
				}
			}
		}
	}
	for _, t := range []struct {
		query, value string
		points       []point
	}{
		{"dash_dora_frequency_trend", "per_day", frequency},
		{"dash_dora_lead_trend", "lead_p50", leads},
		{"dash_dora_fail_trend", "fail_ratio", failures},
		{"dash_dora_recovery_trend", "recovery_p50", failures},
		{"dash_dora_rework_trend", "rework_ratio", failures},
	} {
		projects, environments := map[string]map[string]bool{}, map[string]map[string]bool{}
		note := func(of map[string]map[string]bool, name, value string) {
			if of[name] == nil {
				of[name] = map[string]bool{}
			}
			of[name][value] = true
		}
		for _, p := range t.points {
			note(projects, p.s.name, p.s.project)
			note(environments, p.s.project+p.s.name, p.s.environment)
		}
		table := doraTable{key: []string{"time", "service"}}
		for _, p := range t.points {
			label := p.s.name
			if len(projects[p.s.name]) > 1 {
				label += " (" + d.projects[p.s.project] + ")"
			}
			if len(environments[p.s.project+p.s.name]) > 1 {
				label += " to " + p.s.environment
			}
			value := t.value
			if t.query == "dash_dora_lead_trend" {
				if value = "trend"; !p.timed {
					label += ", first seen"
				}
			}
			table.rows = append(table.rows, map[string]any{"time": p.time, "service": label, t.value: p.n[value]})
		}
		b[t.query] = table
	}
}
