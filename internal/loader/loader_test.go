package loader

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/events"

	"github.com/prometheus/client_golang/prometheus"
	model "github.com/prometheus/client_model/go"
)

func testLoader(source Source, table Table) *Loader {
	return New(Options{
		Source: source, Table: table, Linger: 20 * time.Millisecond, Grace: 10 * time.Second, Version: "v1",
		Slog: slog.New(slog.DiscardHandler), Metrics: NewMetrics(prometheus.NewRegistry()),
	})
}

// value is what a counter or gauge shows.
func value(t testing.TB, m prometheus.Metric) float64 {
	var out model.Metric
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.GetCounter().GetValue() + out.GetGauge().GetValue()
}

// running is a loader in a bubble.
type running struct {
	stop context.CancelFunc
	done chan error
}

func start(t *testing.T, l *Loader) running {
	ctx, stop := context.WithCancel(t.Context())
	r := running{stop, make(chan error, 1)}
	go func() { r.done <- l.Run(ctx) }()
	return r
}

func (r running) end(t *testing.T) {
	t.Helper()
	r.stop()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
}

func wantAll(t *testing.T, log *memoryLog, table *memoryTable) {
	t.Helper()
	for seq := uint64(1); seq <= uint64(len(log.msgs)); seq++ {
		if !log.expired[seq] && !table.has(seq) {
			t.Errorf("sequence %d is not stored", seq)
		}
	}
	if !log.done() {
		t.Errorf("the consumer is at %d of %d, %d pending", log.floor, len(log.msgs), len(log.pending))
	}
}

// Every fault of an insert and of an acknowledgement, alone and at random: all is stored, nothing is acknowledged unstored.
func TestFaults(t *testing.T) {
	nth := func(n int, f func(ctx context.Context, seqs []uint64) (int, error)) func(context.Context, []uint64) (int, error) {
		i := 0
		return func(ctx context.Context, seqs []uint64) (int, error) {
			if i++; i == n {
				return f(ctx, seqs)
			}
			return len(seqs), nil
		}
	}
	notApplied := func(context.Context, []uint64) (int, error) { return 0, errFault }
	applied := func(_ context.Context, seqs []uint64) (int, error) { return len(seqs), errFault }
	partly := func(_ context.Context, seqs []uint64) (int, error) { return len(seqs) / 2, errFault }
	type faults struct {
		name   string
		insert func(ctx context.Context, seqs []uint64) (int, error)
		ack    func() (bool, error)
	}
	cases := []faults{
		{"none", nil, nil},
		{"the first insert, not applied", nth(1, notApplied), nil},
		{"an insert, not applied", nth(3, notApplied), nil},
		{"an insert, applied", nth(3, applied), nil},
		{"an insert, applied in part", nth(3, partly), nil},
	}
	for _, applied := range []bool{false, true} {
		n := 0
		name := map[bool]string{false: "acknowledgements lost on the way", true: "replies lost on the way back"}[applied]
		cases = append(cases, faults{name, nil, func() (bool, error) {
			if n++; n%2 == 1 {
				return applied, errFault
			}
			return true, nil
		}})
	}
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 3))
		cases = append(cases, faults{"random", func(_ context.Context, seqs []uint64) (int, error) {
			if r.IntN(3) == 0 {
				return r.IntN(len(seqs) + 1), errFault
			}
			return len(seqs), nil
		}, func() (bool, error) {
			if r.IntN(3) == 0 {
				return r.IntN(2) == 0, errFault
			}
			return true, nil
		}})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				table := &memoryTable{fault: c.insert}
				log := newMemoryLog(t, time.Now, 300)
				log.stored, log.maxPend = table.has, 64
				source := log.reader(16)
				source.ackErr = c.ack
				r := start(t, testLoader(source, table))
				time.Sleep(10 * time.Minute) // in the bubble: until everything that can happen has
				r.end(t)
				wantAll(t, log, table)
			})
		})
	}
}

func TestInsertFailsForAnHourAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin, tries := time.Now(), atomic.Int32{}
		table := &memoryTable{fault: func(_ context.Context, seqs []uint64) (int, error) {
			if tries.Add(1); time.Since(begin) < time.Hour {
				return 0, errFault
			}
			return len(seqs), nil
		}}
		log := newMemoryLog(t, time.Now, 100)
		log.stored, log.maxPend = table.has, 40
		l := testLoader(log.reader(10), table)
		r := start(t, l)
		time.Sleep(time.Hour - time.Second)
		synctest.Wait()
		if floor, _ := log.state(); table.has(1) || floor != 0 {
			t.Errorf("the first row is stored: %v, acknowledged up to %d, while the table refuses", table.has(1), floor)
		}
		if n := tries.Load(); n > 140 { // 100 ms doubling to 30 s, then one each 30 s: 9 and 119
			t.Errorf("%d tries in an hour, want at most 140", n)
		}
		if got := value(t, l.Metrics.insertErrors); got != float64(tries.Load()) {
			t.Errorf("%v errors counted of %d", got, tries.Load())
		}
		time.Sleep(5 * time.Minute)
		r.end(t)
		wantAll(t, log, table)
	})
}

// While an insert is under way, what comes in waits as one block: a slow table gets few large inserts.
func TestAWaitingBlockGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		table := &memoryTable{fault: func(_ context.Context, seqs []uint64) (int, error) {
			sizes = append(sizes, len(seqs))
			time.Sleep(10 * time.Second)
			return len(seqs), nil
		}}
		log := newMemoryLog(t, time.Now, 1)
		log.stored, log.ackWait = table.has, time.Hour
		r := start(t, testLoader(log.reader(100), table))
		time.Sleep(time.Second)
		for range 50 {
			log.publish(500)
			synctest.Wait()
		}
		if _, n := log.state(); n != 1+blockRows+100 { // in flight, waiting, and one delivery that found no room
			t.Errorf("%d messages are held, want %d", n, 1+blockRows+100)
		}
		time.Sleep(time.Minute)
		r.end(t)
		wantAll(t, log, table)
		if want := []int{1, blockRows, blockRows, 5000}; !slices.Equal(sizes, want) {
			t.Errorf("inserts of %v, want %v", sizes, want)
		}
	})
}

// A loader that is behind takes its time for a batch; one that is not does not.
func TestLingerFollowsTheBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &memoryTable{}
		log := newMemoryLog(t, time.Now, 3*blockRows)
		log.stored = table.has
		source := &lingers{memoryReader: log.reader(blockRows)}
		r := start(t, testLoader(source, table))
		time.Sleep(5 * time.Second)
		log.publish(1)
		time.Sleep(5 * time.Second)
		r.end(t)
		wantAll(t, log, table)
		if first, last := source.asked[0], source.asked[len(source.asked)-1]; first != lingerBehind || last != 20*time.Millisecond {
			t.Errorf("the lingers are %v", source.asked)
		}
	})
}

type lingers struct {
	*memoryReader
	asked []time.Duration
}

func (s *lingers) Next(ctx context.Context, linger time.Duration) ([]events.Delivery, error) {
	s.asked = append(s.asked, linger)
	return s.memoryReader.Next(ctx, linger)
}

// The batch in flight when the loader is stopped is stored and acknowledged.
func TestStopFinishesTheBatchInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &memoryTable{fault: func(ctx context.Context, seqs []uint64) (int, error) {
			select {
			case <-time.After(8 * time.Second): // under Grace
				return len(seqs), nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}}
		log := newMemoryLog(t, time.Now, 10)
		log.stored = table.has
		r := start(t, testLoader(log.reader(10), table))
		time.Sleep(time.Second)
		stopped := time.Now()
		r.end(t)
		if log.floor != 10 {
			t.Errorf("acknowledged up to %d, want 10", log.floor)
		}
		if d := time.Since(stopped); d != 7*time.Second {
			t.Errorf("stopping took %s, the insert 7s more", d)
		}
	})
}

