package stream_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"artery/internal/events"
	"artery/internal/stream"
	"artery/internal/stream/streamtest"

	"github.com/nats-io/nats.go/jetstream"
)

// told opens the log once more, as another process does, and gives what it logs.
func told(t *testing.T, js jetstream.JetStream) (*stream.Log, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	config := settings
	config.Slog = slog.New(slog.NewTextHandler(&out, nil))
	var l *stream.Log
	create(t, func() (err error) {
		l, err = stream.Open(t.Context(), js.Conn(), config)
		return err
	})
	return l, &out
}

func restore(t *testing.T, l *stream.Log, scope string) events.ScopeState {
	t.Helper()
	st, err := l.Restore(t.Context(), "acme", scope)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func keep(t *testing.T, l *stream.Log, scope string, st events.ScopeState) {
	t.Helper()
	if err := l.Keep(t.Context(), "acme", scope, st.AppendCheckpoint(nil)); err != nil {
		t.Fatal(err)
	}
}

// inFull restores a scope without its checkpoint, and gives that back.
func inFull(t *testing.T, l *stream.Log, js jetstream.JetStream, scope string) events.ScopeState {
	t.Helper()
	bucket, err := js.ObjectStore(t.Context(), stream.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := bucket.GetBytes(t.Context(), "artery.acme."+scope)
	if err == nil {
		err = bucket.Delete(t.Context(), "artery.acme."+scope)
	}
	if err != nil {
		t.Fatal(err)
	}
	st := restore(t, l, scope)
	if _, err := bucket.PutBytes(t.Context(), "artery.acme."+scope, kept); err != nil {
		t.Fatal(err)
	}
	return st
}

// TestCheckpointsOfAnotherLog: the bucket outlives the stream. What is kept of a stream that is gone, or that was set back, is
// not used, and that is said.
func TestCheckpointsOfAnotherLog(t *testing.T) {
	l, js := open(t)
	var before events.ScopeState
	for i := range 5 {
		add(t, l, &before, "s1", map[string]string{"run/a": fmt.Sprint(i), fmt.Sprint("run/", i): "1"})
	}
	keep(t, l, "s1", before)
	if got := restore(t, l, "s1"); got.Read != 0 || !streamtest.Equal(got, before) {
		t.Fatalf("restored %+v, want %+v from the checkpoint alone", got, before)
	}
	for _, c := range []struct {
		name   string
		epoch  uint16
		rounds int
	}{{"made anew", 1, 20}, {"shorter", 1, 1}, {"empty", 1, 0}, {"of another epoch", 2, 20}} {
		if err := js.DeleteStream(t.Context(), events.Stream); err != nil {
			t.Fatal(err)
		}
		config := settings
		config.Epoch = c.epoch
		create(t, func() error {
			_, err := stream.Open(t.Context(), js.Conn(), config)
			return err
		})
		l, said := told(t, js)
		var st events.ScopeState
		for i := range c.rounds {
			b := streamtest.Batch(st, "acme", "s1", fmt.Sprint(c.name, i), map[string]string{"run/a": fmt.Sprint(10 + i)})
			seq, err := l.Append(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			streamtest.Apply(&st, b, seq)
		}
		if got := restore(t, l, "s1"); got.PollSeq != st.PollSeq || got.Heads.Len() != st.Heads.Len() || got.PollID != st.PollID {
			t.Errorf("%s: restored %+v, want %+v", c.name, got, st)
		}
		if strings.Count(said.String(), "\n") != 1 || !strings.Contains(said.String(), "a checkpoint is not used") {
			t.Errorf("%s: it logged %q", c.name, said)
		}
	}
}

// TestObjectsThatAreNone: what somebody else puts into the bucket is not used, and a bucket that is gone is made anew.
func TestObjectsThatAreNone(t *testing.T) {
	l, js := open(t)
	var st, other events.ScopeState
	add(t, l, &st, "s1", map[string]string{"run/a": "1"})
	add(t, l, &other, "s2", map[string]string{"run/a": "1"})
	keep(t, l, "s1", st)
	keep(t, l, "s2", other)
	bucket, err := js.ObjectStore(t.Context(), stream.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	of2, err := bucket.GetBytes(t.Context(), "artery.acme.s2")
	if err != nil {
		t.Fatal(err)
	}
	for name, object := range map[string][]byte{"empty": nil, "garbage": []byte("garbage"), "of another scope": of2} {
		l, said := told(t, js)
		if _, err := bucket.PutBytes(t.Context(), "artery.acme.s1", object); err != nil {
			t.Fatal(err)
		}
		if got := restore(t, l, "s1"); !streamtest.Equal(got, st) || got.Read != 2 || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("%s: restored %+v, want %+v; it logged %q", name, got, st, said)
		}
	}
	if err := js.DeleteObjectStore(t.Context(), stream.Bucket); err != nil {
		t.Fatal(err)
	}
	if got := restore(t, l, "s1"); !streamtest.Equal(got, st) {
		t.Errorf("without the bucket: restored %+v, want %+v", got, st)
	}
	if err := l.Keep(t.Context(), "acme", "s1", st.AppendCheckpoint(nil)); err == nil {
		t.Error("a checkpoint was kept in a bucket that is gone")
	}
	keep(t, l, "s1", st)
	if got := restore(t, l, "s1"); got.Read != 0 || !streamtest.Equal(got, st) {
		t.Errorf("with a new bucket: restored %+v, want %+v from the checkpoint alone", got, st)
	}
}

// TestKeepFails: whether the new object was written, or a part of it, or nothing, the next restore is right.
func TestKeepFails(t *testing.T) {
	l, js := open(t)
	var st events.ScopeState
	add(t, l, &st, "s1", map[string]string{"run/a": "1"})
	keep(t, l, "s1", st)
	messages := 0
	for part := range 20 {
		changes := map[string]string{"run/a": fmt.Sprint(part)}
		for i := range events.MaxBatchEvents - 1 {
			changes[fmt.Sprintf("gate/%d/%d", part, i)] = "1"
		}
		messages += 1 + len(add(t, l, &st, "s1", changes).Events)
	}
	text := st.AppendCheckpoint(nil)
	fails := func(ctx context.Context) bool {
		t.Helper()
		if err := l.Keep(ctx, "acme", "s1", text); err == nil {
			return false
		}
		other, said := told(t, js)
		if got := restore(t, other, "s1"); !streamtest.Equal(got, st) || got.Read != 0 && got.Read != messages || said.Len() > 0 {
			t.Errorf("after a failed write: restored %d heads of %d, %d messages of %d were read; it logged %q", got.Heads.Len(), st.Heads.Len(), got.Read, messages, said)
		}
		return true
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if !fails(ended) {
		t.Error("a checkpoint was kept after the end")
	}
	failed := 0
	for wait := 500 * time.Microsecond; ; wait *= 2 { // the time runs out at any moment of the writing
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		again := fails(ctx)
		cancel()
		if !again {
			break
		}
		failed++
	}
	if failed == 0 {
		t.Error("no write failed")
	}
	if got := restore(t, l, "s1"); !streamtest.Equal(got, st) || got.Read != 0 {
		t.Errorf("in the end %d messages were read, want none", got.Read)
	}
}

// TestTornTail: half a batch after a checkpoint is no more believed than any other half.
func TestTornTail(t *testing.T) {
	l, js := open(t)
	var st events.ScopeState
	add(t, l, &st, "s1", map[string]string{"run/a": "0", "gate/g": "1"})
	keep(t, l, "s1", st)
	rest, o := torn(t, l, js, &st)
	restored := make(chan events.ScopeState)
	go func() {
		got, err := l.Restore(t.Context(), "acme", "s1")
		if err != nil {
			t.Error(err)
		}
		restored <- got
	}()
	for _, e := range rest {
		publish(t, js, e, o, 0)
	}
	got := <-restored
	if full := inFull(t, l, js, "s1"); !streamtest.Equal(got, full) || got.PollID != "torn" || got.Heads.Len() != 4 {
		t.Errorf("restored %+v\nin full  %+v", got, full)
	}
}

// TestReadsThatEndTooEarly: what a read does not reach is not taken for what is not there, with a checkpoint or without one.
func TestReadsThatEndTooEarly(t *testing.T) {
	for _, checkpoint := range []bool{false, true} {
		l, _ := open(t)
		var st events.ScopeState
		add(t, l, &st, "s1", map[string]string{"run/a": "1"})
		if checkpoint {
			keep(t, l, "s1", st)
		}
		add(t, l, &st, "s1", map[string]string{"run/a": "2"})
		l.Blind(2)
		if got := restore(t, l, "s1"); !streamtest.Equal(got, st) || got.Read != 2 {
			t.Errorf("checkpoint %v: restored %+v, want %+v", checkpoint, got, st)
		}
	}
}

// TestExpiredHeads lets messages leave the log after a checkpoint was made. A restore finds what a full one finds.
func TestExpiredHeads(t *testing.T) {
	for name, order := range map[string]expiry{
		"in turn":                  {inTurn: true, age: events.DefaultTTL},
		"before the TTL, in turn":  {inTurn: true, age: events.MinTTL}, // it was made longer
		"out of turn, as they may": {age: events.DefaultTTL},           // it was made shorter
	} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint(name, ", seed ", seed), func(t *testing.T) { expiredHeads(t, order, seed) })
		}
	}
}

// expiry is which messages leave the log.
type expiry struct {
	inTurn bool          // the oldest first
	age    time.Duration // of what leaves, by our clock
}

func expiredHeads(t *testing.T, order expiry, seed uint64) {
	l, js := open(t)
	rng := rand.New(rand.NewPCG(seed, 1))
	const rounds = 40
	st, kept := events.ScopeState{}, 10+rng.IntN(rounds-10)
	if order.inTurn {
		kept = rounds - 10
	}
	var leaving []uint64
	for round := range rounds {
		if round == kept {
			keep(t, l, "s1", st)
		}
		changes := map[string]string{}
		for range 1 + rng.IntN(4) {
			kind := []events.Kind{events.Run, events.RunDetail, events.Gate}[rng.IntN(3)]
			changes[fmt.Sprintf("%s/%032x", kind, rng.IntN(30))] = fmt.Sprint(round)
		}
		b := streamtest.Batch(st, "acme", "s1", fmt.Sprint("p", round), changes)
		seq := publish(t, js, b.Record.Event(b.Origin), b.Origin, 0)
		leaves := order.inTurn && round < rounds/2 || !order.inTurn && round < rounds-1 && rng.IntN(2) == 0
		for i, e := range b.Events {
			ttl := time.Duration(0)
			e.At = time.Now().Add(-time.Duration(rng.IntN(99*24)) * time.Hour)
			if leaves {
				e.At = time.Now().Add(-order.age)
			}
			if leaves && events.RulesOf(e.Key.Kind).Expires {
				ttl = time.Second
			}
			b.Events[i] = e
			if seq := publish(t, js, e, b.Origin, ttl); ttl > 0 {
				leaving = append(leaving, seq)
			}
		}
		streamtest.Apply(&st, b, seq)
	}
	for _, seq := range leaving {
		gone(t, js, seq)
	}
	other, said := told(t, js)
	got, full := restore(t, other, "s1"), inFull(t, l, js, "s1")
	if !streamtest.Equal(got, full) {
		t.Errorf("restored %+v\nin full  %+v", got, full)
	}
	if full.Heads.Len() >= st.Heads.Len() {
		t.Error("nothing has expired")
	}
	if used := said.Len() == 0; order.inTurn && !used {
		t.Errorf("the checkpoint is not used: %s", said)
	}
}

// TestBothRestores: scopes with checkpoints of all ages and without any, asked for at once.
func TestBothRestores(t *testing.T) {
	l, js := open(t)
	const scopes = 45
	want := make([]events.ScopeState, scopes)
	for round := range 6 {
		for i := range scopes {
			add(t, l, &want[i], fmt.Sprint("s", i), map[string]string{"run/a": fmt.Sprint(round), fmt.Sprint("gate/", round): "1"})
			if i%7 == round {
				keep(t, l, fmt.Sprint("s", i), want[i])
			}
		}
	}
	other, said := told(t, js)
	var all sync.WaitGroup
	for i := range scopes {
		all.Go(func() {
			got, err := other.Restore(t.Context(), "acme", fmt.Sprint("s", i))
			if err != nil || !streamtest.Equal(got, want[i]) {
				t.Errorf("scope %d restores to %+v, %v; want %+v", i, got, err, want[i])
			}
			if read := map[bool]int{true: 3 * (5 - i%7), false: 8}[i%7 < 6]; err == nil && got.Read != read {
				t.Errorf("%d messages of scope %d were read, want %d", got.Read, i, read)
			}
		})
	}
	all.Wait()
	if said.Len() > 0 {
		t.Errorf("it logged %s", said)
	}
}
