package pollers

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
	"artery/internal/stream/streamtest"
)

// scripted is a world of one project with a pipeline "main" of one stage, which has had n runs, an hour apart and a minute
// long, the last of them an hour ago.
func scripted(t *testing.T, n int, front func(http.Handler) http.Handler) (w *world, pipeline string, runs []codeartstest.Run) {
	t.Helper()
	w = newWorld(t, codeartstest.Options{Seed: 1}, front)
	script := w.sim.World()
	project := script.AddProject("Alpha")
	w.projects = script.ProjectIDs()
	pipeline = w.addPipeline(project, "main")
	for i := range n {
		runs = append(runs, w.addRun(pipeline, instant.Add(time.Duration(i-n)*time.Hour), time.Minute, codeartstest.StatusFailed))
	}
	w.start()
	return w, pipeline, runs
}

func (w *world) addPipeline(project, name string) string {
	return w.sim.World().AddPipeline(codeartstest.PipelineSpec{
		ProjectID: project, Name: name, Created: instant.AddDate(0, -6, 0), Stages: []codeartstest.StageSpec{{Name: "Build", Jobs: []codeartstest.JobSpec{{Name: "Build"}}}},
	})
}

// addRun adds a run of one stage; a length of 0 never ends.
func (w *world) addRun(pipeline string, start time.Time, length time.Duration, status string) codeartstest.Run {
	stage := codeartstest.StageAttempt{Start: start, Status: status}
	if length > 0 {
		stage.End = start.Add(length)
	}
	return w.sim.World().AddRun(codeartstest.Run{PipelineID: pipeline, Start: start, Stages: []codeartstest.StageAttempt{stage}})
}

func (w *world) want(got []string, want ...string) {
	w.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.Errorf("changes %q\nwant    %q", got, want)
	}
}

func TestOnlyWhatChanged(t *testing.T) {
	w, pipeline, _ := scripted(t, 3, nil)
	p := w.projects[0]
	w.addPipeline(p, "never ran")
	w.quiet()
	next := w.addRun(pipeline, instant.Add(30*time.Second), 5*time.Minute, codeartstest.StatusCompleted)
	w.want(w.once())
	w.clock.forward(time.Minute)
	w.want(w.once(), p+" run "+next.ID+" created")
	w.clock.forward(time.Minute)
	w.want(w.once())
	w.clock.forward(10 * time.Minute)
	w.want(w.once(), p+" run "+next.ID+" changed", p+" run_detail "+next.ID+" created")
	w.sim.World().SetGate(p, w.clock.now(), []codeartstest.GateItem{})
	w.want(w.once(), p+" gate check.review-data changed")
	w.want(w.once())
	w.equalsTruth()
}

// TestRetry: an old run is retried under its own id while a newer run exists. No listing of the latest runs shows it.
func TestRetry(t *testing.T) {
	w, _, runs := scripted(t, 3, nil)
	w.quiet()
	old := runs[0]
	w.clock.forward(time.Hour)
	retry := w.clock.now().Add(-10 * time.Minute)
	old.Stages = append(old.Stages, codeartstest.StageAttempt{Start: retry, End: retry.Add(time.Minute), Status: codeartstest.StatusCompleted})
	w.sim.World().AddRun(old)
	w.want(w.once())
	w.clock.forward(6 * time.Hour) // the period of the default schedule
	w.once()                       // the reconcile comes after the details in the table
	w.once()
	w.equalsTruth()
	details, _ := w.last(events.RunDetail)
	if details[old.ID]["status"] != codeartstest.StatusCompleted {
		t.Errorf("the detail of the retried run says %v", details[old.ID]["status"])
	}
	if calls := w.calls(func() { w.want(w.once()) }); calls[string(codeartstest.APIRuns)] != 0 || calls[string(codeartstest.APIDetail)] != 0 {
		t.Errorf("right after the reconcile: %v", calls)
	}
}

// TestGap: several runs between two polls, one of which is over and one of which still goes on when its successor is seen.
func TestGap(t *testing.T) {
	w, pipeline, _ := scripted(t, 2, nil)
	w.quiet()
	for i, length := range []time.Duration{time.Minute, 40 * time.Minute, time.Minute, 2 * time.Minute} {
		w.addRun(pipeline, instant.Add(time.Duration(i)*time.Minute), length, codeartstest.StatusCompleted)
	}
	w.clock.forward(20 * time.Minute)
	calls := w.calls(w.quiet)
	w.equalsTruth()
	if n := calls[string(codeartstest.APIRuns)]; n < 1 || n > 4 {
		t.Errorf("the gap took %d calls", n)
	}
	w.clock.forward(time.Hour) // the one that went on is over: it is seen though it is not the latest
	w.quiet()
	w.equalsTruth()
}

