package codearts

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// overHTTP returns a client of its own transport against a real server.
func overHTTP(t *testing.T, change func(*Options), handle http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	opts := keyOptions()
	opts.Attempts = 1
	opts.Endpoints = Endpoints{Pipeline: s.URL, Build: s.URL, Check: s.URL, Repo: s.URL}
	if change != nil {
		change(&opts)
	}
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnswersThatCannotBeUsed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		handle http.HandlerFunc
		class  Class
		text   string
	}{
		{"html", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>login</html>") }, ClassUnusable, "no JSON: <html>login"},
		{"empty", func(http.ResponseWriter, *http.Request) {}, ClassRetry, "empty"},
		{"null", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "null") }, ClassUnusable, "instead of an"},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `[{"id":"a"},{"id"`) }, ClassRetry, "cut off after 17 bytes"},
		{"shorter than announced", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `[{"id":"a"}]`)
		}, ClassRetry, "reading the answer after 12 bytes"},
		{"too large", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `["`+strings.Repeat("x", 5000)+`"]`)
		}, ClassUnusable, "larger than the 4096 bytes"},
		{"too large once decompressed", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, `["`+strings.Repeat("x", 1<<20)+`"]`)
			_ = z.Close()
		}, ClassUnusable, "larger than the 4096 bytes"},
		{"broken gzip", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "[]")
		}, ClassRetry, "reading the answer"},
		{"object for an array", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id":"a"}`) }, ClassUnusable, "object instead of an array"},
		{"hung before the header", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, ClassRetry, "in time"},
		{"hung in the body", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `[{"id":"a"},`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, ClassRetry, "in time"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := overHTTP(t, func(o *Options) { o.MaxBody, o.Timeout = 4096, time.Second }, tt.handle)
			_, err := c.PipelineGroups(t.Context(), project)
			if e := wantClass(t, err, tt.class); !strings.Contains(e.Message, tt.text) {
				t.Errorf("message %q lacks %q", e.Message, tt.text)
			}
		})
	}
}

func TestGzipIsReadAsReceived(t *testing.T) {
	handle := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, ` [ {"b" : 1,  "a":"é"} ] `)
		_ = z.Close()
	}
	for name, transport := range map[string]http.RoundTripper{"own": nil, "injected": &http.Transport{DisableCompression: true}} {
		c := overHTTP(t, func(o *Options) {
			if transport != nil {
				o.HTTPClient = &http.Client{Transport: transport}
			}
		}, handle)
		rows, err := c.PipelineGroups(t.Context(), project)
		if err != nil || len(rows) != 1 || string(rows[0]) != `{"b" : 1,  "a":"é"}` {
			t.Errorf("%s: %s, %v", name, rows, err)
		}
	}
}

func TestServerGone(t *testing.T) {
	c := overHTTP(t, func(o *Options) { o.Endpoints.Pipeline = "http://127.0.0.1:1" }, nil)
	_, err := c.PipelineGroups(t.Context(), project)
	if e := wantClass(t, err, ClassRetry); !strings.Contains(e.Message, "refused") || e.Status != 0 {
		t.Errorf("unclear: %v", err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var reached atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer other.Close()
	c := overHTTP(t, nil, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/elsewhere", http.StatusTemporaryRedirect)
	})
	_, err := c.PipelineGroups(t.Context(), project)
	if e := wantClass(t, err, ClassBadRequest); e.Status != 307 || !strings.Contains(e.Message, "redirects are not followed") {
		t.Errorf("unclear: %v", err)
	}
	if reached.Load() {
		t.Error("the redirect was followed")
	}
}

func TestCancelledDuringTheExchange(t *testing.T) {
	started := make(chan struct{})
	c := overHTTP(t, nil, func(_ http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-started; cancel() }()
	if _, err := c.PipelineGroups(ctx, project); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestConnectionsAreReused(t *testing.T) {
	const parallel = 8
	var addresses sync.Map
	c := overHTTP(t, func(o *Options) { o.Parallel = parallel }, func(w http.ResponseWriter, r *http.Request) {
		addresses.Store(r.RemoteAddr, true)
		_, _ = io.WriteString(w, `[]`)
	})
	var wg sync.WaitGroup
	for range parallel {
		wg.Go(func() {
			for range 10 {
				if _, err := c.PipelineGroups(t.Context(), project); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	opened := 0
	addresses.Range(func(any, any) bool { opened++; return true })
	if opened > 2*parallel { // the default of two idle connections opens about 60
		t.Errorf("%d connections for 80 calls at parallelism %d", opened, parallel)
	}
}
