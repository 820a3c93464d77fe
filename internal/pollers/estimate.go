package pollers

import (
	"fmt"
	"time"

	"artery/internal/codearts"

	"github.com/robfig/cron/v3"
)

// Estate is how much there is of what the pollers of a tenant ask for. What belongs to projects is counted over all that are
// watched, and taken as spread evenly over them.
type Estate struct {
	Projects  int // that are watched
	Listed    int // in the list of projects
	Pipelines int
	Runs      float64       // that begin in a day
	RunTime   time.Duration // of a run on average, without what it waits for somebody
	Waiting   float64       // runs that wait for somebody at a time, on average
	Kept      float64       // runs of the last 90 days
	Failed    float64       // share of the runs that fail
	LogPages  float64       // of 500 lines, that the tail of the log of a failed step takes on average; at least 1

	Repositories, BuildDomains                  int
	Templates, Rules, RuleSets, ProjectRuleSets int
	OpenSource, ProjectOpenSource               int
	Publishers, Plugins, BasicPlugins, Optional int

	detailed   float64       // runs of a day whose detail is fetched
	inside     int           // basic plug-ins whose versions are asked for
	pausedRuns time.Duration // between two looks at one that has waited long: the tenant's objective
}

// Demand is what one poller asks of one API in a day.
type Demand struct {
	Poller, API string
	For         string // what takes a call, in words
	Schedule    string
	Priority    codearts.Priority // of the poller's calls
	Calls       float64
}

// Demands tells the calls that the schedules and the depth of a tenant cost in a day, for each poller and each of the APIs that it calls, in
// the order of All. It is a day after the first start, on which nobody edits a configuration or deletes anything; what
// such a day brings beside that is small, and in the words of the table (asks).
func (t *Tenant) Demands(e Estate) ([]Demand, error) {
	rounds, err := t.rounds()
	if err != nil {
		return nil, err
	}
	return t.demands(e, rounds), nil
}

// rounds are the ticks of each poller in a day. They depend on the schedules alone, and to count those of a cron spec takes
// milliseconds, so who asks again and again keeps them.
func (t *Tenant) rounds() (map[string]float64, error) {
	rounds := map[string]float64{}
	for _, p := range All() {
		n, err := ticksPerDay(p.spec(t))
		if err != nil {
			return nil, fmt.Errorf("counting the rounds of the poller %s: %w", p.Name, err)
		}
		rounds[p.Name] = n
	}
	return rounds, nil
}

func (t *Tenant) demands(e Estate, rounds map[string]float64) (out []Demand) {
	e.pausedRuns = t.Freshness.paused()
	e = t.Depth.of(e)
	table := asks()
	for _, p := range All() {
		for _, a := range table[p.Name] {
			d := Demand{Poller: p.Name, API: a.api, For: a.words, Schedule: p.spec(t), Priority: p.Calls}
			if n := rounds[p.Name]; n > 0 {
				d.Calls = a.calls(e, n, rounds)
			}
			out = append(out, d)
		}
	}
	return out
}

// ticksPerDay is how often a schedule is due in a day, on the average of the four weeks after a Monday.
func ticksPerDay(spec string) (float64, error) {
	const days = 28
	if spec == Off {
		return 0, nil
	}
	schedule, err := cron.ParseStandard(spec)
	if err != nil {
		return 0, fmt.Errorf("schedule %q: %w", spec, err)
	}
	if every, ok := schedule.(cron.ConstantDelaySchedule); ok {
		return float64(24*time.Hour) / float64(every.Delay), nil
	}
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	n := 0
	for at := schedule.Next(from.Add(-time.Second)); !at.IsZero() && at.Before(from.AddDate(0, 0, days)); at = schedule.Next(at) {
		n++
	}
	return float64(n) / days, nil
}
