package codeartstest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// purpose is why a generated run is started.
type purpose int

const (
	purposeChange   purpose = iota // an ordinary commit
	purposeFix                     // a commit that shall repair a broken stage
	purposeHotfix                  // a commit on a hotfix branch after an incident
	purposeRollback                // the last good commit again
	purposeRerun                   // the same commit again, after a flaky failure
	purposeBreak                   // the last change before a quiet hour, which breaks a stage
)

// intent is a run that is going to be started.
type intent struct {
	at      time.Time
	purpose purpose
	change  Change // of a rollback or a rerun
}

// generator plans the runs of one pipeline, hour by hour. It carries what the next runs depend on; hours are planned in
// order and each draws from its own source, so the plan depends on the seed only.
type generator struct {
	world    *World
	pipeline *pipeline
	kind     pipelineKind
	share    float64 // of the tenant's runs
	flaky    float64 // chance of a flaky failure
	leaves   bool    // somebody broke it before Origin and went home

	pending []intent
	last    time.Time // start of the last run
	commits int
	merges  int
	tags    int
	broken  int    // 1 + position of the stage that is really broken, 0 if none
	good    Change // of the last run that reached its end
}

func newGenerator(w *World, p *pipeline, kind pipelineKind, share float64) *generator {
	sum := w.digest("flaky", p.ID)
	flaky := 0.04
	if sum[0]%5 == 0 { // one pipeline in five is a nuisance
		flaky = 0.16
	}
	return &generator{world: w, pipeline: p, kind: kind, share: share, flaky: flaky, leaves: sum[1]%8 == 0}
}

// leftBroken is how long before Origin a few pipelines are broken for hours: whoever starts the demo sees red stages, on
// a Sunday too.
const leftBroken = 3*time.Hour + 10*time.Minute

// live tells whether t belongs to the livelier time after Origin.
func (g *generator) live(t time.Time) bool { return !t.Before(g.world.options.Origin) }

// hour plans the runs that start in the hour from a time on.
func (g *generator) hour(slot int, from time.Time) {
	rng := g.world.rng("runs", g.pipeline.ID, slot)
	o := g.world.options
	rate := o.RunsPerDay / 24 * g.share * busy(from.In(o.Zone))
	if g.live(from) {
		rate = o.LiveRunsPerHour * g.share
	}
	arrivals := poisson(rng, rate)
	if g.kind == kindNightly && from.In(o.Zone).Hour() == 2 {
		arrivals = 1
	}
	if left := o.Origin.Add(-leftBroken); g.leaves && !left.Before(from) && left.Before(from.Add(time.Hour)) {
		g.pending = append(g.pending, intent{at: left, purpose: purposeBreak})
	}
	for range arrivals {
		g.pending = append(g.pending, intent{at: from.Add(time.Duration(rng.IntN(3600)) * time.Second)})
	}
	until := from.Add(time.Hour)
	for {
		slices.SortStableFunc(g.pending, func(a, b intent) int { return a.at.Compare(b.at) })
		if len(g.pending) == 0 || !g.pending[0].at.Before(until) {
			return
		}
		next := g.pending[0]
		g.pending = g.pending[1:]
		if !next.at.After(g.last) { // starts rise strictly, and so do the run numbers
			next.at = g.last.Add(time.Second)
			if !next.at.Before(until) {
				g.pending = append(g.pending, next)
				continue
			}
		}
		if next.at.Before(g.pipeline.Created) || next.purpose == purposeFix && g.broken == 0 {
			continue
		}
		g.last = next.at
		g.start(rng, next)
	}
}

// start plans one run from its trigger to its end, and what follows from it.
func (g *generator) start(rng *rand.Rand, in intent) {
	run := Run{Number: len(g.pipeline.runs) + 1, Start: in.at, Executor: g.world.user(rng.IntN(len(userNames) - 1))}
	run.Trigger, run.Change = g.reason(rng, in)
	if run.Trigger == "Scheduler" {
		run.Executor = g.pipeline.Creator
	}
	o := g.decide(rng, in)
	end := g.execute(rng, &run, 0, in.at.Add(time.Duration(rng.IntN(2))*time.Second), o.bad, o.how)
	if o.flaky && rng.Float64() < 0.7 {
		end = g.execute(rng, &run, o.bad, end.Add(g.pause(rng, 2, 14)), -1, "")
		o.flaky = false
	}
	g.world.addRun(g.pipeline, run)
	g.follow(rng, in, run, end, o)
}

