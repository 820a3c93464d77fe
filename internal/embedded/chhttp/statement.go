package chhttp

import (
	"strings"
)

// statement is what the handler must know of a SQL text before it runs it.
type statement struct {
	verb string // first keyword in upper case; SELECT also for a bracketed query
	sql  string // the text to run; without FORMAT and data for an insert of data

	format    string // name in the FORMAT clause
	unformat  string // sql without the FORMAT clause
	hasData   bool   // an INSERT whose rows follow the statement
	dataStart int    // where they begin in the parsed text
}

// parse reads the outline of a statement. For an INSERT it stops where the
// data begins, so binary data behind the statement does no harm.
func parse(sql string) (statement, error) {
	l := &lexer{sql: sql}
	first := l.next()
	for first.is("(") {
		first = l.next()
	}
	s := statement{verb: strings.ToUpper(first.text), sql: sql, unformat: sql}
	if first.text == "" {
		return s, exception(62, "SYNTAX_ERROR", "Empty query")
	}
	if s.verb == "INSERT" {
		return s, s.parseInsert(l)
	}
	return s, s.parseTail(l, first)
}

func (s *statement) parseInsert(l *lexer) error {
	name := l.next()
	for name.is("INTO") || name.is("TABLE") || name.is("FUNCTION") {
		name = l.next()
	}
	t := l.next()
	for t.is(".") { // database.table
		name, t = l.next(), l.next()
	}
	if err := refuseFileAccess(name, t); err != nil {
		return err
	}
	for ; t.text != ""; t = l.next() {
		switch {
		case t.depth > 0:
		case t.is("VALUES"):
			return s.dataAfter(t.start, t.end, "Values")
		case t.is("FORMAT"):
			name := l.next()
			return s.dataAfter(t.start, skipFormatEnd(l.sql, name.end), name.text)
		case t.is("SELECT"), t.is("WITH"):
			return s.parseTail(l, t)
		case t.is("INFILE"):
			return exception(78, "UNKNOWN_TYPE_OF_QUERY", "Query has infile and was sent directly to server")
		case t.is(";"):
			return s.dataAfter(t.start, t.end, "Values")
		}
	}
	return s.dataAfter(len(l.sql), len(l.sql), "Values")
}

func (s *statement) dataAfter(end, dataStart int, format string) error {
	s.hasData, s.format, s.dataStart = true, format, dataStart
	s.sql = s.sql[:end]
	return nil
}

// skipFormatEnd skips what may stand between a format's name and the data:
// blanks, one semicolon and one line end.
func skipFormatEnd(sql string, pos int) int {
	blanks := func() {
		for pos < len(sql) && (sql[pos] == ' ' || sql[pos] == '\t' || sql[pos] == '\r') {
			pos++
		}
	}
	blanks()
	if pos < len(sql) && sql[pos] == ';' {
		pos++
		blanks()
	}
	if pos < len(sql) && sql[pos] == '\n' {
		pos++
	}
	return pos
}

// parseTail reads a statement without data to its end, beginning behind t.
func (s *statement) parseTail(l *lexer, t token) error {
	ended := false
	for previous, t := t, l.next(); t.text != ""; previous, t = t, l.next() {
		if ended && !t.is(";") {
			return exception(62, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed): failed at position %d", t.start+1)
		}
		if err := refuseFileAccess(previous, t); err != nil {
			return err
		}
		switch {
		case t.is(";"):
			ended = true
		case t.depth > 0:
		case s.verb == "WITH" && t.is("INSERT"):
			s.verb = "INSERT"
		case previous.is("INTO") && t.is("OUTFILE"):
			return exception(179, "INTO_OUTFILE_NOT_ALLOWED", "INTO OUTFILE is not allowed")
		case previous.is("FORMAT") && t.isWord():
			s.format = t.text
			s.unformat = s.sql[:previous.start] + s.sql[t.end:]
		}
	}
	s.unformat = strings.TrimRight(s.unformat, "; \t\r\n")
	return nil
}

// refuseFileAccess stops the table functions and engines that reach files of
// the host. A server confines them to a directory; libchdb does not.
func refuseFileAccess(name, bracket token) error {
	if !bracket.is("(") || name.quoted {
		return nil
	}
	switch strings.ToLower(name.text) {
	case "file", "filecluster", "url", "urlcluster", "sqlite", "executable", "executablepool", "python":
		return exception(497, "ACCESS_DENIED", "default: Not enough privileges. The embedded engine does not allow %s()", name.text)
	}
	return nil
}

// selects reports whether the statement is a query, whose result can be
// streamed and described.
func (s *statement) selects() bool { return s.verb == "SELECT" || s.verb == "WITH" }

// answers reports whether the statement has a result with columns.
func (s *statement) answers() bool {
	switch s.verb {
	case "SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK":
		return true
	}
	return false
}
