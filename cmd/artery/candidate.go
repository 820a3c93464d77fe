package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"artery/cmd/internal/service"
	reports "artery/internal/report"
	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// candidate is a rule set beside the tables that it is asked of. It is never written.
type candidate struct {
	stack *stack
	conn  driver.Conn
	text  string
	alone bool // there is one tenant only, so nobody asks whose a row is
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
	err = c.conn.QueryRow(ctx, "SELECT version, source, rules, (SELECT uniqExact(tenant) < 2 FROM run_pipelines) FROM deployment_rules_in_force").
		Scan(&version, &source, &rules, &c.alone)
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
	own := fmt.Sprintf("the rules of %s (%d)", config, len(c.stack.cfg.Deployments.Rules))
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

// print asks a named query of the rules and prints its result as a table under a title; NULL is "unknown". none stands for no
// rows. It returns how many there are.
func (c *candidate) print(ctx context.Context, title, name, none string, parameters ...any) (int, error) {
	sql, _, err := schema.Statement(name)
	if err != nil {
		return 0, err
	}
	fmt.Println(title)
	a, err := schema.Ask(ctx, c.conn, sql, append(parameters, clickhouse.Named("rules", c.text))...)
	if err != nil {
		return 0, fmt.Errorf("querying %s: %w", name, err)
	}
	if len(a.Rows) == 0 {
		fmt.Printf("  %s\n\n", none)
		return 0, nil
	}
	return len(a.Rows), writeTable(os.Stdout, a, c.alone)
}

// writeTable writes rows below the names of their columns; alone leaves out whose they are.
func writeTable(out io.Writer, a schema.Answer, alone bool) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	line := func(cell func(column int) string) {
		var cells []string
		for i, name := range a.Names {
			if name != "tenant" || !alone {
				cells = append(cells, cell(i))
			}
		}
		fmt.Fprintln(w, "  "+strings.Join(cells, "\t"))
	}
	line(func(i int) string { return a.Names[i] })
	for _, row := range a.Rows {
		line(func(i int) string { return cell(row[i]) })
	}
	fmt.Fprintln(w)
	return w.Flush()
}

func cell(v any) string {
	switch x := v.(type) {
	case nil:
		return "unknown"
	case time.Time:
		return x.UTC().Format("2006-01-02 15:04:05")
	case float64:
		return fmt.Sprintf("%.3g", x)
	case string:
		return reports.Line(x)
	case []string:
		return reports.Line(strings.Join(x, ", "))
	}
	return fmt.Sprint(v)
}
