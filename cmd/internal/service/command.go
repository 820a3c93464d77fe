package service

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/debug"

	"artery/internal/daemon"
	"artery/internal/pollers"

	"golang.org/x/sync/errgroup"
)

// Command is the command line of a service: -config, -check and -version.
type Command struct {
	Name    string
	Version string
	Need    Need
	// Run is the service's work. It ends when ctx does.
	Run func(ctx context.Context, c Config, f Frame) error
}

// Main parses the arguments and runs the service with its metrics and health.
func (c Command) Main(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	path := fs.String("config", "artery.yaml", "configuration `file`")
	listen := fs.String("listen", "", "`address` of metrics and health, instead of the configuration's")
	check := fs.Bool("check", false, "check the configuration and everything it names, and exit")
	version := fs.Bool("version", false, "print the version and exit")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return daemon.ErrUsage
	}
	if *version {
		fmt.Println(c.Name, c.Version)
		return nil
	}
	cfg, err := Load(*path, c.Need)
	if err != nil {
		return err
	}
	if *listen != "" {
		cfg.Listen = *listen
	}
	f := NewFrame(cfg, c.Version)
	if *check {
		return Check(ctx, cfg, c.Need, f, os.Stdout)
	}
	return f.Serve(ctx, cfg.Listen, func(ctx context.Context) error { return c.Run(ctx, cfg, f) })
}

// NewFrame makes the frame of a process that logs to standard error.
func NewFrame(c Config, version string) Frame {
	return Frame{
		Log: daemon.Logger(os.Stderr, c.Log.Level, c.Log.Format), Registry: daemon.Registry(), Health: &daemon.Health{}, Version: version,
	}
}

// Serve runs work beside the metrics server; the server ends after the work.
func (f Frame) Serve(ctx context.Context, listen string, work func(context.Context) error) error {
	daemon.LimitMemory()
	server, err := daemon.Listen(listen, f.Registry, f.Health)
	if err != nil {
		return err
	}
	f.Log.Info("started", "version", f.Version, "metrics", "http://"+server.Addr()+"/metrics")
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	g, run := errgroup.WithContext(run)
	g.Go(func() error { return server.Run(run) })
	g.Go(func() error {
		defer stop()
		return work(ctx)
	})
	err = g.Wait()
	f.Log.Info("stopped", "err", err)
	return err
}

// Collect is the work of the collecting service.
func Collect(ctx context.Context, c Config, f Frame) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(pollers.GCPercent)
	}
	collector, err := NewCollector(ctx, c, f)
	if err != nil {
		return ended(ctx, err)
	}
	defer collector.Close()
	return collector.Run(ctx)
}

// LoadRows is the work of the loading service.
func LoadRows(ctx context.Context, c Config, f Frame) error {
	l, err := NewLoader(ctx, c, f)
	if err != nil {
		return ended(ctx, err)
	}
	defer l.Close()
	return l.Run(ctx)
}

// ended drops the error of a start that was interrupted on purpose.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
