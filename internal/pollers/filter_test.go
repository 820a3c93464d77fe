package pollers

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestFilter: when lists by status come to be relied on, and when that ends. Each step is at a second: an answer "shown ...", or a
// call that shows a run. A run of the name p1 belongs to the project p.
func TestFilter(t *testing.T) {
	type step struct {
		at     int
		what   shownBy
		run    string
		status string
	}
	walk := func(at int, run, status string) step { return step{at, byWalk, run, status} }
	question := func(at int, run, status string) step { return step{at, byQuestion, run, status} }
	const answer shownBy = -1
	shown := func(at int, runs string) step { return step{at, answer, runs, ""} }
	const begun, lacks, over = "relied on", "it lacks a run that is open", "it shows a run that is over as open"
	for _, c := range []struct {
		name  string
		steps []step
		want  []string
	}{
		{"two walks agree", []step{walk(0, "p1", "RUNNING"), walk(0, "q1", "RUNNING"), shown(10, "p1 q1"), walk(60, "p1", "RUNNING"), walk(61, "q1", "PAUSED")}, []string{begun}},
		{"one project proves nothing", []step{walk(0, "p1", "RUNNING"), walk(0, "p2", "RUNNING"), shown(10, "p1 p2"), walk(60, "p1", "RUNNING"), walk(60, "p2", "RUNNING")}, nil},
		{"questions do not prove it", []step{walk(0, "p1", "RUNNING"), walk(0, "q1", "RUNNING"), shown(10, "p1 q1"), question(20, "p1", "RUNNING"), question(20, "q1", "RUNNING")}, nil},
		{"walks of different answers", []step{walk(0, "p1", "RUNNING"), walk(0, "q1", "RUNNING"), shown(10, "p1 q1"), walk(20, "p1", "RUNNING"), shown(30, "p1 q1"), walk(40, "q1", "RUNNING")}, nil},
		{"a walk that was sent before", []step{walk(0, "p1", "RUNNING"), walk(0, "q1", "RUNNING"), shown(10, "p1 q1"), walk(10, "p1", "RUNNING"), walk(10, "q1", "RUNNING")}, nil},
		{"runs that came later", []step{shown(10, "p1 q1"), walk(60, "p1", "RUNNING"), walk(60, "q1", "RUNNING")}, nil},
		{"lacking once may be a shift of rows", []step{walk(0, "p1", "RUNNING"), shown(10, ""), walk(20, "p1", "RUNNING"), shown(30, "p1"), walk(40, "p1", "RUNNING")}, nil},
		{"lacking twice", []step{walk(0, "p1", "RUNNING"), shown(10, ""), walk(20, "p1", "RUNNING"), shown(30, ""), question(40, "p1", "RUNNING")}, []string{lacks}},
		{"began between the two", []step{shown(10, ""), walk(20, "p1", "RUNNING"), shown(30, ""), walk(40, "p1", "RUNNING")}, nil},
		{"with a status that is not asked for", []step{walk(0, "p1", "INIT"), shown(10, ""), walk(20, "p1", "INIT"), shown(30, ""), walk(40, "p1", "RUNNING")}, nil},
		{"has it no more", []step{walk(0, "p1", "RUNNING"), shown(10, ""), shown(30, ""), walk(40, "p1", "INIT")}, nil},
		{"of a project that was not asked for", []step{walk(0, "x1", "RUNNING"), shown(10, ""), shown(30, ""), walk(40, "x1", "RUNNING")}, nil},
		{"over, and open again: it may have been over when it lacked", []step{walk(0, "p1", "RUNNING"), walk(5, "p1", "FAILED"), shown(10, ""), shown(30, ""), walk(40, "p1", "RUNNING")}, nil},
		{"an older run may be open", []step{{0, byRecords, "p1", "RUNNING"}, shown(10, ""), shown(30, ""), {40, byRecords, "p1", "RUNNING"}}, nil},
		{"relied on, and wrong", []step{
			walk(0, "p1", "RUNNING"), walk(0, "q1", "RUNNING"), shown(10, "p1 q1"), walk(60, "p1", "RUNNING"), walk(61, "q1", "RUNNING"),
			shown(70, "p1"), shown(85, "p1"), walk(90, "q1", "RUNNING"),
		}, []string{begun, lacks}},
		{"over, and shown as open", []step{walk(0, "p1", "FAILED"), shown(10, "!p1"), question(11, "p1", "FAILED")}, []string{over}},
		{"over, and really retried, which is not known yet", []step{
			walk(0, "p1", "FAILED"), shown(10, "!p1"), question(11, "p1", "RUNNING"), shown(25, "!p1"), shown(40, "!p1"), walk(41, "p1", "RUNNING"),
		}, nil},
		{"over, and really retried", []step{walk(0, "p1", "FAILED"), shown(10, "!p1"), question(11, "p1", "RUNNING")}, nil},
	} {
		var got []string
		w := newWatch(func(trusted bool, reason string) {
			if trusted {
				reason = begun
			}
			got = append(got, reason)
		})
		for _, s := range c.steps {
			at := instant.Add(time.Duration(s.at) * time.Second)
			if s.what != answer {
				w.saw(runIdentity{RunID: s.run, PipelineID: "of " + s.run, Status: s.status}, s.run[:1], s.what, at, at.Add(time.Millisecond))
				continue
			}
			l := &listAnswer{asked: at, answered: at.Add(100 * time.Millisecond), lists: []statusList{{[]string{"p", "q"}, listedStatuses(true)}}, shown: map[string]bool{}}
			for run := range strings.FieldsSeq(s.run) {
				if run[0] == '!' {
					l.over = append(l.over, listedOver{run[1:2], "of " + run[1:], run[1:]})
				} else {
					l.shown[run] = true
				}
			}
			w.answer(l)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestFilterRests: what is not trusted is tried once a minute, what was wrong two minutes later, and ever more rarely.
func TestFilterRests(t *testing.T) {
	w := newWatch(func(bool, string) {})
	tried := func(after time.Duration) bool { return w.worth(instant.Add(after)).tried }
	if !tried(0) {
		t.Error("it is never tried")
	}
	w.answer(&listAnswer{asked: instant})
	if tried(trustTry-1) || !tried(trustTry) {
		t.Error("it is not tried once a minute")
	}
	now := time.Duration(0)
	for i, rest := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
		rest *= time.Minute
		w.wrong("it is", instant.Add(now))
		if tried(now+rest-1) || !tried(now+rest) {
			t.Errorf("after it was wrong %d times it is not tried again after %s", i+1, rest)
		}
		now += rest
	}
	for _, c := range []struct{ trusted, rest time.Duration }{{time.Hour - 1, time.Hour}, {time.Hour, 2 * time.Minute}} {
		w.filter.trusted, w.filter.since, w.filter.rest = true, instant, time.Hour
		w.wrong("it is", instant.Add(c.trusted))
		if tried(c.trusted+c.rest-1) || !tried(c.trusted+c.rest) {
			t.Errorf("after it was trusted for %s it is not tried again after %s", c.trusted, c.rest)
		}
	}
}

// TestFollowed: the questions that follow lists are an average, and what was too dear is forgotten.
func TestFollowed(t *testing.T) {
	w := newWatch(func(bool, string) {})
	w.followed(true, 10)
	w.followed(true, 0)
	if got := w.worth(instant).followed; got != 10*.2*.8 {
		t.Errorf("after ten questions and none: %v", got)
	}
	for range 500 {
		w.followed(false, 3)
	}
	if got := w.worth(instant).followed; got > 0.02 {
		t.Errorf("after 500 rounds without lists: %v", got)
	}
}
