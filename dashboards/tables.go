package main

import (
	"slices"
	"strings"
	"unicode"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// sheet is a table that shows rows in the order of the query. Its columns get their widths when that of its panel is known.
type sheet []column

func tableView(columns ...column) sheet { return columns }

// without is the table with these columns hidden.
func (s sheet) without(hide ...string) sheet {
	s = slices.Clone(s)
	for i := range s {
		s[i].hidden = s[i].hidden || slices.Contains(hide, s[i].name)
	}
	return s
}

// names are those of the columns.
func (s sheet) names() (all []string) {
	for _, c := range s {
		all = append(all, c.name)
	}
	return all
}

// wrappedTitle gives a long title two lines, where Grafana can (12.1).
var wrappedTitle = property{Id: "custom.wrapHeaderText", Value: true}

// Build returns the table as wide as the dashboard.
func (s sheet) Build() (dashboard.Panel, error) { return s.within(24).Build() }

// within is the table in a panel of that many units. Empty cells say so in a word: the panel's own text for no data is for a
// panel without rows.
func (s sheet) within(width uint32) cog.Builder[dashboard.Panel] {
	b := table.NewPanelBuilder().Unit(units.NoUnit).Thresholds(scale(idle)).Filterable(true).CellHeight(common.TableCellHeightSm).
		Footer(common.NewTableFooterOptionsBuilder().Show(false).Reducer([]string{})).
		OverrideByFieldType("string", []property{{Id: "noValue", Value: "–"}, wrappedTitle}).
		OverrideByFieldType("number", []property{{Id: "noValue", Value: "unknown"}, wrappedTitle, {Id: "custom.filterable", Value: false}}).
		OverrideByFieldType("time", []property{{Id: "noValue", Value: "unknown"}, wrappedTitle, {Id: "unit", Value: units.DatetimeISO}})
	fixed := s.fixed(room(width))
	for i, c := range s {
		p := c.properties()
		if unfiltered[c.name] {
			p = append(p, property{Id: "custom.filterable", Value: false})
		}
		switch {
		case c.hidden:
		case fixed[i]:
			p = append(p, property{Id: "custom.width", Value: c.width()})
		default:
			p = append(p, property{Id: "custom.minWidth", Value: c.width()})
		}
		b.OverrideByName(c.name, p)
	}
	return b
}

// room is how many points a panel of that many units has inside, on a screen of 1920 beside Grafana's menu: 1600 in 24 units, which
// are 8 apart, less the frame.
func room(width uint32) int { return int(width)*(1600+8)/24 - 8 - 2 }

// fixed are the columns that get the width they need; the others share what is left, the same for each. A table shares it among
// the columns whose texts have any length; one without them among all, if that is enough for the widest, else among the names.
func (s sheet) fixed(points int) []bool {
	widest, n, long, named := 0, 0, false, false
	for _, c := range s {
		if !c.hidden {
			widest, n = max(widest, c.width()), n+1
			long, named = long || texts[c.name], named || given[c.name]
		}
	}
	flows, spread := given, widest*n <= points || !named
	if long {
		flows, spread = texts, false
	}
	fixed := make([]bool, len(s))
	for i, c := range s {
		fixed[i] = !spread && !flows[c.name]
	}
	return fixed
}

// texts are the columns whose texts have any length.
var texts = map[string]bool{
	"beginning": true, "error": true, "evidence": true, "item": true, "items": true, "kinds": true, "limit_text": true, "log_end": true, "message": true, "reason": true,
	"reasons": true, "thresholds": true, "title": true, "value": true,
}

// given are the columns with the names that users give to what a row is about.
var given = map[string]bool{"pipeline": true, "repository": true, "service": true, "stage": true, "step": true}

// unfiltered are the columns of texts without a filter: it stands at the top of the dashboard, or there is nothing to choose.
var unfiltered = map[string]bool{"tenant": true, "project": true, "service": true, "environment": true, "fail_interval": true, "rework_interval": true}

// widths are those of the columns whose values do not tell theirs, in points.
var widths = map[string]int{
	"account": 120, "after": 90, "author": 100, "baseline_value": 100, "before": 90, "branch": 90, "changed_by": 100, "commit_id": 100, "compare": 80, "config": 150,
	"currency": 80, "deployed_commit": 100, "environment": 98, "evidence": 120, "executor": 100, "fail_interval": 84, "field": 110, "first_bad_commit": 100,
	"first_executor": 100, "item": 180, "items": 180, "kind": 120, "log_end": 320, "match": 100, "metric": 190, "package": 140, "message": 180, "now": 90, "pipeline": 130, "poller": 140, "prev_commit": 100,
	"project": 104, "published_before": instant, "red_since": instant, "region": 100, "repository": 140, "rework_interval": 80, "row_kind": 90, "rule": 130, "rule_version": 100, "run_id": 110,
	"service": 120, "severity": 80, "since": instant, "at": instant, "stage": 120, "tag": 90, "tenant": 78, "tier": 60, "title": 160, "trigger_type": 100, "value": 100, "version": 100, "zone": 100,
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
	need := max(lines(c.title), text) + beside
	switch {
	case c.gauge:
		return max(need, 150)
	case strings.HasPrefix(c.unit, "time:"):
		return max(need, 105)
	case c.unit == units.Seconds:
		return max(need, 94)
	case c.unit != "":
		return max(need, 66)
	}
	if !unfiltered[c.name] {
		need = max(need, lines(c.title)+beside+funnel)
	}
	known, ok := widths[c.name]
	switch {
	case c.words != nil:
		return need
	case ok:
		return max(need, known)
	case strings.HasSuffix(c.name, "_at"):
		return max(need, instant)
	default:
		return max(need, 120)
	}
}

// instant is the width of a time with its seconds.
const instant = 162
