package schema

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Zone is that of the deployment rules in force: days are its days wherever something is shown or published by days.
func Zone(ctx context.Context, conn driver.Conn) (*time.Location, error) {
	var name string
	if err := conn.QueryRow(ctx, "SELECT zone FROM deployment_rules_in_force").Scan(&name); err != nil {
		return nil, fmt.Errorf("reading the zone of the deployment rules in force: %w", err)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("the zone of the deployment rules in force: %w", err)
	}
	return zone, nil
}

// StartOfDay is the beginning of a time's day: midnight, or the time at which the clocks were put forward if there is no midnight.
func StartOfDay(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	start := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if start.Day() != d {
		_, start = start.ZoneBounds()
	}
	return start
}
