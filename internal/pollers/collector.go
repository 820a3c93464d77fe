package pollers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"

	"github.com/robfig/cron/v3"
	"golang.org/x/sync/errgroup"
)

// Tenant is one CodeArts account that is watched.
type Tenant struct {
	Name         string // names the tenant in subjects and rows
	Region       string
	DomainID     string   // account id
	Projects     []string // CodeArts project ids
	BuildDomains []string // account ids whose build state is asked for
	Zone         string   // of zone-less times, a fixed offset such as +08:00
	API          *codearts.Client
	Schedules    map[string]string // cron spec per poller; "off" switches it off
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
	jobs []*job
}

// job is one poller for one project or tenant. One goroutine at a time runs it.
type job struct {
	poller  Poller
	tenant  *Tenant
	project string
	scopes  *scopes
	memo    *memo
	due     chan struct{} // capacity 1: ticks that come while it runs are one tick
	after   []*job        // woken when a round of this one has brought events
	shows   []*job        // jobs that need not look when this one has just looked
	looked  atomic.Int64  // when the last round that shows what this one would began, epoch ns
	good    atomic.Bool   // has had a round without an error
}

// New plans the jobs. It starts nothing.
func New(o Options) *Collector {
	c := &Collector{Options: o}
	for i := range o.Tenants {
		t := &o.Tenants[i]
		set, memos := newScopes(o, t), map[string]*memo{}
		for _, p := range All() {
			if t.Schedules[p.Name] == Off {
				continue
			}
			projects := t.Projects
			if p.Per == PerTenant {
				projects = []string{""}
			}
			for _, project := range projects {
				if memos[project] == nil {
					memos[project] = newMemo()
				}
				c.jobs = append(c.jobs, &job{poller: p, tenant: t, project: project, scopes: set, memo: memos[project], due: make(chan struct{}, 1)})
			}
		}
	}
	for _, j := range c.jobs {
		j.shows = append(j.shows, j)
		for _, other := range c.jobs {
			if other.tenant != j.tenant || other.project != j.project {
				continue
			}
			if slices.Contains(other.poller.After, j.poller.Name) {
				j.after = append(j.after, other)
			}
			if slices.Contains(other.poller.Seen, j.poller.Name) {
				j.shows = append(j.shows, other)
			}
		}
	}
	return c
}

// Off is the schedule of a poller that does not run.
const Off = "off"

// ParseSchedule checks a schedule of the configuration: a cron spec of five fields, @every, @daily and the like, or off.
func ParseSchedule(spec string) error {
	if spec == Off {
		return nil
	}
	if _, err := cron.ParseStandard(spec); err != nil {
		return fmt.Errorf("schedule %q: %w", spec, err)
	}
	return nil
}

// Run polls until ctx ends: everything once at the start, then by schedule. The order within a job is: the scope is known,
// CodeArts is asked, the differences are appended, and only then is anything believed.
func (c *Collector) Run(ctx context.Context) error {
	clock := cron.New(cron.WithLocation(time.UTC))
	for _, j := range c.jobs {
		schedule, err := cron.ParseStandard(j.spec())
		if err != nil {
			return fmt.Errorf("scheduling %s of tenant %s: %w", j.poller.Name, j.tenant.Name, err)
		}
		if every, ok := schedule.(cron.ConstantDelaySchedule); ok && len(j.poller.Seen) > 0 {
			r := rhythm{every.Delay, j.lastLook}
			clock.Schedule(r, cron.FuncJob(func() {
				if r.due(c.Now()) {
					j.wake()
				}
			}))
		} else {
			clock.Schedule(schedule, cron.FuncJob(j.wake))
		}
		if !j.poller.Later {
			j.wake()
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, j := range c.jobs {
		g.Go(func() error { return c.loop(ctx, j) })
	}
	clock.Start()
	defer func() { <-clock.Stop().Done() }()
	return g.Wait()
}

// spec is the job's schedule: the configuration's, or the poller's own.
func (j *job) spec() string {
	if s := j.tenant.Schedules[j.poller.Name]; s != "" {
		return s
	}
	return j.poller.Spec
}

// every is the pause between the two ticks that follow now; 0 for a schedule that Run refuses.
func (j *job) every(now time.Time) time.Duration {
	s, err := cron.ParseStandard(j.spec())
	if err != nil {
		return 0
	}
	next := s.Next(now)
	return s.Next(next).Sub(next)
}

// wake makes the job due. A tick while it is due already, or runs, is not lost and not doubled.
func (j *job) wake() {
	select {
	case j.due <- struct{}{}:
	default:
	}
}

func (c *Collector) loop(ctx context.Context, j *job) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-j.due:
		}
		if err := c.poll(ctx, j); err != nil && !errors.Is(err, errResting) && ctx.Err() == nil {
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
	defer func() { c.Metrics.polled(j, started, c.Now(), err) }()
	home := j.scopes.get(j.scope())
	p := &Pass{
		API: j.tenant.API, Tenant: j.tenant, Project: j.project, Now: started, Every: j.every(started),
		Log:    c.Slog.With("tenant", j.tenant.Name, "project", j.project, "poller", j.poller.Name),
		poller: j.poller, scopes: j.scopes, home: home, memo: j.memo, now: c.Now,
		seen:  map[string][]events.Snapshot{},
		sweep: events.Sweep{Poller: j.poller.Name, Kinds: j.poller.Kinds, Started: started},
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
	p.mu.Unlock()
	if ctx.Err() != nil { // stopped: what was seen is still written
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
		defer cancel()
	}
	if errors.Is(pollErr, errResting) {
		j.good.Store(true) // nothing is missing that could be had
		return pollErr
	}
	if err := errors.Join(pollErr, p.finish(ctx)); err != nil {
		return err
	}
	j.good.Store(true)
	for _, shown := range j.shows {
		shown.looked.Store(max(shown.looked.Load(), started.UnixNano()))
	}
	if p.events > 0 {
		for _, next := range j.after {
			next.wake()
		}
	}
	return nil
}

// lastLook is when the last good round began that shows what this job would look at; the zero time before the first.
func (j *job) lastLook() time.Time {
	if at := j.looked.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

func (j *job) scope() string {
	if j.project == "" {
		return events.TenantScope
	}
	return j.project
}

// RunOnce polls everything once, in the order of the table, and stops at the first error. It is Run without a clock, for
// tests and one-shot tools; what a round needs of a later one comes with the next RunOnce.
func (c *Collector) RunOnce(ctx context.Context) error {
	for _, j := range c.jobs {
		if err := c.poll(ctx, j); err != nil && !errors.Is(err, errResting) {
			return fmt.Errorf("polling %s of %s: %w", j.poller.Name, j.scope(), err)
		}
	}
	return nil
}
