package pollers

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/events"
)

// walkOf is a walk through all projects at a second, with rows "p1 p2:r7=RUNNING": a pipeline p1 that never ran, and p2 whose latest
// run is r7, of the number 7. The first letter of a pipeline names its project.
func walkOf(at int, text string) *wideWalk {
	asked := instant.Add(time.Duration(at) * time.Second)
	l := &wideWalk{asked: asked, answered: asked.Add(time.Second), projects: []string{"p", "q", "r"}, pages: 1, taken: map[string]bool{}}
	for pipeline, run := range listedIn(text) {
		raw, _ := json.Marshal(map[string]any{"pipeline_id": pipeline, "project_id": pipeline[:1], "latest_run": latestOf(run)})
		row := sharedRow{Row: Row{Raw: raw}}
		row.identify(l.projects)
		l.rows = append(l.rows, row)
	}
	return l
}

func latestOf(run runIdentity) any {
	if run.RunID == "" {
		return nil
	}
	return map[string]any{"pipeline_run_id": run.RunID, "run_number": run.RunNumber, "pipeline_id": run.PipelineID, "status": run.Status}
}

// listedIn reads pipelines with their latest runs.
func listedIn(text string) map[string]runIdentity {
	runs := map[string]runIdentity{}
	for word := range strings.FieldsSeq(text) {
		pipeline, latest, _ := strings.Cut(word, ":")
		run, status, _ := strings.Cut(latest, "=")
		if runs[pipeline] = (runIdentity{}); run != "" {
			var n number
			_ = n.UnmarshalJSON([]byte(run[1:]))
			runs[pipeline] = runIdentity{RunID: run, RunNumber: n, PipelineID: pipeline, Status: status}
		}
	}
	return runs
}

// knownAt is what was known at a second: "p1 !p2" are a pipeline that is there and one that is missing, "p1:r7=RUNNING" also a run.
func knownAt(at int, text string) Known {
	heads, ms := events.NewHeads(), instant.Add(time.Duration(at)*time.Second).UnixMilli()
	for pipeline, run := range listedIn(text) {
		op := events.Created
		if strings.HasPrefix(pipeline, "!") {
			op = events.Missing
		}
		heads.Set(events.EntityID{Kind: events.Pipeline, ID: strings.TrimPrefix(pipeline, "!")}, events.Head{Op: op, At: ms})
		if run.RunID != "" {
			heads.Set(events.EntityID{Kind: events.Run, ID: run.RunID}, events.Head{Op: events.Created, At: ms, Mark: run.mark()})
		}
	}
	return Known{heads, indexRuns(heads)}
}

// TestAgainst: what of a walk through all projects a walk through one alone confirms, and what it denies.
func TestAgainst(t *testing.T) {
	const lacks, shows, other = "it lacks a pipeline that is there", "it shows a pipeline that is not there", "it shows another latest run, or that run as it was before"
	for _, c := range []struct {
		name    string
		known   string // at second 0
		all     string // at second 10
		alone   string // at second 20
		before  string // alone, at second 0
		same    int
		differs string
	}{
		{"the same", "p1 p2:r1=FAILED", "p1 p2:r1=FAILED q1", "p1 p2:r1=FAILED", "", 2, ""},
		{"nothing", "", "q1", "", "", 0, ""},
		{"it lacks one", "p1 p2", "p1", "p1 p2", "", 1, lacks},
		{"it lacks one that nobody knew before", "p1", "p1", "p1 p2", "", 1, ""},
		{"it lacks one that was missing, and is back", "p1 !p2", "p1", "p1 p2", "", 1, ""},
		{"both lack one", "p1 p2", "p1", "p1", "", 1, ""},
		{"it shows one more, which was not missing yet", "p1 p2", "p1 p2", "p1", "", 1, ""},
		{"it shows one that was missing before", "p1 !p2", "p1 p2", "p1", "", 1, shows},
		{"it lacks one of another project, that this list has shown before", "p1", "p1", "p1 x1", "p1 x1", 0, lacks},
		{"it lacks one of another project, that this list shows for the first time", "p1", "p1", "p1 x1", "p1", 1, ""},
		{"it shows an older run", "p1:r2=FAILED", "p1:r1=FAILED", "p1:r2=FAILED", "", 0, other},
		{"it shows a run as it was before", "p1:r2=FAILED", "p1:r2=RUNNING", "p1:r2=FAILED", "", 0, other},
		{"the run has changed since", "p1:r2=RUNNING", "p1:r2=RUNNING", "p1:r2=FAILED", "", 1, ""},
		{"there is a newer one since", "p1:r2=FAILED", "p1:r2=FAILED", "p1:r3=RUNNING", "", 1, ""},
	} {
		same, differs := walkOf(10, c.all).against(knownAt(0, c.known), "p", listedIn(c.alone), extent{asked: instant, ids: keys(listedIn(c.before))})
		if differs != c.differs || differs == "" && same != c.same {
			t.Errorf("%s: %d the same, %q; want %d, %q", c.name, same, differs, c.same, c.differs)
		}
	}
	if same, differs := walkOf(0, "").against(knownAt(0, "p1"), "p", listedIn("p1"), extent{}); same != 0 || differs != "" {
		t.Errorf("what came to be known while it was walked: %d the same, %q", same, differs)
	}
}

