package codeartstest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// ask calls a tenant without a network, with a token that it has issued before.
func ask(tenant *Tenant, token, method, path, body string) []byte {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-Auth-Token", token)
	w := httptest.NewRecorder()
	tenant.ServeHTTP(w, r)
	return w.Body.Bytes()
}

func tokenOf(tenant *Tenant) string {
	w := httptest.NewRecorder()
	tenant.ServeHTTP(w, httptest.NewRequest("POST", "/v3/auth/tokens", strings.NewReader(loginBody)))
	return w.Header().Get("X-Subject-Token")
}

// dump is every answer of a tenant at its clock's time.
func dump(tenant *Tenant, now time.Time) string {
	token := tokenOf(tenant)
	var all bytes.Buffer
	add := func(method, path, body string) {
		fmt.Fprintf(&all, "%s %s %s\n%s\n", method, path, body, ask(tenant, token, method, path, body))
	}
	for _, project := range tenant.World().ProjectIDs() {
		add("POST", "/v5/"+project+"/api/pipelines/list", `{"limit":100}`)
		add("GET", "/v5/"+project+"/api/pipeline-group/tree", "")
		add("GET", "/v1/job/"+project+"/group/tree", "")
		add("GET", "/v2/transmission/review-data?is_check_project=1&project_id="+project, "")
		add("GET", "/v2/"+project+"/rule-sets/query?offset=0&limit=50&include_tenant_rule_set=false", "")
		add("GET", "/v2/"+project+"/open-source/rule-sets/query?include_tenant_rule_set=false", "")
	}
	truth, domain := tenant.Truth(now), tenant.World().TenantID()
	add("POST", "/v5/"+domain+"/api/pipeline-templates/list", `{"limit":50}`)
	add("GET", "/v2/"+domain+"/rules/query?offset=0&limit=50", "")
	add("GET", "/v2/"+domain+"/tenant/rule-sets/query?offset=0&limit=50", "")
	add("GET", "/v2/"+domain+"/tenant/open-source/rule-sets/query", "")
	for _, p := range truth.Rules {
		add("GET", "/v2/"+domain+"/rules/"+p.ID+"/detail", "")
	}
	for _, p := range truth.RuleSets {
		add("GET", ruleSetPath(domain, p.ProjectID, p.ID), "")
	}
	for _, p := range truth.OpenSourcePolicies {
		add("GET", openSourcePath(domain, p.ProjectID, p.ID), "")
	}
	for _, p := range truth.Templates {
		add("GET", "/v5/"+domain+"/api/pipeline-templates/"+p.ID, "")
	}
	add("GET", "/v4/tenant/repositories?limit=100", "")
	add("POST", "/v1/domain/domains-statuses", "")
	for _, run := range truth.Runs {
		add("GET", "/v5/"+run.ProjectID+"/api/pipelines/"+run.PipelineID+"/pipeline-runs/detail?pipeline_run_id="+run.ID, "")
	}
	return all.String()
}

// TestSameWorldAfterRestart compares a tenant that was watched all the time with one that starts five hours later.
func TestSameWorldAfterRestart(t *testing.T) {
	end := instant.Add(5*time.Hour + 13*time.Second)
	watched := &clock{now: instant.Add(-time.Hour)}
	options := TestOptions(11, instant)
	options.Now = watched.Now
	first := New(options)
	for now := watched.now; now.Before(end); now = now.Add(53 * time.Minute) {
		watched.set(now)
		dump(first, now)
	}
	watched.set(end)
	options.Now = func() time.Time { return end }
	want, got := dump(first, end), dump(New(options), end)
	if want != got {
		for i, line := range strings.Split(want, "\n") {
			if other := strings.Split(got, "\n")[i]; line != other {
				t.Fatalf("line %d was\n%s\nand is after the restart\n%s", i, line, other)
			}
		}
	}
	if n := strings.Count(got, "pipeline_run_id="); n < 200 {
		t.Errorf("only %d runs were compared", n)
	}
	options.Seed = 12
	if dump(New(options), end) == got {
		t.Error("another seed makes the same world")
	}
}

