package pollers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/events"
)

// TestJudge: what one complete sweep says of what it lacks. Known is "id" for what is there, "id:n/age" for what n sweeps
// have lacked, the first so long ago. The answer is the events to write, "?id" for what is to be asked first.
func TestJudge(t *testing.T) {
	many := func(n int) (ids []string) {
		for i := range n {
			ids = append(ids, fmt.Sprintf("%03d", i))
		}
		return ids
	}
	for _, c := range []struct {
		name      string
		kind      events.Kind
		known     []string
		listed    []string
		confirmed bool
		want      []string
		held      int
	}{
		{"all there", events.Pipeline, []string{"a", "b"}, []string{"a", "b", "c"}, false, nil, 0},
		{"one lacks", events.Pipeline, []string{"a", "b"}, []string{"a"}, false, []string{"b missing"}, 0},
		{"it lacks again", events.Pipeline, []string{"a", "b:1/1m"}, []string{"a"}, false, []string{"?b"}, 0},
		{"it lacks again, no call shows it alone", events.Repository, []string{"a", "b:1/1h"}, []string{"a"}, false, []string{"b missing"}, 0},
		{"for the third time, too soon", events.Repository, []string{"a", "b:2/23h59m"}, []string{"a"}, false, nil, 0},
		{"for the third time, a day later", events.Repository, []string{"a", "b:2/24h"}, []string{"a"}, false, []string{"b deleted"}, 0},
		{"a day later, but for the second time", events.BuildGroup, []string{"a", "b:1/48h"}, []string{"a"}, false, []string{"b missing"}, 0},
		{"it is back", events.Repository, []string{"a", "b:2/24h"}, []string{"a", "b"}, false, nil, 0},
		{"came back a moment ago", events.Pipeline, []string{"a", "b!14m"}, []string{"a"}, false, nil, 0},
		{"came back long ago", events.Pipeline, []string{"a", "b!15m"}, []string{"a"}, false, []string{"b missing"}, 0},
		{"shown alone a moment ago", events.Pipeline, []string{"a", "there:1/2m"}, []string{"a"}, false, nil, 0},
		{"the list of another project shows it", events.Pipeline, []string{"a", "elsewhere"}, []string{"a"}, false, nil, 0},
		{"is deleted already", events.Pipeline, []string{"a", "-b"}, []string{"a"}, false, nil, 0},
		{"came while the sweep went on", events.Pipeline, []string{"a", "new"}, []string{"a"}, false, nil, 0},
		{"the list turns empty", events.Pipeline, []string{"a"}, nil, false, nil, 1},
		{"the list stays empty", events.Pipeline, []string{"a:1/1m", "-b"}, nil, false, nil, 1},
		{"there was never anything", events.Pipeline, nil, nil, false, nil, 0},
		{"all deleted long ago", events.Pipeline, []string{"-a"}, nil, false, nil, 0},
		{"an empty list that is confirmed", events.Pipeline, []string{"a", "b:1/1m"}, nil, true, []string{"?b", "a missing"}, 0},
		{"five of ten", events.Rule, many(10), many(5), false, []string{"005 missing", "006 missing", "007 missing", "008 missing", "009 missing"}, 0},
		{"six of ten", events.Rule, many(10), many(4), false, nil, 6},
		{"six of 299", events.Rule, many(299), many(293), false, nil, 6},
		{"six of 300 are 2 %", events.Rule, many(300), many(294), false, []string{"294 missing", "295 missing", "296 missing", "297 missing", "298 missing", "299 missing"}, 0},
		{"six of ten, confirmed", events.Rule, many(6), nil, true, []string{"000 missing", "001 missing", "002 missing", "003 missing", "004 missing", "005 missing"}, 0},
		{"the longest missing first, as many as may go", events.Rule, []string{"z", "a:1/1m", "b:1/2m", "c:1/3m", "d:1/4m", "e:1/5m", "f:1/6m", "g:1/7m"}, []string{"z"}, false, []string{"?g", "?f", "?e", "?d", "?c"}, 0},
		{"a gate is never deleted", events.Gate, []string{"a", "b"}, []string{"a"}, false, nil, 0},
		{"nor is a run", events.Run, []string{"a", "b"}, []string{"a"}, false, nil, 0},
		{"nor a detail: it goes with its rule", events.RuleDetail, []string{"a", "b"}, []string{"a"}, false, nil, 0},
	} {
		heads := map[string]events.Head{}
		for i, text := range c.known {
			h := events.Head{Seq: uint64(i + 1), Op: events.Created, At: ms(100 * time.Hour)}
			id, rest, missing := strings.Cut(text, ":")
			back, ago, restored := strings.Cut(id, "!")
			switch {
			case missing:
				var n int64
				var age string
				if _, err := fmt.Sscanf(rest, "%d/%s", &n, &age); err != nil {
					t.Fatal(err)
				}
				h.Op, h.Mark = events.Missing, events.Mark{Number: n, From: ms(span(t, age))}
			case restored:
				id, h.Op, h.At = back, events.Restored, ms(span(t, ago))
			case id[0] == '-':
				id, h.Op = id[1:], events.Deleted
			case id == "new":
				h.At = ms(0)
			}
			heads[id] = h
		}
		l := listing{kind: c.kind, ids: map[string]bool{}, began: instant, confirmed: c.confirmed, there: func(id string) bool { return id == "there" }, elsewhere: func(id string) bool { return id == "elsewhere" }}
		for _, id := range c.listed {
			l.ids[id] = true
		}
		v := judge(maps.All(heads), l)
		var got []string
		for _, a := range v.ask {
			got = append(got, "?"+a.Entity.ID)
		}
		for _, a := range v.absent {
			got = append(got, a.Entity.ID+" "+string(a.Op))
		}
		for _, a := range append(v.ask, v.absent...) {
			if a.Entity.Kind != c.kind || a.Seq != heads[a.Entity.ID].Seq || !a.At.Equal(instant) {
				t.Errorf("%s: %+v", c.name, a)
			}
		}
		if !slices.Equal(got, c.want) || v.held != c.held {
			t.Errorf("%s: %q, %d held; want %q, %d held", c.name, got, v.held, c.want, c.held)
		}
	}
}

