package loader

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"artery/internal/events"
	"artery/internal/schema"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// loaded is a log of n messages and a table that a loader has filled from it.
func loaded(t *testing.T, n int) *stack {
	s := newStack(t)
	s.fill(t, "p1", n)
	js, err := jetstream.New(s.nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.PublishMsg(t.Context(), &nats.Msg{Subject: "artery.poison", Data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	c := s.consume(t, 5000, time.Minute)
	r := start(t, testLoader(c, ClickHouse{s.conn}))
	s.reach(t, c, time.Minute)
	r.end(t)
	return s
}

func (s *stack) exec(t *testing.T, statement string) {
	t.Helper()
	if err := s.conn.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

const contentOf = "SELECT cityHash64(groupArray(cityHash64(*))) FROM (SELECT * FROM %s FINAL ORDER BY seq)"

func TestReloadGivesIdenticalContent(t *testing.T) {
	s := loaded(t, 12_000)
	content := func() (out [2]uint64) {
		for i, table := range []string{"events", "quarantine"} {
			out[i] = number(t, s.conn, fmt.Sprintf(contentOf, table))
		}
		return out
	}
	before := content()
	s.exec(t, "TRUNCATE TABLE events")
	s.exec(t, "TRUNCATE TABLE quarantine")
	var steps []uint64
	rows, err := Reload(t.Context(), s.log, ClickHouse{s.conn}, 1, math.MaxUint64, "v1", func(seq uint64, rows int) { steps = append(steps, seq, uint64(rows)) })
	if err != nil {
		t.Fatal(err)
	}
	if last := s.last(t); uint64(rows) != last || !reflect.DeepEqual(steps, []uint64{10_000, 10_000, last, last}) {
		t.Errorf("%d rows of %d messages, steps %v", rows, last, steps)
	}
	if got := content(); got != before {
		t.Errorf("the content is %x, it was %x", got, before)
	}
	s.wantStream(t)

	// Over rows that are there, and of a part.
	if rows, err := Reload(t.Context(), s.log, ClickHouse{s.conn}, 101, 200, "v1", nil); err != nil || rows != 100 {
		t.Errorf("%d rows, %v, want 100", rows, err)
	}
	if got := content(); got != before {
		t.Errorf("after a second reload the content is %x, it was %x", got, before)
	}
	if rows, err := Reload(t.Context(), s.log, ClickHouse{s.conn}, s.last(t)+1, math.MaxUint64, "v1", nil); err != nil || rows != 0 {
		t.Errorf("%d rows after the end, %v", rows, err)
	}
}

func TestReloadBoundsABlockAndFails(t *testing.T) {
	big := testRecord(1)
	big.Body = []byte(`"` + strings.Repeat("x", 1<<20) + `"`)
	var sizes []int
	table := tableFunc(func(_ context.Context, b *Block) error {
		sizes = append(sizes, len(b.seqs))
		if len(sizes) == 3 {
			return errFault
		}
		return nil
	})
	rows, err := Reload(t.Context(), replayFunc(func(f func(events.Record) error) error {
		for i := range uint64(50) {
			r := big
			r.Seq = i + 1
			if err := f(r); err != nil {
				return err
			}
		}
		return nil
	}), table, 1, 50, "", nil)
	if !errors.Is(err, errFault) || rows != 32 || !reflect.DeepEqual(sizes, []int{16, 16, 16}) {
		t.Errorf("%d rows, blocks of %v, %v", rows, sizes, err)
	}
}

type replayFunc func(f func(events.Record) error) error

func (r replayFunc) Replay(_ context.Context, _, _ uint64, f func(events.Record) error) error {
	return r(f)
}

func TestVerifyFindsWhatIsPlanted(t *testing.T) {
	s := loaded(t, 20_500)
	last := s.last(t)
	verify := func() []Difference {
		t.Helper()
		d, err := Verify(t.Context(), s.log, s.conn, 3, 1, last, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if d := verify(); len(d) != 0 {
		t.Fatalf("a table that nobody touched differs: %+v", d)
	}
	insert := func(seq uint64, change func(*schema.Event)) {
		t.Helper()
		err := s.log.Replay(t.Context(), seq, seq, func(r events.Record) error {
			e, err := row(r)
			if err != nil {
				return err
			}
			change(&e)
			var b Block
			b.Events.Append(e)
			return ClickHouse{s.conn}.Insert(t.Context(), &b)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	remove := func(seqs string) {
		t.Helper()
		s.exec(t, "ALTER TABLE events DELETE WHERE seq IN ("+seqs+") SETTINGS mutations_sync = 2")
	}

	remove("77, 9999, 10000")     // lost: two buckets
	remove("20123, 20124, 20125") // altered: one letter of one body, one zone, one header
	insert(20123, func(e *schema.Event) { e.Body = append(e.Body[:len(e.Body)-2:len(e.Body)-2], "]} "...) })
	insert(20124, func(e *schema.Event) { e.Zone = "+09:00" })
	insert(20125, func(e *schema.Event) { e.Headers = map[string]string{"x-odd": "1"} })
	insert(500, func(e *schema.Event) { e.ID += "x" }) // one message, two rows
	insert(900, func(*schema.Event) {})                // stored twice: the same row
	insert(901, func(e *schema.Event) { e.Epoch = 4 }) // of another incarnation
	s.exec(t, fmt.Sprintf("ALTER TABLE quarantine DELETE WHERE seq = %d SETTINGS mutations_sync = 2", last))
	want := []Difference{
		{From: 1, To: 9999, Missing: []uint64{77, 9999}, Doubled: []uint64{500}},
		{From: 10000, To: 19999, Missing: []uint64{10000}},
		{From: 20000, To: last, Missing: []uint64{last}, Altered: []uint64{20123, 20124, 20125}},
	}
	got := verify()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}

	// A reload repairs what is lost or altered: of two rows with one key, the last inserted is the row.
	if _, err := Reload(t.Context(), s.log, ClickHouse{s.conn}, 1, last, "v1", nil); err != nil {
		t.Fatal(err)
	}
	if got, want := verify(), []Difference{{From: 1, To: 9999, Doubled: []uint64{500}}}; !reflect.DeepEqual(got, want) {
		t.Errorf("after the reload: got %+v, want %+v", got, want)
	}

	// What the log has forgotten is no fault, if it may have forgotten it.
	from := uint64(15_000)
	late := replayFunc(func(f func(events.Record) error) error { return s.log.Replay(t.Context(), from+2, 15_100, f) })
	for forgotten, want := range map[time.Time]Difference{
		{}:                        {From: from, To: 15_100, Extra: []uint64{15_000, 15_001}},
		time.Now().Add(time.Hour): {From: from, To: 15_100, Expired: []uint64{15_000, 15_001}},
	} {
		d, err := Verify(t.Context(), late, s.conn, 3, from, 15_100, forgotten)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(d, []Difference{want}) || d[0].Fault() != forgotten.IsZero() {
			t.Errorf("got  %+v\nwant %+v", d, want)
		}
	}
}
