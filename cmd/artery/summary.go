package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	reports "artery/internal/report"
	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// summary prints the named queries of the overview.
func summary(ctx context.Context, conn driver.Conn, out io.Writer) error {
	for _, q := range []struct{ title, name, none string }{
		{"Rows per kind", "summary_rows", "no rows"},
		{"Completeness (run numbers stored of those expected)", "summary_completeness", "no runs"},
		{"Freshness (seconds since the last good and the last complete poll)", "summary_freshness", "no polls"},
		{"Failed stages now", "summary_failed_stages", "none"},
		{"Last changes of quality gates", "summary_gate_changes", "none seen"},
		{"Deployments per service, 30 days", "summary_deployments", "no deployments"},
	} {
		if _, err := printQuery(ctx, conn, out, q.title, q.name, q.none, clickhouse.Named("tenant", "")); err != nil {
			return err
		}
	}
	return nil
}

// printQuery prints the result of a named query as a table under a title; NULL is "unknown". none stands for no rows.
// It returns how many there are.
func printQuery(ctx context.Context, conn driver.Conn, out io.Writer, title, name, none string, parameters ...any) (int, error) {
	text, err := schema.Query(name)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "%s\n", title)
	a, err := schema.Ask(ctx, conn, text, parameters...)
	if err != nil {
		return 0, fmt.Errorf("querying %s: %w", name, err)
	}
	if len(a.Rows) == 0 {
		_, err = fmt.Fprintf(out, "  %s\n\n", none)
		return 0, err
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "  "+strings.Join(a.Names, "\t"))
	for _, row := range a.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = cell(v)
		}
		fmt.Fprintln(w, "  "+strings.Join(cells, "\t"))
	}
	fmt.Fprintln(w)
	return len(a.Rows), w.Flush()
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
	}
	return fmt.Sprint(v)
}
