package pollers

import (
	"time"

	"artery/internal/events"
)

// Depth is how much of the past, and of what is inside of things, the pollers of a tenant fetch. The zero value is
// everything.
type Depth struct {
	History     time.Duration // how far back execution records are read; 0: as far as CodeArts keeps them
	FailedOnly  bool          // details of failed runs, and of no others
	PluginLists bool          // of plug-ins the lists, and not what is inside each
}

// deepenAfter keeps the drift of a clock from being taken for a history that the configuration wants longer.
const deepenAfter = time.Hour

// history is how far back execution records are read.
func (d Depth) history() time.Duration {
	if d.History == 0 {
		return Retention
	}
	return min(d.History, Retention)
}

// wants says whether the detail of a run that is over is to be fetched.
func (d Depth) wants(run events.Mark) bool { return !d.FailedOnly || wanted{mark: run}.failed() }

// of is what of an estate a depth leaves to be asked for.
func (d Depth) of(e Estate) Estate {
	e.Kept *= float64(d.history()) / float64(Retention)
	if d.FailedOnly {
		e.detailed = e.Runs * e.Failed
	} else {
		e.detailed = e.Runs
	}
	if d.PluginLists {
		e.inside = 0
	} else {
		e.inside = e.BasicPlugins
	}
	return e
}
