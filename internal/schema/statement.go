package schema

import (
	"fmt"
	"regexp"
	"strings"
)

// include stands in a query for the text of another one, as a subquery.
var include = regexp.MustCompile(`\{\{(\w+)\}\}`)

// Statement returns the SQL of Query(name) with its includes, and the query's
// leading comment as plain text: what a reader of the SQL is told is what a
// reader of a panel or of the report is told. The macros and variables of
// Grafana are still in it; View.Expand replaces them where Grafana does not.
func Statement(name string) (sql, comment string, err error) {
	text, err := Query(name)
	if err != nil {
		return "", "", err
	}
	var words []string
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for len(lines) > 0 && strings.HasPrefix(lines[0], "--") {
		words = append(words, strings.TrimSpace(strings.TrimPrefix(lines[0], "--")))
		lines = lines[1:]
	}
	if len(lines) == 0 || len(words) == 0 {
		return "", "", fmt.Errorf("query %s: want a comment, then SQL", name)
	}
	sql = include.ReplaceAllStringFunc(strings.Join(lines, "\n"), func(match string) string {
		inner, _, innerErr := Statement(include.FindStringSubmatch(match)[1])
		if innerErr != nil {
			err = fmt.Errorf("query %s: %w", name, innerErr)
		}
		return "(\n" + inner + "\n)"
	})
	return sql, strings.Join(words, " "), err
}
