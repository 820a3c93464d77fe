package grafanatest

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// safe is the largest whole number that a browser keeps exactly.
const safe = 1 << 53

// most is how many bars a panel of bars draws; it drops the others without a word.
const most = 25

// verdict is what is wrong with the answer to a panel.
type verdict []string

func (v *verdict) fault(format string, args ...any) { *v = append(*v, fmt.Sprintf(format, args...)) }

// judge holds a frame against what the panel needs to draw it, and against what the panel says about its fields.
func (p panel) judge(f *data.Frame) verdict {
	var v verdict
	rows, err := f.RowLen()
	if err != nil {
		v.fault("%v", err)
		return v
	}
	if rows == 0 && !strings.HasPrefix(text(p.FieldConfig.Defaults["noValue"]), "No data because ") {
		v.fault("without rows it says %q", p.FieldConfig.Defaults["noValue"])
	}
	if len(f.Fields) == 0 { // a time series without a row has no fields either
		return v
	}
	fields := p.show(f)
	v.names(p, fields)
	for _, s := range fields {
		v.values(s)
		v.settings(s, fields)
	}
	switch p.Type {
	case "timeseries", "status-history":
		v.series(f, fields)
	case "stat":
		v.reduced(p, fields, rows)
	case "bargauge":
		v.bars(p, fields, rows)
	case "table":
		v.columns(fields)
	default:
		v.fault("nobody has said what a %s needs", p.Type)
	}
	if len(p.Transformations) > 0 {
		v.fault("nobody has said what its transformations make of the frame")
	}
	return v
}

// names: no two fields look the same, and what is said of a field is said of one that is there.
func (v *verdict) names(p panel, fields []shown) {
	names, titles := map[string]bool{}, map[string]bool{} // a table of Grafana 12 keeps its rows by title, those of hidden columns too
	for _, s := range fields {
		if len(s.Labels) == 0 && names[s.Name] {
			v.fault("two fields are called %s", s.Name)
		}
		names[s.Name] = true
		if titles[s.title] {
			v.fault("two fields are shown as %q", s.title)
		}
		titles[s.title] = true
	}
	for _, o := range p.FieldConfig.Overrides {
		if o.Matcher.ID == "byName" && !names[o.Matcher.Options] {
			v.fault("an override names the field %s", o.Matcher.Options)
		}
		if !slices.Contains([]string{"byName", "byType", "byRegexp"}, o.Matcher.ID) {
			v.fault("nobody has said what the matcher %s matches", o.Matcher.ID)
		}
	}
}

// values: a browser can hold them, and each null is a word or a gap.
func (v *verdict) values(s shown) {
	if !slices.Contains([]string{"number", "string", "time", "boolean"}, s.kind) {
		v.fault("field %s is a %s", s.Name, s.kind)
		return
	}
	nulls := false
	for i := range s.Len() {
		value, ok := s.ConcreteAt(i)
		if !ok {
			nulls = true
			continue
		}
		if s.kind != "number" {
			if word, isText := value.(string); isText && s.words() && word != "" && !s.mapped(word) {
				v.fault("field %s says %q, which has no colour among its words", s.Name, word)
			}
			continue
		}
		n, err := s.FloatAt(i)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || math.Abs(n) > safe {
			v.fault("field %s holds %v, %v", s.Name, value, err)
		}
		if lowest, ok := s.config["min"].(float64); ok && n < lowest {
			v.fault("field %s holds %v, under its least of %v", s.Name, value, lowest)
		}
		if highest, ok := s.config["max"].(float64); ok && n > highest {
			v.fault("field %s holds %v, over its most of %v", s.Name, value, highest)
		}
	}
	if nulls && len(s.Labels) == 0 && !s.mapped(nil) && !s.special["noValue"] && s.kind != "time" {
		v.fault("a null of field %s is shown as %q", s.Name, s.config["noValue"])
	}
}

var (
	rowField = regexp.MustCompile(`\$\{__data\.fields(?:\.(\w+)|\["?([^"\]]+)"?\])`)
	ofTime   = regexp.MustCompile(`^(dateTime|time:)`)
)

