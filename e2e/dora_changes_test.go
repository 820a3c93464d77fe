package e2e

import (
	"fmt"
	"math"
	"time"

	"artery/internal/codearts/codeartstest"
)

// doraChange is a change with the first deployment that had it; of tier C it is a deployment of which no commit time is known.
type doraChange struct {
	of                  doraDeployment
	commit, tier, state string
	lead                float64   // seconds, of those that are counted
	age                 float64   // seconds since the first run of the commit, of those of which no more is known
	begin               time.Time // when it was committed, of those first seen when that run began; zero if it is not known
}

// parts are the seconds from the begin of a change to the run that deployed it, and from there to the end of the deployment. They are
// believed where nothing begins after what follows it.
func (c doraChange) parts() (wait, delivery float64, believed bool) {
	run := c.of.triggered
	if delivery = c.of.end.Sub(run).Seconds(); c.begin.IsZero() {
		return math.NaN(), delivery, false
	}
	return run.Sub(c.begin).Seconds(), delivery, !run.Before(c.begin) && !c.of.end.Before(run)
}

// sighting names a commit of a repository.
func sighting(repository int64, commit string) string { return fmt.Sprint(repository, " ", commit) }

// changes are all changes that a service has shipped, each with the first deployment that had it.
func (d *doraTruth) changes(s *doraService) (out []doraChange) {
	shipped, deployed, previous := map[string]bool{}, map[string]bool{}, map[int64]doraDeployment{}
	for _, x := range s.done {
		before, again := previous[x.repository]
		previous[x.repository] = x
		add := func(id, tier, state string) {
			deployed[id] = true
			if shipped[id] {
				return
			}
			shipped[id] = true
			c := doraChange{of: x, commit: id, tier: tier, state: state, begin: d.made[id]}
			if made, known := d.made[id]; state == "" && !known {
				c.state = "no time"
			} else if c.lead = x.end.Sub(made).Seconds(); state == "" && c.lead < 0 {
				c.state = "negative"
			} else if state == "" {
				c.state = "counted"
			}
			out = append(out, c)
		}
		_, known := d.made[x.commit]
		switch {
		case d.ranges[[2]string{before.commit, x.commit}]:
			for _, c := range d.between(before.commit, x.commit) {
				add(c.ID, "A", "")
			}
		case !known:
			c := doraChange{of: x, commit: x.commit, tier: "C", state: "first seen"}
			switch at, ran := d.first[sighting(x.repository, x.commit)]; {
			case !again:
				c.state = "baseline"
			case x.commit != "" && deployed[x.commit]:
				c.state = "repeated"
			case x.commit == "" || !ran:
				c.state = "no time"
			default:
				c.begin, c.age = at, x.end.Sub(at).Seconds()
			}
			deployed[x.commit] = true
			out = append(out, c)
		case !again || before.commit == "":
			add(x.commit, "B", "baseline")
		case d.older(s, x, before):
			add(x.commit, "B", "older")
		default:
			add(x.commit, "B", "")
		}
	}
	return out
}

// waiting are the commits that somebody saw and that were made after the one that is deployed, of every repository of a service.
func (d *doraTruth) waiting(s *doraService) (out []codeartstest.CommitTruth, deployed time.Time) {
	last := map[int64]doraDeployment{}
	for _, x := range s.done {
		last[x.repository] = x
	}
	for _, c := range d.line {
		x, ours := last[c.RepositoryID]
		made, known := d.made[x.commit]
		if ours && known && d.seen[c.ID] && c.Committed.After(made) && !c.Committed.After(d.asOf) {
			out, deployed = append(out, c), maxTime(deployed, x.end)
		}
	}
	return out, deployed
}
