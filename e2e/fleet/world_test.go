package fleet

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// perTenant is the most pipelines that CodeArts lets a tenant have.
const perTenant = 5000

// projectsOf is a usual number of projects of so many pipelines: the larger the tenant, the larger its projects.
func projectsOf(pipelines int) int {
	if pipelines > 1000 {
		return pipelines / 200
	}
	return max(2, pipelines/100)
}

// pageOf is how many rows a page of the list has. In a small fleet it is small, so that there are pages between which rows shift.
func pageOf(pipelines int) int {
	if pipelines < 100 {
		return 5
	}
	return 50
}

// The load of a pipeline: runs a day apart from bursts, bursts a day, and how long before the start its history begins.
const (
	runsPerDay   = 6.0
	burstsPerDay = 0.2
	past         = 24 * time.Hour
)

// retryAfter is how long after a run failed it is retried, where there are newer ones.
const retryAfter = 4 * time.Hour

// quiet is how long before its planned deletion a pipeline runs for the last time.
const quiet = 6 * time.Hour

// world is the pipelines of a tenant, their script, and what is true of each of their runs. Only what exists at CodeArts is known to
// the server; the lives are what the log is judged by.
type world struct {
	seed       uint64
	begin, end time.Time
	rng        *rand.Rand
	server     *server

	mu    sync.Mutex
	lines []*line          // in order of creation; guarded by mu
	byID  map[string]*line // guarded by mu
	lives map[string]*life // by run; guarded by mu
	chaos *rand.Rand       // of what the calls bring about; guarded by mu
}

// line is a pipeline.
type line struct {
	id, project string
	created     time.Time
	deleted     time.Time // zero: never; guarded by the world's mu
	victim      bool      // it is deleted between two pages of a walk, some time
	idle        bool      // it does not run any more
	number      int       // of its last run
	last        time.Time // start of its last run
	besides     time.Time // one is seen as failed then, and retried while there is a newer one; another one goes on for long beside newer ones

	op    events.Op // what the log says of it last; this and what follows is guarded by the world's mu
	found time.Time // when the log called it deleted
}

// life is a run as it was planned: the last state that the tables have to show, and what the log has said of it so far.
type life struct {
	line       *line
	number     int
	start, end int64 // epoch ms; end is that of the last attempt
	over       int64 // end of the first attempt; the same as end if it was not retried
	again      int64 // start of the retry, 0 without one
	status     string
	paused     bool

	first, last int64 // when it was first seen, and when its present state was, epoch ms; 0: never
	shown       state
	created     int // times that the log called it new; more than one is a double
}

// state is what the log says of a run.
type state struct {
	pipeline   string
	number     int64
	status     string
	start, end int64
}

// newWorld scripts a tenant of so many pipelines that is watched from begin to end. It depends on the seed alone.
func newWorld(seed uint64, size int, begin, end time.Time) *world {
	w := &world{seed: seed, begin: begin, end: end, rng: rand.New(rand.NewPCG(seed, 17)), chaos: rand.New(rand.NewPCG(seed, 18)), byID: map[string]*line{}, lives: map[string]*life{}}
	w.fill(size)
	for i := 3; i < len(w.lines); i += 20 { // at any time, but that there is some left to find the retry
		w.lines[i].besides = begin.Add(time.Hour + time.Duration(w.rng.Float64()*float64(max(0, end.Sub(begin)-retryAfter-reconciled-2*time.Hour)))).Truncate(time.Second)
	}
	for at := begin.Add(-past); !at.After(begin); at = at.Add(time.Hour) {
		w.hour(at)
	}
	return w
}

