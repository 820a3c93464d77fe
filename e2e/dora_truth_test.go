package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"time"

	"artery/internal/codearts/codeartstest"
)

// The DORA numbers once more, from what is true at the simulated CodeArts and by other means than the SQL: every question is
// answered by looking at all deployments. It knows the built-in deployment rules.

var (
	deploys = regexp.MustCompile(`(?i)deploy.*prod|^prod|上线|production`)
	hotfix  = regexp.MustCompile(`(?i)hotfix`)
	spoken  = regexp.MustCompile(`(?i)\bhotfix`)
	reverts = regexp.MustCompile(`^Revert "`)
)

const doraWindow = 24 * time.Hour // of attribution and of rollback

// doraReport is an incident as somebody reported it.
type doraReport struct {
	id, service, run string
	start, end       time.Time // end is zero while it is open
}

// doraDeployment is an attempt to deploy that ended.
type doraDeployment struct {
	service, run, pipeline string
	repository             int64
	commit, marker         string
	started, end           time.Time
	failed                 bool
}

// doraService holds what is true of one service: its attempts and, of those that succeeded, everything in order.
type doraService struct {
	attempts, done []doraDeployment
	created        time.Time
}

// doraTruth answers as of a time.
type doraTruth struct {
	asOf     time.Time
	services map[string]*doraService
	reports  []doraReport
	place    map[string]int       // of a commit in its repository's history
	made     map[string]time.Time // when it was committed
	line     []codeartstest.CommitTruth
	ranges   map[[2]string]bool // two commits that a pipeline's successful runs in a row were for: CodeArts is asked what is between them
}

func newDORATruth(truth codeartstest.Truth, commits []codeartstest.CommitTruth, asOf time.Time) *doraTruth {
	d := &doraTruth{asOf: asOf, services: map[string]*doraService{}, place: map[string]int{}, made: map[string]time.Time{}, line: commits, ranges: map[[2]string]bool{}}
	for i, c := range commits {
		d.place[c.ID], d.made[c.ID] = i, c.Committed.Truncate(time.Millisecond)
	}
	name, created := map[string]string{}, map[string]time.Time{}
	for _, p := range truth.Pipelines {
		name[p.ID], created[p.ID] = p.Name, p.Created
	}
	lines := map[string][]codeartstest.RunTruth{}
	for _, r := range truth.Runs {
		if c := r.Change; c.CommitID != "" && r.Status == "COMPLETED" && c.MergeID == "" {
			lines[r.PipelineID] = append(lines[r.PipelineID], r)
			lines[r.PipelineID+c.TargetBranch] = append(lines[r.PipelineID+c.TargetBranch], r)
		}
		for _, s := range r.Stages {
			if !deploys.MatchString(s.Name) || s.Status != "COMPLETED" && s.Status != "FAILED" || s.End.After(asOf) {
				continue
			}
			key := r.ProjectID + " " + name[r.PipelineID]
			if d.services[key] == nil {
				d.services[key] = &doraService{created: created[r.PipelineID]}
			}
			a := doraDeployment{service: name[r.PipelineID], run: r.ID, pipeline: r.PipelineID, repository: r.Change.RepositoryID, commit: r.Change.CommitID, started: r.Start, end: s.End, failed: s.Status == "FAILED"}
			switch c := r.Change; {
			case hotfix.MatchString(c.TargetBranch), hotfix.MatchString(c.SourceBranch), hotfix.MatchString(c.Tag), spoken.MatchString(c.Message):
				a.marker = "hotfix"
			case reverts.MatchString(c.Message):
				a.marker = "rollback"
			}
			d.services[key].attempts = append(d.services[key].attempts, a)
		}
	}
	for _, runs := range lines {
		slices.SortFunc(runs, func(a, b codeartstest.RunTruth) int { return a.Number - b.Number })
		for i := range runs[1:] {
			d.ranges[[2]string{runs[i].Change.CommitID, runs[i+1].Change.CommitID}] = true
		}
	}
	for _, s := range d.services {
		slices.SortFunc(s.attempts, func(a, b doraDeployment) int { return cmp.Or(a.end.Compare(b.end), cmp.Compare(a.run, b.run)) })
		for _, a := range s.attempts {
			if !a.failed {
				s.done = append(s.done, a)
			}
		}
	}
	return d
}

