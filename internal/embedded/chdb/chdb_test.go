package chdb_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"artery/internal/embedded"
	"artery/internal/embedded/chdb"
)

// TestEngine is one test, because a process can use one data directory only.
func TestEngine(t *testing.T) {
	path, err := embedded.FindLibrary()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	lib, err := chdb.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(lib.Version(), "26.7.") {
		t.Errorf("version %s, want 26.7", lib.Version())
	}
	args := []string{"--path=" + t.TempDir(), "--async_insert=0"}
	conn, err := lib.Connect(args...)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Exec("CREATE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n"); err != nil {
		t.Fatal(err)
	}
	query := func(sql string, params chdb.Params) string {
		t.Helper()
		r, err := conn.Query(sql, "TabSeparated", params)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Free()
		return strings.TrimSpace(string(r.Bytes()))
	}

	t.Run("parameters", func(t *testing.T) {
		if got := query("SELECT {a:UInt8} + 1, {b:String}", chdb.Params{"a": "41", "b": `x\ty'`}); got != `42	x\ty\'` {
			t.Errorf("got %q", got)
		}
	})
	t.Run("typed errors", func(t *testing.T) {
		var e *chdb.Error
		if err := conn.Exec("SELECT * FROM nothing"); !errors.As(err, &e) || e.Code != 60 {
			t.Errorf("query: %v", err)
		}
		if err := conn.Stream("SELECT * FROM nothing", "Native", nil, nil); !errors.As(err, &e) || e.Code != 60 {
			t.Errorf("stream: %v", err)
		}
		if _, err := conn.Insert("INSERT INTO nothing", "TSV", nil); !errors.As(err, &e) || e.Code != 60 {
			t.Errorf("insert: %v", err)
		}
	})
	t.Run("insert in pieces", func(t *testing.T) {
		in, err := conn.Insert("INSERT INTO t", "TabSeparated", nil)
		if err != nil {
			t.Fatal(err)
		}
		var rows bytes.Buffer
		for i := range 10_000 {
			fmt.Fprintf(&rows, "%d\trow %d\n", i, i)
		}
		for rows.Len() > 0 { // pieces end within rows
			if _, err := in.Write(rows.Next(1001)); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := in.Done(); n != 10_000 || err != nil {
			t.Errorf("%d rows written, %v", n, err)
		}
		if got := query("SELECT countIf(s = 'row ' || toString(n)) FROM t", nil); got != "10000" {
			t.Errorf("%s rows as sent", got)
		}
	})
	t.Run("cancelled and failed inserts leave nothing", func(t *testing.T) {
		in, err := conn.Insert("INSERT INTO t", "TabSeparated", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write([]byte("1\tx\n")); err != nil {
			t.Fatal(err)
		}
		in.Cancel()
		if in, err = conn.Insert("INSERT INTO t", "TabSeparated", nil); err != nil {
			t.Fatal(err)
		}
		_, err = in.Write([]byte("1\tx\ny\tz\n"))
		_, doneErr := in.Done()
		var e *chdb.Error
		if !errors.As(errors.Join(err, doneErr), &e) || e.Code != 27 {
			t.Errorf("bad row: %v, %v", err, doneErr)
		}
		if got := query("SELECT count() FROM t", nil); got != "10000" {
			t.Errorf("%s rows", got)
		}
	})
	t.Run("stream stops early", func(t *testing.T) {
		stop := errors.New("enough")
		chunks := 0
		err := conn.Stream("SELECT number FROM numbers(100000000000)", "RowBinary", nil, func(chunk []byte) error {
			if chunks++; chunks == 3 {
				return stop
			}
			return nil
		})
		if !errors.Is(err, stop) || chunks != 3 {
			t.Errorf("%d chunks, %v", chunks, err)
		}
		if got := query("SELECT 5", nil); got != "5" {
			t.Errorf("the session gives %q afterwards", got)
		}
	})
	t.Run("Go keeps its signals", func(t *testing.T) {
		for range 20 {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("no panic")
					}
				}()
				var p *chdb.Error
				_ = query(fmt.Sprint("SELECT ", p.Code), nil)
			}()
		}
	})
	t.Run("sessions are separate", func(t *testing.T) {
		other, err := lib.Connect(args...)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		if err := other.Exec("SET max_block_size = 99"); err != nil {
			t.Fatal(err)
		}
		if got := query("SELECT getSetting('max_block_size')", nil); got == "99" {
			t.Error("a setting of one session is seen by another")
		}
	})
	t.Run("data outlives the connection", func(t *testing.T) {
		conn.Close()
		if conn, err = lib.Connect(args...); err != nil {
			t.Fatal(err)
		}
		if got := query("SELECT count() FROM t", nil); got != "10000" {
			t.Errorf("%s rows", got)
		}
	})
	conn.Close()
	lib.Shutdown()
}

func TestOpenExplains(t *testing.T) {
	for _, path := range []string{"", "/nonexistent/libchdb.so", "libc.so.6"} {
		if _, err := chdb.Open(path); err == nil || !strings.Contains(err.Error(), "libchdb") {
			t.Errorf("%q: %v", path, err)
		}
	}
}
