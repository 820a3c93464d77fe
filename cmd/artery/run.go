package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"artery/cmd/internal/service"
	"artery/internal/daemon"
)

// run is everything on one machine.
func run(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("run", flag.ContinueOnError)
	config := fs.String("config", "artery.yaml", "configuration `file`")
	demo := fs.Bool("demo", false, "watch a simulated CodeArts instead of the configured one")
	dir := fs.String("dir", "", "data `directory` (default: the configuration's, ./artery-demo-data with -demo)")
	if done, err := parse(fs, args); done || err != nil {
		return err
	}
	if *demo {
		if *dir == "" {
			*dir = "artery-demo-data"
		}
		return runDemo(ctx, *dir)
	}
	cfg, err := service.Load(*config, service.NeedTenants|service.NeedEmbedded)
	if err != nil {
		return err
	}
	if *dir != "" {
		cfg.Embedded.Dir = *dir
	}
	f := service.NewFrame(cfg, daemon.Version(version))
	return f.Serve(ctx, cfg.Listen, func(ctx context.Context) error {
		return runStack(ctx, cfg, f, os.Stderr, func(ctx context.Context, s *stack) error {
			fmt.Fprintf(os.Stderr, "ClickHouse http://%s (database artery), NATS %s\n", s.engine.Addr(), s.nats.URL())
			return nil
		})
	})
}

// runStack starts the stack, runs it until ctx ends, and takes it down.
func runStack(ctx context.Context, cfg service.Config, f service.Frame, engineLog io.Writer, watch func(context.Context, *stack) error) error {
	s := &stack{cfg: cfg, frame: f}
	defer s.close()
	if err := s.startServers(ctx, engineLog); err != nil {
		return unlessStopped(ctx, err)
	}
	if err := s.startServices(ctx); err != nil {
		return unlessStopped(ctx, err)
	}
	return s.run(ctx, func(ctx context.Context) error { return watch(ctx, s) })
}

// unlessStopped drops the error of a start that was interrupted on purpose.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
