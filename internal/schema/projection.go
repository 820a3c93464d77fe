package schema

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Projection is a table that a materialized view fills from events.
type Projection struct {
	Table  string
	View   string
	Source string // what the view reads: events, or a router (0001_events.sql)
}

// Projections are all projections, in the order of their migrations.
var Projections = []Projection{
	{"pipelines", "pipelines_mv", "inventory_events"},
	{"runs", "runs_mv", "run_events"},
	{"stage_attempts", "stage_attempts_mv", "run_events"},
	{"attempts_by_day", "attempts_by_day_mv", "run_events"},
	{"runs_by_day", "runs_by_day_mv", "run_events"},
	{"run_starts_by_day", "run_starts_by_day_mv", "run_events"},
	{"run_states", "run_states_mv", "run_events"},
	{"run_numbers", "run_numbers_mv", "run_events"},
	{"run_details", "run_details_mv", "run_detail_events"},
	{"stages", "stages_mv", "run_detail_events"},
	{"jobs", "jobs_mv", "run_detail_events"},
	{"steps", "steps_mv", "run_detail_events"},
	{"step_logs", "step_logs_mv", "events"},
	{"group_states", "group_states_mv", "inventory_events"},
	{"repositories", "repositories_mv", "inventory_events"},
	{"repository_sizes", "repository_sizes_mv", "inventory_events"},
	{"repository_locks", "repository_locks_mv", "inventory_events"},
	{"gate_states", "gate_states_mv", "inventory_events"},
	{"gate_history", "gate_history_mv", "inventory_events"},
	{"empty_gate_states", "empty_gate_states_mv", "inventory_events"},
	{"build_tenants", "build_tenants_mv", "inventory_events"},
	{"build_tenant_states", "build_tenant_states_mv", "inventory_events"},
	{"project_states", "project_states_mv", "inventory_events"},
	{"iam_project_states", "iam_project_states_mv", "inventory_events"},
	{"polls", "polls_mv", "events"},
	{"poll_days", "poll_days_mv", "events"},
	{"coverage", "coverage_mv", "events"},
	{"coverage_states", "coverage_states_mv", "events"},
	{"config_edits", "config_edits_mv", "config_events"},
	{"template_states", "template_states_mv", "config_events"},
	{"template_detail_states", "template_detail_states_mv", "config_events"},
	{"rule_states", "rule_states_mv", "config_events"},
	{"rule_set_states", "rule_set_states_mv", "config_events"},
	{"open_source_states", "open_source_states_mv", "config_events"},
	{"odd_row_parts", "odd_row_parts_mv", "inventory_events"},
	{"publisher_states", "publisher_states_mv", "extension_events"},
	{"plugin_states", "plugin_states_mv", "extension_events"},
	{"plugin_version_lists", "plugin_version_lists_mv", "extension_events"},
	{"plugin_detail_states", "plugin_detail_states_mv", "extension_events"},
	{"plugin_input_states", "plugin_input_states_mv", "extension_events"},
	{"plugin_output_states", "plugin_output_states_mv", "extension_events"},
	{"basic_plugin_states", "basic_plugin_states_mv", "extension_events"},
	{"basic_plugin_detail_states", "basic_plugin_detail_states_mv", "extension_events"},
	{"stage_plugin_states", "stage_plugin_states_mv", "extension_events"},
	{"incident_states", "incident_states_mv", "delivery_events"},
	{"commit_states", "commit_states_mv", "delivery_events"},
	{"commit_range_states", "commit_range_states_mv", "delivery_events"},
	{"commit_sightings", "commit_sightings_mv", "run_events"},
}

// Rebuild computes projections again from events while the loader goes on, and
// swaps each in one step. What else the table held is gone afterwards. What is
// kept of runs and their attempts beside events is made anew from the new tables.
//
// A second view feeds the new table from the start, so that events which
// arrive meanwhile reach both tables, before and after the swap. An insert that
// looks up the tables of the two views while they are swapped finds the old one
// twice, so what was inserted around the swap is computed once more. A crash
// before the swap leaves the old table, and the next Rebuild clears the rest;
// after one behind it, Rebuild again.
//
// Of two Rebuilds of one table at once the later one wins, and the earlier one
// returns ErrOvertaken if it was not done (overtaken.go).
func Rebuild(ctx context.Context, conn driver.Conn, projections ...Projection) error {
	for _, p := range projections {
		if err := rebuild(ctx, conn, p); err != nil {
			return fmt.Errorf("rebuilding %s: %w", p.Table, err)
		}
	}
	kept := []string{"runs", "run_states", "stage_attempts", "commit_states", "commit_range_states", "incident_states"} // what deployments and red times are made of
	if !slices.ContainsFunc(projections, func(p Projection) bool { return slices.Contains(kept, p.Table) }) {
		return nil
	}
	if err := restateDeployments(ctx, conn); err != nil {
		return fmt.Errorf("rebuilding deployment_attempts: %w", err)
	}
	return nil
}

