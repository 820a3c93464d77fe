package loader

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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
	s.reach(t, c, 5*time.Minute)
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
	s.fill(t, "p1", 2000)
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
	eventually(t, 5*time.Minute, func() bool {
		return number(t, s.conn, "SELECT uniqExact(seq) FROM events") == uint64(len(s.wrote))
	}, func() string {
		return fmt.Sprint(number(t, s.conn, "SELECT uniqExact(seq) FROM events"), " rows of ", len(s.wrote))
	})
	stalled.end(t)
	stalledSource.Close()
	s.reach(t, c, 5*time.Minute)
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
	s.fill(t, "p1", 1500)
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
	s.reach(t, c, 5*time.Minute)
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
	s.fill(t, "p1", 4000)
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
	s.reach(t, c, 5*time.Minute)
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
			seq := publish(subject, body, header())
			if read([]byte(body)) {
				odd++
			} else {
				poison = append(poison, seq) // ClickHouse would make an empty row of it
			}
		}
	}
	c := s.consume(t, 50, time.Minute)
	l := testLoader(c, ClickHouse{s.conn})
	r := start(t, l)
	s.reach(t, c, 5*time.Minute)
	r.end(t)
	if got, want := number(t, s.conn, "SELECT count() FROM events FINAL"), uint64(good+odd); got != want {
		t.Errorf("%d events, want %d", got, want)
	}
	var seqs []uint64
	var body, subject string
	if err := s.conn.QueryRow(t.Context(), "SELECT groupArray(seq), anyIf(body, seq = ?), anyIf(subject, seq = ?) FROM (SELECT * FROM quarantine FINAL ORDER BY seq)", poison[2], poison[2]).Scan(&seqs, &body, &subject); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seqs, poison) || body != "\xff\xfe" || subject != "artery.acme.p1.run.nojson" {
		t.Errorf("the quarantine holds %v, and %q of %s; want %v", seqs, body, subject, poison)
	}
	if n := value(t, l.Metrics.insertErrors); n != 0 {
		t.Errorf("%v inserts failed", n)
	}
}

