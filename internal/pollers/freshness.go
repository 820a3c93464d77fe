package pollers

import (
	"cmp"
	"slices"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"
)

// Freshness is how old what is known may be: the objectives of a tenant. Zero leaves a kind to the pollers.
type Freshness struct {
	OpenRuns     time.Duration // runs that go on; zero has every round of their poller look at all of them
	PausedRuns   time.Duration // runs that have waited long for somebody
	NewRuns      time.Duration // runs that have begun
	Gates        time.Duration // quality gates, rules and policies
	Repositories time.Duration
	Inventory    time.Duration // groups, templates, plug-ins
}

// DefaultFreshness is what holds where the configuration says nothing.
func DefaultFreshness() Freshness {
	return Freshness{15 * time.Second, 5 * time.Minute, time.Minute, 5 * time.Minute, time.Hour, 24 * time.Hour}
}

// Objective is one of them, with the span that makes sense: faster than the floor nothing changes, slower than the ceiling it could
// as well be off.
type Objective struct {
	Name           string // its key in the configuration
	Value          time.Duration
	Floor, Ceiling time.Duration
	of             []codearts.Priority // of the calls that keep it
	walk           time.Duration       // what its schedule is shorter than it
}

// Objectives are all of them.
func (f Freshness) Objectives() []Objective {
	return []Objective{
		{"open_runs", f.OpenRuns, 5 * time.Second, 10 * time.Minute, []codearts.Priority{codearts.PriorityOpenRuns}, 0},
		{"paused_runs", f.PausedRuns, 15 * time.Second, time.Hour, nil, 0},
		{"new_runs", f.NewRuns, 15 * time.Second, time.Hour, []codearts.Priority{codearts.PriorityNewRuns}, walking},
		{"gates", f.Gates, time.Minute, 24 * time.Hour, []codearts.Priority{codearts.PriorityGates}, 0},
		{"repositories", f.Repositories, 5 * time.Minute, 24 * time.Hour, []codearts.Priority{codearts.PriorityRepositories}, 0},
		{"inventory", f.Inventory, time.Hour, 7 * 24 * time.Hour, []codearts.Priority{codearts.PriorityInventory}, 0},
	}
}

// walking is what the schedule of new runs is shorter than their objective: a run that begins right behind the row of its pipeline
// is shown by the next walk, which takes its time.
const walking = 2 * time.Second

// spec is the schedule that keeps a poller's objective; "" leaves it to the poller, whose own keeps the default. How often projects
// are looked for is no question of their freshness.
func (f Freshness) spec(p Poller) string {
	defaults := DefaultFreshness().Objectives()
	for i, o := range f.Objectives() {
		if slices.Contains(o.of, p.Calls) && o.Value > 0 && o.Value != defaults[i].Value && !slices.Contains(p.Kinds, events.Project) {
			return "@every " + (o.Value - o.walk).String()
		}
	}
	return ""
}

// waitShare: a run that waits for somebody (PAUSED, SUSPEND) may wait for days. It is looked at each time another waitShare-th of its
// wait has passed: its end is seen late by no more than that share of the wait, and of the objective.
const waitShare = 20

// lookDue says whether an open run is to be looked at, by a poller that runs so often. One that was asked for in vain is asked for
// again like one that goes on.
func (f Freshness) lookDue(h events.Head, l look, now time.Time, every time.Duration) bool {
	goesOn := min(f.OpenRuns, every)
	if now.Sub(l.tried) < goesOn {
		return false
	}
	if !waiting(h.Mark.Status) {
		return now.Sub(l.last) >= goesOn
	}
	return now.Sub(l.last) >= min(f.paused(), now.Sub(time.UnixMilli(h.At))/waitShare)
}

// paused is the objective of runs that wait.
func (f Freshness) paused() time.Duration { return cmp.Or(f.PausedRuns, DefaultFreshness().PausedRuns) }
