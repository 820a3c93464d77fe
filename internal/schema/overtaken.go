package schema

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// ClickHouse has no lock that a killed process would give back. So there is none: each Rebuild fills a table of its own, by a view
// of its own, under names that nobody else has, and begins by dropping those of others, be they killed or at work. Who is at
// work then can not swap in what is no longer there. Two that begin so close together that neither sees the other are both
// right: each of the new tables holds everything, whichever is swapped in last.

// ErrOvertaken says that a Rebuild found its new table dropped by a later one. The old table is as it was, until the later one is done.
var ErrOvertaken = errors.New("another rebuild of this table has begun since, and goes on in place of this one; run one at a time")

// rebuilds stands between the name of a table or view and what is random in the names of a Rebuild.
const rebuilds = "_rebuild"

func newSuffix() string { return rebuilds + "_" + strings.ToLower(rand.Text()) }

// overtake drops what other Rebuilds of the table have made, the views first: they write into the tables. One that made its view
// in between may be killed before it can drop it, and no insert would succeed without that view's table: so the views once more.
// Without its table no view can be made.
func overtake(ctx context.Context, conn driver.Conn, p Projection) error {
	for _, name := range []string{p.View, p.Table, p.View} {
		var left []string
		err := conn.QueryRow(ctx, "SELECT groupArray(name) FROM system.tables WHERE database = currentDatabase() AND startsWith(name, ?)", name+rebuilds).Scan(&left)
		if err != nil {
			return fmt.Errorf("looking for other rebuilds: %w", err)
		}
		for _, table := range left {
			// With SYNC it would wait for who still writes into it.
			if err := conn.Exec(ctx, "DROP TABLE IF EXISTS "+quote(table)); err != nil {
				return fmt.Errorf("dropping %s of another rebuild: %w", table, err)
			}
		}
	}
	return nil
}

// giveUp drops what a Rebuild that failed has made, so that no insert goes on to fill it, and returns why: err, or that it was
// overtaken if its new table is gone.
func giveUp(ctx context.Context, conn driver.Conn, shadow, view string, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var n uint64
	asked := conn.QueryRow(ctx, "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = ?", shadow).Scan(&n)
	if asked == nil && n == 0 {
		err = fmt.Errorf("%w (%w)", ErrOvertaken, err)
	}
	// What this can not drop either, the next Rebuild does.
	return errors.Join(err, execAll(ctx, conn, "DROP TABLE IF EXISTS "+quote(view), "DROP TABLE IF EXISTS "+quote(shadow)))
}
