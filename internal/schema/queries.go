package schema

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// Query returns the text of queries/<name>.sql. A query of dashboards and
// report takes what Grafana replaces (View), another one its parameters in
// ClickHouse's own form, such as {days:UInt32}.
func Query(name string) (string, error) {
	text, err := queryFiles.ReadFile("queries/" + name + ".sql")
	if err != nil {
		return "", fmt.Errorf("reading query %q: known are %s", name, strings.Join(Queries(), ", "))
	}
	return string(text), nil
}

// Queries returns the names of all named queries, sorted.
func Queries() []string {
	entries, err := queryFiles.ReadDir("queries")
	if err != nil {
		panic(err) // the directory is embedded
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".sql"))
	}
	slices.Sort(names)
	return names
}