// since is since when the service is watched: its pipeline was made after what CodeArts keeps.
func (s *doraService) since() time.Time { return minTime(s.created, s.attempts[0].end) }

// report makes incidents: after every fifth deployment one within the window, after every seventh one that names the run long
// afterwards and goes on, after every eleventh one out of the window, and one of a service that there is not.
func (d *doraTruth) report() {
	add := func(service, run string, start, end time.Time) {
		if end.After(d.asOf) {
			end = time.Time{} // it goes on
		}
		if start.Before(d.asOf) {
			d.reports = append(d.reports, doraReport{fmt.Sprint("OPS-", len(d.reports)), service, run, start, end})
		}
	}
	n := 0
	for _, key := range slices.Sorted(maps.Keys(d.services)) {
		for _, x := range d.services[key].done {
			switch n++; {
			case n%5 == 0:
				add(x.service, "", x.end.Add(20*time.Minute), x.end.Add(time.Duration(n)*time.Hour))
			case n%7 == 0:
				add(x.service, x.run, x.end.Add(30*time.Hour), time.Time{})
			case n%11 == 0:
				add(x.service, "", x.end.Add(25*time.Hour), x.end.Add(26*time.Hour))
			}
		}
	}
	add("nobody", "", d.asOf.Add(-time.Hour), d.asOf)
}

// older tells whether x goes back behind y: two commits of one repository.
func (d *doraTruth) older(x, y doraDeployment) bool {
	return x.commit != "" && y.commit != "" && x.commit != y.commit && x.repository == y.repository && d.made[x.commit].Before(d.made[y.commit])
}

// rollback tells whether the i-th deployment went back behind one within the window before it.
func (d *doraTruth) rollback(s *doraService, i int) bool {
	for j := range i {
		if s.done[i].end.Sub(s.done[j].end) <= doraWindow && d.older(s.done[i], s.done[j]) {
			return true
		}
	}
	return false
}

// blamed are the incidents of the i-th deployment.
func (d *doraTruth) blamed(s *doraService, i int) (out []doraReport) {
	x := s.done[i]
	for _, r := range d.reports {
		switch {
		case r.start.After(d.asOf):
		case r.run != "":
			if r.run == x.run && r.service == x.service {
				out = append(out, r)
			}
		case r.service == x.service && !r.start.Before(x.end) && r.start.Sub(x.end) < doraWindow && (i+1 == len(s.done) || r.start.Before(s.done[i+1].end)):
			out = append(out, r)
		}
	}
	return out
}

// doraNumbers are the numbers of a service and a window, by the names of the columns; NaN is NULL.
type doraNumbers map[string]float64

