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
	mu   sync.Mutex
	free []*prepared // those that no test uses now; guarded by mu
}

// prepared is a database as it was when it had been prepared. Two that were
// prepared alike need not be alike: rows may tell when they were written.
type prepared struct {
	dsn    string
	look   string
	filled []string // the tables that have rows
}

// Prepared returns a connection to a database as prepare leaves an empty one;
// all tests of a package give the same prepare. A test that passes leaves its
// database to the next one with its tables emptied, which costs much less than
// to make them. A database that then differs in anything from a new one is
// dropped, and so is that of a test that fails. Nothing may write to it after
// the test.
func Prepared(t testing.TB, prepare func(context.Context, driver.Conn) error) driver.Conn {
	t.Helper()
	db := binary.databases.take()
	isNew := db == nil
	if isNew {
		db = &prepared{dsn: create(t)}
	}
	conn := Open(t, db.dsn)
	t.Cleanup(func() { // before the connection is closed
		err := db.clean(conn)
		if !t.Failed() && err == nil {
			binary.databases.leave(db)
			return
		}
		if err != nil {
			t.Logf("the next test has a new database: %v", err)
		}
		drop(t, db.dsn)
	})
	if !isNew {
		return conn
	}
	if err := prepare(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if err := db.learn(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	return conn
}

func (p *pool) take() (db *prepared) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		db, p.free = p.free[n-1], p.free[:n-1]
	}
	return db
}

func (p *pool) leave(db *prepared) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, db)
}

// learn remembers how the database looks.
func (db *prepared) learn(ctx context.Context, conn driver.Conn) (err error) {
	if db.filled, err = withRows(ctx, conn); err == nil {
		db.look, err = appearance(ctx, conn)
	}
	return err
}

// clean empties the tables that were empty at first, and fails unless the
// database looks as it did then.
func (db *prepared) clean(conn driver.Conn) error {
	ctx := context.Background() // that of the test has ended
	filled, err := withRows(ctx, conn)
	if err != nil {
		return err
	}
	for _, table := range filled {
		if slices.Contains(db.filled, table) {
			continue
		}
		if err := conn.Exec(ctx, "TRUNCATE TABLE `"+table+"` SYNC"); err != nil {
			return fmt.Errorf("emptying table %s: %w", table, err)
		}
	}
	look, err := appearance(ctx, conn)
	if err == nil && look != db.look {
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
