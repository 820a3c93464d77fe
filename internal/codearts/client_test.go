package codearts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const (
	project  = "54f90b75fc1447b1b65e8d3a9f77923d"
	pipeline = "e5460d1d403146a1935c2d4b68ef506c"
)

// server answers requests in the test's own goroutine, so that it can take part
// in a synctest bubble, which real connections cannot.
type server func(req *http.Request, body string) *http.Response

func (s server) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	return s(req, string(body)), nil
}

// reply makes an answer; headers are "Name: value".
func reply(status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		h.Set(name, value)
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// script answers with one reply after the other and repeats the last.
type script struct {
	mu      sync.Mutex
	replies []func() *http.Response
	times   []time.Time
}

func (s *script) add(status int, body string, headers ...string) *script {
	s.replies = append(s.replies, func() *http.Response { return reply(status, body, headers...) })
	return s
}

func (s *script) serve(*http.Request, string) *http.Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.times), len(s.replies)-1)
	s.times = append(s.times, time.Now())
	return s.replies[n]()
}

func (s *script) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.times)
}

func keyOptions() Options {
	return Options{
		Tenant: "acme", Region: "eu-west-101",
		Endpoints: Endpoints{
			Pipeline: "https://pipeline.example.test", Build: "https://build.example.test",
			Check: "https://check.example.test", Repo: "https://repo.example.test", IAM: "https://iam.example.test",
			Projectman: "https://projectman.example.test",
		},
		Auth:   Auth{Keys: &KeyAuth{AccessKey: "AKTEST", SecretKey: NewSecret("SKTEST-very-secret")}},
		Limits: Limits{PerSecond: 1000},
		Rand:   rand.New(rand.NewPCG(1, 2)),
	}
}

func passwordOptions() Options {
	o := keyOptions()
	o.Auth = Auth{Password: &PasswordAuth{User: "reader", Password: NewSecret("pa55-word"), Domain: "acme-account", Project: "eu-west-101"}}
	return o
}

func newTestClient(t *testing.T, opts Options, s server) *Client {
	t.Helper()
	opts.HTTPClient = &http.Client{Transport: s}
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantClass(t *testing.T, err error, class Class) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v (%T), want an *Error of class %q", err, err, class)
	}
	if e.Class != class {
		t.Fatalf("class is %q, want %q: %v", e.Class, class, err)
	}
	return e
}

