package e2e

import (
	"strings"
	"testing"
	"time"
)

// Both services say from outside how they are: /healthz while they run, /readyz only while their servers are there, and
// /metrics.
func TestServicesFromOutside(t *testing.T) {
	w := newWorld(t, 3, time.Now().Add(-time.Hour), nil)
	a := newApart(t, w.tenant())
	services := map[string]string{"collector": a.collects, "loader": a.loads}
	ready := func(want int, say string) {
		t.Helper()
		for name, addr := range services {
			eventually(t, name, time.Minute, func() []string {
				status, body := get(addr, "/readyz")
				return unless(status == want && strings.Contains(body, say), "/readyz answers %d, %q; want %d with %q", status, body, want, say)
			})
			if status, body := get(addr, "/healthz"); status != 200 || body != "ok\n" {
				t.Errorf("%s: /healthz answers %d, %q", name, status, body)
			}
		}
	}
	// The engine first, so that the loader comes to the point of asking for nats.
	a.engine.start(t)
	a.collector.start(t)
	a.loader.start(t)
	ready(503, "nats: ")
	a.nats.start(t)
	ready(200, "nats: ok")
	compare(t, a.conn, load, w.truth())

	for addr, names := range map[string][]string{
		a.collects: {
			`artery_events_total{kind="run_detail",op="created",tenant="acme"}`, `artery_polls_total{poller="pipelines",project="` + w.World().ProjectIDs()[0] + `",result="ok",tenant="acme"}`,
			`artery_api_calls_total{api="RunDetail",class="",status="200",tenant="acme"}`, "process_resident_memory_bytes",
		},
		a.loads: {"artery_loader_rows_total", "artery_loader_acked_seq", "artery_loader_last_insert_timestamp_seconds", "process_resident_memory_bytes"},
	} {
		_, text := get(addr, "/metrics")
		for _, name := range names {
			if !strings.Contains(text, "\n"+name+" ") {
				t.Errorf("http://%s/metrics has no %s:\n%s", addr, name, tail(text, 60))
			}
		}
	}

	a.nats.kill(t)
	ready(503, "nats: disconnected")
	a.nats.start(t)
	ready(200, "nats: ok")
	a.collector.interrupt(t)
	a.loader.interrupt(t)
}
