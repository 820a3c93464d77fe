package pollers

import (
	"time"

	"artery/internal/events"
)

// doubt is an answer that takes back what an earlier one said. A retry does that, and so does a server that lags behind: the
// next look decides. It is not kept in the log: who forgets it looks twice again.
type doubt struct {
	mark  events.Mark // as the run was shown
	asked time.Time
	round string
}

// backwards says whether an answer about a run that was over has it open again, or over at an earlier time.
func backwards(head events.Head, s events.Snapshot) bool {
	return s.Kind == events.Run && !head.Op.Gone() && terminal(head.Mark.Status) && (!terminal(s.Mark.Status) || s.Mark.To < head.Mark.To)
}

// doubted says whether a snapshot that differs from the head has to wait for the next look, which must not be of the same
// round, nor older. A run whose answers agree with the head again is no longer in doubt, and an answer that is older than the
// head takes nothing back. The writer of the scope calls it.
func (s *scope) doubted(head events.Head, snap events.Snapshot, o events.Origin) bool {
	d, before := s.doubts[snap.ID]
	switch {
	case events.Older(head, snap, o):
		return false
	case !backwards(head, snap):
		if before && !snap.At.Before(d.asked) {
			s.settle(head, snap.ID)
		}
		return false
	case before && d.round != o.PollID && !snap.At.Before(d.asked):
		return false // said twice; it is settled once it is written
	case !before:
		s.m.backwards.WithLabelValues(s.origin.Tenant).Inc()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.doubts[snap.ID] = doubt{snap.Mark, snap.At, o.PollID}
		s.runs.doubt(snap.ID, head, snap.Mark)
	}
	return true
}

// settle ends the doubt about a run: it is as the head says.
func (s *scope) settle(head events.Head, run string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.doubts, run)
	s.runs.follow(s.state.Heads, events.EntityID{Kind: events.Run, ID: run}, head)
}
