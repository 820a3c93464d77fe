package service

import (
	"sync"

	"artery/internal/codearts"

	"github.com/prometheus/client_golang/prometheus"
)

// budgets shows the limits of every tenant's client and what was used of them, when it is asked. The limit of the tenant
// has the API name "all".
type budgets struct {
	configured, present, throttled, granted, waited, waiting *prometheus.Desc

	mu      sync.Mutex
	clients []budgetOf
}

type budgetOf struct {
	tenant string
	client *codearts.Client
}

func newBudgets() *budgets {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, append([]string{"tenant", "api"}, labels...), nil)
	}
	return &budgets{
		configured: desc("artery_api_limit_configured_per_second", "Calls per second that the configuration allows."),
		present:    desc("artery_api_limit_per_second", "Calls per second that are allowed now; fewer while CodeArts throttles."),
		throttled:  desc("artery_api_throttled_total", "Answers that said: too many requests."),
		granted:    desc("artery_api_granted_total", "Calls that the limits let go.", "priority"),
		waited:     desc("artery_api_limit_wait_seconds_total", "Time that those calls waited for the limits.", "priority"),
		waiting:    desc("artery_api_waiting", "Calls that wait for the limits now.", "priority"),
	}
}

func (b *budgets) add(tenant string, client *codearts.Client) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clients = append(b.clients, budgetOf{tenant, client})
}

// Describe and Collect make it a prometheus.Collector.
func (b *budgets) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{b.configured, b.present, b.throttled, b.granted, b.waited, b.waiting} {
		out <- d
	}
}

func (b *budgets) Collect(out chan<- prometheus.Metric) {
	b.mu.Lock()
	defer b.mu.Unlock()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	for _, of := range b.clients {
		for _, l := range of.client.Budgets() {
			api := l.API
			if api == "" {
				api = "all"
			} else {
				count(b.throttled, float64(l.Throttled), of.tenant, api)
			}
			gauge(b.configured, l.Configured, of.tenant, api)
			gauge(b.present, l.Present, of.tenant, api)
			for _, u := range l.Uses {
				count(b.granted, float64(u.Granted), of.tenant, api, u.Priority.String())
				count(b.waited, u.Waited.Seconds(), of.tenant, api, u.Priority.String())
				gauge(b.waiting, float64(u.Waiting), of.tenant, api, u.Priority.String())
			}
		}
	}
}
