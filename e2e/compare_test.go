package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"artery/internal/codearts/codeartstest"
)

// view is what the tables are compared with: what is true now, and what was true at earlier times at which everything had
// been polled. States between those times may have been seen or not.
type view struct {
	tenant string
	now    codeartstest.Truth
	seen   []codeartstest.Truth // now included
	// since, if set, is an earlier truth: CodeArts has lived on since then, and what is not the same in both may be stored
	// as it was at any time between.
	since *codeartstest.Truth
}

// compare waits until every table equals the truth: counts and values, nothing missing, no extra row under FINAL but those
// of attempts that have been superseded. It is the judgement of every test here.
func compare(t *testing.T, conn driver.Conn, deadline time.Duration, seen ...codeartstest.Truth) {
	t.Helper()
	v := view{tenant: tenantName, now: seen[len(seen)-1], seen: seen}
	compareView(t, conn, deadline, func() view { return v })
}

func compareView(t *testing.T, conn driver.Conn, deadline time.Duration, look func() view) {
	t.Helper()
	eventually(t, "the tables differ from the truth", deadline, func() []string { return differences(t, conn, look()) })
}

// differences looks at all tables once.
func differences(t *testing.T, conn driver.Conn, v view) []string {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := comparison{ctx: ctx, conn: conn, view: v}
	c.all()
	return c.faults
}

// comparison is one look at all tables.
type comparison struct {
	ctx  context.Context
	conn driver.Conn
	view
	terminal map[string]bool // run -> over now; known runs only
	faults   []string
}

// at makes a truth the present one.
func (c *comparison) at(truth codeartstest.Truth) {
	c.now, c.terminal = truth, map[string]bool{}
	for _, r := range truth.Runs {
		c.terminal[r.ID] = over(r.Status) && !r.Expired
	}
}

func (c *comparison) all() {
	c.at(c.now)
	for _, part := range []func(){
		c.runs, c.attempts, c.runDetails, c.stages, c.jobs, c.steps, c.stepLogs, c.triggers, c.pipelines, c.coverage,
		c.repositories, c.repositorySizes, c.gates, c.gateHistory, c.buildTenants, c.projects, c.projectNames, c.iamProjects, c.pipelineGroups, c.buildGroups, c.groupMoves,
		c.rules, c.ruleSets, c.openSource, c.templates,
		c.publishers, c.plugins, c.pluginVersions, c.pluginParts, c.basicPlugins, c.stagePlugins, c.whole,
	} {
		part()
		if len(c.faults) > 1000 || c.ctx.Err() != nil {
			return
		}
	}
}

// over are the statuses of CodeArts Pipeline API 4.2.7 after which only a retry changes a run.
func over(status string) bool {
	return status == "COMPLETED" || status == "FAILED" || status == "CANCELED" || status == "IGNORED"
}

func (c *comparison) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// table compares the rows of a query with those that must be there, by key. want reads them from c.now. Rows beyond them
// are faults unless extra takes them.
func table[R comparable](c *comparison, name, query string, key func(R) string, want func() []R, extra func(R) bool) {
	var rows []R
	if err := c.conn.Select(c.ctx, &rows, query); err != nil {
		c.fault("%s: %v", name, err)
		return
	}
	left := map[string]R{}
	for _, w := range want() {
		if _, twice := left[key(w)]; twice {
			c.fault("%s: the truth has %s twice", name, key(w))
		}
		left[key(w)] = w
	}
	inFlux := map[string]bool{}
	if c.since != nil {
		inFlux = changed(c, key, left, want)
	}
	seen := make(map[string]bool, len(rows))
	for _, row := range rows {
		k := key(row)
		if seen[k] {
			c.fault("%s: %s is there twice under FINAL", name, k)
		}
		seen[k] = true
		w, wanted := left[k]
		delete(left, k)
		switch {
		case inFlux[k]:
		case wanted && w != row:
			c.fault("%s: %s is\n  %+v, the truth is\n  %+v", name, k, row, w)
		case !wanted && (extra == nil || !extra(row)):
			c.fault("%s: an extra row %+v", name, row)
		}
	}
	for k, w := range left {
		if !inFlux[k] {
			c.fault("%s: %s is missing: %+v", name, k, w)
		}
	}
}

// changed are the keys of rows that are not the same at c.since and now.
func changed[R comparable](c *comparison, key func(R) string, now map[string]R, want func() []R) map[string]bool {
	present := c.now
	c.at(*c.since)
	defer c.at(present)
	keys, before := map[string]bool{}, map[string]R{}
	for _, w := range want() {
		before[key(w)] = w
		if then, ok := now[key(w)]; !ok || then != w {
			keys[key(w)] = true
		}
	}
	for k := range now {
		if _, ok := before[k]; !ok {
			keys[k] = true
		}
	}
	return keys
}

// number asks for one number.
func (c *comparison) number(query string) uint64 {
	var n uint64
	if err := c.conn.QueryRow(c.ctx, query).Scan(&n); err != nil {
		c.fault("%s: %v", query, err)
	}
	return n
}

// whole checks what holds of all tables together.
func (c *comparison) whole() {
	if n := c.number("SELECT count() FROM quarantine"); n != 0 {
		c.fault("quarantine: %d messages", n)
	}
	if n := c.number("SELECT count() FROM completeness WHERE missing != 0 OR unnumbered != 0"); n != 0 {
		c.fault("completeness: %d pipelines miss runs", n)
	}
	if n, m := c.number("SELECT count() FROM runs_current"), c.number("SELECT count() FROM runs FINAL"); n != m {
		c.fault("runs_current has %d rows, runs %d", n, m)
	}
	if n := c.number("SELECT count() FROM events WHERE tenant != '" + c.tenant + "'"); n != 0 {
		c.fault("events: %d rows of another tenant", n)
	}
	if n := c.number("SELECT count() FROM events WHERE op NOT IN ('created', 'changed', 'completed')"); n != 0 {
		c.fault("events: %d rows say that something went or came back; nothing did", n)
	}
}

// ms is a time as the tables' queries here give it: epoch milliseconds, 0 for null.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// millis is the expression of such a column.
func millis(column string) string {
	return "toInt64(ifNull(toUnixTimestamp64Milli(" + column + "), 0)) AS " + column
}
