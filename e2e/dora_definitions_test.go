package e2e

import "math"

// doraLadder are the levels of a metric: what each but the last is limited by, in the words of the board and as numbers.
type doraLadder struct {
	metric string
	keeps  func(value, limit float64) bool
	texts  [3]string
	limits [3]float64
}

var doraLevels = [4]string{"elite", "high", "medium", "low"}

func less(value, limit float64) bool    { return value < limit }
func atMost(value, limit float64) bool  { return value <= limit }
func atLeast(value, limit float64) bool { return value >= limit }

// doraLadders are the levels of the edition, as they are documented.
func doraLadders() []doraLadder {
	const hour, day = 3600, 24 * 3600
	return []doraLadder{
		{"deployment frequency", atLeast, [3]string{"at least 1 a day", "at least 1 in 7 days", "at least 1 in 30 days"}, [3]float64{1, 1. / 7, 1. / 30}},
		{"lead time", less, [3]string{"under 24 h", "under 7 days", "under 30 days"}, [3]float64{day, 7 * day, 30 * day}},
		{"change fail rate", atMost, [3]string{"at most 5 %", "at most 10 %", "at most 20 %"}, [3]float64{0.05, 0.1, 0.2}},
		{"recovery time", less, [3]string{"under 1 h", "under 24 h", "under 7 days"}, [3]float64{hour, day, 7 * day}},
	}
}

// level is the first of the ladder whose limit a value keeps.
func level(metric string, value, n float64) string {
	if math.IsNaN(value) {
		return "no data"
	}
	if n < 10 {
		return "insufficient (n < 10)"
	}
	for _, l := range doraLadders() {
		for i, limit := range l.limits {
			if l.metric == metric && l.keeps(value, limit) {
				return doraLevels[i]
			}
		}
	}
	return doraLevels[3]
}

// bands are the levels as the board explains them.
func bands() (rows []map[string]any) {
	for _, l := range doraLadders() {
		for i, text := range append(l.texts[:], "else") {
			rows = append(rows, map[string]any{"edition": "2024-monotonic", "metric": l.metric, "band": doraLevels[i], "limit_text": text})
		}
	}
	return rows
}

// definitions are the rules as the board shows them.
func (r doraRules) definitions() (rows []map[string]any) {
	for i, x := range r.Rules {
		row := map[string]any{
			"rule_number": float64(i + 1), "rule": x.Name, "service": x.Service, "environment": x.Environment, "project": x.Project, "pipeline": x.Pipeline,
			"stage": x.Stage, "branch": x.Branch, "tag": x.Tag, "effect": "deployment", "version": r.version, "source": r.source,
			"attribution_s": r.Attribution.Seconds(), "rollback_s": r.Rollback.Seconds(), "zone": r.Zone, "activated_at": r.since,
		}
		if x.Ignore {
			row["effect"] = "no deployment"
		}
		rows = append(rows, row)
	}
	return rows
}
