package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// stopsWithin is how soon the services end when somebody asks them to.
const stopsWithin = 10 * time.Second

// A collector that is interrupted in the middle of the history, and started again, asks for nothing that is stored; and
// when all is stored, a start asks for no history, appends no change event and doubles nothing.
func TestResume(t *testing.T) {
	w := newWorld(t, 5, time.Now().Add(-time.Hour), func(o *codeartstest.Options) {
		o.RunsPerDay, o.MaxRunPage = 150, 10
	})
	tenant := w.tenant()
	tenant["limits"] = map[string]any{"per_second": 500, "tenant": 2000, "per_api": map[string]any{"RunDetail": 200, "PipelineRuns": 20}}
	schedules := tenant["schedules"].(map[string]string)
	schedules["reconcile"] = "off" // it asks for history on purpose
	a := newApart(t, tenant)
	a.start(t)

	eventually(t, "no detail is fetched", time.Minute, func() []string {
		return unless(len(w.Requests(codeartstest.APIDetail)) > 150, "%d details", len(w.Requests(codeartstest.APIDetail)))
	})
	stopQuickly(t, a.collector)
	stored := storedState(t, a.natsURL)
	if len(stored.details) == 0 || len(stored.details) >= len(w.truth().Runs) {
		t.Fatalf("%d of %d details are stored: the interruption was not in the middle", len(stored.details), len(w.truth().Runs))
	}
	w.ResetCalls()
	a.collector.start(t)
	compare(t, a.conn, load, w.truth())
	for _, r := range w.Requests(codeartstest.APIDetail) {
		query, err := url.ParseQuery(r.Query)
		if err != nil {
			t.Fatal(err)
		}
		if id := query.Get("pipeline_run_id"); stored.details[id] {
			t.Errorf("the detail of run %s was stored and is asked for again", id)
		}
	}
	for _, r := range historyRequests(t, w) {
		// The window overlaps by seconds: whether its ends are inclusive is not documented.
		if at, known := stored.reached[r.pipeline]; known && r.to > at+5000 {
			t.Errorf("the history of %s is stored down to %s and is asked for up to %s", r.pipeline, time.UnixMilli(at), time.UnixMilli(r.to))
		}
	}

	drained(t, a)
	stopQuickly(t, a.collector)
	stopQuickly(t, a.loader)
	before := storedEvents(t, a.conn)
	w.ResetCalls()
	a.loader.start(t)
	a.collector.start(t)
	eventually(t, "the second start does not poll", time.Minute, func() []string {
		return unless(polledTwice(a.collects), "%v", metrics(a.collects, "artery_polls_total"))
	})
	if n := len(w.Requests(codeartstest.APIDetail)) + len(historyRequests(t, w)); n != 0 {
		t.Errorf("the second start asks for %d details and history pages that are stored", n)
	}
	if events := metrics(a.collects, "artery_events_total"); len(events) != 0 {
		t.Errorf("the second start finds changes where there are none: %v", events)
	}
	drained(t, a)
	after := storedEvents(t, a.conn)
	for _, r := range after[len(before):] {
		if !strings.HasSuffix(r.Subject, ".poll") {
			t.Errorf("the second start appended %s", r.Subject)
		}
	}
	compare(t, a.conn, time.Minute, w.truth())
	stopQuickly(t, a.collector)
	stopQuickly(t, a.loader)
	checkLog(t, a.conn, a.natsURL)
}

// historyRequest is a question for execution records.
type historyRequest struct {
	pipeline string
	from, to int64
}

// historyRequests are the calls of CodeArts Pipeline API 4.2.7, but for those that look at an open run that is not its
// pipeline's latest: no other call shows it.
func historyRequests(t *testing.T, w *world) []historyRequest {
	t.Helper()
	open := map[string]bool{}
	for _, r := range w.truth().Runs {
		if !over(r.Status) {
			open[fmt.Sprint(r.PipelineID, r.Start.Add(-2*time.Second).UnixMilli())] = true
		}
	}
	var rows []historyRequest
	for _, r := range w.Requests(codeartstest.APIRuns) {
		var body struct {
			From int64 `json:"start_time"`
			To   int64 `json:"end_time"`
		}
		if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
			t.Fatal(err)
		}
		pipeline := strings.Split(r.Path, "/")[5]
		if !open[fmt.Sprint(pipeline, body.From)] {
			rows = append(rows, historyRequest{pipeline, body.From, body.To})
		}
	}
	return rows
}

func stopQuickly(t *testing.T, p *process) {
	t.Helper()
	asked := time.Now()
	p.interrupt(t)
	if took := time.Since(asked); took > stopsWithin {
		t.Errorf("%s took %s to end", p.name, took)
	}
}

// polledTwice says whether every poller had two good rounds and none failed.
func polledTwice(addr string) bool {
	polls := metrics(addr, "artery_polls_total")
	for name, n := range polls {
		rounds, err := strconv.Atoi(n)
		if err != nil || rounds < 2 || !strings.Contains(name, `result="ok"`) {
			return false
		}
	}
	return len(polls) >= 10
}

// logState is what the log holds of history.
type logState struct {
	details map[string]bool  // runs with a stored detail
	reached map[string]int64 // pipeline -> how far back its execution records are stored, epoch milliseconds
}

func storedState(t *testing.T, natsURL string) logState {
	t.Helper()
	s := logState{map[string]bool{}, map[string]int64{}}
	for _, m := range readStream(t, natsURL) {
		key, err := events.ParseSubject(m.Subject)
		if err != nil {
			t.Fatal(err)
		}
		switch key.Kind {
		case events.RunDetail:
			s.details[key.ID] = true
		case events.Coverage:
			var body events.CoverageBody
			if err := json.Unmarshal(m.Data, &body); err != nil {
				t.Fatal(err)
			}
			s.reached[key.ID] = body.From
		}
	}
	return s
}
