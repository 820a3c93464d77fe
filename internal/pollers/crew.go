package pollers

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"artery/internal/events"

	"golang.org/x/sync/errgroup"
)

// crew is the jobs of one tenant: those of the tenant itself, which always run, and those of its watched projects, which
// come and go. A set of projects goes in (want), jobs come out (jobs); which projects belong to the set is the roster's to
// say, and when a job polls is the clock's.
type crew struct {
	collector *Collector
	tenant    *Tenant
	scopes    *scopes
	roster    *roster
	watch     *watch
	wide      *wide
	start     func(*unit) // starts the jobs of a unit; nil until the collector runs

	changing sync.Mutex // held while the set changes: one change at a time
	mu       sync.Mutex
	units    []*unit // the tenant's first; guarded by mu
}

// unit is the jobs of one project, or of the tenant ("").
type unit struct {
	project string
	jobs    []*job
	stop    func() // returns when the rounds under way have ended; nil while the jobs do not run
}

func newCrew(c *Collector, t *Tenant) *crew {
	w := &crew{collector: c, tenant: t, scopes: newScopes(c.Options, t, keeperOf(c.Options, c.keeping)), roster: newRoster(t.Projects)}
	w.watch = newWatch(c.Metrics.trust(c.Slog, t.Name, c.Metrics.filterTrusted,
		"open runs are looked at by lists filtered by status: they agree with the lists of all pipelines",
		"a list filtered by status is wrong, open runs are looked at project by project"))
	w.wide = newWide(c.Metrics.trust(c.Slog, t.Name, c.Metrics.wideTrusted,
		"the pipelines of all projects are listed at once: that agrees with the lists of each",
		"a list of the pipelines of all projects is wrong, each project is listed by itself"))
	w.units = []*unit{w.unit("")}
	w.want(t.Projects.IDs)
	return w
}

// unit makes the jobs of one project, or of the tenant.
func (w *crew) unit(project string) *unit {
	u, memo := &unit{project: project}, newMemo()
	for _, p := range All() {
		if (p.Per == PerTenant) != (project == "") || p.spec(w.tenant) == Off {
			continue
		}
		j := &job{crew: w, poller: p, tenant: w.tenant, project: project, scopes: w.scopes, memo: memo, due: make(chan struct{}, 1)}
		j.schedule()
		u.jobs = append(u.jobs, j)
	}
	return u
}

// jobs are all jobs that there are now.
func (w *crew) jobs() (all []*job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, u := range w.units {
		all = append(all, u.jobs...)
	}
	return all
}

// after are the jobs that a round of a poller wakes: of the scopes to which it has brought events.
func (w *crew) after(poller string, scopes map[string]bool) []*job {
	return slices.DeleteFunc(w.jobs(), func(j *job) bool { return !scopes[j.scope()] || !slices.Contains(j.poller.After, poller) })
}

// projects are the watched ones.
func (w *crew) projects() (all []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, u := range w.units[1:] {
		all = append(all, u.project)
	}
	return all
}

// jobsOf are the jobs of one poller.
func (w *crew) jobsOf(poller string) []*job {
	return slices.DeleteFunc(w.jobs(), func(j *job) bool { return j.poller.Name != poller })
}

// want makes the watched projects those of the set: the jobs of new ones start; those of the others stop, their rounds under
// way write what they have seen, and what is stored stays.
func (w *crew) want(projects []string) {
	w.changing.Lock()
	defer w.changing.Unlock()
	w.mu.Lock()
	var started, stopped []*unit
	units := w.units[:1:1]
	for _, u := range w.units[1:] {
		if slices.Contains(projects, u.project) {
			units = append(units, u)
		} else {
			stopped = append(stopped, u)
		}
	}
	for _, p := range projects {
		if !slices.ContainsFunc(units, func(u *unit) bool { return u.project == p }) {
			started = append(started, w.unit(p))
			units = append(units, started[len(started)-1])
		}
	}
	w.units = units
	w.mu.Unlock()

	log, m := w.collector.Slog.With("tenant", w.tenant.Name), w.collector.Metrics
	for _, u := range started {
		if w.start != nil {
			w.start(u)
		}
		m.projectChanges.WithLabelValues(w.tenant.Name, "started").Inc()
		if w.tenant.Projects.Discover {
			log.Info("a project is watched", "project", u.project)
		}
	}
	for _, u := range stopped {
		if u.stop != nil {
			u.stop()
		}
		m.stopped(w.tenant.Name, u.project)
		log.Warn("a project is not in the list any more, or not chosen, and no longer watched; what is stored of it stays", "project", u.project)
	}
	m.projects.WithLabelValues(w.tenant.Name).Set(float64(len(units) - 1))
}

// recall reads from the log which projects were discovered before.
func (w *crew) recall(ctx context.Context) error {
	if !w.tenant.Projects.Discover {
		return nil
	}
	if _, err := w.scopes.get(events.TenantScope).begin(ctx); err != nil {
		return fmt.Errorf("reading the projects of tenant %s from the log: %w", w.tenant.Name, err)
	}
	w.follow()
	return nil
}

// follow makes the watched projects those that the roster takes of the known ones.
func (w *crew) follow() {
	if !w.tenant.Projects.Discover {
		return
	}
	var projects []string
	w.scopes.get(events.TenantScope).look(func(k Known) { projects = w.roster.projects(k) })
	w.want(projects)
}

// checkSchedules refuses a schedule before anything runs, also one of a project that is yet to be found.
func (w *crew) checkSchedules() error {
	for _, p := range All() {
		if err := ParseSchedule(p.spec(w.tenant)); err != nil {
			return fmt.Errorf("scheduling %s of tenant %s: %w", p.Name, w.tenant.Name, err)
		}
	}
	return nil
}

// run starts the jobs. The projects that an earlier process discovered are known before the first sweep; a log that can not
// be read does not keep the tenant's own jobs from trying.
func (w *crew) run(ctx context.Context, g *errgroup.Group) {
	w.start = func(u *unit) { u.run(ctx, g, w.collector) }
	w.changing.Lock() // the first jobs to run may already change the set
	for _, u := range w.units {
		w.start(u)
	}
	w.changing.Unlock()
	g.Go(func() error { return w.watchBudget(ctx) })
	g.Go(func() error { return w.scopes.keeper.run(ctx) })
	g.Go(func() error {
		if err := w.recall(ctx); err != nil && ctx.Err() == nil {
			w.collector.Slog.Warn("the projects are known after the next poll of their list", "tenant", w.tenant.Name, "err", err)
		}
		return nil
	})
}

// run makes the jobs due, unless they are to wait for their first tick, and runs each in a goroutine of its own.
func (u *unit) run(ctx context.Context, g *errgroup.Group, c *Collector) {
	ctx, cancel := context.WithCancel(ctx)
	var loops sync.WaitGroup
	for _, j := range u.jobs {
		if !j.poller.Later {
			j.wake(c.Now())
		}
		loops.Add(1)
		g.Go(func() error {
			defer loops.Done()
			return c.loop(ctx, j)
		})
	}
	u.stop = func() {
		cancel()
		loops.Wait()
	}
}