func TestNewReportsAllFaults(t *testing.T) {
	_, err := New(Options{
		Tenant:    "acme",
		Endpoints: Endpoints{Pipeline: "pipeline.example.test", Build: "https://u:hunter22@build.example.test", Check: "https://check.example.test"},
		Limits:    Limits{PerAPI: map[string]float64{"Pipeline": 1}},
	})
	if err == nil {
		t.Fatal("a faulty configuration was accepted")
	}
	for _, want := range []string{"acme", "neither password nor keys", "endpoint pipeline: needs the form", "endpoint build: holds a user", "endpoint repo: is missing", `no API "Pipeline"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter22") {
		t.Errorf("the error shows the password of a URL:\n%v", err)
	}
}

func TestRetryThenSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := (&script{}).
			add(500, `{"error_code":"DEVCP.00020500","error_msg":"Network busy"}`).
			add(502, `<html>bad gateway</html>`).
			add(200, `{"error_code":"DEVPIPE.00011127","error_msg":"system busy"}`).
			add(200, `[]`)
		var calls []Call
		opts := keyOptions()
		opts.Observe = func(c Call) { calls = append(calls, c) }
		c := newTestClient(t, opts, s.serve)
		if _, err := c.PipelineGroups(t.Context(), project); err != nil {
			t.Fatal(err)
		}
		if s.calls() != 4 || len(calls) != 4 {
			t.Fatalf("%d exchanges, %d observed, want 4", s.calls(), len(calls))
		}
		if got := calls[2]; got.API != "PipelineGroups" || got.Status != 200 || got.Class != ClassRetry ||
			got.Code != "DEVPIPE.00011127" || got.Attempt != 3 || got.Bytes != 59 || got.Project != project {
			t.Errorf("third exchange observed as %+v", got)
		}
		if calls[3].Class != ClassOK {
			t.Errorf("last exchange observed as %+v", calls[3])
		}
	})
}

func TestAttemptsAreBounded(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		status     int
		class      Class
		calls      int
	}{
		{"retry", `{}`, 503, ClassRetry, 5},
		{"throttle", `{"error_code":"APIGW.0308","error_msg":"limit:2,time:1 second"}`, 429, ClassThrottle, 10},
		{"permission", `{"error_code":"DEV-23-50804","error_msg":"Insufficient permissions."}`, 403, ClassPermission, 1},
		{"permission with 200", `{"error_code":"DEVCP.0014031","error_msg":"no"}`, 200, ClassPermission, 1},
		{"not found", `{}`, 404, ClassNotFound, 1},
		{"bad request", `{}`, 400, ClassBadRequest, 1},
		{"not in region", `{"error_code":"APIG.0101","error_msg":"no API"}`, 404, ClassNotInRegion, 1},
		{"signature refused", `{"error_code":"APIGW.0303","error_msg":"date"}`, 401, ClassAuth, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := (&script{}).add(tt.status, tt.body)
				c := newTestClient(t, keyOptions(), s.serve)
				_, err := c.PipelineGroups(t.Context(), project)
				e := wantClass(t, err, tt.class)
				if s.calls() != tt.calls || e.Attempts != tt.calls {
					t.Errorf("%d exchanges, error says %d, want %d", s.calls(), e.Attempts, tt.calls)
				}
			})
		})
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	for _, tt := range []struct {
		name, header string
		want         time.Duration
	}{
		{"seconds", "Retry-After: 7", 7 * time.Second},
		{"date", "Retry-After: Sat, 01 Jan 2000 00:00:40 GMT", 40 * time.Second}, // a bubble starts at 2000-01-01
		{"capped", "Retry-After: 86400", maxRetryAfter},
	} {
		for _, status := range []int{429, 503} {
			t.Run(fmt.Sprint(tt.name, status), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := (&script{}).add(status, `{}`, tt.header).add(200, `[]`)
					c := newTestClient(t, keyOptions(), s.serve)
					if _, err := c.PipelineGroups(t.Context(), project); err != nil {
						t.Fatal(err)
					}
					if got := s.times[1].Sub(s.times[0]); got < tt.want || got > tt.want+time.Second {
						t.Errorf("waited %s, want %s", got, tt.want)
					}
				})
			})
		}
	}
}

func TestRetryAfterDateFollowsTheServersClock(t *testing.T) {
	h := http.Header{"Retry-After": {"Sun, 22 Nov 2026 10:00:30 GMT"}, "Date": {"Sun, 22 Nov 2026 10:00:00 GMT"}}
	local := time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC)
	if got := retryAfter(h, local); got != 30*time.Second {
		t.Errorf("got %s, want 30s", got)
	}
	for _, text := range []string{"", "-3", "NaN", "soon", "Sun, 22 Nov 2026 09:00:00 GMT"} {
		h.Set("Retry-After", text)
		if got := retryAfter(h, local); got != 0 {
			t.Errorf("%q gives %s, want 0", text, got)
		}
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	for _, status := range []int{503, 429} {
		synctest.Test(t, func(t *testing.T) {
			s := (&script{}).add(status, `{}`, "Retry-After: 60")
			c := newTestClient(t, keyOptions(), s.serve)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(5*time.Second, cancel)
			start := time.Now()
			_, err := c.PipelineGroups(ctx, project)
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, want context.Canceled", err)
			}
			if s.calls() != 1 || time.Since(start) != 5*time.Second {
				t.Errorf("%d exchanges, ended after %s; want 1 after 5s", s.calls(), time.Since(start))
			}
		})
	}
}

func TestDeadlineBeforeNextAttemptEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := (&script{}).add(503, `{}`, "Retry-After: 60")
		c := newTestClient(t, keyOptions(), s.serve)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.PipelineGroups(ctx, project)
		wantClass(t, err, ClassRetry)
		if time.Since(start) > time.Second {
			t.Errorf("waited %s for an attempt that could not be made", time.Since(start))
		}
	})
}

func TestEmptyIDIsNotSent(t *testing.T) {
	c := newTestClient(t, keyOptions(), func(*http.Request, string) *http.Response {
		t.Error("a request was sent")
		return reply(200, `{}`)
	})
	for _, id := range []string{"", "..", " "} {
		if _, err := c.RunDetail(t.Context(), project, id, ""); err == nil {
			t.Errorf("id %q was accepted", id)
		}
	}
}

func TestSecretsStayOutOfErrorsAndLogs(t *testing.T) {
	const issued = "MIIToken-0123456789-issued"
	var logged bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	echo := func(req *http.Request, body string) *http.Response {
		if strings.HasSuffix(req.URL.Path, "/auth/tokens") && !strings.Contains(body, "wrong") {
			return reply(201, `{"token":{}}`, "X-Subject-Token: "+issued)
		}
		return reply(500, fmt.Sprintf(`{"error_code":"X.1","error_msg":"refused: %v %s"}`,
			req.Header, strings.ReplaceAll(body, `"`, "'")), "X-Request-Id: "+req.Header.Get("X-Auth-Token"))
	}
	synctest.Test(t, func(t *testing.T) {
		keys := keyOptions()
		keys.Auth.Keys.SecurityToken = NewSecret("STS-security-token")
		wrong := passwordOptions()
		wrong.Auth.Password.Password = NewSecret("wrong-pa55")
		for _, opts := range []Options{keys, passwordOptions(), wrong} {
			opts.Log = log
			c := newTestClient(t, opts, echo)
			_, err := c.BuildGroups(t.Context(), project)
			wantClass(t, err, ClassRetry)
			for _, text := range []string{err.Error(), fmt.Sprintf("%v %+v %#v", err, err, err), fmt.Sprintf("%+v", opts),
				fmt.Sprintf("%+v %#v", *c, *c), logged.String()} {
				for _, secret := range []string{issued, "pa55-word", "wrong-pa55", "SKTEST-very-secret", "STS-security-token"} {
					if strings.Contains(text, secret) {
						t.Errorf("%q appears in:\n%s", secret, text)
					}
				}
			}
		}
	})
	if !strings.Contains(logged.String(), "retrying") || !strings.Contains(logged.String(), redacted) {
		t.Errorf("the log shows no scrubbed retry, so nothing was tested:\n%s", logged.String())
	}
}
