package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A failure waits for its reason, but not for long, and what comes after it waits with it.
func TestAFailureWaitsForItsReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		known := time.Now().Add(4 * time.Second)
		s.why = func(t Transition) (Reason, error) {
			if t.State != failing {
				return Reason{URL: "https://ca.example.com/" + t.RunID, Step: "of an earlier try"}, nil
			}
			if t.RunNumber == 2 || time.Now().Before(known) { // of run 2 it is never known
				return Reason{URL: "https://ca.example.com/" + t.RunID, Step: "roll out"}, nil
			}
			return Reason{URL: "https://ca.example.com/" + t.RunID, Step: "roll out", Message: "no space", Log: "ENOSPC", Settled: true}, nil
		}
		done := make(chan error, 1)
		n := s.notifier()
		ctx, stop := context.WithCancel(t.Context())
		go func() { done <- n.Run(ctx) }()
		first := s.happen()
		second := s.recover(first)
		n.Wake()
		time.Sleep(3 * time.Second)
		if s.count(first)+s.count(second) > 0 {
			t.Error("told before the reason was known")
		}
		time.Sleep(2 * time.Second)
		n.Wake() // its step and log have been stored
		time.Sleep(2 * time.Second)
		if s.count(first) != 1 || s.count(second) != 1 {
			t.Errorf("seven seconds after it a failure was told %d times, the recovery %d times", s.count(first), s.count(second))
		}
		third := s.happen()
		n.Wake()
		time.Sleep(9 * time.Second)
		if s.count(third) > 0 {
			t.Error("told without the reason after less than ten seconds")
		}
		time.Sleep(3 * time.Second)
		if s.count(third) != 1 {
			t.Errorf("without a reason it was told %d times after twelve seconds", s.count(third))
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		var all []Transition
		for _, body := range s.bodies {
			var m Message
			if err := json.Unmarshal([]byte(body), &m); err != nil {
				t.Fatal(err)
			}
			all = append(all, m.Transitions...)
		}
		for _, told := range all {
			want := Reason{URL: "https://ca.example.com/" + told.RunID}
			switch {
			case told.ID == first.ID:
				want.Step, want.Message, want.Log = "roll out", "no space", "ENOSPC"
			case told.ID == third.ID:
				want.Step = "roll out"
			}
			if told.Reason != want {
				t.Errorf("of run %d in the state %s it said %+v, want %+v", told.RunNumber, told.State, told.Reason, want)
			}
		}
	})
}

// A message that waits is the one that was planned, whatever becomes known meanwhile.
func TestAReasonThatComesLaterChangesNoMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		begin := time.Now()
		s.why = func(Transition) (Reason, error) {
			return Reason{Step: fmt.Sprint(time.Since(begin)), Settled: true}, nil
		}
		s.fault = func() (bool, error) { return true, errFault } // every reply is lost: it comes again and again
		row := s.happen()
		for range 3 {
			s.live(t, time.Minute)
		}
		if s.count(row) < 5 || len(s.bodies) != 1 {
			t.Errorf("told %d times, with %d bodies", s.count(row), len(s.bodies))
		}
	})
}

func TestWithoutReasonsItIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		s.why = func(Transition) (Reason, error) { return Reason{}, errFault }
		s.happen()
		s.live(t, 2*time.Second)
		s.once(t)
	})
}

func TestTheTextSaysWhy(t *testing.T) {
	one := change(7, noon)
	one.Branch = "main"
	one.Reason = Reason{URL: "https://ca.example.com/r7", Step: "roll out", Message: "no space", Log: "write:\nENOSPC"}
	two := change(8, noon)
	two.Reason = Reason{URL: "https://ca.example.com/r8", Step: "test", Log: "panic"}
	const first = "web / shop: stage deploy is newly failing on main, run 7, commit 0123456789\nroll out: no space\nhttps://ca.example.com/r7"
	if got, want := newMessage([]Transition{one}).Text, first+"\nwrite:\nENOSPC"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	want := first + "\nweb / shop: stage deploy is newly failing, run 8, commit 0123456789\ntest: CodeArts gives no message\nhttps://ca.example.com/r8"
	m := newMessage([]Transition{one, two})
	if m.Text != want || m.Transitions[1].Log != "panic" {
		t.Errorf("got  %q\nwant %q, and the logs in the transitions: %+v", m.Text, want, m.Transitions)
	}
}

// Logs never take the room of what happens.
func TestManyFailuresAreToldWithoutReasons(t *testing.T) {
	var o Outbox
	var all []Transition
	for i := range waitingLimit {
		c := change(i, noon)
		c.Reason = Reason{URL: "https://ca.example.com/", Step: "roll out", Message: strings.Repeat("m", 500), Log: strings.Repeat("\x1b", 1000)}
		all = append(all, c)
	}
	if dropped := o.plan(all); dropped > 0 || o.size() > sizeLimit {
		t.Errorf("%d dropped, %d bytes", dropped, o.size())
	}
	one := change(waitingLimit, noon)
	one.Reason = all[0].Reason
	if dropped := o.plan([]Transition{one}); dropped != messageLimit {
		t.Errorf("%d dropped of a full outbox, want the oldest message", dropped)
	}
	with := 0
	for _, p := range o.Waiting {
		for _, c := range p.Message.Transitions {
			if c.Log != "" {
				with++
			}
		}
	}
	if with > 100 {
		t.Errorf("%d of a thousand have a log", with)
	}
	var small Outbox
	if small.plan([]Transition{one}); small.Waiting[0].Message.Transitions[0].Log != one.Log {
		t.Error("one alone has lost its log")
	}
}

// A failure that another loader has told is waited for no longer, and one whose wait is over, while something else holds it up, does not
// make every look the next.
func TestWhatIsOverIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newScene().notifier()
		n.waits["held up"] = time.Now().Add(-time.Minute)
		if got := n.wait(); got != lookEvery {
			t.Errorf("the next look is in %s, want %s", got, lookEvery)
		}
		if n.decide(t.Context(), &Outbox{}, nil, false, time.Now()); len(n.waits) > 0 {
			t.Errorf("it waits for %v", n.waits)
		}
	})
}
