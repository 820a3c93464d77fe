package chhttp

import (
	"errors"
	"testing"

	"artery/internal/embedded/chdb"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text     string
		verb     string
		sql      string // the text to run
		format   string
		unformat string // "" means the same as sql
		data     string // of an INSERT; "-" means none
	}{
		{"SELECT 1", "SELECT", "SELECT 1", "", "", "-"},
		{" ( select 1 ) ", "SELECT", " ( select 1 ) ", "", " ( select 1 )", "-"},
		{"-- c\n/* SELECT */ SHOW TABLES;", "SHOW", "-- c\n/* SELECT */ SHOW TABLES;", "", "-- c\n/* SELECT */ SHOW TABLES", "-"},
		{"SELECT 1 FORMAT Native SETTINGS a = 1;", "SELECT", "SELECT 1 FORMAT Native SETTINGS a = 1;", "Native", "SELECT 1  SETTINGS a = 1", "-"},
		{"SELECT 'FORMAT CSV', \"; FORMAT TSV\"", "SELECT", "SELECT 'FORMAT CSV', \"; FORMAT TSV\"", "", "", "-"},
		{"SELECT 'it''s \\' ; x', `a``;`", "SELECT", "SELECT 'it''s \\' ; x', `a``;`", "", "", "-"},
		{"SELECT $h$ ; FORMAT x $h$", "SELECT", "SELECT $h$ ; FORMAT x $h$", "", "", "-"},
		{"SELECT format('{}', file) FROM t", "SELECT", "SELECT format('{}', file) FROM t", "", "", "-"},
		{"INSERT INTO t FORMAT Native\n\x00;\n", "INSERT", "INSERT INTO t ", "Native", "", "\x00;\n"},
		{"INSERT INTO t FORMAT TSV \t;\n\nx", "INSERT", "INSERT INTO t ", "TSV", "", "\nx"},
		{"INSERT INTO t (a, format) VALUES (1, ';')", "INSERT", "INSERT INTO t (a, format) ", "Values", "", " (1, ';')"},
		{"INSERT INTO `values`.format (a) SETTINGS x = 1 FORMAT JSONEachRow {}", "INSERT", "INSERT INTO `values`.format (a) SETTINGS x = 1 ", "JSONEachRow", "", "{}"},
		{"insert into table db.t\n", "INSERT", "insert into table db.t\n", "Values", "", ""},
		{"INSERT INTO FUNCTION null('a Int8') VALUES (1)", "INSERT", "INSERT INTO FUNCTION null('a Int8') ", "Values", "", " (1)"},
		{"INSERT INTO t SELECT * FROM u FORMAT Null", "INSERT", "INSERT INTO t SELECT * FROM u FORMAT Null", "Null", "INSERT INTO t SELECT * FROM u", "-"},
		{"INSERT INTO t (a) WITH 1 AS x SELECT x", "INSERT", "INSERT INTO t (a) WITH 1 AS x SELECT x", "", "", "-"},
		{"WITH (SELECT 1) AS x INSERT INTO t SELECT x", "INSERT", "WITH (SELECT 1) AS x INSERT INTO t SELECT x", "", "", "-"},
	} {
		s, err := parse(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		data := "-"
		if s.hasData {
			data = c.text[s.dataStart:]
		}
		if c.unformat == "" || s.hasData {
			c.unformat = s.unformat
		}
		if s.verb != c.verb || s.sql != c.sql || s.format != c.format || s.unformat != c.unformat || data != c.data {
			t.Errorf("%q: verb %q, sql %q, format %q, without format %q, data %q", c.text, s.verb, s.sql, s.format, s.unformat, data)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		text string
		code int
	}{
		{"", 62},
		{" -- only a comment", 62},
		{"SELECT 1; DROP TABLE t", 62},
		{"SELECT 1;; SELECT 2", 62},
		{"SELECT 1 INTO OUTFILE 'x'", 179},
		{"INSERT INTO t FROM INFILE 'x' FORMAT CSV", 78},
		{"SELECT * FROM (SELECT * FROM File('x'))", 497},
		{"SELECT * FROM url /* c */ ('file:///etc/passwd')", 497},
		{"INSERT INTO FUNCTION file('x', 'TSV') VALUES (1)", 497},
		{"INSERT INTO TABLE FUNCTION file('x', 'TSV') SELECT 1", 497},
		{"CREATE TABLE t (a Int8) ENGINE = SQLite('x', 'y')", 497},
	} {
		_, err := parse(c.text)
		var e *chdb.Error
		if !errors.As(err, &e) || e.Code != c.code {
			t.Errorf("%q: %v, want code %d", c.text, err, c.code)
		}
	}
}

// FuzzParse looks for panics and for a data position outside of the text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"SELECT 1", "INSERT INTO t FORMAT Native\n\x00", "WITH a AS (SELECT 1) SELECT '", "$a$ $a$", "/*", "INSERT INTO a.b.c VALUES"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parse(text)
		if err == nil && s.hasData && (s.dataStart < len(s.sql) || s.dataStart > len(text)) {
			t.Errorf("data at %d of %d, statement %d", s.dataStart, len(text), len(s.sql))
		}
	})
}
