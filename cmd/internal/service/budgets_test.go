package service

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"artery/internal/codearts"
	"artery/internal/codearts/codeartstest"

	"github.com/prometheus/client_golang/prometheus"
)

// TestBudgetMetrics: what a client has called is on /metrics, by API and priority, with its limits.
func TestBudgetMetrics(t *testing.T) {
	sim := codeartstest.New(codeartstest.Options{})
	server := httptest.NewServer(sim)
	defer server.Close()
	t.Setenv("ARTERY_TEST_KEY", sim.Options().AccessKey)
	t.Setenv("ARTERY_TEST_SECRET", sim.Options().SecretKey)
	url, registry := server.URL, prometheus.NewRegistry()
	api, err := newClient(TenantConfig{
		Name: "acme", Endpoints: EndpointsConfig{Pipeline: url, Build: url, Check: url, Repo: url, Projectman: url},
		Auth:   AuthConfig{Keys: &KeysConfig{AccessKey: Secret{Env: "ARTERY_TEST_KEY"}, SecretKey: Secret{Env: "ARTERY_TEST_SECRET"}}},
		Limits: LimitsConfig{PerSecond: 50, PerAPI: map[string]float64{"Repositories": 20}},
	}, Frame{Log: slog.New(slog.DiscardHandler), Registry: registry}, newCallMetrics(registry))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range api.As(codearts.PriorityRepositories).Repositories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			got = append(got, fmt.Sprint(f.GetName(), labels, m.GetGauge().GetValue()+m.GetCounter().GetValue()))
		}
	}
	for _, want := range []string{
		"artery_api_limit_configured_per_second[all acme] 500", "artery_api_limit_configured_per_second[Repositories acme] 20",
		"artery_api_limit_per_second[Repositories acme] 20", "artery_api_throttled_total[Repositories acme] 0",
		"artery_api_granted_total[Repositories repositories acme] 1", "artery_api_waiting[Repositories repositories acme] 0",
		"artery_api_calls_total[Repositories  200 acme] 1",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("there is no %s in\n%s", want, strings.Join(got, "\n"))
		}
	}
}