func rebuild(ctx context.Context, conn driver.Conn, p Projection) error {
	query, history, err := viewQuery(ctx, conn, p)
	if err != nil {
		return err
	}
	columns, err := viewColumns(ctx, conn, p.View)
	if err != nil {
		return err
	}
	if err := overtake(ctx, conn, p); err != nil {
		return err
	}
	suffix := newSuffix()
	table, shadow, view := quote(p.Table), quote(p.Table+suffix), quote(p.View+suffix)
	// A view finds its columns by name, INSERT SELECT by position.
	fill := " (" + columns + ") SELECT " + columns + " FROM (" + history + ")"
	block, err := fillAndSwap(ctx, conn, table, shadow, view, query, fill)
	if err != nil {
		return giveUp(ctx, conn, p.Table+suffix, p.View+suffix, err)
	}
	if err := waitForInserts(ctx, conn); err != nil {
		return err
	}
	// Every insert that may have met the swap has a later block. A part is named <partition>_<first block>_<last block>_<level>;
	// one that is merged meanwhile holds the block too.
	later := fmt.Sprintf("WHERE toInt64(splitByChar('_', _part)[3]) > %d AND ", block)
	return execAll(ctx, conn, "INSERT INTO "+table+strings.Replace(fill, "events WHERE ", "events "+later, 1),
		"DROP TABLE IF EXISTS "+view+" SYNC", "DROP TABLE IF EXISTS "+shadow+" SYNC")
}

// fillAndSwap makes the new table, fills it, and swaps it in. It returns a block of events before the swap.
func fillAndSwap(ctx context.Context, conn driver.Conn, table, shadow, view, query, fill string) (block int64, err error) {
	err = execAll(ctx, conn, "CREATE TABLE "+shadow+" AS "+table, "CREATE MATERIALIZED VIEW "+view+" TO "+shadow+" AS "+query)
	if err != nil {
		return 0, err
	}
	if err := waitForInserts(ctx, conn); err != nil {
		return 0, err
	}
	if err := execAll(ctx, conn, "INSERT INTO "+shadow+fill); err != nil {
		return 0, err
	}
	err = conn.QueryRow(ctx, "SELECT max(max_block_number) FROM system.parts WHERE database = currentDatabase() AND table = 'events'").Scan(&block)
	if err != nil {
		return 0, fmt.Errorf("reading the blocks of events: %w", err)
	}
	if err := waitForInserts(ctx, conn); err != nil {
		return 0, err
	}
	return block, execAll(ctx, conn, "EXCHANGE TABLES "+table+" AND "+shadow)
}

// viewQuery returns the SELECT of the view, and the same over events.
func viewQuery(ctx context.Context, conn driver.Conn, p Projection) (query, history string, err error) {
	var database string
	row := conn.QueryRow(ctx, "SELECT as_select, database FROM system.tables WHERE database = currentDatabase() AND name = ?", p.View)
	if err := row.Scan(&query, &database); err != nil {
		return "", "", fmt.Errorf("reading the view %s: %w", p.View, err)
	}
	// ClickHouse keeps the text on one line, with the database before the name.
	for _, prefix := range []string{database + ".", quote(database) + "."} {
		from := "FROM " + prefix + p.Source + " WHERE "
		if strings.Count(query, from) == 1 {
			return query, strings.Replace(query, from, "FROM "+prefix+"events WHERE ", 1), nil
		}
	}
	return "", "", fmt.Errorf("the view %s does not read %s: correct the list of projections", p.View, p.Source)
}

// waitForInserts returns when every INSERT has ended that ran when it was
// called. Such an insert does not know a view that was created after its
// start, and its rows need not be visible yet.
func waitForInserts(ctx context.Context, conn driver.Conn) error {
	var running []string
	if err := conn.QueryRow(ctx, "SELECT groupArray(query_id) FROM system.processes WHERE query_kind = 'Insert'").Scan(&running); err != nil {
		return fmt.Errorf("reading running inserts: %w", err)
	}
	for len(running) > 0 {
		if err := conn.QueryRow(ctx, "SELECT groupArray(query_id) FROM system.processes WHERE has(?, query_id)", running).Scan(&running); err != nil {
			return fmt.Errorf("waiting for running inserts: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

func viewColumns(ctx context.Context, conn driver.Conn, view string) (string, error) {
	var names []string
	err := conn.QueryRow(ctx, "SELECT groupArray(name) FROM (SELECT name FROM system.columns WHERE database = currentDatabase() AND table = ? ORDER BY position)", view).Scan(&names)
	if err != nil {
		return "", fmt.Errorf("reading the columns of %s: %w", view, err)
	}
	for i, name := range names {
		names[i] = quote(name)
	}
	return strings.Join(names, ", "), nil
}

func execAll(ctx context.Context, conn driver.Conn, statements ...string) error {
	for _, s := range statements {
		if err := conn.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