func TestFailingPage(t *testing.T) {
	pages := 0
	w := newWorld(t, codeartstest.Options{Seed: 1, Projects: 1, Pipelines: 7, RunsPerDay: 10, History: 24 * time.Hour, MaxPipelinePage: 3}, func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/pipelines/list") {
				if pages++; pages == 3 {
					http.Error(rw, `{"error_code":"APIGW.0602","error_msg":"Backend unavailable."}`, http.StatusServiceUnavailable)
					return
				}
			}
			sim.ServeHTTP(rw, r)
		})
	})
	w.start()
	if err := w.collector.RunOnce(t.Context()); err == nil {
		t.Fatal("no error")
	}
	if bodies, _ := w.last(events.Pipeline); len(bodies) != 6 {
		t.Errorf("%d pipelines are stored, want those of the two good pages", len(bodies))
	}
	if polls := w.polls("pipelines"); len(polls) != 1 || polls[0].Complete || polls[0].Errors != 1 || polls[0].Pages != 2 {
		t.Errorf("poll records %+v", polls)
	}
	w.quiet()
	w.clock.forward(time.Minute)
	w.once()
	if polls := w.polls("pipelines"); len(polls) < 2 || !polls[len(polls)-1].Complete || polls[len(polls)-1].Allowed != 1e7 || polls[len(polls)-1].Every != 58 {
		t.Errorf("poll records %+v, want a complete one, which says what the limits of the tenant allow and how often the poller runs", polls)
	}
	w.equalsTruth()
}

// TestForeignRows: a row of another project goes to its owner's scope, and is one event however many projects show it.
func TestForeignRows(t *testing.T) {
	options := codeartstest.TestOptions(1, instant)
	options.Quirks = []codeartstest.Quirk{codeartstest.QuirkForeignRows}
	w := newWorld(t, options, nil)
	w.start()
	w.quiet()
	w.equalsTruth()
	own := 0
	for _, p := range w.sim.Truth(instant).Pipelines {
		if p.ProjectID == w.projects[0] {
			own++
		}
	}
	if first := w.polls("pipelines")[0]; first.Total <= own {
		t.Errorf("a list showed %d rows of %d pipelines: the test proves nothing", first.Total, own)
	}
}

// TestListedElsewhere: a pipeline that its project's list lacks and another project's list shows is not missing. When no list
// shows it any more, it is.
func TestListedElsewhere(t *testing.T) {
	options := codeartstest.TestOptions(1, instant)
	options.Quirks = []codeartstest.Quirk{codeartstest.QuirkForeignRows}
	var own, hidden string // a project's list does not show its pipeline, as a list that is only of what the account has made
	everywhere := false
	w := newWorld(t, options, func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/pipelines/list") || !everywhere && !strings.Contains(r.URL.Path, own) || hidden == "" {
				sim.ServeHTTP(rw, r)
				return
			}
			without(sim, rw, r, hidden)
		})
	})
	own = w.projects[0]
	w.start()
	w.quiet()
	for _, p := range w.sim.Truth(instant).Pipelines {
		if p.ProjectID == own {
			hidden = p.ID // the first of a project is the one that the others show
			break
		}
	}
	for range 5 {
		w.clock.forward(time.Minute)
		if changes := w.once(); slices.ContainsFunc(changes, func(c string) bool { return strings.Contains(c, hidden) }) {
			t.Errorf("%q", changes)
		}
		w.wantGone()
	}
	everywhere = true
	for range 5 {
		w.clock.forward(time.Minute)
		w.once()
	}
	w.wantGone("pipeline " + hidden + " missing") // asked for alone, it is there
	w.check()
}

// without answers a list of pipelines without one of them.
func without(sim http.Handler, rw http.ResponseWriter, r *http.Request, pipeline string) {
	inner := httptest.NewRecorder()
	sim.ServeHTTP(inner, r)
	var page struct {
		Offset    int               `json:"offset"`
		Limit     int               `json:"limit"`
		Total     int               `json:"total"`
		Pipelines []json.RawMessage `json:"pipelines"`
	}
	_ = json.Unmarshal(inner.Body.Bytes(), &page)
	rows := len(page.Pipelines)
	page.Pipelines = slices.DeleteFunc(page.Pipelines, func(raw json.RawMessage) bool { return strings.Contains(string(raw), pipeline) })
	page.Total -= rows - len(page.Pipelines)
	rw.WriteHeader(inner.Code)
	_ = json.NewEncoder(rw).Encode(page)
}