// TestPastStays asks for finished runs a day later: their answers are the same, byte for byte.
func TestPastStays(t *testing.T) {
	now := &clock{now: instant}
	options := TestOptions(5, instant)
	options.Now = now.Now
	tenant := New(options)
	token := tokenOf(tenant)
	body := fmt.Sprintf(`{"limit":100,"end_time":%d,"sort_dir":"asc"}`, instant.Add(-2*time.Hour).UnixMilli())
	compared := 0
	for _, p := range tenant.Truth(instant).Pipelines {
		over := true
		for _, r := range tenant.Truth(instant).Runs {
			over = over && (r.PipelineID != p.ID || !r.End.IsZero())
		}
		if !over || p.Runs == 0 {
			continue
		}
		path := "/v5/" + p.ProjectID + "/api/pipelines/" + p.ID + "/pipeline-runs/list"
		now.set(instant)
		early := ask(tenant, token, "POST", path, body)
		now.set(instant.Add(23 * time.Hour))
		if late := ask(tenant, token, "POST", path, body); !bytes.Equal(early, late) {
			t.Errorf("the history of %s was\n%s\nand became\n%s", p.Name, early, late)
		}
		compared++
	}
	if compared < 3 {
		t.Errorf("only %d pipelines could be compared", compared)
	}
}

// TestDemoWorld holds the demo to what it promises, for a few seeds and origins.
func TestDemoWorld(t *testing.T) {
	for seed := range uint64(2) {
		origin := instant.Add(time.Duration(seed) * 31 * time.Hour)
		tenant := New(DemoOptions(seed, origin))
		now, later := tenant.Truth(origin), tenant.Truth(origin.Add(time.Hour))
		if len(now.Projects) != 3 || len(now.Pipelines) != 39 || len(later.Pipelines) != 42 || len(later.Projects) != 4 {
			t.Errorf("%d projects, %d and later %d pipelines", len(now.Projects), len(now.Pipelines), len(later.Pipelines))
		}
		if n := len(now.Runs); n < 6000 || n > 8500 {
			t.Errorf("seed %d: %d runs", seed, n)
		}
		if n := len(later.Runs) - len(now.Runs); n < 60 || n > 150 {
			t.Errorf("seed %d: %d runs in the first hour", seed, n)
		}
		numbers, starts := map[string]int{}, map[string]time.Time{}
		counts := map[string]int{}
		commits := map[string]string{}
		for _, r := range later.Runs {
			numbers[r.PipelineID]++
			if r.Number != numbers[r.PipelineID] || !r.Start.After(starts[r.PipelineID]) {
				t.Fatalf("run %d of pipeline %s, started at %s, is the %d. one", r.Number, r.PipelineID, r.Start, numbers[r.PipelineID])
			}
			starts[r.PipelineID] = r.Start
			if day := r.Start.Add(8 * time.Hour).Weekday(); r.Start.Before(origin) && (day == time.Saturday || day == time.Sunday) {
				counts["weekend"]++
			}
			counts[r.Status]++
			counts[r.Trigger]++
			if r.Tries > 1 {
				counts["retried"]++
				if r.Status != StatusCompleted && !r.End.IsZero() {
					counts["retried in vain"]++
				}
			}
			switch {
			case strings.HasPrefix(r.Change.TargetBranch, "hotfix/"):
				counts["hotfix"]++
			case strings.HasPrefix(r.Change.Message, "Roll back to "):
				counts["rollback"]++
			case strings.HasPrefix(r.Change.Message, "Fix "):
				counts["fix"]++
			}
			if before := commits[r.Change.CommitID]; r.Change.CommitID != "" && before != "" && before != r.PipelineID {
				t.Fatalf("pipelines %s and %s share a commit", before, r.PipelineID)
			}
			commits[r.Change.CommitID] = r.PipelineID
		}
		for what, least := range map[string]int{
			StatusCompleted: 5000, StatusFailed: 300, StatusCanceled: 30, StatusRunning: 1, "Manual": 100, "Push": 1000, "MR": 500, "Scheduler": 300,
			"CreateTag": 30, "retried": 100, "hotfix": 50, "rollback": 10, "fix": 100,
		} {
			if counts[what] < least {
				t.Errorf("seed %d: %d times %s, want at least %d", seed, counts[what], what, least)
			}
		}
		if counts["retried in vain"] > 0 {
			t.Errorf("seed %d: %d retries failed", seed, counts["retried in vain"])
		}
		if n := counts["weekend"]; n < 400 || n > len(now.Runs)/6 { // two days of seven, at a third of the pace
			t.Errorf("seed %d: %d of %d runs start at the weekend", seed, n, len(now.Runs))
		}
		long := 0
		for _, a := range now.Attempts {
			if a.Name == "Manual review" && a.End.Sub(a.Start) > 20*time.Hour {
				long++
			}
		}
		if long == 0 {
			t.Errorf("seed %d: no review lasted longer than a day", seed)
		}
		jump := 0.0
		for _, r := range now.Repositories {
			for i := 1; i < len(r.Sizes); i++ {
				jump = max(jump, r.Sizes[i].MB-r.Sizes[i-1].MB)
			}
		}
		if jump < 2000 {
			t.Errorf("seed %d: the greatest growth at once is %g MB", seed, jump)
		}
		if before, after := gateOf(now), gateOf(later); len(before.Changes) != 2 || before.Items[0].Value != 5 || len(after.Changes) != 3 || reflect.DeepEqual(before.Items, after.Items) {
			t.Errorf("seed %d: the gate is %+v and later %+v", seed, before, after)
		}
	}
}