func keys(runs map[string]runIdentity) map[string]bool {
	ids := map[string]bool{}
	for id := range runs {
		ids[id] = true
	}
	return ids
}

// TestWide: when walks through all projects come to be relied on, for which projects, and when that ends. A step is "all p1 q1" for a walk
// through all, "fails" for one that does not count, "is down" for one that has got no answer, or "p: p1" for a walk through the project p alone. All that is shown was known.
func TestWide(t *testing.T) {
	for _, c := range []struct {
		name   string
		steps  []string
		shared string // projects of which the last walk is used
		said   []string
	}{
		{"one project proves nothing", []string{"all p1 q1", "p: p1"}, "", nil},
		{"two agree: the third is walked alone", []string{"all p1 q1 r1", "p: p1", "q: q1", "all p1 q1 r1"}, "p q", []string{"relied on"}},
		{"they agree with different walks", []string{"all p1 q1", "p: p1", "all p1 q1", "q: q1"}, "", nil},
		{"a project without pipelines proves nothing", []string{"all p1", "p: p1", "r: "}, "", nil},
		{"and is taken for one later", []string{"all p1 q1", "p: p1", "q: q1", "r: ", "all p1 q1"}, "p q r", []string{"relied on"}},
		{"one that lacks something once", []string{"all p1 q1", "p: p1", "q: q1", "all p1", "q: q1", "all p1 q1"}, "p", []string{"relied on"}},
		{"and agrees again", []string{"all p1 q1", "p: p1", "q: q1", "all p1", "q: q1", "all p1 q1", "q: q1"}, "p q", []string{"relied on"}},
		{"twice", []string{"all p1 q1", "p: p1", "q: q1", "all p1", "all p1", "q: q1"}, "", []string{"relied on", "it lacks a pipeline that is there"}},
		{"only the path's project counts", []string{"all p1", "p: p1", "q: q1", "all p1", "q: q1"}, "", []string{"it lacks a pipeline that is there"}},
		{"one fails", []string{"all p1 q1", "p: p1", "q: q1", "fails"}, "", []string{"relied on"}},
		{"one fails, the next does not", []string{"all p1 q1", "p: p1", "q: q1", "fails", "all p1 q1"}, "p q", []string{"relied on"}},
		{"two fail", []string{"all p1 q1", "p: p1", "q: q1", "fails", "fails"}, "", []string{"relied on", "broken"}},
		{"the first fails", []string{"fails"}, "", []string{"broken"}},
		{"the server is down before", []string{"is down"}, "", []string{"broken"}},
		{"the server is down for a time", []string{"all p1 q1", "p: p1", "q: q1", "is down", "is down", "is down", "all p1 q1"}, "p q", []string{"relied on"}},
	} {
		var said []string
		w := newWide(func(trusted bool, reason string) {
			if trusted {
				reason = "relied on"
			}
			said = append(said, reason)
		})
		at := 10
		for _, step := range c.steps {
			at += 10
			now := instant.Add(time.Duration(at) * time.Second)
			project, rows, alone := strings.Cut(step, ": ")
			switch {
			case alone:
				w.compare(knownAt(0, "p1 q1 r1"), project, listedIn(rows), extent{asked: now, ids: keys(listedIn(rows)), rows: 1, pages: 1}, now)
			case step == "fails", step == "is down":
				w.failed("broken", step == "is down", now)
			default:
				w.walked(walkOf(at, strings.TrimPrefix(step, "all ")))
			}
		}
		var shared []string
		for _, p := range []string{"p", "q", "r"} {
			if walk, _ := w.share(p, instant.Add(time.Duration(at+2)*time.Second)); walk != nil {
				shared = append(shared, p)
			}
		}
		if got := strings.Join(shared, " "); got != c.shared || !slices.Equal(said, c.said) {
			t.Errorf("%s: %q shared, %q said; want %q, %q", c.name, got, said, c.shared, c.said)
		}
	}
}

// TestShareOnce: what a walk has shown of a project is taken once, while it is fresh, and for as long as its own walks agree.
func TestShareOnce(t *testing.T) {
	at := func(seconds time.Duration) time.Time { return instant.Add(seconds * time.Second) }
	w := newWide(func(bool, string) {})
	w.trusted, w.agreed = true, map[string]time.Time{"p": at(0), "q": at(0)}
	shared := func(project string, seconds time.Duration) bool {
		walk, _ := w.share(project, at(seconds))
		return walk != nil
	}
	w.walked(walkOf(10, "p1 q1"))
	if shared("q", 27) || !shared("p", 26) || shared("p", 26) || shared("x", 20) {
		t.Error("what is old, taken, or was not asked for is shared")
	}
	w.walked(walkOf(594, "p1 q1"))
	if shared("p", 595) {
		t.Error("a project is not walked alone for ten minutes")
	}
	w.walker, w.began = "p", at(400)
	for _, c := range []struct {
		project string
		at      time.Duration
		waits   bool
	}{{"p", 401, false}, {"q", 401, true}, {"q", 464, true}, {"q", 465, false}, {"x", 401, false}} {
		if got := w.waits(c.project, time.Minute, at(c.at)); got != c.waits {
			t.Errorf("%s waits at %d: %v", c.project, c.at, got)
		}
	}
	w.began = at(590)
	if w.waits("q", time.Minute, at(595)) {
		t.Error("a project waits that is to be walked alone")
	}
}

