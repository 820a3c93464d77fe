package e2e

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// doraTable is what a query of the board must answer, by the columns that name a row. A number that is NaN is NULL.
type doraTable struct {
	key    []string
	rows   []map[string]any
	partly bool // other columns are in no panel
}

// codeartsPage is the form of the address of a run.
const codeartsPage = "https://codearts.example/{project_id}/{pipeline_id}/{run_id}"

var ofService = []string{"tenant", "project", "service", "environment"}

// board is what each query of the DORA board must answer.
func (d *doraTruth) board(v doraView) map[string]doraTable {
	b := map[string]doraTable{
		"dash_dora_services":       {key: ofService},
		"dash_dora_pauses":         {key: ofService},
		"dash_dora_lead_times":     {key: append([]string{"tier"}, ofService...)},
		"dash_dora_deliveries":     {key: ofService},
		"dash_dora_undeployed":     {key: ofService},
		"dash_dora_deployments":    {key: append([]string{"finished_at", "run_number"}, ofService...)},
		"dash_dora_distribution":   {key: []string{"class"}, rows: d.classes(v)},
		"dash_dora_tiers":          {rows: []map[string]any{d.tiers(v)}},
		"dash_dora_evidence_kinds": {rows: []map[string]any{d.evidence(v)}},
		"dash_dora_unmatched":      {rows: []map[string]any{d.unmatched(v)}},
	}
	d.explained(v, b)
	add := func(query string, s *doraService, row map[string]any) { d.add(b, query, s, row) }
	for _, s := range d.chosen(v) {
		if v.to.After(s.since) {
			add("dash_dora_services", s, d.fiveMetrics(s, v))
		}
		if row := d.pauses(s, v); row["attempts"].(float64) > 0 {
			add("dash_dora_pauses", s, row)
		}
		d.breakdown(s, v, add)
		for i, x := range s.done {
			if v.in(x.end) {
				add("dash_dora_deployments", s, d.deployment(s, i))
			}
		}
	}
	d.trends(v, b)
	return b
}

// add adds the line of a service to a table.
func (d *doraTruth) add(b map[string]doraTable, query string, s *doraService, row map[string]any) {
	row["tenant"], row["project"], row["service"], row["environment"] = tenantName, d.projects[s.project], s.name, s.environment
	t := b[query]
	t.rows = append(t.rows, row)
	b[query] = t
}

func (v doraView) in(at time.Time) bool { return !at.Before(v.from) && at.Before(v.to) }

// chosen are the services that a reader looks at.
func (d *doraTruth) chosen(v doraView) (out []*doraService) {
	for _, s := range d.services {
		if v.shows(s) {
			out = append(out, s)
		}
	}
	return out
}

func (v doraView) shows(s *doraService) bool {
	return among(v.services, s.name) && among(v.environments, s.environment) && among(v.projects, s.project)
}

func among(chosen []string, x string) bool { return len(chosen) == 0 || slices.Contains(chosen, x) }

// fiveMetrics is the line of a service: the metrics, their levels, and what was in the 90 days before.
func (d *doraTruth) fiveMetrics(s *doraService, v doraView) map[string]any {
	n := d.numbers(s, v.from, v.to)
	before := d.numbers(s, v.from.Add(-90*day), v.from)
	tier := ""
	switch {
	case n["changes_a"] > 0 && n["changes_b"] > 0:
		tier = "A and B"
	case n["changes_a"] > 0:
		tier = "A"
	case n["changes_b"] > 0:
		tier = "B"
	case n["changes_seen"] > 0: // the ages of commits stand for their lead times
		tier = "first seen"
		for _, of := range []doraNumbers{n, before} {
			of["changes"] = of["changes_seen"]
			for _, q := range []string{"_p50", "_p75", "_p90", "_p95"} {
				of["lead"+q] = of["seen"+q]
			}
		}
	}
	row := n.columns("deployments", "per_day", "lead_p50", "lead_p75", "lead_p90", "lead_p95", "changes",
		"fail_ratio", "mature", "pending", "recovery_p50", "recovery_p75", "recovery_p90", "recovery_p95", "failures", "open_failures", "rework_ratio")
	for _, name := range []string{"per_day", "lead_p50", "fail_ratio", "recovery_p50", "rework_ratio"} {
		if row[name+"_before"] = before[name]; !v.from.After(s.since) {
			row[name+"_before"] = math.NaN() // nobody watched
		}
	}
	row["fail_interval"], row["rework_interval"] = n.interval("fail"), n.interval("rework")
	row["per_day_level"] = level("deployment frequency", n["per_day"], 10)
	row["lead_level"] = level("lead time", n["lead_p50"], n["changes"])
	if row["lead_tier"] = tier; tier == "first seen" {
		row["lead_level"] = "no level"
	}
	row["fail_level"] = level("change fail rate", n["fail_ratio"], n["mature"])
	row["recovery_level"] = level("recovery time", n["recovery_p50"], n["failures"])
	if n["open_failures"] > 0 && math.IsNaN(n["recovery_p50"]) {
		row["recovery_level"] = "not recovered"
	}
	return row
}

