package events

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A checkpoint is a ScopeState in bytes, as it is after a batch. Numbers are varints, texts have their length before them.
//
//	version (one byte)
//	sequence of the poll record, its poll id, events that follow it
//	how many kinds; for each, in the order of their names:
//	    name
//	    how many heads whose ids are 32 hex digits; those heads, in the order of their sequences
//	    how many other heads; those heads, in the order of their sequences
//
// A head is its sequence, id (16 bytes, or a text), hash, operation, time, and the mark: parent, number, status, from, to. Of
// sequences, times and "from" the difference to the head before is written, of "to" that to "from". A text that repeats is a
// word: 0 and the text for the first time, then its number, which counts from 1.
const checkpointVersion = 1

// leastHead is the length of the shortest head: a hash, and a byte for everything else.
const leastHead = len(Hash{}) + 9

// AppendCheckpoint appends the checkpoint of a state. Equal states have equal checkpoints.
func (st ScopeState) AppendCheckpoint(b []byte) []byte {
	w := checkpointWriter{b: append(b, checkpointVersion), heads: st.Heads}
	w.number(st.PollSeq)
	w.text(st.PollID)
	w.number(st.N)
	var kinds []Kind
	if st.Heads != nil {
		kinds, w.words = slices.Sorted(maps.Keys(st.Heads.kinds)), make([]uint64, len(st.Heads.words))
	}
	w.number(uint64(len(kinds)))
	for _, kind := range kinds {
		w.text(string(kind))
		writeHeads(&w, st.Heads.kinds[kind].hex, func(id [16]byte) { w.b = append(w.b, id[:]...) })
		writeHeads(&w, st.Heads.kinds[kind].text, w.text)
	}
	return w.b
}

type checkpointWriter struct {
	b     []byte
	heads *Heads
	words []uint64 // number of each word of heads that was written
	known uint64   // how many were
}

func (w *checkpointWriter) number(n uint64) { w.b = binary.AppendUvarint(w.b, n) }

func (w *checkpointWriter) difference(n int64) { w.b = binary.AppendVarint(w.b, n) }

func (w *checkpointWriter) text(s string) {
	w.number(uint64(len(s)))
	w.b = append(w.b, s...)
}

func (w *checkpointWriter) word(n uint32) {
	w.number(w.words[n])
	if w.words[n] == 0 {
		w.known++
		w.words[n] = w.known
		w.text(w.heads.words[n])
	}
}

func writeHeads[ID comparable](w *checkpointWriter, places map[ID]uint32, write func(ID)) {
	type placed struct {
		id   ID
		head *compactHead
	}
	all := make([]placed, 0, len(places))
	for id, place := range places {
		all = append(all, placed{id, w.heads.at(place)})
	}
	slices.SortFunc(all, func(a, b placed) int { return cmp.Compare(a.head.seq, b.head.seq) })
	w.number(uint64(len(all)))
	var last compactHead
	for _, p := range all {
		h := p.head
		w.number(h.seq - last.seq)
		write(p.id)
		w.b = append(w.b, h.hash[:]...)
		w.word(h.op)
		w.difference(h.at - last.at)
		w.word(h.parent)
		w.difference(h.number)
		w.word(h.status)
		w.difference(h.from - last.from)
		w.difference(h.to - h.from)
		last = *h
	}
}

// ReadCheckpoint reads a checkpoint. keep is asked about each head, by its kind, its sequence and when it was observed; those
// that it does not keep are left out. It is asked in the order of the checkpoint. A checkpoint that another version of the
// program wrote, or nobody, is an error; whatever it holds, reading takes memory in proportion to its length.
func ReadCheckpoint(b []byte, keep func(kind Kind, seq uint64, at int64) (bool, error)) (ScopeState, error) {
	if len(b) == 0 || b[0] != checkpointVersion {
		return ScopeState{}, errors.New("reading a checkpoint: it is not of this version")
	}
	r := checkpointReader{b: b[1:], heads: NewHeads(), keep: keep}
	st := ScopeState{PollSeq: r.number(), PollID: r.text(), N: r.number(), Heads: r.heads}
	for kinds := r.number(); kinds > 0 && r.err == nil; kinds-- {
		r.kindHeads(Kind(r.text()))
	}
	if r.err == nil && len(r.b) > 0 {
		r.fail("there are bytes after its end")
	}
	if r.err != nil {
		return ScopeState{}, fmt.Errorf("reading a checkpoint: %w", r.err)
	}
	return st, nil
}

// checkpointReader reads what is left of a checkpoint. After an error there is nothing left.
type checkpointReader struct {
	b     []byte
	err   error
	heads *Heads
	words []uint32 // of heads, in the order of the checkpoint
	keep  func(kind Kind, seq uint64, at int64) (bool, error)
}

func (r *checkpointReader) fail(why string) {
	if r.err == nil {
		r.err = errors.New(why)
	}
	r.b = nil
}

func (r *checkpointReader) number() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.fail("it ends inside of a number")
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *checkpointReader) difference() int64 {
	n := r.number()
	return int64(n>>1) ^ -int64(n&1)
}

func (r *checkpointReader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.fail("it ends inside of a text")
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *checkpointReader) text() string { return string(r.bytes(r.number())) }

func (r *checkpointReader) word() uint32 {
	n := r.number()
	if n == 0 {
		word := r.heads.intern(r.text())
		r.words = append(r.words, word)
		return word
	}
	if n > uint64(len(r.words)) {
		r.fail("it names a word that it has not shown")
		return 0
	}
	return r.words[n-1]
}

func (r *checkpointReader) kindHeads(kind Kind) {
	switch {
	case r.err != nil:
		return
	case RulesOf(kind) == nil:
		r.fail(fmt.Sprintf("it has heads of the kind %q, which this version does not know", kind))
		return
	case r.heads.kinds[kind] != nil:
		r.fail(fmt.Sprintf("it has the kind %s twice", kind))
		return
	}
	k := &kindHeads{}
	r.heads.kinds[kind] = k
	k.hex = readHeads(r, kind, func() (id [16]byte) {
		copy(id[:], r.bytes(uint64(len(id))))
		return id
	})
	k.text = readHeads(r, kind, func() string {
		id := r.text()
		if _, hex := hexID(id); hex {
			r.fail("it has an id in the wrong form")
		}
		return id
	})
}

func readHeads[ID comparable](r *checkpointReader, kind Kind, read func() ID) map[ID]uint32 {
	n := r.number()
	places := make(map[ID]uint32, min(n, uint64(len(r.b)/leastHead)))
	var last compactHead
	for ; n > 0 && r.err == nil; n-- {
		h := compactHead{seq: last.seq + r.number()}
		id := read()
		copy(h.hash[:], r.bytes(uint64(len(h.hash))))
		h.op = r.word()
		h.at = last.at + r.difference()
		h.parent = r.word()
		h.number = r.difference()
		h.status = r.word()
		h.from = last.from + r.difference()
		h.to = h.from + r.difference()
		last = h
		if _, twice := places[id]; twice {
			r.fail("it has an entity twice")
		}
		if r.err != nil {
			break
		}
		kept, err := r.keep(kind, h.seq, h.at)
		if err != nil {
			r.err = err
		} else if kept {
			place := r.heads.grow()
			*r.heads.at(place) = h
			places[id] = place
		}
	}
	return places
}