// TestTurn: who walks through all projects, and when that is fewer calls. A project is "pages of rows".
func TestTurn(t *testing.T) {
	for _, c := range []struct {
		name     string
		projects []string
		pages    int // of the last walk through all
		turn     bool
	}{
		{"one project", []string{"1 of 10"}, 0, false},
		{"two small ones: 1 call, and 2 every ten minutes, 1.2 for 2", []string{"1 of 10", "1 of 10"}, 0, true},
		{"two full pages", []string{"1 of 100", "1 of 100"}, 0, false},
		{"two small pages of 50: 2 calls for 2", []string{"2 of 60", "1 of 40"}, 0, true},
		{"ten of two full pages of 50: 20 calls for 20", slices.Repeat([]string{"2 of 100"}, 10), 0, false},
		{"twenty of 25: 5 and 2 for 20", slices.Repeat([]string{"1 of 25"}, 20), 0, true},
		{"it shows all of the tenant", slices.Repeat([]string{"1 of 25"}, 20), 18, false},
		{"60 empty ones: 2 and 6 for 60", slices.Repeat([]string{"1 of 0"}, 60), 0, true},
		{"one that was never walked does not count", []string{"1 of 10", "1 of 10", ""}, 0, true},
	} {
		w := newWide(func(bool, string) {})
		var names, known []string
		for i, text := range c.projects {
			name := fmt.Sprintf("%02d", i)
			names = append(names, name)
			var e extent
			if n, _ := fmt.Sscanf(text, "%d of %d", &e.pages, &e.rows); n == 2 {
				e.largest = min(e.rows, 50)
				w.alone[name] = e
				known = append(known, name)
			}
		}
		if c.pages > 0 {
			w.last = &wideWalk{pages: c.pages}
		}
		got := w.turn("00", names, time.Minute, instant)
		if (got != nil) != c.turn || c.turn && !slices.Equal(got, known) {
			t.Errorf("%s: %q", c.name, got)
		}
		if !c.turn {
			continue
		}
		if w.turn("01", names, time.Minute, instant.Add(time.Hour)) != nil {
			t.Errorf("%s: two walk at once", c.name)
		}
		after := func(d time.Duration, project string) bool {
			w.ended()
			return w.turn(project, names, time.Minute, instant.Add(d)) != nil
		}
		if after(64*time.Second, "00") || !after(65*time.Second, "01") {
			t.Errorf("%s: it is not tried again when each project has been walked alone", c.name)
		}
		w.trusted, w.walker, w.began = true, "00", instant
		if after(59*time.Second, "01") || !after(60*time.Second, "00") || after(124*time.Second, "01") || !after(125*time.Second, "01") || !after(130*time.Second, "01") {
			t.Errorf("%s: it is not the same job that walks", c.name)
		}
		w.failed("no answer", true, instant.Add(200*time.Second))
		if w.agreed["02"] = instant.Add(200 * time.Second); after(319*time.Second, "00") || w.waits("02", time.Minute, instant.Add(190*time.Second)) || !after(320*time.Second, "00") {
			t.Errorf("%s: it is not left alone for two minutes after there was no answer", c.name)
		}
	}
}

// TestBehind: what of a project has to be walked alone, because a walk through all shows less of it than was known before.
func TestBehind(t *testing.T) {
	for _, c := range []struct {
		name       string
		known, all string
		behind     bool
	}{
		{"the same", "p1 p2:r2=FAILED", "p1 p2:r2=FAILED", false},
		{"one more", "p1", "p1 p2", false},
		{"a newer run", "p2:r2=FAILED", "p2:r3=RUNNING", false},
		{"a run is over", "p2:r2=RUNNING", "p2:r2=FAILED", false},
		{"it lacks one", "p1 p2", "p1", true},
		{"it lacks one that is missing", "p1 !p2", "p1", true},
		{"of another project", "p1", "q1", true},
		{"an older run", "p2:r2=FAILED", "p2:r1=FAILED", true},
		{"no run", "p2:r2=FAILED", "p2", true},
		{"a run that was over", "p2:r2=FAILED", "p2:r2=RUNNING", true},
	} {
		if got := walkOf(10, c.all).behind(knownAt(0, c.known), "p"); got != c.behind {
			t.Errorf("%s: behind %v", c.name, got)
		}
	}
	if walkOf(0, "p2:r1=FAILED").behind(knownAt(0, "p2:r2=FAILED"), "p") {
		t.Error("a run that came to be known while it was walked is no older one")
	}
}
