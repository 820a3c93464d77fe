package pollers

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// records stands before the execution records (4.2.7): change may alter what is asked for, and returns what alters the answer,
// nil for nothing. It stands in nobody's way else.
func records(change func(ask map[string]any) func(rw http.ResponseWriter, answer map[string]any)) func(http.Handler) http.Handler {
	return func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/pipeline-runs/list") {
				sim.ServeHTTP(rw, r)
				return
			}
			var ask, answer map[string]any
			text, _ := io.ReadAll(r.Body)
			if err := json.Unmarshal(text, &ask); err != nil {
				panic(err)
			}
			alter := change(ask)
			text, _ = json.Marshal(ask)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
			if alter == nil {
				sim.ServeHTTP(rw, r)
				return
			}
			recorded := httptest.NewRecorder()
			sim.ServeHTTP(recorded, r)
			if err := json.Unmarshal(recorded.Body.Bytes(), &answer); err != nil {
				panic(err)
			}
			alter(rw, answer)
		})
	}
}

// covered fails unless all n runs of the one pipeline are stored, and its coverage says so.
func (w *world) covered(pipeline string, n int) {
	w.Helper()
	stored, _ := w.last(events.Run)
	coverage, _ := w.last(events.Coverage)
	if len(stored) != n || coverage[pipeline]["complete"] != true || coverage[pipeline]["total"] != float64(n) || !w.collector.Progress().Done() {
		w.Errorf("%d of %d runs are stored, coverage %v", len(stored), n, coverage[pipeline])
	}
}

// TestNotFoundOnTheWay: a 404 of something between CodeArts and us does not say that a pipeline has no history.
func TestNotFoundOnTheWay(t *testing.T) {
	broken := true
	w, pipeline, _ := scripted(t, 30, records(func(map[string]any) func(http.ResponseWriter, map[string]any) {
		if !broken {
			return nil
		}
		return func(rw http.ResponseWriter, _ map[string]any) {
			rw.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(rw, "<html>not here</html>")
		}
	}))
	w.once()
	if coverage, _ := w.last(events.Coverage); len(coverage) != 0 || w.collector.Progress().Done() {
		t.Errorf("nothing has been read; coverage %v", coverage)
	}
	broken = false
	w.once()
	w.covered(pipeline, 30)
}

// TestRowLeavesWindow: of 150 runs one leaves the window between its two pages, as an old run does that is retried. The 101st is
// the 100th then, and on neither page.
func TestRowLeavesWindow(t *testing.T) {
	left := false
	w, pipeline, _ := scripted(t, 150, records(func(ask map[string]any) func(http.ResponseWriter, map[string]any) {
		if ask["offset"] != 100. || left {
			return nil
		}
		left, ask["offset"] = true, 101
		return func(rw http.ResponseWriter, answer map[string]any) {
			answer["offset"], answer["total"] = 100, 149
			_ = json.NewEncoder(rw).Encode(answer)
		}
	}))
	w.once()
	if !left {
		t.Fatal("there was no second page")
	}
	w.covered(pipeline, 150)
}

