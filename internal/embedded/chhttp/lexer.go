package chhttp

import "strings"

// token is one lexical unit of ClickHouse SQL. Comments and white space are
// not tokens.
type token struct {
	text       string
	start, end int
	depth      int // number of open brackets around it
	quoted     bool
}

// is reports whether the token is the given keyword or symbol.
func (t token) is(word string) bool { return !t.quoted && strings.EqualFold(t.text, word) }

func (t token) isWord() bool { return !t.quoted && t.text != "" && isWordByte(t.text[0]) }

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// lexer cuts SQL into tokens. It never fails: text that ClickHouse would
// refuse becomes tokens too, and the engine says what is wrong.
type lexer struct {
	sql   string
	pos   int
	depth int
}

// next returns the next token; an empty text means the end.
func (l *lexer) next() token {
	l.skipSpace()
	t := token{start: l.pos, depth: l.depth}
	if l.pos >= len(l.sql) {
		t.end = l.pos
		return t
	}
	switch c := l.sql[l.pos]; {
	case c == '\'' || c == '"' || c == '`':
		l.skipQuoted(c)
		t.quoted = true
	case c == '$' && l.skipHeredoc():
		t.quoted = true
	case isWordByte(c):
		for l.pos < len(l.sql) && isWordByte(l.sql[l.pos]) {
			l.pos++
		}
	default:
		switch c {
		case '(', '[', '{':
			l.depth++
		case ')', ']', '}':
			l.depth = max(0, l.depth-1)
			t.depth = l.depth
		}
		l.pos++
	}
	t.end = l.pos
	t.text = l.sql[t.start:t.end]
	return t
}

func (l *lexer) skipSpace() {
	for l.pos < len(l.sql) {
		rest := l.sql[l.pos:]
		switch {
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			l.pos++
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "# "), strings.HasPrefix(rest, "#!"):
			l.skipPast(rest, "\n", 1)
		case strings.HasPrefix(rest, "/*"):
			l.skipPast(rest[2:], "*/", 4)
		default:
			return
		}
	}
}

// skipPast moves behind the first end in rest, or to the end of the text.
func (l *lexer) skipPast(rest, end string, extra int) {
	if i := strings.Index(rest, end); i >= 0 {
		l.pos += i + extra
		return
	}
	l.pos = len(l.sql)
}

func (l *lexer) skipQuoted(quote byte) {
	for l.pos++; l.pos < len(l.sql); l.pos++ {
		switch l.sql[l.pos] {
		case '\\':
			l.pos++
		case quote:
			if l.pos+1 < len(l.sql) && l.sql[l.pos+1] == quote {
				l.pos++
				continue
			}
			l.pos++
			return
		}
	}
	l.pos = len(l.sql)
}

// skipHeredoc skips $tag$...$tag$ and reports whether there was one.
func (l *lexer) skipHeredoc() bool {
	rest := l.sql[l.pos:]
	end := strings.IndexByte(rest[1:], '$') + 2
	if end < 2 {
		return false
	}
	for _, c := range []byte(rest[1 : end-1]) {
		if !isWordByte(c) {
			return false
		}
	}
	closing := strings.Index(rest[end:], rest[:end])
	if closing < 0 {
		return false
	}
	l.pos += end + closing + end
	return true
}
