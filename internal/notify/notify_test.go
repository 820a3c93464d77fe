package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	model "github.com/prometheus/client_model/go"
)

var errFault = errors.New("planted")

// memory is a Store whose writes can fail, applied or not.
type memory struct {
	mu       sync.Mutex
	text     []byte
	revision uint64
	fault    func() (apply bool, err error)
}

func (m *memory) Load(context.Context) (o Outbox, revision uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.text != nil {
		err = json.Unmarshal(m.text, &o)
	}
	return o, m.revision, err
}

func (m *memory) Save(_ context.Context, o Outbox, revision uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if revision != m.revision {
		return errors.New("wrong revision")
	}
	apply, err := true, error(nil)
	if m.fault != nil {
		apply, err = m.fault()
	}
	if apply {
		text, failed := json.Marshal(o)
		if failed != nil {
			return failed
		}
		m.text, m.revision = text, m.revision+1
	}
	return err
}

// receiver is who is told.
type receiver struct {
	mu     sync.Mutex
	bodies map[string]string // by message id
	told   map[string]int    // by transition id
	fault  func() (apply bool, err error)

	refuses func(m Message) bool
}

func (r *receiver) post(_ context.Context, m Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuses != nil && r.refuses(m) {
		return fmt.Errorf("400: %w", errRefused)
	}
	apply, err := true, error(nil)
	if r.fault != nil {
		apply, err = r.fault()
	}
	if !apply {
		return err
	}
	text, _ := json.Marshal(m)
	if before, known := r.bodies[m.ID]; known && before != string(text) {
		panic(fmt.Sprintf("message %s is another one now:\n%s\n%s", m.ID, before, text))
	}
	r.bodies[m.ID] = string(text)
	for _, t := range m.Transitions {
		r.told[t.ID]++
	}
	return err
}

// scene is ClickHouse, the outbox and the receiver; lives come and go.
type scene struct {
	rows  []Transition
	store memory
	receiver
	lives int
	why   func(t Transition) (Reason, error) // nil: all is known at once
}

func newScene() *scene {
	return &scene{receiver: receiver{bodies: map[string]string{}, told: map[string]int{}}}
}

// count is how often a transition was told.
func (s *scene) count(of Transition) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told[of.ID]
}

// happen is a new transition, now.
func (s *scene) happen() Transition {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := change(len(s.rows), time.Now())
	s.rows = append(s.rows, t)
	return t
}

// recover is the end of a failure, now.
func (s *scene) recover(of Transition) Transition {
	s.mu.Lock()
	defer s.mu.Unlock()
	of.State, of.At = "recovered", time.Now()
	of.identify()
	s.rows = append(s.rows, of)
	return of
}

// counted is the value of a counter.
func counted(t *testing.T, m prometheus.Metric) float64 {
	t.Helper()
	var out model.Metric
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.GetCounter().GetValue()
}

func (s *scene) notifier() *Notifier {
	s.lives++
	return New(Options{
		Name: fmt.Sprint("life ", s.lives), Store: &s.store, Post: s.post, MaxAge: time.Hour, Wait: 10 * time.Second, PerMinute: 6, Stages: regexp.MustCompile(""),
		Read: func(_ context.Context, since time.Time) ([]Transition, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return slices.DeleteFunc(slices.Clone(s.rows), func(t Transition) bool { return !t.At.After(since) }), nil
		},
		Reasons: func(_ context.Context, of []Transition) (map[string]Reason, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			reasons := map[string]Reason{}
			for _, t := range of {
				reason, err := Reason{URL: "https://ca.example.com/" + t.RunID, Settled: true}, error(nil)
				if s.why != nil {
					reason, err = s.why(t)
				}
				if err != nil {
					return nil, err
				}
				reasons[t.ID] = reason
			}
			return reasons, nil
		},
		Slog: slog.New(slog.DiscardHandler), Metrics: NewMetrics(prometheus.NewRegistry()),
	})
}

