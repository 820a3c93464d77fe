package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// LibraryEnv names the environment variable with the path of libchdb.so.
const LibraryEnv = "ARTERY_LIBCHDB"

const (
	libraryFile = "libchdb.so"
	libraryNPM  = "internal/embedded/libchdb/node_modules/@chdb/lib-linux-x64-gnu/" + libraryFile
)

// FindLibrary returns the absolute path of libchdb.so: what ARTERY_LIBCHDB
// says, or the file beside the executable, or the one that `make engine`
// installs in the source tree around the working directory.
func FindLibrary() (string, error) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return "", fmt.Errorf("the embedded ClickHouse engine exists for linux/amd64 only, this is %s/%s: use a ClickHouse server by address",
			runtime.GOOS, runtime.GOARCH)
	}
	if path := os.Getenv(LibraryEnv); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("finding the ClickHouse engine named by %s: %w", LibraryEnv, err)
		}
		return filepath.Abs(path)
	}
	if self, err := os.Executable(); err == nil {
		if path := filepath.Join(filepath.Dir(self), libraryFile); isFile(path) {
			return path, nil
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the ClickHouse engine: %w", err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if isFile(filepath.Join(dir, "go.mod")) {
			if path := filepath.Join(dir, libraryNPM); isFile(path) {
				return path, nil
			}
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("finding the ClickHouse engine: no %s in %s, beside the executable or in the source tree: run `make engine` in the source tree",
				libraryFile, LibraryEnv)
		}
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
