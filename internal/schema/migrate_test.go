package schema

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"artery/internal/embedded/embeddedtest"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

var update = flag.Bool("update", false, "write testdata/final.sql anew")

// finalSchema is SHOW CREATE of every object, sorted, without the database.
func finalSchema(t *testing.T, conn driver.Conn) string {
	t.Helper()
	var b strings.Builder
	for _, row := range queryRows(t, conn, "SELECT database, name, create_table_query AS query FROM system.tables WHERE database = currentDatabase() AND name != 'schema_migrations' ORDER BY name") {
		var text string
		if err := conn.QueryRow(t.Context(), "SELECT formatQuery(?)", row["query"]).Scan(&text); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s;\n\n", strings.ReplaceAll(text, row["database"].(string)+".", ""))
	}
	return b.String()
}

func TestMigrateGivesTheFinalSchema(t *testing.T) {
	conn := embeddedtest.Connect(t)
	n, err := Migrate(t.Context(), conn, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	files, _ := os.ReadDir("migrations")
	if n != len(files) {
		t.Errorf("applied %d migrations, there are %d files", n, len(files))
	}
	got := finalSchema(t, conn)
	if *update {
		if err := os.WriteFile("testdata/final.sql", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	isFinal(t, conn)

	n, err = Migrate(t.Context(), conn, slog.New(slog.DiscardHandler))
	if n != 0 || err != nil {
		t.Errorf("the second run applied %d, %v", n, err)
	}
	if again := finalSchema(t, conn); again != got {
		t.Errorf("the second run changed the schema\n%s", firstDifference(again, got))
	}
}

func isFinal(t *testing.T, conn driver.Conn) {
	t.Helper()
	want, err := os.ReadFile("testdata/final.sql")
	if err != nil {
		t.Fatal(err)
	}
	if got := finalSchema(t, conn); got != string(want) {
		t.Errorf("the schema is not testdata/final.sql; run go test -update and read the difference\n%s", firstDifference(got, string(want)))
	}
}

func firstDifference(a, b string) string {
	al, bl := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(al), len(bl)) {
		if al[i] != bl[i] {
			return fmt.Sprintf("line %d: %q, want %q", i+1, al[i], bl[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(al), len(bl))
}

func TestMigrateRefuses(t *testing.T) {
	const insertRow = "INSERT INTO schema_migrations SELECT toUInt32(?), ?, ?, now64(3)"
	tests := []struct {
		name   string
		change func(t *testing.T, conn driver.Conn, all []migration)
		want   string
	}{
		{"future version", func(t *testing.T, conn driver.Conn, all []migration) {
			exec(t, conn, insertRow, len(all)+1, "later", "abc")
		}, "start a newer program"},
		{"changed file", func(t *testing.T, conn driver.Conn, all []migration) {
			exec(t, conn, "ALTER TABLE schema_migrations DELETE WHERE version = 2 SETTINGS mutations_sync = 1")
			exec(t, conn, insertRow, 2, all[1].name, "abc")
		}, "a released migration was changed"},
		{"renamed file", func(t *testing.T, conn driver.Conn, all []migration) {
			exec(t, conn, "ALTER TABLE schema_migrations DELETE WHERE version = 2 SETTINGS mutations_sync = 1")
			exec(t, conn, insertRow, 2, "other", all[1].checksum)
		}, "a released migration was changed"},
		{"gap", func(t *testing.T, conn driver.Conn, _ []migration) {
			exec(t, conn, "ALTER TABLE schema_migrations DELETE WHERE version = 3 SETTINGS mutations_sync = 1")
		}, "schema version 3 is missing"},
		{"two forms", func(t *testing.T, conn driver.Conn, all []migration) {
			exec(t, conn, insertRow, 1, all[0].name, "zzz")
		}, "schema version 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn := embeddedtest.Connect(t)
			all, err := readMigrations(migrationFiles, "migrations")
			if err != nil {
				t.Fatal(err)
			}
			exec(t, conn, createMigrations) // nothing else is looked at before it refuses, and nothing made
			for _, m := range all {
				exec(t, conn, insertRow, m.version, m.name, m.checksum)
			}
			tt.change(t, conn, all)
			n, err := Migrate(t.Context(), conn, slog.New(slog.DiscardHandler))
			if n != 0 || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("applied %d, %v; want an error with %q", n, err, tt.want)
			}
			if made := finalSchema(t, conn); made != "" {
				t.Errorf("it refused, and made %s", made)
			}
		})
	}
}

func exec(t testing.TB, conn driver.Conn, query string, args ...any) {
	t.Helper()
	if err := conn.Exec(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// A migrator that dies leaves the first statements of a migration done and the migration unrecorded. Here one dies after
// every statement of every migration, in its turn.
func TestMigrateAfterInterruption(t *testing.T) {
	conn := embeddedtest.Connect(t)
	all, err := readMigrations(migrationFiles, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range all {
		for k := range m.statements {
			for _, s := range m.statements[:k+1] {
				exec(t, conn, s)
			}
		}
		if n, err := migrate(t.Context(), conn, slog.New(slog.DiscardHandler), all[:i+1]); n != 1 || err != nil {
			t.Fatalf("after all statements of %04d_%s: applied %d, %v", m.version, m.name, n, err)
		}
	}
	isFinal(t, conn)
}

func TestTwoMigratorsAtOnce(t *testing.T) {
	conn := embeddedtest.Connect(t)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if _, err := Migrate(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	isFinal(t, conn)
	if n, err := Migrate(t.Context(), conn, slog.New(slog.DiscardHandler)); n != 0 || err != nil {
		t.Errorf("a third migrator applied %d, %v", n, err)
	}
}

func TestSplitStatements(t *testing.T) {
	got, err := splitStatements("-- a; comment\nSELECT 'x;y', \"a;b\", `c;d`; /* ; */ SELECT 'it''s; \\';' -- ;\n;\n-- the end;\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"-- a; comment\nSELECT 'x;y', \"a;b\", `c;d`",
		"/* ; */ SELECT 'it''s; \\';' -- ;",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for _, bad := range []string{"SELECT 'x", "SELECT /* 1", "SELECT `a\\`"} {
		if got, err := splitStatements(bad); err == nil {
			t.Errorf("%q split into %q", bad, got)
		}
	}
}

// A projection that is younger than the events has their rows all the same: the runs of a database of schema 20 have states.
// An upgrade that was cut off before the migration was recorded fills the table in the next try.
func TestMigrateFillsNewTables(t *testing.T) {
	conn := embeddedtest.Connect(t)
	all, err := readMigrations(migrationFiles, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrate(t.Context(), conn, slog.New(slog.DiscardHandler), all[:20]); err != nil {
		t.Fatal(err)
	}
	insertOnly(t, conn, newEvent(1, testProject, "run", "r1", "created", runBody(1, "RUNNING", "")), newEvent(2, testProject, "run", "r1", "changed", runBody(1, "FAILED", "")),
		newEvent(4, testProject, "coverage", "p1", "created", `{"from":1677513600000,"to":1678118399000,"complete":true}`),
		newEvent(5, testProject, "poll", "", "completed", `{"poller":"pipelines","last":true,"every_s":600,"finished_at":"2026-03-01T12:00:01Z"}`))
	states := all[slices.IndexFunc(all, func(m migration) bool { return m.name == "run_states" })]
	for _, statement := range states.statements {
		exec(t, conn, statement)
	}
	insertOnly(t, conn, newEvent(3, testProject, "run", "r2", "created", runBody(2, "RUNNING", ""))) // by a loader that goes on meanwhile
	if _, err := Migrate(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range queryRows(t, conn, "SELECT run_id, status FROM run_states FINAL ORDER BY ver") {
		got = append(got, fmt.Sprint(row["run_id"], " ", row["status"]))
	}
	if want := []string{"r1 RUNNING", "r1 FAILED", "r2 RUNNING"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// New columns of tables that are there are filled too.
	for _, p := range Projections {
		if slices.Contains([]string{"run_numbers", "polls", "coverage_states"}, p.Table) {
			if v, err := VerifyProjection(t.Context(), conn, p, 1, 5); err != nil || v.Rows != 1 || v.Fault() {
				t.Errorf("%s: %+v, %v", p.Table, v, err)
			}
		}
	}
	for query, want := range map[string]string{
		"SELECT every_s FROM freshness":                                            `[{"every_s":600}]`,
		"SELECT stored, expected FROM completeness_as_of(as_of = now64(3, 'UTC'))": `[{"expected":2,"stored":2}]`,
	} {
		if got := marshal(t, queryRows(t, conn, query)); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}
