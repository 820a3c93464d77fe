// Package e2e proves the whole pipe from outside: the real programs as processes, a real nats-server, the real
// ClickHouse engine and a simulated CodeArts whose truth is known. A test ends when the tables equal that truth.
package e2e

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"artery/internal/embedded"
)

// natsEnv tells the test binary that it is nats-server: the value is its address, the argument its store.
const natsEnv = "ARTERY_E2E_NATS"

func TestMain(m *testing.M) {
	if listen := os.Getenv(natsEnv); listen != "" {
		os.Exit(serveNATS(listen, os.Args[1]))
	}
	code := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

func serveNATS(listen, store string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server, err := embedded.StartNATS(embedded.NATSOptions{Dir: store, Listen: listen})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	<-ctx.Done()
	server.Close()
	return 0
}

// built are the programs of this test binary, built by the first test that asks for one.
var built struct {
	once sync.Once
	dir  string
	err  error
}

// program is the path of a command, built from this source tree with the version e2e.
func program(t testing.TB, name string) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "artery-e2e-"); built.err != nil {
			return
		}
		if built.err = lookAtSources(); built.err != nil {
			return
		}
		build := exec.Command("go", "build", "-ldflags", "-X main.version=e2e", "-o", built.dir+"/", "./cmd/artery", "./cmd/collector", "./cmd/loader")
		build.Dir = ".."
		if out, err := build.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("building the programs: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, name)
}

// lookAtSources looks at every file that the programs are built of. `go test` notes what a test looks at and takes no old
// result when it has changed; of what `go build` reads it knows nothing.
func lookAtSources() error {
	for _, root := range []string{"../cmd", "../internal", "../go.mod"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.Name() == "node_modules":
				return fs.SkipDir
			}
			_, err = os.Stat(path)
			return err
		})
		if err != nil {
			return fmt.Errorf("looking at the sources: %w", err)
		}
	}
	return nil
}
