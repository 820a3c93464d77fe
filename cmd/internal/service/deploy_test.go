package service

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"

	"github.com/nats-io/nats-server/v2/server"
)

// deployed reads a configuration that is shipped, with its secrets in a directory of the test's own.
func deployed(t *testing.T, path, secrets string) string {
	t.Helper()
	text, err := os.ReadFile(root + path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string]string{
		"nats_password": "a\n", "clickhouse_password": "a\n", "codearts_password": "a\n", "nats/password": "a\n", "other-keys/ak": "a\n", "other-keys/sk": "a\n",
		"incidents/token": "a\n", "hook/url": "https://hook.example.com/a\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return strings.ReplaceAll(string(text), secrets, dir)
}

func TestComposeConfigurationIsValid(t *testing.T) {
	text := deployed(t, "deploy/compose/artery.yaml", "/run/secrets")
	for service, need := range map[string]Need{"collector": NeedTenants | NeedNATS, "loader": NeedNATS | NeedClickHouse} {
		if _, err := Parse([]byte(text), need); err != nil {
			t.Errorf("%s: %v", service, err)
		}
	}
}

// The configuration names the ids and the user of the tenant that docker-compose.yml simulates.
func TestComposeConfigurationIsOfTheSimulatedTenant(t *testing.T) {
	c, err := Parse([]byte(deployed(t, "deploy/compose/artery.yaml", "/run/secrets")), NeedTenants)
	if err != nil {
		t.Fatal(err)
	}
	tenant := codeartstest.New(codeartstest.DemoOptions(1, time.Now()))
	got, want := c.Tenants[0], tenant.Options()
	if got.DomainID != tenant.World().TenantID() || !got.Projects.discovers() {
		t.Errorf("the id is %s, want %s; projects %+v", got.DomainID, tenant.World().TenantID(), got.Projects)
	}
	if p := got.Auth.Password; p.User != want.User || p.Domain != want.Domain || p.Project != want.Region || got.Region != want.Region {
		t.Errorf("sign-in is %+v in region %s, want user %s, domain %s, region %s", p, got.Region, want.User, want.Domain, want.Region)
	}
	password, err := Secret{File: root + "deploy/compose/secrets/codearts_password"}.Read()
	if err != nil || password != want.Password {
		t.Errorf("the password is %q, %v; want %q", password, err, want.Password)
	}
	for api, limit := range want.Limits {
		if got.Limits.PerSecond >= limit.PerSecond {
			t.Errorf("%v calls per second are too many for %s: %v", got.Limits.PerSecond, api, limit.PerSecond)
		}
	}
	compose, err := os.ReadFile(root + "docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(compose), `"-seed", "1"`) {
		t.Error("docker-compose.yml does not simulate the tenant of seed 1")
	}
}

// JetStream confirms a batch only when it is on the disk.
func TestComposeLogSyncsAlways(t *testing.T) {
	t.Setenv("NATS_PASSWORD", "artery-demo")
	o, err := server.ProcessConfigFile(root + "deploy/compose/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	if !o.JetStream || !o.SyncAlways || o.StoreDir == "" {
		t.Errorf("JetStream %v, sync always %v, store %q", o.JetStream, o.SyncAlways, o.StoreDir)
	}
	if o.Username != "artery" || o.Password != "artery-demo" {
		t.Errorf("user %q with password %q", o.Username, o.Password)
	}
}

// What the chart renders is kept by its own tests in deploy/deploytest.
func TestChartConfigurationIsValid(t *testing.T) {
	t.Setenv("ARTERY_CODEARTS_PASSWORD", "a")
	t.Setenv("ARTERY_CLICKHOUSE_PASSWORD", "a")
	t.Setenv("ARTERY_NOTIFY_TOKEN", "a")
	full := deployed(t, "deploy/deploytest/testdata/full-config.yaml", "/etc/artery/secrets")
	if _, err := Parse([]byte(full), NeedTenants|NeedNATS|NeedClickHouse); err != nil {
		t.Error(err)
	}
	plain := deployed(t, "deploy/deploytest/testdata/default-config.yaml", "/etc/artery/secrets")
	if _, err := Parse([]byte(plain), NeedNATS|NeedClickHouse); err != nil {
		t.Error(err)
	}
	if _, err := Parse([]byte(plain), NeedTenants); err == nil || !strings.Contains(err.Error(), "tenants: is empty") {
		t.Errorf("without a tenant the collector says %v", err)
	}
}
