package loader

import (
	"artery/internal/events"
	"artery/internal/schema"
)

// Block is what one insert stores: the rows of a batch, and what could not become a row.
type Block struct {
	Events      schema.Columns
	Quarantined []schema.Quarantined
	seqs        []uint64
}

// add makes the row of a record, or its quarantine row and says why.
func (b *Block) add(r events.Record, version string) error {
	b.seqs = append(b.seqs, r.Seq)
	e, err := row(r)
	if err != nil {
		b.Quarantined = append(b.Quarantined, quarantined(r, err, version))
		return err
	}
	b.Events.Append(e)
	return nil
}

// A larger block than these is no cheaper for each row, and takes more memory: the rows bound one of small bodies, the
// bytes one of run details.
const (
	blockRows  = 10_000
	blockBytes = 16 << 20
)

// room says whether the block may take n more messages.
func (b *Block) room(n int) bool { return len(b.seqs)+n <= blockRows && b.bytes() < blockBytes }

// bytes is about how much the messages of the block hold.
func (b *Block) bytes() int {
	n := b.Events.Bytes()
	for _, q := range b.Quarantined {
		n += len(q.Body)
	}
	return n
}

// reset empties the block. It keeps no message alive: a block may lie idle for hours.
func (b *Block) reset() {
	b.Events.Reset()
	clear(b.Quarantined)
	b.Quarantined, b.seqs = b.Quarantined[:0], b.seqs[:0]
}
