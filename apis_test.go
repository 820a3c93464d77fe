package artery

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"
	"artery/internal/pollers"
	"artery/internal/schema"
)

var update = flag.Bool("update", false, "write docs/apis.md")

// apiPage is generated from the code: the table of probes, the table of pollers with their schedules, and what is written here.
const apiPage = "docs/apis.md"

// example is the tenant whose calls of a day the page shows.
var example = pollers.Estate{
	Projects: 20, Listed: 25, Pipelines: 500, Runs: 3000, RunTime: 8 * time.Minute, Waiting: 2, Kept: 270_000,
	Repositories: 650, BuildDomains: 1, Templates: 60, Rules: 120, RuleSets: 8, ProjectRuleSets: 20, OpenSource: 2, ProjectOpenSource: 20,
	Publishers: 6, Plugins: 130, BasicPlugins: 15, Optional: 246, Failed: 0.15, LogPages: 1.5,
}

// TestAPIPage: the page is what the code says. A new API needs a line in apiNotes, a new kind one in
// kindTables; then go test . -run APIPage -update.
func TestAPIPage(t *testing.T) {
	page := apiTable(t)
	if *update {
		if err := os.MkdirAll(filepath.Dir(apiPage), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(apiPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(apiPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(old) != page {
		t.Errorf("%s is not what the code says; run: go test . -run APIPage -update", apiPage)
	}
}

func apiTable(t *testing.T) string {
	t.Helper()
	demands, err := (&pollers.Tenant{}).Demands(example)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]pollers.Poller{}
	for _, p := range pollers.All() {
		byName[p.Name] = p
	}
	var rows strings.Builder
	total := 0.0
	for _, api := range codearts.Documented() {
		note, known := apiNotes[api.Name]
		if !known {
			t.Errorf("the API %s is new: give it a line in apiNotes of apinotes_test.go, and each of its kinds one in kindTables", api.Name)
		}
		permission := "not documented"
		if api.Permission != "" {
			permission = "`" + api.Permission + "`"
		}
		sdk := "not in the SDK"
		if note.sdk != "" {
			sdk = "`" + note.sdk + "`"
		}
		tests := "`" + note.golden + "`, " + sdk
		asked := slices.DeleteFunc(slices.Clone(demands), func(d pollers.Demand) bool { return d.API != api.Name })
		if len(asked) == 0 {
			fmt.Fprintf(&rows, "| %s | `%s` | none | | | %s | | | %s |\n", short(api.Document), api.Name, permission, tests)
		}
		for _, d := range asked {
			total += d.Calls
			var kinds, tables []string
			for _, kind := range note.kinds {
				if !slices.Contains(byName[d.Poller].Kinds, kind) {
					continue
				}
				kinds = append(kinds, "`"+string(kind)+"`")
				for _, table := range kindTables[kind] {
					if name := "`" + table + "`"; !slices.Contains(tables, name) {
						tables = append(tables, name)
					}
				}
			}
			fmt.Fprintf(&rows, "| %s | `%s` | `%s`: %s | %s | %s | %s | `%s` | %s | %s |\n", short(api.Document), api.Name, d.Poller, d.For,
				strings.Join(kinds, " "), strings.Join(tables, " "), permission, d.Schedule, thousands(d.Calls), tests)
		}
	}
	e := example
	return fmt.Sprintf(apiText, e.Projects, e.Pipelines, thousands(e.Runs), e.RunTime/time.Minute, 100*e.Failed, e.Repositories, e.Rules, e.Plugins, e.Waiting, rows.String(), thousands(total), total/86400)
}

const apiText = `# APIs, pollers, tables

Every read API of the documents: who calls it and when, what its answers become, and what that costs. This page is made by
` + "`go test . -run APIPage -update`" + ` from the tables in the code, and a test holds it.

- **Poller: what takes a call.** Names and schedules are the keys of ` + "`schedules`" + ` in the configuration; ` + "`off`" + ` switches a poller off.
- **Permission** of an IAM user, as the API's document names it. Where none is documented: read access, and membership of the project.
- **Calls a day**, by the default schedules, for a tenant of %d projects with %d pipelines, %s runs a day that take %d minutes, %.0f %% of which fail,
  %d repositories, %d rules, %d plug-ins, and %v runs that wait for somebody. It is a day after the first start. 0 stands for what only an edit
  brings: each costs one call. ` + "`artery check`" + ` prints the same table for the tenants of a configuration, by what it finds there, and
  warns where the limits do not allow it. The figures are computed (` + "`internal/pollers/estimate.go`" + `) and compared with a day of a simulated tenant.
- **Tests**: one that reads the document's own example (4.9.25 prints none: there it is made by the table), and the method of the
  vendor's SDK that reads the same from the simulated CodeArts (` + "`internal/codearts/oracle`" + `). That the log equals what CodeArts has is
  held by ` + "`TestTruth`, `TestConfigsEqualTruth` and `TestExtensionsEqualTruth`" + `, that the tables do by ` + "`TestTablesEqualTruth`" + `.

| document | API | poller: what takes a call | kinds | tables and views | permission | schedule | calls a day | tests |
|---|---|---|---|---|---|---|--:|---|
%s
All together %s calls a day, %.2f a second. Signing in by password costs about one more a day.
`

// short is a document's name as the page has it.
func short(document string) string {
	return strings.TrimPrefix(strings.Replace(document, "API Reference ", "", 1), "CodeArts ")
}

// thousands writes a whole number with its thousands apart.
func thousands(n float64) string {
	text := fmt.Sprintf("%.0f", n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// TestAPINotes: what the page says beside the code is true: the tests exist, the SDK's methods are called, the tables are there
// and are filled from those kinds, and every kind of a poller comes from one of its APIs.
func TestAPINotes(t *testing.T) {
	ours, oracle := goFiles(t, "internal/codearts/*_test.go"), goFiles(t, "internal/codearts/oracle/*_test.go")
	shown := map[events.Kind]bool{}
	for api, note := range apiNotes {
		if !slices.Contains(codearts.APIs(), api) {
			t.Errorf("there is no API %s", api)
		}
		if !strings.Contains(ours, "func "+note.golden+"(") || !regexp.MustCompile(`\b`+api+`\b`).MatchString(ours) {
			t.Errorf("%s: there is no test %s, or it says nothing of the API", api, note.golden)
		}
		if note.sdk != "" && !strings.Contains(oracle, "."+note.sdk+"(") {
			t.Errorf("%s: the oracle does not call %s", api, note.sdk)
		}
		for _, kind := range note.kinds {
			shown[kind] = true
		}
	}
	for _, p := range pollers.All() {
		for _, kind := range p.Kinds {
			if !shown[kind] {
				t.Errorf("the poller %s observes %s, which no API in apiNotes shows", p.Name, kind)
			}
		}
	}
	final, err := os.ReadFile("internal/schema/testdata/final.sql")
	if err != nil {
		t.Fatal(err)
	}
	statements := strings.Split(string(final), ";\n")
	about := func(create, name string) string {
		for _, s := range statements {
			if strings.Contains(s, create+name+"\n") || strings.Contains(s, create+name+" ") {
				return s
			}
		}
		return ""
	}
	for kind := range shown {
		if len(kindTables[kind]) == 0 {
			t.Errorf("the kind %s has no table in kindTables", kind)
		}
		for i, name := range kindTables[kind] {
			if about("TABLE ", name) == "" && about("VIEW ", name) == "" {
				t.Errorf("%s: there is no table or view %s", kind, name)
			}
			if at := slices.IndexFunc(schema.Projections, func(p schema.Projection) bool { return p.Table == name }); at >= 0 {
				view := about("VIEW ", schema.Projections[at].View)
				if !strings.Contains(view, "'"+string(kind)+"'") {
					t.Errorf("%s: the projection %s does not take it", kind, name)
				}
			} else if i == 0 {
				t.Errorf("%s: the first table, %s, is no projection", kind, name)
			}
		}
	}
}

func goFiles(t *testing.T, pattern string) string {
	t.Helper()
	var all strings.Builder
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
