package loader

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"artery/internal/embedded/embeddedtest"
)

func FuzzReadable(f *testing.F) {
	for _, s := range []string{
		``, ` `, `{}`, `[]`, `null`, `true`, `false`, `nul`, `truex`, `0`, `-0`, `01`, `-`, `1.`, `1.5e+9`, `1e`, `1E-3`, `.5`, `+1`,
		`"a"`, `"a`, `"\u00e9"`, `"\u00g9"`, `"\x"`, `"\`, "\"\x01\"", "\"\xff\"", `[1,2]`, `[1,]`, `[,1]`, `[1 2]`, `{"a":1,"b":[{}]}`, `{"a"}`, `{"a":}`,
		`{a:1}`, `{"a":1,}`, `{"a" : 1 , "b" : [ ] } `, "\ufeff{}", `{}{}`, `"` + "\x7f" + `"`, "\v1", `[[[[]]]]`, `{"a":1]`, `[1}`,
		`18446744073709551615`, `18446744073709551616`, `-9223372036854775809`, `1e309`, `-1e309`, `1e-999`, `99999999999999999999.0`,
		`"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ude00"`, `"\ud83d\u0041"`, `"\ud83d\ud83d"`, `"\ud83d\u`, "\"\u00e9\"", "{\"\xff\":1}",
		strings.Repeat("[", 1024) + strings.Repeat("]", 1024), strings.Repeat("[", 1025) + strings.Repeat("]", 1025),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := readable(b), read(b); got != want {
			t.Errorf("%.100q: got %v, want %v", b, got, want)
		}
	})
}

// read says the same by the standard library.
func read(b []byte) bool {
	if !json.Valid(b) || !utf8.Valid(b) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	for depth := 0; ; {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case json.Delim:
			if depth += map[json.Delim]int{'[': 1, '{': 1, ']': -1, '}': -1}[token]; depth > 1024 {
				return false
			}
		case json.Number:
			var whole big.Int
			if _, ok := whole.SetString(token.String(), 10); ok && !whole.IsInt64() && !whole.IsUint64() {
				return false
			}
			if _, err := token.Float64(); err != nil {
				return false
			}
		}
	}
	// What decodes to U+FFFD without being it was half a pair.
	escaped := regexp.MustCompile(`\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`).ReplaceAll(b, nil)
	return !regexp.MustCompile(`\\u[dD][89a-fA-F][0-9a-fA-F]{2}`).Match(escaped)
}

// ClickHouse itself reads what we say it reads, and of the rest nothing.
func TestReadableIsWhatClickHouseReads(t *testing.T) {
	conn := embeddedtest.Connect(t)
	for _, value := range []string{
		`1`, `18446744073709551615`, `18446744073709551616`, `-9223372036854775808`, `-9223372036854775809`, `1.7976931348623157e308`,
		`1.7976931348623159e308`, `1e-999`, `99999999999999999999`, `99999999999999999999.0`, `-0`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, `"\ud83dx"`,
		"\"\u00e9\"", "\"\xff\"", "\"\x7f\"", "\"\x01\"", `[1,]`, `"\u0000"`,
		strings.Repeat("[", 1023) + strings.Repeat("]", 1023), strings.Repeat("[", 1024) + strings.Repeat("]", 1024),
	} {
		body := `{"a":` + value + `,"b":"x"}`
		var b string
		if err := conn.QueryRow(t.Context(), "SELECT tupleElement(JSONExtract(unhex(?), 'Tuple(b String)'), 1)", hex.EncodeToString([]byte(body))).Scan(&b); err != nil {
			t.Fatal(err)
		}
		if got, want := readable([]byte(body)), b == "x"; got != want {
			t.Errorf("%.60q: got %v, ClickHouse says %v", value, got, want)
		}
	}
}

func BenchmarkReadable(b *testing.B) {
	body := []byte(`{"stage_status_list":[` + strings.Repeat(`{"name":"stage","sequence":1,"status":"COMPLETED","start_time":"2026-03-01 20:00:01","end_time":null},`, 9) + `1]}`)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			readable(body)
		}
	})
	b.Run("json.Valid", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			json.Valid(body)
		}
	})
}
