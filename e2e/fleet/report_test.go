package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is the table of several simulations, a column for each.
func report(all []*verdict) string {
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	row := func(name string, cell func(v *verdict) any) {
		fmt.Fprint(table, name)
		for _, v := range all {
			value := cell(v)
			if n, ok := value.(float64); ok {
				value = fmt.Sprintf("%.1f", n)
			}
			fmt.Fprint(table, "\t", value)
		}
		fmt.Fprintln(table)
	}
	row("pipelines", func(v *verdict) any { return v.pipelines })
	row("days", func(v *verdict) any { return v.days })
	row("troubles of the server", func(v *verdict) any { return v.troubles })
	row("rows that went while their list was walked", func(v *verdict) any { return v.shifts })
	row("restarts of the collector", func(v *verdict) any { return v.restarts })
	row("runs that existed inside retention", func(v *verdict) any { return v.runs })
	row("  found in their final state", func(v *verdict) any { return v.final })
	row("  not over, or retried just now", func(v *verdict) any { return v.open })
	row("  lost", func(v *verdict) any { return len(v.lost) })
	row("  doubled", func(v *verdict) any { return len(v.doubled) })
	row("  in a wrong state", func(v *verdict) any { return len(v.wrong) })
	row("false deletions and inventions", func(v *verdict) any { return len(v.falsely) })
	row("called missing, for a time", func(v *verdict) any { return v.missing })
	row("pipelines deleted, found", func(v *verdict) any { return fmt.Sprintf("%d, %d", v.deletions, v.found) })
	row("calls per minute: list", func(v *verdict) any { return v.list })
	row("  active", func(v *verdict) any { return v.active })
	row("    of it lists by status", func(v *verdict) any { return v.looks[statusLists] })
	row("    questions for latest runs", func(v *verdict) any { return v.looks[questions] })
	row("    for runs that are not the latest", func(v *verdict) any { return v.looks[olderRuns] })
	row("  gaps", func(v *verdict) any { return v.gaps })
	row("  of one call per pipeline every 15 s", func(v *verdict) any { return fmt.Sprintf("1/%.0f", v.ratio()) })
	others := map[string]bool{}
	for _, v := range all {
		for class := range v.others {
			others[class] = true
		}
	}
	for _, class := range slices.Sorted(maps.Keys(others)) {
		row("  apart: "+class, func(v *verdict) any { return v.others[class] })
	}
	fmt.Fprintln(table, "late outside of troubles, p50 / p99 / max")
	row("  new runs", func(v *verdict) any { return v.news })
	row("  ends of open runs", func(v *verdict) any { return v.ends })
	row("  ends of runs that waited for somebody", func(v *verdict) any { return v.waits })
	row("  ends of retries", func(v *verdict) any { return v.retries })
	row("  deletions", func(v *verdict) any { return v.gone })
	row("calls above the limit of the server", func(v *verdict) any { return v.refused })
	row("  after it was learned, to try whether it still holds", func(v *verdict) any { return v.adapted })
	row("  while nothing was throttled", func(v *verdict) any { return v.unprovoked })
	row("real time", func(v *verdict) any { return v.took.Round(time.Second) })
	_ = table.Flush() // into memory
	return out.String()
}

// ratio is how many times more calls one per pipeline every 15 seconds would be.
func (v *verdict) ratio() float64 { return 4 * float64(v.pipelines) / (v.list + v.active + v.gaps) }

// line is a verdict on the way to a whole one. What is not seen yet may be so because of a trouble that lasts.
func (v *verdict) line(span time.Duration) string {
	return fmt.Sprintf("watched %.0f days of %.1f: %d runs, %d not seen yet, %d doubled, %d wrong, %d falsely; deleted %d, found %d; 1/%.0f; new runs %s, ends %s",
		v.days, span.Hours()/24, v.runs, len(v.lost), len(v.doubled), len(v.wrong), len(v.falsely), v.deletions, v.found, v.ratio(), v.news, v.ends)
}
