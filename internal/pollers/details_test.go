package pollers

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// TestPoisonDetail: one run whose detail is no JSON does not keep the others from being fetched.
func TestPoisonDetail(t *testing.T) {
	var poison string
	asked := 0
	w, _, runs := scripted(t, 30, func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/detail") && r.URL.Query().Get("pipeline_run_id") == poison {
				asked++
				io.WriteString(rw, `<html>`)
				return
			}
			sim.ServeHTTP(rw, r)
		})
	})
	poison = runs[29].ID // the newest: it is asked for first
	w.quiet()
	if details, _ := w.last(events.RunDetail); len(details) != 29 {
		t.Errorf("%d details are stored, want 29", len(details))
	}
	if asked != 1 {
		t.Errorf("the poison was asked for %d times", asked)
	}
	records, _ := w.oddRecords()
	for _, r := range records {
		if string(r.Raw) != "<html>" || r.RowKind != events.RunDetail || r.API != "RunDetail" || len(records) != 1 {
			t.Errorf("the poison is kept as %q of %s and %s", r.Raw, r.RowKind, r.API)
		}
	}
	if len(records) == 0 {
		t.Error("the poison is not kept")
	}
	if n := count(t, w.metrics.oddRows.WithLabelValues("acme", "run_detail")); n != 1 {
		t.Errorf("%v odd rows are counted", n)
	}
}

// TestRefusedDetails: details that were refused for a time are fetched when they are given again, by the same process. They are
// not asked for all the time meanwhile.
func TestRefusedDetails(t *testing.T) {
	w, _, _ := scripted(t, 3, nil)
	detail := string(codeartstest.APIDetail)
	w.sim.Inject(codeartstest.APIDetail, codeartstest.Fault{Kind: codeartstest.FaultStatus, Status: http.StatusForbidden, Code: "DEVPIPE.00011301", Times: -1})
	w.quiet()
	for _, step := range []struct {
		after time.Duration
		calls int
	}{{time.Minute, 0}, {58 * time.Minute, 0}, {time.Minute, 3}, {time.Hour, 0}, {59 * time.Minute, 0}} {
		w.clock.forward(step.after)
		if n := w.calls(func() { w.once() })[detail]; n != step.calls {
			t.Errorf("%d details are asked for %v later, want %d", n, step.after, step.calls)
		}
	}
	if !w.collector.Progress().Done() {
		t.Errorf("progress %+v: what is refused has been asked for", w.collector.Progress())
	}
	w.sim.Heal()
	w.clock.forward(time.Minute)
	w.quiet()
	w.equalsTruth()
	if details, _ := w.last(events.RunDetail); len(details) != 3 {
		t.Errorf("%d details are stored, want 3", len(details))
	}
}

// TestDroppedDetails: details of a round that was dropped are fetched again.
func TestDroppedDetails(t *testing.T) {
	w, _, _ := scripted(t, 5, nil)
	w.log.Fault = func(b events.Batch) (bool, error) {
		if b.Record.Poller == "details" && len(b.Events) > 0 {
			w.log.Fault = nil
			return false, events.ErrStale
		}
		return false, nil
	}
	if err := w.collector.RunOnce(t.Context()); !errors.Is(err, errSuperseded) {
		t.Fatalf("got %v", err)
	}
	w.quiet()
	w.equalsTruth()
}

// TestPreferredDetails: when history is read, the details of runs that the tenant prefers come before those of newer ones.
func TestPreferredDetails(t *testing.T) {
	var mu sync.Mutex
	var asked []string // run ids
	w := newWorld(t, codeartstest.Options{Seed: 1}, func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/detail") {
				mu.Lock()
				asked = append(asked, r.URL.Query().Get("pipeline_run_id"))
				mu.Unlock()
			}
			sim.ServeHTTP(rw, r)
		})
	})
	project := w.sim.World().AddProject("Alpha")
	w.projects = w.sim.World().ProjectIDs()
	build, deploy := w.addPipeline(project, "build"), w.sim.World().AddPipeline(codeartstest.PipelineSpec{
		ProjectID: project, Name: "deploy", Created: instant.AddDate(0, -6, 0), Stages: []codeartstest.StageSpec{{Name: "Production", Jobs: []codeartstest.JobSpec{{Name: "Roll out"}}}},
	})
	preferred := map[string]bool{}
	for i := range 60 {
		w.addRun(build, instant.Add(-time.Duration(i+2)*time.Hour), time.Minute, codeartstest.StatusCompleted)
		if i%6 == 0 {
			preferred[w.addRun(deploy, instant.Add(-time.Duration(i+100)*time.Hour), time.Minute, codeartstest.StatusCompleted).ID] = true
		}
	}
	w.start()
	w.collector.Tenants[0].Prefers = func(f RunFacts) bool { return slices.Contains(f.Stages, "Production") && f.PipelineID == deploy }
	w.once()
	w.once()
	if len(asked) < 30 {
		t.Fatalf("%d details are asked for", len(asked))
	}
	for i, run := range asked[:len(preferred)] {
		if !preferred[run] {
			t.Errorf("detail %d of %d is of a run that is not preferred", i, len(asked))
		}
	}
	w.quiet()
	w.equalsTruth()
}
