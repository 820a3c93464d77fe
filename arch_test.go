package artery

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// imports says which of our packages a package may import. Data flows one way: events know nobody, CodeArts knows nobody,
// and only cmd joins the pollers or the loader with the stream.
var imports = map[string][]string{
	"internal/events":                {},
	"internal/codearts":              {},
	"internal/codearts/codeartstest": {},
	"internal/daemon":                {},
	"internal/fleet":                 {},
	"internal/embedded/chdb":         {},
	"internal/embedded/chhttp":       {"internal/embedded/chdb"},
	"internal/embedded":              {"internal/embedded/chdb", "internal/embedded/chhttp"},
	"internal/embedded/embeddedtest": {"internal/embedded"},
	"internal/schema":                {},
	"internal/stream":                {"internal/events"},
	"internal/stream/streamtest":     {"internal/events"},
	"internal/pollers":               {"internal/events", "internal/codearts"},
	"internal/incidents":             {"internal/events"},
	"internal/loader":                {"internal/events", "internal/schema"},
	"internal/notify":                {"internal/schema"},
	"internal/report":                {"internal/schema"},
	"dashboards":                     {"internal/schema"},
	"cmd/internal/service":           {"internal/codearts", "internal/daemon", "internal/events", "internal/fleet", "internal/incidents", "internal/loader", "internal/notify", "internal/pollers", "internal/schema", "internal/stream"},
	"cmd/collector":                  {"cmd/internal/service", "internal/daemon"},
	"cmd/loader":                     {"cmd/internal/service", "internal/daemon"},
	"cmd/artery":                     {"cmd/internal/service", "internal/codearts/codeartstest", "internal/daemon", "internal/embedded", "internal/loader", "internal/pollers", "internal/report", "internal/schema", "internal/stream"},
}

// never are packages that no product code may import, with the reason.
var never = map[string]string{
	"testing": "tests stay out of the product; test support packages are named *test",
	"github.com/huaweicloud/huaweicloud-sdk-go-v3": "it takes a 200 with an error for an empty list; it is an oracle for tests in a module of its own",
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range list(t) {
		path := strings.TrimPrefix(p.ImportPath, "artery/")
		allowed, known := imports[path]
		if !known {
			if len(p.GoFiles) > 0 && path != "artery" && !strings.HasPrefix(path, "e2e") && !strings.Contains(path, "test") {
				t.Errorf("%s is not in the table of imports; say where it stands", path)
			}
			continue
		}
		for _, i := range p.Imports {
			ours, isOurs := strings.CutPrefix(i, "artery/")
			if isOurs && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s, which the table does not allow", path, ours)
			}
			if why, bad := never[i]; bad && !strings.HasSuffix(path, "test") {
				t.Errorf("%s imports %s: %s", path, i, why)
			}
		}
	}
}

type goPackage struct {
	ImportPath string
	GoFiles    []string
	Imports    []string
}

func list(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,GoFiles,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
