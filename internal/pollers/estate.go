package pollers

import (
	"context"
	"time"

	"artery/internal/events"
)

// budgetEvery is how often what is needed is compared with what is allowed.
const budgetEvery = time.Minute

// UsualRunTime is taken for that of a run where no cheap call tells it.
const UsualRunTime = 8 * time.Minute

// openShare is how much of the average of open runs the last look counts: some hours are busier than others.
const openShare = 0.05

// budget compares, while the tenant is polled, what is there with what the limits allow, and says once of each limit that it is
// too low. Only its loop uses it.
type budget struct {
	rounds map[string]float64 // in a day, by poller
	open   float64            // runs at a time, on average; below zero before the first look
	said   map[string]bool    // by API
}

// watchBudget does so until ctx ends.
func (w *crew) watchBudget(ctx context.Context) error {
	rounds, err := w.tenant.rounds()
	if err != nil {
		return nil // Run has refused such schedules
	}
	b := budget{rounds: rounds, open: -1, said: map[string]bool{}}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(budgetEvery):
			w.look(&b)
		}
	}
}

// look compares once.
func (w *crew) look(b *budget) {
	e, open := w.estate()
	if b.open < 0 {
		b.open = float64(open)
	}
	b.open += openShare * (float64(open) - b.open)
	e.RunTime, e.Runs = UsualRunTime, b.open*24*float64(time.Hour)/float64(UsualRunTime)
	allowed := map[string]float64{}
	for _, l := range w.tenant.API.Budgets() {
		allowed[l.API] = 60 * l.Present
	}
	needs := Needs(w.tenant.demands(e, b.rounds))
	w.collector.Metrics.budget(w.tenant.Name, needs, allowed)
	said := map[string]bool{}
	for _, s := range Short(needs, allowed) {
		if said[s.API] = true; !b.said[s.API] {
			w.collector.Slog.Warn("the limits allow fewer calls than the objectives need, polls will be late: raise limits, or ask for less under freshness",
				"tenant", w.tenant.Name, "api", apiName(s.API), "needed_per_minute", s.Needed, "allowed_per_minute", s.Allowed, "late_from", s.Late.String())
		}
	}
	b.said = said
}

// apiName is the name of a limit in logs and metrics.
func apiName(api string) string {
	if api == "" {
		return "all"
	}
	return api
}

// estate counts what is known of the tenant, and its runs that go on now. What has not been read from the log yet is not counted.
func (w *crew) estate() (e Estate, open int) {
	projects := w.projects()
	e.Projects, e.BuildDomains = len(projects), len(w.tenant.BuildDomains)
	for _, p := range projects {
		w.scopes.get(p).look(func(k Known) {
			e.Pipelines += k.heads.Count(events.Pipeline)
			e.ProjectRuleSets += k.heads.Count(events.RuleSet)
			e.ProjectOpenSource += k.heads.Count(events.OpenSourceRuleSet)
			e.Kept += float64(k.heads.Count(events.Run))
			for _, h := range k.runs.open {
				if waiting(h.Mark.Status) {
					e.Waiting++
				} else {
					open++
				}
			}
		})
	}
	w.scopes.get(events.TenantScope).look(func(k Known) {
		e.Listed = k.heads.Count(events.Project)
		e.Repositories, e.Templates = k.heads.Count(events.Repository), k.heads.Count(events.Template)
		e.Rules, e.RuleSets, e.OpenSource = k.heads.Count(events.Rule), k.heads.Count(events.RuleSet), k.heads.Count(events.OpenSourceRuleSet)
		e.Publishers, e.Plugins, e.BasicPlugins = k.heads.Count(events.Publisher), k.heads.Count(events.Plugin), k.heads.Count(events.BasicPlugin)
		e.Optional = k.heads.Count(events.OptionalPlugin)
	})
	return e, open
}
