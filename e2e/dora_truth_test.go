package e2e

import (
	"cmp"
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // the truth knows the zones wherever the test runs

	"artery/internal/codearts/codeartstest"
)

// The DORA numbers once more, from what is true at the simulated CodeArts and by other means than the SQL: every question is
// answered by looking at all deployments.

// doraDeployment is an attempt to deploy that ended.
type doraDeployment struct {
	run, pipeline, stage, commit string
	pipelineName, rule           string
	position, number             int
	repository                   int64
	marker, executor, status     string
	triggered, end               time.Time
}

// doraService holds what is true of one service of a project in one environment: its attempts and, of those that succeeded,
// everything in order.
type doraService struct {
	project, name, environment string
	ended, attempts, done      []doraDeployment // whatever ended, what succeeded or failed, what succeeded
	since                      time.Time        // since when it is watched
}

// key names a service among all.
func (s *doraService) key() string { return fmt.Sprint(s.project, s.name, s.environment) }

// doraTruth answers as of a time and by deployment rules.
type doraTruth struct {
	asOf     time.Time
	rules    doraRules
	projects map[string]string // names by id
	services []*doraService
	idle     []*doraService // of which nothing succeeded or failed
	reports  []doraReport
	line     []codeartstest.CommitTruth
	place    map[string]int       // of a commit in line, where its repository's history is in order
	made     map[string]time.Time // when it was committed, where that is known
	ranges   map[[2]string]bool   // two commits of runs that passed a stage after each other: CodeArts is asked what is between them
	seen     map[string]bool      // commits that anybody asked for
	first    map[string]time.Time // when the first run of a commit of a repository began
}

func newDORATruth(truth codeartstest.Truth, commits []codeartstest.CommitTruth, rules doraRules, reports []doraReport, asOf time.Time) *doraTruth {
	d := &doraTruth{
		asOf: asOf, rules: rules, reports: reports, line: commits, projects: map[string]string{},
		place: map[string]int{}, made: map[string]time.Time{}, ranges: map[[2]string]bool{}, seen: map[string]bool{}, first: map[string]time.Time{},
	}
	for i, c := range commits {
		if d.place[c.ID] = i; !c.Committed.IsZero() {
			d.made[c.ID] = c.Committed
		}
	}
	for _, p := range truth.Projects {
		d.projects[p.ID] = p.Name
	}
	d.readCommits(truth)
	d.readDeployments(truth)
	return d
}

// readCommits finds out what CodeArts is asked about commits.
func (d *doraTruth) readCommits(truth codeartstest.Truth) {
	for _, r := range truth.Runs {
		c := r.Change
		of := sighting(c.RepositoryID, c.CommitID)
		if at, known := d.first[of]; !r.Start.IsZero() && (!known || r.Start.Before(at)) {
			d.first[of] = r.Start
		}
		d.seen[c.CommitID] = true
	}
	for _, pair := range truth.Successions() {
		from, to := pair[0].Change.CommitID, pair[1].Change.CommitID
		if d.there(from) && d.there(to) {
			d.ranges[[2]string{from, to}] = true
			for _, c := range d.between(from, to) {
				d.seen[c.ID] = true
			}
		}
	}
}

func (d *doraTruth) there(commit string) bool {
	_, there := d.place[commit]
	return there
}

// uncompared are the successful deployments by a stage whose changes nobody asks for, though the stage had deployed before: what came
// since then is what they shipped, by definition. Rules that look at more than the stage may leave out what came between.
func (d *doraTruth) uncompared() (names []string) {
	for _, s := range d.services {
		previous := map[int64]doraDeployment{}
		for _, x := range s.done {
			before := previous[x.repository]
			previous[x.repository] = x
			same := x.pipeline == before.pipeline && x.stage == before.stage && x.commit != before.commit
			if same && d.there(before.commit) && d.there(x.commit) && !d.ranges[[2]string{before.commit, x.commit}] {
				names = append(names, fmt.Sprintf("%s %d", x.pipelineName, x.number))
			}
		}
	}
	return names
}

// between are the commits after one up to another, of one repository.
func (d *doraTruth) between(from, to string) []codeartstest.CommitTruth {
	first, last := d.place[from], d.place[to]
	return d.line[min(first, last)+1 : last+1]
}

func (d *doraTruth) readDeployments(truth codeartstest.Truth) {
	pipelines, services := map[string]codeartstest.PipelineTruth{}, map[[3]string]*doraService{}
	for _, p := range truth.Pipelines {
		pipelines[p.ID] = p
	}
	for _, r := range truth.Runs {
		p := pipelines[r.PipelineID]
		for _, s := range r.Stages {
			rule, ok := d.rules.decide(d.projects[r.ProjectID], p.Name, s.Name, r.Change)
			if !ok || s.End.IsZero() || s.End.After(d.asOf) {
				continue
			}
			a := doraDeployment{
				run: r.ID, pipeline: p.ID, stage: s.Name, commit: r.Change.CommitID, pipelineName: p.Name, rule: rule.Name,
				position: s.Position, number: r.Number, repository: r.Change.RepositoryID,
				marker: rule.Marker, executor: r.ExecutorName, status: s.Status, triggered: r.Start, end: s.End,
			}
			// Nobody watches a pipeline before it was made, or before what CodeArts still keeps.
			since := minTime(maxTime(p.Created, truth.At.Add(-codeartstest.Retention)), a.end)
			key := [3]string{r.ProjectID, rule.Service, rule.Environment}
			if services[key] == nil {
				services[key] = &doraService{project: r.ProjectID, name: rule.Service, environment: rule.Environment, since: d.asOf}
			}
			services[key].ended = append(services[key].ended, a)
			if a.failed() || a.succeeded() {
				services[key].since = minTime(services[key].since, since)
			}
		}
	}
	for _, s := range services {
		slices.SortFunc(s.ended, doraDeployment.compare)
		for _, a := range s.ended {
			if a.failed() || a.succeeded() {
				s.attempts = append(s.attempts, a)
			}
			if a.succeeded() {
				s.done = append(s.done, a)
			}
		}
		if len(s.attempts) > 0 {
			d.services = append(d.services, s)
		} else {
			d.idle = append(d.idle, s)
		}
	}
	slices.SortFunc(d.services, func(a, b *doraService) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.project, b.project), cmp.Compare(a.environment, b.environment))
	})
}

func (a doraDeployment) succeeded() bool { return a.status == "COMPLETED" }
func (a doraDeployment) failed() bool    { return a.status == "FAILED" }

// compare orders deployments by their ends.
func (a doraDeployment) compare(b doraDeployment) int {
	return cmp.Or(a.end.Compare(b.end), cmp.Compare(a.run, b.run), a.position-b.position)
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
