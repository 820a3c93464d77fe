package loader

import (
	"encoding/json"
	"strings"
	"testing"
)

func FuzzValidJSON(f *testing.F) {
	for _, s := range []string{
		``, ` `, `{}`, `[]`, `null`, `true`, `false`, `nul`, `truex`, `0`, `-0`, `01`, `-`, `1.`, `1.5e+9`, `1e`, `1E-3`, `.5`, `+1`,
		`"a"`, `"a`, `"\u00e9"`, `"\u00g9"`, `"\x"`, `"\`, "\"\x01\"", "\"\xff\"", `[1,2]`, `[1,]`, `[,1]`, `[1 2]`, `{"a":1,"b":[{}]}`, `{"a"}`, `{"a":}`,
		`{a:1}`, `{"a":1,}`, `{"a" : 1 , "b" : [ ] } `, "\ufeff{}", `{}{}`, `"` + "\x7f" + `"`, "\v1", `[[[[]]]]`, `{"a":1]`, `[1}`,
		strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := validJSON(b), json.Valid(b); got != want {
			t.Errorf("%.100q: got %v, want %v", b, got, want)
		}
	})
}

func BenchmarkValidJSON(b *testing.B) {
	body := []byte(`{"stage_status_list":[` + strings.Repeat(`{"name":"stage","sequence":1,"status":"COMPLETED","start_time":"2026-03-01 20:00:01","end_time":null},`, 9) + `1]}`)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			validJSON(body)
		}
	})
	b.Run("json.Valid", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			json.Valid(body)
		}
	})
}
