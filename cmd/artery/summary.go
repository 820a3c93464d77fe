package main

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// summary prints the named queries of the overview.
func summary(ctx context.Context, conn driver.Conn) error {
	c := candidate{conn: conn}
	for _, q := range []struct{ title, name, none string }{
		{"Rows per kind", "summary_rows", "no rows"},
		{"Completeness (run numbers stored of those expected)", "summary_completeness", "no runs"},
		{"Freshness (seconds since the last good and the last complete poll)", "summary_freshness", "no polls"},
		{"Failed stages now", "summary_failed_stages", "none"},
		{"Last changes of quality gates", "summary_gate_changes", "none seen"},
		{"Deployments per service, 30 days", "summary_deployments", "no deployments"},
	} {
		if _, err := c.print(ctx, q.title, q.name, q.none, clickhouse.Named("tenant", "")); err != nil {
			return err
		}
	}
	return nil
}
