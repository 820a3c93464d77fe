package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/embedded/embeddedtest"
)

// ready bounds the time in which the demo has its 90 days of history stored, on a busy machine and with kills.
const ready = 4 * time.Minute

// The demo as a newcomer starts it: killed while it loads, started again, until it is ready. The world that it simulates
// depends on its world.json alone, so the test makes the same world and compares what has not changed since the start.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("90 days of history take a minute")
	}
	embeddedtest.RequireLibrary(t)
	dir := filepath.Join(t.TempDir(), "demo")
	p := newProcess(t, "demo", program(t, "artery"), "run", "-demo", "-dir", dir)
	p.start(t)
	engine := &together{process: p}
	// The progress that the demo prints tells when to strike.
	for _, detailed := range []int{300, 1500, 3000} {
		eventually(t, "the demo makes no progress", ready, func() []string {
			have := last(p.output(t), `run details (\d+)/`)
			return unless(p.running() && have >= detailed, "%d run details, want %d", have, detailed)
		})
		child := engine.engine(t)
		t.Logf("killed with %d run details", last(p.output(t), `run details (\d+)/`))
		killPID(t, child)
		p.kill(t)
		p.start(t)
	}
	eventually(t, "the demo is not ready", ready, func() []string {
		return unless(strings.Contains(p.output(t), "It lives on"), "its end is\n%s", tail(p.output(t), 3))
	})

	out := p.output(t)
	for _, line := range []string{
		`(?m)^  Rows per kind$`, `(?m)^  Completeness: 100 %`, `(?m)^  Freshness: `, `(?m)^  Failed stages$`, `(?m)^  The five DORA metrics, per service$`,
		`(?m)^    run +\d,\d{3} `, `(?m)^  NATS +nats://127\.0\.0\.1:\d+`, `(?m)^  metrics, health +http://127\.0\.0\.1:\d+/metrics`,
	} {
		if !regexp.MustCompile(line).MatchString(out) {
			t.Errorf("the summary has no line %s:\n%s", line, tail(out, 80))
		}
	}
	addr := regexp.MustCompile(`(?m)^  ClickHouse +http://(127\.0\.0\.1:\d+)`).FindAllStringSubmatch(out, -1)
	if len(addr) == 0 {
		t.Fatalf("the demo does not say where ClickHouse is:\n%s", tail(out, 80))
	}
	world := demoWorld(t, dir)
	since := world.Truth(world.Options().Origin)
	conn := connect(t, addr[len(addr)-1][1])
	compareView(t, conn, time.Minute, func() view {
		now := world.Truth(time.Now())
		return view{tenant: "demo", now: now, seen: []codeartstest.Truth{now}, since: &since}
	})
	t.Logf("%d runs, %d attempts, %d jobs, %d steps", len(since.Runs), len(since.Attempts), len(since.Jobs), len(since.Steps))

	child := engine.engine(t)
	p.interrupt(t)
	gone(t, child)
	p.start(t)
	eventually(t, "the demo does not resume", time.Minute, func() []string {
		return unless(strings.Count(p.output(t), "It lives on") == 2, "its end is\n%s", tail(p.output(t), 3))
	})
	p.interrupt(t)
	checkReport(t, dir, since)
	checkTools(t, dir, since)
}

// checkTools asks the tools that explain a data directory: every table is what was seen, and a run is known by its id.
func checkTools(t *testing.T, dir string, truth codeartstest.Truth) {
	t.Helper()
	run := truth.Runs[len(truth.Runs)-1]
	pipeline := truth.Pipelines[slices.IndexFunc(truth.Pipelines, func(p codeartstest.PipelineTruth) bool { return p.ID == run.PipelineID })]
	group := truth.PipelineGroups[slices.IndexFunc(truth.PipelineGroups, func(g codeartstest.GroupTruth) bool { return g.ID == pipeline.GroupID })]
	for _, c := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"verify", "-dir", dir}, 0, nil},
		{[]string{"explain", run.ID, "-dir", dir}, 0, []string{"Asked: the rules in force", "Run " + run.ID, "guess from the stage name", group.Name}},
		{[]string{"rules", "preview", "-all", "-dir", dir}, 0, []string{"Asked: the rules in force", "What would not: stages that no rule selects", "Deploy production", "Merge Integration Branch"}},
		{[]string{"explain", "f00d", "-dir", dir}, 1, []string{"run f00d is not stored"}},
	} {
		code, out := result(t, program(t, "artery"), c.args...)
		if code != c.code {
			t.Errorf("artery %s ends with %d, want %d:\n%s", strings.Join(c.args, " "), code, c.code, out)
		}
		for _, text := range c.says {
			if !strings.Contains(out, text) {
				t.Errorf("artery %s does not say %q:\n%s", strings.Join(c.args, " "), text, out)
			}
		}
	}
}

// checkReport asks a data directory for the report, as text and as a page.
func checkReport(t *testing.T, dir string, truth codeartstest.Truth) {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), program(t, "artery"), "report", "-dir", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`(?m)^  Completeness: 100 % of the runs are stored, [\d,]+ run numbers are known$`, `(?m)^  Budget of calls: `, `(?m)^  Quarantine: 0 `, `(?m)^    COMPLETED +[▁▂▃▄▅▆▇█·]{31} `} {
		if !regexp.MustCompile(want).Match(text) {
			t.Errorf("the report has no line %s:\n%s", want, text)
		}
	}
	if n := last(string(text), `COMPLETED +\S+ +\d+ +\d+ +(\d+)`); n == 0 || n > len(truth.Runs) {
		t.Errorf("at most %d runs completed in a day, out of %d", n, len(truth.Runs))
	}
	page := filepath.Join(dir, "report.html")
	if out, err := exec.CommandContext(t.Context(), program(t, "artery"), "report", "-dir", dir, "-html", page).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range truth.Projects {
		if !strings.Contains(string(html), p.Name) {
			t.Errorf("the page does not know the project %s", p.Name)
		}
	}
}

// demoWorld is the world of a demo's data directory.
func demoWorld(t *testing.T, dir string) *codeartstest.Tenant {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "world.json"))
	if err != nil {
		t.Fatal(err)
	}
	var w struct {
		Seed   uint64    `json:"seed"`
		Origin time.Time `json:"origin"`
	}
	if err := json.Unmarshal(text, &w); err != nil {
		t.Fatal(fmt.Errorf("reading %s: %w", text, err))
	}
	return codeartstest.New(codeartstest.DemoOptions(w.Seed, w.Origin))
}

// last is the last number that a pattern finds in a text; 0 if there is none.
func last(text, pattern string) int {
	found := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
	if len(found) == 0 {
		return 0
	}
	n, err := strconv.Atoi(found[len(found)-1][1])
	if err != nil {
		return 0
	}
	return n
}
