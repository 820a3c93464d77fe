package schema

import (
	"strings"
	"testing"
	"time"
)

// The expansions that Grafana's query API was measured to give.
func TestMacrosExpandAsMeasured(t *testing.T) {
	v := View{
		From: time.Unix(1794714000, 0), To: time.Unix(1795318800, 0), Interval: time.Hour,
		Variables: map[string][]string{"tenant": nil, "project": {"a", "b'c"}},
	}
	for in, want := range map[string]string{
		"$__timeFilter(c)":          "c >= toDateTime(1794714000) AND c <= toDateTime(1795318800)",
		"$__timeInterval(c)":        "toStartOfInterval(toDateTime(c), INTERVAL 3600 second)",
		"$__timeFilter(f(a, (b)))":  "f(a, (b)) >= toDateTime(1794714000) AND f(a, (b)) <= toDateTime(1795318800)",
		"$__interval_s $__fromTime": "3600 toDateTime(1794714000)",
		"$__conditionalAll(p IN (${project:singlequote}), $project) AND x": `p IN ('a','b\'c') AND x`,
		"$__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)":    "1=1",
	} {
		if got, err := v.Expand(in); got != want || err != nil {
			t.Errorf("%s\n got %s (%v)\nwant %s", in, got, err, want)
		}
	}
}

func TestMacrosRefuseWhatNobodyGives(t *testing.T) {
	v := View{Variables: map[string][]string{"tenant": nil}}
	for in, want := range map[string]string{
		"${price:singlequote}":                   "${price:singlequote}",
		"$__conditionalAll(a = 1, $price)":       "no such variable",
		"$__conditionalAll(a = 1)":               "a condition and a variable",
		"$__timeFilter(c":                        "no closing bracket",
		"$__timeGroup":                           "$__timeGroup",
		"SELECT $tenant":                         "$",
		"$__conditionalAll(b = 2, $tenant) $__x": "$__x",
	} {
		if got, err := v.Expand(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v; want an error with %q", in, got, err, want)
		}
	}
}

// A chosen value stays a text, whatever is in it.
func TestChosenValuesAreTexts(t *testing.T) {
	v := View{Variables: map[string][]string{"tenant": {`\' OR 1=1 --`, "$__fromTime"}}}
	got, err := v.Expand("$__conditionalAll(t IN (${tenant:singlequote}), $tenant)")
	if want := `t IN ('\\\' OR 1=1 --','$__fromTime')`; got != want || err != nil {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
}
