package e2e

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"go.yaml.in/yaml/v3"

	"artery/internal/embedded/embeddedtest"
)

// apart is the stack as four processes: nats-server, the ClickHouse engine, the collector and the loader.
type apart struct {
	nats, engine, collector, loader *process

	config          string // path
	natsURL         string
	clickhouse      string // host:port
	collects, loads string // addresses of metrics and health
	conn            driver.Conn
}

// newApart prepares the four processes with one configuration file. It starts nothing.
func newApart(t *testing.T, tenant map[string]any) *apart {
	t.Helper()
	embeddedtest.RequireLibrary(t)
	dir, natsAddr := t.TempDir(), freeAddress(t)
	a := &apart{
		natsURL: "nats://" + natsAddr, clickhouse: freeAddress(t), collects: freeAddress(t), loads: freeAddress(t),
	}
	a.config = writeConfig(t, map[string]any{
		"log": map[string]any{"level": "info"}, "listen": a.collects,
		"nats":       map[string]any{"url": a.natsURL, "max_bytes": 1 << 30},
		"clickhouse": map[string]any{"dsn": "http://" + a.clickhouse + "/artery"},
		"collector":  map[string]any{"lease": "3s"},
		// A message that a killed loader held comes again soon.
		"loader":  map[string]any{"ack_wait": "3s"},
		"tenants": []any{tenant},
	})
	a.nats = newProcess(t, "nats", os.Args[0], filepath.Join(dir, "nats"))
	a.nats.env = []string{natsEnv + "=" + natsAddr}
	a.engine = newProcess(t, "engine", program(t, "artery"), "engine", "-dir", filepath.Join(dir, "clickhouse"), "-listen", a.clickhouse)
	a.collector = newProcess(t, "collector", program(t, "collector"), "-config", a.config)
	a.loader = newProcess(t, "loader", program(t, "loader"), "-config", a.config, "-listen", a.loads)
	a.conn = connect(t, a.clickhouse)
	return a
}

// processes are the four, in the order of a start.
func (a *apart) processes() []*process {
	return []*process{a.nats, a.engine, a.loader, a.collector}
}

// start starts all four at once: services wait for their servers.
func (a *apart) start(t *testing.T) {
	t.Helper()
	for _, p := range a.processes() {
		p.start(t)
	}
}

// connect opens a connection that is used once the engine answers.
func connect(t *testing.T, addr string) driver.Conn {
	t.Helper()
	o, err := clickhouse.ParseDSN("http://" + addr + "/artery")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func writeConfig(t *testing.T, c map[string]any) (path string) {
	t.Helper()
	text, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "artery.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// configure gives the configuration file a section. Programs read it when they start.
func (a *apart) configure(t *testing.T, section string, value map[string]any) {
	t.Helper()
	text, err := os.ReadFile(a.config)
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	config[section] = value
	if text, err = yaml.Marshal(config); err == nil {
		err = os.WriteFile(a.config, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// get asks a service over HTTP; status 0 means that nobody answered.
func get(addr, path string) (status int, body string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(text)
}

// metrics are the samples of a metric, by the whole name with its labels.
func metrics(addr, name string) map[string]string {
	_, body := get(addr, "/metrics")
	found := map[string]string{}
	for line := range strings.Lines(body) {
		sample, value, ok := strings.Cut(strings.TrimSpace(line), "} ")
		if !ok {
			sample, value, ok = strings.Cut(strings.TrimSpace(line), " ")
		}
		if ok && (sample == name || strings.HasPrefix(sample, name+"{")) {
			found[sample] = value
		}
	}
	return found
}
