package e2e

import (
	"net/http"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
)

// A project that somebody creates is watched without a restart; after a restart its pollers run though the list of projects
// can not be had.
func TestDiscovery(t *testing.T) {
	w := newWorld(t, 11, time.Now().Add(-time.Hour), nil)
	a := newApart(t, w.tenant())
	a.start(t)
	seen := []codeartstest.Truth{w.truth()}
	compare(t, a.conn, load, seen...)

	mobile := w.World().CreateProject("Mobile", w.now().Add(time.Minute))
	pipeline := w.World().AddPipeline(codeartstest.PipelineSpec{
		ProjectID: mobile, Name: "app", Created: w.now().Add(2 * time.Minute), Stages: []codeartstest.StageSpec{{Name: "Build", Jobs: []codeartstest.JobSpec{{Name: "Build"}}}},
	})
	run := func() {
		start := w.now().Add(3 * time.Minute)
		w.World().AddRun(codeartstest.Run{PipelineID: pipeline, Start: start, Stages: []codeartstest.StageAttempt{{Start: start, End: start.Add(time.Minute), Status: codeartstest.StatusCompleted}}})
	}
	run()
	w.move(10 * time.Minute)
	seen = append(seen, w.truth())
	compare(t, a.conn, load, seen...)
	if n := metrics(a.collects, "artery_projects_watched")[`artery_projects_watched{tenant="acme"`]; n != "3" {
		t.Errorf("watched are %q projects, want 3", n)
	}

	a.collector.kill(t)
	w.Inject(codeartstest.APIProjects, codeartstest.Fault{Kind: codeartstest.FaultStatus, Status: http.StatusServiceUnavailable, Times: -1})
	run()
	w.move(10 * time.Minute)
	seen = append(seen, w.truth())
	a.collector.start(t)
	compare(t, a.conn, load, seen...)
}
