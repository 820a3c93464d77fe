package pollers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// equalsTruth compares the last state of every entity in the log with what is true at CodeArts.
func (w *world) equalsTruth() {
	w.Helper()
	truth := w.sim.Truth(w.clock.now())
	w.pipelines(truth)
	w.runs(truth)
	w.inventory(truth)
	if w.Failed() {
		w.FailNow()
	}
}

// field compares one field of a body; a zero time is null.
func (w *world) field(what string, body map[string]any, name string, want any) {
	w.Helper()
	switch v := want.(type) {
	case time.Time:
		want = nil
		if !v.IsZero() {
			want = float64(v.UnixMilli())
		}
	case int:
		want = float64(v)
	}
	got := body[name]
	if text, isText := got.(string); isText && slices.Contains(w.sim.Options().Quirks, codeartstest.QuirkTextTimes) {
		if ms, err := strconv.ParseFloat(text, 64); err == nil && strings.HasSuffix(name, "_time") && name != "op_time" { // that is a text without the quirk
			got = ms
		}
	}
	if got != want {
		w.Errorf("%s: %s is %v, the truth is %v", what, name, got, want)
	}
}

func (w *world) number(what string, got, want int) {
	w.Helper()
	if got != want {
		w.Errorf("the log has %d %s, the truth %d", got, what, want)
	}
}

func (w *world) pipelines(truth codeartstest.Truth) {
	w.Helper()
	bodies, scopes := w.last(events.Pipeline)
	w.number("pipelines", len(bodies), len(truth.Pipelines))
	for _, p := range truth.Pipelines {
		w.field(p.Name, bodies[p.ID], "name", p.Name)
		w.field(p.Name, bodies[p.ID], "create_time", p.Created)
		w.field(p.Name, bodies[p.ID], "is_publish", p.IsPublish)
		if scopes[p.ID] != p.ProjectID {
			w.Errorf("pipeline %s is in the scope %s, not in that of its project %s", p.Name, scopes[p.ID], p.ProjectID)
		}
	}
	coverage, _ := w.last(events.Coverage)
	for _, p := range truth.Pipelines {
		if p.Kept > 0 && coverage[p.ID]["complete"] != true {
			w.Errorf("the history of %s is covered as %v", p.Name, coverage[p.ID])
		}
	}
}

func (w *world) runs(truth codeartstest.Truth) {
	w.Helper()
	bodies, scopes := w.last(events.Run)
	details, _ := w.last(events.RunDetail)
	kept, over := 0, 0
	for _, r := range truth.Runs {
		if r.Expired {
			if bodies[r.ID] != nil { // it was seen in time
				kept++
			}
			continue
		}
		kept++
		body, name := bodies[r.ID], fmt.Sprintf("run %d of %s", r.Number, r.PipelineID)
		w.field(name, body, "pipeline_id", r.PipelineID)
		w.field(name, body, "run_number", r.Number)
		w.field(name, body, "status", r.Status)
		w.field(name, body, "start_time", r.Start)
		w.field(name, body, "end_time", r.End)
		stages, _ := body["stage_status_list"].([]any)
		w.number("stages of "+name, len(stages), len(r.Stages))
		for i, s := range r.Stages {
			if i < len(stages) {
				w.field(name, stages[i].(map[string]any), "status", s.Status)
				w.field(name, stages[i].(map[string]any), "name", s.Name)
			}
		}
		if scopes[r.ID] != r.ProjectID {
			w.Errorf("%s is in the scope %s, not in that of its project %s", name, scopes[r.ID], r.ProjectID)
		}
		if !terminal(r.Status) {
			continue
		}
		over++
		w.field("detail of "+name, details[r.ID], "id", r.ID)
		w.field("detail of "+name, details[r.ID], "status", r.Status)
		w.field("detail of "+name, details[r.ID], "end_time", r.End)
		w.field("detail of "+name, details[r.ID], "run_number", r.Number)
	}
	w.number("runs", len(bodies), kept)
	if len(details) < over { // one of a run that was retried may be from before
		w.Errorf("the log has %d details, %d runs are over", len(details), over)
	}
}