// fill gives the tenant its pipelines: two thirds are older than everything, the others were or will be created in the course of
// time. Some are deleted, some have only runs that CodeArts is about to forget or keeps no more.
func (w *world) fill(pipelines int) {
	s := newServer(w, codeartstest.Options{Seed: w.seed * 100, Origin: w.begin, MaxPipelinePage: pageOf(pipelines)})
	w.server = s
	script := s.sim.World()
	for i := range cmp.Or(*projects, projectsOf(pipelines)) {
		s.projects = append(s.projects, script.AddProject(fmt.Sprint("project ", i)))
	}
	span := w.end.Sub(w.begin)
	for i := range pipelines {
		created := w.begin.Add(-150*24*time.Hour + time.Duration(i)*time.Minute)
		if i%50 == 49 { // in the course of time
			created = w.begin.Add(time.Duration(w.rng.Float64() * 0.7 * float64(span))).Truncate(time.Second)
		}
		l := w.addLine(w.rng, s.projects[i%len(s.projects)], created)
		switch i % 50 {
		case 7, 23: // after half a day, in time to be found
			l.deleted = w.begin.Add(12*time.Hour + time.Duration(w.rng.Float64()*float64(max(time.Hour, span-14*time.Hour)))).Truncate(time.Second)
			script.DeletePipeline(l.id, l.deleted)
		case 0, 20:
			if l.victim = l.project == s.projects[0]; l.victim {
				s.victims++
			}
		case 13: // the last one is listed, although it is not kept any more; the one before it is gone
			w.long(l, 101, 96)
			l.idle = true
		case 14: // one is gone, one goes soon, one stays
			w.long(l, 97, 90, 40)
			l.idle = true
		case 15:
			w.long(l, 92, 80, 60)
		}
	}
}

// long adds runs of half an hour less than so many days before the start.
func (w *world) long(l *line, days ...int) {
	for _, n := range days {
		w.run(l, w.begin.Add(-time.Duration(n)*24*time.Hour).Add(30*time.Minute), manner{})
	}
}

func (w *world) addLine(rng *rand.Rand, project string, created time.Time) *line {
	l := &line{project: project, created: created}
	l.id = w.server.sim.World().AddPipeline(codeartstest.PipelineSpec{
		ID: newID(rng), ProjectID: project, Name: fmt.Sprint("pipeline ", len(w.lines)), Created: created,
		Stages: []codeartstest.StageSpec{
			{Name: "Build", Jobs: []codeartstest.JobSpec{{Name: "Compile", Steps: []codeartstest.StepSpec{{Name: "make", Task: "make", BusinessType: "Build", Weight: 1}}}}},
			{Name: "Deploy", Sequence: 1, Jobs: []codeartstest.JobSpec{{Name: "Roll out", Steps: []codeartstest.StepSpec{{Name: "deploy", Task: "deploy", BusinessType: "Deploy", Weight: 1}}}}},
		},
	})
	w.lines, w.byID[l.id] = append(w.lines, l), l
	return l
}

// newID is an id of 32 hex digits.
func newID(rng *rand.Rand) string {
	b := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, rng.Uint64()), rng.Uint64())
	return hex.EncodeToString(b)
}

// shift deletes a pipeline of the first project at once, while there are some for that. Every other time it adds one.
func (w *world) shift(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lines {
		if !l.victim || l.project != w.server.projects[0] || !l.deleted.IsZero() {
			continue
		}
		l.deleted = now
		w.server.sim.World().DeletePipeline(l.id, now)
		if w.chaos.IntN(2) == 0 {
			w.addLine(w.chaos, l.project, now)
		}
		return true
	}
	return false
}

// hour plans the runs that start in the hour from a time on, and tells the server.
func (w *world) hour(from time.Time) {
	type start struct {
		at time.Time
		as manner
	}
	var starts []start
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lines {
		if l.created.After(from) || l.idle || l.victim && from.Add(quiet).After(w.begin) || !l.deleted.IsZero() && from.Add(time.Hour+quiet).After(l.deleted) {
			continue
		}
		starts = starts[:0]
		for range poisson(w.rng, runsPerDay/24) {
			starts = append(starts, start{at: from.Add(w.seconds(0, 3599))})
		}
		if w.rng.Float64() < burstsPerDay/24 { // several within one look
			at := from.Add(w.seconds(0, 3500))
			for range 3 + w.rng.IntN(6) {
				at = at.Add(w.seconds(1, 8))
				starts = append(starts, start{at, manner{short: true}})
			}
		}
		if !l.besides.Before(from) && l.besides.Before(from.Add(time.Hour)) {
			starts = append(starts, start{l.besides, manner{retry: retryAfter}}, start{l.besides.Add(10 * time.Minute), manner{long: 3 * time.Hour}}, start{l.besides.Add(20 * time.Minute), manner{}})
		}
		slices.SortFunc(starts, func(a, b start) int { return a.at.Compare(b.at) })
		for _, s := range starts {
			if s.at.After(l.last) { // starts rise strictly, and so do the run numbers
				w.run(l, s.at, s.as)
			}
		}
	}
}

