package loader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"artery/internal/embedded"
	"artery/internal/embedded/embeddedtest"
	"artery/internal/events"
	"artery/internal/schema"
	"artery/internal/stream"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// benchEvents of about 1 KB are loaded by each contender.
const benchEvents = 60_000

// contender loads the whole log into a fresh database.
type contender struct {
	name  string
	views bool // with the projections
	load  func(b *testing.B, m *bench, conn driver.Conn, durable string)
}

// bench is one log, one engine, and the same rows ready to insert.
type bench struct {
	*stack
	engine *embedded.Engine
	blocks []*Block
}

// BenchmarkLoad loads one log into the same table in several ways, in turns, and reports rates and their ratios. The
// machine decides the rates; the ratios within a run are the result:
//
//	ours       the loader, events only
//	rows       a plain loader: one Append a row, one acknowledgement a message, read and insert in turn
//	bound      what no loader can beat: consuming the log beside inserting the rows, ready-made
//	views      the loader with all projections
//
// CPU is that of everything: this process with nats-server in it, and the engine.
func BenchmarkLoad(b *testing.B) {
	m := newBench(b)
	contenders := []contender{
		{"ours", false, loadOurs}, {"rows", false, loadRows}, {"bound", false, loadBound}, {"views", true, loadOurs},
	}
	wall, cpu, rounds := map[string]time.Duration{}, map[string]time.Duration{}, map[string]int{}
	for i := 0; b.Loop() && i < 1; i++ {
		for round := range 2 {
			slices.Reverse(contenders) // what comes first meets cold caches
			for _, c := range contenders {
				if c.views && round > 0 {
					continue
				}
				name := fmt.Sprintf("%s%d", c.name, round)
				conn := m.table(b, name, c.views)
				began, used := time.Now(), m.cpu(b)
				c.load(b, m, conn, name)
				wall[c.name] += time.Since(began)
				cpu[c.name] += m.cpu(b) - used
				rounds[c.name]++
				if n := number(b, conn, "SELECT uniqExact(seq) FROM events"); n != m.last(b) {
					b.Fatalf("%s stored %d of %d", name, n, m.last(b))
				}
				if err := conn.Exec(b.Context(), "DROP DATABASE "+name+" SYNC"); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	rate := func(name string) float64 { return float64(benchEvents*rounds[name]) / wall[name].Seconds() }
	each := func(name string) float64 {
		return float64(cpu[name].Microseconds()) / float64(benchEvents*rounds[name])
	}
	for _, c := range contenders {
		b.ReportMetric(rate(c.name), c.name+"-events/s")
		b.ReportMetric(each(c.name), c.name+"-cpu-us/event")
	}
	b.ReportMetric(rate("ours")/rate("rows"), "ours/rows-rate-ratio")
	b.ReportMetric(rate("ours")/rate("bound"), "ours/bound-rate-ratio")
	b.ReportMetric(each("rows")/each("ours"), "rows/ours-cpu-ratio")
	b.ReportMetric(each("ours")/each("bound"), "ours/bound-cpu-ratio")
	b.ReportMetric(each("views")/each("ours"), "views/ours-cpu-ratio")
	b.ReportMetric(0, "ns/op") // of filling the log, mostly: no figure
}

func newBench(b *testing.B) *bench {
	embeddedtest.RequireLibrary(b)
	engine, err := embedded.StartEngine(b.Context(), embeddedtest.Options(b.TempDir()), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = engine.Close(context.Background()) })
	m := &bench{stack: newLog(b), engine: engine}
	m.fill(b, "p1", benchEvents)
	m.wrote, m.heads = nil, nil // a large heap would be collected at the contenders' cost
	block := &Block{}
	err = m.log.Replay(b.Context(), 1, m.last(b), func(r events.Record) error {
		if err := block.add(r, ""); err != nil {
			return err
		}
		if !block.room(1) {
			m.blocks, block = append(m.blocks, block), &Block{}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	m.blocks = append(m.blocks, block)
	return m
}

func (m *bench) table(b *testing.B, name string, views bool) driver.Conn {
	dsn := "http://" + m.engine.Addr() + "/" + name
	o, err := clickhouse.ParseDSN(dsn)
	if err != nil {
		b.Fatal(err)
	}
	if err := schema.EnsureDatabase(b.Context(), o); err != nil {
		b.Fatal(err)
	}
	conn := database(b, dsn)
	if views {
		return conn
	}
	var names []string
	if err := conn.QueryRow(b.Context(), "SELECT groupArray(name) FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView'").Scan(&names); err != nil {
		b.Fatal(err)
	}
	for _, view := range names {
		if err := conn.Exec(b.Context(), "DROP VIEW "+view+" SYNC"); err != nil {
			b.Fatal(err)
		}
	}
	return conn
}

// cpu is what this process and the engine have used.
func (m *bench) cpu(b *testing.B) time.Duration {
	var self syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &self); err != nil {
		b.Fatal(err)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.engine.PID()))
	if err != nil {
		b.Fatal(err)
	}
	// The fields after the command's name, which may hold spaces: utime and stime are the 12th and 13th, in 1/100 s.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(self.Utime.Nano()+self.Stime.Nano()) + time.Duration(ticks)*10*time.Millisecond
}

func (m *bench) durable(b *testing.B, name string) *stream.Consumer {
	c, err := m.log.Consume(b.Context(), stream.ConsumerConfig{Name: name, Batch: blockRows, AckWait: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func loadOurs(b *testing.B, m *bench, conn driver.Conn, durable string) {
	c := m.durable(b, durable)
	defer c.Close()
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error, 1)
	l := testLoader(c, ClickHouse{conn})
	go func() { done <- l.Run(ctx) }()
	for last, tick := float64(m.last(b)), time.NewTicker(5*time.Millisecond); value(b, l.Metrics.acked) < last; {
		select { // the loader's own word: asking the server would be work of its own
		case <-tick.C:
		case err := <-done:
			b.Fatal(err)
		}
	}
	stop()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

func loadBound(b *testing.B, m *bench, conn driver.Conn, durable string) {
	c := m.durable(b, durable)
	defer c.Close()
	var g errgroup.Group
	g.Go(func() error {
		for last := m.last(b); ; {
			ds, err := c.Next(b.Context(), time.Second)
			if err != nil {
				return err
			}
			seq := ds[len(ds)-1].Seq
			if err := c.Ack(b.Context(), seq); err != nil || seq == last {
				return err
			}
		}
	})
	g.Go(func() error {
		for _, block := range m.blocks {
			if err := (ClickHouse{conn}).Insert(b.Context(), block); err != nil {
				return err
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
}

// loadRows is how a loader is written at first: fetch, one Append a row, send, acknowledge each message.
func loadRows(b *testing.B, m *bench, conn driver.Conn, durable string) {
	js, err := jetstream.New(m.nc)
	if err != nil {
		b.Fatal(err)
	}
	cons, err := js.CreateConsumer(b.Context(), events.Stream, jetstream.ConsumerConfig{
		Durable: durable, AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Minute, MaxAckPending: 4 * blockRows,
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx := clickhouse.Context(b.Context(), clickhouse.WithSettings(Settings()))
	for last, seq := m.last(b), uint64(0); seq < last; {
		fetched, err := cons.Fetch(blockRows, jetstream.FetchMaxWait(200*time.Millisecond))
		if err != nil {
			b.Fatal(err)
		}
		batch, err := conn.PrepareBatch(ctx, schema.InsertEvents)
		if err != nil {
			b.Fatal(err)
		}
		var msgs []jetstream.Msg
		for msg := range fetched.Messages() {
			meta, err := msg.Metadata()
			if err != nil {
				b.Fatal(err)
			}
			e, err := row(events.Record{
				Stream: meta.Stream, Epoch: m.log.Epoch(), Seq: meta.Sequence.Stream, StoredAt: meta.Timestamp,
				Subject: msg.Subject(), Header: msg.Headers(), Body: msg.Data(),
			})
			if err != nil {
				b.Fatal(err)
			}
			err = batch.Append(e.Epoch, e.Seq, e.Stream, e.StoredAt, e.Subject, e.Tenant, e.Scope, e.Kind, e.ID, e.Op, e.ObservedAt,
				e.CEID, e.CEType, e.CESource, e.PrevHash, e.StateHash, e.PollID, e.Mark, e.Zone, e.Headers, e.Body)
			if err != nil {
				b.Fatal(err)
			}
			msgs, seq = append(msgs, msg), e.Seq
		}
		if err := fetched.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) {
			b.Fatal(err)
		}
		if err := batch.Send(); err != nil {
			b.Fatal(err)
		}
		for _, msg := range msgs {
			if err := msg.Ack(); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := m.nc.Flush(); err != nil {
		b.Fatal(err)
	}
}
