package grafanatest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// The judge must find what it is for: each of these panels is right but for one thing.
func TestTheJudgeFindsFaults(t *testing.T) {
	at := func(hours ...int) (times []time.Time) {
		for _, h := range hours {
			times = append(times, time.Unix(int64(h)*3600, 0))
		}
		return times
	}
	const (
		noValue = `"noValue": "No data because nothing was planted"`
		stat    = `{"type": "stat", "options": {"reduceOptions": {"calcs": ["last"]}}, "fieldConfig": {"defaults": {` + noValue
		bars    = `{"type": "bargauge", "options": {"reduceOptions": {"calcs": ["last"], "values": true}}, "fieldConfig": {"defaults": {"min": 0, ` + noValue + `}}}`
		lines   = `{"type": "timeseries", "fieldConfig": {"defaults": {"displayName": "of ${__field.labels.service}", ` + noValue + `}}}`
		table   = `{"type": "table", "fieldConfig": {"defaults": {` + noValue + `}, "overrides": [`
	)
	column := func(name, title, more string) string {
		return `{"matcher": {"id": "byName", "options": "` + name + `"}, "properties": [{"id": "displayName", "value": "` + title + `"}` + more + `]}`
	}
	n := 1.5
	for _, c := range []struct {
		fault, panel string
		fields       []*data.Field
	}{
		{"without rows it says", `{"type": "stat", "options": {"reduceOptions": {"calcs": ["last"]}}, "fieldConfig": {"defaults": {"noValue": "nothing"}}}`, nil},
		{"2 rows, reduced by", stat + `}}}`, []*data.Field{data.NewField("n", nil, []int64{1, 2})}},
		{"and not shown", stat + `}}}`, []*data.Field{data.NewField("n", nil, []string{"1"})}},
		{"a null of field n", stat + `}}}`, []*data.Field{data.NewField("n", nil, []*float64{nil})}},
		{"field n holds 9007199254740994", stat + `}}}`, []*data.Field{data.NewField("n", nil, []uint64{1<<53 + 2})}},
		{"under its least", stat + `, "min": 2}}}`, []*data.Field{data.NewField("n", nil, []*float64{&n})}},
		{"over its most", stat + `, "max": 1}}}`, []*data.Field{data.NewField("n", nil, []*float64{&n})}},
		{"with the unit dateTimeAsIso", stat + `, "unit": "dateTimeAsIso"}}}`, []*data.Field{data.NewField("n", nil, []*float64{&n})}},
		{"its fields are", bars, []*data.Field{data.NewField("name", nil, []string{"a"}), data.NewField("n", nil, []int64{1}), data.NewField("m", nil, []int64{1})}},
		{"26 rows", bars, []*data.Field{data.NewField("name", nil, make([]string, most+1)), data.NewField("n", nil, make([]int64, most+1))}},
		{"has no label service", lines, []*data.Field{data.NewField("time", nil, at(1, 2)), data.NewField("n", data.Labels{"tenant": "acme"}, []int64{1, 2})}},
		{"two fields are shown as", lines, []*data.Field{data.NewField("time", nil, at(1)), data.NewField("n", data.Labels{"service": "a"}, []int64{1}), data.NewField("m", data.Labels{"service": "a"}, []int64{1})}},
		{"follows", lines, []*data.Field{data.NewField("time", nil, at(2, 1)), data.NewField("n", data.Labels{"service": "a"}, []int64{1, 2})}},
		{"its frame is", lines, []*data.Field{data.NewField("n", data.Labels{"service": "a"}, []int64{1, 2})}},
		{"has no title of its own", table + `]}}`, []*data.Field{data.NewField("n", nil, []int64{1})}},
		{"two fields are shown as", table + column("a", "n", "") + "," + column("b", "n", "") + `]}}`, []*data.Field{data.NewField("a", nil, []int64{1}), data.NewField("b", nil, []int64{1})}},
		{"an override names the field gone", table + column("n", "N", "") + "," + column("gone", "Gone", "") + `]}}`, []*data.Field{data.NewField("n", nil, []int64{1})}},
		{"with the unit s", table + column("n", "N", `, {"id": "unit", "value": "s"}`) + `]}}`, []*data.Field{data.NewField("n", nil, []string{"1"})}},
		{"with thresholds", table + column("n", "N", `, {"id": "thresholds", "value": {}}`) + `]}}`, []*data.Field{data.NewField("n", nil, []string{"1"})}},
		{`says "odd"`, table + column("n", "N", `, {"id": "mappings", "value": [{"type": "value", "options": {"even": {}}}]}`) + `]}}`, []*data.Field{data.NewField("n", nil, []string{"even", "odd"})}},
		{"which is no field", table + column("n", "N", `, {"id": "links", "value": [{"url": "${__data.fields.page}"}]}`) + `]}}`, []*data.Field{data.NewField("n", nil, []string{"1"})}},
		{`n 7 leads to ""`, table + column("n", "N", `, {"id": "links", "value": [{"url": "${__data.fields.page}"}]}`) + "," + column("page", "Page", "") + `]}}`,
			[]*data.Field{data.NewField("n", nil, []string{"7"}), data.NewField("page", nil, []string{""})}},
		{"field n is a json.RawMessage", table + column("n", "N", "") + `]}}`, []*data.Field{data.NewField("n", nil, []json.RawMessage{nil})}},
	} {
		var p panel
		if err := json.Unmarshal([]byte(c.panel), &p); err != nil {
			t.Fatalf("%v\n%s", err, c.panel)
		}
		if v := p.judge(data.NewFrame("A", c.fields...)); len(v) != 1 || !strings.Contains(v[0], c.fault) {
			t.Errorf("want the one fault %q, the judge finds %q", c.fault, v)
		}
	}
}

// Two rows of the same time and labels are one point of a series: the engine keeps the last, and a judge of the series alone
// would see nothing wrong.
func TestNumbersOfLostRows(t *testing.T) {
	at := time.Unix(0, 0)
	long := data.NewFrame("A", data.NewField("time", nil, []time.Time{at, at}), data.NewField("service", nil, []string{"shop", "shop"}), data.NewField("n", nil, []int64{1, 2}))
	wide, err := data.LongToWide(long, &data.FillMissing{Mode: data.FillModeNull})
	if err != nil || numbers(long) != 2 || numbers(wide) != 1 {
		t.Errorf("%d numbers became %d, %v", numbers(long), numbers(wide), err)
	}
}
