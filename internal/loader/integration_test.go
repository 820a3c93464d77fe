package loader

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"artery/internal/embedded"
	"artery/internal/embedded/embeddedtest"
	"artery/internal/events"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestTheTableEqualsTheStream(t *testing.T) {
	s := newStack(t)
	s.fill(t, "p1", 3000)
	s.fill(t, "p2", 5000)
	c := s.consume(t, 700, time.Minute)
	r := start(t, testLoader(c, ClickHouse{s.conn}))
	s.fill(t, "p1", 7000) // while it runs
	s.reach(t, c, time.Minute)
	r.end(t)
	s.wantStream(t)

	// stored_at is the server's time of the message, to the nanosecond.
	err := s.log.Replay(t.Context(), 2, 2, func(r events.Record) error {
		if got := number(t, s.conn, "SELECT toUInt64(toUnixTimestamp64Nano(stored_at)) FROM events FINAL WHERE seq = 2"); int64(got) != r.StoredAt.UnixNano() {
			t.Errorf("stored_at is %d, the message's time %d", got, r.StoredAt.UnixNano())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if seq, err := (ClickHouse{s.conn}).LastSeq(t.Context(), 3); err != nil || seq != s.last(t) {
		t.Errorf("the last sequence is %d, %v, want %d", seq, err, s.last(t))
	}
	if seq, err := (ClickHouse{s.conn}).LastSeq(t.Context(), 4); err != nil || seq != 0 {
		t.Errorf("the last sequence of another epoch is %d, %v, want 0", seq, err)
	}
}

// A loader has taken a batch and hangs in its insert. The other one on the same durable may not acknowledge over it, gets
// its messages after the ack wait, and brings the consumer to the end.
func TestTwoLoadersOneStalled(t *testing.T) {
	s := newStack(t)
	s.fill(t, "p1", 4000)
	stalledSource := s.consume(t, 200, 2*time.Second)
	hangs := make(chan struct{}, 1)
	l := testLoader(stalledSource, tableFunc(func(ctx context.Context, _ *Block) error {
		select {
		case hangs <- struct{}{}:
		default:
		}
		<-ctx.Done()
		return ctx.Err()
	}))
	l.Grace = time.Millisecond
	stalled := start(t, l)
	<-hangs
	c := s.consume(t, 200, 2*time.Second)
	var early atomic.Bool
	begin := time.Now()
	r := start(t, testLoader(c, tableFunc(func(ctx context.Context, b *Block) error {
		if f, err := c.Floor(ctx); err == nil && f.Seq > 0 && time.Since(begin) < time.Second && !slices.Contains(b.seqs, 1) {
			early.Store(true)
		}
		return ClickHouse{s.conn}.Insert(ctx, b)
	})))
	eventually(t, time.Minute, func() bool {
		return number(t, s.conn, "SELECT uniqExact(seq) FROM events") == uint64(len(s.wrote))
	}, func() string {
		return fmt.Sprint(number(t, s.conn, "SELECT uniqExact(seq) FROM events"), " rows of ", len(s.wrote))
	})
	stalled.end(t)
	stalledSource.Close()
	s.reach(t, c, time.Minute)
	r.end(t)
	s.wantStream(t)
	if early.Load() {
		t.Error("the floor rose over what the stalled loader held")
	}
}

// The server takes an acknowledgement only if its delivery is younger than the last; a message that was delivered before a
// redelivery of older ones is acknowledged in vain, and comes again. It must not come for ever.
func TestAnAcknowledgementThatTheServerIgnores(t *testing.T) {
	s := newStack(t)
	s.fill(t, "p1", 40)
	c := s.consume(t, 20, time.Second)
	next := func() []events.Delivery {
		ds, err := c.Next(t.Context(), 300*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		return ds
	}
	l := testLoader(c, ClickHouse{s.conn})
	store := func(ds []events.Delivery) {
		var b Block
		for _, d := range ds {
			if err := b.add(d.Record, ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Table.Insert(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		for _, seq := range b.seqs {
			l.ledger.store(seq)
		}
	}
	first, second := next(), next()
	again := next() // after the ack wait
	for len(again) > 0 && again[0].Seq != first[0].Seq {
		again = next()
	}
	store(again)
	if err := l.ack(t.Context()); err != nil {
		t.Fatal(err)
	}
	store(first)
	store(second)
	if err := l.ack(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := start(t, l)
	s.reach(t, c, 20*time.Second)
	r.end(t)
	s.wantStream(t)
}

func TestLoaderStopsAndStartsAgain(t *testing.T) {
	s := newStack(t)
	s.fill(t, "p1", 3000)
	for i := range 3 {
		c := s.consume(t, 100, 3*time.Second)
		inserts := make(chan struct{}, 1000)
		r := start(t, testLoader(c, tableFunc(func(ctx context.Context, b *Block) error {
			defer func() { inserts <- struct{}{} }()
			return ClickHouse{s.conn}.Insert(ctx, b)
		})))
		for range 2 {
			<-inserts
		}
		r.end(t)
		c.Close()
		if i == 0 {
			if n := number(t, s.conn, "SELECT uniqExact(seq) FROM events"); n == 0 || n == uint64(len(s.wrote)) {
				t.Errorf("%d rows: the stop was not in the middle", n)
			}
		}
	}
	c := s.consume(t, 100, 3*time.Second)
	r := start(t, testLoader(c, ClickHouse{s.conn}))
	s.reach(t, c, time.Minute)
	r.end(t)
	s.wantStream(t)
}

// The engine is killed while it inserts, twice, and comes back.
func TestEngineKilledInTheMiddle(t *testing.T) {
	embeddedtest.RequireLibrary(t)
	s := newLog(t)
	engine, err := embedded.StartEngine(t.Context(), embeddedtest.Options(t.TempDir()), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close(context.Background()) })
	s.conn = database(t, "http://"+engine.Addr()+"/default")
	s.fill(t, "p1", 9000)
	c := s.consume(t, 200, 3*time.Second)
	var inserts atomic.Int32
	r := start(t, testLoader(c, tableFunc(func(ctx context.Context, b *Block) error {
		if n := inserts.Add(1); n == 3 || n == 7 {
			done := make(chan struct{})
			go func() {
				defer close(done)
				time.Sleep(time.Duration(n) * time.Millisecond) // some way into the insert
				if pid := engine.PID(); pid != 0 {
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}()
			defer func() { <-done }()
		}
		return ClickHouse{s.conn}.Insert(ctx, b)
	})))
	s.reach(t, c, 2*time.Minute)
	r.end(t)
	if engine.Restarts() == 0 {
		t.Error("the engine was not killed")
	}
	s.wantStream(t)
}

// What is no event, or an event with an odd body, blocks nothing and is not lost.
func TestPoisonBlocksNothing(t *testing.T) {
	s := newStack(t)
	s.fill(t, "p1", 100)
	good := len(s.wrote)
	js, err := jetstream.New(s.nc)
	if err != nil {
		t.Fatal(err)
	}
	publish := func(subject, body string, header nats.Header) uint64 {
		t.Helper()
		ack, err := js.PublishMsg(t.Context(), &nats.Msg{Subject: subject, Data: []byte(body), Header: header})
		if err != nil {
			t.Fatal(err)
		}
		return ack.Sequence
	}
	header := func() nats.Header {
		return nats.Header{"ce-id": {"x"}, "ce-op": {"created"}, "ce-time": {"2026-03-01T12:00:00Z"}}
	}
	poison := []uint64{
		publish("artery.somebody", "hello", nil),
		publish("artery.acme.p1.run.raw", "{}", nil),
		publish("artery.acme.p1.run.nojson", "\xff\xfe", header()),
	}
	odd := 0
	for _, kind := range append(events.Kinds(), "poll", "later") {
		for i, body := range oddBodies(kind) {
			subject := events.Key{Tenant: "acme", Scope: "p1", Kind: kind, ID: fmt.Sprint("odd", i)}.Subject()
			publish(subject, body, header())
			odd++
		}
	}
	c := s.consume(t, 50, time.Minute)
	l := testLoader(c, ClickHouse{s.conn})
	r := start(t, l)
	s.reach(t, c, time.Minute)
	r.end(t)
	if got, want := number(t, s.conn, "SELECT count() FROM events FINAL"), uint64(good+odd); got != want {
		t.Errorf("%d events, want %d", got, want)
	}
	var seqs []uint64
	var body, subject string
	if err := s.conn.QueryRow(t.Context(), "SELECT groupArray(seq), argMax(body, seq), argMax(subject, seq) FROM (SELECT * FROM quarantine FINAL ORDER BY seq)").Scan(&seqs, &body, &subject); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seqs, poison) || body != "\xff\xfe" || subject != "artery.acme.p1.run.nojson" {
		t.Errorf("the quarantine holds %v, last %q of %s; want %v", seqs, body, subject, poison)
	}
	if n := value(t, l.Metrics.insertErrors); n != 0 {
		t.Errorf("%v inserts failed", n)
	}
}

// oddBodies are JSON that no API sends for a kind: each projection must take them.
func oddBodies(kind events.Kind) []string {
	deep := ""
	for range 2000 {
		deep += "["
	}
	for range 2000 {
		deep += "]"
	}
	bodies := []string{
		`{}`, `[]`, `null`, `"text"`, `12345678901234567890123`, `-1e400`, `true`, deep, `{"a":"` + "\xff" + `"}`,
		`{"":{"":[]}}`, `{"x":"\u0000\ud800"}`,
	}
	for _, v := range []string{`null`, `"x"`, `-1`, `1e300`, `99999999999999999999`, `true`, `[]`, `{}`, `[null]`, `["x"]`, `[{"id":[]}]`, `"2026-13-45 99:00:00"`, `"9999-12-31 23:59:59"`} {
		body := `{"k":1`
		for _, name := range []string{
			"pipeline_id", "pipeline_run_id", "run_number", "status", "start_time", "end_time", "stage_status_list", "build_params", "artifact_params",
			"id", "name", "stages", "jobs", "steps", "sources", "artifacts", "create_time", "update_time", "depth", "ordinal", "repository_id",
			"repository_size", "created_at", "capacity", "member_number", "result", "items", "domain_id", "spec_threshold", "from", "to", "total",
			"complete", "poll_id", "n", "kinds", "started_at", "api_date", "is_publish", "component_id", "modify_url", "httpStatus",
		} {
			body += `,"` + name + `":` + v
		}
		bodies = append(bodies, body+`}`)
	}
	if kind == "run_detail" || kind == "run" {
		bodies = append(bodies, `{"id":"r","stages":[{"name":"s","start_time":"x","jobs":[{"id":1,"steps":[{"id":null,"inputs":[{"key":1}]}]}]}],"stage_status_list":[{"name":null,"start_time":1},7,"s",null]}`)
	}
	return bodies
}

// From publishing to a row that a query sees, one event at a time. Logged; the machine decides the numbers.
func TestLatencyWhenIdle(t *testing.T) {
	s := newStack(t)
	s.fill(t, "p1", 10)
	c := s.consume(t, 10_000, time.Minute)
	r := start(t, testLoader(c, ClickHouse{s.conn}))
	s.reach(t, c, time.Minute)
	var took []time.Duration
	for range 40 {
		begin := time.Now()
		s.fill(t, "p1", len(s.wrote)+2)
		last := s.last(t)
		for number(t, s.conn, "SELECT max(seq) FROM events") < last {
			if time.Since(begin) > 30*time.Second {
				t.Fatal("the event does not come")
			}
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	t.Logf("publish to visible: p50 %s, p95 %s, max %s", took[20], took[38], took[39])
	s.reach(t, c, time.Minute)
	r.end(t)
	s.wantStream(t)
}
