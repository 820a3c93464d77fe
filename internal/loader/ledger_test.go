package loader

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"artery/internal/events"

	"github.com/prometheus/client_golang/prometheus"
)

func TestLedger(t *testing.T) {
	type check struct {
		ackable  uint64
		from, to uint64 // the hole; 0 = none
	}
	store := func(seqs ...uint64) func(*ledger) {
		return func(l *ledger) {
			for _, s := range seqs {
				l.store(s)
			}
		}
	}
	void := func(from, to uint64) func(*ledger) { return func(l *ledger) { l.void(from, to) } }
	raise := func(seq uint64) func(*ledger) { return func(l *ledger) { l.raise(seq) } }
	acked := func(seq uint64) func(*ledger) { return func(l *ledger) { l.acked(seq) } }
	for _, c := range []struct {
		name  string
		steps []func(*ledger)
		want  check
	}{
		{"nothing", nil, check{}},
		{"in order", []func(*ledger){store(1, 2, 3)}, check{ackable: 3}},
		{"backwards", []func(*ledger){store(3, 2, 1)}, check{ackable: 3}},
		{"twice", []func(*ledger){store(1, 2, 1, 2)}, check{ackable: 2}},
		{"a hole at the start", []func(*ledger){store(3, 4)}, check{from: 1, to: 2}},
		{"a hole inside", []func(*ledger){store(1, 2, 5)}, check{ackable: 2}},
		{"a hole inside, acknowledged up to it", []func(*ledger){store(1, 2, 5), acked(2)}, check{from: 3, to: 4}},
		{"a hole filled", []func(*ledger){store(1, 2, 5, 4, 3)}, check{ackable: 5}},
		{"a hole filled in part", []func(*ledger){store(1, 5, 3)}, check{ackable: 1}},
		{"a hole that is void", []func(*ledger){store(1, 5), void(2, 4)}, check{ackable: 5}},
		{"void over several spans", []func(*ledger){store(2, 4, 6, 9), void(1, 7)}, check{ackable: 7}},
		{"another loader acknowledged the hole", []func(*ledger){store(5, 6), raise(4)}, check{ackable: 6}},
		{"another loader acknowledged all", []func(*ledger){store(5, 6), raise(9)}, check{}},
		{"another loader acknowledged a part of a span", []func(*ledger){store(5, 6, 7), raise(6)}, check{ackable: 7}},
		{"a floor does not fall", []func(*ledger){raise(5), raise(2), store(6)}, check{ackable: 6}},
		{"all acknowledged", []func(*ledger){store(1, 2), acked(2)}, check{}},
		{"an acknowledgement that the server did not take", []func(*ledger){store(1, 2), acked(2), store(2)}, check{ackable: 2}},
		{"and told again", []func(*ledger){store(1, 2), acked(2), store(2), acked(2)}, check{}},
		{"told again with a hole after it", []func(*ledger){store(1, 2), acked(2), store(2, 5)}, check{ackable: 2, from: 3, to: 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l ledger
			for _, step := range c.steps {
				step(&l)
			}
			from, to, _ := l.hole()
			if got := (check{l.ackable(), from, to}); got != c.want {
				t.Errorf("got %+v, want %+v; the ledger is %+v", got, c.want, l)
			}
		})
	}
}

// The ledger against a set: any order of stores and voids gives the same answer.
func TestLedgerEqualsASet(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var l ledger
		set, floor := map[uint64]bool{}, uint64(0)
		for range 200 {
			switch s := 1 + r.Uint64N(60); r.IntN(8) {
			case 0:
				to := s + r.Uint64N(5)
				l.void(s, to)
				for ; s <= to; s++ {
					set[s] = true
				}
			case 1:
				if seq := l.ackable(); seq > 0 {
					l.acked(seq)
					floor = max(floor, seq)
				}
			case 2:
				if r.IntN(10) == 0 {
					l.raise(s)
					floor = max(floor, s)
				}
			default:
				l.store(s)
				set[s] = true
			}
			want := floor
			for set[want+1] {
				want++
			}
			if got := l.ackable(); want > floor && got != want || want == floor && got != 0 && got != floor {
				t.Fatalf("seed %d: ackable is %d, want %d over floor %d", seed, got, want, floor)
			}
			for i := 1; i < len(l.spans); i++ {
				if l.spans[i-1].to+1 >= l.spans[i].from {
					t.Fatalf("seed %d: spans touch or are not sorted: %v", seed, l.spans)
				}
			}
		}
	}
}

// Two loaders on one durable, with everything that may happen to a delivery: it is stored late, never (the loader hangs
// or ends), or again after the ack wait; messages expire; acknowledgements get lost. memoryLog fails the test when an
// acknowledgement covers what nobody has stored. At the end, one loader alone brings the consumer to the end of the log.
func TestTwoLoadersNeverAcknowledgeWhatIsNotStored(t *testing.T) {
	for seed := range uint64(400) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 2))
			clock := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
			table := &memoryTable{}
			log := newMemoryLog(t, func() time.Time { return clock }, 40)
			log.stored, log.maxPend = table.has, 5+r.IntN(60)
			type side struct {
				*Loader
				source *memoryReader
				flight [][]events.Delivery
			}
			start := func() *side {
				source := log.reader(1 + r.IntN(9))
				source.ackErr = func() (bool, error) {
					if r.IntN(5) == 0 {
						return r.IntN(2) == 0, errFault
					}
					return true, nil
				}
				return &side{Loader: New(Options{Source: source, Table: table, Slog: slog.New(slog.DiscardHandler), Metrics: NewMetrics(prometheus.NewRegistry())}), source: source}
			}
			store := func(s *side) {
				for _, d := range s.flight[0] {
					table.store(d.Seq)
					s.ledger.store(d.Seq)
				}
				s.flight = s.flight[1:]
			}
			sides := []*side{start(), start()}
			for range 150 {
				i := r.IntN(2)
				s := sides[i]
				switch r.IntN(10) {
				case 0, 1, 2:
					if ds := log.deliver(s.source, s.source.batch); len(ds) > 0 && len(s.flight) < 3 {
						s.flight = append(s.flight, ds)
					}
				case 3, 4, 5:
					if len(s.flight) > 0 {
						store(s)
					}
				case 6, 7:
					_ = s.ack(t.Context()) // planned faults
				case 8:
					clock = clock.Add(time.Duration(r.IntN(40)) * time.Second)
				case 9:
					switch r.IntN(4) {
					case 0:
						sides[i] = start() // killed: what it held is lost
					case 1:
						log.publish(r.IntN(10))
					case 2:
						log.expire(1 + r.Uint64N(uint64(len(log.msgs))))
					}
				}
			}
			// The other one never comes back.
			last := start()
			last.source.ackErr = nil
			for i := 0; i < 500 && !log.done(); i++ {
				if ds := log.deliver(last.source, last.source.batch); len(ds) > 0 {
					last.flight = append(last.flight, ds)
					store(last)
				} else {
					clock = clock.Add(log.ackWait)
				}
				if err := last.ack(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for seq := uint64(1); seq <= uint64(len(log.msgs)); seq++ {
				if !log.expired[seq] && !table.has(seq) {
					t.Errorf("sequence %d is not stored", seq)
				}
			}
			if !log.done() {
				t.Errorf("the consumer is at %d of %d, pending %v", log.floor, len(log.msgs), log.pending)
			}
		})
	}
}
