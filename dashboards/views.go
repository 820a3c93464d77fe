package main

import (
	"maps"
	"slices"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statushistory"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// This file is the vocabulary of panels: every panel is one of these six, and
// looks like its kind.

// property is one setting of an override.
type property = dashboard.DynamicConfigValue

// statView shows the fields of one row as numbers. Of several the names are of a
// size that can be read: Grafana makes them smaller the more there are.
func statView(unit string, color *dashboard.ThresholdsConfigBuilder, more ...column) *stat.PanelBuilder {
	b := stat.NewPanelBuilder().Unit(unit).Thresholds(color).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds)).
		ColorMode(common.BigValueColorModeValue).GraphMode(common.BigValueGraphModeNone).
		TextMode(common.BigValueTextModeAuto).Orientation(common.VizOrientationAuto).WideLayout(false).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"last"}).Values(false))
	if len(more) > 1 {
		b.Text(common.NewVizTextDisplayOptionsBuilder().TitleSize(12))
	}
	for _, c := range more {
		b.OverrideByName(c.name, c.properties())
	}
	return b
}

// column is how one field is shown.
type column struct {
	name, title string
	unit        string
	null        string // text of NULL, where it means something of its own
	colors      *dashboard.ThresholdsConfigBuilder
	words       map[string]string // colours of texts
	gauge       bool              // a bar in the cell, from 0 to 1
	long        bool              // a text of several lines: a click shows all of it
	opens       string            // the column that holds the address behind the value: it is hidden, and empty where there is no page
	hidden      bool              // only other columns need it
	whole       bool              // a count, beside numbers with decimals
	shows       uint32            // the panel of DORA explained with the rows behind the value
}

func (c column) properties() []property {
	p := []property{{Id: "displayName", Value: c.title}}
	if c.unit != "" {
		p = append(p, property{Id: "unit", Value: c.unit})
	}
	if c.whole {
		p = append(p, property{Id: "decimals", Value: 0})
	}
	var mappings []dashboard.ValueMapping
	if c.null != "" {
		mappings = append(mappings, nullAs(c.null))
	}
	if c.words != nil {
		mappings = append(mappings, colored(c.words))
	}
	if mappings != nil {
		p = append(p, property{Id: "mappings", Value: mappings})
	}
	if c.colors != nil {
		steps, err := c.colors.Build()
		if err != nil {
			panic(err) // the steps are literals of this package
		}
		p = append(p, property{Id: "thresholds", Value: steps},
			property{Id: "color", Value: dashboard.FieldColor{Mode: dashboard.FieldColorModeIdThresholds}})
	}
	if c.opens != "" {
		p = append(p, property{Id: "links", Value: []map[string]any{{"title": "Open in CodeArts", "url": "${__data.fields." + c.opens + "}", "targetBlank": true}}})
	}
	if c.shows != 0 {
		p = append(p, property{Id: "links", Value: []map[string]any{{"title": "Rows behind it", "url": ofService(doraExplainedUID, c.shows)}}})
	}
	if c.hidden {
		p = append(p, hidden...)
	}
	switch {
	case c.long:
		p = append(p, property{Id: "custom.inspect", Value: true})
	case c.gauge:
		p = append(p, property{Id: "custom.cellOptions", Value: map[string]any{"type": "gauge", "mode": "basic"}},
			property{Id: "min", Value: 0}, property{Id: "max", Value: 1})
	case c.colors != nil, c.words != nil: // a colour of the text takes that of links
		p = append(p, property{Id: "custom.cellOptions", Value: map[string]any{"type": "color-text"}})
	}
	return p
}

// hidden takes a column out of a table; later versions of Grafana have renamed the first to the second, and read either.
var hidden = []property{{Id: "custom.hidden", Value: true}, {Id: "custom.hideFrom.viz", Value: true}}

// What has a page of its own in CodeArts leads there.
var (
	pipelineColumn   = column{name: "pipeline", title: "Pipeline", opens: "pipeline_url"}
	repositoryColumn = column{name: "repository", title: "Repository", opens: "repository_url"}
	configColumn     = column{name: "config", title: "Configuration", opens: "gate_url"}
)

