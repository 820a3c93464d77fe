package main

import (
	"cmp"
	"testing"
	"time"

	"artery/internal/schema"
)

// view is what a reader of a dashboard has chosen: the time range, the width
// of a time bucket, and the values of the variables; none chosen is All.
type view struct {
	from, to        time.Time
	interval        time.Duration
	tenant, project []string
	inputs          map[string]string // what was typed in or chosen
}

// expand gives the SQL that the engine gets from Grafana.
func (v view) expand(t testing.TB, sql string) string {
	t.Helper()
	variables := map[string][]string{"tenant": v.tenant, "project": v.project, asOf.name: {cmp.Or(v.inputs[asOf.name], schema.NotSet)}}
	for _, p := range pages() {
		for _, f := range p.filters {
			variables[f.name] = nil // All
			if chosen, ok := v.inputs[f.name]; ok {
				variables[f.name] = []string{chosen}
			}
		}
		for _, c := range p.choices {
			variables[c.name] = []string{cmp.Or(v.inputs[c.name], c.value)}
		}
		for _, i := range p.inputs {
			variables[i.name] = []string{cmp.Or(v.inputs[i.name], schema.NotSet)}
		}
	}
	expanded, err := schema.View{From: v.from, To: v.to, Interval: v.interval, Variables: variables}.Expand(sql)
	if err != nil {
		t.Fatalf("Grafana would not replace it: %v", err)
	}
	return expanded
}
