package pollers

import (
	"bytes"
	"log/slog"
	"math"
	"strings"
	"testing"

	"artery/internal/codearts"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// TestBudget: what is there is counted from what is known; a limit that is too low for it is said once, and again when it was
// enough meanwhile.
func TestBudget(t *testing.T) {
	w := small(t)
	w.quiet()
	truth, crew := w.sim.Truth(w.clock.now()), w.collector.crews[0]
	e, open := crew.estate()
	going := 0
	for _, r := range truth.Runs {
		if !r.Expired && !terminal(r.Status) && !waiting(r.Status) {
			going++
		}
	}
	if e.Projects != len(w.projects) || e.Pipelines != len(truth.Pipelines) || e.Repositories != len(truth.Repositories) || e.Templates != len(truth.Templates) || open != going {
		t.Errorf("%d runs go on, want %d; the estate is %+v", open, going, e)
	}
	limited := func(perSecond float64) *codearts.Client {
		api, err := codearts.New(codearts.Options{
			Tenant: "acme", Endpoints: codearts.Endpoints{IAM: "http://iam.test", Pipeline: "http://pipeline.test", Build: "http://build.test", Check: "http://check.test", Repo: "http://repo.test"},
			Auth:   codearts.Auth{Keys: &codearts.KeyAuth{AccessKey: "AK", SecretKey: codearts.NewSecret("SK")}},
			Limits: codearts.Limits{PerSecond: perSecond, Tenant: perSecond},
		})
		if err != nil {
			t.Fatal(err)
		}
		return api
	}
	var log bytes.Buffer
	crew.tenant.Freshness = DefaultFreshness()
	w.collector.Slog = slog.New(slog.NewTextHandler(&log, nil))
	rounds, err := crew.tenant.rounds()
	if err != nil {
		t.Fatal(err)
	}
	b := budget{rounds: rounds, open: -1, said: map[string]bool{}}
	for _, step := range []struct {
		perSecond float64
		lines     int // so far
	}{{0.01, 1}, {0.01, 1}, {100, 1}, {0.01, 2}} {
		crew.tenant.API = limited(step.perSecond)
		crew.look(&b)
		if n := strings.Count(log.String(), "the limits allow fewer calls"); n != step.lines {
			t.Errorf("with %v calls a second %d lines in the log, want %d: %s", step.perSecond, n, step.lines, log.String())
		}
	}
	if !strings.Contains(log.String(), "api=all") || !strings.Contains(log.String(), "late_from=open_runs") && !strings.Contains(log.String(), "late_from=new_runs") {
		t.Errorf("the log says %s", log.String())
	}
	var m dto.Metric
	if err := w.metrics.allowed.WithLabelValues("acme", "all").Write(&m); err != nil || m.Gauge.GetValue() != 0.6 {
		t.Errorf("%v calls a minute are allowed, %v", m.Gauge.GetValue(), err)
	}
	// A list of both projects every 58 s, and every eleventh time one of each: 60/58 x (1 + 2/11).
	if err := w.metrics.needed.With(prometheus.Labels{"tenant": "acme", "api": "Pipelines", "priority": "new_runs"}).Write(&m); err != nil || math.Abs(m.Gauge.GetValue()-60./58*13/11) > 1e-9 {
		t.Errorf("%v calls a minute are needed for new runs, %v", m.Gauge.GetValue(), err)
	}
}
