package schema

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"artery/internal/embedded/embeddedtest"
)

func TestMain(m *testing.M) { embeddedtest.Main(m) }

const testProject = "6428c2e2b4b64affa14ec80896695c49"

// migratedDB returns a connection to a database with the whole schema and no rows.
func migratedDB(t testing.TB) driver.Conn {
	t.Helper()
	return embeddedtest.Prepared(t, func(ctx context.Context, conn driver.Conn) error {
		_, err := Migrate(ctx, conn, slog.New(slog.DiscardHandler))
		return err
	})
}

// newEvent is an event with all columns filled; seq also moves its times.
func newEvent(seq uint64, scope, kind, id, op, body string) Event {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(seq) * time.Second)
	return Event{
		Epoch: 1, Seq: seq, Stream: "ARTERY", StoredAt: at.Add(123456789), Subject: "artery.acme." + scope + "." + kind + "." + id,
		Tenant: "acme", Scope: scope, Kind: kind, ID: id, Op: op, ObservedAt: at.Add(5 * time.Millisecond),
		CEID: "ce-1", CEType: "dev.cdeventsx.codearts-" + kind + "." + op + ".0.1.0", CESource: "/codearts/eu/acme/" + scope,
		PrevHash: "aa", StateHash: "bb", PollID: "p1", Mark: "m",
		Headers: map[string]string{"ce-specversion": "1.0", "content-type": "application/json"}, Body: []byte(body),
	}
}

// insert writes events and settles what they change of deployments, as the loader does.
func insert(t testing.TB, conn driver.Conn, events ...Event) {
	t.Helper()
	insertOnly(t, conn, events...)
	if _, err := SettleDeployments(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
}

// insertOnly writes events in one block. It is enough where nothing is asked of deployments and what is judged: to settle takes longer
// than to insert.
func insertOnly(t testing.TB, conn driver.Conn, events ...Event) {
	t.Helper()
	if err := send(t.Context(), conn, events...); err != nil {
		t.Fatal(err)
	}
}

func send(ctx context.Context, conn driver.Conn, events ...Event) error {
	batch, err := conn.PrepareBatch(clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"insert_deduplicate": 0, "async_insert": 0})), InsertEvents)
	if err != nil {
		return err
	}
	var c Columns
	for _, e := range events {
		c.Append(e)
	}
	if err := c.AppendTo(batch); err != nil {
		return err
	}
	return batch.Send()
}

// queryRows returns the rows of a query as JSON objects, in order.
func queryRows(t testing.TB, conn driver.Conn, query string, args ...any) []map[string]any {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT formatRow('JSONEachRow', *) FROM ("+query+") SETTINGS output_format_json_quote_64bit_integers = 0", args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	all := []map[string]any{}
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, m)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func example(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/examples/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// An answered insert into what is no projection survives a power failure.
func TestWhatNobodyCanComputeIsOnTheDisk(t *testing.T) {
	conn := migratedDB(t)
	kept := []string{"deployment_rule_sets", "events", "published_figures", "quarantine"}
	synced := func() (n uint64) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), "SELECT sum(value) FROM system.events WHERE event IN ('FileSync', 'DirectorySync')").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, row := range queryRows(t, conn, "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name") {
		name, engine := row["name"].(string), row["engine_full"].(string)
		if on := strings.Contains(engine, "fsync_after_insert = 1, fsync_part_directory = 1"); on != slices.Contains(kept, name) {
			t.Errorf("%s: on the disk when an insert is answered: %v", name, on)
		}
	}
	before := synced()
	insertOnly(t, conn, newEvent(1, testProject, "later", "x", "created", "{}"))
	if n := synced(); n < before+2 {
		t.Errorf("an insert synced %d files and directories", n-before)
	}
}
