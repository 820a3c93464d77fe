package main

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// view is what Grafana puts into a query: the time range, the width of a time
// bucket, and the chosen values of the variables; none chosen is All.
type view struct {
	from, to        time.Time
	interval        time.Duration
	tenant, project []string
	inputs          map[string]string // what was typed in or chosen
}

// expand does what Grafana's front end and the back end of the ClickHouse data
// source (4.14.1) do to a query, for the macros that our queries may use.
func (v view) expand(t testing.TB, sql string) string {
	t.Helper()
	variables := map[string][]string{"tenant": v.tenant, "project": v.project}
	for _, p := range pages() {
		for _, c := range p.choices {
			variables[c.name] = []string{cmp.Or(v.inputs[c.name], c.value)}
		}
		for _, i := range p.inputs {
			variables[i.name] = []string{cmp.Or(v.inputs[i.name], notSet)}
		}
	}
	sql = replaceMacro(t, sql, "$__conditionalAll", func(arg string) string {
		i := strings.LastIndex(arg, ",")
		if i < 0 {
			t.Fatalf("$__conditionalAll(%s) wants a condition and a variable", arg)
		}
		name := strings.TrimPrefix(strings.TrimSpace(arg[i+1:]), "$")
		chosen, ok := variables[name]
		if !ok {
			t.Fatalf("$__conditionalAll(%s): %q is no variable", arg, name)
		}
		if len(chosen) == 0 {
			return "1=1"
		}
		return arg[:i]
	})
	sql = regexp.MustCompile(`\$\{(\w+):singlequote\}`).ReplaceAllStringFunc(sql, func(match string) string {
		var quoted []string
		for _, s := range variables[strings.TrimSuffix(strings.TrimPrefix(match, "${"), ":singlequote}")] {
			quoted = append(quoted, "'"+strings.ReplaceAll(s, "'", `\'`)+"'")
		}
		return strings.Join(quoted, ",")
	})
	from, to := fmt.Sprintf("toDateTime(%d)", v.from.Unix()), fmt.Sprintf("toDateTime(%d)", v.to.Unix())
	seconds := fmt.Sprint(max(1, int(v.interval.Seconds())))
	sql = replaceMacro(t, sql, "$__timeFilter", func(arg string) string { return arg + " >= " + from + " AND " + arg + " <= " + to })
	sql = replaceMacro(t, sql, "$__timeInterval", func(arg string) string {
		return "toStartOfInterval(toDateTime(" + arg + "), INTERVAL " + seconds + " second)"
	})
	sql = strings.NewReplacer("$__fromTime", from, "$__toTime", to, "$__interval_s", seconds).Replace(sql)
	if i := strings.Index(sql, "$"); i >= 0 {
		t.Fatalf("Grafana would not replace %.40q", sql[i:])
	}
	return sql
}

// replaceMacro replaces name(...) with balanced brackets.
func replaceMacro(t testing.TB, sql, name string, with func(arg string) string) string {
	t.Helper()
	for {
		start := strings.Index(sql, name+"(")
		if start < 0 {
			return sql
		}
		open, depth := start+len(name), 0
		for end := open; ; end++ {
			if end == len(sql) {
				t.Fatalf("%s has no closing bracket", sql[start:])
			}
			switch sql[end] {
			case '(':
				depth++
			case ')':
				depth--
			}
			if depth == 0 {
				sql = sql[:start] + with(sql[open+1:end]) + sql[end+1:]
				break
			}
		}
	}
}

// The expansions that Grafana's query API was measured to give.
func TestMacrosExpandAsMeasured(t *testing.T) {
	v := view{from: time.Unix(1794714000, 0), to: time.Unix(1795318800, 0), interval: time.Hour, project: []string{"a", "b'c"}}
	for in, want := range map[string]string{
		"$__timeFilter(c)":          "c >= toDateTime(1794714000) AND c <= toDateTime(1795318800)",
		"$__timeInterval(c)":        "toStartOfInterval(toDateTime(c), INTERVAL 3600 second)",
		"$__interval_s $__fromTime": "3600 toDateTime(1794714000)",
		"$__conditionalAll(p IN (${project:singlequote}), $project) AND x": `p IN ('a','b\'c') AND x`,
		"$__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)":    "1=1",
	} {
		if got := v.expand(t, in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}
