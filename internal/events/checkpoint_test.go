package events

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
)

func keepAll(Kind, uint64, int64) (bool, error) { return true, nil }

// randomState is a scope with n entities, in an order of its own; a third of them has changed since it was first seen.
func randomState(rng *rand.Rand, n int) ScopeState {
	st := ScopeState{PollSeq: rng.Uint64N(1 << 40), PollID: fmt.Sprint("poll-", rng.IntN(100)), N: rng.Uint64N(1000), Heads: NewHeads()}
	extreme := func() int64 {
		return []int64{0, 1, -1, 1_760_000_000_000 + rng.Int64N(1e9), math.MinInt64, math.MaxInt64}[rng.IntN(6)]
	}
	ids := make([]EntityID, n)
	for i := range ids {
		ids[i] = EntityID{[]Kind{Run, RunDetail, StepLog, Gate}[rng.IntN(4)], fmt.Sprintf("%016x%016x", rng.Uint64(), rng.Uint64())}
		if rng.IntN(3) == 0 {
			ids[i].ID = []string{ids[i].ID[:31], "check." + ids[i].ID, "é|" + ids[i].ID}[rng.IntN(3)]
		}
	}
	for seq := range n + n/3 {
		id := ids[seq%n]
		if seq >= n {
			id = ids[rng.IntN(n)]
		}
		head := Head{
			Seq: uint64(seq)*3 + 7, At: extreme(), Op: []Op{Created, Changed, Missing}[rng.IntN(3)],
			Mark: Mark{Parent: fmt.Sprint("parent ", rng.IntN(1+n/10)), Number: extreme(), Status: []string{"", "COMPLETED", "FAILED"}[rng.IntN(3)], From: extreme(), To: extreme()},
		}
		binary.LittleEndian.PutUint64(head.Hash[:], rng.Uint64())
		st.Heads.Set(id, head)
	}
	return st
}

// TestCheckpointsReturnTheState: what was written is read, whatever it holds, and does not depend on how the state came about.
func TestCheckpointsReturnTheState(t *testing.T) {
	for seed := range uint64(30) {
		st := randomState(rand.New(rand.NewPCG(seed, 1)), []int{1, 2, 50, 3000}[seed%4])
		text := st.AppendCheckpoint([]byte("before"))
		got, err := ReadCheckpoint(text[len("before"):], keepAll)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if got.PollSeq != st.PollSeq || got.PollID != st.PollID || got.N != st.N {
			t.Errorf("seed %d: poll record %d %q %d, want %d %q %d", seed, got.PollSeq, got.PollID, got.N, st.PollSeq, st.PollID, st.N)
		}
		if want := maps.Collect(st.Heads.All()); got.Heads.Len() != len(want) || !maps.Equal(maps.Collect(got.Heads.All()), want) {
			t.Errorf("seed %d: the heads differ", seed)
		}
		if again := got.AppendCheckpoint(nil); !bytes.Equal(again, text[len("before"):]) {
			t.Errorf("seed %d: the state that was read has another checkpoint", seed)
		}
		// What was read can be written to.
		id := EntityID{Run, "0123456789abcdef0123456789abcdef"}
		got.Heads.Set(id, Head{Seq: 9, Op: Created})
		if head, _ := got.Heads.Get(id); head != (Head{Seq: 9, Op: Created}) {
			t.Errorf("seed %d: set after reading, got %+v", seed, head)
		}
	}
	for _, st := range []ScopeState{{}, {PollSeq: 1, PollID: "p", Heads: NewHeads()}} {
		if got, err := ReadCheckpoint(st.AppendCheckpoint(nil), keepAll); err != nil || got.PollID != st.PollID || got.Heads.Len() != 0 {
			t.Errorf("a state without heads: %+v, %v", got, err)
		}
	}
}

