package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"artery/cmd/internal/service"
	"artery/internal/daemon"
	"artery/internal/schema"
)

// rebuild makes the typed tables anew from events; with -from-stream, first the rows of events from what the stream still
// holds. Both may run while the loader does: rows are keyed by their message.
func rebuild(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("rebuild", flag.ContinueOnError)
	config := fs.String("config", "", "configuration `file` that names ClickHouse and NATS")
	dir := fs.String("dir", "", "data `directory` of an `artery run` that is not running, instead of -config")
	fromStream := fs.Bool("from-stream", false, "first make events anew from what the stream holds")
	tables := fs.String("tables", "", "`names` of typed tables, joined by commas (default all)")
	if done, err := parse(fs, args); done || err != nil {
		return err
	}
	chosen, err := chooseProjections(*tables)
	if err != nil {
		return err
	}
	s := newStack()
	defer s.close()
	if *config == "" && *dir == "" {
		fmt.Fprintln(os.Stderr, "artery rebuild: give -config or -dir")
		return daemon.ErrUsage
	}
	need := service.NeedClickHouse
	if *fromStream {
		need |= service.NeedNATS
	}
	if err := s.reach(ctx, *config, *dir, need); err != nil {
		return err
	}
	if *fromStream {
		rows, err := service.Reload(ctx, s.cfg, s.frame, printEvery(time.Second, "events"))
		if err != nil {
			return err
		}
		fmt.Printf("events: %d rows from the stream\n", rows)
	}
	conn, err := service.OpenClickHouse(ctx, s.cfg.ClickHouse, s.frame)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, p := range chosen {
		started := time.Now()
		if err := schema.Rebuild(ctx, conn, p); err != nil {
			return err
		}
		var rows uint64
		if err := conn.QueryRow(ctx, "SELECT count() FROM "+p.Table+" FINAL").Scan(&rows); err != nil {
			return fmt.Errorf("counting %s: %w", p.Table, err)
		}
		fmt.Printf("%s: %d rows in %s\n", p.Table, rows, time.Since(started).Round(time.Millisecond))
	}
	return nil
}

// chooseProjections finds the projections by their tables' names.
func chooseProjections(names string) ([]schema.Projection, error) {
	if names == "" {
		return schema.Projections, nil
	}
	var chosen []schema.Projection
	for _, name := range strings.Split(names, ",") {
		i := slices.IndexFunc(schema.Projections, func(p schema.Projection) bool { return p.Table == name })
		if i < 0 {
			var known []string
			for _, p := range schema.Projections {
				known = append(known, p.Table)
			}
			return nil, fmt.Errorf("-tables: %q is no typed table; these are: %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, schema.Projections[i])
	}
	return chosen, nil
}

// printEvery returns a progress function that prints at most once in a while.
func printEvery(pause time.Duration, what string) func(seq uint64, rows int) {
	var last time.Time
	return func(seq uint64, rows int) {
		if time.Since(last) >= pause {
			last = time.Now()
			fmt.Printf("%s: %d rows, up to message %d\n", what, rows, seq)
		}
	}
}
