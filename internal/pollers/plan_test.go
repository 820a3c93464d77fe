package pollers

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"artery/internal/events"
)

// ms is a time so long before the instant of these tests, in epoch milliseconds.
func ms(before time.Duration) int64 { return instant.Add(-before).UnixMilli() }

// run is a mark of a run of pipeline p.
func run(p string, number int64, status string, start time.Duration) events.Mark {
	m := events.Mark{Parent: p, Number: number, Status: status, From: ms(start)}
	if terminal(status) {
		m.To = m.From + 60_000
	}
	return m
}

// index makes the index of runs, with ids by their place, and of coverages.
func index(marks []events.Mark, coverages map[string]events.Mark) *runs {
	heads := events.NewHeads()
	for i, m := range marks {
		heads.Set(events.EntityID{Kind: events.Run, ID: fmt.Sprint("r", i)}, events.Head{Op: events.Created, Mark: m})
	}
	for id, m := range coverages {
		heads.Set(events.EntityID{Kind: events.Coverage, ID: id}, events.Head{Op: events.Created, Mark: m})
	}
	return indexRuns(heads)
}

func covered(marks map[string]events.Mark) heads {
	return func(yield func(string, events.Head) bool) {
		for id, m := range marks {
			if !yield(id, events.Head{Op: events.Created, Mark: m}) {
				return
			}
		}
	}
}

func TestPlanActive(t *testing.T) {
	at := func(before time.Duration) time.Time { return time.UnixMilli(ms(before)) }
	around := func(oldest, newest time.Duration) []window {
		return []window{{pipeline: "a", from: at(oldest + 2*time.Second), to: at(newest - 2*time.Second)}}
	}
	for _, c := range []struct {
		name   string
		runs   []events.Mark // r0, r1, ...
		rests  []string      // those that are not due
		latest []openRun
		older  []window
	}{
		{"nothing known", nil, nil, nil, nil},
		{"all over", []events.Mark{run("a", 1, "COMPLETED", time.Hour), run("b", 3, "FAILED", time.Hour), run("c", 1, "CANCELED", 1), run("d", 1, "IGNORED", 1)}, nil, nil, nil},
		{"the latest is open", []events.Mark{run("b", 2, "RUNNING", time.Minute), run("a", 1, "PAUSED", 50*time.Hour), run("b", 1, "FAILED", time.Hour)}, []string{"r1"},
			[]openRun{{"a", "r1", "PAUSED", false, false}, {"b", "r0", "RUNNING", true, false}}, nil},
		{"an unknown status is open", []events.Mark{run("a", 1, "THINKING", time.Minute), run("b", 1, "", time.Minute)}, nil,
			[]openRun{{"a", "r0", "THINKING", true, false}, {"b", "r1", "", true, false}}, nil},
		{"an older one is open", []events.Mark{run("a", 1, "PAUSED", 50*time.Hour), run("a", 2, "COMPLETED", time.Hour)}, nil, nil, around(50*time.Hour, 50*time.Hour)},
		{"an older one is open, and not due", []events.Mark{run("a", 1, "PAUSED", 50*time.Hour), run("a", 2, "COMPLETED", time.Hour)}, []string{"r0"}, nil, nil},
		{"the latest and two older ones", []events.Mark{run("a", 2, "RUNNING", time.Hour), run("a", 3, "RUNNING", time.Minute), run("a", 1, "PAUSED", 2*time.Hour)}, nil,
			[]openRun{{"a", "r1", "RUNNING", true, false}}, around(2*time.Hour, time.Hour)},
		{"two older ones, of which one is due", []events.Mark{run("a", 2, "RUNNING", time.Hour), run("a", 3, "FAILED", time.Minute), run("a", 1, "PAUSED", 2*time.Hour)}, []string{"r2"},
			nil, around(2*time.Hour, time.Hour)},
		{"two older ones, a hundred runs apart", []events.Mark{run("a", 101, "RUNNING", time.Hour), run("a", 102, "FAILED", time.Minute), run("a", 1, "PAUSED", 2*time.Hour)}, []string{"r2"},
			nil, around(time.Hour, time.Hour)},
		{"two older ones without numbers", []events.Mark{run("a", 0, "RUNNING", time.Hour), run("a", 1, "FAILED", time.Minute), run("a", 0, "PAUSED", 2*time.Hour)}, []string{"r2"},
			nil, around(time.Hour, time.Hour)},
		{"without numbers the start decides", []events.Mark{run("a", 0, "RUNNING", time.Minute), run("a", 0, "FAILED", time.Hour)}, nil, []openRun{{"a", "r0", "RUNNING", true, false}}, nil},
		{"an older one without a start, seen long ago, is not looked for", []events.Mark{{Parent: "a", Number: 1, Status: "QUEUED"}, run("a", 2, "RUNNING", time.Minute)}, nil,
			[]openRun{{"a", "r1", "RUNNING", true, false}}, nil},
		{"an older one that CodeArts has forgotten", []events.Mark{run("a", 1, "PAUSED", Retention+time.Second), run("a", 2, "FAILED", time.Minute)}, nil, nil, nil},
	} {
		got := planActive(index(c.runs, nil), func(run string) bool { return !slices.Contains(c.rests, run) }, instant)
		if !slices.Equal(got.latest, c.latest) || !reflect.DeepEqual(got.older, c.older) {
			t.Errorf("%s: %+v, want %+v, %+v", c.name, got, c.latest, c.older)
		}
	}
}

