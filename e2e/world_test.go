package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
)

// world is a simulated CodeArts on loopback whose clock the test holds.
type world struct {
	*codeartstest.Tenant
	url      string
	password string // path of the file with the user's password

	mu sync.Mutex
	at time.Time // where the clock stands; zero while it runs
}

// newWorld makes the small tenant of codeartstest. Its clock stands at the origin.
func newWorld(t *testing.T, seed uint64, origin time.Time, change func(*codeartstest.Options)) *world {
	t.Helper()
	w := &world{at: origin}
	o := codeartstest.TestOptions(seed, origin)
	o.Now = w.now
	if change != nil {
		change(&o)
	}
	w.Tenant = codeartstest.New(o)
	w.password = filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(w.password, []byte(w.Options().Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.url = serve(t, w)
	return w
}

// serve answers on loopback until the test ends.
func serve(t *testing.T, h http.Handler) (url string) {
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at.IsZero() {
		return time.Now()
	}
	return w.at
}

// move sets the clock forward.
func (w *world) move(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// run lets the clock be that of the machine.
func (w *world) run() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = time.Time{}
}

// stop lets the clock stand where it is.
func (w *world) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at.IsZero() {
		w.at = time.Now()
	}
}

// truth is what is true where the clock stands.
func (w *world) truth() codeartstest.Truth { return w.Truth(w.now()) }

// tenant is the tenant's entry in a configuration. Polling is quick, so that a test is.
func (w *world) tenant() map[string]any {
	o := w.Options()
	domains := []string{}
	for _, b := range w.truth().BuildTenants {
		domains = append(domains, b.DomainID)
	}
	return map[string]any{
		"name": tenantName, "region": o.Region, "domain_id": w.World().TenantID(), "projects": "discover", "build_domains": domains,
		"endpoints": endpoints(w.url),
		"auth": map[string]any{"password": map[string]any{
			"user": o.User, "password": map[string]any{"file": w.password}, "domain": o.Domain, "project": o.Region,
		}},
		"limits": map[string]any{"per_second": 500, "tenant": 2000},
		"logs":   map[string]any{"mask": []string{codeartstest.VendorKey + "[0-9a-f]+"}},
		"schedules": map[string]string{
			"pipelines": "@every 2s", "active": "@every 1s", "gaps": "@every 2s", "history": "@every 2s", "details": "@every 2s", "logs": "@every 2s", "reconcile": "@daily", "gates": "@every 2s",
			"tenant_gate": "@every 2s", "repositories": "@every 2s", "pipeline_groups": "@every 2s", "build_groups": "@every 2s", "build_tenants": "@every 2s",
			"projects": "@every 2s", "iam_projects": "@every 2s", "templates": "@every 2s", "rules": "@every 2s", "rule_sets": "@every 2s", "project_rule_sets": "@every 2s", "open_source": "@every 2s", "project_open_source": "@every 2s",
			"publishers": "@every 2s", "available_publishers": "@every 2s", "plugins": "@every 2s", "basic_plugins": "@every 2s", "stage_plugins": "@every 2s", "optional_plugins": "@every 2s",
		},
	}
}

// keys is the other way to sign in: every request is signed.
func (w *world) keys(t *testing.T) map[string]any {
	t.Helper()
	o, dir := w.Options(), t.TempDir()
	for name, text := range map[string]string{"access": o.AccessKey, "secret": o.SecretKey} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]any{"keys": map[string]any{
		"access_key": map[string]string{"file": filepath.Join(dir, "access")}, "secret_key": map[string]string{"file": filepath.Join(dir, "secret")},
	}}
}

// tenantName names the watched tenant in rows and subjects.
const tenantName = "acme"

// endpoints are all services on one base URL.
func endpoints(url string) map[string]string {
	return map[string]string{"iam": url, "pipeline": url, "build": url, "check": url, "repo": url, "projectman": url}
}