// pauses is the line of a service with what stands beside the metrics.
func (d *doraTruth) pauses(s *doraService, v doraView) map[string]any {
	n := d.numbers(s, v.from, v.to)
	row := n.columns("active_days", "gap_p50", "gap_p90", "attempts", "attempt_fail_ratio", "oldest_open_s", "incident_recovery_p50", "first_remedy_p50")
	row["attempt_fail_interval"] = n.interval("attempt_fail")
	row["per_week"] = 7 * n["per_day"]
	days, end := map[string]bool{}, minTime(v.to, d.asOf).Add(-time.Millisecond)
	for at := maxTime(v.from, s.since); at.Before(end); at = at.Add(time.Hour) {
		days[at.In(d.rules.zone()).Format(time.DateOnly)] = true
	}
	days[end.In(d.rules.zone()).Format(time.DateOnly)] = true
	row["active_share"] = n["active_days"] / float64(len(days))
	var waits []float64
	for _, x := range s.attempts {
		if x.failed() && v.in(x.end) {
			wait := math.Inf(1)
			if i := slices.IndexFunc(s.done, func(y doraDeployment) bool { return y.end.After(x.end) }); i >= 0 {
				wait = s.done[i].end.Sub(x.end).Seconds()
			}
			waits = append(waits, wait)
		}
	}
	row["success_p50"] = quantile(waits, 0.5)
	return row
}

// interval is that of a ratio as a text.
func (n doraNumbers) interval(of string) string {
	if math.IsNaN(n[of+"_low"]) {
		return ""
	}
	return fmt.Sprintf("%.0f – %.0f %%", 100*n[of+"_low"], 100*n[of+"_high"])
}

// deployed are the cells of every line with a deployment.
func (s *doraService) deployed(x doraDeployment) map[string]any {
	return map[string]any{
		"finished_at": x.end, "run_number": float64(x.number),
		"url": strings.NewReplacer("{project_id}", s.project, "{pipeline_id}", x.pipeline, "{run_id}", x.run).Replace(codeartsPage),
	}
}

// deployment is the line of a deployment, with what it is judged by.
func (d *doraTruth) deployment(s *doraService, i int) map[string]any {
	x, v := s.done[i], d.judge(s, i)
	row := s.deployed(x)
	row["commit_id"], row["executor"], row["verdict"], row["recovery_s"], row["rework"] = x.commit, x.executor, "pending", v.recovery, ""
	if v.open {
		row["recovery_s"] = math.NaN()
	}
	switch {
	case v.failed:
		row["verdict"] = "failed"
	case v.mature:
		row["verdict"] = "good"
	}
	switch {
	case x.marker == "bug":
		row["rework"] = "linked to a bug"
	case x.marker != "":
		row["rework"] = "marked as " + x.marker
	case v.back:
		row["rework"] = "went back to an older commit"
	}
	var reasons, evidence []string
	for _, r := range v.reports() {
		evidence = append(evidence, r.id+" down")
	}
	if len(v.linked) > 0 {
		reasons = append(reasons, "incident linked to it")
	}
	if len(v.followed) > 0 {
		reasons = append(reasons, "incident after it")
	}
	if len(v.undone) > 0 {
		reasons = append(reasons, "rollback after it")
		evidence = append(evidence, fmt.Sprintf("back to %s by %s", v.undone[0].commit, v.undone[0].run))
	}
	if v.mended != "" {
		reasons = append(reasons, fmt.Sprintf("marked %s after it", v.mended))
		evidence = append(evidence, fmt.Sprintf("%s by %s", v.mended, v.remedy.run))
	}
	row["reasons"], row["evidence"] = strings.Join(reasons, ", "), strings.Join(evidence, ", ")
	return row
}

// evidence counts what the change fail rate rests on.
func (d *doraTruth) evidence(v doraView) map[string]any {
	n := doraNumbers{}
	for _, s := range d.chosen(v) {
		for i, x := range s.done {
			if !v.in(x.end) {
				continue
			}
			j := d.judge(s, i)
			for name, is := range map[string]bool{"linked": len(j.linked) > 0, "followed": len(j.followed) > 0, "rolled_back": len(j.undone) > 0, "remedied": j.mended != "", "failed": j.failed, "mature": true} {
				if is && j.mature {
					n[name]++
				}
			}
			if !j.mature {
				n["pending"]++
			}
		}
	}
	return n.columns("linked", "followed", "rolled_back", "remedied", "failed", "pending", "mature")
}
