package grafanatest

import (
	"fmt"
	"regexp"
	"strings"
)

// choices is what a reader has chosen of each variable, as Grafana's front end keeps it.
type choices map[string]chosen

// chosen is the values of a variable; all says that they are all there are.
type chosen struct {
	values []string
	all    bool
}

// condition is how the plug-in's front end finds a macro and the variable in it: it reads on only if there are two arguments.
const condition = "$__conditionalAll("

// variable is the forms in which a variable may stand in a text, as the documentation of Grafana has them. What has no value
// is left as it stands: macros are not the front end's.
var variable = regexp.MustCompile(`\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:}]+))?(?::([^}]+))?\}`)

// special is what a browser's replace takes for a part of the text that it replaces.
var special = regexp.MustCompile("\\$[$&'`0-9<]")

// replace does to a query what the front end does before it sends it: first the condition of each variable of which nothing
// is chosen is dropped, then values stand for variables.
func (c choices) replace(rawSQL string) (string, error) {
	for {
		at := strings.LastIndex(rawSQL, condition)
		if at < 0 {
			break
		}
		args, end := arguments(rawSQL[at+len(condition):])
		if len(args) != 2 {
			return "", fmt.Errorf("the plug-in leaves %.80s as it stands: it has %d arguments", rawSQL[at:], len(args))
		}
		name := strings.Trim(strings.TrimSpace(args[1]), "${}")
		v, known := c[name]
		if !known {
			return "", fmt.Errorf("there is no variable %s", name)
		}
		phrase := args[0]
		if v.all || len(v.values) == 0 || strings.Join(v.values, ",") == "" {
			phrase = "1=1"
		}
		if special := special.FindString(phrase); special != "" {
			return "", fmt.Errorf("the browser reads %s in what it puts in as a pattern", special)
		}
		rawSQL = rawSQL[:at] + phrase + rawSQL[at+len(condition)+end:]
	}
	var err error
	sql := variable.ReplaceAllStringFunc(rawSQL, func(match string) string {
		m := variable.FindStringSubmatch(match)
		v, known := c[m[1]+m[2]+m[4]]
		switch format := m[3] + m[6]; {
		case !known && (strings.HasPrefix(match, "${") || strings.HasPrefix(match, "[[")):
			err = fmt.Errorf("there is no variable %s", match)
		case !known: // a macro, or no variable at all
		case format == "singlequote":
			return singleQuoted(v.values)
		default:
			err = fmt.Errorf("%s puts values into SQL without quotes", match)
		}
		return match
	})
	return sql, err
}

// singleQuoted is the format of that name: a quote in a value is escaped, and nothing else.
func singleQuoted(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + strings.ReplaceAll(v, "'", `\'`) + "'"
	}
	return strings.Join(quoted, ",")
}

// arguments splits what follows an opening bracket, up to its closing one, at the commas that stand in no other bracket. It
// knows nothing of quotes, as the plug-in does not.
func arguments(text string) (args []string, end int) {
	depth, last := 0, 0
	for i, r := range text {
		switch {
		case r == '(':
			depth++
		case r == ')' && depth == 0:
			return append(args, text[last:i]), i + 1
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			args, last = append(args, text[last:i]), i+1
		}
	}
	return nil, 0
}
