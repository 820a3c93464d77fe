package codearts

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkPage compares a call of one page of 100 pipelines, from request to
// rows, with JSON decoding alone of the same answer.
func BenchmarkPage(b *testing.B) {
	var example struct{ Pipelines []json.RawMessage }
	if err := json.Unmarshal([]byte(fixture(b, "pipelines_list.json")), &example); err != nil {
		b.Fatal(err)
	}
	rows := strings.TrimSuffix(strings.Repeat(string(example.Pipelines[0])+",", 100), ",")
	body := `{"offset":0,"limit":100,"total":100,"pipelines":[` + rows + `]}`
	opts := keyOptions()
	opts.Limits.PerSecond = 1e9
	opts.HTTPClient = &http.Client{Transport: server(func(*http.Request, string) *http.Response { return reply(200, body) })}
	c, err := New(opts)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("client", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if got, err := collect(c.Pipelines(b.Context(), project)); err != nil || len(got) != 100 {
				b.Fatal(len(got), err)
			}
		}
	})
	b.Run("decoding", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			var page struct{ Pipelines []map[string]any }
			if err := json.Unmarshal([]byte(body), &page); err != nil {
				b.Fatal(err)
			}
		}
	})
}
