package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"artery/internal/daemon"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// rules is the group of tools about deployment rules; preview is the only one so far.
func rules(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "preview" {
		fmt.Fprintln(os.Stderr, "usage: artery rules preview [-days 30] [-all] [-config file | -dir directory]")
		return daemon.ErrUsage
	}
	fs := flag.NewFlagSet("rules preview", flag.ContinueOnError)
	days := fs.Uint("days", 30, "how many `days` back")
	all := fs.Bool("all", false, "list every run that no rule knows, not only the newest three of each pipeline")
	config := fs.String("config", "", "configuration `file` that holds the rules and names ClickHouse; without it, the rules in force on this machine")
	dir := fs.String("dir", "", "data `directory` of an artery run that is not running, instead of -config")
	if done, err := parse(fs, args[1:]); done || err != nil {
		return err
	}
	c := candidate{stack: newStack()}
	defer c.close()
	if err := c.open(ctx, *config, *dir); err != nil {
		return err
	}
	last, unknown := fmt.Sprintf(", last %d days", *days), "rules_unknown"
	if *all {
		unknown = "rules_unknown_runs"
	}
	for _, q := range []struct{ title, name, none string }{
		{"What each rule selects", "rules_matched", "no rule"},
		{"What would match: stages that a rule selects", "rules_stages_matched", "none"},
		{"What would not: stages that no rule selects", "rules_stages_unmatched", "none"},
		{"What changes against the rules in force", "rules_changed", "nothing"},
		{"Runs that no rule knows", unknown, "none"},
	} {
		if _, err := c.print(ctx, q.title+last, q.name, q.none, clickhouse.Named("days", uint32(*days))); err != nil {
			return err
		}
	}
	if text := c.stack.cfg.Unalerted(); *config != "" && text != "" {
		fmt.Println("Warning: " + text)
	}
	fmt.Println("Nothing was written. `artery explain RUN` says of a run which conditions hold and which do not; the loader puts the rules of its configuration in force when it starts.")
	return nil
}

// explain shows what the deployment rules make of one run: those of a configuration, or else those in force.
func explain(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("explain", flag.ContinueOnError)
	config := fs.String("config", "", "configuration `file` that names ClickHouse, and whose rules are asked; without it, the rules in force on this machine")
	dir := fs.String("dir", "", "data `directory` of an artery run that is not running, instead of -config")
	if len(args) == 0 || strings.HasPrefix(args[0], "-") && args[0] != "-h" {
		fmt.Fprintln(os.Stderr, "usage: artery explain RUN [-config file | -dir directory]; RUN is the id of a run")
		return daemon.ErrUsage
	}
	run := args[0]
	if run != "-h" {
		args = args[1:]
	}
	if done, err := parse(fs, args); done || err != nil {
		return err
	}
	c := candidate{stack: newStack()}
	defer c.close()
	if err := c.open(ctx, *config, *dir); err != nil {
		return err
	}
	named := clickhouse.Named("run", run)
	n, err := c.print(ctx, "Run "+run, "explain_run", "not stored", named)
	if err == nil && n == 0 {
		err = fmt.Errorf("run %s is not stored; the ids of runs are in the table runs, in `artery rules preview -all`, and in the address of a run's page in CodeArts", run)
	}
	if err != nil {
		return err
	}
	if _, err := c.print(ctx, "Its stages, and what the rules make of them", "explain_stages", "no stage of it has started", named); err != nil {
		return err
	}
	_, err = c.print(ctx, "Every condition of every rule", "explain_rules", "nothing to ask", named)
	return err
}