// settings: a unit, thresholds and colours suit the values, and a link has what it is made of.
func (v *verdict) settings(s shown, fields []shown) {
	switch unit := s.unit(); {
	case unit == "" || unit == "none":
	case s.kind == "time" && !s.special["unit"]: // Grafana has a unit of its own for times
	case s.kind == "time" && !ofTime.MatchString(unit), s.kind == "number" && ofTime.MatchString(unit), s.kind != "time" && s.kind != "number" && s.special["unit"]:
		v.fault("field %s is a %s with the unit %s", s.Name, s.kind, unit)
	}
	if s.special["thresholds"] && s.kind != "number" {
		v.fault("field %s is a %s with thresholds", s.Name, s.kind)
	}
	if s.words() && s.kind != "string" {
		v.fault("field %s is a %s with colours for words", s.Name, s.kind)
	}
	links, _ := s.config["links"].([]any)
	for _, l := range links {
		link, _ := l.(map[string]any)
		for _, m := range rowField.FindAllStringSubmatch(text(link["url"]), -1) {
			i := slices.IndexFunc(fields, func(other shown) bool { return other.Name == m[1]+m[2] })
			if i < 0 {
				v.fault("the link of %s is made of %s, which is no field", s.Name, m[0])
				continue
			}
			if m[0]+"}" == text(link["url"]) {
				v.address(s, fields[i])
			}
		}
	}
}

// address: where there is something to click on there is somewhere to go.
func (v *verdict) address(s, address shown) {
	for i := range s.Len() {
		value, ok := s.ConcreteAt(i)
		to, _ := address.ConcreteAt(i)
		none := to == "" && address.special["noValue"] && address.config["noValue"] == nil // without a word for no value there is no link
		if ok && value != "" && !none && !strings.HasPrefix(text(to), "https://") {
			v.fault("%s %v leads to %q", s.Name, value, to)
		}
	}
}

// series: the engine has made a wide series of the rows, with ascending times and a number for each line.
func (v *verdict) series(f *data.Frame, fields []shown) {
	if schema := f.TimeSeriesSchema(); schema.Type != data.TimeSeriesTypeWide || schema.TimeIndex != 0 || schema.TimeIsNullable {
		v.fault("its frame is %v", schema)
		return
	}
	for _, s := range fields[1:] {
		if s.kind != "number" {
			v.fault("line %s is a %s", s.title, s.kind)
		}
		if strings.TrimSpace(s.title) == "" {
			v.fault("the line with the labels %s has no name", s.Labels)
		}
		for _, m := range fieldLabel.FindAllStringSubmatch(text(s.config["displayName"]), -1) {
			if _, ok := s.Labels[m[1]]; !ok {
				v.fault("line %s has no label %s", s.Name, m[1])
			}
		}
		if len(s.Labels) > 0 && !fieldLabel.MatchString(text(s.config["displayName"])) {
			v.fault("line %s %s is not named by its labels", s.Name, s.Labels)
		}
	}
	for i := 1; i < f.Rows(); i++ {
		before, _ := f.ConcreteAt(0, i-1)
		now, _ := f.ConcreteAt(0, i)
		if fmt.Sprint(before) >= fmt.Sprint(now) {
			v.fault("%v follows %v", now, before)
		}
	}
}

// reduced: each number of the one row is a number of the panel; anything else would be dropped.
func (v *verdict) reduced(p panel, fields []shown, rows int) {
	reduce := p.Options.ReduceOptions
	if rows > 1 || reduce.Values || reduce.Fields != "" || !slices.Equal(reduce.Calcs, []string{"last"}) {
		v.fault("%d rows, reduced by %+v", rows, reduce)
	}
	for _, s := range fields {
		if s.kind != "number" {
			v.fault("%s is a %s, and not shown", s.Name, s.kind)
		}
	}
}

// bars: one number for each row, and one text that names it.
func (v *verdict) bars(p panel, fields []shown, rows int) {
	if !p.Options.ReduceOptions.Values || rows > most {
		v.fault("%d rows, reduced by %+v", rows, p.Options.ReduceOptions)
	}
	count := map[string]int{}
	for _, s := range fields {
		count[s.kind]++
	}
	if len(fields) != 2 || count["number"] != 1 || count["string"] != 1 {
		v.fault("its fields are %v", count)
	}
	if lowest, ok := p.FieldConfig.Defaults["min"].(float64); !ok || lowest != 0 {
		v.fault("its bars begin at %v", p.FieldConfig.Defaults["min"])
	}
}

// columns: each has a title, or is there for others only.
func (v *verdict) columns(fields []shown) {
	for _, s := range fields {
		if !s.special["displayName"] {
			v.fault("column %s has no title of its own", s.Name)
		}
	}
}
