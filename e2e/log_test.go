package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"artery/internal/events"
)

// eventRow is what the invariants need of a row of events.
type eventRow struct {
	Epoch    uint16            `ch:"epoch"`
	Seq      uint64            `ch:"seq"`
	Stream   string            `ch:"stream"`
	StoredAt time.Time         `ch:"stored_at"`
	Subject  string            `ch:"subject"`
	Op       string            `ch:"op"`
	Observed time.Time         `ch:"observed_at"`
	Prev     string            `ch:"prev_hash"`
	State    string            `ch:"state_hash"`
	Poll     string            `ch:"poll_id"`
	Mark     string            `ch:"mark"`
	Headers  map[string]string `ch:"headers"`
	Body     string            `ch:"body"`
}

// record is the message that the row was made of, with the headers that have columns.
func (r eventRow) record() events.Record {
	h := map[string][]string{
		events.HeaderOp: {r.Op}, events.HeaderTime: {events.FormatTime(r.Observed)}, events.HeaderPrevHash: {r.Prev},
		events.HeaderStateHash: {r.State}, events.HeaderPollID: {r.Poll}, events.HeaderMark: {r.Mark},
	}
	return events.Record{Stream: r.Stream, Epoch: r.Epoch, Seq: r.Seq, StoredAt: r.StoredAt, Subject: r.Subject, Header: h, Body: []byte(r.Body)}
}

// storedEvents are the rows of events in the order of the log.
func storedEvents(t *testing.T, conn driver.Conn) []eventRow {
	t.Helper()
	var rows []eventRow
	err := conn.Select(t.Context(), &rows, `SELECT epoch, seq, stream, stored_at, subject, op, observed_at, prev_hash, state_hash, poll_id, mark, headers, body
		FROM events FINAL ORDER BY epoch, seq`)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// checkLog checks the table events: the invariants I1 to I4 of the log, I8 (no sequence missing, none twice, each row byte
// for byte the stream's message), and that everything in the stream is stored.
func checkLog(t *testing.T, conn driver.Conn, natsURL string) {
	t.Helper()
	rows := storedEvents(t, conn)
	checked := events.Invariants{Whole: true}
	for i, r := range rows {
		if r.Epoch != 1 || r.Seq != uint64(i+1) {
			t.Fatalf("row %d of events is epoch %d, sequence %d: one is missing or there twice", i, r.Epoch, r.Seq)
		}
		checked.Add(r.record())
	}
	for _, err := range checked.Faults() {
		t.Error(err)
	}
	messages := readStream(t, natsURL)
	if len(messages) != len(rows) {
		t.Fatalf("the stream has %d messages, events %d rows", len(messages), len(rows))
	}
	for i, m := range messages {
		if fault := differs(rows[i], m); fault != "" {
			t.Errorf("message %d: %s", i+1, fault)
		}
	}
}

// differs compares a row with its message; "" means that they are the same.
func differs(r eventRow, m *jetstream.RawStreamMsg) string {
	switch {
	case r.Seq != m.Sequence:
		return fmt.Sprintf("the row has sequence %d, the message %d", r.Seq, m.Sequence)
	case r.Subject != m.Subject:
		return fmt.Sprintf("the row has subject %s, the message %s", r.Subject, m.Subject)
	case !r.StoredAt.Equal(m.Time):
		return fmt.Sprintf("the row was stored at %s, the message at %s", r.StoredAt, m.Time)
	case !bytes.Equal([]byte(r.Body), m.Data):
		return "the bodies differ"
	}
	rest := map[string]string{}
	for name, values := range m.Header {
		rest[name] = values[0]
	}
	for name, value := range map[string]string{
		events.HeaderOp: r.Op, events.HeaderTime: events.FormatTime(r.Observed), events.HeaderPrevHash: r.Prev,
		events.HeaderStateHash: r.State, events.HeaderPollID: r.Poll, events.HeaderMark: r.Mark,
	} {
		if rest[name] != value {
			return fmt.Sprintf("the header %s is %q, its column has %q", name, rest[name], value)
		}
	}
	for name, value := range r.Headers {
		if rest[name] != value {
			return fmt.Sprintf("the header %s is %q, the row has %q", name, rest[name], value)
		}
	}
	return ""
}

// readStream reads every message of the stream.
func readStream(t *testing.T, url string) []*jetstream.RawStreamMsg {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stream, err := js.Stream(ctx, events.Stream)
	if err != nil {
		t.Fatal(err)
	}
	state := stream.CachedInfo().State
	messages := make([]*jetstream.RawStreamMsg, 0, state.Msgs)
	for seq := state.FirstSeq; seq <= state.LastSeq; seq++ {
		m, err := stream.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, m)
	}
	return messages
}

// drained waits until everything in the stream is in the table: the services have been told to end, nothing is added.
func drained(t *testing.T, a *apart) {
	t.Helper()
	eventually(t, "the loader does not come to the end of the log", time.Minute, func() []string {
		waiting, pending := metrics(a.loads, "artery_loader_waiting"), metrics(a.loads, "artery_loader_pending")
		return unless(waiting["artery_loader_waiting"] == "0" && pending["artery_loader_pending"] == "0", "waiting %v, pending %v", waiting, pending)
	})
}

// stored waits until events has every message of the stream. Its last writer has ended, but what it sent may still arrive.
func stored(t *testing.T, a *apart) {
	t.Helper()
	eventually(t, "events lacks messages of the stream", time.Minute, func() []string {
		var rows uint64
		if err := a.conn.QueryRow(t.Context(), "SELECT count() FROM events FINAL").Scan(&rows); err != nil {
			return []string{err.Error()}
		}
		messages := uint64(len(readStream(t, a.natsURL)))
		return unless(rows == messages, "%d rows, the stream has %d messages", rows, messages)
	})
}
