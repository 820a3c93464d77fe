package loader

import (
	"context"
	"fmt"

	"artery/internal/events"
)

// Replayer is the log as it is read again: every retained message with from <= sequence <= to, in order.
type Replayer interface {
	Replay(ctx context.Context, from, to uint64, f func(events.Record) error) error
}

// Reload inserts the retained part of the log again, from <= sequence <= to, through the same rows as a Loader. It may
// run beside loaders, over rows that are there, and again after it was interrupted: a row is keyed by its message.
// progress, which may be nil, hears the last sequence stored after each block. Reload returns how many messages it
// stored, those in quarantine included.
//
// What has expired from the stream is not in it: rows of older messages exist only in the table, and emptying the table
// before a Reload loses them.
func Reload(ctx context.Context, log Replayer, table Table, from, to uint64, version string, progress func(seq uint64, rows int)) (rows int, err error) {
	var b Block
	flush := func() error {
		if len(b.seqs) == 0 {
			return nil
		}
		if err := table.Insert(ctx, &b); err != nil {
			return err
		}
		rows += len(b.seqs)
		if progress != nil {
			progress(b.seqs[len(b.seqs)-1], rows)
		}
		b.reset()
		return nil
	}
	err = log.Replay(ctx, from, to, func(r events.Record) error {
		_ = b.add(r, version) // the fault stands in the quarantine row
		if b.room(1) {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return rows, fmt.Errorf("reloading the table from the log: %w", err)
	}
	return rows, nil
}