func span(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestPlanExpired: a run expires a day after CodeArts has kept it for 90.
func TestPlanExpired(t *testing.T) {
	const over = Retention + expireGrace
	known := events.NewHeads()
	seq := uint64(0)
	add := func(id string, op events.Op, m events.Mark, seen time.Duration) {
		seq++
		known.Set(events.EntityID{Kind: events.Run, ID: id}, events.Head{Seq: seq, Op: op, Mark: m, At: ms(seen)})
	}
	add("oldest", events.Changed, run("p", 1, "FAILED", over+time.Hour), over)
	add("just over", events.Changed, run("p", 2, "COMPLETED", over), over-time.Minute)
	add("not yet", events.Changed, run("p", 3, "FAILED", over-time.Millisecond), over-time.Minute)
	add("seen lately", events.Restored, run("p", 4, "FAILED", over+time.Hour), expireGrace-time.Millisecond)
	add("paused for ever", events.Changed, run("p", 5, "PAUSED", over+time.Minute), over)
	add("no start", events.Created, events.Mark{Parent: "p", Status: "QUEUED"}, over)
	add("no start, young", events.Created, events.Mark{Parent: "p", Status: "QUEUED"}, Retention)
	add("in doubt", events.Changed, run("p", 6, "FAILED", over+time.Hour), over)
	add("expired before", events.Expired, run("p", 7, "FAILED", over+time.Hour), time.Hour)
	add("newest", events.Changed, run("p", 8, "FAILED", over+2*time.Hour), over)
	add("newest of what is deleted", events.Changed, run("q", 1, "RUNNING", over+2*time.Minute), over)
	known.Set(events.EntityID{Kind: events.Pipeline, ID: "q"}, events.Head{Seq: 99, Op: events.Deleted})
	r := indexRuns(known)
	h, _ := known.Get(events.EntityID{Kind: events.Run, ID: "in doubt"})
	r.doubt("in doubt", h, run("p", 6, "RUNNING", over+time.Hour))
	var got []string
	for _, a := range planExpired(known.Of(events.Run), r, instant) {
		got = append(got, a.Entity.ID)
		if h, _ := known.Get(a.Entity); a.Op != events.Expired || a.Entity.Kind != events.Run || a.Seq != h.Seq {
			t.Errorf("%+v", a)
		}
	}
	if want := []string{"oldest", "newest of what is deleted", "paused for ever", "just over", "no start"}; !slices.Equal(got, want) {
		t.Errorf("%q expire, want %q", got, want)
	}
}
