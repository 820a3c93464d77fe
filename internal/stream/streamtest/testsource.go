package streamtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"artery/internal/events"
)

// Source is a reader of a durable, as the loader needs it.
type Source interface {
	Next(ctx context.Context, linger time.Duration) ([]events.Delivery, error)
	Ack(ctx context.Context, seq uint64) error
	Floor(ctx context.Context) (events.Floor, error)
}

// Harness is a fresh log with the durables on it.
type Harness struct {
	Log Log
	// Open opens a reader of a durable. What it does not acknowledge within a second is delivered again.
	Open func(t *testing.T, durable string, batch int) Source
	// Vanish writes n messages that are gone when it returns.
	Vanish func(t *testing.T, n int)
}

const linger = 30 * time.Millisecond

type sourceTest struct {
	*testing.T
	Harness
	st events.ScopeState
}

// TestSource is the conformance suite of a consumer.
func TestSource(t *testing.T, newHarness func(t *testing.T) Harness) {
	for _, c := range []struct {
		name string
		test func(*sourceTest)
	}{
		{"order and batches", (*sourceTest).order},
		{"redelivery", (*sourceTest).redelivery},
		{"acknowledging", (*sourceTest).acknowledging},
		{"two readers of one durable", (*sourceTest).twoReaders},
		{"two durables", (*sourceTest).twoDurables},
		{"the floor in front of a hole", (*sourceTest).hole},
		{"waiting", (*sourceTest).waiting},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(&sourceTest{T: t, Harness: newHarness(t)}) })
	}
}

// write appends n empty rounds: n messages.
func (t *sourceTest) write(n int) {
	t.Helper()
	for range n {
		b := Batch(t.st, "acme", "s1", "p", nil)
		seq, err := t.Log.Append(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		Apply(&t.st, b, seq)
	}
}

// next reads one batch and returns its sequences.
func (t *sourceTest) next(s Source) (seqs, attempts []uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got, err := s.Next(ctx, linger)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range got {
		seqs, attempts = append(seqs, d.Seq), append(attempts, d.Attempt)
	}
	return seqs, attempts
}

func (t *sourceTest) ack(s Source, seq uint64) {
	t.Helper()
	if err := s.Ack(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
}

func (t *sourceTest) floor(s Source, want events.Floor) {
	t.Helper()
	got, err := s.Floor(t.Context())
	if err != nil || got != want {
		t.Errorf("floor %+v, %v; want %+v", got, err, want)
	}
}

func span(from, to uint64) (out []uint64) {
	for ; from <= to; from++ {
		out = append(out, from)
	}
	return out
}

func (t *sourceTest) order() {
	s := t.Open(t.T, "d", 4)
	t.write(10)
	for _, want := range [][]uint64{span(1, 4), span(5, 8), span(9, 10)} {
		got, attempts := t.next(s)
		if !slices.Equal(got, want) || slices.Max(attempts) != 1 {
			t.Errorf("got %v, attempts %v; want %v for the first time", got, attempts, want)
		}
	}
}

func (t *sourceTest) redelivery() {
	s := t.Open(t.T, "d", 100)
	t.write(5)
	t.next(s)
	t.ack(s, 2)
	got, attempts := t.next(s)
	if !slices.Equal(got, span(3, 5)) || !slices.Equal(attempts, []uint64{2, 2, 2}) {
		t.Errorf("after the time to acknowledge: %v, attempts %v; want 3 to 5 for the second time", got, attempts)
	}
	t.ack(s, 5)
	t.floor(s, events.Floor{Seq: 5})
}

func (t *sourceTest) acknowledging() {
	s := t.Open(t.T, "d", 3)
	t.write(8)
	t.floor(s, events.Floor{First: 1, Waiting: 8})
	t.ack(s, 8) // nothing was delivered: nothing is acknowledged
	if got, _ := t.next(s); !slices.Equal(got, span(1, 3)) {
		t.Fatalf("got %v", got)
	}
	t.ack(s, 2)
	if f, err := s.Floor(t.Context()); err != nil || f.Seq != 2 || f.First != 3 {
		t.Errorf("floor %+v, %v; want 2 and then 3", f, err)
	}
	t.ack(s, 1) // behind the floor: nothing moves
	t.ack(s, 1000)
	if f, err := s.Floor(t.Context()); err != nil || f.Seq != 3 || f.First != 4 {
		t.Errorf("floor %+v, %v; an acknowledgement is rounded down to the last delivered, 3", f, err)
	}
	t.next(s)
	t.next(s)
	t.ack(s, 8)
	t.floor(s, events.Floor{Seq: 8})
}

func (t *sourceTest) twoReaders() {
	a, b := t.Open(t.T, "d", 3), t.Open(t.T, "d", 3)
	t.write(12)
	var all []uint64
	for range 2 {
		for _, s := range []Source{a, b} {
			got, _ := t.next(s)
			all = append(all, got...)
		}
	}
	slices.Sort(all)
	if len(slices.Compact(all)) != len(all) || len(all) == 0 {
		t.Errorf("delivered to two readers: %v; each message goes to one", all)
	}
}

func (t *sourceTest) twoDurables() {
	a, b := t.Open(t.T, "a", 10), t.Open(t.T, "b", 10)
	t.write(3)
	t.next(a)
	t.ack(a, 3)
	t.floor(a, events.Floor{Seq: 3})
	t.floor(b, events.Floor{First: 1, Waiting: 3})
	if got, _ := t.next(b); !slices.Equal(got, span(1, 3)) {
		t.Errorf("the second durable got %v", got)
	}
}

// hole: messages 3 to 5 are gone before anybody asks. Whether the floor stays in front of the hole or moves behind it is
// the log's business; what comes first after it is not.
func (t *sourceTest) hole() {
	t.write(2)
	t.Vanish(t.T, 3)
	t.write(2)
	s := t.Open(t.T, "d", 2)
	t.next(s)
	t.ack(s, 2)
	if f, err := s.Floor(t.Context()); err != nil || f.First != 6 || f.Seq < 2 || f.Seq > 5 {
		t.Errorf("floor %+v, %v; want it between 2 and 5, and 6 first after it", f, err)
	}
	if got, _ := t.next(s); !slices.Equal(got, span(6, 7)) {
		t.Errorf("got %v after the hole", got)
	}
	t.ack(s, 7)
	t.floor(s, events.Floor{Seq: 7})
}

func (t *sourceTest) waiting() {
	s := t.Open(t.T, "d", 10)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got, err := s.Next(ctx, linger); len(got) != 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an empty log gave %v, %v", got, err)
	}
	read := make(chan string)
	go func() {
		got, err := s.Next(t.Context(), linger)
		read <- fmt.Sprint(len(got), err)
	}()
	t.write(1)
	if got := <-read; got != "1<nil>" && got != "1 <nil>" {
		t.Errorf("Next, waiting while a message came: %s", got)
	}
}
