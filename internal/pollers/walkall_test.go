package pollers

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// TestTenantLists: one list of all projects takes the place of one for each where the server does what it seems to, and saves most of
// the calls. A server that does something else is found out; nothing is lost, invented, or called missing.
func TestTenantLists(t *testing.T) {
	for _, c := range few([]struct {
		name    string
		quirk   codeartstest.Quirk
		lists   func(sim http.Handler, rw http.ResponseWriter, r *http.Request) // answers a list of several projects
		trusted bool
		most    int64 // lists in 40 minutes, those by status apart
	}{
		// 4 projects of 4 pipelines: a list of all each minute, and of each every ten, is 56, and each alone 160. In between are rounds
		// in which something has been seen since the list of all was asked for, so that a project is asked for alone.
		{"as documented", "", nil, true, 120},
		{"rows of other projects too", codeartstest.QuirkForeignRows, nil, true, 120},
		// 3 rows a page: 6 pages each minute and 4 x 2 every ten minutes, 272, for 320.
		{"small pages", codeartstest.QuirkSmallPages, nil, true, 300},
		{"each list is of all projects", codeartstest.QuirkAnyProject, nil, true, 120},
		{"only the project of the path counts", codeartstest.QuirkPathOnly, nil, false, 200},
		{"it is refused", "", func(_ http.Handler, rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(http.StatusBadRequest)
			io.WriteString(rw, `{"error_code":"DEVPIPE.00011400","error_msg":"too many projects"}`)
		}, false, 200},
		{"it finds nothing", "", func(_ http.Handler, rw http.ResponseWriter, _ *http.Request) {
			io.WriteString(rw, `{"offset":0,"limit":100,"total":0,"pipelines":[]}`)
		}, false, 200},
		{"it is of five minutes ago", "", minutesAgo(5), false, 200},
		{"it lacks a few", "", func(sim http.Handler, rw http.ResponseWriter, r *http.Request) {
			halfAPage(sim, rw, r, func(n int) int { return n - 2 })
		}, false, 200},
		{"it breaks off", "", func(_ http.Handler, rw http.ResponseWriter, _ *http.Request) {
			io.WriteString(rw, `{"offset":0,"limit":100,"total":`)
		}, false, 200},
	}) {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var lists atomic.Int64
				lies := c.lists != nil
				w := newWorld(t, codeartstest.Options{
					Seed: 1, Origin: instant, History: 24 * time.Hour, Projects: 4, Pipelines: 16, RunsPerDay: 40, LiveRunsPerHour: 120,
					Quirks: []codeartstest.Quirk{c.quirk},
				}, func(sim http.Handler) http.Handler {
					return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
						body, _ := io.ReadAll(r.Body)
						r.Body = io.NopCloser(bytes.NewReader(body))
						list := strings.HasSuffix(r.URL.Path, "/pipelines/list") && !bytes.Contains(body, []byte(`"status"`))
						if list {
							lists.Add(1)
						}
						if list && lies && !bytes.Contains(body, []byte(`"project_id"`)) {
							c.lists(sim, rw, r)
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
				wide, wrong := w.collector.crews[0].wide, 0
				wide.say = func(trusted bool, _ string) {
					if !trusted {
						wrong++
					}
				}
				ctx, cancel := context.WithTimeout(t.Context(), 40*time.Minute)
				defer cancel()
				if err := w.collector.Run(ctx); err != nil {
					t.Error(err)
				}
				if relied, _ := wide.before(); c.trusted && (!relied || wrong > 0) || !c.trusted && wrong == 0 {
					t.Errorf("lists of all projects are relied on: %v, and were found to be wrong %d times", relied, wrong)
				}
				if n := lists.Load(); n > c.most {
					t.Errorf("%d lists in 40 minutes, want %d at most", n, c.most)
				}
				w.everyMinute()
				lies = false
				w.clock.forward(30 * time.Minute) // retried old runs are found by reading all records again
				w.quiet()
				w.equalsTruth()
				w.neverBackwards()
				w.wantGone()
			})
		})
	}
}

// everyMinute: the log says of each project that its list was seen as a whole, minute by minute.
func (w *world) everyMinute() {
	w.Helper()
	last := map[string]time.Time{}
	for _, r := range w.log.Records() {
		key, err := events.ParseSubject(r.Subject)
		if err != nil || key.Kind != events.Poll {
			continue
		}
		p := record(w.T, r)
		if p.Poller != "pipelines" || !p.Last || !p.Complete {
			continue
		}
		var body struct {
			StartedAt time.Time `json:"started_at"`
		}
		if err := json.Unmarshal(r.Body, &body); err != nil {
			w.Fatal(err)
		}
		if before := last[key.Scope]; !before.IsZero() && body.StartedAt.Sub(before) > 2*time.Minute+10*time.Second {
			w.Errorf("the list of %s was seen at %s, and not before %s again", key.Scope, before, body.StartedAt)
		}
		last[key.Scope] = body.StartedAt
	}
	for _, project := range w.projects {
		if at := last[project]; w.clock.now().Sub(at) > 2*time.Minute {
			w.Errorf("the list of %s was seen at %s the last time, it is %s", project, at, w.clock.now())
		}
	}
}
