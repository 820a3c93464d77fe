package main

import (
	"context"
	"flag"
	"os"

	"artery/cmd/internal/service"
	"artery/internal/schema"
)

// verify compares the log, events and the typed tables, and says where they differ. It changes nothing.
func verify(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("verify", flag.ContinueOnError)
	config := fs.String("config", "", "configuration `file` that names ClickHouse and NATS; without it, those of the artery run on this machine")
	dir := fs.String("dir", "", "data `directory` of an artery run that is not running, instead of -config")
	tables := fs.String("tables", "", "`names` of typed tables to compare with events, joined by commas, or none (default all)")
	if done, err := parse(fs, args); done || err != nil {
		return err
	}
	var chosen []schema.Projection
	if *tables != "none" {
		var err error
		if chosen, err = chooseProjections(*tables); err != nil {
			return err
		}
	}
	s := newStack()
	defer s.close()
	if err := s.reach(ctx, *config, *dir, service.NeedClickHouse|service.NeedNATS); err != nil {
		return err
	}
	return service.Verify(ctx, s.cfg, s.frame, chosen, os.Stdout)
}
