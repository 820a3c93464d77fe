package main

import (
	"context"
	"flag"
	"os"

	"artery/internal/daemon"
	"artery/internal/embedded"
)

// engine serves the embedded ClickHouse engine until ctx or its parent ends.
func engine(ctx context.Context, args []string) error {
	var o embedded.EngineOptions
	fs := flag.NewFlagSet("engine", flag.ContinueOnError)
	o.Flags(fs)
	if done, err := parse(fs, args); done || err != nil {
		return err
	}
	return embedded.ServeEngine(ctx, o, daemon.Logger(os.Stderr, "info", "text"))
}
