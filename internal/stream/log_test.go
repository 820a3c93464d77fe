package stream_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"artery/internal/events"
	"artery/internal/stream"
	"artery/internal/stream/streamtest"

	"github.com/nats-io/nats.go/jetstream"
)

// add appends a round and moves st.
func add(t *testing.T, l *stream.Log, st *events.ScopeState, scope string, changes map[string]string) events.Batch {
	t.Helper()
	b := streamtest.Batch(*st, "acme", scope, fmt.Sprint("p", st.PollSeq), changes)
	seq, err := l.Append(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	streamtest.Apply(st, b, seq)
	return b
}

func TestExpiry(t *testing.T) {
	l, js := open(t)
	var st events.ScopeState
	changes := map[string]string{}
	for _, kind := range events.Kinds() {
		changes[string(kind)+"/x"] = "1"
	}
	add(t, l, &st, "s1", changes)
	for _, r := range streamtest.Records(t, l) {
		key, err := events.ParseSubject(r.Subject)
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		switch key.Kind {
		case events.Run, events.RunDetail, events.RunDetailStage, events.Coverage, events.OddRowKind, events.StepLog, events.Poll:
			want = "4320h0m0s" // 180 days
		}
		if got := strings.Join(r.Header[jetstream.MsgTTLHeader], ","); got != want {
			t.Errorf("%s has the TTL %q, want %q", r.Subject, got, want)
		}
	}
	// The server has taken the TTL as such, inside a batch, on a stream that denies deletes.
	s, err := js.Stream(t.Context(), events.Stream)
	if err != nil {
		t.Fatal(err)
	}
	if c := s.CachedInfo().Config; !c.AllowMsgTTL || !c.DenyDelete || !c.DenyPurge {
		t.Errorf("settings %+v", c)
	}
	if err := s.DeleteMsg(t.Context(), 1); err == nil {
		t.Error("a message could be deleted")
	}
	if err := s.Purge(t.Context()); err == nil {
		t.Error("the stream could be purged")
	}
}

// TestTTLEnds lets a poll record expire: a scope whose log is empty again begins anew.
func TestTTLEnds(t *testing.T) {
	l, js := open(t)
	var st events.ScopeState
	add(t, l, &st, "s1", map[string]string{"gate/x": "1"})
	o := events.Origin{Tenant: "acme", Scope: "s2", At: time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC)}
	last := publish(t, js, events.PollRecord{PollID: "p"}.Event(o), o, time.Second)
	gone(t, js, last)
	add(t, l, &events.ScopeState{}, "s2", nil) // its poll record has expired: the expected sequence is 0 again
	if got := len(streamtest.Records(t, l)); got != 3 {
		t.Errorf("%d records are left, want 3", got)
	}
}

// torn is a scope as a reader may see it that is faster than the server writes: a poll record of three, and one event.
func torn(t *testing.T, l *stream.Log, js jetstream.JetStream, st *events.ScopeState) (rest []events.Event, o events.Origin) {
	t.Helper()
	add(t, l, st, "s1", map[string]string{"run/a": "1", "run/b": "1", "run/c": "1"})
	b := streamtest.Batch(*st, "acme", "s1", "torn", map[string]string{"run/a": "2", "run/b": "2", "run/c": "2"})
	publish(t, js, b.Record.Event(b.Origin), b.Origin, 0)
	publish(t, js, b.Events[0], b.Origin, 0)
	return b.Events[1:], b.Origin
}

func TestRestoreRefusesHalfABatch(t *testing.T) {
	l, js := open(t)
	rest, o := torn(t, l, js, &events.ScopeState{})
	st, err := l.Restore(t.Context(), "acme", "s1")
	if err == nil || !strings.Contains(err.Error(), "read a part of a batch") || st.Heads != nil {
		t.Fatalf("half a batch restores to %+v, %v", st, err)
	}
	for _, e := range rest {
		publish(t, js, e, o, 0)
	}
	if st, err = l.Restore(t.Context(), "acme", "s1"); err != nil || st.Heads.Len() != 3 || st.PollID != "torn" {
		t.Errorf("the whole batch restores to %+v, %v", st, err)
	}
}

func TestRestoreWaitsForTheRest(t *testing.T) {
	l, js := open(t)
	rest, o := torn(t, l, js, &events.ScopeState{})
	restored := make(chan error)
	go func() {
		st, err := l.Restore(t.Context(), "acme", "s1")
		if err == nil && st.Heads.Len() != 3 {
			err = fmt.Errorf("restored %+v", st)
		}
		restored <- err
	}()
	for _, e := range rest {
		publish(t, js, e, o, 0)
	}
	if err := <-restored; err != nil {
		t.Error(err)
	}
}

