package events

import (
	"encoding/hex"
	"iter"
)

// Heads are the heads of the entities of a scope. A scope may know millions of runs and their details, so a head is kept
// without pointers, in about 100 bytes with its id: the garbage collector has nothing to follow, and texts that repeat
// (pipeline ids, statuses, operations) are kept once. It is not safe for concurrent use; many may read while nobody writes.
type Heads struct {
	kinds  map[Kind]*kindHeads
	chunks [][]compactHead // of chunkSize: an array that grows without being copied
	n      int
	words  []string
	word   map[string]uint32
}

const chunkSize = 1 << 10

// kindHeads are the places of the heads of one kind. Nearly all ids of CodeArts are 32 hex digits, which fit into 16 bytes.
type kindHeads struct {
	hex  map[[16]byte]uint32
	text map[string]uint32
}

// compactHead is a Head whose texts are numbers of words.
type compactHead struct {
	seq                  uint64
	at, number, from, to int64
	hash                 Hash
	op, parent, status   uint32
}

// NewHeads are the heads of a scope of which nothing is known.
func NewHeads() *Heads { return &Heads{kinds: map[Kind]*kindHeads{}, word: map[string]uint32{}} }

// Len is the number of entities.
func (h *Heads) Len() int {
	if h == nil {
		return 0
	}
	return h.n
}

// Count is the number of entities of a kind, gone ones among them.
func (h *Heads) Count(kind Kind) int {
	if h == nil || h.kinds[kind] == nil {
		return 0
	}
	return len(h.kinds[kind].hex) + len(h.kinds[kind].text)
}

// Get is the head of an entity, false for one that is not known. Of nil nothing is known.
func (h *Heads) Get(id EntityID) (Head, bool) {
	if h == nil {
		return Head{}, false
	}
	k := h.kinds[id.Kind]
	if k == nil {
		return Head{}, false
	}
	place, known := k.place(id.ID)
	if !known {
		return Head{}, false
	}
	return h.expand(place), true
}

func (k *kindHeads) place(id string) (place uint32, known bool) {
	if short, ok := hexID(id); ok {
		place, known = k.hex[short]
	} else {
		place, known = k.text[id]
	}
	return place, known
}

// Set makes head the head of an entity.
func (h *Heads) Set(id EntityID, head Head) {
	k := h.kinds[id.Kind]
	if k == nil {
		k = &kindHeads{map[[16]byte]uint32{}, map[string]uint32{}}
		h.kinds[id.Kind] = k
	}
	place, known := k.place(id.ID)
	if !known {
		place = h.grow()
		if short, ok := hexID(id.ID); ok {
			k.hex[short] = place
		} else {
			k.text[id.ID] = place
		}
	}
	*h.at(place) = compactHead{
		seq: head.Seq, number: head.Mark.Number, at: head.At, from: head.Mark.From, to: head.Mark.To, hash: head.Hash,
		op: h.intern(string(head.Op)), parent: h.intern(head.Mark.Parent), status: h.intern(head.Mark.Status),
	}
}

func (h *Heads) at(place uint32) *compactHead { return &h.chunks[place/chunkSize][place%chunkSize] }

// grow makes a place.
func (h *Heads) grow() uint32 {
	if h.n%chunkSize == 0 {
		h.chunks = append(h.chunks, make([]compactHead, chunkSize))
	}
	h.n++
	return uint32(h.n - 1)
}

// Of iterates over the heads of a kind, in no order. It makes a text of each id, so it is for whole readings, not for loops. Of
// nil nothing is known.
func (h *Heads) Of(kind Kind) iter.Seq2[string, Head] {
	return func(yield func(string, Head) bool) {
		if h == nil {
			return
		}
		k := h.kinds[kind]
		if k == nil {
			return
		}
		for id, place := range k.hex {
			if !yield(hex.EncodeToString(id[:]), h.expand(place)) {
				return
			}
		}
		for id, place := range k.text {
			if !yield(id, h.expand(place)) {
				return
			}
		}
	}
}

// All iterates over all heads, in no order.
func (h *Heads) All() iter.Seq2[EntityID, Head] {
	return func(yield func(EntityID, Head) bool) {
		if h == nil {
			return
		}
		for kind := range h.kinds {
			for id, head := range h.Of(kind) {
				if !yield(EntityID{kind, id}, head) {
					return
				}
			}
		}
	}
}

func (h *Heads) expand(place uint32) Head {
	c := h.at(place)
	return Head{
		Seq: c.seq, At: c.at, Hash: c.hash, Op: Op(h.words[c.op]),
		Mark: Mark{Parent: h.words[c.parent], Number: c.number, Status: h.words[c.status], From: c.from, To: c.to},
	}
}

// intern is the number of a word.
func (h *Heads) intern(word string) uint32 {
	n, known := h.word[word]
	if !known {
		n = uint32(len(h.words))
		h.words = append(h.words, word)
		h.word[word] = n
	}
	return n
}

// hexID is an id of 32 lower-case hex digits in 16 bytes.
func hexID(id string) (short [16]byte, ok bool) {
	if len(id) != 2*len(short) {
		return short, false
	}
	for i := range short {
		hi, lo := nibble(id[2*i]), nibble(id[2*i+1])
		if hi > 15 || lo > 15 {
			return short, false
		}
		short[i] = hi<<4 | lo
	}
	return short, true
}

func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}
