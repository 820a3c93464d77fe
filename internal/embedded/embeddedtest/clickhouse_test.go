package embeddedtest_test

import (
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"artery/internal/embedded/embeddedtest"
)

func TestMain(m *testing.M) { embeddedtest.Main(m) }

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	seen := map[string]bool{}
	for range 2 {
		t.Run("", func(t *testing.T) {
			options, err := clickhouse.ParseDSN(embeddedtest.ClickHouse(t))
			if err != nil {
				t.Fatal(err)
			}
			db, err := clickhouse.Open(options)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var name string
			if err := db.QueryRow(t.Context(), "SELECT currentDatabase()").Scan(&name); err != nil {
				t.Fatal(err)
			}
			if name != options.Auth.Database || seen[name] {
				t.Errorf("database %q, DSN says %q, seen %v", name, options.Auth.Database, seen)
			}
			seen[name] = true
			if err := db.Exec(t.Context(), "CREATE TABLE only_one (a Int32) ENGINE = MergeTree ORDER BY a"); err != nil {
				t.Error(err)
			}
		})
	}
}
