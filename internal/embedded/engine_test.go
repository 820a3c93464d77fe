package embedded_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"artery/internal/embedded"
	"artery/internal/embedded/embeddedtest"
)

// parentEnv makes this test binary start an engine in the named directory,
// print its address and process id, and wait to be killed.
const parentEnv = "ARTERY_TEST_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentEnv); dir != "" {
		os.Unsetenv(parentEnv)
		e, err := embedded.StartEngine(context.Background(), embeddedtest.Options(dir), slog.Default())
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(e.Addr(), e.PID())
		select {}
	}
	embeddedtest.Main(m)
}

func start(t *testing.T, o embedded.EngineOptions) *embedded.Engine {
	t.Helper()
	embeddedtest.RequireLibrary(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e, err := embedded.StartEngine(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(context.Background()) })
	return e
}

func open(t *testing.T, addr string) driver.Conn {
	t.Helper()
	options, err := clickhouse.ParseDSN("http://" + addr + "/default")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// until polls a condition on other processes.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(40 * time.Second); !condition(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// running reports whether a process exists and is no zombie.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// TestKilledEngineComesBack kills the engine three times while batches arrive.
// Every batch that was acknowledged must be in the table, whole.
func TestKilledEngineComesBack(t *testing.T) {
	e := start(t, embeddedtest.Options(t.TempDir()))
	conn := open(t, e.Addr())
	ctx := t.Context()
	if err := conn.Exec(ctx, "CREATE TABLE t (batch UInt64, n UInt32) ENGINE = MergeTree ORDER BY (batch, n)"); err != nil {
		t.Fatal(err)
	}
	const rows = 2000
	stop := make(chan struct{})
	var acked []uint64
	var count atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for id := uint64(0); ; id++ {
			select {
			case <-stop:
				return
			default:
			}
			batch, err := conn.PrepareBatch(ctx, "INSERT INTO t (batch, n)")
			if err != nil {
				continue
			}
			for n := range uint32(rows) {
				_ = batch.Append(id, n)
			}
			if batch.Send() == nil {
				acked = append(acked, id)
				count.Add(1)
			}
		}
	}()
	for kill := 1; kill <= 3; kill++ {
		before := count.Load()
		until(t, "acknowledged batches", func() bool { return count.Load() > before+5 })
		pid := e.PID()
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		until(t, "a new process", func() bool { return e.Restarts() == kill && e.PID() != 0 && e.PID() != pid })
	}
	before := count.Load()
	until(t, "batches after the last restart", func() bool { return count.Load() > before })
	close(stop)
	<-done

	got := map[uint64]uint64{}
	result, err := conn.Query(ctx, "SELECT batch, uniqExact(n) FROM t GROUP BY batch")
	if err != nil {
		t.Fatal(err)
	}
	for result.Next() {
		var batch, n uint64
		if err := result.Scan(&batch, &n); err != nil {
			t.Fatal(err)
		}
		got[batch] = n
	}
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	for _, id := range acked {
		if got[id] != rows {
			t.Errorf("acknowledged batch %d has %d rows, want %d", id, got[id], rows)
		}
	}
	t.Logf("%d batches acknowledged", len(acked))
}

