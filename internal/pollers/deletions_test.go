package pollers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// gone lists what the log says is missing, deleted or expired now, "kind id op", without the runs.
func (w *world) gone() (out []string) {
	w.Helper()
	last := map[string]string{}
	for _, r := range w.log.Records() {
		key, err := events.ParseSubject(r.Subject)
		if err != nil {
			w.Fatal(err)
		}
		if key.Kind != events.Poll && key.Kind != events.Run {
			last[fmt.Sprint(key.Scope, key.Kind, key.ID)] = fmt.Sprintf("%s %s %s", key.Kind, key.ID, r.Header[events.HeaderOp][0])
		}
	}
	for _, text := range last {
		if op := events.Op(text[strings.LastIndex(text, " ")+1:]); op.Gone() {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return out
}

func (w *world) wantGone(want ...string) {
	w.Helper()
	w.want(w.gone(), want...)
}

// TestDeletions: what is deleted at CodeArts is deleted in the log, each kind after the sweeps and the time that its proof
// takes, with its last body; and it comes back when CodeArts shows it again.
func TestDeletions(t *testing.T) {
	w := small(t)
	policy := w.sim.Truth(w.clock.now()).OpenSourcePolicies[0] // the only one: a list that turns empty proves nothing
	w.sim.World().SetOpenSourcePolicy(policy.ProjectID, "another", w.clock.now(), codeartstest.User{}, codeartstest.OpenSourcePolicy{Name: "another"})
	w.quiet()
	script, truth, now := w.sim.World(), w.sim.Truth(w.clock.now()), w.clock.now().Add(time.Second)
	pipeline, repository := truth.Pipelines[0].ID, truth.Repositories[0].ID
	group, build := truth.PipelineGroups[len(truth.PipelineGroups)-1].ID, truth.BuildGroups[len(truth.BuildGroups)-1].ID
	script.DeletePipeline(pipeline, now)
	script.DeleteRepository(repository, now)
	script.DeleteGroup(group, now)
	script.DeleteGroup(build, now)
	script.DeleteRule(truth.Rules[0].ID, now)
	script.DeleteTemplate(truth.Templates[0].ID, now)
	script.DeleteOpenSourcePolicy(policy.ID, now)
	script.DeleteRuleSet(truth.RuleSets[0].ID, now)
	look := []string{
		"pipeline " + pipeline, "rule " + truth.Rules[0].ID, "template " + truth.Templates[0].ID,
		"open_source_rule_set " + policy.ID, "rule_set " + truth.RuleSets[0].ID,
	}
	list := []string{"repository " + strconv.FormatInt(repository, 10), "pipeline_group " + group, "build_group " + build}
	say := func(op string, which ...[]string) (out []string) {
		for _, ids := range which {
			for _, id := range ids {
				out = append(out, id+" "+op)
			}
		}
		return out
	}
	bodies, _ := w.last(events.Pipeline)
	for step, want := range [][]string{
		say("missing", look, list),
		append(say("deleted", look), say("missing", list)...),
		append(say("deleted", look), say("missing", list)...), // the third sweep is too soon for those that no call shows
	} {
		w.clock.forward(time.Hour)
		w.once()
		w.wantGone(want...)
		if t.Failed() {
			t.Fatalf("after sweep %d", step+1)
		}
	}
	w.clock.forward(22 * time.Hour) // a day after the first
	w.sim.ResetCalls()
	w.once()
	w.wantGone(say("deleted", look, list)...)
	w.check()
	if after, _ := w.last(events.Pipeline); bodies[pipeline]["name"] == nil || after[pipeline]["name"] != bodies[pipeline]["name"] {
		t.Errorf("the deleted pipeline has the body %v", after[pipeline])
	}
	if p := w.collector.Progress(); !p.Done() {
		t.Errorf("what is deleted is still waited for: %+v", p)
	}
	for _, api := range []codeartstest.API{codeartstest.APIStatuses, codeartstest.APIDetail, codeartstest.APIRuns} {
		for _, call := range w.sim.Requests(api) {
			if strings.Contains(call.Path+call.Body, pipeline) {
				t.Errorf("a deleted pipeline is asked for: %+v", call)
			}
		}
	}
	w.quiet()
	script.DeletePipeline(pipeline, now.AddDate(10, 0, 0))
	script.DeleteRepository(repository, now.AddDate(10, 0, 0))
	w.clock.forward(time.Hour)
	changes := w.once()
	for _, want := range []string{"pipeline " + pipeline + " restored", "repository " + strconv.FormatInt(repository, 10) + " restored"} {
		if !slices.ContainsFunc(changes, func(c string) bool { return strings.HasSuffix(c, want) }) {
			t.Errorf("no %q in %q", want, changes)
		}
	}
	w.quiet()
}

// TestExpiry: a run that CodeArts no longer keeps has expired. Nobody is asked for that, the last body stays, and the newest
// run of a pipeline, which the list shows for ever, is not among them.
func TestExpiry(t *testing.T) {
	w, pipeline, runs := scripted(t, 3, nil)
	w.quiet()
	p := w.projects[0]
	next := w.addRun(pipeline, instant.Add(time.Hour), time.Minute, codeartstest.StatusCompleted)
	w.clock.forward(2 * time.Hour)
	w.quiet()
	once := func() []string { // but for how far is read
		return slices.DeleteFunc(w.once(), func(c string) bool { return strings.Contains(c, " coverage ") })
	}
	w.clock.forward(Retention + expireGrace - 5*time.Hour - time.Minute) // the oldest began three hours before all this
	w.want(once())
	w.clock.forward(time.Minute)
	bodies, _ := w.last(events.Run)
	var changes []string
	calls := w.calls(func() { changes = once() })
	w.want(changes, p+" run "+runs[0].ID+" expired")
	if after, _ := w.last(events.Run); after[runs[0].ID]["status"] != bodies[runs[0].ID]["status"] || calls[string(codeartstest.APIDetail)] != 0 {
		t.Errorf("the expired run is %v; calls %v", after[runs[0].ID], calls)
	}
	w.clock.forward(30 * 24 * time.Hour)
	w.want(once(), p+" run "+runs[1].ID+" expired", p+" run "+runs[2].ID+" expired")
	w.start() // what is expired is known to a new process, and no gap
	if calls := w.calls(func() { w.want(once()) }); calls[string(codeartstest.APIRuns)] > 1 {
		t.Errorf("calls %v", calls)
	}
	w.sim.World().DeletePipeline(pipeline, w.clock.now())
	w.sim.World().AddPipeline(codeartstest.PipelineSpec{ProjectID: p, Name: "another", Created: instant})
	for range 3 {
		w.clock.forward(time.Hour)
		w.once()
	}
	w.clock.forward(24 * time.Hour)
	w.once()
	if k, ok := w.head(p, events.Run, next.ID); !ok || k.Op != events.Expired {
		t.Errorf("the newest run of a deleted pipeline: %+v", k)
	}
	w.check()
}

// head is the last event of an entity.
func (w *world) head(scope string, kind events.Kind, id string) (events.Head, bool) {
	w.Helper()
	st, err := w.log.Restore(w.Context(), "acme", scope)
	if err != nil {
		w.Fatal(err)
	}
	return st.Heads.Get(events.EntityID{Kind: kind, ID: id})
}

// TestLies: for an hour a server says what is not so. Nothing is deleted, the poll records do not call it complete or good,
// and afterwards all is as it was.
func TestLies(t *testing.T) {
	lists := []codeartstest.API{codeartstest.APIPipelines, codeartstest.APIRules, codeartstest.APIRuleSets, codeartstest.APITemplates}
	inject := func(f codeartstest.Fault) func(*world) {
		return func(w *world) {
			f.Times = -1
			for _, api := range lists {
				w.sim.Inject(api, f)
			}
		}
	}
	halve := false
	for _, c := range few([]struct {
		name     string
		begin    func(w *world)
		end      func(w *world)
		complete bool // an answer that agrees with itself is a complete listing, and what it lacks is missing
	}{
		{"total 0", inject(codeartstest.Fault{Kind: codeartstest.FaultEmptyList}), nil, false},
		{"200 with an error", inject(codeartstest.Fault{Kind: codeartstest.FaultErrorCode}), nil, false},
		{"200 with another error", inject(codeartstest.Fault{Kind: codeartstest.FaultErrorNested}), nil, false},
		{"cut off", inject(codeartstest.Fault{Kind: codeartstest.FaultStatus, Status: http.StatusOK, Body: `{"total":1,"pipelines":[{"pipeline_id":`}), nil, false},
		{"membership lost", func(w *world) {
			for _, p := range w.projects {
				w.sim.World().SetMember(p, w.clock.now(), false)
			}
		}, func(w *world) {
			for _, p := range w.projects {
				w.sim.World().SetMember(p, w.clock.now(), true)
			}
		}, false},
		{"half a page", func(*world) { halve = true }, func(*world) { halve = false }, true},
	}) {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, codeartstest.TestOptions(1, instant), func(sim http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if !halve {
						sim.ServeHTTP(rw, r)
						return
					}
					halfAPage(sim, rw, r, half)
				})
			})
			w.start()
			w.quiet()
			polls := len(w.polls("pipelines"))
			c.begin(w)
			for range 60 {
				w.clock.forward(time.Minute)
				for _, j := range w.collector.jobs() {
					_ = w.collector.poll(t.Context(), j) // some fail: that is what they are to do
				}
			}
			for _, p := range w.polls("pipelines")[polls:] {
				if p.Complete && !c.complete || p.Held == 0 && p.Errors == 0 && !c.complete {
					t.Fatalf("a round that was lied to says %+v", p)
				}
			}
			if missing := w.gone(); c.complete != (len(missing) > 0) {
				t.Errorf("at the end of the lies %q", missing)
			}
			w.sim.Heal()
			if c.end != nil {
				c.end(w)
			}
			w.clock.forward(time.Minute)
			w.quiet()
			w.equalsTruth()
			w.wantGone()
			for _, r := range w.log.Records() {
				if op := events.Op(r.Header[events.HeaderOp][0]); op == events.Deleted || op.Gone() && !c.complete {
					t.Errorf("%s was %s", r.Subject, op)
				}
			}
		})
	}
}

