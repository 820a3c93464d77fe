// Command loader moves change events from the log into ClickHouse. It migrates the schema first.
package main

import (
	"context"
	"os"

	"artery/cmd/internal/service"
	"artery/internal/daemon"
)

// version is set by the linker.
var version string

func main() {
	os.Exit(daemon.Main(func(ctx context.Context) error {
		return service.Command{
			Name: "loader", Version: daemon.Version(version), Need: service.NeedNATS | service.NeedClickHouse, Run: service.LoadRows,
		}.Main(ctx, os.Args[1:])
	}))
}
