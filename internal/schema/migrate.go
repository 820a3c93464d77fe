package schema

import (
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one numbered SQL file. Its statements must be safe to repeat
// (IF NOT EXISTS): a crash in the middle, or two migrators at once, run some
// of them twice.
type migration struct {
	version    uint32
	name       string
	checksum   string
	statements []string
}

// The key holds name and checksum besides the version, so that two programs
// which disagree about a migration leave two rows, and the next start refuses.
const createMigrations = `CREATE TABLE IF NOT EXISTS schema_migrations
(
    version    UInt32,
    name       String,
    checksum   String,
    applied_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (version, name, checksum)`

// Migrate brings the connection's database to this program's schema and
// returns how many migrations it applied. It refuses, without changing
// anything, when the database knows a version that this program does not, when
// an applied file has changed since, and when an applied version is missing.
func Migrate(ctx context.Context, conn driver.Conn, log *slog.Logger) (applied int, err error) {
	all, err := readMigrations(migrationFiles, "migrations")
	if err != nil {
		return 0, err
	}
	return migrate(ctx, conn, log, all)
}

func migrate(ctx context.Context, conn driver.Conn, log *slog.Logger, all []migration) (applied int, err error) {
	if err := conn.Exec(ctx, createMigrations); err != nil {
		return 0, fmt.Errorf("creating schema_migrations: %w", err)
	}
	done, err := appliedMigrations(ctx, conn)
	if err != nil {
		return 0, err
	}
	if err := compare(all, done); err != nil {
		return 0, err
	}
	// The statements first, the row that says so last.
	for _, m := range all[len(done):] {
		for i, s := range m.statements {
			if err := conn.Exec(ctx, s); err != nil {
				return applied, fmt.Errorf("applying migration %04d_%s, statement %d: %w", m.version, m.name, i+1, err)
			}
		}
		if err := fill(ctx, conn, log, m); err != nil {
			return applied, fmt.Errorf("applying migration %04d_%s: %w", m.version, m.name, err)
		}
		err := conn.Exec(ctx, "INSERT INTO schema_migrations (version, name, checksum, applied_at) SELECT toUInt32(?), ?, ?, now64(3)", m.version, m.name, m.checksum)
		if err != nil {
			return applied, fmt.Errorf("recording migration %04d_%s: %w", m.version, m.name, err)
		}
		applied++
		log.Info("applied migration", "version", m.version, "name", m.name)
	}
	return applied, nil
}

// fill computes the projections that a migration makes, or makes of more, from what events hold already: a view sees only what
// comes after it, and an insert that goes on meanwhile the view as it was.
// The migration counts as applied when they are filled, so that one that was cut off is repeated.
func fill(ctx context.Context, conn driver.Conn, log *slog.Logger, m migration) error {
	made := slices.DeleteFunc(slices.Clone(Projections), func(p Projection) bool {
		return !slices.ContainsFunc(m.statements, func(s string) bool {
			return strings.Contains(s, "CREATE MATERIALIZED VIEW IF NOT EXISTS "+p.View+" TO ") || strings.Contains(s, "ALTER TABLE "+p.View+" MODIFY QUERY")
		})
	})
	if len(made) == 0 {
		return nil
	}
	var stored uint64
	if err := conn.QueryRow(ctx, "SELECT count() FROM events").Scan(&stored); err != nil {
		return fmt.Errorf("counting events: %w", err)
	}
	if stored == 0 { // a first start: nothing to compute, and no reason to plan each of the queries
		return nil
	}
	for _, p := range made {
		_, history, err := viewQuery(ctx, conn, p)
		if err != nil {
			return err
		}
		var some uint64
		if err := conn.QueryRow(ctx, "SELECT count() FROM (SELECT 1 FROM ("+history+") LIMIT 1)").Scan(&some); err != nil {
			return fmt.Errorf("looking for what %s is to hold: %w", p.Table, err)
		}
		if some == 0 {
			continue
		}
		log.Info("filling a new table from events", "table", p.Table)
		if err := rebuild(ctx, conn, p); err != nil {
			return err
		}
	}
	return nil
}

// compare checks that done is the beginning of all.
func compare(all, done []migration) error {
	for i, d := range done {
		if d.version > uint32(len(all)) {
			return fmt.Errorf("the database has schema version %d (%s), this program knows only %d: start a newer program", d.version, d.name, len(all))
		}
		if want := uint32(i + 1); d.version != want {
			if i > 0 && done[i-1].version == d.version {
				return fmt.Errorf("schema version %d was applied in two forms, %s (%.12s) and %s (%.12s): two different programs migrated this database; restore it or use a new one",
					d.version, done[i-1].name, done[i-1].checksum, d.name, d.checksum)
			}
			return fmt.Errorf("schema version %d is missing in the database although %d is applied: schema_migrations was changed by hand; restore its rows", want, d.version)
		}
		m := all[i]
		if d.name != m.name || d.checksum != m.checksum {
			return fmt.Errorf("schema version %d in the database is %s (%.12s), in this program %s (%.12s): a released migration was changed; start the program that applied it, or use a new database",
				d.version, d.name, d.checksum, m.name, m.checksum)
		}
	}
	return nil
}

func appliedMigrations(ctx context.Context, conn driver.Conn) ([]migration, error) {
	rows, err := conn.Query(ctx, "SELECT version, name, checksum FROM schema_migrations FINAL ORDER BY version, name, checksum")
	if err != nil {
		return nil, fmt.Errorf("reading schema_migrations: %w", err)
	}
	defer rows.Close()
	var done []migration
	for rows.Next() {
		var m migration
		if err := rows.Scan(&m.version, &m.name, &m.checksum); err != nil {
			return nil, fmt.Errorf("reading schema_migrations: %w", err)
		}
		done = append(done, m)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading schema_migrations: %w", err)
	}
	return done, nil
}

// readMigrations reads the files NNNN_name.sql of dir, whose numbers must run
// from 1 without a gap.
func readMigrations(fsys fs.FS, dir string) ([]migration, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	var all []migration
	for _, e := range entries {
		number, name, ok := strings.Cut(strings.TrimSuffix(e.Name(), ".sql"), "_")
		version, err := strconv.ParseUint(number, 10, 32)
		if !ok || err != nil || len(number) != 4 {
			return nil, fmt.Errorf("reading migrations: %s is not named NNNN_name.sql", e.Name())
		}
		text, err := fs.ReadFile(fsys, path.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading migrations: %w", err)
		}
		statements, err := splitStatements(string(text))
		if err != nil {
			return nil, fmt.Errorf("reading migration %s: %w", e.Name(), err)
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{uint32(version), name, hex.EncodeToString(sum[:]), statements})
	}
	slices.SortFunc(all, func(a, b migration) int { return cmp.Compare(a.version, b.version) })
	for i, m := range all {
		if m.version != uint32(i+1) {
			return nil, fmt.Errorf("reading migrations: number %04d is missing or doubled before %04d_%s", i+1, m.version, m.name)
		}
	}
	return all, nil
}
