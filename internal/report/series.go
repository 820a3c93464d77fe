package report

import (
	"math"
	"slices"
	"time"

	"artery/internal/schema"
)

// curve is one series over the days of a report; a day without a value is NaN.
type curve struct {
	name   string
	unit   unit
	values []float64
}

// days returns the days of the report, the first and the last included.
func (r Report) days() (list []time.Time) {
	for d := r.From; !d.After(r.To); d = schema.StartOfDay(d.AddDate(0, 0, 1), d.Location()) {
		list = append(list, d)
	}
	return list
}

// curves returns the series of a chart, those with the largest sum first where
// a label makes them, else in the order of the block.
func (p Part) curves(days []time.Time) (list []curve) {
	column := func(name string, u unit) int {
		if i := slices.IndexFunc(list, func(c curve) bool { return c.name == name }); i >= 0 {
			return i
		}
		c := curve{name: name, unit: u, values: make([]float64, len(days))}
		for i := range c.values {
			c.values[i] = math.NaN()
		}
		list = append(list, c)
		return len(list) - 1
	}
	for _, row := range p.answer.rows {
		at, _ := p.answer.at(row, "time").(time.Time)
		i, found := slices.BinarySearchFunc(days, schema.StartOfDay(at, days[0].Location()), time.Time.Compare)
		for _, c := range p.columns {
			v, known := p.answer.at(row, c.name).(float64)
			if !found || !known {
				continue
			}
			name := c.Title
			if p.label != "" {
				label, _ := p.answer.at(row, p.label).(string)
				name = Line(label)
			}
			list[column(name, c.unit)].values[i] = v
		}
	}
	if p.holds {
		for _, c := range list {
			for i := 1; i < len(c.values); i++ {
				if math.IsNaN(c.values[i]) {
					c.values[i] = c.values[i-1]
				}
			}
		}
	}
	if p.label != "" {
		slices.SortStableFunc(list, func(a, b curve) int { return compareSums(b.values, a.values) })
	}
	return list
}

func compareSums(a, b []float64) int {
	sum := func(values []float64) (s float64) {
		for _, v := range values {
			if !math.IsNaN(v) {
				s += v
			}
		}
		return s
	}
	switch x, y := sum(a), sum(b); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// last is the latest value of a series, and the bounds of all of them.
func (c curve) last() (last, low, high float64) {
	last, low, high = math.NaN(), math.Inf(1), math.Inf(-1)
	for _, v := range c.values {
		if !math.IsNaN(v) {
			last, low, high = v, min(low, v), max(high, v)
		}
	}
	return last, low, high
}