func (d *doraTruth) numbers(s *doraService, from, to time.Time) doraNumbers {
	n := doraNumbers{}
	in := func(at time.Time) bool { return !at.Before(from) && at.Before(to) }
	for _, a := range s.attempts {
		if in(a.end) {
			n["attempts"]++
			if a.failed {
				n["failed_attempts"]++
			}
		}
	}
	days := to.Sub(maxTime(from, s.since())).Hours() / 24
	var recovery, incident, remedy []float64
	n["oldest_open_s"] = math.NaN()
	for i, x := range s.done {
		if !in(x.end) {
			continue
		}
		n["deployments"]++
		back := d.rollback(s, i)
		if x.marker != "" || back {
			n["rework"]++
		}
		mature := d.asOf.Sub(x.end) >= doraWindow
		var mended []time.Time // what mended it, incidents aside
		for j := i + 1; j < len(s.done); j++ {
			if y := s.done[j]; y.end.Sub(x.end) <= doraWindow && d.older(y, x) {
				mended = append(mended, y.end)
			}
		}
		failed := len(mended) > 0
		if i+1 < len(s.done) && s.done[i+1].marker != "" && s.done[i+1].end.Sub(x.end) <= doraWindow {
			failed = failed || x.marker == "" && !back
			mended = append(mended, s.done[i+1].end)
		}
		reports := d.blamed(s, i)
		failed = failed || len(reports) > 0
		if mature {
			n["mature"]++
		}
		if mature && failed {
			n["failed"]++
		}
		if !failed {
			continue
		}
		n["failures"]++
		open, last, first, begin := false, time.Time{}, time.Time{}, d.asOf
		earlier := func(at time.Time) {
			if first.IsZero() || at.Before(first) {
				first = at
			}
		}
		for _, r := range reports {
			begin = minTime(begin, r.start)
			if r.end.IsZero() || r.end.After(d.asOf) {
				open = true
				continue
			}
			last = maxTime(last, r.end)
			earlier(r.end)
		}
		for _, at := range mended {
			earlier(at)
		}
		if len(reports) == 0 {
			last = first
		}
		to := func(at, from time.Time, known bool) float64 {
			if !known {
				return math.Inf(1)
			}
			return at.Sub(from).Seconds()
		}
		recovery = append(recovery, to(last, x.end, !open))
		remedy = append(remedy, to(first, x.end, !first.IsZero()))
		if len(reports) > 0 {
			incident = append(incident, to(last, begin, !open))
		}
		if open {
			n["open_failures"]++
			if age := d.asOf.Sub(x.end).Seconds(); !(n["oldest_open_s"] > age) {
				n["oldest_open_s"] = age
			}
		}
	}
	n["pending"] = n["deployments"] - n["mature"]
	if n["per_day"] = n["deployments"] / days; days < 0.95 {
		n["per_day"] = math.NaN()
	}
	n["recovery_p50"], n["recovery_p90"] = quantile(recovery, 0.5), quantile(recovery, 0.9)
	n["incident_recovery_p50"], n["first_remedy_p50"] = quantile(incident, 0.5), quantile(remedy, 0.5)
	for of, share := range map[string][2]string{"fail": {"failed", "mature"}, "rework": {"rework", "deployments"}, "attempt_fail": {"failed_attempts", "attempts"}} {
		n[of+"_ratio"], n[of+"_low"], n[of+"_high"] = wilson(n[share[0]], n[share[1]])
	}
	d.changes(s, in, n)
	return n
}

// changes adds the numbers of lead time: each commit counts for the first deployment that had it.
func (d *doraTruth) changes(s *doraService, in func(time.Time) bool, n doraNumbers) {
	shipped, previous := map[string]bool{}, map[int64]string{}
	var leads []float64
	for _, x := range s.done {
		before := previous[x.repository]
		previous[x.repository] = x.commit
		counted := func(id string) bool {
			first := !shipped[id]
			shipped[id] = true
			return first && in(x.end)
		}
		lead := func(id, tier string) {
			if seconds := x.end.Sub(d.made[id]).Seconds(); seconds < 0 {
				n["negative_changes"]++
			} else {
				n[tier]++
				leads = append(leads, seconds)
			}
		}
		switch {
		case x.commit == "":
			if in(x.end) {
				n["changes_c"]++
			}
		case d.ranges[[2]string{before, x.commit}] && before != x.commit:
			for i := d.place[before] + 1; i <= d.place[x.commit]; i++ {
				if id := d.line[i].ID; counted(id) {
					lead(id, "changes_a")
				}
			}
		case !counted(x.commit):
		case before == "":
			n["baseline_changes"]++
		case d.made[x.commit].After(d.made[before]):
			lead(x.commit, "changes_b")
		}
	}
	n["changes"] = float64(len(leads))
	n["lead_p50"], n["lead_p75"], n["lead_p90"], n["lead_p95"] = quantile(leads, 0.5), quantile(leads, 0.75), quantile(leads, 0.9), quantile(leads, 0.95)
}

// quantile interpolates between the two values around a place; among values that are not known yet it is not either.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	place := q * float64(len(values)-1)
	below := int(place)
	v := values[below]
	if rest := place - float64(below); rest > 1e-9 {
		v += rest * (values[below+1] - v)
	}
	if math.IsInf(v, 1) {
		return math.NaN()
	}
	return v
}

// wilson is a share with its interval of 95 %, by the two roots of (p - k/n)² = z² p (1 - p) / n.
func wilson(k, n float64) (share, low, high float64) {
	if n == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	const z2 = 1.959964 * 1.959964
	share = k / n
	a, b, c := 1+z2/n, 2*share+z2/n, share*share
	root := math.Sqrt(max(b*b-4*a*c, 0))
	return share, (b - root) / 2 / a, (b + root) / 2 / a
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