func (w *world) inventory(truth codeartstest.Truth) {
	w.Helper()
	repositories, scopes := w.last(events.Repository)
	w.number("repositories", len(repositories), len(truth.Repositories))
	for _, r := range truth.Repositories {
		id := strconv.FormatInt(r.ID, 10)
		w.field(r.Name, repositories[id], "repository_name", r.Name)
		w.field(r.Name, repositories[id], "capacity", r.SizeMB)
		if scopes[id] != events.TenantScope {
			w.Errorf("repository %s is in the scope %q", r.Name, scopes[id])
		}
	}
	gates, _ := w.last(events.Gate)
	w.number("gates", len(gates), len(truth.Gates))
	for _, g := range truth.Gates {
		scope := g.ProjectID
		if scope == "" {
			scope = events.TenantScope
		}
		result, _ := gates[scope]["result"].(map[string]any)
		info, _ := result["review_info"].([]any)
		if info == nil {
			info, _ = gates[scope]["review_info"].([]any)
		}
		w.number("items of the gate of "+scope, len(info), len(g.Items))
		for i, item := range g.Items {
			if i < len(info) {
				w.field("gate of "+scope, info[i].(map[string]any), "name", item.Name)
				w.field("gate of "+scope, info[i].(map[string]any), "value", item.Value)
			}
		}
	}
	tenants, _ := w.last(events.BuildTenant)
	known := 0
	for _, b := range truth.BuildTenants {
		if b.DomainID == truth.TenantID { // the only one that is asked for
			known++
			w.field("build tenant", tenants[b.DomainID], "status", b.Status)
		}
	}
	w.number("build tenants", len(tenants), known)
	for kind, want := range map[events.Kind][]codeartstest.GroupTruth{events.PipelineGroup: truth.PipelineGroups, events.BuildGroup: truth.BuildGroups} {
		groups, scopes := w.last(kind)
		w.number(string(kind)+"s", len(groups), len(want))
		for _, g := range want {
			w.field(g.Name, groups[g.ID], "name", g.Name)
			w.field(g.Name, groups[g.ID], "path_id", g.PathID)
			if _, ok := groups[g.ID]["children"]; ok || scopes[g.ID] != g.ProjectID {
				w.Errorf("group %s is in the scope %s with the body %v", g.Name, scopes[g.ID], groups[g.ID])
			}
		}
	}
}

func TestTruth(t *testing.T) {
	w := small(t)
	w.quiet()
	w.equalsTruth()
	if p := w.collector.Progress(); !p.Done() || p.Pipelines == 0 || p.Over == 0 || p.Detailed != p.Over || p.Failed == 0 || p.Logged != p.Failed || p.Covered != p.Pipelines {
		t.Errorf("progress %+v", p)
	}
	for _, poller := range []string{"pipelines", "repositories", "gates", "tenant_gate", "pipeline_groups", "build_groups", "build_tenants"} {
		polls := w.polls(poller)
		if len(polls) == 0 || !polls[0].Complete || polls[0].Errors != 0 || polls[0].Calls == 0 || polls[0].Total == 0 {
			t.Errorf("the rounds of %s: %+v", poller, polls)
		}
	}
	// The world lives on, and is seen in all its states at the end of each step.
	for step := range 12 {
		w.clock.forward(time.Duration(1+step*7) * time.Minute)
		w.quiet()
		w.equalsTruth()
	}
}

// TestRestart: nothing that is stored is asked for again, and nothing that is known is written again.
func TestRestart(t *testing.T) {
	w := small(t)
	w.quiet()
	for i := range 3 {
		if i == 2 {
			w.start()
		}
		records := len(w.log.Records())
		calls := w.calls(func() {
			if changes := w.once(); len(changes) != 0 {
				t.Errorf("nothing happened, and still: %q", changes)
			}
		})
		if calls[string(codeartstest.APIDetail)] != 0 || calls[string(codeartstest.APIRuns)] > openOlder(w) || calls[string(codeartstest.APIPipelines)] > len(w.projects)+1 { // a list by status is tried once
			t.Errorf("calls %v", calls)
		}
		if i < 2 && len(w.log.Records()) != records {
			t.Errorf("%d empty rounds within a minute", len(w.log.Records())-records)
		}
	}
	w.equalsTruth()
}

// openOlder counts the pipelines with an open run that is not their latest: their windows have to be asked for each time.
func openOlder(w *world) (n int) {
	for _, s := range w.projects {
		st, err := w.log.Restore(w.Context(), "acme", s)
		if err != nil {
			w.Fatal(err)
		}
		n += len(planActive(indexRuns(st.Heads), func(string) bool { return true }, w.clock.now()).older)
	}
	return n
}
