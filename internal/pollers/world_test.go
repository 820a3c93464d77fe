package pollers

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"artery/internal/codearts"
	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
	"artery/internal/stream/streamtest"

	"github.com/prometheus/client_golang/prometheus"
)

// direct hands requests to a handler without a network, so that a test may run on a clock of its own (testing/synctest).
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// ticking is a clock that a test moves. It may also go on with the clock of the process.
type ticking struct {
	mu    sync.Mutex
	at    time.Time
	since time.Time // of the process's clock, when at was set; zero: the clock stands
}

func (c *ticking) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() {
		return c.at
	}
	return c.at.Add(time.Since(c.since))
}

// run lets the clock go on.
func (c *ticking) run() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since = time.Now()
}

func (c *ticking) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is a simulated CodeArts, a log in memory, and a collector between them, all on one clock.
type world struct {
	*testing.T
	clock     *ticking
	sim       *codeartstest.Tenant
	log       *streamtest.Memory
	api       *codearts.Client
	projects  []string
	ids       ids
	collector *Collector
	metrics   *Metrics
	schedules map[string]string    // of the tenant
	confirmed map[string]time.Time // of the tenant
	depth     Depth                // of the tenant
}

// newWorld makes a world of simulator options whose clock stands at their origin. front, if any, stands between client and
// simulator.
func newWorld(t *testing.T, o codeartstest.Options, front func(http.Handler) http.Handler) *world {
	t.Helper()
	if o.Origin.IsZero() {
		o.Origin = instant
	}
	w := &world{T: t, clock: &ticking{at: o.Origin}, log: streamtest.NewMemory(), ids: ids{name: "poll"}}
	o.Now, o.RecordRequests = w.clock.now, true
	w.sim, w.log.Now = codeartstest.New(o), w.clock.now
	var handler http.Handler = w.sim
	if front != nil {
		handler = front(handler)
	}
	w.api = w.client(direct{handler}, 1)
	w.projects = w.sim.World().ProjectIDs()
	return w
}

// client is a client of the simulator over a transport, with so many attempts for a call.
func (w *world) client(transport http.RoundTripper, attempts int) *codearts.Client {
	w.Helper()
	o := w.sim.Options()
	api, err := codearts.New(codearts.Options{
		Tenant: "acme", Region: o.Region,
		Endpoints:  codearts.Endpoints{IAM: "http://iam.test", Pipeline: "http://pipeline.test", Build: "http://build.test", Check: "http://check.test", Repo: "http://repo.test", Projectman: "http://projectman.test"},
		Auth:       codearts.Auth{Password: &codearts.PasswordAuth{User: o.User, Password: codearts.NewSecret(o.Password), Domain: o.Domain, Project: o.Region}},
		Limits:     codearts.Limits{PerSecond: 1e6, Burst: 1e6, Tenant: 1e7},
		HTTPClient: &http.Client{Transport: transport}, Attempts: attempts, Now: w.clock.now,
	})
	if err != nil {
		w.Fatal(err)
	}
	return api
}

// few are the cases of a long test that are tried with the race detector (make race gives -short): the first and the last. It looks at
// what happens at once, which is alike in all of them, and makes each seven times as long. Without it all are tried (make whole).
func few[T any](cases []T) []T {
	if testing.Short() && len(cases) > 2 {
		return []T{cases[0], cases[len(cases)-1]}
	}
	return cases
}

// small is the small generated world.
func small(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, codeartstest.TestOptions(1, instant), nil)
	w.start()
	return w
}

// start makes a new collector on the log, as after a restart.
func (w *world) start() {
	w.metrics = NewMetrics(prometheus.NewRegistry(), "test")
	w.collector = New(Options{
		Log: w.log, Now: w.clock.now, NewID: w.ids.next, Slog: silent, Metrics: w.metrics,
		Tenants: []Tenant{{
			Name: "acme", Region: "eu-west-101", DomainID: w.sim.World().TenantID(), Projects: Projects{IDs: w.projects},
			BuildDomains: []string{w.sim.World().TenantID()}, Zone: "+08:00", API: w.api,
			Schedules: w.schedules, Confirmed: w.confirmed, Depth: w.depth, Freshness: Freshness{PausedRuns: 1}, // every round looks at what has not just been looked at
		}},
	})
}

// once polls everything once and returns the changes that it brought, "scope kind id op" sorted.
func (w *world) once() []string {
	w.Helper()
	before := len(w.log.Records())
	if err := w.collector.RunOnce(w.Context()); err != nil {
		w.Fatal(err)
	}
	return w.changes(before)
}

// changes lists the events after the first n records.
func (w *world) changes(n int) (out []string) {
	w.Helper()
	for _, r := range w.log.Records()[n:] {
		key, err := events.ParseSubject(r.Subject)
		if err != nil {
			w.Fatal(err)
		}
		if key.Kind != events.Poll {
			out = append(out, fmt.Sprintf("%s %s %s %s", key.Scope, key.Kind, key.ID, r.Header[events.HeaderOp][0]))
		}
	}
	slices.Sort(out)
	return out
}

// quiet polls until nothing changes any more, and checks the whole log.
func (w *world) quiet() {
	w.Helper()
	for range 10 {
		if len(w.once()) == 0 {
			w.check()
			return
		}
	}
	w.Fatal("the collector does not come to rest")
}

func (w *world) check() {
	w.Helper()
	for _, err := range events.Check(w.log.Records(), true) {
		w.Error(err)
	}
}

// calls returns how often each API was called by f.
func (w *world) calls(f func()) map[string]int {
	w.sim.ResetCalls()
	f()
	return w.sim.Calls()
}

// last returns the last body of every entity of a kind that is there, over all scopes, by id, and the scope of each.
func (w *world) last(kind events.Kind) (bodies map[string]map[string]any, scopes map[string]string) {
	w.Helper()
	last := map[string][]byte{}
	scopes = map[string]string{}
	err := w.log.Replay(context.Background(), 1, math.MaxUint64, func(r events.Record) error {
		key, err := events.ParseSubject(r.Subject)
		if err != nil || key.Kind != kind {
			return err
		}
		id := key.ID
		if kind == events.Gate {
			id = key.Scope // there is one in each
		}
		last[id], scopes[id] = r.Body, key.Scope
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
	bodies = map[string]map[string]any{}
	for id, text := range last {
		var body map[string]any
		if err := json.Unmarshal(text, &body); err != nil {
			w.Fatalf("the body of %s %s: %v", kind, id, err)
		}
		bodies[id] = body
	}
	return bodies, scopes
}

// polls returns the poll records that carry the facts of a poller's sweep, in order.
func (w *world) polls(poller string) (out []events.PollRecord) {
	for _, r := range w.log.Records() {
		if key, _ := events.ParseSubject(r.Subject); key.Kind == events.Poll {
			if p := record(w.T, r); p.Poller == poller && p.Last {
				out = append(out, p)
			}
		}
	}
	return out
}
