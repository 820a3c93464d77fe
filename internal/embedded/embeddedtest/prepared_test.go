package embeddedtest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"artery/internal/embedded/embeddedtest"
)

// counted prepares databases of which no two have the same rows, and counts them.
func counted(made *int) func(context.Context, driver.Conn) error {
	return func(ctx context.Context, conn driver.Conn) error {
		*made++
		for _, sql := range []string{
			"CREATE TABLE empty (a Nullable(Int32)) ENGINE = MergeTree ORDER BY tuple()",
			"CREATE TABLE seeds (a Nullable(Int32)) ENGINE = MergeTree ORDER BY tuple()",
			"INSERT INTO seeds VALUES (1), (NULL)",
			"CREATE TABLE made (at DateTime64(9)) ENGINE = MergeTree ORDER BY at",
			"INSERT INTO made SELECT now64(9)",
		} {
			if err := conn.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	}
}

// Whatever a test leaves behind, the next one finds the database as it was prepared: rows are taken out, anything else costs
// a new database.
func TestPreparedLeavesNoTrace(t *testing.T) {
	made := 0
	prepare := counted(&made)
	for _, c := range []struct {
		leave string
		isNew bool // the next one
	}{
		{"SELECT 1", false},
		{"INSERT INTO empty SELECT number FROM numbers(7)", false},
		{"INSERT INTO seeds VALUES (2)", true},
		{"ALTER TABLE seeds UPDATE a = 5 WHERE a = 1 SETTINGS mutations_sync = 1", true},
		{"CREATE TABLE more (a Int32) ENGINE = MergeTree ORDER BY a", true},
		{"ALTER TABLE empty ADD COLUMN b Int32", true},
		{"DROP TABLE empty SYNC", true},
	} {
		t.Run(c.leave, func(t *testing.T) {
			conn := embeddedtest.Prepared(t, prepare)
			var got string
			err := conn.QueryRow(t.Context(), `SELECT toString((
				(SELECT groupArray(name || '.' || table) FROM (SELECT * FROM system.columns WHERE database = currentDatabase() ORDER BY ALL)),
				(SELECT count() FROM empty), (SELECT groupArray(a) FROM (SELECT a FROM seeds ORDER BY a)), (SELECT count() FROM seeds)))`).Scan(&got)
			if want := "(['a.empty','at.made','a.seeds'],0,[1],2)"; got != want || err != nil {
				t.Errorf("%s, %v; want %s", got, err, want)
			}
			if err := conn.Exec(t.Context(), c.leave); err != nil {
				t.Error(err)
			}
		})
		before := made
		t.Run(fmt.Sprint("after ", c.leave), func(t *testing.T) { embeddedtest.Prepared(t, prepare) })
		if (made > before) != c.isNew {
			t.Errorf("after %s: a new database %t, want %t", c.leave, made > before, c.isNew)
		}
	}
}

// A test that takes two databases leaves two to the next one.
func TestPreparedTwiceAtOnce(t *testing.T) {
	made := 0
	prepare := counted(&made)
	both := func(t *testing.T) {
		embeddedtest.Prepared(t, prepare)
		embeddedtest.Prepared(t, prepare)
	}
	t.Run("first", both)
	before := made
	if t.Run("second", both); made != before {
		t.Errorf("%d more databases were made", made-before)
	}
}