// outcome is how a run goes.
type outcome struct {
	bad    int    // position of the stage that does not succeed, -1 if all do
	how    string // status of that stage
	flaky  bool   // the stage succeeds when it runs again
	breaks bool   // it is this run's change that breaks the stage
}

// decide chooses the outcome of a run.
func (g *generator) decide(rng *rand.Rand, in intent) outcome {
	stages := len(g.pipeline.Stages)
	chance := rng.Float64()
	switch {
	case in.purpose == purposeBreak:
		g.broken = 1 + rng.IntN(stages)
		if isReview(g.pipeline.Stages[g.broken-1]) {
			g.broken = 1
		}
		return outcome{bad: g.broken - 1, how: StatusFailed, breaks: true}
	case in.purpose == purposeRollback || in.purpose == purposeRerun || in.purpose == purposeHotfix && chance < 0.9:
	case g.broken > 0 && in.purpose == purposeFix && chance < 0.65:
		g.broken = 0
	case g.broken > 0:
		return outcome{bad: g.broken - 1, how: StatusFailed}
	case chance < 0.06: // mostly in the first two stages, now and then in any
		bad := rng.IntN(min(2, stages))
		if rng.IntN(4) == 0 {
			bad = rng.IntN(stages)
		}
		if !isReview(g.pipeline.Stages[bad]) { // a rejected review breaks nothing
			g.broken = bad + 1
		}
		return outcome{bad: bad, how: StatusFailed, breaks: true}
	case chance < 0.06+g.flaky:
		return outcome{bad: min(1, stages-1), how: StatusFailed, flaky: true}
	case chance < 0.09+g.flaky && !isReview(g.pipeline.Stages[stages-1]): // the target was not ready; the change is good
		return outcome{bad: stages - 1, how: StatusFailed, flaky: true}
	case chance < 0.11+g.flaky:
		return outcome{bad: rng.IntN(stages), how: StatusCanceled}
	}
	return outcome{bad: -1}
}

// follow plans what people do after a run.
func (g *generator) follow(rng *rand.Rand, in intent, run Run, end time.Time, o outcome) {
	later := func(purpose purpose, least, most int, change Change) {
		g.pending = append(g.pending, intent{at: end.Add(g.pause(rng, least, most)), purpose: purpose, change: change})
	}
	deploys := g.kind == kindService || g.kind == kindReviewed || g.kind == kindLate
	switch {
	case o.flaky:
		later(purposeRerun, 3, 20, run.Change)
	case g.broken > 0 && (o.breaks || in.purpose == purposeFix):
		switch slow := in.purpose == purposeBreak || rng.IntN(4) == 0; { // nobody cares for hours
		case slow && !g.live(in.at):
			later(purposeFix, 300, 1500, Change{})
		case slow:
			later(purposeFix, 60, 300, Change{})
		default:
			later(purposeFix, 15, 150, Change{})
		}
	case o.bad >= 0:
	case deploys && in.purpose != purposeRollback && rng.Float64() < 0.05:
		if g.good.CommitID != "" && rng.Float64() < 0.5 {
			later(purposeRollback, 5, 40, g.good)
		} else {
			later(purposeHotfix, 15, 90, Change{})
		}
	default:
		g.good = run.Change
	}
}

// pause is a time between two numbers of minutes, a quarter of it after Origin.
func (g *generator) pause(rng *rand.Rand, least, most int) time.Duration {
	d := time.Duration(least*60+rng.IntN((most-least)*60)) * time.Second
	if g.live(g.last) {
		d /= 4
	}
	return d.Truncate(time.Second)
}