// live runs a notifier for a while and ends it cleanly.
func (s *scene) live(t *testing.T, d time.Duration) {
	t.Helper()
	s.run(t, s.notifier(), d)
}

func (s *scene) run(t *testing.T, n *Notifier, d time.Duration) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	time.Sleep(d)
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func (s *scene) once(t *testing.T) {
	t.Helper()
	for i, row := range s.rows {
		if n := s.told[row.ID]; n != 1 {
			t.Errorf("transition %d was told %d times", i, n)
		}
	}
	if len(s.told) != len(s.rows) {
		t.Errorf("%d transitions were told, there are %d", len(s.told), len(s.rows))
	}
}

func TestToldOnceWithinSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		n := s.notifier()
		go func() { done <- n.Run(ctx) }()
		time.Sleep(time.Minute)
		first := s.happen()
		n.Wake()
		time.Sleep(2 * time.Second)
		if n := s.count(first); n != 1 {
			t.Errorf("two seconds after the insert it was told %d times", n)
		}
		second := s.happen() // another loader has stored it: nobody wakes this one
		time.Sleep(lookEvery + 2*time.Second)
		if n := s.count(second); n != 1 {
			t.Errorf("without being woken it was told %d times", n)
		}
		stop()
		<-done
		s.live(t, time.Hour) // a clean restart repeats nothing
		s.once(t)
	})
}

func TestHistoryIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		for i := range 500 {
			s.rows = append(s.rows, change(i, time.Now().Add(-time.Hour-time.Duration(i)*time.Hour)))
		}
		young := change(1000, time.Now().Add(-59*time.Minute))
		s.rows = append([]Transition{young}, s.rows...)
		s.live(t, time.Hour)
		if len(s.told) != 1 || s.told[young.ID] != 1 {
			t.Errorf("%d transitions were told, want the one that is young", len(s.told))
		}
	})
}

// Of a burst the first ones are told at once and the rest in one message; there are never more than the limit allows.
func TestABurstIsToldInFewMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		n := s.notifier()
		go func() { done <- n.Run(ctx) }()
		for range 60 { // one a second
			s.happen()
			n.Wake()
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		stop()
		<-done
		s.once(t)
		if sent := len(s.bodies); sent > 3+2*6 {
			t.Errorf("%d messages in two minutes, want at most 15", sent)
		}
	})
}

func TestAReceiverThatIsDownIsToldLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		begin := time.Now()
		s.fault = func() (bool, error) {
			if time.Since(begin) < 3*time.Hour {
				return false, errFault
			}
			return true, nil
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		n := s.notifier()
		go func() { done <- n.Run(ctx) }()
		for range 36 { // one in five minutes, for three hours: the first ones are history when the receiver is back
			s.happen()
			n.Wake()
			time.Sleep(5 * time.Minute)
		}
		time.Sleep(10 * time.Minute)
		stop()
		<-done
		s.once(t)
		if len(s.bodies) > 10 {
			t.Errorf("%d messages, want few", len(s.bodies))
		}
	})
}

// A message that the receiver never takes holds up the later ones for half a minute, over restarts, and is put aside once one of
// them is taken. It is not posted any more then.
func TestARefusedMessageHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		bad, tries := s.happen(), 0
		s.refuses = func(m Message) bool {
			refused := m.Transitions[0].ID == bad.ID
			if refused {
				tries++
			}
			return refused
		}
		s.live(t, 5*time.Second) // two tries, which the next lives remember
		begin, metrics := time.Now(), NewMetrics(prometheus.NewRegistry())
		second := s.happen()
		for s.count(second) == 0 && time.Since(begin) < time.Hour {
			n := s.notifier()
			n.Metrics = metrics
			s.run(t, n, 45*time.Second)
		}
		if held := time.Since(begin); held > 2*time.Minute {
			t.Errorf("the second message was held up for %s", held)
		}
		if n := counted(t, metrics.refused); n != 1 {
			t.Errorf("%v transitions were put aside, want the one", n)
		}
		before := tries
		s.happen()
		s.live(t, 2*time.Hour)
		if o, _, _ := s.store.Load(t.Context()); before < patience || tries > before || len(o.Waiting) > 0 || len(s.told) != 2 {
			t.Errorf("%d tries, %d more later, %d messages wait, %d were told; want %d, none, none and 2", before, tries-before, len(o.Waiting), len(s.told), patience)
		}
	})
}

