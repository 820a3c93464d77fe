package e2e

import (
	"math"
	"slices"
	"time"
)

// doraNumbers are the numbers of a service and a window, by the names of the columns; NaN is NULL.
type doraNumbers map[string]float64

// numbers are those of the window between two times.
func (d *doraTruth) numbers(s *doraService, from, to time.Time) doraNumbers {
	n := doraNumbers{"oldest_open_s": math.NaN()}
	in := func(at time.Time) bool { return !at.Before(from) && at.Before(to) }
	for _, a := range s.attempts {
		if in(a.end) {
			n["attempts"]++
			if a.failed() {
				n["failed_attempts"]++
			}
		}
	}
	active := map[string]bool{}
	var recovery, incident, first, gaps []float64
	for i, x := range s.done {
		if !in(x.end) {
			continue
		}
		n["deployments"]++
		active[x.end.In(d.rules.zone()).Format(time.DateOnly)] = true
		if i > 0 {
			gaps = append(gaps, x.end.Sub(s.done[i-1].end).Seconds())
		}
		v := d.judge(s, i)
		count := func(is bool, name string) {
			if is {
				n[name]++
			}
		}
		count(v.rework, "rework")
		count(v.mature, "mature")
		count(v.mature && v.failed, "failed")
		count(v.failed, "failures")
		count(v.open, "open_failures")
		if v.failed {
			recovery, first = append(recovery, v.recovery), append(first, v.first)
		}
		if !math.IsNaN(v.incident) {
			incident = append(incident, v.incident)
		}
		if age := d.asOf.Sub(x.end).Seconds(); v.open && !(n["oldest_open_s"] > age) {
			n["oldest_open_s"] = age
		}
	}
	n["active_days"] = float64(len(active))
	n["pending"] = n["deployments"] - n["mature"]
	days := minTime(to, d.asOf).Sub(maxTime(from, s.since)).Hours() / 24
	if n["per_day"] = n["deployments"] / days; days < 0.95 {
		n["per_day"] = math.NaN()
	}
	n["gap_p50"], n["gap_p90"] = quantile(gaps, 0.5), quantile(gaps, 0.9)
	n.percentiles("recovery", recovery)
	n["incident_recovery_p50"], n["first_remedy_p50"] = quantile(incident, 0.5), quantile(first, 0.5)
	for of, share := range map[string][2]string{"fail": {"failed", "mature"}, "rework": {"rework", "deployments"}, "attempt_fail": {"failed_attempts", "attempts"}} {
		n[of+"_ratio"], n[of+"_low"], n[of+"_high"] = wilson(n[share[0]], n[share[1]])
	}
	d.leads(s, in, n)
	return n
}

// leads adds the numbers of lead time.
func (d *doraTruth) leads(s *doraService, in func(time.Time) bool, n doraNumbers) {
	var leads, ages []float64
	for _, c := range d.changes(s) {
		if in(c.of.end) && c.tier == "C" {
			n["changes_c"]++
		}
		switch {
		case !in(c.of.end):
		case c.state == "first seen":
			ages = append(ages, c.age)
		case c.tier == "C" && c.state != "baseline":
		case c.state == "counted":
			leads = append(leads, c.lead)
			n[map[string]string{"A": "changes_a", "B": "changes_b"}[c.tier]]++
		default:
			n[map[string]string{"baseline": "baseline_changes", "negative": "negative_changes", "no time": "no_time_changes", "older": "older_changes"}[c.state]]++
		}
	}
	n["changes"] = float64(len(leads))
	n["changes_seen"] = float64(len(ages))
	n.percentiles("lead", leads)
	n.percentiles("seen", ages)
}

// percentiles adds those of some times.
func (n doraNumbers) percentiles(of string, values []float64) {
	for name, q := range map[string]float64{"_p50": 0.5, "_p75": 0.75, "_p90": 0.9, "_p95": 0.95} {
		n[of+name] = quantile(values, q)
	}
}

// quantile interpolates between the two values around a place; among values that are not known yet it is not either.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	values = slices.Sorted(slices.Values(values))
	place := q * float64(len(values)-1)
	below := int(place)
	v := values[below]
	if rest := place - float64(below); rest > 1e-9 {
		v += rest * (values[below+1] - v)
	}
	if math.IsInf(v, 1) {
		return math.NaN()
	}
	return v
}

// wilson is a share with its interval of 95 %, by the two roots of (p - k/n)² = z² p (1 - p) / n.
func wilson(k, n float64) (share, low, high float64) {
	if n == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	const z2 = 1.959964 * 1.959964
	share = k / n
	a, b, c := 1+z2/n, 2*share+z2/n, share*share
	root := math.Sqrt(max(b*b-4*a*c, 0))
	return share, (b - root) / 2 / a, (b + root) / 2 / a
}
