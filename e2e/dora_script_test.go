package e2e

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"artery/internal/codearts/codeartstest"
)

// What the DORA test adds to the generated world, so that every case of every number is in it at any hour: a project whose
// pipelines ran for as long as CodeArts keeps runs.

const day = 24 * time.Hour

// harbour is that project.
type harbour struct {
	w       *world
	project string
}

// berth is a pipeline of it.
type berth struct {
	*harbour
	id, name   string
	repository int64
	stages     []string
	commits    []string // that its runs were for
}

// voyage is a run: when the stages that it gets to end, and how the last of them does.
type voyage struct {
	start    time.Time
	ends     []time.Duration // after the start
	skipped  []int           // stages
	failed   bool
	canceled bool
	branch   string // "" is main
	tag      string
	message  string
	commit   string // "" is a new one
}

func newHarbour(w *world) *harbour { return &harbour{w, w.World().AddProject("Harbour")} }

func (h *harbour) repository(name string) int64 {
	return h.w.World().AddRepository(codeartstest.RepositorySpec{ProjectID: h.project, Name: name, Created: h.w.now().Add(-89 * day)}, 1)
}

func (h *harbour) pipeline(name string, repository int64, stages ...string) *berth {
	spec := codeartstest.PipelineSpec{ProjectID: h.project, Name: name, RepositoryID: repository, IsPublish: repository == 0, Created: h.w.now().Add(-88 * day)}
	for i, stage := range stages {
		spec.Stages = append(spec.Stages, codeartstest.StageSpec{Name: stage, Sequence: i})
	}
	return &berth{harbour: h, id: h.w.World().AddPipeline(spec), name: name, repository: repository, stages: stages}
}

// run adds a run and returns its commit.
func (b *berth) run(v voyage) (commit string) {
	r := codeartstest.Run{PipelineID: b.id, Start: v.start, Trigger: "Push"}
	if b.repository > 0 {
		if v.commit == "" {
			v.commit = fmt.Sprintf("%s%030x%04x", b.id[:6], b.w.now().Unix(), len(b.commits))
		}
		b.commits = append(b.commits, v.commit)
		r.Change = codeartstest.Change{
			RepositoryID: b.repository, BuildType: "branch", CommitID: v.commit, TargetBranch: cmp.Or(v.branch, "main"), Tag: v.tag, Message: cmp.Or(v.message, "Change the "+b.name),
		}
	}
	at := v.start
	for i, after := range v.ends {
		s := codeartstest.StageAttempt{Position: i, Start: at, End: v.start.Add(after), Status: codeartstest.StatusCompleted}
		switch last := i == len(v.ends)-1; {
		case slices.Contains(v.skipped, i):
			s.Status, s.End = codeartstest.StatusSkipped, s.Start
		case last && v.failed:
			s.Status = codeartstest.StatusFailed
		case last && v.canceled:
			s.Status = codeartstest.StatusCanceled
		}
		at = s.End
		r.Stages = append(r.Stages, s)
	}
	b.w.World().AddRun(r)
	return v.commit
}

// minutes are ends of stages.
func minutes(of ...int) (ends []time.Duration) {
	for _, m := range of {
		ends = append(ends, time.Duration(m)*time.Minute)
	}
	return ends
}

// script fills the harbour, and returns the id of the project.
func script(w *world) (project string) {
	h := newHarbour(w)
	h.ferry()
	h.barge()
	h.tide()
	h.dock()
	h.fog()
	h.gig()
	now := w.now()
	cart := h.pipeline("cart", h.repository("cart"), "Build", "Deploy production") // another project has one of this name
	lighthouse := h.pipeline("lighthouse", 0, "Build", "上线")                       // it knows no commits
	buoy := h.pipeline("buoy", h.repository("buoy"), "Build", "Publish the buoy")
	skiff := h.pipeline("skiff", h.repository("skiff"), "Build", "Deploy production") // it is new
	yawl := h.pipeline("yawl", h.repository("yawl"), "Build", "Deploy production", "Verify")
	yawl.run(voyage{start: now.Add(-26 * time.Hour), ends: minutes(2, 9, 11)})
	yawl.run(voyage{start: now.Add(-3 * time.Hour), ends: minutes(2, 9, 3000)}) // it has deployed, and goes on
	for _, before := range []time.Duration{100, 75, 50, 25} {
		skiff.run(voyage{start: now.Add(-before * time.Hour), ends: minutes(3, 30)})
	}
	skiff.run(voyage{start: now.Add(-22 * time.Hour), ends: minutes(3, 30), branch: "hotfix/mast"})
	for i := range 14 {
		at := now.Add(-time.Duration(14-i)*41*time.Hour - 50*time.Minute)
		cart.run(voyage{start: at, ends: minutes(3, 11)})
		lighthouse.run(voyage{start: at.Add(7 * time.Hour), ends: minutes(4, 9+i*i), failed: i%6 == 3})
		buoy.run(voyage{start: at.Add(3 * time.Hour), ends: minutes(2, 6), tag: []string{fmt.Sprintf("v1.%d", i), fmt.Sprintf("v1.%d-fix", i), "nightly"}[i%3]})
	}
	return h.project
}

