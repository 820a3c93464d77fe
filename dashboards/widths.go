package main

import (
	"strings"
	"unicode"

	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// screen is how many points the panels of a line have on a screen of 1920: Grafana's menu takes 300, its margins 32, and the page's
// scroll bar what is left.
const screen = 1570

// room is how many a panel of that many units has for columns, of the 24 units of a line, which are 8 apart: less its frame and the
// scroll bar of its rows.
func room(width uint32) int { return int(width)*(screen+8)/24 - 8 - 2 - 10 }

// texts are the columns whose texts have any length.
var texts = map[string]bool{
	"beginning": true, "error": true, "evidence": true, "item": true, "items": true, "kinds": true, "limit_text": true, "log_end": true, "message": true, "reason": true,
	"reasons": true, "thresholds": true, "title": true, "value": true,
}

// given are the columns with the names that users give to what a row is about.
var given = map[string]bool{"pipeline": true, "repository": true, "service": true, "stage": true, "step": true}

// unfiltered are the columns of texts without a filter: it stands at the top of the dashboard, or there is nothing to choose.
var unfiltered = map[string]bool{
	"tenant": true, "project": true, "commit_id": true, "deployed_commit": true, "first_bad_commit": true, "prev_commit": true, "fail_interval": true, "rework_interval": true, "attempt_fail_interval": true,
}

// widths are those of the columns whose values do not tell theirs, in points.
var widths = map[string]int{
	"account": 120, "after": 90, "at": instant, "attempt_fail_interval": 84, "author": 92, "baseline_value": 100, "before": 90, "branch": 90, "changed_by": 100,
	"commit_id": 90, "compare": 80, "config": 150, "currency": 80, "deployed_commit": 90, "environment": 119, "evidence": 120,
	"executor": 100, "fail_interval": 84, "field": 110, "first_bad_commit": 90, "first_executor": 100, "item": 180, "items": 180,
	"kind": 120, "log_end": 320, "message": 180, "metric": 170, "newest_seq": 100, "now": 84, "package": 140, "pipeline": 124,
	"poller": 140, "prev_commit": 90, "project": 104, "published_before": instant, "red_since": instant, "region": 100, "repository": 140,
	"rework": 180, "rework_interval": 80, "row_kind": 90, "rule": 130, "rule_version": 90, "run_id": 110, "seq": 100, "service": 120,
	"severity": 80, "since": instant, "stage": 120, "tag": 90, "tenant": 78, "tier": 60, "title": 140, "trigger_type": 100, "value": 100,
	"version": 100, "zone": 100,
}

// Points of Grafana's table: what is beside the text of a cell, and the filter beside a title.
const (
	beside = 15
	funnel = 22
)

// points is the width of a text in Grafana's font, or a little more.
func points(text string) int {
	tenths := 0
	for _, r := range text {
		switch {
		case unicode.IsUpper(r):
			tenths += 98
		case unicode.IsDigit(r):
			tenths += 88
		default:
			tenths += 74
		}
	}
	return tenths / 10
}

// lines is the width of a text in the best two lines.
func lines(text string) int {
	best := points(text)
	for i, r := range text {
		if r == ' ' {
			best = min(best, max(points(text[:i]), points(text[i+1:])))
		}
	}
	return best
}

// width is what the column needs, in points: for its title, and for the longest text that it is known to have.
func (c column) width() int {
	text := points(c.null)
	for word := range c.words {
		text = max(text, points(short(word)))
	}
	title := lines(c.title)
	if c.unit == "" && !unfiltered[c.name] {
		title += funnel
	}
	need := max(title, text) + beside
	known, ok := widths[c.name]
	switch {
	case ok:
		return max(need, known)
	case c.gauge:
		return max(need, 150)
	case strings.HasPrefix(c.unit, "time:"): // a day
		return max(need, 105)
	case c.unit == units.Seconds, c.unit == units.Mebibytes, c.unit == units.BytesIEC:
		return max(need, 94)
	case c.unit != "": // a count of seven digits, a share
		return max(need, 76)
	case c.words != nil:
		return need
	case strings.HasSuffix(c.name, "_at"):
		return max(need, instant)
	default:
		return max(need, 120)
	}
}

// instant is the width of a time with its seconds.
const instant = 162
