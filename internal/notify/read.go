package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Reader reads transitions from ClickHouse.
func Reader(conn driver.Conn) func(ctx context.Context, since time.Time) ([]Transition, error) {
	return func(ctx context.Context, since time.Time) ([]Transition, error) {
		sql, _, err := schema.Statement("notify_transitions")
		if err != nil {
			return nil, err
		}
		ctx = clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"since": since.UTC().Format("2006-01-02 15:04:05.000")}))
		var all []Transition
		if err := conn.Select(ctx, &all, sql); err != nil {
			return nil, fmt.Errorf("reading the transitions of stages: %w", err)
		}
		for i := range all {
			all[i].identify()
		}
		return all, nil
	}
}

// Reasons reads the reasons of transitions from ClickHouse, some at a time: they go there in an address.
func Reasons(conn driver.Conn) func(ctx context.Context, of []Transition) (map[string]Reason, error) {
	return func(ctx context.Context, of []Transition) (map[string]Reason, error) {
		sql, _, err := schema.Statement("notify_reasons")
		if err != nil {
			return nil, err
		}
		if sql, err = schema.WithoutChoices(sql); err != nil {
			return nil, err
		}
		reasons := map[string]Reason{}
		for part := range slices.Chunk(of, messageLimit) {
			stages, err := json.Marshal(part)
			if err != nil {
				return nil, fmt.Errorf("writing transitions as json: %w", err)
			}
			var all []struct {
				ID string `ch:"id"`
				Reason
			}
			if err := conn.Select(ctx, &all, sql, clickhouse.Named("stages", string(stages))); err != nil {
				return nil, fmt.Errorf("reading why stages fail: %w", err)
			}
			for _, r := range all {
				reasons[r.ID] = r.Reason
			}
		}
		return reasons, nil
	}
}
