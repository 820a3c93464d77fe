package schema

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// figureDays is how far back published figures are computed anew: as long as CodeArts keeps a run, so that late data of
// that time is noticed.
const figureDays = 90

// PublishFigures writes the daily figures of the DORA metrics that are final as of a time and not published yet, or
// different from what was published last (view restatements). It is idempotent: called again after a lost reply it finds
// nothing that differs.
func PublishFigures(ctx context.Context, conn driver.Conn, asOf time.Time) error {
	var name string
	var attribution, rollback int64
	err := conn.QueryRow(ctx, "SELECT zone, attribution_ms, rollback_ms FROM deployment_rules_in_force").Scan(&name, &attribution, &rollback)
	if err != nil {
		return fmt.Errorf("reading the deployment rules in force: %w", err)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return fmt.Errorf("the zone of the deployment rules in force: %w", err)
	}
	query, err := Query("figures_publish")
	if err != nil {
		return err
	}
	to := startOfDay(asOf.Add(-time.Duration(max(attribution, rollback))*time.Millisecond), zone)
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }
	err = conn.Exec(clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{
		"as_of": at(asOf), "from_at": at(startOfDay(to.AddDate(0, 0, -figureDays), zone)), "to_at": at(to), "zone": name,
	})), query)
	if err != nil {
		return fmt.Errorf("publishing daily figures: %w", err)
	}
	return nil
}

// startOfDay is the beginning of a time's day: midnight, or the time at which the clocks were put forward if there is no midnight.
func startOfDay(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	start := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if start.Day() != d {
		_, start = start.ZoneBounds()
	}
	return start
}