// execute plans the stages from a position on and returns when the last of them ends.
func (g *generator) execute(rng *rand.Rand, run *Run, position int, at time.Time, bad int, how string) time.Time {
	for ; position < len(g.pipeline.Stages); position++ {
		attempt := StageAttempt{Position: position, Start: at, Status: StatusCompleted}
		took := g.pause(rng, 1, 7)
		if isReview(g.pipeline.Stages[position]) {
			attempt.PausedFrom = at.Add(time.Second)
			attempt.PausedUntil = attempt.PausedFrom.Add(g.review(rng))
			at, took = attempt.PausedUntil, 2*time.Second
		}
		if position == bad {
			attempt.Status = how
			took = max(time.Second, (took * 2 / 3).Truncate(time.Second))
		}
		at = at.Add(took)
		attempt.End = at
		run.Stages = append(run.Stages, attempt)
		if position == bad {
			break
		}
		at = at.Add(time.Duration(rng.IntN(3)) * time.Second)
	}
	return run.Stages[len(run.Stages)-1].End
}

// review is how long a manual review waits: mostly minutes, sometimes hours, now and then days.
func (g *generator) review(rng *rand.Rand) time.Duration {
	switch chance := rng.Float64(); {
	case chance < 0.72, g.live(g.last) && chance < 0.95:
		return g.pause(rng, 2, 40)
	case chance < 0.86, g.live(g.last) && chance < 0.98:
		return time.Duration(1+rng.IntN(8)) * 37 * time.Minute
	}
	return time.Duration(20+rng.IntN(56))*time.Hour + 11*time.Minute
}

// isReview tells whether a stage waits for a person.
func isReview(s StageSpec) bool {
	return len(s.Jobs) > 0 && len(s.Jobs[0].Steps) > 0 && s.Jobs[0].Steps[0].Task == "official_devcloud_manual_review"
}

// subjects are what commits are about.
var subjects = []string{"retry policy", "cache keys", "login form", "timeouts", "currency rounding", "查询分页", "logging", "health check", "schema v7", "batch size"}

// reason makes the trigger and the build parameters of a run.
func (g *generator) reason(rng *rand.Rand, in intent) (string, Change) {
	if g.pipeline.IsPublish { // a change pipeline has no build parameters
		return "Manual", Change{}
	}
	subject := subjects[rng.IntN(len(subjects))]
	change := Change{RepositoryID: g.pipeline.RepositoryID, BuildType: "branch", TargetBranch: "main"}
	switch in.purpose {
	case purposeRerun:
		return "Manual", in.change
	case purposeRollback:
		change = in.change
		change.Message = "Roll back to " + change.CommitID[:8]
		return "Manual", change
	}
	g.commits++
	change.CommitID = g.world.runID("commit", g.pipeline.ID, g.commits)
	switch in.purpose {
	case purposeHotfix:
		change.TargetBranch = fmt.Sprintf("hotfix/%d-%s", g.commits, "urgent")
		change.Message = "Hot fix: " + subject
		return "Push", change
	case purposeFix:
		change.Message = "Fix " + subject
	default:
		change.Message = []string{"Add ", "Change ", "Simplify ", "Speed up "}[rng.IntN(4)] + subject
	}
	switch g.kind {
	case kindNightly:
		if in.purpose == purposeFix {
			return "Manual", change
		}
		change.Message = "Merge of the day: " + subject
		return "Scheduler", change
	case kindMerge:
		g.merges++
		change.Action = []string{"open", "update", "update", "reopen"}[rng.IntN(4)]
		change.MergeID = fmt.Sprint(g.merges)
		change.SourceBranch = fmt.Sprintf("feature/%d", g.merges)
		return "MR", change
	case kindRelease:
		g.tags++
		change.BuildType, change.Tag = "tag", fmt.Sprintf("v1.%d.%d", g.tags/4, g.tags%4)
		return "CreateTag", change
	}
	if rng.IntN(6) == 0 {
		return "Manual", change
	}
	return "Push", change
}

// poisson is a number of events in a time in which rate of them are expected.
func poisson(rng *rand.Rand, rate float64) int {
	n, p, limit := 0, rng.Float64(), math.Exp(-rate)
	for p > limit {
		n++
		p *= rng.Float64()
	}
	return n
}