func TestRestoreRefusesForeignMessages(t *testing.T) {
	l, js := open(t)
	if _, err := js.Publish(t.Context(), "artery.acme.s1.run.x", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	if st, err := l.Restore(t.Context(), "acme", "s1"); err == nil {
		t.Errorf("a message without headers restores to %+v", st)
	}
}

// TestRestoreManyScopes asks for many scopes at once, as a collector does that starts. Each gets its own heads; one that can not
// be read, and one of which only half a batch is there, fail alone.
func TestRestoreManyScopes(t *testing.T) {
	l, js := open(t)
	const scopes = 40
	want := make([]events.ScopeState, scopes)
	for version := range 3 {
		for i := range scopes {
			changes := map[string]string{"gate/x": fmt.Sprint(i, version)}
			for run := range i {
				changes[fmt.Sprint("run/", run)] = fmt.Sprint(version)
			}
			add(t, l, &want[i], fmt.Sprint("s.", i), changes)
		}
	}
	torn(t, l, js, &events.ScopeState{})
	if _, err := js.Publish(t.Context(), "artery.acme.s2.run.x", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, bad := range []string{"s1", "s2"} {
		all.Go(func() {
			if st, err := l.Restore(t.Context(), "acme", bad); err == nil {
				t.Errorf("%s restores to %+v", bad, st)
			}
		})
	}
	for i := range scopes {
		all.Go(func() {
			st, err := l.Restore(t.Context(), "acme", fmt.Sprint("s.", i))
			if err != nil || !streamtest.Equal(st, want[i]) {
				t.Errorf("scope %d restores to %+v, %v; want %+v", i, st, err, want[i])
			}
		})
	}
	all.Wait()
}

// TestRestoreWithoutPollRecord is a scope that nobody has polled for as long as poll records are kept: its gate is still
// known, and the next round begins as on a cold start.
func TestRestoreWithoutPollRecord(t *testing.T) {
	l, js := open(t)
	b := streamtest.Batch(events.ScopeState{}, "acme", "s1", "old", map[string]string{"gate/x": "1", "run/y": "1"})
	publish(t, js, b.Record.Event(b.Origin), b.Origin, time.Second)
	gate := publish(t, js, b.Events[0], b.Origin, 0)
	gone(t, js, publish(t, js, b.Events[1], b.Origin, time.Second))
	st, err := l.Restore(t.Context(), "acme", "s1")
	id := events.EntityID{Kind: events.Gate, ID: "x"}
	if head, _ := st.Heads.Get(id); err != nil || st.PollSeq != 0 || st.Heads.Len() != 1 || head != b.Events[0].Head(gate) {
		t.Fatalf("restored %+v, %v", st, err)
	}
	add(t, l, &st, "s1", map[string]string{"gate/x": "2"})
	again, err := l.Restore(t.Context(), "acme", "s1")
	have, _ := st.Heads.Get(id)
	if head, _ := again.Heads.Get(id); err != nil || again.PollSeq != st.PollSeq || head != have {
		t.Errorf("restored %+v, %v; want %+v", again, err, st)
	}
}

// TestFullLog: what does not fit is refused as a whole.
func TestFullLog(t *testing.T) {
	nc, _ := connect(t)
	var l *stream.Log
	create(t, func() (err error) {
		l, err = stream.Open(t.Context(), nc, stream.Config{Replicas: 1, MaxBytes: 256 << 10, Epoch: 1})
		return err
	})
	var st events.ScopeState
	add(t, l, &st, "s1", map[string]string{"gate/x": "1"})
	large := map[string]string{}
	for i := range 8 {
		large[fmt.Sprint("gate/", i)] = strings.Repeat("x", 60<<10)
	}
	_, err := l.Append(t.Context(), streamtest.Batch(st, "acme", "s1", "p2", large))
	if err == nil || errors.Is(err, events.ErrStale) || errors.Is(err, events.ErrUnknown) {
		t.Errorf("a batch that does not fit: %v, want a refusal", err)
	}
	if again, err := l.Restore(t.Context(), "acme", "s1"); err != nil || again.PollSeq != st.PollSeq || again.Heads.Len() != 1 {
		t.Errorf("restored %+v, %v; nothing of the batch may be there", again, err)
	}
}

func TestUnknownOutcomes(t *testing.T) {
	nc, js := connect(t)
	var l *stream.Log
	create(t, func() (err error) {
		l, err = stream.Open(t.Context(), nc, settings)
		return err
	})
	b := streamtest.Batch(events.ScopeState{}, "acme", "s1", "p1", map[string]string{"run/x": "1"})
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if _, err := l.Append(ctx, b); !errors.Is(err, events.ErrUnknown) {
		t.Errorf("with no time left: %v, want ErrUnknown", err)
	}
	if err := js.DeleteStream(t.Context(), events.Stream); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), b); err == nil || errors.Is(err, events.ErrUnknown) || errors.Is(err, events.ErrStale) {
		t.Errorf("without a stream: %v, want a refusal", err)
	}
	nc.Close()
	if _, err := l.Append(t.Context(), b); !errors.Is(err, events.ErrUnknown) {
		t.Errorf("without a connection: %v, want ErrUnknown", err)
	}
}