// manner is what is special about a run.
type manner struct {
	short bool          // it is over in seconds
	long  time.Duration // its first stage takes so long
	retry time.Duration // it fails, and is retried so long after it
}

// run plans one run with its whole life. It may be over in seconds, run beside its neighbours, wait for days, and be retried
// under its own id, at once or days later. mu is held, or nobody else has the world yet.
func (w *world) run(l *line, at time.Time, as manner) {
	build, deploy := w.seconds(20, 400), w.seconds(10, 300)
	if as.short {
		build, deploy = w.seconds(1, 6), w.seconds(1, 6)
	}
	if w.rng.IntN(1000) == 0 { // a long one, which others overlap
		build = w.seconds(3600, 4*3600)
	}
	build = cmp.Or(as.long, build)
	f := &life{line: l, number: l.number + 1, start: at.UnixMilli(), status: codeartstest.StatusCompleted}
	stages := []codeartstest.StageAttempt{
		{Position: 0, Start: at, End: at.Add(build), Status: codeartstest.StatusCompleted},
		{Position: 1, Start: at.Add(build + w.seconds(0, 2)), Status: codeartstest.StatusCompleted},
	}
	stages[1].End = stages[1].Start.Add(deploy)
	settled := l.victim || !l.deleted.IsZero() // it has to be over before the pipeline is gone
	chance := w.rng.Float64()
	switch {
	case as.retry > 0:
		stages[1].Status = codeartstest.StatusFailed
	case chance < 0.02:
		stages[1].Status = codeartstest.StatusCanceled
	case chance < 0.10:
		stages[1].Status = codeartstest.StatusFailed
	case chance < 0.14:
		stages[0].Status = codeartstest.StatusFailed
		stages = stages[:1]
	case chance < 0.16 && !settled && !as.short: // for minutes or days
		wait := w.seconds(120, 3600)
		if w.rng.IntN(30) == 0 {
			wait = w.seconds(20*3600, 90*3600)
		}
		f.paused, stages[1].PausedFrom, stages[1].PausedUntil = true, stages[1].Start, stages[1].Start.Add(wait)
		stages[1].End = stages[1].PausedUntil.Add(deploy)
	}
	end := stages[len(stages)-1]
	f.over, f.status = end.End.UnixMilli(), end.Status
	if f.status == codeartstest.StatusFailed && !settled && (as.retry > 0 || w.rng.IntN(3) == 0) {
		wait := cmp.Or(as.retry, w.seconds(60, 2400))
		if as.retry == 0 && w.rng.IntN(3) == 0 {
			wait = w.seconds(3600, 60*3600)
		}
		again := codeartstest.StageAttempt{Position: end.Position, Start: end.End.Add(wait), Status: codeartstest.StatusCompleted}
		again.End = again.Start.Add(build)
		stages = append(stages, again)
		f.again = again.Start.UnixMilli()
		if again.Position == 0 {
			stages = append(stages, codeartstest.StageAttempt{Position: 1, Start: again.End, End: again.End.Add(deploy), Status: codeartstest.StatusCompleted})
		}
	}
	end = stages[len(stages)-1]
	f.end, f.status = end.End.UnixMilli(), end.Status
	id := newID(w.rng)
	w.server.sim.World().AddRun(codeartstest.Run{ID: id, PipelineID: l.id, Number: f.number, Start: at, Stages: stages})
	l.number, l.last = f.number, at
	w.lives[id] = f
}

// seconds is a whole number of seconds between two, both included.
func (w *world) seconds(least, most int) time.Duration {
	return time.Duration(least+w.rng.IntN(most-least+1)) * time.Second
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