func TestPlanHistory(t *testing.T) {
	oldest, read := instant.Add(-Retention), time.UnixMilli(ms(10*time.Hour))
	reach := time.UnixMilli(ms(Retention + 10*time.Hour)) // how far back a backfill of ten hours ago has come
	complete := func(through int64) events.Mark {
		return events.Mark{Number: through, Status: coverageComplete, From: reach.UnixMilli(), To: read.UnixMilli()}
	}
	gapAt := func(p string, last time.Duration, through int64) window {
		return window{pipeline: p, from: time.UnixMilli(ms(last + time.Minute)), to: instant, through: through, reach: reach, newest: read}
	}
	partly := events.Mark{Number: 7, Status: coveragePartial, From: ms(40 * time.Hour), To: ms(10 * time.Hour)}
	for _, c := range []struct {
		name          string
		runs          []events.Mark
		coverage      map[string]events.Mark
		gaps, history []window
	}{
		{"pipelines without runs", nil, nil, nil, nil},
		{"cold", []events.Mark{run("b", 7, "FAILED", time.Hour), run("a", 3, "RUNNING", time.Hour)}, nil, nil, []window{
			{pipeline: "a", from: oldest, to: instant, back: true, through: 3, reach: oldest, newest: instant},
			{pipeline: "b", from: oldest, to: instant, back: true, through: 7, reach: oldest, newest: instant},
		}},
		{"stopped half way", []events.Mark{run("a", 9, "FAILED", time.Hour), run("a", 5, "FAILED", 40*time.Hour)},
			map[string]events.Mark{"a": partly},
			[]window{{pipeline: "a", from: time.UnixMilli(ms(10*time.Hour + time.Minute)), to: instant, through: 9, reach: time.UnixMilli(ms(40 * time.Hour)), newest: read}},
			[]window{
				{pipeline: "a", from: oldest, to: time.UnixMilli(ms(40*time.Hour - 2*time.Second)), back: true, through: 7, reach: oldest, newest: read},
			}},
		{"cold, one run missed", []events.Mark{run("a", 3, "FAILED", 2*time.Hour), run("a", 5, "RUNNING", time.Hour)}, nil,
			[]window{{pipeline: "a", from: oldest, to: instant, back: true, through: 5, reach: oldest, newest: instant}},
			[]window{{pipeline: "a", from: oldest, to: instant, back: true, through: 5, reach: oldest, newest: instant}}},
		{"cold, the next run", []events.Mark{run("a", 3, "FAILED", 2*time.Hour), run("a", 4, "RUNNING", time.Hour)}, nil,
			nil, []window{{pipeline: "a", from: oldest, to: instant, back: true, through: 4, reach: oldest, newest: instant}}},
		{"stopped half way, one run missed since", []events.Mark{run("a", 9, "RUNNING", time.Hour), run("a", 7, "FAILED", 11*time.Hour)},
			map[string]events.Mark{"a": partly},
			[]window{{pipeline: "a", from: time.UnixMilli(ms(11*time.Hour + time.Minute)), to: instant, through: 9, reach: time.UnixMilli(ms(40 * time.Hour)), newest: read}},
			[]window{{pipeline: "a", from: oldest, to: time.UnixMilli(ms(40*time.Hour - 2*time.Second)), back: true, through: 7, reach: oldest, newest: read}}},
		{"complete", []events.Mark{run("a", 7, "FAILED", 11*time.Hour), run("a", 6, "FAILED", 12*time.Hour)}, map[string]events.Mark{"a": complete(7)}, nil, nil},
		{"complete, numbers missing from before", []events.Mark{run("a", 7, "FAILED", 11*time.Hour), run("a", 3, "FAILED", 12*time.Hour)}, map[string]events.Mark{"a": complete(7)}, nil, nil},
		{"the next run", []events.Mark{run("a", 7, "FAILED", 11*time.Hour), run("a", 8, "RUNNING", time.Hour)}, map[string]events.Mark{"a": complete(7)}, nil, nil},
		{"one run missed", []events.Mark{run("a", 7, "FAILED", 11*time.Hour), run("a", 9, "RUNNING", time.Hour)}, map[string]events.Mark{"a": complete(7)},
			[]window{gapAt("a", 11*time.Hour, 9)}, nil},
		{"one run missed, the last before it not known", []events.Mark{run("a", 9, "RUNNING", time.Hour)}, map[string]events.Mark{"a": complete(7)},
			[]window{gapAt("a", 10*time.Hour, 9)}, nil},
		{"two gaps are one window", []events.Mark{run("a", 8, "FAILED", 9*time.Hour), run("a", 10, "FAILED", 5*time.Hour), run("a", 12, "RUNNING", time.Hour)}, map[string]events.Mark{"a": complete(7)},
			[]window{gapAt("a", 9*time.Hour, 12)}, nil},
		{"the last before it has no start: from when all was read", []events.Mark{run("a", 8, "FAILED", 9*time.Hour), {Parent: "a", Number: 9, Status: "QUEUED"}, run("a", 11, "RUNNING", time.Hour)}, map[string]events.Mark{"a": complete(7)},
			[]window{gapAt("a", 10*time.Hour, 11)}, nil},
		{"looked at already", []events.Mark{run("a", 7, "FAILED", 11*time.Hour), run("a", 9, "FAILED", time.Hour)}, map[string]events.Mark{"a": complete(9)}, nil, nil},
		{"looked at, and a new one", []events.Mark{run("a", 7, "FAILED", 11*time.Hour), run("a", 9, "FAILED", 2*time.Hour), run("a", 11, "RUNNING", time.Hour)}, map[string]events.Mark{"a": complete(9)},
			[]window{gapAt("a", 2*time.Hour, 11)}, nil},
		{"a gap from before what CodeArts keeps", []events.Mark{run("a", 1, "FAILED", Retention+time.Hour), run("a", 3, "RUNNING", time.Hour)},
			map[string]events.Mark{"a": {Number: 1, Status: coverageComplete, From: reach.UnixMilli(), To: ms(Retention + time.Hour)}},
			[]window{{pipeline: "a", from: oldest, to: instant, through: 3, reach: reach, newest: time.UnixMilli(ms(Retention + time.Hour))}}, nil},
		{"runs without numbers", []events.Mark{run("a", 0, "FAILED", time.Hour)}, map[string]events.Mark{"a": complete(0)}, nil, nil},
	} {
		for what, plan := range map[string]struct {
			of   func(*runs, time.Time, time.Duration) []window
			want []window
		}{"gaps": {planGaps, c.gaps}, "history": {planHistory, c.history}} {
			if got := plan.of(index(c.runs, c.coverage), instant, Retention); !reflect.DeepEqual(got, plan.want) {
				t.Errorf("%s: %s\n got %+v\nwant %+v", c.name, what, got, plan.want)
			}
		}
	}
}

