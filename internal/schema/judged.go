package schema

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// judgedAtOnce is how many units a batch has: their rows stand in memory together.
const judgedAtOnce = 50

// judge keeps the rows anew of all units that were touched since theirs were kept (0041_judged_deployments.sql and
// 0052_red_times.sql say how), and returns how many they were. Those come first that were touched first, and no more than were
// touched when it began: what inserts touch meanwhile waits for the next call, or a busy loader would never settle anything else.
func judge(ctx context.Context, conn driver.Conn) (touched uint64, err error) {
	if err := ask(ctx, conn, "judged_touched", &touched); err != nil {
		return 0, err
	}
	for judged := uint64(0); judged < touched; judged += judgedAtOnce {
		var batch uint64
		if err := ask(ctx, conn, "judged_batch", &batch); err != nil {
			return touched, err
		}
		in := clickhouse.Named("batch", batch)
		if err := run(ctx, conn, "judged_coming", in, clickhouse.Named("units", min(touched-judged, judgedAtOnce))); err != nil {
			return touched, err
		}
		if err := waitForInserts(ctx, conn); err != nil {
			return touched, err
		}
		for _, name := range []string{
			"judged_keep_deployments", "judged_keep_pipelines", "judged_keep_changes", // of services
			"judged_keep_red_times", "judged_keep_flaky_commits", // of pipelines
			"judged_in_force",
		} {
			if err := run(ctx, conn, name, in); err != nil {
				return touched, err
			}
		}
	}
	return touched, nil
}