// TestOddRows: rows with wrong types are left out and counted; the others are stored.
func TestOddRows(t *testing.T) {
	w, pipeline, runs := scripted(t, 3, func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			sim.ServeHTTP(answer, r)
			body := answer.Body.String()
			switch {
			case strings.HasSuffix(r.URL.Path, "/pipeline-runs/list"):
				body = strings.Replace(body, `"run_number":2`, `"run_number":"two"`, 1)
			case strings.HasSuffix(r.URL.Path, "/pipeline-group/tree"):
				body = `[{"id":"g","name":"good","children":[{"id":[]}]}]`
			case strings.HasSuffix(r.URL.Path, "/domains-statuses"):
				body = `{"status":"success","error":null,"result":[{"domain_id":"d"},{"domain_id":""}]}`
			case strings.HasSuffix(r.URL.Path, "/tenant/repositories"):
				body = `[{"repository_id":1},{"repository_name":"no id"}]`
				rw.Header().Set("X-Total", "2")
			case strings.HasSuffix(r.URL.Path, "/pipelines/list"):
				body = strings.Replace(body, `"total":1,"pipelines":[`, `"total":2,"pipelines":[{"pipeline_id":{"odd":1}},`, 1)
			}
			answer.Header().Del("X-Total")
			maps.Copy(rw.Header(), answer.Header())
			rw.Header().Del("Content-Length")
			rw.WriteHeader(answer.Code)
			io.WriteString(rw, body)
		})
	})
	w.quiet()
	bodies, _ := w.last(events.Run)
	if len(bodies) != 2 || bodies[runs[1].ID] != nil {
		t.Errorf("%d runs are stored, want the two good ones", len(bodies))
	}
	if coverage, _ := w.last(events.Coverage); coverage[pipeline]["complete"] != true {
		t.Errorf("coverage %v", coverage)
	}
	for poller, kind := range map[string]events.Kind{"pipelines": events.Pipeline, "pipeline_groups": events.PipelineGroup, "build_tenants": events.BuildTenant, "repositories": events.Repository} {
		if polls := w.polls(poller); polls[0].Complete || polls[0].Errors != 1 {
			t.Errorf("a sweep of %s that left a row out says %+v", poller, polls[0])
		}
		if stored, _ := w.last(kind); len(stored) != 1 {
			t.Errorf("the good rows of kind %s: %v", kind, stored)
		}
	}
	for kind, want := range map[events.Kind]float64{events.Run: 1, events.Pipeline: float64(2)} {
		if n := count(t, w.metrics.oddRows.WithLabelValues("acme", string(kind))); n < want {
			t.Errorf("%v odd rows of kind %s are counted", n, kind)
		}
	}
}

// TestQueuedBehindANewerRun: a run that waits in a queue has no start, and a newer run of its pipeline is begun meanwhile. It is
// followed all the same, long before the execution records are read as a whole.
func TestQueuedBehindANewerRun(t *testing.T) {
	var queued string // the run, while it waits
	w, pipeline, _ := scripted(t, 2, func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			sim.ServeHTTP(answer, r)
			maps.Copy(rw.Header(), answer.Header())
			rw.Header().Del("Content-Length")
			rw.WriteHeader(answer.Code)
			var body any
			if queued == "" || json.Unmarshal(answer.Body.Bytes(), &body) != nil {
				rw.Write(answer.Body.Bytes())
				return
			}
			waits(body, queued)
			json.NewEncoder(rw).Encode(body)
		})
	})
	w.quiet()
	w.clock.forward(time.Minute)
	queued = w.addRun(pipeline, w.clock.now().Add(-time.Second), 10*time.Minute, codeartstest.StatusFailed).ID
	w.quiet()
	w.addRun(pipeline, w.clock.now().Add(time.Second), time.Minute, codeartstest.StatusCompleted)
	w.clock.forward(2 * time.Minute)
	w.quiet()
	if runs, _ := w.last(events.Run); runs[queued]["status"] != "QUEUED" || runs[queued]["start_time"] != nil || len(runs) != 4 {
		t.Fatalf("the run is %v of %d", runs[queued], len(runs))
	}
	queued = ""
	w.clock.forward(10 * time.Minute)
	w.quiet()
	w.equalsTruth()
}

