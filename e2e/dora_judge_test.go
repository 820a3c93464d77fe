package e2e

import (
	"math"
	"slices"
	"time"
)

// doraVerdict is what is known of a successful deployment as of the time of the question.
type doraVerdict struct {
	mature, failed, back, rework bool
	linked, followed             []doraReport     // incidents that speak against it
	undone                       []doraDeployment // that went back to an older commit
	remedy                       *doraDeployment  // the next one, when that is marked
	mended                       string           // how the next one is marked, when that says that this one failed

	recovery, first, incident float64 // seconds; infinite while they are not over, NaN where there are none
	open                      bool
}

// judge judges the i-th deployment of a service.
func (d *doraTruth) judge(s *doraService, i int) (v doraVerdict) {
	x := s.done[i]
	v.mature = d.asOf.Sub(x.end) >= d.rules.Attribution
	for _, y := range s.done[:i] {
		v.back = v.back || x.end.Sub(y.end) <= d.rules.Rollback && d.older(s, x, y)
	}
	v.rework = v.back || x.marker != ""
	for _, y := range s.done[i+1:] {
		if y.end.Sub(x.end) <= d.rules.Rollback && d.older(s, y, x) {
			v.undone = append(v.undone, y)
		}
	}
	if i+1 < len(s.done) {
		if y := s.done[i+1]; remedial(y.marker) && y.end.Sub(x.end) <= d.rules.Rollback {
			v.remedy = &y
			if !remedial(x.marker) && !v.back {
				v.mended = y.marker
			}
		}
	}
	v.linked, v.followed = d.blamed(s, i)
	v.failed = len(v.linked)+len(v.followed)+len(v.undone) > 0 || v.mended != ""
	if v.recovery, v.first, v.incident = math.NaN(), math.NaN(), math.NaN(); v.failed {
		d.recover(x, &v)
	}
	return v
}

func remedial(marker string) bool { return marker == "hotfix" || marker == "rollback" }

// older tells whether x goes back behind y: of two commits of one repository the older one was committed before, unless it was
// deployed for the first time and CodeArts shows what is new in it, or, while the time of either is not known, deployed before.
func (d *doraTruth) older(s *doraService, x, y doraDeployment) bool {
	if x.commit == "" || y.commit == "" || x.commit == y.commit || x.repository != y.repository {
		return false
	}
	a, known := d.made[x.commit]
	b, both := d.made[y.commit]
	if known && both {
		return a.Before(b) && !d.bringsNew(s, x)
	}
	return s.first(x).Before(s.first(y))
}

// bringsNew tells whether a commit is deployed for the first time, and the known comparison with the one before it shows changes.
func (d *doraTruth) bringsNew(s *doraService, x doraDeployment) bool {
	i := slices.IndexFunc(s.done, func(y doraDeployment) bool {
		return y.repository == x.repository && y.run == x.run && y.end.Equal(x.end)
	})
	before := slices.DeleteFunc(slices.Clone(s.done[:i]), func(y doraDeployment) bool { return y.repository != x.repository })
	if len(before) == 0 || s.first(x).Before(x.end) {
		return false
	}
	last := before[len(before)-1].commit
	return d.ranges[[2]string{last, x.commit}] && len(d.between(last, x.commit)) > 0
}

// first is when the commit of a deployment was deployed first.
func (s *doraService) first(x doraDeployment) time.Time {
	i := slices.IndexFunc(s.done, func(y doraDeployment) bool { return y.commit == x.commit && y.repository == x.repository })
	return s.done[i].end
}

// blamed are the incidents that speak against the i-th deployment: those that name its run, and those of its service that name no
// run and began soon after it, while nothing else was deployed under this name.
func (d *doraTruth) blamed(s *doraService, i int) (linked, followed []doraReport) {
	x := s.done[i]
	for _, r := range d.reports {
		same := r.service == s.name && r.environment == s.environment
		switch {
		case r.start.After(d.asOf):
		case r.run != "":
			if r.run == x.run && (same || r.service == "") {
				linked = append(linked, r)
			}
		case same && !r.start.Before(x.end) && r.start.Sub(x.end) < d.rules.Attribution && d.last(s, r.start).compare(x) == 0:
			followed = append(followed, r)
		}
	}
	return linked, followed
}

// last is the last deployment up to a time of any project's service of the name.
func (d *doraTruth) last(of *doraService, at time.Time) (last doraDeployment) {
	for _, s := range d.services {
		for _, x := range s.done {
			if s.name == of.name && s.environment == of.environment && !x.end.After(at) && x.compare(last) > 0 {
				last = x
			}
		}
	}
	return last
}

// recover finds out when a failed deployment was mended: when its last incident was over, or without incidents by the first
// deployment that mended it. From what was over before it ended, nothing had to recover then.
func (d *doraTruth) recover(x doraDeployment, v *doraVerdict) {
	infinite := math.Inf(1)
	v.first = infinite
	earlier := func(at time.Time) { v.first = min(v.first, max(at.Sub(x.end).Seconds(), 0)) }
	for _, y := range v.undone {
		earlier(y.end)
	}
	if v.remedy != nil {
		earlier(v.remedy.end)
	}
	reports := v.reports()
	last := math.Inf(-1)
	for _, r := range reports {
		if r.end.IsZero() || r.end.After(d.asOf) {
			last = infinite
			continue
		}
		earlier(r.end)
		last = max(last, r.end.Sub(x.end).Seconds())
	}
	if v.recovery = v.first; len(reports) > 0 {
		v.recovery = max(last, 0)
		v.incident = last - reports[0].start.Sub(x.end).Seconds()
	}
	v.open = math.IsInf(v.recovery, 1)
}

// reports are its incidents, the earliest first.
func (v *doraVerdict) reports() []doraReport {
	return slices.SortedFunc(slices.Values(slices.Concat(v.linked, v.followed)), func(a, b doraReport) int { return a.compare(b) })
}
