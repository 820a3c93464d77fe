package loader

import (
	"context"

	"artery/internal/events"
)

// Replayer reads what the log still holds. internal/stream has the real one.
type Replayer interface {
	// Replay calls f for every retained message with from <= sequence <= to, in order.
	Replay(ctx context.Context, from, to uint64, f func(events.Record) error) error
}

// reloadBatch is how many messages one insert of a reload holds.
const reloadBatch = 10_000

// Reload stores again what the log holds between two sequences, by the way of the loader: the same row of the same
// message, so that what is stored already stays as it is. It returns how many messages it stored; progress is told after
// every insert.
func Reload(ctx context.Context, log Replayer, table Table, from, to uint64, version string, progress func(rows int)) (int, error) {
	b, rows := &Block{}, 0
	flush := func() error {
		if err := table.Insert(ctx, b); err != nil {
			return err
		}
		rows += len(b.seqs)
		b.reset()
		progress(rows)
		return nil
	}
	err := log.Replay(ctx, from, to, func(r events.Record) error {
		_ = b.add(r, version) // what it returns is in the quarantine row
		if len(b.seqs) < reloadBatch {
			return nil
		}
		return flush()
	})
	if err == nil && len(b.seqs) > 0 {
		err = flush()
	}
	return rows, err
}
