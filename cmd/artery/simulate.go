package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"artery/internal/codearts/codeartstest"
)

// simulate serves the demo world until ctx ends.
func simulate(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("simulate", flag.ContinueOnError)
	listen := fs.String("listen", "127.0.0.1:8180", "`address`")
	seed := fs.Uint64("seed", 1, "of the world: names, ids and fates depend on it")
	origin := fs.String("origin", "", "RFC 3339 `time` 90 days after the world's beginning (default now, to the hour); the same seed and origin give the same world")
	named := fs.String("quirks", "", "oddities of CodeArts that are switched on, separated by `commas`; harmless: all after which a collector still has the right rows; all:\n"+quirkList())
	if done, err := parse(fs, args); done || err != nil {
		return err
	}
	quirks, err := codeartstest.ParseQuirks(*named)
	if err != nil {
		return fmt.Errorf("-quirks: %w; artery simulate -h lists them", err)
	}
	at := time.Now().UTC().Truncate(time.Hour)
	if *origin != "" {
		if at, err = time.Parse(time.RFC3339, *origin); err != nil {
			return fmt.Errorf("-origin: %q is no RFC 3339 time", *origin)
		}
	}
	options := codeartstest.DemoOptions(*seed, at)
	options.Quirks = quirks
	world := codeartstest.New(options)
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("opening the simulator's address: %w", err)
	}
	o := world.Options()
	fmt.Printf("simulated CodeArts on http://%s\n  account %s (%s), user %s, password %s, region %s\n", l.Addr(), o.Domain, world.World().TenantID(), o.User, o.Password, o.Region)
	for _, p := range world.World().ProjectIDs() {
		fmt.Println("  project", p)
	}
	return serve(ctx, l, world)
}

// quirkList is the table of quirks for the usage text.
func quirkList() string {
	var text strings.Builder
	for _, q := range codeartstest.Quirks() {
		harm := ""
		if q.Kind == codeartstest.QuirkOfTenant {
			harm = " (not harmless)"
		}
		fmt.Fprintf(&text, "  %-17s %s%s\n", q.Name, q.What, harm)
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// serve answers on l until ctx ends, and then lets the requests under way finish.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() {
		c, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if s.Shutdown(c) != nil {
			s.Close()
		}
	})()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the simulated CodeArts: %w", err)
	}
	return nil
}