// noWord takes the panel's own text for no data from the numbers of a chart: it is for a chart without any, and a tooltip would show
// it for each series that has none at that time.
var noWord = property{Id: "noValue"}

// curve is one series of a chart. The count behind a ratio or a percentile is
// drawn as pale bars on an axis of its own, and what holds for few is dashed.
type curve struct {
	name, title, color string
	count, few         bool
}

// linesView shows series over time. With a label, each of its values is a
// series; without one, each field.
func linesView(unit, label string, curves ...curve) *timeseries.PanelBuilder {
	b := timeseries.NewPanelBuilder().Unit(unit).Min(0).Thresholds(plain()).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdPaletteClassic)).
		DrawStyle(common.GraphDrawStyleLine).LineWidth(2).FillOpacity(8).ShowPoints(common.VisibilityModeAuto).
		Legend(legend(common.LegendPlacementBottom)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending)).
		OverrideByFieldType("number", []property{noWord})
	if label != "" { // there may be many: without areas, and their names beside the chart
		b.DisplayName("${__field.labels." + label + "}").FillOpacity(0).
			Legend(legend(common.LegendPlacementRight))
	}
	for _, c := range curves {
		p := []property{{Id: "displayName", Value: c.title}, fixed(c.color)}
		if c.count {
			p = append(p, property{Id: "unit", Value: units.Short}, property{Id: "custom.axisPlacement", Value: common.AxisPlacementRight},
				property{Id: "custom.drawStyle", Value: common.GraphDrawStyleBars}, property{Id: "custom.fillOpacity", Value: 15},
				property{Id: "custom.lineWidth", Value: 0})
		}
		if c.few {
			p = append(p, property{Id: "custom.lineStyle", Value: map[string]any{"fill": "dash", "dash": []int{8, 6}}}, property{Id: "custom.fillOpacity", Value: 0})
		}
		b.OverrideByName(c.name, p)
	}
	return b
}

// legend names the series of a chart.
func legend(at common.LegendPlacement) *common.VizLegendOptionsBuilder {
	return common.NewVizLegendOptionsBuilder().DisplayMode(common.LegendDisplayModeList).Placement(at).ShowLegend(true)
}

// barsView shows counts over time, stacked, one series per value of a label.
// Values without a colour take one from Grafana's palette.
func barsView(label string, colors map[string]string) *timeseries.PanelBuilder {
	b := linesView(units.Short, label).DrawStyle(common.GraphDrawStyleBars).LineWidth(0).FillOpacity(80).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A"))
	for _, value := range slices.Sorted(maps.Keys(colors)) {
		b.OverrideByRegexp(`/\b`+value+`\b/`, []property{fixed(colors[value])})
	}
	return b
}

func fixed(color string) property {
	return property{Id: "color", Value: dashboard.FieldColor{Mode: dashboard.FieldColorModeIdFixed, FixedColor: &color}}
}

// barGaugeView shows one bar per row, from zero.
func barGaugeView(unit string, color *dashboard.ThresholdsConfigBuilder) *bargauge.PanelBuilder {
	return bargauge.NewPanelBuilder().Unit(unit).Min(0).Thresholds(color).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds)).
		DisplayMode(common.BarGaugeDisplayModeBasic).Orientation(common.VizOrientationHorizontal).ValueMode(common.BarGaugeValueModeText).
		MaxVizHeight(40).Text(common.NewVizTextDisplayOptionsBuilder().TitleSize(13).ValueSize(14)).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"last"}).Values(true))
}

// mapView shows a number per day and value of a label as a coloured field;
// a day without a number is left empty.
func mapView(label string, color *dashboard.ThresholdsConfigBuilder) *statushistory.PanelBuilder {
	return statushistory.NewPanelBuilder().Unit(units.NoUnit).Thresholds(color).DisplayName("${__field.labels."+label+"}").
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds)).
		ShowValue(common.VisibilityModeAuto).RowHeight(0.9).ColWidth(0.9).FillOpacity(70).LineWidth(0).
		Legend(legend(common.LegendPlacementBottom)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeSingle).Sort(common.SortOrderNone)).
		OverrideByFieldType("number", []property{noWord})
}
