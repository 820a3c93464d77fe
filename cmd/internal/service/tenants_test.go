package service

import (
	"bytes"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/daemon"
	"artery/internal/embedded"
	"artery/internal/events"
	"artery/internal/stream"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
)

// simulated is one simulated account behind a real server.
type simulated struct {
	*codeartstest.Tenant
	name, region, url string
	auth              string       // YAML of its sign-in
	ahead             atomic.Int64 // of its clock, in seconds

	mu      sync.Mutex
	headers []http.Header // of every request but sign-ins
	signIns int
}

func simulate(t *testing.T, name, region, auth string, o codeartstest.Options) *simulated {
	t.Helper()
	s := &simulated{name: name, region: region, auth: auth}
	o.Region, o.Origin = region, time.Now()
	o.Projects, o.Pipelines, o.History, o.RunsPerDay = 1, 3, 12*time.Hour, 6
	o.Now = func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load()) * time.Second) }
	s.Tenant = codeartstest.New(o)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if strings.HasSuffix(r.URL.Path, "/auth/tokens") {
			s.signIns++
		} else {
			s.headers = append(s.headers, r.Header.Clone())
		}
		s.mu.Unlock()
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *simulated) yaml() string {
	return fmt.Sprintf(`
  - name: %s
    region: %s
    domain_id: %s
    projects: [%s]
    limits: {per_second: 1000}
    auth: %s
    endpoints: {iam: %q, pipeline: %q, build: %q, check: %q, repo: %q, projectman: %q}
`, s.name, s.region, s.World().TenantID(), strings.Join(s.World().ProjectIDs(), ", "), s.auth, s.url, s.url, s.url, s.url, s.url, s.url)
}

// TestTenantsSideBySide: accounts with every way to sign in, in regions of their own, in one process and one log. None uses what
// is another's, a token that expires or is revoked costs one sign-in and no round, and each clock is measured.
func TestTenantsSideBySide(t *testing.T) {
	for name, value := range map[string]string{
		"T_PASSWORD": "pass/word-1", "T_AK": "AKPERMANENT", "T_SK": "secret-permanent", "T_TAK": "AKTEMPORARY", "T_TSK": "secret-temporary", "T_STS": "security-token-of-temp",
	} {
		t.Setenv(name, value)
	}
	byPassword := simulate(t, "dublin", "eu-west-101", `{password: {user: reader, password: {env: T_PASSWORD}, domain: acme, project: eu-west-101}}`,
		codeartstest.Options{Seed: 1, User: "reader", Password: "pass/word-1", Domain: "acme"})
	byKeys := simulate(t, "beijing", "cn-north-4", `{keys: {access_key: {env: T_AK}, secret_key: {env: T_SK}, project_id: 0123456789abcdef0123456789abcdef}}`,
		codeartstest.Options{Seed: 2, AccessKey: "AKPERMANENT", SecretKey: "secret-permanent"})
	byTemporary := simulate(t, "santiago", "la-south-2", `{keys: {access_key: {env: T_TAK}, secret_key: {env: T_TSK}, security_token: {env: T_STS}, domain_id: fedcba9876543210fedcba9876543210}}`,
		codeartstest.Options{Seed: 3, AccessKey: "AKTEMPORARY", SecretKey: "secret-temporary"})
	all := []*simulated{byPassword, byKeys, byTemporary}
	byTemporary.ahead.Store(7 * 60)

	server, err := embedded.StartNATS(embedded.NATSOptions{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	text := fmt.Sprintf("nats: {url: %q, max_bytes: -1}\ntenants:", server.URL())
	for _, s := range all {
		text += s.yaml()
	}
	cfg, err := Parse([]byte(text), NeedTenants|NeedNATS)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Collector.Lease = 0 // the only collector
	var log bytes.Buffer
	var logging sync.Mutex
	f := Frame{Log: slog.New(slog.NewTextHandler(locked{&logging, &log}, &slog.HandlerOptions{Level: slog.LevelDebug})), Registry: prometheus.NewRegistry(), Health: &daemon.Health{}, Version: "test"}
	c, err := NewCollector(t.Context(), cfg, f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)

	poll := func() {
		t.Helper()
		if err := c.RunOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	poll()
	byPassword.RevokeTokens() // as a change of the password does
	poll()
	byPassword.ahead.Store(25 * 3600) // longer than a token lives
	poll()
	if n := byPassword.signIns; n != 3 {
		t.Errorf("%d sign-ins, want one at the start, one after the revocation, one after the expiry", n)
	}

	nc, err := nats.Connect(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	inLog := stored(t, nc)
	for _, s := range all {
		if n, want := inLog[s.name], len(s.Truth(time.Now()).Pipelines); n != want || n == 0 {
			t.Errorf("%s: %d pipelines are in the log, want %d", s.name, n, want)
		}
	}
	for _, h := range byPassword.headers {
		if h.Get("X-Auth-Token") == "" || h.Get("Authorization") != "" {
			t.Fatalf("a request with a token carries %v", h)
		}
	}
	for _, h := range byKeys.headers {
		if !strings.Contains(h.Get("Authorization"), "Access=AKPERMANENT, ") || h.Get("X-Project-Id") != "0123456789abcdef0123456789abcdef" ||
			!strings.Contains(h.Get("Authorization"), "x-project-id") || h.Get("X-Security-Token")+h.Get("X-Auth-Token")+h.Get("X-Domain-Id") != "" {
			t.Fatalf("a request by keys carries %v", h)
		}
	}
	for _, h := range byTemporary.headers {
		if !strings.Contains(h.Get("Authorization"), "Access=AKTEMPORARY, ") || h.Get("X-Security-Token") != "security-token-of-temp" ||
			!strings.Contains(h.Get("Authorization"), "x-domain-id;x-sdk-date;x-security-token") || h.Get("X-Domain-Id") != "fedcba9876543210fedcba9876543210" || h.Get("X-Project-Id") != "" {
			t.Fatalf("a request by temporary keys carries %v", h)
		}
	}
	skews := gauges(t, f.Registry, "artery_clock_skew_seconds")
	for name, want := range map[string]float64{"dublin": 25 * 3600, "beijing": 0, "santiago": 7 * 60} {
		if got, known := skews[name]; !known || math.Abs(got-want) > 30 {
			t.Errorf("the clock of %s is measured %v s off, want %v", name, got, want)
		}
	}
	for _, want := range []string{"tenant=santiago skew=7m", "tenant=dublin skew=25h"} {
		if n := strings.Count(log.String(), want); n != 1 {
			t.Errorf("%d log lines say %s", n, want)
		}
	}
	for _, secret := range []string{"pass/word-1", "secret-permanent", "secret-temporary", "security-token-of-temp"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
}

// stored counts the pipelines in the log, by tenant.
func stored(t *testing.T, nc *nats.Conn) map[string]int {
	t.Helper()
	log, err := stream.Open(t.Context(), nc, stream.Config{Epoch: 1, MaxBytes: -1, Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	out, seen := map[string]int{}, map[string]bool{}
	err = log.Replay(t.Context(), 1, math.MaxUint64, func(r events.Record) error {
		key, err := events.ParseSubject(r.Subject)
		if err == nil && key.Kind == events.Pipeline && !seen[r.Subject] {
			seen[r.Subject] = true
			out[key.Tenant]++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// gauges returns the values of a metric by tenant.
func gauges(t *testing.T, r *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "tenant" {
					out[l.GetValue()] = m.GetGauge().GetValue()
				}
			}
		}
	}
	return out
}

// locked is a writer for several goroutines.
type locked struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