// A loader stops within Grace, whatever hangs.
func TestStopIsBounded(t *testing.T) {
	hang := func(ctx context.Context, _ []uint64) (int, error) { <-ctx.Done(); return 0, ctx.Err() }
	refuse := func(context.Context, []uint64) (int, error) { return 0, errFault }
	for _, c := range []struct {
		name  string
		fault func(context.Context, []uint64) (int, error)
	}{{"an insert that hangs", hang}, {"an insert that is refused", refuse}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				table := &memoryTable{fault: c.fault}
				log := newMemoryLog(t, time.Now, 100)
				log.stored = table.has
				r := start(t, testLoader(log.reader(10), table))
				time.Sleep(time.Second)
				stopped := time.Now()
				r.end(t)
				if d := time.Since(stopped); d > 10*time.Second {
					t.Errorf("stopping took %s, more than Grace", d)
				}
				if log.floor != 0 {
					t.Errorf("acknowledged up to %d, nothing is stored", log.floor)
				}
			})
		})
	}
	t.Run("an acknowledgement that is never answered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			table := &memoryTable{}
			log := newMemoryLog(t, time.Now, 100)
			log.stored = table.has
			r := start(t, testLoader(&silent{memoryReader: log.reader(10), forever: true}, table))
			time.Sleep(time.Second)
			stopped := time.Now()
			r.end(t)
			if d := time.Since(stopped); d > 10*time.Second {
				t.Errorf("stopping took %s, more than Grace", d)
			}
		})
	})
}

// silent is a log that does not answer acknowledgements: nats-server drops those that it can not place.
type silent struct {
	*memoryReader
	forever bool
	asked   int
}

func (s *silent) Ack(ctx context.Context, seq uint64) error {
	if s.asked++; s.asked > 3 && !s.forever {
		return s.memoryReader.Ack(ctx, seq)
	}
	<-ctx.Done()
	return ctx.Err()
}

func TestAnUnansweredAcknowledgementDoesNotStopTheLoader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &memoryTable{}
		log := newMemoryLog(t, time.Now, 100)
		log.stored = table.has
		r := start(t, testLoader(&silent{memoryReader: log.reader(10)}, table))
		time.Sleep(5 * time.Minute)
		r.end(t)
		wantAll(t, log, table)
	})
}

// A stalled loader holds messages that the other one can not acknowledge over. When its hold ends, they go to the other.
func TestAStalledLoaderLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &memoryTable{}
		log := newMemoryLog(t, time.Now, 40)
		log.stored, log.maxPend = table.has, 400
		stalled := start(t, testLoader(log.reader(10), tableFunc(func(ctx context.Context, _ *Block) error { <-ctx.Done(); return ctx.Err() })))
		synctest.Wait()
		if _, held := log.state(); held == 0 {
			t.Fatal("the stalled loader holds nothing")
		}
		log.publish(300)
		other := start(t, testLoader(log.reader(10), table))
		time.Sleep(log.ackWait - time.Second)
		if floor, _ := log.state(); floor != 0 {
			t.Errorf("acknowledged up to %d over what the stalled loader holds", floor)
		}
		stalled.end(t)
		time.Sleep(10 * log.ackWait)
		other.end(t)
		wantAll(t, log, table)
	})
}

// tableFunc is a Table of one function.
type tableFunc func(ctx context.Context, b *Block) error

func (f tableFunc) Insert(ctx context.Context, b *Block) error { return f(ctx, b) }

