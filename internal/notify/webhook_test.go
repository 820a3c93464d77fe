package notify

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestWebhook(t *testing.T) {
	var calls atomic.Int32
	keys := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys <- r.Header.Get("Idempotency-Key")
		if calls.Add(1) == 1 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var m Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || len(m.Transitions) != 1 || m.Text == "" {
			t.Errorf("got %+v, %v", m, err)
		}
		for name, want := range map[string]string{"Authorization": "Bearer s3cret-token", "Content-Type": "application/json", "User-Agent": "artery/v1"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	}))
	defer server.Close()
	m := newMessage([]Transition{change(1, noon)})
	if err := NewWebhook(server.URL+"/s3cret-path", "s3cret-token", "v1").Post(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if first, second := <-keys, <-keys; first != m.ID || second != m.ID {
		t.Errorf("the keys of the two tries are %q and %q, want %q", first, second, m.ID)
	}
}

// Of all answers only a 4xx that does not ask to come again is a refusal.
func TestWebhookTellsRefusalsApart(t *testing.T) {
	for status, want := range map[int]bool{
		302: false, 400: true, 401: true, 404: true, 408: false, 413: true, 422: true, 425: false, 429: false, 500: false, 503: false,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		w := NewWebhook(server.URL, "", "v1")
		w.client.RetryMax = 0
		if err := w.Post(t.Context(), newMessage([]Transition{change(1, noon)})); err == nil || errors.Is(err, errRefused) != want {
			t.Errorf("%d: %v, a refusal: %v", status, err, want)
		}
		server.Close()
	}
}

// No error holds the URL or the token, whatever goes wrong.
func TestWebhookErrorsHoldNoSecret(t *testing.T) {
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such hook", http.StatusNotFound)
	}))
	defer refuses.Close()
	repeats := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, strings.Repeat(" ", 180)+"cannot POST "+r.RequestURI+" with "+r.Header.Get("Authorization"), http.StatusBadRequest)
	}))
	defer repeats.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for url, want := range map[string]string{
		refuses.URL + "/s3cret-path":            `the receiver answers 404 "no such hook"`,
		repeats.URL + "/s3cret-path?s3cret-key": `400 "cannot POST [redacted]?[redacted] with Bearer [redacted]"`,
		gone.URL + "/s3cret-path":               "refused",
		"http://host/s3cret-path\x7f":           "notify.url is no URL",
		"s3cret://" + "127.0.0.1/s3cret-path":   "unsupported protocol scheme",
	} {
		w := NewWebhook(url, "s3cret-token", "v1")
		w.client.RetryMax = 0
		err := w.Post(t.Context(), newMessage([]Transition{change(1, noon)}))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret-") {
			t.Errorf("got %v, want it to say %q and no secret", err, want)
		}
	}
}

// A redirect is no delivery: what follows it is a GET without the message.
func TestWebhookFollowsNoRedirect(t *testing.T) {
	var elsewhere atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/hook" {
			elsewhere.Add(1)
			return
		}
		http.Redirect(w, r, "/login", http.StatusFound)
	}))
	defer server.Close()
	err := NewWebhook(server.URL+"/hook", "", "v1").Post(t.Context(), newMessage([]Transition{change(1, noon)}))
	if err == nil || !strings.Contains(err.Error(), "answers 302, which leads elsewhere") || elsewhere.Load() > 0 {
		t.Errorf("got %v, and %d requests elsewhere", err, elsewhere.Load())
	}
}