// half is how much of a page halfAPage leaves.
func half(n int) int { return n / 2 }

// halfAPage answers a list with the first rows of the right answer, so many of n as keep says, and a total that fits.
func halfAPage(sim http.Handler, rw http.ResponseWriter, r *http.Request, keep func(n int) int) {
	inner := httptest.NewRecorder()
	sim.ServeHTTP(inner, r)
	body := inner.Body.Bytes()
	var page map[string]any
	var bare []any // the list of repositories
	switch {
	case json.Unmarshal(body, &page) == nil && page["total"] != nil:
		for _, name := range []string{"pipelines", "templates", "data"} {
			if rows, ok := page[name].([]any); ok {
				page[name], page["total"] = rows[:keep(len(rows))], keep(len(rows))
			}
		}
		body, _ = json.Marshal(page)
	case json.Unmarshal(body, &bare) == nil && inner.Header().Get("X-Total") != "":
		body, _ = json.Marshal(bare[:keep(len(bare))])
		inner.Header().Set("X-Total", strconv.Itoa(keep(len(bare))))
	}
	inner.Header().Del("Content-Length")
	for name, values := range inner.Header() {
		rw.Header()[name] = values
	}
	rw.WriteHeader(inner.Code)
	_, _ = bytes.NewReader(body).WriteTo(rw)
}
