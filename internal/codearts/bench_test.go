package codearts

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
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

// BenchmarkGrant is what the limiter takes to choose the next call and to let
// one more wait: the same however many do.
func BenchmarkGrant(b *testing.B) {
	for _, waiting := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			l := newLimiter(Limits{PerSecond: 1, Tenant: 1, Burst: 1}.withDefaults())
			l.mu.Lock()
			defer l.mu.Unlock()
			now, apis := time.Now(), APIs()
			join := func(i int) { l.of(apis[i%len(apis)]).queue.join(Priority(i%int(priorities)), now) }
			for i := range waiting {
				join(i)
			}
			for i := 0; b.Loop(); i++ {
				now = now.Add(time.Second) // the tenant has one token
				l.dispatch(now)
				join(i)
			}
			if want := uint64(b.N); l.grants < want || l.grants > want+1 {
				b.Fatalf("%d grants in %d rounds", l.grants, want)
			}
		})
	}
}
