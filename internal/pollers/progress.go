package pollers

import "artery/internal/events"

// Progress is how far a collector is with what CodeArts keeps of the past.
type Progress struct {
	Jobs, Polled       int // pollers of all projects and tenants, and how many of them have had a good round
	Pipelines, Covered int // pipelines with runs, and how many of their histories have been read
	Over, Detailed     int // runs that are over, and how many of their details are known or known to be gone
}

// Done says that nothing of the past is left to fetch.
func (p Progress) Done() bool {
	return p.Polled == p.Jobs && p.Covered >= p.Pipelines && p.Detailed >= p.Over
}

// Progress counts. It reads what is known of every entity, so it is for people, not for loops.
func (c *Collector) Progress() Progress {
	var p Progress
	oldest := c.Now().Add(-Retention).UnixMilli()
	for _, j := range c.jobs {
		if !j.poller.Later {
			p.Jobs++
			if j.good.Load() {
				p.Polled++
			}
		}
		if j.poller.Name != "details" {
			continue
		}
		s := j.scopes.get(j.scope())
		pipelines := map[string]bool{}
		for run, h := range s.known(events.Run) {
			pipelines[h.Mark.Parent] = true
			if !terminal(h.Mark.Status) || h.Mark.From < oldest {
				continue
			}
			p.Over++
			if d, ok := s.state.Heads[events.EntityID{Kind: events.RunDetail, ID: run}]; ok && d.Mark == h.Mark || j.memo.tried(run, h.Hash) {
				p.Detailed++
			}
		}
		p.Pipelines += len(pipelines)
		for _, h := range s.known(events.Coverage) {
			if h.Mark.Status == coverageComplete {
				p.Covered++
			}
		}
	}
	return p
}
