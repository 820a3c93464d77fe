// Package schema owns every name in ClickHouse: the tables and views as
// numbered SQL files, the rows that the loader inserts, and the named queries.
//
// Only two tables are written from outside: events, which holds every message
// of the stream with all its bytes, and quarantine. All other tables are
// projections: materialized views compute their rows from events, as a pure
// function of one event. Inserting an event again, in another order or in
// another batch, therefore changes nothing that a reader sees under FINAL,
// and a projection can be thrown away and rebuilt at any time.
//
// Rules for a new projection: one JSONExtract of the body into a Tuple per
// view; no now(), no random, no look-up in another table, no sums; key and
// partition only from what never changes for the entity; ver orders the
// versions of a row by (epoch, seq).
//
// Deployments are kept beside them (0030_deployments.sql), because they follow
// rules and names that change: by views on projections, and by
// SettleDeployments when what they follow has changed. It also keeps what stands
// around each of them (0041_judged_deployments.sql), and when stages were red
// (0052_red_times.sql).
package schema

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// EnsureDatabase creates the database that opts names when it is missing. A
// connection to a missing database answers every statement with an error, so
// this is done through a connection of its own to the database "default".
func EnsureDatabase(ctx context.Context, opts *clickhouse.Options) error {
	name := opts.Auth.Database
	if name == "" || name == "default" {
		return nil
	}
	o := *opts
	o.Auth.Database = "default"
	conn, err := clickhouse.Open(&o)
	if err != nil {
		return fmt.Errorf("opening database default to create %s: %w", name, err)
	}
	defer conn.Close()
	if err := conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+quote(name)); err != nil {
		return fmt.Errorf("creating database %s: %w", name, err)
	}
	return nil
}

// quote returns name as an SQL identifier.
func quote(name string) string {
	b := []byte{'`'}
	for i := range len(name) {
		if name[i] == '`' || name[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, name[i])
	}
	return string(append(b, '`'))
}
