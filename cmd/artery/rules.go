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
	config := fs.String("config", "artery.yaml", "configuration `file` that holds the rules and names ClickHouse")
	if done, err := parse(fs, args[1:]); done || err != nil {
		return err
	}
	c := candidate{stack: newStack()}
	defer c.close()
	if err := c.open(ctx, *config, ""); err != nil {
		return err
	}
	p := []any{clickhouse.Named("rules", c.text), clickhouse.Named("days", uint32(*days))}
	last := fmt.Sprintf("last %d days", *days)
	for _, q := range []struct{ title, name, none string }{
		{"What each rule selects, " + last, "rules_matched", "no rule"},
		{"What changes against the rules in force, " + last, "rules_changed", "nothing"},
		{"Runs that no rule knows, " + last, "rules_unknown", "none"},
	} {
		if _, err := printQuery(ctx, c.conn, os.Stdout, q.title, q.name, q.none, p...); err != nil {
			return err
		}
	}
	if text := c.stack.cfg.Unalerted(); text != "" {
		fmt.Println("Warning: " + text)
	}
	fmt.Println("Nothing was written. The loader puts the rules of its configuration in force when it starts.")
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
	p := []any{clickhouse.Named("rules", c.text), clickhouse.Named("run", run)}
	n, err := printQuery(ctx, c.conn, os.Stdout, "Run "+run, "explain_run", "not stored", p...)
	if err == nil && n == 0 {
		err = fmt.Errorf("run %s is not stored; the ids of runs are in the table runs, and in the address of a run's page in CodeArts", run)
	}
	if err != nil {
		return err
	}
	for _, q := range []struct{ title, name, none string }{
		{"Its stages, and what the rules make of them", "explain_stages", "no stage of it has started"},
		{"Every condition of every rule", "explain_rules", "nothing to ask"},
	} {
		if _, err := printQuery(ctx, c.conn, os.Stdout, q.title, q.name, q.none, p...); err != nil {
			return err
		}
	}
	return nil
}

// candidate is a rule set beside the tables that it is asked of. It is never written.
type candidate struct {
	stack *stack
	conn  driver.Conn
	text  string
}

// open connects, chooses the rules, and says which they are.
func (c *candidate) open(ctx context.Context, config, dir string) (err error) {
	if err := c.stack.reach(ctx, config, dir, service.NeedClickHouse); err != nil {
		return err
	}
	if c.conn, err = service.ReadClickHouse(ctx, c.stack.cfg.ClickHouse); err != nil {
		return err
	}
	var version, source, rules string
	err = c.conn.QueryRow(ctx, "SELECT version, source, rules FROM deployment_rules_in_force").Scan(&version, &source, &rules)
	if err != nil {
		return fmt.Errorf("reading the deployment rules in force: %w", err)
	}
	inForce := fmt.Sprintf("version %s (%s)", version, source)
	if config == "" {
		c.text = rules
		fmt.Printf("Asked: the rules in force, %s.\n\n", inForce)
		return nil
	}
	set := c.stack.cfg.Deployments.RuleSet()
	if c.text, err = schema.RulesText(ctx, c.conn, set); err != nil {
		return err
	}
	own := fmt.Sprintf("%d rules of %s", len(c.stack.cfg.Deployments.Rules), config)
	if set == nil {
		own = config + " has no rules, so the built-in guess from the stage's name"
	}
	same := "they are in force"
	if rules != c.text {
		same = "others are in force: " + inForce
	}
	fmt.Printf("Asked: %s; %s.\n\n", own, same)
	return nil
}

func (c *candidate) close() {
	if c.conn != nil {
		c.conn.Close()
	}
	c.stack.close()
}
