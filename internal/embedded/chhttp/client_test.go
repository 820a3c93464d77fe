package chhttp_test

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"artery/internal/embedded/embeddedtest"
)

func TestMain(m *testing.M) { embeddedtest.Main(m) }

// connect opens a clickhouse-go connection to a fresh database. HTTP content
// codings need the setting with which a server allows them.
func connect(t testing.TB, method clickhouse.CompressionMethod) driver.Conn {
	t.Helper()
	options, err := clickhouse.ParseDSN(embeddedtest.ClickHouse(t))
	if err != nil {
		t.Fatal(err)
	}
	options.Compression = &clickhouse.Compression{Method: method, Level: 3}
	if method == clickhouse.CompressionGZIP || method == clickhouse.CompressionDeflate {
		options.Settings = clickhouse.Settings{"enable_http_compression": 1}
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// eachCompression runs a test with every coding that the interface offers.
func eachCompression(t *testing.T, test func(t *testing.T, conn driver.Conn)) {
	for name, method := range map[string]clickhouse.CompressionMethod{
		"none": clickhouse.CompressionNone, "lz4": clickhouse.CompressionLZ4, "zstd": clickhouse.CompressionZSTD,
		"gzip": clickhouse.CompressionGZIP, "deflate": clickhouse.CompressionDeflate,
	} {
		t.Run(name, func(t *testing.T) { test(t, connect(t, method)) })
	}
}

func exec(t testing.TB, conn driver.Conn, sql string, args ...any) {
	t.Helper()
	if err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func one[T any](t testing.TB, conn driver.Conn, sql string, args ...any) (v T) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func TestHandshake(t *testing.T) {
	eachCompression(t, func(t *testing.T, conn driver.Conn) {
		if err := conn.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		v, err := conn.ServerVersion()
		if err != nil {
			t.Fatal(err)
		}
		if v.Version.Major != 26 || v.Version.Minor != 7 {
			t.Errorf("version %v, want 26.7", v.Version)
		}
	})
}

// row has one field for each family of types that Artery's tables use.
type row struct {
	ID    uint64            `ch:"id"`
	Name  string            `ch:"name"`
	Kind  string            `ch:"kind"`
	At    time.Time         `ch:"at"`
	Nano  time.Time         `ch:"nano"`
	Maybe *int64            `ch:"maybe"`
	Tags  map[string]string `ch:"tags"`
	List  []string          `ch:"list"`
	Ratio float64           `ch:"ratio"`
	Yes   bool              `ch:"yes"`
}

const rowTable = `CREATE TABLE t (
	id UInt64, name String, kind LowCardinality(String), at DateTime64(3, 'UTC'), nano DateTime64(9, 'UTC'),
	maybe Nullable(Int64), tags Map(LowCardinality(String), String), list Array(String), ratio Float64, yes Bool
) ENGINE = ReplacingMergeTree ORDER BY id`

// makeRow has quotes, line ends, zero bytes and semicolons in its text, which
// an interface that handles the data as SQL would mangle.
func makeRow(i int) row {
	r := row{
		ID: uint64(i), Name: fmt.Sprintf("näme;\n'%d'\x00\t\\", i), Kind: []string{"run", "pipeline", "poll"}[i%3],
		At:   time.UnixMilli(1_700_000_000_000 + int64(i)).UTC(),
		Nano: time.Unix(1_700_000_000, int64(i)).UTC(),
		Tags: map[string]string{"a": fmt.Sprint(i)}, List: []string{"x", fmt.Sprint(i)}, Ratio: float64(i) / 8, Yes: i%2 == 0,
	}
	if i%2 == 1 {
		v := -int64(i)
		r.Maybe = &v
	}
	return r
}

func TestBatchRoundTrip(t *testing.T) {
	eachCompression(t, func(t *testing.T, conn driver.Conn) {
		exec(t, conn, rowTable)
		batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO t")
		if err != nil {
			t.Fatal(err)
		}
		var want []row
		for i := range 1000 {
			want = append(want, makeRow(i))
			if err := batch.AppendStruct(&want[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := batch.Send(); err != nil {
			t.Fatal(err)
		}
		var got []row
		if err := conn.Select(t.Context(), &got, "SELECT * FROM t ORDER BY id"); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%d rows, want %d", len(got), len(want))
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Fatalf("row %d: got %+v, want %+v", i, got[i], want[i])
			}
		}
	})
}

func TestColumnarBatch(t *testing.T) {
	eachCompression(t, func(t *testing.T, conn driver.Conn) {
		exec(t, conn, "CREATE TABLE t (id UInt64, name String, kind LowCardinality(String)) ENGINE = MergeTree ORDER BY id")
		batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO t (name, id, kind)")
		if err != nil {
			t.Fatal(err)
		}
		const n = 100_000
		names, ids, kinds := make([]string, n), make([]uint64, n), make([]string, n)
		for i := range n {
			names[i], ids[i], kinds[i] = fmt.Sprint(i*7), uint64(i), fmt.Sprint(i%10)
		}
		for i, column := range []any{names, ids, kinds} {
			if err := batch.Column(i).Append(column); err != nil {
				t.Fatal(err)
			}
		}
		if err := batch.Send(); err != nil {
			t.Fatal(err)
		}
		if got := one[uint64](t, conn, "SELECT countIf(name = toString(id * 7) AND kind = toString(id % 10)) FROM t"); got != n {
			t.Errorf("%d rows as sent, want %d", got, n)
		}
	})
}

func TestLargeResult(t *testing.T) {
	eachCompression(t, func(t *testing.T, conn driver.Conn) {
		rows, err := conn.Query(t.Context(), "SELECT number, toString(number) FROM numbers(500000)")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var sum, n uint64
		var number uint64
		var text string
		for ; rows.Next(); n++ {
			if err := rows.Scan(&number, &text); err != nil {
				t.Fatal(err)
			}
			sum += number
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if n != 500_000 || sum != 499_999*500_000/2 {
			t.Errorf("%d rows with sum %d", n, sum)
		}
	})
}

func TestParameters(t *testing.T) {
	conn := connect(t, clickhouse.CompressionLZ4)
	ctx := clickhouse.Context(t.Context(), clickhouse.WithParameters(clickhouse.Parameters{"n": "42", "s": `o'clock \\ tab\t`}))
	var n uint8
	var s string
	if err := conn.QueryRow(ctx, "SELECT {n:UInt8}, {s:String}").Scan(&n, &s); err != nil {
		t.Fatal(err)
	}
	if n != 42 || s != "o'clock \\ tab\t" {
		t.Errorf("got %d, %q", n, s)
	}
	for _, c := range []struct {
		sql  string
		args []any
	}{
		{"SELECT ?", []any{"a'b\\c\nd"}},
		{"SELECT $1", []any{"a'b\\c\nd"}},
		{"SELECT @v", []any{clickhouse.Named("v", "a'b\\c\nd")}},
	} {
		if got := one[string](t, conn, c.sql, c.args...); got != "a'b\\c\nd" {
			t.Errorf("%s: got %q", c.sql, got)
		}
	}
}

// TestSettingsEndWithTheRequest repeats one request on few sessions so that a
// setting that stayed behind would be seen.
func TestSettingsEndWithTheRequest(t *testing.T) {
	conn := connect(t, clickhouse.CompressionNone)
	const show = "SELECT toString(getSetting('max_block_size'))"
	want := one[string](t, conn, show)
	for range 20 {
		ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_block_size": 77}))
		var got string
		if err := conn.QueryRow(ctx, show).Scan(&got); err != nil || got != "77" {
			t.Fatalf("with the setting: %q, %v", got, err)
		}
		exec(t, conn, "SET max_block_size = 78")
		if got := one[string](t, conn, show); got != want {
			t.Fatalf("after the request: %q, want %q", got, want)
		}
	}
	if one[bool](t, conn, "SELECT getSetting('async_insert')") {
		t.Error("async_insert is on by default")
	}
}

func TestEmptyResultHasColumns(t *testing.T) {
	eachCompression(t, func(t *testing.T, conn driver.Conn) {
		exec(t, conn, rowTable)
		for _, c := range []struct {
			sql          string
			names, types []string
		}{
			{"SELECT id, kind, at AS time, maybe FROM t", []string{"id", "kind", "time", "maybe"},
				[]string{"UInt64", "LowCardinality(String)", "DateTime64(3, 'UTC')", "Nullable(Int64)"}},
			{"SELECT 1 AS `a\tb'c`, ['x'] AS list WHERE 0 -- the end", []string{"a\tb'c", "list"}, []string{"UInt8", "Array(String)"}},
			{"WITH x AS (SELECT 1 AS n) SELECT n FROM x WHERE n > 1 FORMAT Native SETTINGS max_threads = 1;", []string{"n"}, []string{"UInt8"}},
			{"SELECT tags FROM t UNION ALL SELECT tags FROM t WHERE id = 7", []string{"tags"}, []string{"Map(LowCardinality(String), String)"}},
			{"SHOW TABLES LIKE 'nothing'", []string{"name"}, []string{"String"}},
		} {
			rows, err := conn.Query(t.Context(), c.sql)
			if err != nil {
				t.Errorf("%s: %v", c.sql, err)
				continue
			}
			if !reflect.DeepEqual(rows.Columns(), c.names) {
				t.Errorf("%s: columns %q, want %q", c.sql, rows.Columns(), c.names)
			}
			for i, ct := range rows.ColumnTypes() {
				if ct.DatabaseTypeName() != c.types[i] {
					t.Errorf("%s: type %d is %s, want %s", c.sql, i, ct.DatabaseTypeName(), c.types[i])
				}
			}
			if rows.Next() {
				t.Errorf("%s: a row", c.sql)
			}
			if err := rows.Err(); err != nil {
				t.Errorf("%s: %v", c.sql, err)
			}
		}
		var id uint64
		if err := conn.QueryRow(t.Context(), "SELECT id FROM t").Scan(&id); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("QueryRow of nothing: %v", err)
		}
	})
}

func TestErrors(t *testing.T) {
	eachCompression(t, func(t *testing.T, conn driver.Conn) {
		for _, c := range []struct {
			sql    string
			code   int32
			status int
		}{
			{"SELECT * FROM nothing_here", 60, 404},
			{"SELECT no_such_column FROM system.one", 47, 404},
			{"SELEKT 1", 62, 400},
			{"SELECT 1; SELECT 2", 62, 400},
			{"SELECT throwIf(1)", 395, 500},
			{"SELECT 1 SETTINGS no_such_setting = 1", 115, 404},
			{"SELECT count() FROM numbers(100000000000) SETTINGS max_execution_time = 0.2", 159, 408},
			{"SELECT * FROM file('/etc/hostname', 'LineAsString')", 497, 403},
			{"SELECT 1 INTO OUTFILE '/dev/null'", 179, 400},
		} {
			rows, err := conn.Query(t.Context(), c.sql)
			if err == nil {
				rows.Close()
			}
			var e *clickhouse.Exception
			if !errors.As(err, &e) || e.Code != c.code {
				t.Errorf("%s: %v, want code %d", c.sql, err, c.code)
				continue
			}
			var h *clickhouse.HTTPError
			if !errors.As(err, &h) || h.StatusCode != c.status {
				t.Errorf("%s: %v, want status %d", c.sql, err, c.status)
			}
		}
	})
}

// TestErrorBehindTheFirstRows fails after blocks were sent with status 200.
func TestErrorBehindTheFirstRows(t *testing.T) {
	eachCompression(t, func(t *testing.T, conn driver.Conn) {
		for _, extra := range []string{"", ", repeat('x', 100) AS a, 'y' AS b"} {
			rows, err := conn.Query(t.Context(), "SELECT number, throwIf(number = 300000, 'stop here')"+extra+" FROM numbers(1000000)")
			n := 0
			if err == nil {
				for rows.Next() {
					n++
				}
				err = rows.Err()
				rows.Close()
			}
			var e *clickhouse.Exception
			if !errors.As(err, &e) || e.Code != 395 {
				t.Errorf("after %d rows: %v, want code 395", n, err)
			}
			if n == 0 {
				t.Errorf("no row came before the error")
			}
		}
	})
}

func TestFailedInsertLeavesNothing(t *testing.T) {
	conn := connect(t, clickhouse.CompressionLZ4)
	exec(t, conn, "CREATE TABLE t (id UInt64, CONSTRAINT small CHECK id < 10) ENGINE = MergeTree ORDER BY id")
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO t (id)")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []uint64{1, 2, 11} {
		if err := batch.Append(id); err != nil {
			t.Fatal(err)
		}
	}
	var e *clickhouse.Exception
	if err := batch.Send(); !errors.As(err, &e) || e.Code != 469 {
		t.Errorf("insert against a constraint: %v, want code 469", err)
	}
	if n := one[uint64](t, conn, "SELECT count() FROM t"); n != 0 {
		t.Errorf("%d rows of a failed insert", n)
	}
}