// ferry goes often, and all that may happen to a deployment happens to it.
func (h *harbour) ferry() {
	b := h.pipeline("ferry", h.repository("ferry"), "Build", "Deploy staging", "Deploy production", "Verify")
	last := h.w.now().Add(-2 * time.Hour)
	for i, at := 0, last.Add(-85*day); ; i++ {
		v := voyage{start: at, ends: minutes(4, 9, 15+i%7, 25)}
		gap, odd := 17*time.Hour, ""
		switch {
		case i%9 == 4: // it does not arrive
			v.ends, v.failed = v.ends[:3], true
		case i%10 == 7: // it does, and does not please: the next comparison is with another run
			v.failed = true
		case i%11 == 6 && i > 1:
			v.commit = b.commits[len(b.commits)-2]
		case i%13 == 5:
			v.branch = fmt.Sprint("hotfix/", i)
		case i%17 == 3:
			v.message = `Revert "Change the ferry"`
		case i%14 == 8:
			v.branch, v.message = fmt.Sprint("urgent/", i), "Fix BUG-12"
		case i%15 == 2:
			v.message = "Close BUG-77"
		case i%12 == 9:
			v.branch = fmt.Sprint("experiment/", i)
		case i%19 == 13:
			odd = "written anew"
		case i%16 == 10:
			odd = "without a time"
		case i%20 == 14:
			odd = "lost"
		case i%22 == 13:
			odd = "after its run began"
		case i%60 == 30:
			v.ends, v.canceled = v.ends[:3], true
		}
		if n := i + 1; n%11 == 6 || n%13 == 5 || n%17 == 3 || n%14 == 8 { // what mends comes soon
			gap = 3 * time.Hour
		}
		commit := b.run(v)
		switch odd {
		case "written anew":
			h.w.World().SetCommitted(commit, at.Add(18*time.Hour)) // after the next one, which brings something new all the same
		case "after its run began": // by its clock
			h.w.World().SetCommitted(commit, at.Add(5*time.Minute))
		case "without a time":
			h.w.World().SetCommitted(commit, time.Time{})
		case "lost":
			h.w.World().LoseCommit(commit)
		}
		if at.Equal(last) {
			return
		}
		at = minTime(at.Add(gap), last)
	}
}

// barge and hulk are slow: their changes are of every class, in the last days as before.
func (h *harbour) barge() {
	barge, hulk := h.pipeline("barge", h.repository("barge"), "Build", "Deploy production"), h.pipeline("hulk", h.repository("hulk"), "Build", "Deploy production")
	for _, x := range []struct {
		*berth
		before, took time.Duration
	}{
		{barge, 86 * day, 10 * time.Minute}, {barge, 48 * day, 12 * day}, {barge, 35 * day, 3 * day}, {barge, 31 * day, 5 * time.Hour},
		{barge, 13 * day, 8 * day}, {barge, 4 * day, 2 * day}, {barge, 36 * time.Hour, 5 * time.Hour}, {barge, 9 * time.Hour, 20 * time.Minute},
		{hulk, 42 * day, 10 * time.Minute}, {hulk, 40 * day, 35 * day},
	} {
		x.run(voyage{start: h.w.now().Add(-x.before), ends: []time.Duration{time.Minute, x.took}})
	}
}

// tide has two pipelines of one repository, so that what one has shipped waits for the other, and one of another repository.
func (h *harbour) tide() {
	repository := h.repository("tide")
	blue, green := h.pipeline("tide-blue", repository, "Build", "Deploy production"), h.pipeline("tide-green", repository, "Build", "Deploy production")
	for i := range 30 {
		at := h.w.now().Add(-time.Duration(30-i) * 47 * time.Hour)
		commit := blue.run(voyage{start: at, ends: minutes(2, 8)})
		switch i % 4 {
		case 0: // the same again
			green.run(voyage{start: at.Add(5 * time.Hour), ends: minutes(2, 6), commit: commit})
		case 2: // another one, which only this one has
			green.run(voyage{start: at.Add(4 * time.Hour), ends: minutes(2, 7)})
		}
	}
	red := h.pipeline("tide-red", h.repository("tide-red"), "Build", "Deploy production")
	for i, before := range []time.Duration{70, 20, 12} {
		red.run(voyage{start: h.w.now().Add(-before * time.Hour), ends: minutes(1, 4+i)})
	}
	for _, b := range []*berth{red, blue} { // it waits
		b.run(voyage{start: h.w.now().Add(-time.Hour), ends: minutes(1), failed: true})
	}
}

