package service

import (
	"context"
	"log/slog"
	"time"

	"artery/internal/events"
	"artery/internal/loader"
	"artery/internal/notify"
	"artery/internal/stream"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
)

// loaderGrace is how long the last batch may take when the loader is stopped.
const loaderGrace = 15 * time.Second

// Loader is the loading service, ready to run.
type Loader struct {
	*loader.Loader
	Conn    driver.Conn // to ClickHouse
	Stream  *stream.Log
	source  *stream.Consumer
	nc      *nats.Conn
	metrics *loader.Metrics
	settler *loader.Settler
	notify  *notify.Notifier // nil: nobody is told
	slog    *slog.Logger
}

// NewLoader connects to ClickHouse and NATS, migrates, puts the deployment rules, prices and settings in force, and makes the loader. It waits for servers that are not there yet.
func NewLoader(ctx context.Context, c Config, f Frame) (_ *Loader, err error) {
	l := &Loader{metrics: loader.NewMetrics(f.Registry), slog: f.Log}
	defer func() {
		if err != nil {
			l.Close()
		}
	}()
	if l.Conn, err = OpenClickHouse(ctx, c.ClickHouse, f); err != nil {
		return nil, err
	}
	err = f.persist(ctx, "deployment rules", func() error { return unlessLost(activateRules(ctx, l.Conn, c.Deployments, f)) })
	if err != nil {
		return nil, err
	}
	err = f.persist(ctx, "prices", func() error { return unlessLost(activatePrices(ctx, l.Conn, c.Prices, f)) })
	if err != nil {
		return nil, err
	}
	err = f.persist(ctx, "settings", func() error { return unlessLost(activateSettings(ctx, l.Conn, c, f)) })
	if err != nil {
		return nil, err
	}
	l.settler = loader.NewSettler(l.Conn, f.Log)
	if l.nc, l.Stream, err = openLog(ctx, c.NATS, "artery-loader", f); err != nil {
		return nil, err
	}
	table := loader.ClickHouse{Conn: l.Conn}
	err = f.persist(ctx, "consumer", func() error {
		if err := checkEpoch(ctx, l.Stream, table); err != nil {
			return unlessLost(err)
		}
		l.source, err = l.Stream.Consume(ctx, stream.ConsumerConfig{Name: c.Loader.Name, Batch: c.Loader.Batch, AckWait: time.Duration(c.Loader.AckWait)})
		return unlessLost(err)
	})
	if err != nil {
		return nil, err
	}
	if l.notify, err = newNotifier(ctx, c, l.nc, l.Conn, f); err != nil {
		return nil, err
	}
	l.Loader = loader.New(loader.Options{
		Stored: l.stored, Source: l.source, Table: table, Linger: time.Duration(c.Loader.Linger), Grace: loaderGrace,
		Version: f.Version, Slog: f.Log, Metrics: l.metrics,
	})
	return l, nil
}

// stored wakes who looks for what is new.
func (l *Loader) stored() {
	l.settler.Wake()
	if l.notify != nil {
		l.notify.Wake()
	}
}

// Run loads until ctx ends; beside, it certifies what is complete, keeps deployments, publishes daily figures and tells of stages.
func (l *Loader) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.Loader.Run(ctx) })
	g.Go(func() error { return loader.Audit(ctx, l.Conn, l.metrics, l.slog) })
	g.Go(func() error { return l.settler.Run(ctx) })
	g.Go(func() error { return loader.Publish(ctx, l.Conn, l.slog) })
	if l.notify != nil {
		g.Go(func() error { return l.notify.Run(ctx) })
	}
	return g.Wait()
}

// Floor tells how far the loader is.
func (l *Loader) Floor(ctx context.Context) (events.Floor, error) { return l.source.Floor(ctx) }

// Close ends the connections, source first; Run must have returned.
func (l *Loader) Close() {
	if l.source != nil {
		l.source.Close()
	}
	if l.nc != nil {
		l.nc.Close()
	}
	if l.Conn != nil {
		l.Conn.Close()
	}
}
