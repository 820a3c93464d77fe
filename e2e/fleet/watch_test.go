package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"
	"artery/internal/pollers"
	"artery/internal/stream/streamtest"

	"github.com/prometheus/client_golang/prometheus"
)

// ledger is a log that compares what it is told with the truth, at once: weeks of a fleet do not fit into memory twice.
type ledger struct {
	*streamtest.Memory
	world *world

	mu       sync.Mutex
	missing  int      // listings that lacked what is there, or not yet proved to be gone; guarded by mu
	faults   []string // what the log says and is not true; guarded by mu
	invented int      // runs that do not exist; guarded by mu
}

// Append implements pollers.Log.
func (l *ledger) Append(ctx context.Context, b events.Batch) (uint64, error) {
	seq, err := l.Memory.Append(ctx, b)
	if err != nil {
		return seq, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.world.mu.Lock()
	defer l.world.mu.Unlock()
	now := time.Now()
	for _, e := range b.Events {
		switch {
		case e.Key.Kind == events.Pipeline:
			l.pipeline(e, now)
		case e.Key.Kind == events.Run:
			l.run(e, now)
		case e.Op == events.Deleted:
			l.fault("false deletion of %s %s at %s", e.Key.Kind, e.Key.ID, now)
		}
	}
	return seq, nil
}

func (l *ledger) fault(format string, args ...any) {
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

func (l *ledger) pipeline(e events.Event, now time.Time) {
	line := l.world.byID[e.Key.ID]
	if line == nil {
		l.fault("the pipeline %s does not exist", e.Key.ID)
		return
	}
	switch line.op = e.Op; e.Op {
	case events.Missing:
		l.missing++
	case events.Deleted:
		if line.found = now; line.deleted.IsZero() || now.Before(line.deleted) {
			l.fault("false deletion of pipeline %s at %s", e.Key.ID, now)
		}
	}
}

func (l *ledger) run(e events.Event, now time.Time) {
	f := l.world.lives[e.Key.ID]
	if f == nil {
		l.invented++
		return
	}
	switch e.Op {
	case events.Created, events.Restored:
		f.created++
	case events.Deleted:
		l.fault("false deletion of run %s at %s", e.Key.ID, now)
	case events.Expired:
		if kept := time.UnixMilli(f.start).Add(events.Retention); now.Before(kept) {
			l.fault("run %s is called expired at %s, before %s", e.Key.ID, now, kept)
		}
		return
	}
	if f.first == 0 {
		f.first = now.UnixMilli()
	}
	if shown := (state{e.Mark.Parent, e.Mark.Number, e.Mark.Status, e.Mark.From, e.Mark.To}); f.shown != shown {
		f.shown, f.last = shown, now.UnixMilli()
	}
}

// tenant is what the collector calls its tenant.
const tenant = "tenant-0"

// watch is a collector that looks at a world.
type watch struct {
	*testing.T
	world   *world
	log     *ledger
	metrics *prometheus.Registry // of the collector that runs
	ids     ids

	restarts []time.Time // that there were
	stop     func()      // ends the collector

	mu    sync.Mutex
	calls map[string]int // by what they were for; guarded by mu
}

// ids are the names of poll rounds.
type ids struct {
	mu sync.Mutex
	n  int
}

func (i *ids) next() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.n++
	return fmt.Sprint("round-", i.n)
}

// start starts a collector, as a new process that remembers nothing.
func (w *watch) start() {
	w.Helper()
	w.metrics = prometheus.NewRegistry()
	s := w.world.server
	account := s.sim.Options()
	api, err := codearts.New(codearts.Options{
		Tenant: tenant, Region: account.Region,
		Endpoints:  codearts.Endpoints{IAM: "http://iam.test", Pipeline: "http://pipeline.test", Build: "http://build.test", Check: "http://check.test", Repo: "http://repo.test"},
		Auth:       codearts.Auth{Password: &codearts.PasswordAuth{User: account.User, Password: codearts.NewSecret(account.Password), Domain: account.Domain, Project: account.Region}},
		Limits:     codearts.Limits{PerSecond: clientRate, Tenant: clientTotal},
		HTTPClient: &http.Client{Transport: s},
		Observe:    w.called,
	})
	if err != nil {
		w.Fatal(err)
	}
	o := pollers.Options{
		Log: w.log, Now: time.Now, NewID: w.ids.next, Slog: slog.New(slog.DiscardHandler), Metrics: pollers.NewMetrics(w.metrics, "test"),
		Tenants: []pollers.Tenant{{
			Name: tenant, Region: account.Region, DomainID: s.sim.World().TenantID(), Projects: pollers.Projects{IDs: s.projects},
			BuildDomains: []string{s.sim.World().TenantID()}, Zone: "+08:00", API: api, Jitter: pollers.DefaultJitter, Freshness: pollers.DefaultFreshness(),
			Schedules: map[string]string{"projects": pollers.Off, "iam_projects": pollers.Off},
		}},
	}
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan error, 1)
	go func() { done <- pollers.New(o).Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.Error(err)
		}
	}
}

// Calls for open runs are lists by status, questions for the latest runs of a project's pipelines, and those for runs that are not
// the latest of their pipelines.
const statusLists, questions, olderRuns = "status_lists", "questions", "older_runs"

// called counts a call by what it was for.
func (w *watch) called(c codearts.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	class := c.Priority.String()
	switch {
	case c.API == "RunDetail":
		class = "details"
	case c.Priority == codearts.PriorityOpenRuns:
		class = map[string]string{"Pipelines": statusLists, "PipelineStatuses": questions, "PipelineRuns": olderRuns}[c.API]
	}
	w.calls[class]++
}

// run lets the world live from its beginning to its end, and the collector that was started look. It is started anew now and
// then.
func (w *watch) run(restarts []time.Time) {
	for at := w.world.begin.Add(time.Hour); ; at = at.Add(time.Hour) {
		plan := at.Add(-time.Minute)
		for len(restarts) > 0 && restarts[0].Before(plan) {
			time.Sleep(time.Until(restarts[0]))
			w.stop()
			w.restarts = append(w.restarts, time.Now())
			w.start()
			restarts = restarts[1:]
		}
		if plan.After(w.world.end) {
			break
		}
		time.Sleep(time.Until(plan))
		w.world.hour(at)
		if plan.Sub(w.world.begin)%(24*time.Hour) > 23*time.Hour { // for whoever waits, or does not
			w.Log(judge(plan, w).line(w.world.end.Sub(w.world.begin)))
		}
	}
	time.Sleep(time.Until(w.world.end))
	w.stop()
}
