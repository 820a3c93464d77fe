package codeartstest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// instant is a Wednesday, 14:00 at +08:00.
var instant = time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC)

// clock is a clock that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// caller calls a tenant over plain HTTP.
type caller struct {
	t      *testing.T
	tenant *Tenant
	clock  *clock
	url    string
	token  string
}

// call starts a server for a tenant of the given options, on a clock that stands at Origin.
func newCaller(t *testing.T, options Options) *caller {
	t.Helper()
	if options.Origin.IsZero() {
		options.Origin = instant
	}
	c := &caller{t: t, clock: &clock{now: options.Origin}}
	options.Now = c.clock.Now
	c.tenant = New(options)
	server := httptest.NewServer(c.tenant)
	t.Cleanup(server.Close)
	c.url = server.URL
	c.token = c.login()
	return c
}

const loginBody = `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"collector","password":"simulated","domain":{"name":"artery-demo"}}}},"scope":{"project":{"name":"eu-west-101"}}}}`

func (c *caller) login() string {
	c.t.Helper()
	reply, body := c.send("POST", "/v3/auth/tokens", loginBody, nil)
	if reply.StatusCode != http.StatusCreated {
		c.t.Fatalf("login: %d %s", reply.StatusCode, body)
	}
	return reply.Header.Get("X-Subject-Token")
}

// send makes one call and returns the answer with its body.
func (c *caller) send(method, path, body string, header http.Header) (*http.Response, []byte) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		c.t.Fatal(err)
	}
	if header != nil {
		request.Header = header
	} else if c.token != "" {
		request.Header.Set("X-Auth-Token", c.token)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer reply.Body.Close()
	data, err := io.ReadAll(reply.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply, data
}

// get calls and decodes a good answer into a value.
func (c *caller) get(method, path, body string, into any) *http.Response {
	c.t.Helper()
	reply, data := c.send(method, path, body, nil)
	if reply.StatusCode != http.StatusOK {
		c.t.Fatalf("%s %s: %d %s", method, path, reply.StatusCode, data)
	}
	if err := json.Unmarshal(data, into); err != nil {
		c.t.Fatalf("%s %s: %v in %s", method, path, err, data)
	}
	return reply
}

// refused calls and returns the status and error code of an answer.
func (c *caller) refused(method, path, body string) (int, string) {
	c.t.Helper()
	reply, data := c.send(method, path, body, nil)
	var failure struct {
		Code string `json:"error_code"`
	}
	json.Unmarshal(data, &failure) // an array or an empty body has no code
	return reply.StatusCode, failure.Code
}
