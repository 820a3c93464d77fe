package streamtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"artery/internal/events"
)

func TestMemoryLog(t *testing.T) {
	TestLog(t, func(*testing.T) Log { return NewMemory() })
}

func TestMemorySource(t *testing.T) {
	TestSource(t, func(*testing.T) Harness {
		m := NewMemory()
		return Harness{
			Log:  m,
			Open: func(_ *testing.T, durable string, batch int) Source { return m.Consume(durable, batch, time.Second) },
			Vanish: func(t *testing.T, n int) {
				for i := range n {
					seq, err := m.Append(t.Context(), Batch(events.ScopeState{}, "other", string(rune('a'+i)), "p", nil))
					if err != nil {
						t.Fatal(err)
					}
					m.Expire(seq)
				}
			},
		}
	})
}

func TestMemoryFaults(t *testing.T) {
	m := NewMemory()
	apply := false
	m.Fault = func(events.Batch) (bool, error) { return apply, events.ErrUnknown }
	b := Batch(events.ScopeState{}, "acme", "s1", "p1", map[string]string{"run/x": "1"})
	if _, err := m.Append(t.Context(), b); !errors.Is(err, events.ErrUnknown) || len(m.Records()) != 0 {
		t.Errorf("a lost request: %v, %d records", err, len(m.Records()))
	}
	apply = true
	if _, err := m.Append(t.Context(), b); !errors.Is(err, events.ErrUnknown) || len(m.Records()) != 2 {
		t.Errorf("a lost reply: %v, %d records", err, len(m.Records()))
	}
	if _, err := m.Commit(b); !errors.Is(err, events.ErrStale) || len(m.Records()) != 2 {
		t.Errorf("the same batch, late: %v, %d records", err, len(m.Records()))
	}
}

func TestMemoryRedelivery(t *testing.T) {
	m := NewMemory()
	s := m.Consume("d", 10, 0)
	if _, err := m.Append(t.Context(), Batch(events.ScopeState{}, "acme", "s1", "p1", map[string]string{"run/x": "1"})); err != nil {
		t.Fatal(err)
	}
	for want := uint64(1); want <= 3; want++ {
		got, err := s.Next(t.Context(), time.Millisecond)
		if err != nil || len(got) != 2 || got[0].Attempt != want || got[1].Attempt != want {
			t.Fatalf("delivery %d: %+v, %v", want, got, err)
		}
		m.Redeliver("d")
	}
	if f, err := s.Floor(t.Context()); err != nil || f != (events.Floor{First: 1, Pending: 2}) {
		t.Errorf("floor %+v, %v", f, err)
	}
	m.Expire(1)
	got, err := s.Next(t.Context(), time.Millisecond)
	if err != nil || !slices.EqualFunc(got, []uint64{2}, func(d events.Delivery, seq uint64) bool { return d.Seq == seq }) {
		t.Errorf("after the first has expired: %+v, %v", got, err)
	}
}