// TestResume: a backfill that was stopped goes on where it was; no stored page is asked for again.
func TestResume(t *testing.T) {
	pages := 0
	w := newWorld(t, codeartstest.Options{Seed: 1, MaxRunPage: 10}, func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/pipeline-runs/list") {
				if pages++; pages == 3 {
					http.Error(rw, `{"error_code":"APIGW.0602","error_msg":"Backend unavailable."}`, http.StatusServiceUnavailable)
					return
				}
			}
			sim.ServeHTTP(rw, r)
		})
	})
	pipeline := w.addPipeline(w.sim.World().AddProject("Alpha"), "main")
	w.projects = w.sim.World().ProjectIDs()
	for i := range 45 {
		w.addRun(pipeline, instant.Add(time.Duration(i-45)*time.Hour), time.Minute, codeartstest.StatusFailed)
	}
	w.start()
	if err := w.collector.RunOnce(t.Context()); err == nil {
		t.Fatal("no error")
	}
	stored, _ := w.last(events.Run)
	coverage, _ := w.last(events.Coverage)
	if len(stored) != 20 || coverage[pipeline]["complete"] != false || coverage[pipeline]["from"] != float64(instant.Add(-20*time.Hour).UnixMilli()) {
		t.Fatalf("%d runs are stored, coverage %v; want the 20 of two pages", len(stored), coverage[pipeline])
	}
	w.start()
	w.addRun(pipeline, instant.Add(-time.Minute), 10*time.Second, codeartstest.StatusFailed) // one more while nobody looked
	w.addRun(pipeline, instant.Add(-30*time.Second), 10*time.Second, codeartstest.StatusFailed)
	calls := w.calls(w.quiet)
	w.equalsTruth()
	// 26 rows below the second page, the overlapping one included, and 2 in the gap above.
	if n := calls[string(codeartstest.APIRuns)]; n != 3+1 {
		t.Errorf("%d calls for the rest of the history and the gap, want 4", n)
	}
}

// TestGapsWhileReadingBack: a run that began and ended between two looks is read at once, also of a pipeline that was read back in
// part, or not yet; what was read back of it stays read.
func TestGapsWhileReadingBack(t *testing.T) {
	broken := true
	w := newWorld(t, codeartstest.Options{Seed: 1, MaxRunPage: 10}, records(func(ask map[string]any) func(http.ResponseWriter, map[string]any) {
		if !broken || ask["offset"] != 20. {
			return nil
		}
		return func(rw http.ResponseWriter, _ map[string]any) { rw.WriteHeader(http.StatusServiceUnavailable) }
	}))
	project := w.sim.World().AddProject("Alpha")
	w.projects = w.sim.World().ProjectIDs()
	poll := func(poller string, want int) (err error) {
		t.Helper()
		w.clock.forward(time.Minute)
		n := w.calls(func() { err = w.collector.poll(t.Context(), w.collector.crews[0].jobsOf(poller)[0]) })[string(codeartstest.APIRuns)]
		if n != want || err != nil && !broken {
			t.Errorf("%s: %d calls for execution records, want %d; error %v", poller, n, want, err)
		}
		return err
	}
	partly := w.addPipeline(project, "partly")
	for i := range 45 {
		w.addRun(partly, instant.Add(time.Duration(i-45)*time.Hour), time.Minute, codeartstest.StatusFailed)
	}
	w.start()
	poll("pipelines", 0)
	if err := poll("history", 3); err == nil {
		t.Fatal("the third page can not be read, and there is no error")
	}
	broken = false
	never := w.addPipeline(project, "never")
	w.addRun(never, instant.Add(-time.Hour), time.Minute, codeartstest.StatusFailed)
	poll("pipelines", 0)
	poll("gaps", 0)
	hidden := map[string]codeartstest.Run{}
	for _, pipeline := range []string{partly, never} {
		hidden[pipeline] = w.addRun(pipeline, w.clock.now().Add(time.Second), 2*time.Second, codeartstest.StatusFailed)
		w.addRun(pipeline, w.clock.now().Add(5*time.Second), time.Hour, codeartstest.StatusFailed)
	}
	poll("pipelines", 0)
	poll("gaps", 2)
	runs, _ := w.last(events.Run)
	coverage, _ := w.last(events.Coverage)
	for pipeline, run := range hidden {
		if runs[run.ID] == nil || coverage[pipeline]["complete"] != (pipeline == never) {
			t.Errorf("the run that no list shows: %v; its pipeline is covered as %v", runs[run.ID], coverage[pipeline])
		}
	}
	if from := coverage[partly]["from"]; from != float64(instant.Add(-20*time.Hour).UnixMilli()) {
		t.Errorf("20 runs were read back, and the coverage begins at %v", from)
	}
	poll("gaps", 0)
	poll("history", 3) // 26 rows below the second page, the overlapping one included
	poll("history", 0)
	w.quiet()
	w.equalsTruth()
}
