package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
)

// Each cell of the DORA board and of the rows behind it is that of an independent program, which knows the truth and not the tables:
// by the built-in deployment rules, and by others that a loader then puts in force. What these re-state is in the ledger.
func TestDORA(t *testing.T) {
	w := newWorld(t, 1, time.Now(), func(o *codeartstest.Options) { o.History = 7 * day })
	project := script(w)
	tenant := w.tenant()
	schedules, _ := tenant["schedules"].(map[string]string)
	schedules["commits"] = "@every 2s"
	tenant["pages"] = map[string]any{"pipeline": "https://codearts.example/pipelines/{pipeline_id}"}
	a := newApart(t, tenant)
	report := a.reports(t)
	a.start(t)
	now := w.now().UTC().Truncate(time.Second)
	builtIn, configured := builtInRules(), configuredRules(turningZone(now))
	truth := func(rules doraRules, reports []doraReport, asOf time.Time) *doraTruth {
		return newDORATruth(w.truth(), w.Commits(w.now()), rules, reports, asOf)
	}
	if lost := truth(builtIn, nil, now).uncompared(); len(lost) > 0 {
		t.Errorf("nobody asks what these have shipped: %q", lost)
	}
	reports := append(truth(builtIn, nil, now).incidents(), truth(configured, nil, now).incidents()...)
	report(reports)
	check := func(name string, rules doraRules) {
		t.Helper()
		for _, v := range []doraView{
			{from: now.Add(-6 * day), to: now, asOf: now, bucket: "week"},
			{from: now.Add(-80 * day), to: now, asOf: now, bucket: "day"},
			{from: now.Add(-40 * day), to: now, asOf: now.Add(-31 * time.Hour), bucket: "month", projects: []string{project},
				services: []string{"ferry", "cart", "tide", "tide-blue"}, environments: []string{"production"}},
		} {
			answer := func() *doraTruth { return truth(rules, reports, v.asOf) }
			if lacks := answer().lacks(doraView{from: v.from, to: v.to, projects: []string{project}}); len(v.projects) == 0 && len(lacks) > 0 {
				t.Errorf("by %s rules the harbour shows no %q", name, lacks)
			}
			v.check(t, a, fmt.Sprintf("by %s rules, since %s by %s", name, v.from.Format(time.DateOnly), v.bucket), answer)
		}
	}
	builtIn.version, builtIn.since = a.inForce(t, builtIn.source)
	check("the built-in", builtIn)
	a.loader.interrupt(t)
	a.configure(t, "deployments", configured.config())
	restarted := time.Now()
	a.loader.start(t)
	configured.version, configured.since = a.inForce(t, configured.source)
	if builtIn.since.Unix() != 0 || configured.since.Before(restarted) || configured.version == builtIn.version {
		t.Errorf("rules %s are in force since %s, and rules %s since %s", builtIn.version, builtIn.since, configured.version, configured.since)
	}
	check("the configured", configured)
	published := a.published(t, builtIn.version, configured.version)
	v := doraView{from: restarted, to: restarted.Add(time.Hour), projects: []string{project}, services: []string{"ferry", "cart", "tide", "tide-blue"}}
	v.ledger(t, a, truth(builtIn, reports, published[0]), truth(configured, reports, published[1]))
	a.collector.interrupt(t)
	a.loader.interrupt(t)
}

// check compares every query of the board, and the view dora_numbers, with the truth, which is told anew while they differ: the
// commits of runs that begin meanwhile are known then.
func (v doraView) check(t *testing.T, a *apart, what string, truth func() *doraTruth) {
	t.Helper()
	d, cells := truth(), 0
	board := d.board(v)
	compare := func(name string, table func() doraTable, sql string) {
		t.Helper()
		equal := 0
		eventually(t, fmt.Sprintf("%s %s differs from the truth", what, name), load, func() (faults []string) {
			if faults, equal = table().compare(t.Context(), a, sql); len(faults) > 0 {
				d = truth()
				board = d.board(v)
			}
			return faults
		})
		cells += equal
	}
	for _, name := range slices.Sorted(maps.Keys(board)) {
		sql, err := v.query(name)
		if err != nil {
			t.Fatal(err)
		}
		compare(name, func() doraTable { return board[name] }, sql)
	}
	for _, bucket := range []string{v.bucket, "before"} {
		of := doraView{from: v.from, to: v.to, bucket: bucket}
		compare("dora_numbers by "+bucket, func() doraTable { return d.numbersTable(of) }, d.numbersQuery(of))
	}
	t.Logf("%s: %d cells are equal", what, cells)
}

// inForce waits until rules of a source are in force, and is how they are called and since when they are.
func (a *apart) inForce(t *testing.T, source string) (version string, since time.Time) {
	t.Helper()
	eventually(t, "asking for the rules in force", load, func() []string {
		var of string
		err := a.conn.QueryRow(t.Context(), "SELECT source, version, activated_at FROM deployment_rules_in_force").Scan(&of, &version, &since)
		return unless(err == nil && of == source, "rules of %q are in force, not of %q: %v", of, source, err)
	})
	return version, since
}

// reports returns what reports incidents to the collector's endpoint.
func (a *apart) reports(t *testing.T) func([]doraReport) {
	t.Helper()
	send := a.takesIncidents(t)
	return func(reports []doraReport) {
		t.Helper()
		var items []string
		for _, r := range reports {
			end := ""
			if !r.end.IsZero() {
				end = fmt.Sprintf(`"resolved_at":%q,`, r.end.Format(time.RFC3339Nano))
			}
			items = append(items, fmt.Sprintf(`{"id":%q,"service":%q,"environment":%q,"started_at":%q,%s"title":"down","deployment":{"run_id":%q}}`,
				r.id, r.service, r.environment, r.start.Format(time.RFC3339Nano), end, r.run))
		}
		eventually(t, "reporting incidents", time.Minute, func() []string {
			status := send("incidents", "["+strings.Join(items, ",")+"]")
			return unless(status == http.StatusOK, "status %d", status)
		})
	}
}
