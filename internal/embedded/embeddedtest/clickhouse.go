// Package embeddedtest gives tests a real ClickHouse: the embedded engine, one
// child process for each test binary and one database for each test, which no
// other test has used (ClickHouse, Connect) or none has left a trace in
// (Prepared).
//
//	func TestMain(m *testing.M) { embeddedtest.Main(m) }
//
//	func TestX(t *testing.T) {
//		conn := embeddedtest.Connect(t)
package embeddedtest

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"artery/internal/embedded"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// childEnv tells a test binary that it is the engine.
const childEnv = "ARTERY_TEST_ENGINE"

// shared is the engine of this test binary, started by the first test that
// asks for it.
type shared struct {
	once   sync.Once
	main   bool
	dir    string
	engine *embedded.Engine
	err    error

	databases pool
}

// binary belongs to this process: Main and ClickHouse have no common caller
// that could carry it.
var binary shared

// Main runs a package's tests; call it in TestMain. The engine's child process
// is this same binary. Main does not return.
func Main(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(serve(os.Args[1:]))
	}
	binary.main = true
	code := m.Run()
	binary.close()
	os.Exit(code)
}

func serve(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	var o embedded.EngineOptions
	flags := flag.NewFlagSet("engine", flag.ExitOnError)
	o.Flags(flags)
	_ = flags.Parse(args)
	if err := embedded.ServeEngine(ctx, o, log); err != nil && ctx.Err() == nil {
		log.Error("the test engine failed", "err", err)
		return 1
	}
	return 0
}

// Options are engine options for a child process of this test binary that
// Main serves. Tests that need their own engine start it with them.
func Options(dir string) embedded.EngineOptions {
	return embedded.EngineOptions{
		Dir: dir, Listen: "127.0.0.1:0", Memory: 4 << 30,
		Command: []string{os.Args[0]}, Env: []string{childEnv + "=1"},
	}
}

func (s *shared) start() {
	if s.dir, s.err = os.MkdirTemp("", "artery-test-engine-"); s.err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s.engine, s.err = embedded.StartEngine(ctx, Options(s.dir), log)
}

func (s *shared) close() {
	if s.engine != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_ = s.engine.Close(ctx)
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

// RequireLibrary skips the test when libchdb is not installed; with CI set in
// the environment it fails.
func RequireLibrary(t testing.TB) {
	t.Helper()
	if _, err := embedded.FindLibrary(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// ClickHouse returns the clickhouse-go DSN (HTTP) of a fresh database that is
// dropped when the test ends.
func ClickHouse(t testing.TB) (dsn string) {
	t.Helper()
	dsn = create(t)
	t.Cleanup(func() { drop(t, dsn) })
	return dsn
}

// create makes an empty database and returns its DSN.
func create(t testing.TB) (dsn string) {
	t.Helper()
	if !binary.main {
		t.Fatal("a test with ClickHouse needs `func TestMain(m *testing.M) { embeddedtest.Main(m) }` in its package")
	}
	RequireLibrary(t)
	binary.once.Do(binary.start)
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	if err := exec(binary.engine.Addr(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return "http://" + binary.engine.Addr() + "/" + name
}

func drop(t testing.TB, dsn string) {
	t.Helper()
	if err := exec(binary.engine.Addr(), "DROP DATABASE IF EXISTS "+path.Base(dsn)+" SYNC"); err != nil {
		t.Error(err)
	}
}

// Connect returns a connection to a fresh, empty database; both end with the
// test.
func Connect(t testing.TB) driver.Conn {
	t.Helper()
	return Open(t, ClickHouse(t))
}

// Open returns a connection to a database that ends with the test.
func Open(t testing.TB, dsn string) driver.Conn {
	t.Helper()
	options, err := clickhouse.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func exec(addr, sql string) error {
	resp, err := http.Post("http://"+addr+"/?"+url.Values{"query": {sql}}.Encode(), "text/plain", nil)
	if err != nil {
		return fmt.Errorf("preparing the test database: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("preparing the test database: %s", text)
	}
	return nil
}