// A stalled loader does not take without end what is delivered again.
func TestAStalledLoaderStopsReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newMemoryLog(t, time.Now, 30)
		log.stored, log.maxPend = func(uint64) bool { return false }, 30
		source := &lingers{memoryReader: log.reader(10)}
		r := start(t, testLoader(source, tableFunc(func(ctx context.Context, _ *Block) error { <-ctx.Done(); return ctx.Err() })))
		time.Sleep(time.Hour)
		r.end(t)
		if n := len(source.asked); n > 10 {
			t.Errorf("it read %d times in an hour", n)
		}
	})
}

// Two healthy loaders on one durable hand over to each other.
func TestTwoLoadersShareADurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &memoryTable{fault: func(_ context.Context, seqs []uint64) (int, error) {
			time.Sleep(50 * time.Millisecond)
			return len(seqs), nil
		}}
		log := newMemoryLog(t, time.Now, 1000)
		log.stored, log.maxPend = table.has, 40
		a, b := start(t, testLoader(log.reader(10), table)), start(t, testLoader(log.reader(10), table))
		begin := time.Now()
		for !log.done() && time.Since(begin) < time.Hour {
			time.Sleep(time.Second)
		}
		if d := time.Since(begin); d > 2*time.Minute {
			t.Errorf("1000 messages in %s", d)
		}
		a.end(t)
		b.end(t)
		wantAll(t, log, table)
	})
}

// A log of which the TTL has eaten every second message is as quick as another.
func TestManyHoles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := &memoryTable{}
		log := newMemoryLog(t, time.Now, 2000)
		log.stored, log.maxPend = table.has, 40
		for seq := uint64(2); seq <= 2000; seq += 2 {
			log.expire(seq)
		}
		r := start(t, testLoader(log.reader(10), table))
		time.Sleep(30 * time.Second)
		r.end(t)
		wantAll(t, log, table)
	})
}

func TestARefusingLogEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := testLoader(deleted{}, &memoryTable{}).Run(t.Context())
		if !errors.Is(err, errFault) || !strings.HasPrefix(err.Error(), "loading: ") {
			t.Errorf("got %v", err)
		}
	})
}

// deleted is a consumer that somebody deleted.
type deleted struct{ Source }

func (deleted) Floor(context.Context) (events.Floor, error) { return events.Floor{}, nil }
func (deleted) Next(context.Context, time.Duration) ([]events.Delivery, error) {
	return nil, errFault
}

func TestMetricsAndLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inserts atomic.Int32
		table := &memoryTable{fault: func(_ context.Context, seqs []uint64) (int, error) {
			if inserts.Add(1) <= 2 {
				time.Sleep(45 * time.Second) // over the ack wait: the block that waits meanwhile comes again
			}
			return len(seqs), nil
		}}
		log := newMemoryLog(t, time.Now, 30)
		log.stored = table.has
		log.msgs[4].Body = []byte("secret-looking body")
		l := testLoader(log.reader(10), table)
		var out bytes.Buffer
		l.Slog = slog.New(slog.NewTextHandler(&out, nil))
		r := start(t, l)
		time.Sleep(2 * time.Minute)
		log.publish(1)
		time.Sleep(2 * time.Second)
		r.end(t)
		wantAll(t, log, table)
		m := l.Metrics
		if got := value(t, m.rows); got < 30 {
			t.Errorf("rows = %v", got)
		}
		for name, c := range map[string]struct{ got, want float64 }{
			"acked": {value(t, m.acked), 31}, "pending": {value(t, m.pending), 0},
			"waiting": {value(t, m.waiting), 0}, "errors": {value(t, m.insertErrors), 0},
		} {
			if c.got != c.want {
				t.Errorf("%s = %v, want %v", name, c.got, c.want)
			}
		}
		if value(t, m.redelivered) == 0 || value(t, m.quarantined) == 0 {
			t.Errorf("redelivered = %v, quarantined = %v", value(t, m.redelivered), value(t, m.quarantined))
		}
		if s := out.String(); !strings.Contains(s, "seq=5 ") || strings.Contains(s, "secret-looking") {
			t.Errorf("the log says %q", s)
		}
	})
}
