package chhttp_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// await polls the engine's list of processes until as many statements with
// the comment run.
func await(t *testing.T, conn driver.Conn, comment string, want uint64) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); ; {
		got := one[uint64](t, conn, "SELECT count() FROM system.processes WHERE endsWith(Settings['log_comment'], ?)", " "+comment)
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d statements run in the engine, want %d", got, want)
		}
	}
}

func TestAbandonedStatementIsKilled(t *testing.T) {
	conn := connect(t, clickhouse.CompressionLZ4)
	for name, sql := range map[string]string{
		"aggregate":     "SELECT sum(cityHash64(number)) FROM numbers(1000000000000)",
		"buffered":      "SELECT sum(cityHash64(number)) FROM numbers(1000000000000) FORMAT JSON",
		"insert select": "INSERT INTO FUNCTION null('n UInt64') SELECT number FROM numbers(1000000000000)",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(clickhouse.Context(t.Context(),
				clickhouse.WithSettings(clickhouse.Settings{"log_comment": t.Name(), "max_execution_time": 60})))
			ended := make(chan error)
			go func() { ended <- conn.Exec(ctx, sql) }()
			await(t, conn, t.Name(), 1)
			cancel()
			if err := <-ended; err == nil {
				t.Error("no error for the client")
			}
			await(t, conn, t.Name(), 0)
		})
	}
	t.Run("stream", func(t *testing.T) {
		ctx, cancel := context.WithCancel(clickhouse.Context(t.Context(),
			clickhouse.WithSettings(clickhouse.Settings{"log_comment": t.Name(), "max_execution_time": 60})))
		defer cancel()
		rows, err := conn.Query(ctx, "SELECT cityHash64(number) FROM numbers(1000000000000)")
		if err != nil {
			t.Fatal(err)
		}
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		await(t, conn, t.Name(), 1)
		cancel()
		await(t, conn, t.Name(), 0)
	})
}

// TestSlowViewCancelsNoInsert inserts where a materialized view asks another
// table by a set of keys that takes longer than a server's interactive_delay:
// libchdb asks meanwhile whether a streamed INSERT was interrupted, and says yes.
func TestSlowViewCancelsNoInsert(t *testing.T) {
	conn := connect(t, clickhouse.CompressionLZ4)
	exec(t, conn, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
	exec(t, conn, "CREATE TABLE known (n UInt64) ENGINE = MergeTree ORDER BY n AS SELECT number FROM numbers(10)")
	exec(t, conn, `CREATE MATERIALIZED VIEW mv ENGINE = MergeTree ORDER BY n AS
		SELECT n FROM t WHERE n IN (SELECT n FROM known WHERE n IN (SELECT number + sleep(0.3) FROM numbers(5)))`)
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO t (n)")
	if err != nil {
		t.Fatal(err)
	}
	for n := range uint64(10) {
		if err := batch.Append(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := batch.Send(); err != nil {
		t.Error(err)
	}
	if n := one[uint64](t, conn, "SELECT count() FROM mv"); n != 5 {
		t.Errorf("the view has %d rows, want 5", n)
	}
}

// TestManySessions runs more statements at the same time than the engine has
// sessions; each must see its own parameter and setting.
func TestManySessions(t *testing.T) {
	conn := connect(t, clickhouse.CompressionLZ4)
	exec(t, conn, "CREATE TABLE t (worker UInt32, n UInt32) ENGINE = MergeTree ORDER BY (worker, n)")
	const workers, rounds, batchRows = 16, 5, 100
	failed := make(chan error, workers)
	for w := range uint32(workers) {
		go func() {
			failed <- func() error {
				for round := range uint32(rounds) {
					ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_block_size": 1000 + w}))
					var size string
					var echo uint32
					if err := conn.QueryRow(ctx, "SELECT toString(getSetting('max_block_size')), toUInt32(?)", w).Scan(&size, &echo); err != nil {
						return err
					}
					if want := 1000 + w; size != fmt.Sprint(want) || echo != w {
						return fmt.Errorf("worker %d saw setting %s and parameter %d", w, size, echo)
					}
					batch, err := conn.PrepareBatch(ctx, "INSERT INTO t (worker, n)")
					if err != nil {
						return err
					}
					for n := range uint32(batchRows) {
						if err := batch.Append(w, round*batchRows+n); err != nil {
							return err
						}
					}
					if err := batch.Send(); err != nil {
						return err
					}
				}
				return nil
			}()
		}()
	}
	for range workers {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if n := one[uint64](t, conn, "SELECT uniqExact(worker, n) FROM t"); n != workers*rounds*batchRows {
		t.Errorf("%d rows, want %d", n, workers*rounds*batchRows)
	}
}
