package loader

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/embedded"
	"artery/internal/embedded/embeddedtest"
	"artery/internal/events"
	"artery/internal/schema"
	"artery/internal/stream"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/cespare/xxhash/v2"
	"github.com/nats-io/nats.go"
)

// stack is the real log and the real engine.
type stack struct {
	nc    *nats.Conn
	log   *stream.Log
	conn  driver.Conn
	heads map[string]events.Head // of every subject written by fill
	polls map[string]uint64      // last poll record of every scope
	wrote map[uint64]written
}

// written is what was appended, by sequence: the source of what a test expects.
type written struct {
	event  events.Event
	origin events.Origin
	prev   uint64
}

func newLog(t testing.TB) *stack {
	t.Helper()
	server, err := embedded.StartNATS(embedded.NATSOptions{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	nc, err := nats.Connect(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	log, err := stream.Open(t.Context(), nc, stream.Config{Replicas: 1, MaxBytes: -1, Epoch: 3})
	if err != nil {
		t.Fatal(err)
	}
	return &stack{nc: nc, log: log, heads: map[string]events.Head{}, polls: map[string]uint64{}, wrote: map[uint64]written{}}
}

func newStack(t testing.TB) *stack {
	t.Helper()
	embeddedtest.RequireLibrary(t)
	s := newLog(t)
	s.conn = embeddedtest.Prepared(t, migrate)
	return s
}

func migrate(ctx context.Context, conn driver.Conn) error {
	_, err := schema.Migrate(ctx, conn, slog.New(slog.DiscardHandler))
	return err
}

// database is a migrated database.
func database(t testing.TB, dsn string) driver.Conn {
	t.Helper()
	o, err := clickhouse.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := migrate(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	return conn
}

// fill appends at least n messages, as rounds of one scope: runs that are created and change, and their pipelines.
func (s *stack) fill(t testing.TB, scope string, n int) {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(len(s.wrote)), 5))
	for len(s.wrote) < n {
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(len(s.wrote)) * time.Second)
		o := events.Origin{Tenant: "acme", Region: "eu", Scope: scope, PollID: fmt.Sprintf("poll%d", len(s.wrote)), Zone: "+08:00", At: at}
		b := events.Batch{Origin: o, Record: events.PollRecord{PollID: o.PollID, PrevPollSeq: s.polls[scope]}}
		b.Record.Sweep = events.Sweep{Poller: "pipelines", Kinds: []events.Kind{events.Run}, Complete: true, Started: at, Finished: at}
		in := map[string]bool{}
		for range min(900, max(n-len(s.wrote)-1, 1)) {
			snap := snapshot(t, r, len(s.wrote)+len(b.Events), at)
			subject := events.Key{Tenant: o.Tenant, Scope: scope, Kind: snap.Kind, ID: snap.ID}.Subject()
			head, known := s.heads[subject]
			if e, ok := events.Diff(head, known, snap, o); ok && !in[subject] {
				in[subject] = true
				b.Events, b.Prev = append(b.Events, e), append(b.Prev, head.Seq)
			}
		}
		s.append(t, b)
	}
}

func (s *stack) append(t testing.TB, b events.Batch) {
	t.Helper()
	seq, err := s.log.Append(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	b.Record.N = len(b.Events)
	s.wrote[seq] = written{b.Record.Event(b.Origin), b.Origin, b.Record.PrevPollSeq}
	s.polls[b.Origin.Scope] = seq
	for i, e := range b.Events {
		at := seq + 1 + uint64(i)
		s.wrote[at] = written{e, b.Origin, b.Prev[i]}
		s.heads[e.Key.Subject()] = e.Head(at)
	}
}

// snapshot is a run of about 1 KB, now and then a pipeline.
func snapshot(t testing.TB, r *rand.Rand, i int, at time.Time) events.Snapshot {
	kind, id := events.Run, fmt.Sprintf("run.%d", r.IntN(max(i, 1)))
	body := fmt.Sprintf(`{"pipeline_run_id":%q,"pipeline_id":"p%d","run_number":%d,"status":"COMPLETED","start_time":%d,"executor_name":"Zoë \"Z\"","stage_status_list":[`,
		id, i%40, i, at.UnixMilli())
	for k := range 5 {
		body += fmt.Sprintf(`{"name":"stage %d","sequence":%d,"status":"COMPLETED","start_time":"2026-03-01 20:00:0%d","end_time":"2026-03-01 20:01:00","note":"%016x"},`, k, k, k, r.Uint64())
	}
	body = strings.TrimSuffix(body, ",") + `]}`
	if i%20 == 0 {
		kind, id = events.Pipeline, fmt.Sprintf("p%d", r.IntN(40))
		body = fmt.Sprintf(`{"pipeline_id":%q,"name":"n%d","is_publish":false}`, id, i)
	}
	snap, err := events.NewSnapshot(kind, id, []byte(body), events.Mark{Parent: "p1", Number: int64(i)}, at)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func (s *stack) consume(t testing.TB, batch int, ackWait time.Duration) *stream.Consumer {
	t.Helper()
	c, err := s.log.Consume(t.Context(), stream.ConsumerConfig{Name: "loader", Batch: batch, AckWait: ackWait})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (s *stack) last(t testing.TB) uint64 {
	t.Helper()
	_, last, _, err := s.log.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return last
}

// reach waits until the consumer is at the end of the log.
func (s *stack) reach(t testing.TB, c Source, within time.Duration) {
	t.Helper()
	last := s.last(t)
	var f events.Floor
	eventually(t, within, func() bool {
		var err error
		if f, err = c.Floor(t.Context()); err != nil {
			t.Fatal(err)
		}
		return f.Seq == last && f.Pending == 0 && f.Waiting == 0
	}, func() string { return fmt.Sprintf("the consumer is at %+v, the log ends at %d", f, last) })
}

// eventually asks real servers until they are where they should be.
func eventually(t testing.TB, within time.Duration, ok func() bool, what func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("after %s: %s", within, what())
		case <-tick.C:
		}
	}
}

func number(t testing.TB, conn driver.Conn, query string) uint64 {
	t.Helper()
	var n uint64
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// wantStream compares the whole table, every column, with what was appended.
func (s *stack) wantStream(t *testing.T) {
	t.Helper()
	n := uint64(len(s.wrote))
	if got := number(t, s.conn, "SELECT count() FROM events FINAL"); got != n {
		t.Errorf("%d rows, %d messages were appended", got, n)
	}
	if got := number(t, s.conn, "SELECT uniqExact(epoch, seq) FROM events"); got != n {
		t.Errorf("%d different sequences, %d messages were appended", got, n)
	}
	var want uint64
	for seq, w := range s.wrote {
		want ^= xxhash.Sum64String(strings.Join(w.columns(seq), "\x00"))
	}
	if got := number(t, s.conn, "SELECT groupBitXor(xxHash64(arrayStringConcat("+allColumns+", '\\0'))) FROM events FINAL"); got != want {
		t.Errorf("the checksum over all columns is %x, want %x", got, want)
	}
	for _, seq := range []uint64{1, 2, n / 2, n} {
		var got []string
		if err := s.conn.QueryRow(t.Context(), "SELECT "+allColumns+" FROM events FINAL WHERE seq = ?", seq).Scan(&got); err != nil {
			t.Fatal(err)
		}
		for i, want := range s.wrote[seq].columns(seq) {
			if got[i] != want {
				t.Errorf("sequence %d, column %d: got %q, want %q", seq, i, got[i], want)
			}
		}
	}
}

// allColumns is every column of events but stored_at as text. columns is its twin, from what was appended.
const allColumns = `[toString(epoch), toString(seq), stream, subject, tenant, scope, kind, id, op, toString(toUnixTimestamp64Milli(observed_at)),
	ce_id, ce_type, ce_source, prev_hash, state_hash, poll_id, mark, zone,
	arrayStringConcat(arrayMap((k, v) -> concat(k, '=', v), mapKeys(headers), mapValues(headers)), ','), body]`

func (w written) columns(seq uint64) []string {
	e, o := w.event, w.origin
	header := w.event.Header(o, w.prev)
	rest := maps.Clone(header)
	for _, name := range []string{"ce-op", "ce-time", "ce-id", "ce-type", "ce-source", "ce-prevhash", "ce-statehash", "ce-pollid", "ce-mark", "ce-zone",
		"ce-specversion", "ce-subject", "ce-dataschema", "content-type"} { // the last four repeat the subject
		delete(rest, name)
	}
	var text []string
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		text = append(text, name+"="+rest[name][0])
	}
	hash := func(h events.Hash) string {
		if h == (events.Hash{}) {
			return ""
		}
		return hex.EncodeToString(h[:])
	}
	return []string{
		"3", fmt.Sprint(seq), "ARTERY", e.Key.Subject(), o.Tenant, o.Scope, string(e.Key.Kind), e.Key.ID, string(e.Op), fmt.Sprint(e.At.UnixMilli()),
		header["ce-id"][0], header["ce-type"][0], header["ce-source"][0], hash(e.PrevHash), hash(e.Hash), o.PollID, e.Mark.String(), o.Zone,
		strings.Join(text, ","), string(e.Body),
	}
}