// A run detail of 2 MiB is four times too large for one message. In parts it gives the rows of its run, and what is changed in
// one stage changes the row of that stage. A stage that does not fit comes to quarantine with all its bytes.
func TestALargeRunDetail(t *testing.T) {
	s := newStack(t)
	const stages, jobs, steps = 8, 16, 16
	detail := func(status string, last int) []byte {
		var b strings.Builder
		b.WriteString(`{"id":"r1","pipeline_id":"p1","name":"large","status":"FAILED","run_number":7,"start_time":1700000000000,"stages":[`)
		for i := range stages {
			fmt.Fprintf(&b, `%s{"id":"s%d","name":"stage %d","status":%q,"pre":[{"id":"pre%d"}],"jobs":[`, strings.Repeat(",", min(i, 1)), i, i, status, i)
			for j := range jobs {
				size := 700
				if i == stages-1 {
					size = last
				}
				fmt.Fprintf(&b, `%s{"id":"j%d-%d","name":"job","message":%q,"steps":[`, strings.Repeat(",", min(j, 1)), i, j, strings.Repeat("m", size))
				for k := range steps {
					fmt.Fprintf(&b, `%s{"id":"t%d-%d-%d","name":"step","message":%q}`, strings.Repeat(",", min(k, 1)), i, j, k, strings.Repeat("é", 480))
				}
				b.WriteString(`]}`)
			}
			b.WriteString(`]}`)
		}
		b.WriteString(`]}`)
		return []byte(b.String())
	}
	o := events.Origin{Tenant: "acme", Region: "eu", Scope: "p1", PollID: "poll1", Zone: "+08:00", At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	look := func(raw []byte) (changed int) {
		o.At = o.At.Add(time.Minute)
		snaps, unfit, err := events.SplitRunDetail("r1", raw, events.Mark{Parent: "p1", Number: 7}, o.At)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range unfit {
			odd, err := events.OddRow{Kind: events.RunDetail, API: "RunDetail", Reason: u.Err.Error(), At: o.At, Raw: u.Raw}.Snapshots()
			if err != nil {
				t.Fatal(err)
			}
			snaps = append(snaps, odd...)
		}
		b := events.Batch{Origin: o, Record: events.PollRecord{PollID: o.PollID, PrevPollSeq: s.polls["p1"]}}
		for _, snap := range snaps {
			head, known := s.heads[events.Key{Tenant: "acme", Scope: "p1", Kind: snap.Kind, ID: snap.ID}.Subject()]
			if e, ok := events.Diff(head, known, snap, o); ok {
				b.Events, b.Prev = append(b.Events, e), append(b.Prev, head.Seq)
			}
		}
		for done, n := 0, 0; len(b.Events) > done; done += n {
			part := b
			n = events.Cut(b.Events[done:])[0]
			part.Record.PrevPollSeq = s.polls["p1"]
			part.Events, part.Prev = b.Events[done:done+n], b.Prev[done:done+n]
			s.append(t, part)
		}
		return len(b.Events)
	}
	raw := detail("COMPLETED", 700)
	if len(raw) < 2<<20 {
		t.Fatalf("the detail has only %d bytes", len(raw))
	}
	if n := look(raw); n != stages+1 {
		t.Errorf("%d events, want one for each stage and one for the run", n)
	}
	if n := look(raw); n != 0 {
		t.Errorf("the same detail again is %d events", n)
	}
	if n := look([]byte(strings.Replace(string(raw), `"status":"COMPLETED"`, `"status":"FAILED"`, 1))); n != 2 {
		t.Errorf("a change in one stage is %d events, want those of the stage and of the run", n)
	}
	large := look([]byte(strings.Replace(string(detail("COMPLETED", 30<<10)), `"status":"COMPLETED"`, `"status":"FAILED"`, 1)))
	c := s.consume(t, 50, time.Minute)
	r := start(t, testLoader(c, ClickHouse{s.conn}))
	s.reach(t, c, 5*time.Minute)
	r.end(t)
	for query, want := range map[string]uint64{
		"SELECT count() FROM run_details FINAL WHERE run_id = 'r1' AND run_number = 7":                       1,
		"SELECT count() FROM run_details FINAL":                                                              1,
		"SELECT count() FROM stages FINAL WHERE run_id = 'r1' AND stage_id = concat('s', position)":          stages,
		"SELECT count() FROM stages FINAL WHERE status = 'FAILED' AND position = 0":                          1,
		"SELECT count() FROM stages FINAL WHERE status = 'FAILED'":                                           1,
		"SELECT count() FROM jobs FINAL WHERE startsWith(job_id, concat('j', stage_position, '-'))":          stages * jobs,
		"SELECT count() FROM steps FINAL WHERE run_id = 'r1' AND stage_id = concat('s', stage_position)":     stages*jobs*steps + stages,
		"SELECT count() FROM odd_rows WHERE row_kind = 'run_detail' AND api = 'RunDetail'":                   1,
		"SELECT count() FROM odd_rows WHERE length(raw) = size AND JSONExtractInt(raw, 'first_stage') = 7":   1,
		"SELECT count() FROM odd_rows WHERE JSONLength(raw, 'stages', 1, 'jobs') = 16 AND poll_id = 'poll1'": 1,
		"SELECT count() FROM quarantine FINAL":                                                               0,
	} {
		if got := number(t, s.conn, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	if large < 4 {
		t.Errorf("the large stage is %d events, want its parts and the run", large)
	}
	s.wantStream(t)
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
	for _, v := range []string{`null`, `"x"`, `-1`, `1e300`, `9999999999999999999`, `99999999999999999999`, `true`, `[]`, `{}`, `[null]`, `["x"]`, `[{"id":[]}]`, `"2026-13-45 99:00:00"`, `"9999-12-31 23:59:59"`} {
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
	s.reach(t, c, 5*time.Minute)
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
	s.reach(t, c, 5*time.Minute)
	r.end(t)
	s.wantStream(t)
}
