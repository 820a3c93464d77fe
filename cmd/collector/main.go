// Command collector polls CodeArts and appends change events to the log.
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
			Name: "collector", Version: daemon.Version(version), Need: service.NeedTenants | service.NeedNATS, Run: service.Collect,
		}.Main(ctx, os.Args[1:])
	}))
}
