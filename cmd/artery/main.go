// Command artery is everything on one machine, and the tools.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"artery/internal/daemon"
)

// version is set by the linker.
var version string

// tool is one sub-command.
type tool struct {
	name, about string
	run         func(ctx context.Context, args []string) error
}

func tools() []tool {
	return []tool{
		{"run", "everything on this machine: log, tables, collector, loader; -demo with a simulated CodeArts", run},
		{"check", "check the configuration and everything it names", check},
		{"explain", "what the deployment rules make of a run, condition by condition", explain},
		{"rules", "rules preview: what deployment rules match and what not, and what they would change", rules},
		{"report", "print the overview of the dashboards, or write it as one HTML page", report},
		{"verify", "compare the log, events and the typed tables; says what is lost, doubled or altered", verify},
		{"rebuild", "make the typed tables anew from events, or events from the stream", rebuild},
		{"simulate", "serve a simulated CodeArts", simulate},
		{"engine", "serve the embedded ClickHouse engine (run starts it by itself)", engine},
		{"version", "print the version", func(context.Context, []string) error {
			_, err := fmt.Println("artery", daemon.Version(version))
			return err
		}},
	}
}

func main() {
	os.Exit(daemon.Main(func(ctx context.Context) error { return dispatch(ctx, os.Args[1:]) }))
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) > 0 {
		if args[0] == "-version" || args[0] == "--version" {
			args[0] = "version"
		}
		for _, t := range tools() {
			if t.name == args[0] {
				return t.run(ctx, args[1:])
			}
		}
	}
	fmt.Fprintln(os.Stderr, "usage: artery <command> [flags]; `artery <command> -h` lists the flags")
	for _, t := range tools() {
		fmt.Fprintf(os.Stderr, "  %-10s %s\n", t.name, t.about)
	}
	return daemon.ErrUsage
}

// parse reads the flags of a sub-command. done says that help was asked for.
func parse(fs *flag.FlagSet, args []string) (done bool, err error) {
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return true, nil
	case err != nil:
		return false, daemon.ErrUsage
	case fs.NArg() > 0:
		fmt.Fprintf(os.Stderr, "artery %s takes no argument %q\n", fs.Name(), fs.Arg(0))
		return false, daemon.ErrUsage
	}
	return false, nil
}
