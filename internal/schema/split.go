package schema

import (
	"fmt"
	"strings"
)

// splitStatements cuts SQL text at the semicolons outside of quotes and
// comments. Comments stay with the statement that follows them; what holds
// nothing but space and comments is no statement.
func splitStatements(text string) ([]string, error) {
	var statements []string
	start, empty := 0, true
	emit := func(end int) {
		if !empty {
			statements = append(statements, strings.TrimSpace(text[start:end]))
		}
		start, empty = end+1, true
	}
	for i := 0; i < len(text); {
		rest := text[i:]
		switch c := text[i]; {
		case strings.HasPrefix(rest, "--"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest) - 1
			}
			i += n + 1
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return nil, fmt.Errorf("line %d: comment /* has no end", lineOf(text, i))
			}
			i += n + 4
		case c == '\'' || c == '"' || c == '`':
			n := quoteEnd(rest)
			if n < 0 {
				return nil, fmt.Errorf("line %d: quote %c has no end", lineOf(text, i), c)
			}
			empty = false
			i += n
		case c == ';':
			emit(i)
			i++
		default:
			if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
				empty = false
			}
			i++
		}
	}
	emit(len(text))
	return statements, nil
}

// quoteEnd returns the length of the quoted text that s begins with, or -1. A
// backslash escapes the next byte; a doubled quote is read as two quoted texts
// in a row, which ends at the same place.
func quoteEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		}
	}
	return -1
}

func lineOf(text string, offset int) int { return 1 + strings.Count(text[:offset], "\n") }
