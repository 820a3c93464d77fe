package loader

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// auditEvery is how often the completeness certificate is computed for the metrics: it reads all runs. publishEvery is how
// often daily figures are looked at: a day is final once.
const (
	auditEvery   = 5 * time.Minute
	publishEvery = time.Hour
)

// Audit keeps the metrics of the completeness certificate until ctx ends. A certificate that can not be computed is logged
// and tried again; the metrics then keep what they had.
func Audit(ctx context.Context, conn driver.Conn, m *Metrics, log *slog.Logger) error {
	return repeat(ctx, auditEvery, log, func() error { return audit(ctx, conn, m) })
}

// Publish keeps the ledger of published daily figures until ctx ends: of all days that it has once, then of those that late data
// may change.
func Publish(ctx context.Context, conn driver.Conn, log *slog.Logger) error {
	days := schema.FigureDays
	return repeat(ctx, publishEvery, log, func() error {
		err := schema.PublishFigures(ctx, conn, time.Now(), days)
		if err == nil {
			days = schema.LateDays
		}
		return err
	})
}

// repeat does something at once and then again and again until ctx ends. What fails is logged and tried again.
func repeat(ctx context.Context, every time.Duration, log *slog.Logger, do func() error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := do(); err != nil && ctx.Err() == nil {
			log.Warn("failed, trying again", "after", every, "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// certificate is a row of the named query of that name, one tenant's.
type certificate struct {
	Tenant      string `ch:"tenant"`
	Known       int64  `ch:"known"`
	Expected    int64  `ch:"expected"`
	Pending     int64  `ch:"pending"`
	Unknown     int64  `ch:"unknown"`
	Open        int64  `ch:"open"`
	Unexplained int64  `ch:"unexplained"`
}

func audit(ctx context.Context, conn driver.Conn, m *Metrics) error {
	query, err := schema.Query("certificate")
	if err != nil {
		return err
	}
	var all []certificate
	if err := conn.Select(ctx, &all, query); err != nil {
		return fmt.Errorf("computing the completeness certificate: %w", err)
	}
	m.certified(all)
	return nil
}
