package schema

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Pending counts the migrations that Migrate would apply to the connection's database, which need not exist. It changes
// nothing, and refuses what Migrate would refuse.
func Pending(ctx context.Context, conn driver.Conn) (int, error) {
	all, err := readMigrations(migrationFiles, "migrations")
	if err != nil {
		return 0, err
	}
	var migrated uint64
	if err := conn.QueryRow(ctx, "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migrations'").Scan(&migrated); err != nil {
		return 0, fmt.Errorf("looking for schema_migrations: %w", err)
	}
	if migrated == 0 {
		return len(all), nil
	}
	done, err := appliedMigrations(ctx, conn)
	if err != nil {
		return 0, err
	}
	return len(all) - len(done), compare(all, done)
}
