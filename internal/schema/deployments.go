package schema

import (
	"context"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// SettleDeployments keeps deployments by the rules in force and by the names that pipelines have now, and returns of how
// many pipelines the terms have changed (0030_deployments.sql says how). Attempts are kept as they are inserted; this is
// for what changes of the rest: rules, and names of pipelines, projects and groups. Whoever inserts calls it now and then.
//
// Then the units that this or an insert has touched are judged (0041_judged_deployments.sql, 0052_red_times.sql).
//
// It may be broken off at any point, and be called by several loaders at once: what is kept twice is the same.
func SettleDeployments(ctx context.Context, conn driver.Conn) (changed int, err error) {
	changed, judged, err := settle(ctx, conn)
	if changed > 0 || judged > 0 || err != nil {
		return changed, err
	}
	// Nothing is left to settle, so a question that still reads what is over has had time to end.
	return 0, errors.Join(
		drop(ctx, conn, "deployments_old", "ALTER TABLE %s DROP PARTITION ID '%s'"),
		drop(ctx, conn, "judged_superseded", "ALTER TABLE %s DELETE WHERE (unit, batch) IN (SELECT unit, batch FROM judged_superseded)"))
}

// settle is SettleDeployments without taking away what is over.
func settle(ctx context.Context, conn driver.Conn) (changed int, judged uint64, err error) {
	if changed, err = settleTerms(ctx, conn); err != nil {
		return 0, 0, err
	}
	judged, err = judge(ctx, conn)
	return changed, judged, err
}

func settleTerms(ctx context.Context, conn driver.Conn) (changed int, err error) {
	var batch, n uint64
	if err := ask(ctx, conn, "deployments_batch", &batch); err != nil {
		return 0, err
	}
	in := clickhouse.Named("batch", batch)
	if err := run(ctx, conn, "deployments_coming", in); err != nil {
		return 0, err
	}
	if err := ask(ctx, conn, "deployments_changed", &n, in); err != nil || n == 0 {
		return 0, err
	}
	if err := waitForInserts(ctx, conn); err != nil {
		return 0, err
	}
	for _, name := range []string{"deployments_keep", "deployments_in_force"} {
		if err := run(ctx, conn, name, in); err != nil {
			return 0, err
		}
	}
	return int(n), nil
}

// restateDeployments keeps all deployments anew, for when the attempts that they are made of are others.
func restateDeployments(ctx context.Context, conn driver.Conn) error {
	if err := run(ctx, conn, "deployments_rebuild"); err != nil {
		return err
	}
	return settleAll(ctx, conn)
}

// settleAll settles deployments of all runs that are there, those stored by a program that kept no deployments among them.
func settleAll(ctx context.Context, conn driver.Conn) error {
	if err := waitForInserts(ctx, conn); err != nil {
		return err
	}
	if err := run(ctx, conn, "deployments_pipelines"); err != nil {
		return err
	}
	_, err := SettleDeployments(ctx, conn)
	return err
}

// drop executes a statement for each row of a named query, which lists what is over.
func drop(ctx context.Context, conn driver.Conn, name, statement string) error {
	query, err := Query(name)
	if err != nil {
		return err
	}
	over, err := Ask(ctx, conn, query)
	if err != nil {
		return fmt.Errorf("asking %s: %w", name, err)
	}
	for _, row := range over.Rows {
		if err := conn.Exec(ctx, fmt.Sprintf(statement, row...)); err != nil {
			return fmt.Errorf("dropping what %s lists: %w", name, err)
		}
	}
	return nil
}

// run executes a named statement.
func run(ctx context.Context, conn driver.Conn, name string, parameters ...any) error {
	query, err := Query(name)
	if err != nil {
		return err
	}
	if err := conn.Exec(ctx, query, parameters...); err != nil {
		return fmt.Errorf("running %s: %w", name, err)
	}
	return nil
}

// ask reads the only value of a named query.
func ask(ctx context.Context, conn driver.Conn, name string, value any, parameters ...any) error {
	query, err := Query(name)
	if err != nil {
		return err
	}
	if err := conn.QueryRow(ctx, query, parameters...).Scan(value); err != nil {
		return fmt.Errorf("asking %s: %w", name, err)
	}
	return nil
}
