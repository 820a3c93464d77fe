package chhttp_test

import (
	"fmt"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// BenchmarkInsert sends one columnar batch of 10,000 rows.
func BenchmarkInsert(b *testing.B) {
	conn := connect(b, clickhouse.CompressionLZ4)
	exec(b, conn, "CREATE TABLE t (id UInt64, body String) ENGINE = MergeTree ORDER BY id")
	const rows = 10_000
	ids, bodies := make([]uint64, rows), make([]string, rows)
	for i := range rows {
		ids[i], bodies[i] = uint64(i), fmt.Sprintf(`{"id": %d, "status": "COMPLETED"}`, i)
	}
	for b.Loop() {
		batch, err := conn.PrepareBatch(b.Context(), "INSERT INTO t (id, body)")
		if err != nil {
			b.Fatal(err)
		}
		for i, column := range []any{ids, bodies} {
			if err := batch.Column(i).Append(column); err != nil {
				b.Fatal(err)
			}
		}
		if err := batch.Send(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkSelect is the cost of the smallest query.
func BenchmarkSelect(b *testing.B) {
	conn := connect(b, clickhouse.CompressionLZ4)
	for b.Loop() {
		if one[uint8](b, conn, "SELECT 1") != 1 {
			b.Fatal("not 1")
		}
	}
}
