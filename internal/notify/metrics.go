package notify

import "github.com/prometheus/client_golang/prometheus"

// Metrics are the notifier's Prometheus metrics.
type Metrics struct {
	messages    prometheus.Counter
	transitions *prometheus.CounterVec
	failures    prometheus.Counter
	dropped     prometheus.Counter
	refused     prometheus.Counter
	waiting     prometheus.Gauge
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		messages:    prometheus.NewCounter(prometheus.CounterOpts{Name: "artery_notify_messages_total", Help: "Messages that the receiver took."}),
		transitions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "artery_notify_transitions_total", Help: "Transitions in them."}, []string{"state"}),
		failures:    prometheus.NewCounter(prometheus.CounterOpts{Name: "artery_notify_failures_total", Help: "Deliveries that failed; each is tried again."}),
		dropped:     prometheus.NewCounter(prometheus.CounterOpts{Name: "artery_notify_dropped_total", Help: "Transitions that were not told, because too many waited for a receiver that did not answer."}),
		refused:     prometheus.NewCounter(prometheus.CounterOpts{Name: "artery_notify_refused_total", Help: "Transitions that were put aside, because the receiver refused their message again and again and took a later one."}),
		waiting:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "artery_notify_waiting", Help: "Messages that are planned and not delivered."}),
	}
	r.MustRegister(m.messages, m.transitions, m.failures, m.dropped, m.refused, m.waiting)
	return m
}

func (m *Metrics) delivered(message Message) {
	m.messages.Inc()
	for _, t := range message.Transitions {
		m.transitions.WithLabelValues(t.State).Inc()
	}
}