func TestPlanReconcile(t *testing.T) {
	mark := func(status string, read time.Duration) events.Mark {
		return events.Mark{Number: 4, Status: status, From: ms(Retention), To: ms(read)}
	}
	const after = 5 * time.Hour
	got := planReconcile(covered(map[string]events.Mark{
		"now": mark(coverageComplete, 0), "recent": mark(coverageComplete, after-time.Millisecond), "due": mark(coverageComplete, after),
		"long due": mark(coverageComplete, 100*time.Hour), "partial": mark(coveragePartial, 100*time.Hour), "also due": mark(coverageComplete, after),
		"deleted": mark(coverageComplete, after),
	}), &runs{deleted: map[string]bool{"deleted": true}}, instant, after, Retention)
	var want []window
	for _, id := range []string{"long due", "also due", "due"} {
		want = append(want, window{pipeline: id, from: instant.Add(-Retention), to: instant, through: 4, reach: time.UnixMilli(ms(Retention)), newest: instant})
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestPlanDetails(t *testing.T) {
	known := events.NewHeads()
	put := func(kind events.Kind, id string, op events.Op, m events.Mark) {
		known.Set(events.EntityID{Kind: kind, ID: id}, events.Head{Op: op, Mark: m})
	}
	over := func(start time.Duration) events.Mark { return run("p", 1, "COMPLETED", start) }
	put(events.Run, "early", events.Created, over(3*time.Hour))
	put(events.Run, "late", events.Changed, over(time.Hour))
	put(events.Run, "same a", events.Created, over(2*time.Hour))
	put(events.Run, "same b", events.Created, over(2*time.Hour))
	put(events.Run, "open", events.Created, run("p", 2, "RUNNING", time.Hour))
	put(events.Run, "paused", events.Created, run("p", 2, "PAUSED", time.Hour))
	put(events.Run, "gone", events.Deleted, over(time.Hour))
	put(events.Run, "forgotten", events.Created, over(Retention+time.Millisecond))
	put(events.Run, "old but the latest", events.Created, run("q", 7, "FAILED", 2*Retention))
	put(events.Run, "about to be forgotten", events.Created, over(Retention))
	put(events.Run, "known", events.Created, over(time.Hour))
	put(events.RunDetail, "known", events.Created, over(time.Hour))
	put(events.Run, "retried", events.Changed, over(time.Hour))
	put(events.RunDetail, "retried", events.Created, run("p", 1, "FAILED", time.Hour))
	put(events.Run, "detail gone", events.Changed, over(time.Minute))
	put(events.RunDetail, "detail gone", events.Deleted, over(time.Minute))
	put(events.Run, "tried", events.Created, over(time.Hour))
	put(events.Run, "tried before it changed", events.Created, over(4*time.Hour))
	m := newMemo()
	m.try(events.RunDetail, "tried", over(time.Hour), instant)
	m.try(events.RunDetail, "tried before it changed", run("p", 1, "FAILED", 4*time.Hour), instant)
	before := maps.Collect(known.All())
	var got []string
	preferred := func(id string) bool {
		return id == "same b" || id == "about to be forgotten" || id == "old but the latest"
	}
	urgent, rest := planDetails(indexRuns(known), m.of(events.RunDetail, instant), preferred, instant)
	if len(urgent) != 3 {
		t.Errorf("urgent are %v", urgent)
	}
	for _, w := range slices.Concat(urgent, rest) {
		got = append(got, w.id)
		if h, _ := known.Get(events.EntityID{Kind: events.Run, ID: w.id}); w.mark != h.Mark {
			t.Errorf("%s is planned with %+v", w.id, w.mark)
		}
	}
	want := []string{"old but the latest", "same b", "about to be forgotten", "detail gone", "late", "retried", "same a", "early", "tried before it changed"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if !maps.Equal(maps.Collect(known.All()), before) {
		t.Error("planning changed what is known")
	}
	if tried := newMemo().of(events.RunDetail, instant)("x", events.Mark{}); tried {
		t.Error("an empty memo knows a run")
	}
}

func TestIdentity(t *testing.T) {
	for in, want := range map[string]runIdentity{
		`{"pipeline_run_id":"r","pipeline_id":"p","run_number":"12","status":"FAILED","start_time":1677919688000,"end_time":null}`: {"r", "p", 12, "FAILED", 1677919688000, 0},
		`{"run_number":3,"start_time":"","end_time":"1677919688000"}`:                                                              {RunNumber: 3, EndTime: 1677919688000},
	} {
		var got runIdentity
		if err := identify([]byte(in), &got); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{`{"run_number":"x"}`, `{"run_number":1.5}`, `{"run_number":true}`, `{"pipeline_run_id":7}`, `[]`, `"x"`} {
		var got runIdentity
		if err := identify([]byte(in), &got); err == nil {
			t.Errorf("%s: %+v, want an error", in, got)
		}
	}
}