// dock deploys commits that were overtaken before they were ever deployed, by what was brought by hand: at a stage that nothing else
// passes, so that nobody compares.
func (h *harbour) dock() {
	b := h.pipeline("dock", h.repository("dock"), "Build", "Deploy production", "By hand to production")
	for _, before := range []time.Duration{60 * day, 20 * day, 5 * day, 30 * time.Hour} {
		at := h.w.now().Add(-before)
		b.run(voyage{start: at, ends: minutes(1, 5, 6), skipped: []int{2}})
		overtaken := b.run(voyage{start: at.Add(time.Hour), ends: minutes(1), failed: true})
		b.run(voyage{start: at.Add(2 * time.Hour), ends: minutes(1, 5, 6), skipped: []int{0, 1}})
		b.run(voyage{start: at.Add(6 * time.Hour), ends: minutes(1, 5, 6), skipped: []int{2}, commit: overtaken})
		b.run(voyage{start: at.Add(7 * time.Hour), ends: minutes(1), failed: true}) // it waits
	}
}

// gig deploys one run of four, what is verified afterwards fails now and then, and one waits until the next has deployed.
func (h *harbour) gig() {
	b := h.pipeline("gig", h.repository("gig"), "Build", "Deploy production", "Verify")
	for i := range 14 {
		v := voyage{start: h.w.now().Add(-time.Duration(14-i) * 41 * time.Hour), ends: minutes(2, 5, 9), failed: i%8 == 0}
		switch {
		case i%4 > 0:
			v.skipped = []int{1}
		case i == 4:
			v.ends = minutes(2, 180*60, 180*60+4)
		}
		b.run(v)
	}
}

// fog deploys commits of which CodeArts Repo tells nothing, hours after another pipeline has checked them, and some of them again.
func (h *harbour) fog() {
	repository := h.repository("fog")
	check, fog := h.pipeline("fog-check", repository, "Build"), h.pipeline("fog", repository, "Build", "Deploy production")
	for i := range 30 {
		at := h.w.now().Add(-time.Duration(30-i) * 67 * time.Hour)
		commit := check.run(voyage{start: at, ends: minutes(5)})
		h.w.World().LoseCommit(commit)
		fog.run(voyage{start: at.Add(time.Duration(1+i%7) * time.Hour), ends: minutes(3, 20+i), commit: commit})
		if i%3 == 1 {
			fog.run(voyage{start: at.Add(20 * time.Hour), ends: minutes(3, 20), commit: commit})
		}
	}
}

// lacks are the cases that a view does not show.
func (d *doraTruth) lacks(v doraView) (names []string) {
	n := doraNumbers{}
	for _, row := range []map[string]any{d.tiers(v), d.evidence(v), d.unmatched(v)} {
		for name, value := range row {
			n[name] += value.(float64)
		}
	}
	for _, row := range d.classes(v) {
		n[row["class"].(string)] = row["changes"].(float64)
	}
	for _, row := range d.reported(v) {
		n["incident: "+row["match"].(string)]++
		if at, ok := row["deployed_at"].(time.Time); ok && row["started_at"].(time.Time).Sub(at) > 40*day {
			n["named long afterwards"]++
		}
	}
	for _, s := range d.chosen(v) {
		for name, value := range d.numbers(s, v.from, v.to).columns("open_failures", "failures", "rework") {
			n[name] += value.(float64)
		}
		for _, x := range s.ended {
			if v.in(x.end) {
				n[d.attempt(s, x)["counted"].(string)]++
			}
		}
		commits, _ := d.waiting(s)
		n["waiting"] += float64(len(commits))
		for i, x := range s.done {
			if j := d.judge(s, i); v.in(x.end) && j.failed && !j.mature {
				n["pending failures"]++
			}
		}
	}
	for _, name := range []string{
		"a", "b", "c", "seen", "baseline", "negative", "older", "repeated", "no_time", "unsplit", "linked", "followed", "rolled_back", "remedied", "failed", "pending", "mature", "unmatched",
		"deployment", "failed attempt", "no attempt", "incident: linked", "incident: after it", "incident: no deployment", "named long afterwards", "open_failures", "failures", "rework", "waiting", "pending failures",
		"under 1 h", "1 h to 1 day", "1 to 7 days", "7 to 30 days", "30 days and more",
	} {
		if n[name] == 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
