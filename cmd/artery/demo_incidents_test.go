package main

import (
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
)

// Each incident of the demo lies between a release of its service and the remedy, and there are both kinds of remedies.
func TestDemoIncidents(t *testing.T) {
	now := time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC)
	o := codeartstest.DemoOptions(1, now)
	o.Now = func() time.Time { return now }
	truth := codeartstest.New(o).Truth(now)
	remedies := map[string]codeartstest.RunTruth{}
	for _, r := range truth.Runs {
		remedies["demo-"+r.ID] = r
	}
	all := demoIncidents(truth)
	hotfixes, open := 0, 0
	for _, i := range all {
		r := remedies[i.ID]
		if !i.StartedAt.Before(r.Start) || i.Service == "" || i.StartedAt.Before(now.Add(-o.History)) {
			t.Errorf("%+v of run %+v", i, r)
		}
		if i.ResolvedAt == nil {
			open++
		} else if !i.ResolvedAt.Equal(r.End) {
			t.Errorf("%+v ends with %s", i, r.End)
		}
		if r.Change.TargetBranch != "main" {
			hotfixes++
		}
	}
	if len(all) < 10 || hotfixes == 0 || hotfixes == len(all) || open == len(all) {
		t.Errorf("%d incidents, %d of them mended by a hotfix, %d open", len(all), hotfixes, open)
	}
}
