package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"artery/internal/codearts/codeartstest"
)

// load bounds the time until a small world is stored, on a busy machine.
const load = 90 * time.Second

// The history of a tenant, and then its life in steps of ten minutes: after each step the tables equal the truth.
func TestTablesEqualTruth(t *testing.T) {
	const steps = 6
	w := newWorld(t, 7, time.Now().Add(-steps*10*time.Minute), func(o *codeartstest.Options) {
		o.Pipelines, o.LiveRunsPerHour = 12, 90
	})
	a := newApart(t, w.tenant())
	a.start(t)
	seen := []codeartstest.Truth{w.truth()}
	compare(t, a.conn, load, seen...)
	for range steps {
		w.move(10 * time.Minute)
		seen = append(seen, w.truth())
		compare(t, a.conn, load, seen...)
	}
	last := seen[len(seen)-1]
	t.Logf("%d runs, %d attempts, %d jobs, %d steps", len(last.Runs), len(last.Attempts), len(last.Jobs), len(last.Steps))
	if !retried(last, seen[:len(seen)-1]) {
		t.Error("no attempt was seen and then superseded: this world does not show what it should")
	}
	findsFaults(t, a.conn, seen)
	saysNoSecret(t, last, a.collects, a.collector)
	saysNoSecret(t, last, a.loads, a.loader)
	a.collector.interrupt(t)
	a.loader.interrupt(t)
	compare(t, a.conn, time.Minute, seen...)
}

// retried says whether an attempt that the API showed earlier has been superseded.
func retried(now codeartstest.Truth, earlier []codeartstest.Truth) bool {
	superseded := map[string]bool{}
	for _, a := range now.Attempts {
		if a.Superseded {
			superseded[fmt.Sprint(a.RunID, a.Position, a.Start)] = true
		}
	}
	for _, truth := range earlier {
		for _, r := range truth.Runs {
			for _, s := range r.Stages {
				if superseded[fmt.Sprint(r.ID, s.Position, s.Start)] {
					return true
				}
			}
		}
	}
	return false
}

// findsFaults proves that the comparison is none of those that always agree: it changes one thing of the truth at a time,
// and the table that holds it must be reported.
func findsFaults(t *testing.T, conn driver.Conn, seen []codeartstest.Truth) {
	t.Helper()
	for _, lie := range []struct {
		table string
		tell  func(*codeartstest.Truth)
	}{
		{"runs", func(v *codeartstest.Truth) { v.Runs[0].Change.Message += "x" }},
		{"runs", func(v *codeartstest.Truth) { v.Runs[5].ExecutorID = "x" }},
		{"stage_attempts", func(v *codeartstest.Truth) { v.Runs[0].Stages[0].Start = v.Runs[0].Stages[0].Start.Add(time.Second) }},
		{"stages", func(v *codeartstest.Truth) { v.Runs[0].Stages[0].ID += "x" }},
		{"jobs", func(v *codeartstest.Truth) { v.Jobs[0].Name += "x" }},
		{"jobs", func(v *codeartstest.Truth) { v.Jobs = v.Jobs[1:] }},
		{"steps", func(v *codeartstest.Truth) { v.Steps[0].End = v.Steps[0].End.Add(time.Millisecond) }},
		{"step_logs", func(v *codeartstest.Truth) { v.Seed++ }},
		{"step_logs", func(v *codeartstest.Truth) {
			v.Steps[failedStep(v)].End = v.Steps[failedStep(v)].End.Add(time.Millisecond)
		}},
		{"pipelines", func(v *codeartstest.Truth) { v.Pipelines[0].Created = time.Time{} }},
		{"repositories", func(v *codeartstest.Truth) { v.Repositories[0].Members++ }},
		{"repository_sizes", func(v *codeartstest.Truth) { v.Repositories[0].SizeMB++ }},
		{"gates", func(v *codeartstest.Truth) { v.Gates[0].Items[1].Enabled = !v.Gates[0].Items[1].Enabled }},
		{"build_tenants", func(v *codeartstest.Truth) { v.BuildTenants = v.BuildTenants[1:] }},
		{"pipeline_groups", func(v *codeartstest.Truth) { v.PipelineGroups[0].Ordinal++ }},
		{"publishers", func(v *codeartstest.Truth) { v.Publishers[0].Value.Available = !v.Publishers[0].Value.Available }},
		{"publisher details", func(v *codeartstest.Truth) { v.Publishers[0].Value.Name += "x" }},
		{"plugins", func(v *codeartstest.Truth) { v.Plugins[0].Value.Referred++ }},
		{"plugin_versions", func(v *codeartstest.Truth) { v.Plugins[0].Versions[0].Updated = time.Time{} }},
		{"plugin parts", func(v *codeartstest.Truth) { v.Plugins[0].Versions[0].Value.Inputs[0].Required = false }},
		{"basic_plugins", func(v *codeartstest.Truth) { v.Plugins[0].Value.DisplayName += "x" }},
		{"stage_plugins", func(v *codeartstest.Truth) { v.StagePlugins = v.StagePlugins[1:] }},
		{"build_groups", func(v *codeartstest.Truth) { v.BuildGroups[0].Creator.Name = "x" }},
		{"pipeline_groups", func(v *codeartstest.Truth) { v.PipelineGroups[0].Path[0] = "x" }},
		{"group_moves", func(v *codeartstest.Truth) { v.BuildGroups[0].ParentID = "x" }},
		{"projects", func(v *codeartstest.Truth) { v.Projects[0].Name = "x" }},
		{"project_names", func(v *codeartstest.Truth) { v.Projects[0].Names = nil }},
		{"iam_projects", func(v *codeartstest.Truth) { v.TenantID = "x" }},
	} {
		now := clone(t, seen[len(seen)-1])
		lie.tell(&now)
		faults := differences(t, conn, view{tenant: tenantName, now: now, seen: append(seen[:len(seen)-1:len(seen)-1], now)})
		found := false
		for _, f := range faults {
			found = found || strings.HasPrefix(f, lie.table+":")
		}
		if !found {
			t.Errorf("a lie about %s is not noticed: %v", lie.table, faults)
		}
	}
}

// failedStep is the first step that has failed and that the API still shows so.
func failedStep(v *codeartstest.Truth) int {
	return slices.IndexFunc(v.Steps, func(s codeartstest.StepTruth) bool { return s.Status == "FAILED" && !s.Superseded })
}

// saysNoSecret looks for the secrets of the logs in what a service has printed, and in its metrics (I12).
func saysNoSecret(t *testing.T, truth codeartstest.Truth, addr string, p *process) {
	t.Helper()
	printed, err := os.ReadFile(p.log)
	if err != nil {
		t.Fatal(err)
	}
	_, measured := get(addr, "/metrics")
	planted := secrets(truth)
	for secret := range planted {
		if strings.Contains(string(printed)+measured, secret) {
			t.Errorf("%s shows the secret %s of a log", p.name, secret)
		}
	}
	if len(planted) < 20 || len(printed) == 0 || len(measured) == 0 {
		t.Errorf("%d secrets, %d bytes printed, %d measured: that proves nothing", len(planted), len(printed), len(measured))
	}
}

// clone copies a truth, so that a change of the copy is none of the other's.
func clone(t *testing.T, truth codeartstest.Truth) (other codeartstest.Truth) {
	t.Helper()
	text, err := json.Marshal(truth)
	if err == nil {
		err = json.Unmarshal(text, &other)
	}
	if err != nil {
		t.Fatal(err)
	}
	return other
}
