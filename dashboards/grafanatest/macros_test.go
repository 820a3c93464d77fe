package grafanatest

import (
	"strings"
	"testing"
	"time"

	"artery/internal/schema"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data/sqlutil"
)

// measured is a time range whose expansions were taken down from a running data source.
var measured = span{from: time.Unix(1794714000, 0), to: time.Unix(1795318800, 0), interval: time.Hour}

// expand is what the data source sends to ClickHouse.
func expand(t *testing.T, sql string, over span) string {
	t.Helper()
	out, err := sqlutil.Interpolate(&sqlutil.Query{RawSQL: sql, Interval: over.interval, TimeRange: backend.TimeRange{From: over.from, To: over.to}}, plugin{}.Macros())
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	return out
}

// The right column was read in the query inspector of a real data source (4.14.1), and in the log of its ClickHouse.
func TestMacrosGiveWhatWasMeasured(t *testing.T) {
	for sql, want := range map[string]string{
		"$__timeFilter(c)":             "c >= toDateTime(1794714000) AND c <= toDateTime(1795318800)",
		"$__fromTime":                  "toDateTime(1794714000)",
		"$__toTime":                    "toDateTime(1795318800)",
		"$__timeInterval(c)":           "toStartOfInterval(toDateTime(c), INTERVAL 3600 second)",
		"$__interval_s":                "3600",
		"$__timeFilter(if(a, b, (c)))": "if(a, b, (c)) >= toDateTime(1794714000) AND if(a, b, (c)) <= toDateTime(1795318800)",
	} {
		if got := expand(t, sql, measured); got != want {
			t.Errorf("%s\ngives %s\nwant  %s", sql, got, want)
		}
	}
}

// What the front end is documented to do: https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/ for
// the formats, and the data source's page for the condition.
func TestFrontEnd(t *testing.T) {
	c := choices{"host": {values: []string{"a", "it's"}}, "none": {values: []string{"x", "y"}, all: true}, "blank": {values: []string{""}}}
	for sql, want := range map[string]string{
		"${host:singlequote}": `'a','it\'s'`,
		"h IN (${host:singlequote}) AND $__conditionalAll(n IN (${none:singlequote}), $none)":              `h IN ('a','it\'s') AND 1=1`,
		"$__conditionalAll(h IN (${host:singlequote}), $host) OR $__conditionalAll(b IN (1, 2), ${blank})": `h IN ('a','it\'s') OR 1=1`,
		"$__conditionalAll(a = 1, b = 2, $host)":                                                           "",
		"$__conditionalAll(a = '$', $host)":                                                                "",
		"$__conditionalAll(a = 1, $nobody)":                                                                "",
		"${nobody:singlequote}":                                                                            "",
		"${host}":                                                                                          "",
		"$host":                                                                                            "",
		"$__timeFilter(t) AND x = '$'":                                                                     "$__timeFilter(t) AND x = '$'",
	} {
		got, err := c.replace(sql)
		if (err != nil) != (want == "") || err == nil && got != want {
			t.Errorf("%s\ngives %s, %v\nwant  %s", sql, got, err, want)
		}
	}
}

// The product expands its queries itself where there is no Grafana (schema.View). Both must send the same SQL.
func TestTheProductExpandsAsGrafanaDoes(t *testing.T) {
	c, variables := choices{}, map[string][]string{}
	for _, b := range boards(t) {
		for _, v := range b.Templating.List {
			switch {
			case v.Type == "datasource":
			case v.IncludeAll && v.Name != "tenant":
				c[v.Name], variables[v.Name] = chosen{values: []string{"left out"}, all: true}, nil
			default:
				c[v.Name], variables[v.Name] = chosen{values: []string{"one", "it's"}}, []string{"one", "it's"}
			}
		}
	}
	view := schema.View{From: measured.from, To: measured.to, Interval: measured.interval, Variables: variables}
	n := 0
	for _, name := range schema.Queries() {
		if !strings.HasPrefix(name, "dash_") {
			continue
		}
		sql, _, err := schema.Statement(name)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := c.replace(sql)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		ours, err := view.Expand(sql)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n++; spaced(expand(t, sent, measured)) != spaced(ours) {
			t.Errorf("%s: Grafana sends\n%s\nthe product\n%s", name, expand(t, sent, measured), ours)
		}
	}
	if n < 50 {
		t.Errorf("%d queries", n)
	}
}

// spaced is SQL with one space between words: the data source trims the arguments of macros.
func spaced(sql string) string { return strings.Join(strings.Fields(sql), " ") }
