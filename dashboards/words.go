package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// Each colour has one meaning, on every dashboard. Of each hue it is the shade that can be read as text in the dark and in the
// light theme.
const (
	good    = "semi-dark-green"
	almost  = "green" // good, and there is a better one
	warn    = "dark-orange"
	bad     = "red"
	unknown = "purple"         // we do not know
	live    = "blue"           // going on, or without judgement
	waiting = "semi-dark-blue" // has not begun
	idle    = "text"           // over without a verdict, or only a number
)

// scale gives colours to values: base below the first step.
func scale(base string, steps ...step) *dashboard.ThresholdsConfigBuilder {
	list := []dashboard.Threshold{{Color: base}}
	for _, s := range steps {
		list = append(list, dashboard.Threshold{Value: &s.from, Color: s.color})
	}
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(list)
}

type step struct {
	from  float64
	color string
}

// plain is the scale of a number that is neither good nor bad.
func plain() *dashboard.ThresholdsConfigBuilder { return scale(live) }

// zeroIsGood is the scale of a number that should be 0.
func zeroIsGood() *dashboard.ThresholdsConfigBuilder { return scale(good, step{1, bad}) }

// ratioScale is the scale of a share that should be 1.
func ratioScale(warnFrom, goodFrom float64) *dashboard.ThresholdsConfigBuilder {
	return scale(bad, step{warnFrom, warn}, step{goodFrom, good})
}

// nullAs shows NULL as what it is. It is never 0 and never 100 %.
func nullAs(text string) dashboard.ValueMapping {
	return dashboard.ValueMapping{SpecialValueMap: &dashboard.SpecialValueMap{
		Type: dashboard.MappingTypeSpecialValue,
		Options: dashboard.DashboardSpecialValueMapOptions{
			Match:  dashboard.SpecialValueMatchNull,
			Result: dashboard.ValueMappingResult{Text: &text, Color: cog.ToPtr(unknown)},
		},
	}}
}

// colored gives colours to texts, and a short form to the long ones.
func colored(colors map[string]string) dashboard.ValueMapping {
	options := map[string]dashboard.ValueMappingResult{}
	for word, color := range colors {
		options[word] = dashboard.ValueMappingResult{Color: &color}
		if text := short(word); text != word {
			options[word] = dashboard.ValueMappingResult{Color: &color, Text: &text}
		}
	}
	return dashboard.ValueMapping{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: options}}
}

// short is how a word is shown.
func short(word string) string {
	if word == "insufficient (n < 10)" {
		return "n < 10"
	}
	return word
}

// statusColors are the colours of run and stage statuses (CodeArts Pipeline API
// Reference 4.2.2) wherever they appear.
var statusColors = map[string]string{
	"COMPLETED": good, "FAILED": bad, "CANCELED": idle, "IGNORED": idle,
	"RUNNING": live, "PAUSED": warn, "SUSPEND": warn, "QUEUED": waiting, "INIT": waiting,
}

// Colours of the other words that queries answer with.
var (
	opColors         = map[string]string{"created": good, "changed": live, "restored": good, "missing": warn, "deleted": bad, "expired": idle}
	historyColors    = map[string]string{"read": good, "in part": warn, "not read": unknown, "no run seen": idle}
	switchColors     = map[string]string{"on": good, "off": warn}
	repositoryColors = map[string]string{"normal": good, "frozen": warn, "closed": idle, "clearing": warn, "deleting": warn, "locked": warn, "no": good, "unknown": unknown}
	coverageColors   = map[string]string{"on": good, "all off": bad, "no gate": bad, "unknown": unknown}
	driftColors      = map[string]string{"weaker": bad, "stronger": good, "differs": live}
	stateColors      = map[string]string{"newly failing": bad, "still failing": bad, "recovered": good, "unknown": unknown}
	levelColors      = map[string]string{"elite": good, "high": almost, "medium": warn, "low": bad, "not recovered": bad, "insufficient (n < 10)": idle, "no level": idle, "no data": unknown}
	tierColors       = map[string]string{"A": good, "A and B": good, "B": almost, "C": idle, "first seen": warn}
	verdictColors    = map[string]string{"good": good, "failed": bad, "pending": live, "not yet": live}
	countedColors    = map[string]string{"counted": good, "deployment": good, "failed attempt": bad, "pending": live, "no attempt": idle, "baseline": idle, "older": idle, "negative": warn, "first seen": live, "repeated": idle, "no time": unknown, "no deployment": warn, "linked": good, "after it": good}
	effectColors     = map[string]string{"weakened": bad, "strengthened": good, "changed": live}
)