// gateOf is the gate of the first project.
func gateOf(truth Truth) GateTruth { return truth.Gates[1] }

// TestTimesAreWhole checks that no generated time has a part of a second, and that attempts end after they start.
func TestTimesAreWhole(t *testing.T) {
	tenant := New(TestOptions(1, instant.Add(123456789)))
	truth := tenant.Truth(instant.Add(48 * time.Hour))
	for _, s := range truth.Steps {
		if s.Start.Nanosecond() != 0 || s.End.Nanosecond() != 0 || !s.End.IsZero() && s.End.Before(s.Start) {
			t.Fatalf("step %+v", s)
		}
	}
	for _, a := range truth.Attempts {
		if a.Start.Nanosecond() != 0 || a.End.Nanosecond() != 0 || !a.End.IsZero() && !a.End.After(a.Start) {
			t.Fatalf("attempt %+v", a)
		}
	}
}

// TestManyCallers asks from many goroutines while the clock moves; the race detector watches.
func TestManyCallers(t *testing.T) {
	now := &clock{now: instant}
	options := TestOptions(2, instant)
	options.Now = now.Now
	tenant := New(options)
	project := tenant.World().ProjectIDs()[0]
	token := tokenOf(tenant)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				now.set(now.Now().Add(3 * time.Minute))
				if body := ask(tenant, token, "POST", "/v5/"+project+"/api/pipelines/list", `{"limit":50}`); !bytes.Contains(body, []byte(`"total":4`)) {
					t.Errorf("answer is %s", body)
				}
				ask(tenant, token, "GET", "/v4/tenant/repositories", "")
				tenant.Truth(now.Now().Add(-time.Hour))
			}
		})
	}
	group.Wait()
	if n := tenant.Calls()["pipelines.list"]; n != 160 {
		t.Errorf("%d calls are counted, want 160", n)
	}
}

func BenchmarkDetail(b *testing.B) {
	options := DemoOptions(1, instant)
	options.Now = func() time.Time { return instant }
	tenant := New(options)
	token := tokenOf(tenant)
	runs := tenant.Truth(instant).Runs
	tenant.SetLimit(APIDetail, Limit{})
	size := 0
	for i := 0; b.Loop(); i++ {
		r := runs[i%len(runs)]
		size += len(ask(tenant, token, http.MethodGet, "/v5/"+r.ProjectID+"/api/pipelines/"+r.PipelineID+"/pipeline-runs/detail?pipeline_run_id="+r.ID, ""))
	}
	b.ReportMetric(float64(size)/float64(b.N), "bytes/answer")
}
