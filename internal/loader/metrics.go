package loader

import (
	"time"

	"artery/internal/events"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the loader's Prometheus metrics.
type Metrics struct {
	rows         prometheus.Counter
	quarantined  prometheus.Counter
	redelivered  prometheus.Counter
	insertErrors prometheus.Counter
	duration     prometheus.Histogram
	size         prometheus.Histogram
	acked        prometheus.Gauge
	lastInsert   prometheus.Gauge
	pending      prometheus.Gauge
	waiting      prometheus.Gauge
	certificate  *prometheus.GaugeVec
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		rows:         prometheus.NewCounter(prometheus.CounterOpts{Name: "artery_loader_rows_total", Help: "Events stored in ClickHouse, redelivered ones included."}),
		quarantined:  prometheus.NewCounter(prometheus.CounterOpts{Name: "artery_loader_quarantined_total", Help: "Messages that became no row."}),
		redelivered:  prometheus.NewCounter(prometheus.CounterOpts{Name: "artery_loader_redelivered_total", Help: "Messages that came more than once."}),
		insertErrors: prometheus.NewCounter(prometheus.CounterOpts{Name: "artery_loader_insert_errors_total", Help: "Inserts that failed and were tried again."}),
		duration:     prometheus.NewHistogram(prometheus.HistogramOpts{Name: "artery_loader_insert_seconds", Help: "Duration of an insert.", Buckets: prometheus.ExponentialBuckets(0.002, 4, 8)}),
		size:         prometheus.NewHistogram(prometheus.HistogramOpts{Name: "artery_loader_insert_rows", Help: "Rows of an insert.", Buckets: prometheus.ExponentialBuckets(1, 10, 6)}),
		acked:        prometheus.NewGauge(prometheus.GaugeOpts{Name: "artery_loader_acked_seq", Help: "Stream sequence up to which everything is stored and acknowledged."}),
		lastInsert:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "artery_loader_last_insert_timestamp_seconds", Help: "Time of the last insert that succeeded."}),
		pending:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "artery_loader_pending", Help: "Messages delivered to the consumer's loaders and not acknowledged."}),
		waiting:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "artery_loader_waiting", Help: "Messages of the log that no loader has been given."}),
		certificate: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "artery_completeness_runs",
			Help: "Run numbers by what is known of them: known, expected, pending (missing, not looked for yet), unknown (CodeArts has no such run), open, unexplained (CodeArts spoke of them, they are not stored).",
		}, []string{"tenant", "state"}),
	}
	r.MustRegister(m.certificate, m.rows, m.quarantined, m.redelivered, m.insertErrors, m.duration, m.size, m.acked, m.lastInsert, m.pending, m.waiting)
	return m
}

func (m *Metrics) inserted(b *Block, d time.Duration) {
	m.rows.Add(float64(b.Events.Len()))
	m.size.Observe(float64(b.Events.Len()))
	m.duration.Observe(d.Seconds())
	m.lastInsert.SetToCurrentTime()
}

func (m *Metrics) certified(all []certificate) {
	for _, c := range all {
		for state, n := range map[string]int64{"known": c.Known, "expected": c.Expected, "pending": c.Pending, "unknown": c.Unknown, "open": c.Open, "unexplained": c.Unexplained} {
			m.certificate.WithLabelValues(c.Tenant, state).Set(float64(n))
		}
	}
}

func (m *Metrics) looked(f events.Floor) {
	m.acked.Set(float64(f.Seq))
	m.pending.Set(float64(f.Pending))
	m.waiting.Set(float64(f.Waiting))
}
