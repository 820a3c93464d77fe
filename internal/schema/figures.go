package schema

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Published figures are computed anew so far back: those that late data may still change each time, which is as long as CodeArts
// keeps a run; all, which other rules change, when a loader starts.
const (
	LateDays   = 90
	FigureDays = 400
)

// PublishFigures writes the daily figures of the DORA metrics of so many days that are final as of a time and not published yet, or
// different from what was published last, with what is known of the cause (view restatements). It is idempotent: called again
// after a lost reply it finds nothing that differs.
func PublishFigures(ctx context.Context, conn driver.Conn, asOf time.Time, days int) error {
	var through string
	var attribution, rollback int64
	err := conn.QueryRow(ctx, "SELECT attribution_ms, rollback_ms FROM deployment_rules_in_force").Scan(&attribution, &rollback)
	if err != nil {
		return fmt.Errorf("reading the deployment rules in force: %w", err)
	}
	zone, err := Zone(ctx, conn)
	if err != nil {
		return err
	}
	// What is stored up to here is in the figures, once it is judged.
	if err := ask(ctx, conn, "figures_through", &through); err != nil {
		return err
	}
	if _, _, err := settle(ctx, conn); err != nil {
		return err
	}
	// And the names by which it was judged.
	var batch uint64
	if err := ask(ctx, conn, "figures_batch", &batch); err != nil {
		return err
	}
	to := StartOfDay(asOf.Add(-time.Duration(max(attribution, rollback))*time.Millisecond), zone)
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{
		"as_of": at(asOf), "from_at": at(StartOfDay(to.AddDate(0, 0, -days), zone)), "to_at": at(to), "zone": zone.String(),
		"window_ms": fmt.Sprint(max(attribution, rollback)), "through": through, "batch": fmt.Sprint(batch), "full": fmt.Sprint(days >= FigureDays),
	}))
	for _, query := range []string{"figures_publish", "figures_confirm"} {
		if err := run(ctx, conn, query); err != nil {
			return err
		}
	}
	return nil
}
