package pollers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"

	"golang.org/x/sync/errgroup"
)

// Tenant is one CodeArts account that is watched.
type Tenant struct {
	Name         string // names the tenant in subjects and rows
	Region       string
	DomainID     string // account id
	Projects     Projects
	BuildDomains []string // account ids whose build state is asked for
	Zone         string   // of zone-less times, a fixed offset such as +08:00
	API          *codearts.Client
	Depth        Depth
	Logs         Logs
	Schedules    map[string]string // cron spec per poller; "off" switches it off
	Jitter       time.Duration     // the longest delay of a tick; each job has one of its own, always the same
	Freshness    Freshness
	// Prefers chooses runs that have not failed, whose details come before those of the others; nil chooses none.
	Prefers func(RunFacts) bool
	// Confirmed says until when the listings of a poller are believed however much they lack.
	Confirmed map[string]time.Time
}

// Options are what a Collector is made of.
type Options struct {
	Log     Log
	Tenants []Tenant
	Now     func() time.Time
	NewID   func() string // of poll rounds, unique among all collectors; called concurrently
	Slog    *slog.Logger
	Metrics *Metrics
}

// Collector runs the pollers of every tenant.
type Collector struct {
	Options
	keeping chan struct{} // holds one while a checkpoint is made
	mu      sync.Mutex
	crews   []*crew // one for each tenant, in the order of Tenants; guarded by mu
}

// GCPercent is how much the heap of a collector may grow before it is collected, in percent. What a collector knows of a million
// runs is 200 MB without pointers: looking through it costs nearly nothing, and as much again in garbage costs a container.
const GCPercent = 50

// New plans the jobs. It starts nothing.
func New(o Options) *Collector {
	c := &Collector{Options: o, keeping: make(chan struct{}, 1)}
	for i := range o.Tenants {
		c.crews = append(c.crews, newCrew(c, &o.Tenants[i]))
	}
	o.Metrics.oldestDue.collector.Store(c)
	return c
}

// Run polls every tenant until ctx ends.
func (c *Collector) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, t := range c.Tenants {
		g.Go(func() error { return c.RunTenant(ctx, t.Name) })
	}
	return g.Wait()
}

// RunTenant polls one tenant until ctx ends: everything once at the start, then by schedule. The order within a job is: the
// scope is known, CodeArts is asked, the differences are appended, and only then is anything believed. It may be called
// again when it has returned, and then reads anew what others have written to the log meanwhile.
func (c *Collector) RunTenant(ctx context.Context, name string) error {
	w, err := c.enlist(name)
	if err != nil {
		return err
	}
	if err := w.checkSchedules(); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	w.run(ctx, g)
	g.Go(func() error { return w.drive(ctx) })
	defer c.Metrics.left(name)
	return g.Wait()
}

// enlist makes a new crew for a tenant in the place of the one that has polled it before.
func (c *Collector) enlist(name string) (*crew, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.Tenants {
		if c.Tenants[i].Name != name {
			continue
		}
		if c.crews[i].start != nil {
			c.crews[i] = newCrew(c, &c.Tenants[i])
		}
		return c.crews[i], nil
	}
	return nil, fmt.Errorf("polling tenant %s: there is no such tenant", name)
}

// hands are the crews of all tenants.
func (c *Collector) hands() []*crew {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.crews)
}

func (c *Collector) loop(ctx context.Context, j *job) error {
	defer j.late.stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-j.due:
		}
		j.late.began(c.Now())
		err := c.poll(ctx, j)
		good := err == nil || errors.Is(err, errResting)
		j.late.ended(good)
		if !good && ctx.Err() == nil {
			c.report(j, err)
		}
	}
}

// report logs a failed round, once, here. The next tick tries again.
func (c *Collector) report(j *job, err error) {
	log := c.Slog.With("tenant", j.tenant.Name, "project", j.project, "poller", j.poller.Name, "err", err)
	if errors.Is(err, errSuperseded) {
		log.Info("round dropped, polling again at the next tick")
		return
	}
	log.Warn("poll failed, polling again at the next tick")
}

// stopGrace bounds the last append of a round that was under way when the collector was stopped.
const stopGrace = 5 * time.Second

// poll is one round of a job. What was seen before an error is written all the same; it is only no complete sweep.
func (c *Collector) poll(ctx context.Context, j *job) (err error) {
	started := c.Now()
	j.began.Store(started.UnixNano())
	held := 0
	defer func() {
		now := c.Now()
		j.ended(started, now, err == nil)
		c.Metrics.polled(j, started, now, held, err)
	}()
	if j.memo.resting(j.poller.Name, started) {
		j.good.Store(true) // nothing is missing that could be had
		return errResting
	}
	home, every := j.scopes.get(j.scope()), j.timer.every(started)
	p := &Pass{
		API: j.tenant.API.As(j.poller.Calls), Tenant: j.tenant, Project: j.project, Now: started, Every: every, lead: j.lead(),
		Log:    c.Slog.With("tenant", j.tenant.Name, "project", j.project, "poller", j.poller.Name),
		poller: j.poller, dueAgain: func() bool { return len(j.due) > 0 }, roster: j.crew.roster, watch: j.crew.watch, wide: j.crew.wide, siblings: j.siblings, watched: j.crew.projects, scopes: j.scopes, home: home, memo: j.memo, now: c.Now,
		seen: map[string][]events.Snapshot{}, wrote: map[string]bool{},
		sweep: events.Sweep{Poller: j.poller.Name, Kinds: j.poller.Kinds, Every: every.Seconds(), Started: started},
	}
	if p.generations, err = j.scopes.begin(ctx, home); err != nil {
		return err
	}
	pollErr := j.poller.Poll(ctx, p)
	p.mu.Lock()
	if pollErr != nil {
		p.sweep.Complete = false
		p.sweep.Errors++
	}
	held = p.sweep.Held
	p.mu.Unlock()
	if ctx.Err() != nil { // stopped: what was seen is still written
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
		defer cancel()
	}
	resting := p.rests(j.poller.Name, pollErr)
	if resting {
		pollErr = nil
	}
	if !resting || p.sweep.Pages > 0 {
		pollErr = errors.Join(pollErr, p.finish(ctx))
	}
	if slices.Contains(j.poller.Kinds, events.Project) {
		j.crew.follow() // also after an error: what is known of the projects is now read from the log
	}
	if pollErr != nil {
		return pollErr
	}
	j.good.Store(true)
	if resting {
		return errResting
	}
	for _, next := range j.crew.after(j.poller.Name, p.wrote) {
		next.wake(c.Now())
	}
	return nil
}

// RunOnce polls everything once, in the order of the table, and stops at the first error. It is Run without a clock, for
// tests and one-shot tools; what a round needs of a later one comes with the next RunOnce.
func (c *Collector) RunOnce(ctx context.Context) error {
	for _, w := range c.hands() {
		if err := w.recall(ctx); err != nil {
			return err
		}
		for _, p := range All() {
			for _, j := range w.jobsOf(p.Name) {
				select {
				case <-j.due: // this is the round
				default:
				}
				if err := c.poll(ctx, j); err != nil && !errors.Is(err, errResting) {
					return fmt.Errorf("polling %s of %s: %w", j.poller.Name, j.scope(), err)
				}
			}
		}
	}
	return nil
}
