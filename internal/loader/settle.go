package loader

import (
	"context"
	"log/slog"
	"time"

	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Settler keeps deployments by the names that pipelines have now (schema.SettleDeployments).
type Settler struct {
	wake chan struct{}
	do   func(ctx context.Context) error
	log  *slog.Logger
}

// NewSettler makes a settler. It starts nothing.
func NewSettler(conn driver.Conn, log *slog.Logger) *Settler {
	return &Settler{wake: make(chan struct{}, 1), log: log, do: func(ctx context.Context) error {
		n, err := schema.SettleDeployments(ctx, conn)
		if n > 0 {
			log.Info("deployments follow their pipelines' names", "pipelines", n)
		}
		return err
	}}
}

const (
	// settlePause is the shortest time between two looks, settleEvery the longest one: another loader may have been
	// killed in the middle.
	settlePause, settleEvery = time.Second, 15 * time.Second
	// settleShare: looking takes at most one part in so many of the time.
	settleShare = 20
)

// Wake says that something was inserted. It never waits.
func (s *Settler) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run settles until ctx ends. What fails is logged and tried again.
func (s *Settler) Run(ctx context.Context) error {
	for {
		began := time.Now()
		if err := s.do(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("settling deployments failed, trying again", "err", err)
		}
		pause := min(max(settleShare*time.Since(began), settlePause), settleEvery)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-time.After(settleEvery):
		}
	}
}