// A receiver that refuses everything for hours, because of a wrong token for example, is told everything that is young enough
// when it is mended, and in order.
func TestAReceiverThatRefusesEverythingLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		mended := time.Now().Add(5 * time.Hour)
		var order []string
		s.refuses = func(m Message) bool {
			if time.Now().Before(mended) {
				return true
			}
			for _, t := range m.Transitions {
				order = append(order, t.ID)
			}
			return false
		}
		n := s.notifier()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- n.Run(ctx) }()
		for range 60 { // one in five minutes
			s.happen()
			time.Sleep(5 * time.Minute)
		}
		time.Sleep(15 * time.Minute)
		stop()
		<-done
		s.once(t)
		for i, row := range s.rows {
			if i < len(order) && order[i] != row.ID {
				t.Fatalf("transition %d was told in the place of %d", slices.Index(order, row.ID), i)
			}
		}
		if n := counted(t, n.Metrics.refused); n > 0 {
			t.Errorf("%v transitions were put aside, and all are taken now", n)
		}
	})
}

// Both failures of each write, then a restart, and then at random, with kills: everything is told, and what is told again
// is the same message. Only a lost reply of the receiver or a kill may tell twice.
func TestFaults(t *testing.T) {
	type faults struct {
		name       string
		save, post func() (bool, error)
		twice      bool
		kills      bool
	}
	nth := func(n int, applied bool) func() (bool, error) {
		i := 0
		return func() (bool, error) {
			if i++; i == n {
				return applied, errFault
			}
			return true, nil
		}
	}
	cases := []faults{
		{name: "the post, not applied", post: nth(1, false)},
		{name: "the post, applied", post: nth(1, true), twice: true},
	}
	for _, applied := range []bool{false, true} {
		cases = append(cases,
			faults{name: fmt.Sprint("the plan, applied ", applied), save: nth(1, applied)},
			faults{name: fmt.Sprint("the crossing out, applied ", applied), save: nth(2, applied)})
	}
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 7))
		random := func() (bool, error) {
			if r.IntN(3) == 0 {
				return r.IntN(2) == 0, errFault
			}
			return true, nil
		}
		cases = append(cases, faults{name: fmt.Sprint("random ", seed), save: random, post: random, twice: true, kills: true})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene()
				s.store.fault, s.fault = c.save, c.post
				for range 5 {
					s.happen()
					if c.kills {
						s.kill(t)
					}
					s.live(t, 30*time.Second)
				}
				s.store.fault, s.fault = nil, nil
				s.live(t, 5*time.Minute)
				for i, row := range s.rows {
					if n := s.told[row.ID]; n == 0 || n > 1 && !c.twice {
						t.Errorf("transition %d was told %d times", i, n)
					}
				}
				if o, _, _ := s.store.Load(t.Context()); len(o.Waiting) != 0 {
					t.Errorf("%d messages still wait", len(o.Waiting))
				}
			})
		})
	}
}

// kill is a life that ends after its first delivery, before it can write that down.
func (s *scene) kill(t *testing.T) {
	n := s.notifier()
	all, err := n.Read(t.Context(), time.Now().Add(-n.MaxAge))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = n.step(t.Context(), all)
}

// Two loaders share one outbox: what one has planned or is sending, the other leaves alone.
func TestTwoNotifiersTellOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 2)
		a, b := s.notifier(), s.notifier()
		for _, n := range []*Notifier{a, b} {
			go func() { done <- n.Run(ctx) }()
		}
		for range 20 {
			s.happen()
			a.Wake()
			b.Wake()
			time.Sleep(7 * time.Second)
		}
		time.Sleep(time.Minute)
		stop()
		<-done
		<-done
		s.once(t)
	})
}
