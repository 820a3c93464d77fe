package pollers

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// discovering is a world of the given projects, each with a pipeline of its name, that are discovered. front, if any, stands
// before the simulator.
func discovering(t *testing.T, choice Projects, front func(http.Handler) http.Handler, names ...string) (w *world, ids map[string]string) {
	t.Helper()
	w, ids = newWorld(t, codeartstest.Options{Seed: 1}, front), map[string]string{}
	for _, name := range names {
		ids[name] = w.sim.World().AddProject(name)
		w.addPipeline(ids[name], name)
	}
	choice.Discover = true
	w.projects = nil
	w.start()
	w.choose(choice)
	return w, ids
}

// choose makes the collector anew with another choice of projects.
func (w *world) choose(choice Projects) {
	w.collector.Tenants[0].Projects = choice
	w.collector = New(w.collector.Options)
}

// watched are the names of the projects whose pollers run, the last ones of those that are gone.
func (w *world) watched() (names []string) {
	known := map[string]string{}
	for _, at := range []time.Time{instant, w.clock.now()} {
		for _, p := range w.sim.Truth(at).Projects {
			known[p.ID] = p.Name
		}
	}
	for _, j := range w.collector.crews[0].jobsOf("gates") {
		names = append(names, known[j.project])
	}
	slices.Sort(names)
	return names
}

func (w *world) wantWatched(names ...string) {
	w.Helper()
	if got := w.watched(); !slices.Equal(got, names) {
		w.Errorf("watched are %q, want %q", got, names)
	}
}

// TestDiscovery: what the list shows is polled, what is new too, and a name is an event.
func TestDiscovery(t *testing.T) {
	w, ids := discovering(t, Projects{}, nil, "Alpha", "Beta")
	w.wantWatched()
	w.quiet()
	w.wantWatched("Alpha", "Beta")
	w.equalsTruth()
	gamma := w.sim.World().CreateProject("Gamma", w.clock.now().Add(time.Minute))
	pipeline := w.addPipeline(gamma, "Gamma")
	w.sim.World().RenameProject(ids["Alpha"], "Alef", w.clock.now().Add(2*time.Minute))
	w.want(w.once())
	w.clock.forward(2 * time.Minute)
	w.want(w.once(), "_tenant project "+gamma+" created", "_tenant project "+ids["Alpha"]+" changed", gamma+" gate check.review-data created",
		gamma+" pipeline "+pipeline+" created")
	w.wantWatched("Alef", "Beta", "Gamma")
	w.quiet()
	w.equalsTruth()
	projects, _ := w.last(events.Project)
	w.number("projects", len(projects), 3)
	for _, p := range w.sim.Truth(w.clock.now()).Projects {
		w.field(p.Name, projects[p.ID], "project_name", p.Name)
		w.field(p.Name, projects[p.ID], "created_time", p.Created)
	}
	if iam, scopes := w.last(events.IAMProject); len(iam) != 1 || len(scopes) != 1 {
		t.Errorf("IAM projects %v in the scopes %v", iam, scopes)
	}
	if n := count(t, w.metrics.projectChanges.WithLabelValues("acme", "started")); n != 3 {
		t.Errorf("%v projects are counted as started", n)
	}
}

// TestDiscoveryAfterRestart: the log says which projects there are, while the list of projects can not be had.
func TestDiscoveryAfterRestart(t *testing.T) {
	var down atomic.Bool
	w, _ := discovering(t, Projects{Exclude: []*regexp.Regexp{regexp.MustCompile("^Sand")}}, listDown(&down), "Alpha", "Beta", "Sandbox")
	w.quiet()
	w.wantWatched("Alpha", "Beta")
	down.Store(true)
	choice := w.collector.Tenants[0].Projects
	w.start()
	w.choose(choice)
	w.wantWatched()
	if err := w.collector.RunOnce(t.Context()); err == nil {
		t.Error("the list of projects was there")
	}
	w.wantWatched("Alpha", "Beta")
	for _, j := range w.collector.crews[0].jobsOf("gates") {
		before := len(w.log.Records())
		w.clock.forward(time.Minute)
		w.sim.World().SetGate(j.project, w.clock.now(), nil)
		if err := w.collector.poll(t.Context(), j); err != nil {
			t.Error(err)
		}
		w.want(w.changes(before), j.project+" gate check.review-data changed")
	}
}

// listDown makes the list of projects fail while down is set.
func listDown(down *atomic.Bool) func(http.Handler) http.Handler {
	return func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if down.Load() && r.URL.Path == "/v4/projects" {
				http.Error(rw, `{"error_code":"APIGW.0602","error_msg":"Backend unavailable."}`, http.StatusServiceUnavailable)
				return
			}
			sim.ServeHTTP(rw, r)
		})
	}
}

