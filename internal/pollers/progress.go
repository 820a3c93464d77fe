package pollers

import (
	"time"

	"artery/internal/events"
)

// Progress is how far a collector is with what CodeArts keeps of the past.
type Progress struct {
	Jobs, Polled       int // pollers of all projects and tenants that begin at the start, and how many of them have had a good round
	Pipelines, Covered int // pipelines with runs, and how many of their histories have been read
	Over, Detailed     int // runs that are over, and how many of their details are known or known to be gone
	Failed, Logged     int // failed steps of runs that CodeArts keeps, and how many of their logs are known or were asked for in vain
}

// Done says that nothing of the past is left to fetch.
func (p Progress) Done() bool {
	return p.Polled == p.Jobs && p.Covered >= p.Pipelines && p.Detailed >= p.Over && p.Logged >= p.Failed
}

// Progress counts. It reads what is known of every entity, so it is for people, not for loops.
func (c *Collector) Progress() Progress {
	var p Progress
	now := c.Now()
	for _, j := range c.jobs() {
		if !j.poller.Later {
			p.Jobs++
			if j.good.Load() {
				p.Polled++
			}
		}
		if j.poller.Name == "logs" {
			j.scopes.get(j.scope()).look(func(k Known) { p.countLogs(k, now) })
		}
		if j.poller.Name != "details" {
			continue
		}
		j.scopes.get(j.scope()).look(func(k Known) {
			for run, h := range k.Of(events.Run) {
				if !k.runs.detailWanted(run, h.Mark, now) || !j.tenant.Depth.wants(h.Mark) {
					continue
				}
				p.Over++
				if _, wanted := k.runs.undetailed[run]; !wanted || j.memo.of(events.RunDetail, time.Time{})(run, h.Mark) {
					p.Detailed++
				}
			}
			for _, pipeline := range k.runs.watched() {
				p.Pipelines++
				if pipeline.covered.Status == coverageComplete {
					p.Covered++
				}
			}
		})
	}
	return p
}

func (p *Progress) countLogs(k Known, now time.Time) {
	for _, h := range k.Of(events.StepLog) {
		if run, known := k.Head(events.Run, h.Mark.Parent); !known || !k.runs.kept(h.Mark.Parent, run.Mark, now) {
			continue
		}
		p.Failed++
		if h.Mark.Status != events.LogPending {
			p.Logged++
		}
	}
}

// jobs are all jobs that there are now, of all tenants.
func (c *Collector) jobs() (all []*job) {
	for _, w := range c.hands() {
		all = append(all, w.jobs()...)
	}
	return all
}
