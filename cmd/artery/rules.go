package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"artery/cmd/internal/service"
	"artery/internal/daemon"
	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// rules is the group of tools about deployment rules; preview is the only one so far.
func rules(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "preview" {
		fmt.Fprintln(os.Stderr, "usage: artery rules preview [-days 30] [-config file]")
		return daemon.ErrUsage
	}
	fs := flag.NewFlagSet("rules preview", flag.ContinueOnError)
	days := fs.Uint("days", 30, "how many `days` back")
	c := candidate{config: fs.String("config", "artery.yaml", "configuration `file` that holds the rules and names ClickHouse")}
	if done, err := parse(fs, args[1:]); done || err != nil {
		return err
	}
	if err := c.open(ctx); err != nil {
		return err
	}
	defer c.conn.Close()
	p := []any{clickhouse.Named("rules", c.text), clickhouse.Named("days", uint32(*days))}
	last := fmt.Sprintf("last %d days", *days)
	for _, q := range []struct{ title, name, none string }{
		{"What each rule selects, " + last, "rules_matched", "no rule"},
		{"What changes against the rules in force, " + last, "rules_changed", "nothing"},
		{"Runs that no rule knows, " + last, "rules_unknown", "none"},
	} {
		if err := printQuery(ctx, c.conn, os.Stdout, q.title, q.name, q.none, p...); err != nil {
			return err
		}
	}
	fmt.Println("Nothing was written. The loader puts the rules of its configuration in force when it starts.")
	return nil
}

// explain shows what the configuration's deployment rules make of one run.
func explain(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("explain", flag.ContinueOnError)
	c := candidate{config: fs.String("config", "artery.yaml", "configuration `file` that holds the rules and names ClickHouse")}
	if len(args) == 0 || strings.HasPrefix(args[0], "-") && args[0] != "-h" {
		fmt.Fprintln(os.Stderr, "usage: artery explain RUN [-config file]; RUN is the id of a run")
		return daemon.ErrUsage
	}
	run := args[0]
	if run != "-h" {
		args = args[1:]
	}
	if done, err := parse(fs, args); done || err != nil {
		return err
	}
	if err := c.open(ctx); err != nil {
		return err
	}
	defer c.conn.Close()
	p := []any{clickhouse.Named("rules", c.text), clickhouse.Named("run", run)}
	for _, q := range []struct{ title, name, none string }{
		{"Run " + run, "explain_run", "no such run is stored"},
		{"Its stages, and what the rules make of them", "explain_stages", "no stage of it has started"},
		{"Every condition of every rule", "explain_rules", "nothing to ask"},
	} {
		if err := printQuery(ctx, c.conn, os.Stdout, q.title, q.name, q.none, p...); err != nil {
			return err
		}
	}
	return nil
}

// candidate is the rule set of a configuration, beside the tables that it is asked of. It is never written.
type candidate struct {
	config *string
	conn   driver.Conn
	text   string
}

// open reads the configuration, connects, and says which rules are asked. The caller closes the connection.
func (c *candidate) open(ctx context.Context) (err error) {
	cfg, err := service.Load(*c.config, service.NeedClickHouse)
	if err != nil {
		return err
	}
	if c.conn, err = service.ReadClickHouse(ctx, cfg.ClickHouse); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			c.conn.Close()
		}
	}()
	set := cfg.Deployments.RuleSet()
	if c.text, err = schema.RulesText(ctx, c.conn, set); err != nil {
		return err
	}
	var version, source, rules string
	err = c.conn.QueryRow(ctx, "SELECT version, source, rules FROM deployment_rules_in_force").Scan(&version, &source, &rules)
	if err != nil {
		return fmt.Errorf("reading the deployment rules in force: %w", err)
	}
	own := fmt.Sprintf("%d rules of %s", len(cfg.Deployments.Rules), *c.config)
	if set == nil {
		own = *c.config + " has no rules, so the built-in guess from the stage's name"
	}
	same := "they are in force"
	if rules != c.text {
		same = fmt.Sprintf("others are in force: version %s (%s)", version, source)
	}
	fmt.Printf("Asked: %s; %s.\n\n", own, same)
	return nil
}