// TestJoined: of the account's own projects, one that it leaves is left after two sweeps, and watched again when it is back.
// Nothing is called deleted.
func TestJoined(t *testing.T) {
	w, ids := discovering(t, Projects{Joined: true}, nil, "Alpha", "Beta", "Gamma")
	world := w.sim.World()
	world.SetMember(ids["Gamma"], instant.Add(-time.Hour), false)
	w.quiet()
	w.wantWatched("Alpha", "Beta")
	var log strings.Builder
	w.collector.Slog = slog.New(slog.NewTextHandler(&log, nil))
	world.SetMember(ids["Beta"], w.clock.now().Add(time.Minute), false)
	world.SetMember(ids["Beta"], w.clock.now().Add(time.Hour), true)
	before := len(w.log.Records())
	for sweep := range 3 {
		w.clock.forward(5 * time.Minute)
		if err := w.collector.RunOnce(t.Context()); err != nil && sweep > 0 {
			t.Error(err)
		}
		if sweep == 0 {
			w.wantWatched("Alpha", "Beta")
		} else {
			w.wantWatched("Alpha")
		}
	}
	w.want(w.changes(before))
	if !strings.Contains(log.String(), "no longer watched") || !strings.Contains(log.String(), "project="+ids["Beta"]) {
		t.Errorf("the log says\n%s", &log)
	}
	if n := count(t, w.metrics.projectChanges.WithLabelValues("acme", "stopped")); n != 1 {
		t.Errorf("%v projects are counted as stopped", n)
	}
	w.clock.forward(time.Hour)
	w.want(w.once())
	w.wantWatched("Alpha", "Beta")
	w.check()
}

// TestEmptyList: an account that sees no project any more has lost its rights, not its projects.
func TestEmptyList(t *testing.T) {
	w, ids := discovering(t, Projects{Joined: true}, nil, "Alpha", "Beta")
	w.quiet()
	for _, id := range ids {
		w.sim.World().SetMember(id, instant.Add(time.Second), false)
	}
	before := len(w.log.Records())
	for range 4 {
		w.clock.forward(5 * time.Minute)
		w.collector.RunOnce(t.Context()) // the projects refuse
	}
	w.wantWatched("Alpha", "Beta")
	w.want(w.changes(before))
}

// TestDiscoveryRuns follows a running collector: a first discovery that fails stops nothing else, a new project is polled
// without a restart, one that is gone is not polled any more, and everything ends with the collector.
func TestDiscoveryRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		var delta string
		var asked atomic.Int32 // of a project that goes
		w, ids := discovering(t, Projects{}, func(sim http.Handler) http.Handler {
			h := listDown(&down)(sim)
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.String(), delta) {
					asked.Add(1)
				}
				h.ServeHTTP(rw, r)
			})
		}, "Alpha", "Beta", "Delta")
		delta = ids["Delta"]
		done := make(chan error)
		ctx, stop := context.WithCancel(t.Context())
		go func() { done <- w.collector.Run(ctx) }()
		forward := func(minutes int) {
			for range minutes * 60 {
				time.Sleep(time.Second)
				w.clock.forward(time.Second)
			}
			synctest.Wait()
		}
		forward(4)
		w.wantWatched()
		if repositories := w.polls("repositories"); len(repositories) == 0 {
			t.Error("the tenant's own pollers wait for the projects")
		}
		if w.collector.Progress().Done() {
			t.Error("all is fetched, and no project is known")
		}
		down.Store(false)
		forward(2)
		w.wantWatched("Alpha", "Beta", "Delta")
		gamma := w.sim.World().CreateProject("Gamma", w.clock.now())
		w.addPipeline(gamma, "Gamma")
		w.sim.World().DeleteProject(delta, w.clock.now())
		forward(6)
		w.wantWatched("Alpha", "Beta", "Delta", "Gamma")
		if bodies, scopes := w.last(events.Pipeline); len(bodies) != 4 || !slices.Contains(slices.Collect(maps.Values(scopes)), gamma) {
			t.Errorf("the new project's pipeline is not there: %v", scopes)
		}
		forward(5)
		w.wantWatched("Alpha", "Beta", "Gamma")
		before := asked.Load()
		forward(20)
		if before == 0 || asked.Load() != before {
			t.Errorf("the project that is gone was asked for %d times while it was watched, and %d times later", before, asked.Load()-before)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		w.check()
	})
}
