package main

import (
	"slices"

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

// names are those of the columns that are shown.
func (s sheet) names() (all []string) {
	for _, c := range s {
		if !c.hidden {
			all = append(all, c.name)
		}
	}
	return all
}

// ofServices says that each row names a service in an environment.
func (s sheet) ofServices() bool {
	names := s.names()
	return slices.Contains(names, "tenant") && slices.Contains(names, "service") && slices.Contains(names, "environment")
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
	flows, addresses := s.flows(room(width)), map[string]bool{"": true}
	for i, c := range s {
		p := c.properties()
		if unfiltered[c.name] {
			p = append(p, property{Id: "custom.filterable", Value: false})
		}
		switch {
		case c.hidden:
		case flows[i]:
			p = append(p, property{Id: "custom.minWidth", Value: c.width()})
		default:
			p = append(p, property{Id: "custom.width", Value: c.width()})
		}
		b.OverrideByName(c.name, p)
		if !addresses[c.opens] { // Grafana takes the text of a cell for the address, and a word for no value would be one
			addresses[c.opens] = true
			b.OverrideByName(c.opens, append([]property{{Id: "displayName", Value: c.title + ": page in CodeArts"}, noWord}, hidden...))
		}
	}
	return b
}

// flows are the columns that share what the others leave, the same for each: all where there is ample room; else those whose texts
// have any length; without them those with names that users give; and all where there are neither.
func (s sheet) flows(points int) []bool {
	widest, n, among := 0, 0, map[string]bool(nil)
	for _, c := range s {
		switch {
		case c.hidden:
			continue
		case texts[c.name]:
			among = texts
		case given[c.name] && among == nil:
			among = given
		}
		widest, n = max(widest, c.width()), n+1
	}
	all := among == nil || widest*n*5/4 <= points
	flows := make([]bool, len(s))
	for i, c := range s {
		flows[i] = all || among[c.name]
	}
	return flows
}
