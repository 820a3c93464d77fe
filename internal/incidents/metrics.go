package incidents

import "github.com/prometheus/client_golang/prometheus"

// Metrics are the endpoint's Prometheus metrics.
type Metrics struct {
	reports  *prometheus.CounterVec
	requests *prometheus.CounterVec
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		reports:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "artery_incident_reports_total", Help: "Incidents reported to the endpoint: taken, refused, failed (to be sent again) or left out by Alertmanager."}, []string{"tenant", "form", "result"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "artery_incident_requests_total", Help: "Requests to the endpoint of incidents by the status of the answer."}, []string{"code"}),
	}
	r.MustRegister(m.reports, m.requests)
	return m
}
