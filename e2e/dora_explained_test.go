package e2e

import (
	"maps"
	"math"
	"slices"
	"time"
)

// explained adds the rows behind the numbers: what each query of the page DORA explained must answer.
func (d *doraTruth) explained(v doraView, b map[string]doraTable) {
	one := append([]string{"finished_at", "run_number"}, ofService...)
	maps.Copy(b, map[string]doraTable{
		"dash_dora_explain_attempts":   {key: append([]string{"run_id", "stage"}, ofService...)},
		"dash_dora_explain_changes":    {key: append([]string{"commit_id"}, one...)},
		"dash_dora_explain_undeployed": {key: append([]string{"commit_id"}, ofService...)},
		"dash_dora_explain_recovery":   {key: one},
		"dash_dora_explain_failures":   {key: one},
		"dash_dora_explain_rework":     {key: one},
		"dash_dora_explain_incidents":  {key: []string{"incident_id", "deployed_at"}, rows: d.reported(v)},
		"dash_dora_rules":              {key: []string{"rule_number"}, rows: d.rules.definitions()},
		"dash_dora_bands":              {key: []string{"metric", "band"}, rows: bands()},
	})
	for _, s := range slices.Concat(d.services, d.idle) {
		for _, x := range s.ended {
			if v.shows(s) && v.in(x.end) {
				d.add(b, "dash_dora_explain_attempts", s, d.attempt(s, x))
			}
		}
	}
	for _, s := range d.chosen(v) {
		for _, c := range d.shipped(s, v) {
			d.add(b, "dash_dora_explain_changes", s, d.change(s, c))
		}
		d.waits(s, b)
		for i, x := range s.done {
			j := d.judge(s, i)
			if v.in(x.end) && j.failed {
				d.add(b, "dash_dora_explain_recovery", s, d.recovery(s, i))
			}
			if v.in(x.end) && (j.failed || !j.mature) {
				d.add(b, "dash_dora_explain_failures", s, d.failure(s, i))
			}
			if v.in(x.end) && j.rework {
				d.add(b, "dash_dora_explain_rework", s, d.reworked(s, i))
			}
		}
	}
}

// attempt is the line of an attempt.
func (d *doraTruth) attempt(s *doraService, x doraDeployment) map[string]any {
	row := s.deployed(x)
	row["pipeline_url"] = "https://codearts.example/pipelines/" + x.pipeline
	row["pipeline"], row["stage"], row["run_id"], row["status"], row["rule"], row["rule_version"] = x.pipelineName, x.stage, x.run, x.status, x.rule, d.rules.version
	switch row["counted"] = "no attempt"; {
	case x.succeeded():
		row["counted"] = "deployment"
	case x.failed():
		row["counted"] = "failed attempt"
	}
	return row
}

// change is the line of a change.
func (d *doraTruth) change(s *doraService, c doraChange) map[string]any {
	row := s.deployed(c.of)
	row["commit_id"], row["title"], row["author"], row["tier"], row["state"], row["rule"] = c.commit, "", "", c.tier, c.state, c.of.rule
	if i, there := d.place[c.commit]; there {
		row["title"], row["author"] = d.line[i].Title, d.line[i].AuthorName
	}
	row["wait_s"], row["delivery_s"], _ = c.parts()
	row["committed_at"], row["seconds"] = math.NaN(), math.NaN()
	if made, known := d.made[c.commit]; known {
		row["committed_at"], row["seconds"] = made, c.of.end.Sub(made).Seconds()
	} else if c.state == "first seen" {
		row["committed_at"], row["seconds"] = d.first[sighting(c.of.repository, c.commit)], c.age
	}
	return row
}

// waits adds the changes that wait for a deployment.
func (d *doraTruth) waits(s *doraService, b map[string]doraTable) {
	commits, _ := d.waiting(s)
	for _, c := range commits {
		x := s.before(len(s.done), c.RepositoryID)
		d.add(b, "dash_dora_explain_undeployed", s, map[string]any{
			"committed_at": c.Committed, "commit_id": c.ID, "title": c.Title, "author": c.AuthorName, "age_s": d.asOf.Sub(c.Committed).Seconds(),
			"deployed_commit": x.commit, "deployed_at": x.end,
		})
	}
}

// before is the last deployment of a repository before the i-th of all.
func (s *doraService) before(i int, repository int64) (x doraDeployment) {
	for _, y := range s.done[:i] {
		if y.repository == repository {
			x = y
		}
	}
	return x
}

// recovery is the line of a failed deployment with the times that it took to mend it.
func (d *doraTruth) recovery(s *doraService, i int) map[string]any {
	x, v := s.done[i], d.judge(s, i)
	row := s.deployed(x)
	row["evidence"] = d.deployment(s, i)["evidence"]
	row["recovered_at"], row["open_s"] = math.NaN(), d.asOf.Sub(x.end).Seconds()
	if !v.open {
		from, took := x.end, v.recovery
		if reports := v.reports(); len(reports) > 0 {
			from, took = reports[0].start, v.incident
		}
		row["recovered_at"], row["open_s"] = from.Add(time.Duration(math.Round(took*1000))*time.Millisecond), math.NaN()
	}
	for name, s := range map[string]float64{"recovery_s": v.recovery, "incident_recovery_s": v.incident, "remedy_s": v.first} {
		if row[name] = s; math.IsInf(s, 1) {
			row[name] = math.NaN()
		}
	}
	return row
}

// failure is the line of a deployment that failed or is not judged yet.
func (d *doraTruth) failure(s *doraService, i int) map[string]any {
	x, v, judged := s.done[i], d.judge(s, i), d.deployment(s, i)
	row := s.deployed(x)
	row["run_id"], row["commit_id"], row["reasons"], row["evidence"], row["rule"], row["rule_version"] = x.run, x.commit, judged["reasons"], judged["evidence"], x.rule, d.rules.version
	if row["verdict"] = "not yet"; v.failed {
		row["verdict"] = "failed"
	}
	if row["counted"] = "pending"; v.mature {
		row["counted"] = "counted"
	}
	return row
}

// reworked is the line of a deployment that nobody planned.
func (d *doraTruth) reworked(s *doraService, i int) map[string]any {
	x := s.done[i]
	row := s.deployed(x)
	row["commit_id"], row["prev_commit"], row["reason"] = x.commit, s.before(i, x.repository).commit, d.deployment(s, i)["rework"]
	row["rule"], row["rule_version"] = x.rule, d.rules.version
	return row
}
