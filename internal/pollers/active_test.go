package pollers

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// TestStatusLists: lists by status are relied on where they do what they seem to, and save most of the questions. A server whose
// filter does something else is found out; nothing is lost, and nothing invented.
func TestStatusLists(t *testing.T) {
	for _, c := range few([]struct {
		name    string
		quirk   codeartstest.Quirk
		filter  func(sim http.Handler, rw http.ResponseWriter, r *http.Request) // answers a list by status
		trusted bool
	}{
		{"as documented", "", nil, true},
		{"rows of other projects too", codeartstest.QuirkForeignRows, nil, true},
		{"small pages", codeartstest.QuirkSmallPages, nil, true},
		{"the statuses are ignored", codeartstest.QuirkNoFilter, nil, false},
		{"the projects are ignored", codeartstest.QuirkPathOnly, nil, false},
		{"it is refused", "", func(_ http.Handler, rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(http.StatusBadRequest)
			io.WriteString(rw, `{"error_code":"DEVPIPE.00011400","error_msg":"unknown parameter status"}`)
		}, false},
		{"it finds nothing", "", func(_ http.Handler, rw http.ResponseWriter, _ *http.Request) {
			io.WriteString(rw, `{"offset":0,"limit":100,"total":0,"pipelines":[]}`)
		}, false},
		{"it is of five minutes ago", "", minutesAgo(5), false},
	}) {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, codeartstest.Options{
					Seed: 1, Origin: instant, History: 24 * time.Hour, Projects: 4, Pipelines: 16, RunsPerDay: 40, LiveRunsPerHour: 120,
					Quirks: []codeartstest.Quirk{c.quirk},
				}, func(sim http.Handler) http.Handler {
					return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
						body, _ := io.ReadAll(r.Body)
						r.Body = io.NopCloser(bytes.NewReader(body))
						if c.filter != nil && strings.HasSuffix(r.URL.Path, "/pipelines/list") && bytes.Contains(body, []byte(`"status"`)) {
							c.filter(sim, rw, r)
							return
						}
						sim.ServeHTTP(rw, r)
					})
				})
				w.schedules = map[string]string{"reconcile": "@every 30m"}
				w.start()
				w.clock.run()
				w.collector.Tenants[0].Freshness = DefaultFreshness()
				w.collector = New(w.collector.Options)
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
				defer cancel()
				if err := w.collector.Run(ctx); err != nil {
					t.Error(err)
				}
				if got := w.collector.crews[0].watch.worth(w.clock.now()).trusted; got != c.trusted {
					t.Errorf("lists by status are relied on: %v", got)
				}
				if perMinute := w.sim.Calls()[string(codeartstest.APIStatuses)] / 20; (perMinute < 4) != c.trusted {
					t.Errorf("%d questions a minute", perMinute)
				}
				w.clock.forward(30 * time.Minute) // retried old runs are found by reading all records again
				w.quiet()
				w.equalsTruth()
				w.neverBackwards()
			})
		})
	}
}

// TestOutrun: a run that is its pipeline's latest no more is asked for in the round that shows the newer one, by whichever call that is.
func TestOutrun(t *testing.T) {
	for _, c := range []struct {
		name   string
		listed bool // lists by status are relied on
		length time.Duration
		calls  map[codeartstest.API]int
	}{
		{"questions show a newer run", false, time.Hour, map[codeartstest.API]int{codeartstest.APIStatuses: 2, codeartstest.APIRuns: 1}},
		{"a list shows a newer run", true, time.Hour, map[codeartstest.API]int{codeartstest.APIPipelines: 1, codeartstest.APIRuns: 1}},
		{"a question after a list shows a newer run, which is over", true, time.Second, map[codeartstest.API]int{codeartstest.APIPipelines: 1, codeartstest.APIStatuses: 1, codeartstest.APIRuns: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, codeartstest.Options{Seed: 1}, nil)
			pipeline := w.addPipeline(w.sim.World().AddProject("Alpha"), "main")
			w.addRun(w.addPipeline(w.sim.World().AddProject("Beta"), "other"), instant.Add(-time.Minute), 0, codeartstest.StatusCompleted)
			first := w.addRun(pipeline, instant.Add(-time.Minute), 65*time.Second, codeartstest.StatusFailed)
			second := w.addRun(pipeline, instant.Add(10*time.Second), c.length, codeartstest.StatusCompleted)
			w.projects = w.sim.World().ProjectIDs()
			w.start()
			w.quiet()
			w.clock.forward(15 * time.Second)
			w.collector.crews[0].watch.filter.trusted = c.listed
			before := len(w.log.Records())
			calls := w.calls(func() {
				if err := w.collector.poll(t.Context(), w.collector.crews[0].jobsOf("active")[0]); err != nil {
					t.Fatal(err)
				}
			})
			w.want(w.changes(before), w.projects[0]+" run "+first.ID+" changed", w.projects[0]+" run "+second.ID+" created")
			for _, api := range []codeartstest.API{codeartstest.APIPipelines, codeartstest.APIStatuses, codeartstest.APIRuns} {
				if calls[string(api)] != c.calls[api] {
					t.Errorf("%d calls of %s, want %d", calls[string(api)], api, c.calls[api])
				}
			}
		})
	}
}

// minutesAgo answers with the oldest answer to the same question that is younger than so many minutes, as an index does that lags
// behind.
func minutesAgo(minutes int) func(http.Handler, http.ResponseWriter, *http.Request) {
	var answers []*httptest.ResponseRecorder
	var from []time.Time
	return func(sim http.Handler, rw http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		sim.ServeHTTP(answer, r)
		answers, from = append(answers, answer), append(from, time.Now())
		for time.Since(from[0]) > time.Duration(minutes)*time.Minute {
			answers, from = answers[1:], from[1:]
		}
		rw.WriteHeader(answers[0].Code)
		rw.Write(answers[0].Body.Bytes())
	}
}

// neverBackwards: a run that was over is not open again, unless somebody really retried it.
func (w *world) neverBackwards() {
	w.Helper()
	retried, over := map[string]bool{}, map[string]bool{}
	for _, r := range w.sim.Truth(w.clock.now()).Runs {
		retried[r.ID] = r.Tries > 1
	}
	for _, r := range w.log.Records() {
		key, err := events.ParseSubject(r.Subject)
		if err != nil {
			w.Fatal(err)
		}
		if key.Kind != events.Run {
			continue
		}
		var body struct{ Status string }
		if err := json.Unmarshal(r.Body, &body); err != nil {
			w.Fatal(err)
		}
		if !terminal(body.Status) && over[key.ID] && !retried[key.ID] {
			w.Errorf("run %s was over and is %s", key.ID, body.Status)
		}
		over[key.ID] = terminal(body.Status)
	}
}