// waits makes a run wait in an answer.
func waits(answer any, run string) {
	switch v := answer.(type) {
	case []any:
		for _, e := range v {
			waits(e, run)
		}
	case map[string]any:
		if v["pipeline_run_id"] == run {
			v["status"], v["stage_status_list"] = "QUEUED", []any{}
			delete(v, "start_time")
			delete(v, "end_time")
		}
		for _, e := range v {
			waits(e, run)
		}
	}
}

// TestDeletedPipeline: a pipeline that is gone does not stop what is asked of the others.
func TestDeletedPipeline(t *testing.T) {
	w, pipeline, _ := scripted(t, 2, nil)
	other := w.addPipeline(w.projects[0], "other")
	w.addRun(pipeline, instant.Add(-30*time.Minute), 0, "") // open for ever
	w.addRun(pipeline, instant.Add(-20*time.Minute), 0, "")
	w.addRun(other, instant.Add(-3*time.Hour), time.Minute, codeartstest.StatusCompleted)
	// Seen once by the listing only, then gone: its history is still to be read.
	if err := w.collector.poll(t.Context(), w.collector.crews[0].jobsOf("pipelines")[0]); err != nil {
		t.Fatal(err)
	}
	w.sim.World().DeletePipeline(pipeline, instant.Add(time.Second))
	for range 3 { // first the history, then the gap of the other, then the reconcile
		w.clock.forward(10 * time.Minute)
		w.addRun(other, w.clock.now().Add(-5*time.Minute), time.Minute, codeartstest.StatusCompleted)
		w.addRun(other, w.clock.now().Add(-3*time.Minute), time.Minute, codeartstest.StatusCompleted)
		w.quiet()
		w.clock.forward(6 * time.Hour) // the period of the default schedule
		w.quiet()
	}
	runs, _ := w.last(events.Run)
	for _, r := range w.sim.Truth(w.clock.now()).Runs {
		w.field("run of the other pipeline", runs[r.ID], "status", r.Status)
	}
	if !w.collector.Progress().Done() {
		t.Errorf("progress %+v: nothing is left to fetch", w.collector.Progress())
	}
}

// TestStopped: what a round has seen when the collector is stopped is written.
func TestStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var asked atomic.Int32
	w, _, _ := scripted(t, 50, func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			sim.ServeHTTP(rw, r)
			if strings.HasSuffix(r.URL.Path, "/detail") {
				if asked.Add(1) == 20 {
					stop()
				}
			}
		})
	})
	if err := w.collector.RunOnce(ctx); err == nil {
		t.Fatal("no error")
	}
	if details, _ := w.last(events.RunDetail); len(details) < 10 {
		t.Errorf("%d details are stored of some 20 that were fetched", len(details))
	}
	w.check()
}

// TestLostMembership: a project that shows nothing any more has deleted nothing.
func TestLostMembership(t *testing.T) {
	w, _, _ := scripted(t, 2, nil)
	w.quiet()
	w.sim.World().SetMember(w.projects[0], instant, false)
	before := len(w.log.Records())
	for range 3 {
		w.clock.forward(time.Minute)
		w.collector.RunOnce(t.Context()) // some calls are refused
	}
	w.want(w.changes(before))
}

// roundLog says which appends could be cut off by something else than the end of their round.
type roundLog struct {
	*streamtest.Memory
	t     *testing.T
	round context.Context
}

func (l roundLog) Append(ctx context.Context, b events.Batch) (uint64, error) {
	if ctx.Done() != l.round.Done() {
		l.t.Errorf("the poller %s appends under a context of its own", b.Record.Sweep.Poller)
	}
	return l.Memory.Append(ctx, b)
}

// TestAppendsLastAsLongAsTheirRound: calls side by side end each other when one fails. What another has brought is being
// written then, and an append that is cut off would make the scope unknown and drop the round.
func TestAppendsLastAsLongAsTheirRound(t *testing.T) {
	w := small(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	w.collector = New(func(o Options) Options { o.Log = roundLog{w.log, t, ctx}; return o }(w.collector.Options))
	for range 3 {
		if err := w.collector.RunOnce(ctx); err != nil {
			t.Fatal(err)
		}
		w.clock.forward(time.Minute)
	}
	w.check()
}
