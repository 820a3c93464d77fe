package report

import (
	"fmt"
	"html/template"
	"math"
	"time"

	"github.com/go-analyze/charts"
)

// most is how many curves a chart shows; the rest is summed as one.
const most = 8

// palette is the colours of curves that have none of their own, in both
// themes readable. The last is grey: it is that of the rest.
var palette = [most]string{"#3b82f6", "#d97706", "#059669", "#8b5cf6", "#ec4899", "#0d9488", "#6366f1", "#8b8b8b"}

// statusColors are the colours of run statuses, as on the dashboards.
var statusColors = map[string]string{
	"COMPLETED": "#22a06b", "FAILED": "#e5484d", "CANCELED": "#8a929e", "IGNORED": "#7c828c",
	"RUNNING": "#3b82f6", "PAUSED": "#e06c00", "SUSPEND": "#e06c00", "QUEUED": "#4169c8", "INIT": "#4169c8",
}

// charts draws the curves of a part in both themes.
func (r Report) charts(p Part) (svg, error) {
	days := r.days()
	curves := p.curves(days)
	if len(curves) > most {
		curves = append(curves[:most-1], rest(curves[most-1:]))
	}
	labels := make([]string, len(days))
	for i, d := range days {
		labels[i] = d.Format("Jan 2")
	}
	light, err := p.chart(curves, labels, false)
	if err != nil {
		return svg{}, err
	}
	dark, err := p.chart(curves, labels, true)
	return svg{light, dark}, err
}

// svg is a chart in both themes.
type svg struct{ Light, Dark template.HTML }

// chart draws curves. The library writes texts escaped.
func (p Part) chart(curves []curve, labels []string, dark bool) (template.HTML, error) {
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: 1240, Height: 300})
	draw := drawLines
	if p.form == bars {
		draw = drawBars
	}
	if err := draw(painter, curves, labels, theme(curves, dark), p.columns[0].unit.say); err != nil {
		return "", fmt.Errorf("drawing %q: %w", p.Title, err)
	}
	drawn, err := painter.Bytes()
	if err != nil {
		return "", fmt.Errorf("drawing %q: %w", p.Title, err)
	}
	return template.HTML(drawn), nil
}

// rest sums curves, so that the height of a stack stays true.
func rest(curves []curve) curve {
	sum := curve{name: fmt.Sprintf("%d others", len(curves)), values: make([]float64, len(curves[0].values))}
	for i := range sum.values {
		sum.values[i] = math.NaN()
		for _, c := range curves {
			if v := c.values[i]; !math.IsNaN(v) {
				sum.values[i] = v + zeroIfNaN(sum.values[i])
			}
		}
	}
	return sum
}

func zeroIfNaN(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

func theme(curves []curve, dark bool) charts.ColorPalette {
	o := charts.ThemeOption{
		IsDarkMode: dark, AxisStrokeColor: charts.ParseColor("#9aa4b2"), AxisSplitLineColor: charts.ParseColor("#e6e8ec"),
		BackgroundColor: charts.ColorTransparent, TextColor: charts.ParseColor("#4b5563"),
	}
	if dark {
		o.AxisStrokeColor, o.AxisSplitLineColor, o.TextColor = charts.ParseColor("#6b7280"), charts.ParseColor("#2b313b"), charts.ParseColor("#c3cad5")
	}
	for i, c := range curves {
		color, known := statusColors[c.name]
		if !known {
			color = palette[i%len(palette)]
		}
		o.SeriesColors = append(o.SeriesColors, charts.ParseColor(color))
	}
	return charts.MakeTheme(o)
}

func drawLines(p *charts.Painter, curves []curve, labels []string, t charts.ColorPalette, say func(float64) string) error {
	o := charts.NewLineChartOptionWithData(gaps(curves, charts.GetNullValue()))
	o.Theme, o.ValueFormatter, o.LineStrokeWidth = t, say, 2
	o.XAxis.Labels, o.XAxis.LabelCount = labels, labelCount(len(labels))
	o.Legend.SeriesNames = names(curves)
	o.Symbol = charts.Symbol{Shape: charts.SymbolDot, Size: 2}
	axis := charts.YAxisOption{Min: charts.Ptr(0.0)}
	switch curves[0].unit {
	case ratio:
		axis.Max = charts.Ptr(1.0)
	case seconds:
		if top := roundDuration(highest(curves)); top > 0 {
			axis.Max, axis.LabelCount = charts.Ptr(top), durationLabels
		}
	}
	o.YAxis = []charts.YAxisOption{axis}
	return p.LineChart(o)
}

// durationLabels is how many durations stand at an axis, the 0 with them.
const durationLabels = 5

// roundDuration is the least end of an axis, not below the longest of durations, whose parts are round ones: a chart would
// else count in thousands of seconds, which are no hours.
func roundDuration(longest float64) float64 {
	const minute, hour, day = 60, 3600, 86400
	for _, part := range []float64{1, 5, 15, 30, minute, 5 * minute, 15 * minute, 30 * minute, hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day, 30 * day, 90 * day} {
		if end := part * (durationLabels - 1); end >= longest {
			return end
		}
	}
	return 0
}

func highest(curves []curve) float64 {
	top := 0.0
	for _, c := range curves {
		for _, v := range c.values {
			if v > top {
				top = v
			}
		}
	}
	return top
}

func drawBars(p *charts.Painter, curves []curve, labels []string, t charts.ColorPalette, say func(float64) string) error {
	o := charts.NewBarChartOptionWithData(gaps(curves, 0))
	whole := func(v float64) string { // bars count: nothing is half a deployment
		if v != math.Trunc(v) {
			return ""
		}
		return say(v)
	}
	o.Theme, o.ValueFormatter, o.StackSeries = t, whole, charts.Ptr(true)
	o.CategoryAxis.Labels, o.CategoryAxis.LabelCount = labels, labelCount(len(labels))
	o.Legend.SeriesNames = names(curves)
	return p.BarChart(o)
}

// labelCount is how many of n days have a label: as many as stand at equal
// distances from the first to the last, and so far apart that the last one,
// which is moved in from the edge, does not meet the one before.
func labelCount(n int) int {
	for count := 8; count > 2; count-- {
		if (n-1)%(count-1) == 0 {
			return count
		}
	}
	return 2
}

// gaps are the values of curves, with null for a day without one.
func gaps(curves []curve, null float64) (all [][]float64) {
	for _, c := range curves {
		values := make([]float64, len(c.values))
		for i, v := range c.values {
			values[i] = v
			if math.IsNaN(v) {
				values[i] = null
			}
		}
		all = append(all, values)
	}
	return all
}

func names(curves []curve) (list []string) {
	for _, c := range curves {
		list = append(list, c.name)
	}
	return list
}

// span is a range of time as words.
func span(from, to time.Time) string {
	return fmt.Sprintf("%s to %s %s", from.Format("2 January 2006"), to.Format("2 January 2006, 15:04"), clock(to))
}

// clock says whose days and times these are: days are those of the deployment rules, and times in tables are those of UTC.
func clock(t time.Time) string {
	if zone := t.Location().String(); zone != "UTC" {
		return zone + " (days; times in tables are UTC)"
	}
	return "UTC"
}
