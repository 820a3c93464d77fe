package main

import (
	"context"
	"io"
	"time"

	reports "artery/internal/report"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// summary prints the brief form of the report.
func summary(ctx context.Context, conn driver.Conn, out io.Writer) error {
	now := time.Now()
	r, err := reports.ReadBrief(ctx, conn, now.AddDate(0, 0, -30), now)
	if err != nil {
		return err
	}
	return r.Text(out)
}
