package schema

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// judge keeps the rows anew of all units that were touched since theirs were kept (0041_judged_deployments.sql says how), and
// returns in how many batches.
func judge(ctx context.Context, conn driver.Conn) (batches int, err error) {
	for ; ; batches++ {
		var batch uint64
		if err := ask(ctx, conn, "judged_batch", &batch); err != nil || batch == 0 {
			return batches, err
		}
		in := clickhouse.Named("batch", batch)
		if err := run(ctx, conn, "judged_coming", in); err != nil {
			return batches, err
		}
		if err := waitForInserts(ctx, conn); err != nil {
			return batches, err
		}
		for _, name := range []string{"judged_keep_deployments", "judged_keep_pipelines", "judged_keep_changes", "judged_in_force"} {
			if err := run(ctx, conn, name, in); err != nil {
				return batches, err
			}
		}
	}
}

// dropSuperseded deletes rows of which newer ones are in force, when they have become many. It is called when nothing is left
// to judge, so that a question that still reads them has had time to end.
func dropSuperseded(ctx context.Context, conn driver.Conn) error {
	query, err := Query("judged_superseded")
	if err != nil {
		return err
	}
	old, err := Ask(ctx, conn, query)
	if err != nil {
		return fmt.Errorf("looking for superseded judgements: %w", err)
	}
	for _, row := range old.Rows {
		err := conn.Exec(ctx, fmt.Sprintf("ALTER TABLE %s DELETE WHERE (unit, batch) IN (SELECT unit, batch FROM judged_superseded)", row...))
		if err != nil {
			return fmt.Errorf("deleting superseded judgements: %w", err)
		}
	}
	return nil
}
