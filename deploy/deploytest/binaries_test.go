package deploytest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The images of the services are built from nothing, so their binaries must be static: no cgo, and not the package that
// loads the ClickHouse engine, which links the C library even without cgo. Nor do they hold anything simulated.
func TestServicesAreStatic(t *testing.T) {
	for _, service := range []string{"collector", "loader"} {
		list := exec.Command("go", "list", "-deps", "./cmd/"+service)
		list.Dir, list.Env = root, append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		packages := strings.Fields(string(out))
		if len(packages) < 100 {
			t.Fatalf("go list names only %d packages", len(packages))
		}
		for _, p := range packages {
			engine := strings.HasPrefix(p, "github.com/ebitengine/purego") || strings.HasPrefix(p, "artery/internal/embedded")
			simulated := strings.HasPrefix(p, "artery/") && strings.HasSuffix(p, "test")
			if engine || simulated || p == "runtime/cgo" {
				t.Errorf("%s imports %s", service, p)
			}
		}
	}
}
