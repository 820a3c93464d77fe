package schema

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// NotSet stands in a text box of a dashboard until somebody types.
const NotSet = "not set"

// Edition is that of the benchmark levels where nobody chooses one (0033_dora_numbers.sql).
const Edition = "2024-monotonic"

// View is what Grafana puts into a query: the time range, the width of a time
// bucket, and the chosen values of each variable; none chosen is All.
type View struct {
	From, To  time.Time
	Interval  time.Duration
	Variables map[string][]string
}

var (
	// quoted stands for the chosen values of a variable, as SQL texts.
	quoted = regexp.MustCompile(`\$\{(\w+):singlequote\}`)
	// replaced is all that Grafana replaces but macros with arguments; a $ of anything else is left over.
	replaced = regexp.MustCompile(`\$\{\w+:singlequote\}|\$__\w+|\$`)
)

// Expand does what Grafana's front end and the back end of its ClickHouse data
// source (4.14.1) do to a query, for the macros that our queries use, so that
// a query gives the same rows outside of Grafana. It is an error if anything
// is left that Grafana would have to replace.
func (v View) Expand(sql string) (string, error) {
	from, to := fmt.Sprintf("toDateTime(%d)", v.From.Unix()), fmt.Sprintf("toDateTime(%d)", v.To.Unix())
	seconds := fmt.Sprint(max(1, int(v.Interval.Seconds())))
	for _, m := range []struct {
		name string
		with func(arg string) (string, error)
	}{
		{"$__conditionalAll", v.conditional},
		{"$__timeFilter", func(arg string) (string, error) { return arg + " >= " + from + " AND " + arg + " <= " + to, nil }},
		{"$__timeInterval", func(arg string) (string, error) {
			return "toStartOfInterval(toDateTime(" + arg + "), INTERVAL " + seconds + " second)", nil
		}},
	} {
		var err error
		if sql, err = replaceMacro(sql, m.name, m.with); err != nil {
			return "", err
		}
	}
	// In one pass, so that a chosen value is never read as a macro.
	var unknown string
	sql = replaced.ReplaceAllStringFunc(sql, func(match string) string {
		switch match {
		case "$__fromTime":
			return from
		case "$__toTime":
			return to
		case "$__interval_s":
			return seconds
		}
		m := quoted.FindStringSubmatch(match)
		if m == nil {
			unknown = match
			return match
		}
		values, known := v.Variables[m[1]]
		if !known {
			unknown = match
		}
		return quoteTexts(values)
	})
	if unknown != "" {
		return "", fmt.Errorf("expanding a query: nobody gives %s", unknown)
	}
	return sql, nil
}

// conditional keeps a condition if a value of its variable is chosen.
func (v View) conditional(arg string) (string, error) {
	i := strings.LastIndex(arg, ",")
	if i < 0 {
		return "", fmt.Errorf("$__conditionalAll(%s) wants a condition and a variable", arg)
	}
	chosen, known := v.Variables[strings.TrimPrefix(strings.TrimSpace(arg[i+1:]), "$")]
	switch {
	case !known:
		return "", fmt.Errorf("$__conditionalAll(%s): there is no such variable", arg)
	case len(chosen) == 0:
		return "1=1", nil
	}
	return arg[:i], nil
}

// quoteTexts writes values as SQL texts, joined by commas. Grafana escapes
// quotes only; a backslash is escaped here too, so that no value ends its text.
func quoteTexts(values []string) string {
	texts := make([]string, len(values))
	for i, s := range values {
		texts[i] = "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
	}
	return strings.Join(texts, ",")
}

// replaceMacro replaces name(...) with balanced brackets.
func replaceMacro(sql, name string, with func(arg string) (string, error)) (string, error) {
	for {
		start := strings.Index(sql, name+"(")
		if start < 0 {
			return sql, nil
		}
		open, depth := start+len(name), 0
		end := strings.IndexFunc(sql[open:], func(r rune) bool {
			switch r {
			case '(':
				depth++
			case ')':
				depth--
			}
			return depth == 0
		})
		if end < 0 {
			return "", fmt.Errorf("expanding a query: %.60s has no closing bracket", sql[start:])
		}
		expanded, err := with(sql[open+1 : open+end])
		if err != nil {
			return "", fmt.Errorf("expanding a query: %w", err)
		}
		sql = sql[:start] + expanded + sql[open+end+1:]
	}
}

// WithoutChoices does to a query what Grafana's front end does when no
// variable has a chosen value. Alert rules have no front end: what it would
// replace must be gone from their queries, and what the back end replaces, such
// as $__timeFilter, stays.
func WithoutChoices(sql string) (string, error) {
	sql, err := replaceMacro(sql, "$__conditionalAll", func(string) (string, error) { return "1=1", nil })
	return quoted.ReplaceAllLiteralString(sql, "'"+NotSet+"'"), err
}
