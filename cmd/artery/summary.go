package main

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"

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
		if err := printQuery(ctx, conn, out, q.title, q.name, q.none, clickhouse.Named("tenant", "")); err != nil {
			return err
		}
	}
	return nil
}

// printQuery prints the result of a named query as a table under a title; NULL is "unknown". none stands for no rows.
func printQuery(ctx context.Context, conn driver.Conn, out io.Writer, title, name, none string, parameters ...any) error {
	text, err := schema.Query(name)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n", title)
	rows, err := conn.Query(ctx, text, parameters...)
	if err != nil {
		return fmt.Errorf("querying %s: %w", name, err)
	}
	defer rows.Close()
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "  "+strings.Join(rows.Columns(), "\t"))
	n := 0
	for ; rows.Next(); n++ {
		values := make([]any, 0, len(rows.Columns()))
		for _, t := range rows.ColumnTypes() {
			values = append(values, reflect.New(t.ScanType()).Interface())
		}
		if err := rows.Scan(values...); err != nil {
			return fmt.Errorf("querying %s: %w", name, err)
		}
		cells := make([]string, len(values))
		for i, v := range values {
			cells[i] = cell(reflect.ValueOf(v).Elem())
		}
		fmt.Fprintln(w, "  "+strings.Join(cells, "\t"))
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("querying %s: %w", name, err)
	}
	if n == 0 {
		_, err = fmt.Fprintf(out, "  %s\n\n", none)
		return err
	}
	fmt.Fprintln(w)
	return w.Flush()
}

func cell(v reflect.Value) string {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "unknown"
		}
		v = v.Elem()
	}
	switch x := v.Interface().(type) {
	case time.Time:
		return x.UTC().Format("2006-01-02 15:04:05")
	case float64:
		return fmt.Sprintf("%.3g", x)
	case string:
		return strings.Join(strings.Fields(x), " ")
	}
	return fmt.Sprint(v.Interface())
}
