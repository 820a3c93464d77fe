package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"artery/cmd/internal/service"
	"artery/internal/daemon"
	"artery/internal/embedded"

	"golang.org/x/sync/errgroup"
)

// drainTimeout bounds how long the loader may take, after the collector has stopped, to store what is in the log. What is
// left is stored at the next start.
const drainTimeout = 20 * time.Second

// stack is everything on this machine. startServers brings the servers up, startServices makes the services, run lets
// the data flow, close takes it all down in the order of the data: source, drain, sink.
type stack struct {
	cfg       service.Config
	frame     service.Frame
	engine    *embedded.Engine
	nats      *embedded.NATS
	collector *service.Collector
	loader    *service.Loader
}

// newStack is the stack of a tool, which reaches servers and starts no services.
func newStack() *stack {
	s := &stack{cfg: service.Default()}
	s.frame = service.NewFrame(s.cfg, daemon.Version(version))
	return s
}

// startServers starts the ClickHouse engine and nats-server, and points the configuration at them. engineLog gets what
// the engine's process prints.
func (s *stack) startServers(ctx context.Context, engineLog io.Writer) (err error) {
	dir, err := filepath.Abs(s.cfg.Embedded.Dir)
	if err != nil {
		return fmt.Errorf("finding the data directory: %w", err)
	}
	s.engine, err = embedded.StartEngine(ctx, embedded.EngineOptions{
		Dir: filepath.Join(dir, "clickhouse"), Listen: s.cfg.Embedded.ClickHouse, Stderr: engineLog,
	}, s.frame.Log)
	if err != nil {
		return err
	}
	s.nats, err = embedded.StartNATS(embedded.NATSOptions{Dir: filepath.Join(dir, "nats"), Listen: s.cfg.Embedded.NATS})
	if err != nil {
		return err
	}
	s.cfg.NATS.URL = s.nats.URL()
	if wanted := s.cfg.NATS.MaxBytes; wanted > 0 {
		if s.cfg.NATS.MaxBytes, err = s.nats.Fit(wanted); err != nil {
			return err
		}
		if s.cfg.NATS.MaxBytes < wanted {
			s.frame.Log.Info("the disk has no room for nats.max_bytes, the log may grow less", "wanted", wanted, "may", s.cfg.NATS.MaxBytes)
		}
	}
	s.cfg.Collector.Lease = 0 // nobody else uses this server
	s.cfg.ClickHouse = service.ClickHouseConfig{DSN: "http://" + s.engine.Addr() + "/artery", User: "default"}
	return nil
}

// reach makes the configuration of a tool name servers that answer: those of a configuration file, those that hold a data
// directory, which it starts, or else those of the artery run on this machine.
func (s *stack) reach(ctx context.Context, config, dir string, need service.Need) (err error) {
	switch {
	case config != "" && dir != "":
		fmt.Fprintln(os.Stderr, "give -config or -dir")
		return daemon.ErrUsage
	case config != "":
		s.cfg, err = service.Load(config, need)
		return err
	case dir == "":
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, "clickhouse")); err != nil {
		return fmt.Errorf("-dir: %s holds no data of artery run: %w", dir, err)
	}
	s.cfg.Embedded = service.EmbeddedConfig{Dir: dir, NATS: "127.0.0.1:0", ClickHouse: "127.0.0.1:0"}
	return s.startServers(ctx, os.Stderr)
}

// startServices makes the loader and the collector.
func (s *stack) startServices(ctx context.Context) (err error) {
	if s.loader, err = service.NewLoader(ctx, s.cfg, s.frame); err != nil {
		return err
	}
	s.collector, err = service.NewCollector(ctx, s.cfg, s.frame)
	return err
}

// run collects and loads until ctx ends; watch runs beside. The loader stops last, when the log is stored.
func (s *stack) run(ctx context.Context, watch func(context.Context) error) error {
	loading, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return watch(ctx) })
	g.Go(func() error {
		defer stop()
		err := s.collector.Run(ctx)
		if err == nil {
			s.drain(loading)
		}
		return err
	})
	g.Go(func() error { return s.loader.Run(loading) })
	return g.Wait()
}

// drain waits until the loader has stored everything.
func (s *stack) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	for {
		floor, err := s.loader.Floor(ctx)
		if err == nil && floor.Waiting == 0 && floor.Pending == 0 {
			return
		}
		select {
		case <-ctx.Done():
			s.frame.Log.Warn("not everything is stored; the rest follows at the next start", "err", err)
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// close ends what was started, in the order of the data.
func (s *stack) close() {
	if s.collector != nil {
		s.collector.Close()
	}
	if s.loader != nil {
		s.loader.Close()
	}
	if s.nats != nil {
		s.nats.Close()
	}
	if s.engine != nil {
		if err := s.engine.Close(context.Background()); err != nil {
			s.frame.Log.Warn("closing the engine", "err", err)
		}
	}
}
