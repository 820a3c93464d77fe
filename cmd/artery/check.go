package main

import (
	"context"
	"flag"
	"os"

	"artery/cmd/internal/service"
	"artery/internal/daemon"
)

// check checks what both services need, or what artery run needs.
func check(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("check", flag.ContinueOnError)
	config := fs.String("config", "artery.yaml", "configuration `file`")
	embedded := fs.Bool("embedded", false, "check what artery run needs: addresses of its own instead of servers")
	if done, err := parse(fs, args); done || err != nil {
		return err
	}
	need := service.NeedTenants | service.NeedNATS | service.NeedClickHouse
	if *embedded {
		need = service.NeedTenants | service.NeedEmbedded
	}
	cfg, err := service.Load(*config, need)
	if err != nil {
		return err
	}
	return service.Check(ctx, cfg, need, service.NewFrame(cfg, daemon.Version(version)), os.Stdout)
}