// TestCheckpointBytes holds the form: what an older program wrote is still read, or not at all.
func TestCheckpointBytes(t *testing.T) {
	st := ScopeState{PollSeq: 300, PollID: "p1", N: 2, Heads: NewHeads()}
	hash := Hash{0: 0xaa, 15: 0xbb}
	st.Heads.Set(EntityID{Run, "000102030405060708090a0b0c0d0e0f"}, Head{Seq: 301, At: 1, Hash: hash, Op: Created, Mark: Mark{Parent: "x", Number: 3, Status: "x", From: 4, To: 2}})
	st.Heads.Set(EntityID{Gate, "g"}, Head{Seq: 302, Hash: hash, Op: Created})
	id, sum := "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", "\xaa"+string(make([]byte, 14))+"\xbb"
	want := "\x01" + "\xac\x02" + "\x02p1" + "\x02" + // 300 = 2*128 + 44: 0xac 0x02
		"\x02" +
		"\x04gate" + "\x00" + "\x01" + "\xae\x02" + "\x01g" + sum + "\x00\x07created" + "\x00" + "\x00\x00" + "\x00" + "\x02" + "\x00\x00" +
		// A difference n is written as 2n, a negative one as 2|n|-1; "x" is the third word.
		"\x03run" + "\x01" + "\xad\x02" + id + sum + "\x01" + "\x02" + "\x00\x01x" + "\x06" + "\x03" + "\x08" + "\x03" + "\x00"
	if got := st.AppendCheckpoint(nil); string(got) != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestCheckpointLeavesOut: what is not kept is not there, and an error of the answer ends the reading.
func TestCheckpointLeavesOut(t *testing.T) {
	st := randomState(rand.New(rand.NewPCG(7, 1)), 1000)
	text, want := st.AppendCheckpoint(nil), map[EntityID]Head{}
	for id, head := range st.Heads.All() {
		if id.Kind != Run || head.Seq%2 == 0 {
			want[id] = head
		}
	}
	got, err := ReadCheckpoint(text, func(kind Kind, seq uint64, at int64) (bool, error) { return kind != Run || seq%2 == 0, nil })
	if err != nil || got.Heads.Len() != len(want) || !maps.Equal(maps.Collect(got.Heads.All()), want) {
		t.Errorf("%d heads, %v; want %d", got.Heads.Len(), err, len(want))
	}
	away := errors.New("the server is away")
	if _, err := ReadCheckpoint(text, func(Kind, uint64, int64) (bool, error) { return false, away }); !errors.Is(err, away) {
		t.Errorf("the error of the answer became %v", err)
	}
}

// TestCheckpointsThatAreNone: every part of one, one with something after it, and those of other programs are errors.
func TestCheckpointsThatAreNone(t *testing.T) {
	st := randomState(rand.New(rand.NewPCG(3, 1)), 20)
	text := st.AppendCheckpoint(nil)
	var bad [][]byte
	for n := range text {
		bad = append(bad, text[:n])
	}
	bad = append(bad, append(bytes.Clone(text), 0), append([]byte{2}, text[1:]...))
	poll, head := "\x01\x01\x01p\x00", "\x00"+string(make([]byte, 16))+"\x00\x00\x00\x01\x00\x01\x00\x00"
	for _, s := range []string{
		poll + "\x01\x03foo\x00\x00",                                     // an unknown kind
		poll + "\x02\x03run\x00\x00\x03run\x00\x00",                      // a kind twice
		poll + "\x01\x03run\x00\x02" + "\x01\x01a" + head[1:],            // half a head
		poll + "\x01\x03run\xff\xff\xff\xff\xff\xff\xff\xff\x7f",         // more heads than there is room for
		poll + "\x01\x03run\x00\x01\x01\x01a" + head[1:17] + "\x05",      // a word that it has not shown
		poll + "\x01\x03run\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", // no number
	} {
		bad = append(bad, []byte(s))
	}
	for _, b := range bad {
		if got, err := ReadCheckpoint(b, keepAll); err == nil || got.Heads != nil {
			t.Errorf("%q is read as %+v", b, got)
		}
	}
}

// FuzzReadCheckpoint holds that whatever is read as a checkpoint is one: written again it reads as the same. What is read takes
// memory in proportion to its length.
func FuzzReadCheckpoint(f *testing.F) {
	for n := range 4 {
		f.Add(randomState(rand.New(rand.NewPCG(uint64(n), 1)), 1+3*n).AppendCheckpoint(nil))
	}
	f.Add([]byte("\x01\x01\x01p\x00\x01\x03run\xff\xff\xff\xff\xff\xff\xff\xff\x7f"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		st, err := ReadCheckpoint(in, keepAll)
		runtime.ReadMemStats(&after)
		// A chunk of heads is the least that one takes; a map of ids takes about three times its entries.
		if most := uint64(chunkSize*88 + 1<<20 + 64*len(in)); after.TotalAlloc-before.TotalAlloc > most {
			t.Fatalf("%d bytes were read with %d bytes of memory", len(in), after.TotalAlloc-before.TotalAlloc)
		}
		if err != nil {
			return
		}
		again, err := ReadCheckpoint(st.AppendCheckpoint(nil), keepAll)
		if err != nil || again.PollSeq != st.PollSeq || again.PollID != st.PollID || again.N != st.N || !maps.Equal(maps.Collect(again.Heads.All()), maps.Collect(st.Heads.All())) {
			t.Fatalf("%q reads as %+v, and that, written, as %+v: %v", in, st, again, err)
		}
	})
}

// BenchmarkCheckpoint writes and reads a scope of 20,000 runs with their details.
func BenchmarkCheckpoint(b *testing.B) {
	st, rng := ScopeState{PollSeq: 1, Heads: NewHeads()}, rand.New(rand.NewPCG(1, 1))
	for i := range 20_000 {
		id := fmt.Sprintf("%016x%016x", rng.Uint64(), rng.Uint64())
		for j, kind := range []Kind{Run, RunDetail} {
			head := Head{
				Seq: uint64(2*i + j + 1), At: 1_760_000_000_000 + int64(i)*1000, Op: Created,
				Mark: Mark{Parent: fmt.Sprintf("%032x", i%100), Number: int64(i/100) + 1, Status: "COMPLETED", From: 1_760_000_000_000 + int64(i)*990, To: 1_760_000_060_000 + int64(i)*990},
			}
			binary.LittleEndian.PutUint64(head.Hash[:], rng.Uint64())
			binary.LittleEndian.PutUint64(head.Hash[8:], rng.Uint64())
			st.Heads.Set(EntityID{kind, id}, head)
		}
	}
	var text []byte
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			text = st.AppendCheckpoint(make([]byte, 0, 64*st.Heads.Len()))
		}
		b.ReportMetric(float64(len(text))/float64(st.Heads.Len()), "B/head")
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := ReadCheckpoint(text, keepAll); err != nil {
				b.Fatal(err)
			}
		}
	})
}
