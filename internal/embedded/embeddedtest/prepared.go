package embeddedtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// pool is the prepared databases of this test binary.
type pool struct {
	mu     sync.Mutex
	free   []string // DSNs of those that no test uses now; guarded by mu
	look   string   // of a database when it has been prepared; guarded by mu
	filled []string // the tables that have rows then; guarded by mu
}

// Prepared returns a connection to a database as prepare leaves an empty one;
// all tests of a package give the same prepare. A test that passes leaves its
// database to the next one with its tables emptied, which costs much less than
// to make them. A database that then differs in anything from a new one is
// dropped, and so is that of a test that fails. Nothing may write to it after
// the test.
func Prepared(t testing.TB, prepare func(context.Context, driver.Conn) error) driver.Conn {
	t.Helper()
	dsn := binary.databases.take()
	isNew := dsn == ""
	if isNew {
		dsn = create(t)
	}
	conn := Open(t, dsn)
	t.Cleanup(func() { // before the connection is closed
		err := binary.databases.clean(conn)
		if !t.Failed() && err == nil {
			binary.databases.leave(dsn)
			return
		}
		if err != nil {
			t.Logf("the next test has a new database: %v", err)
		}
		drop(t, dsn)
	})
	if !isNew {
		return conn
	}
	if err := prepare(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if err := binary.databases.learn(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	return conn
}

func (p *pool) take() (dsn string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		dsn, p.free = p.free[n-1], p.free[:n-1]
	}
	return dsn
}

func (p *pool) leave(dsn string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, dsn)
}

// learn remembers how a database looks that has been prepared.
func (p *pool) learn(ctx context.Context, conn driver.Conn) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.filled, err = withRows(ctx, conn); err == nil {
		p.look, err = appearance(ctx, conn)
	}
	return err
}

// clean empties the tables that were empty at first, and fails unless the
// database looks as it did then.
func (p *pool) clean(conn driver.Conn) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx := context.Background() // that of the test has ended
	filled, err := withRows(ctx, conn)
	if err != nil {
		return err
	}
	for _, table := range filled {
		if slices.Contains(p.filled, table) {
			continue
		}
		if err := conn.Exec(ctx, "TRUNCATE TABLE `"+table+"` SYNC"); err != nil {
			return fmt.Errorf("emptying table %s: %w", table, err)
		}
	}
	look, err := appearance(ctx, conn)
	if err == nil && look != p.look {
		err = errors.New("it is not as it was prepared")
	}
	return err
}

func withRows(ctx context.Context, conn driver.Conn) (tables []string, err error) {
	err = conn.QueryRow(ctx, "SELECT groupArray(name) FROM system.tables WHERE database = currentDatabase() AND total_rows > 0").Scan(&tables)
	if err != nil {
		return nil, fmt.Errorf("looking for tables with rows: %w", err)
	}
	return tables, nil
}

// appearance is every object of the database, and the rows of the tables that
// have any, in short.
func appearance(ctx context.Context, conn driver.Conn) (look string, err error) {
	tables, err := withRows(ctx, conn)
	if err != nil {
		return "", err
	}
	const objects = "SELECT toString(sum(cityHash64(name, replaceAll(create_table_query, database || '.', '')))) FROM system.tables WHERE database = currentDatabase()"
	if err := conn.QueryRow(ctx, objects).Scan(&look); err != nil {
		return "", fmt.Errorf("looking at the database: %w", err)
	}
	for _, table := range tables {
		var rows string
		if err := conn.QueryRow(ctx, "SELECT toString((count(), sum(cityHash64(toString(tuple(*)))))) FROM `"+table+"`").Scan(&rows); err != nil {
			return "", fmt.Errorf("looking at table %s: %w", table, err)
		}
		look += fmt.Sprintf(" %s %s", table, rows)
	}
	return look, nil
}