// TestParentDeathEndsTheEngine kills the parent, which cannot clean up, and at
// once starts another engine on the same directory and address: it must wait
// for both and find the data.
func TestParentDeathEndsTheEngine(t *testing.T) {
	embeddedtest.RequireLibrary(t)
	dir := t.TempDir()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentEnv+"="+dir)
	parent.Stderr = os.Stderr
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = parent.Process.Kill() }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var addr string
	var pid int
	if _, err := fmt.Sscan(line, &addr, &pid); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	conn := open(t, addr)
	for _, sql := range []string{"CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n", "INSERT INTO t SELECT number FROM numbers(1000)"} {
		if err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if !running(pid) {
		t.Fatalf("no engine with the process id %d", pid)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	o := embeddedtest.Options(dir)
	o.Listen = addr
	next := start(t, o)
	var n uint64
	if err := open(t, next.Addr()).QueryRow(t.Context(), "SELECT count() FROM t").Scan(&n); err != nil || n != 1000 {
		t.Errorf("%d rows, %v; want 1000", n, err)
	}
	until(t, "the end of the orphan", func() bool { return !running(pid) })
	if next.Restarts() != 0 {
		t.Errorf("%d restarts: the engine gave up on the lock", next.Restarts())
	}
}

// TestLockIsAwaited keeps the first engine running until the second one's
// process has met the lock.
func TestLockIsAwaited(t *testing.T) {
	o := embeddedtest.Options(t.TempDir())
	first := start(t, o)
	refused := &waitFor{text: "Cannot lock file", seen: make(chan struct{})}
	o.Stderr = refused
	ready := make(chan *embedded.Engine)
	go func() {
		second, err := embedded.StartEngine(t.Context(), o, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Error(err)
		}
		ready <- second
	}()
	select {
	case <-ready:
		t.Fatal("two engines run on one directory")
	case <-refused.seen:
	}
	if err := first.Close(t.Context()); err != nil {
		t.Error(err)
	}
	second := <-ready
	if second == nil {
		return
	}
	if second.Restarts() != 0 {
		t.Errorf("%d restarts: the engine gave up on the lock", second.Restarts())
	}
	if err := second.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// waitFor closes seen when the text is written.
type waitFor struct {
	text string
	all  strings.Builder
	seen chan struct{}
}

func (w *waitFor) Write(p []byte) (int, error) {
	before := strings.Contains(w.all.String(), w.text)
	w.all.Write(p)
	if !before && strings.Contains(w.all.String(), w.text) {
		close(w.seen)
	}
	return len(p), nil
}

func TestCloseEndsTheProcess(t *testing.T) {
	e := start(t, embeddedtest.Options(t.TempDir()))
	pid := e.PID()
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if running(pid) || e.PID() != 0 {
		t.Errorf("process %d runs after Close, PID() is %d", pid, e.PID())
	}
	if c, err := net.Dial("tcp", e.Addr()); err == nil {
		c.Close()
		t.Error("the address still accepts connections")
	}
	if err := e.Close(t.Context()); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

// TestCloseWithARunningStatement must not wait for the statement's own end.
func TestCloseWithARunningStatement(t *testing.T) {
	e := start(t, embeddedtest.Options(t.TempDir()))
	conn := open(t, e.Addr())
	ended := make(chan error)
	go func() {
		ended <- conn.Exec(t.Context(), "SELECT sum(cityHash64(number)) FROM numbers(1000000000000) SETTINGS max_execution_time = 300")
	}()
	until(t, "the statement", func() bool {
		var n uint64
		err := conn.QueryRow(t.Context(), "SELECT count() FROM system.processes WHERE query LIKE '%cityHash64%' AND query NOT LIKE '%system.processes%'").Scan(&n)
		return err == nil && n == 1
	})
	begin := time.Now()
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil {
		t.Error("the statement succeeded")
	}
	if d := time.Since(begin); d > 9*time.Second {
		t.Errorf("Close took %v", d)
	}
}

func TestStartFailureExplains(t *testing.T) {
	embeddedtest.RequireLibrary(t)
	for name, change := range map[string]func(o *embedded.EngineOptions){
		"no such library": func(o *embedded.EngineOptions) { o.Library = "/nonexistent/libchdb.so" },
		"no such command": func(o *embedded.EngineOptions) { o.Command = []string{"/nonexistent/artery"} },
		"bad address":     func(o *embedded.EngineOptions) { o.Listen = "127.0.0.1:99999" },
		"directory is a file": func(o *embedded.EngineOptions) {
			o.Dir = filepath.Join(o.Dir, "file")
			if err := os.WriteFile(o.Dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		o := embeddedtest.Options(t.TempDir())
		o.Stderr = io.Discard
		change(&o)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		e, err := embedded.StartEngine(ctx, o, slog.New(slog.DiscardHandler))
		cancel()
		if err == nil {
			_ = e.Close(t.Context())
			t.Errorf("%s: started", name)
		} else if ctx.Err() == context.DeadlineExceeded || !strings.Contains(err.Error(), "engine") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFindLibrary(t *testing.T) {
	t.Setenv(embedded.LibraryEnv, "/nonexistent/libchdb.so")
	if path, err := embedded.FindLibrary(); err == nil {
		t.Errorf("found %s", path)
	}
	file := filepath.Join(t.TempDir(), "x.so")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(embedded.LibraryEnv, file)
	if path, err := embedded.FindLibrary(); err != nil || path != file {
		t.Errorf("found %q, %v; want %q", path, err, file)
	}
	t.Setenv(embedded.LibraryEnv, "")
	t.Chdir(t.TempDir())
	if _, err := embedded.FindLibrary(); err == nil || !strings.Contains(err.Error(), "make engine") {
		t.Errorf("nothing to find: %v", err)
	}
}
