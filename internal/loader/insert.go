package loader

import (
	"context"
	"fmt"

	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// ClickHouse is the Table in a ClickHouse server, by the native protocol or HTTP.
type ClickHouse struct {
	Conn driver.Conn
}

// Settings are those of every insert: the server answers when the rows are stored, in the table and in its projections,
// and never decides by itself that a block was seen before.
func Settings() clickhouse.Settings {
	return clickhouse.Settings{"async_insert": 0, "insert_deduplicate": 0, "http_wait_end_of_query": 1}
}

// Insert implements Table.
func (c ClickHouse) Insert(ctx context.Context, b *Block) error {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(Settings()))
	if len(b.Quarantined) > 0 {
		batch, err := c.Conn.PrepareBatch(ctx, schema.InsertQuarantine)
		if err != nil {
			return fmt.Errorf("preparing the quarantine: %w", err)
		}
		defer batch.Close()
		for _, q := range b.Quarantined {
			if err := q.AppendTo(batch); err != nil {
				return fmt.Errorf("filling the quarantine: %w", err)
			}
		}
		if err := batch.Send(); err != nil {
			return fmt.Errorf("inserting into quarantine: %w", err)
		}
	}
	if b.Events.Len() == 0 {
		return nil
	}
	batch, err := c.Conn.PrepareBatch(ctx, schema.InsertEvents)
	if err != nil {
		return fmt.Errorf("preparing a block of events: %w", err)
	}
	defer batch.Close()
	if err := b.Events.AppendTo(batch); err != nil {
		return fmt.Errorf("filling a block of events: %w", err)
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("inserting %d events: %w", b.Events.Len(), err)
	}
	return nil
}

// LastSeq is the greatest sequence of an incarnation of the stream that the table holds. A stream that is behind it was
// made anew under the same epoch, and its rows would be taken for old ones.
func (c ClickHouse) LastSeq(ctx context.Context, epoch uint16) (uint64, error) {
	var seq uint64
	if err := c.Conn.QueryRow(ctx, "SELECT max(seq) FROM events WHERE epoch = ?", epoch).Scan(&seq); err != nil {
		return 0, fmt.Errorf("reading the last sequence of events: %w", err)
	}
	return seq, nil
}
