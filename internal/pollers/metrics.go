package pollers

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the collector's Prometheus metrics. Ids of runs and pipelines are never labels.
type Metrics struct {
	Version string // of the program, written into every poll record

	events          *prometheus.CounterVec
	oddRows         *prometheus.CounterVec
	unknownStatus   *prometheus.CounterVec
	backwards       *prometheus.CounterVec
	breaker         *prometheus.GaugeVec
	missing         *prometheus.GaugeVec
	superseded      prometheus.Counter
	unknownOutcomes prometheus.Counter
	checkpoints     *prometheus.CounterVec
	polls           *prometheus.CounterVec
	duration        *prometheus.HistogramVec
	lastGood        *prometheus.GaugeVec
	resting         *prometheus.GaugeVec
	filterTrusted   *prometheus.GaugeVec
	wideTrusted     *prometheus.GaugeVec
	needed, allowed *prometheus.GaugeVec
	oldestDue       *oldestDue
	projects        *prometheus.GaugeVec
	projectChanges  *prometheus.CounterVec

	mu       sync.Mutex
	statuses map[string]bool // those that unknownStatus has as labels; guarded by mu
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer, version string) *Metrics {
	m := &Metrics{
		Version:         version,
		statuses:        map[string]bool{},
		events:          prometheus.NewCounterVec(prometheus.CounterOpts{Name: "artery_events_total", Help: "Change events appended to the log."}, []string{"tenant", "kind", "op"}),
		oddRows:         prometheus.NewCounterVec(prometheus.CounterOpts{Name: "artery_odd_rows_total", Help: "Rows of CodeArts answers that became no snapshot."}, []string{"tenant", "kind"}),
		unknownStatus:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "artery_unknown_status_total", Help: "Runs seen with a status that no document names; they count as active."}, []string{"tenant", "status"}),
		backwards:       prometheus.NewCounterVec(prometheus.CounterOpts{Name: "artery_status_backwards_total", Help: "Runs that were over and then shown as open or as over earlier; the next look decides whether that is believed."}, []string{"tenant"}),
		breaker:         prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "artery_breaker_open", Help: "1 while a listing lacks so much of what is known that nothing of it is called deleted."}, []string{"tenant", "project", "kind"}),
		missing:         prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "artery_missing_entities", Help: "Entities that the last complete listings lack and that are not proved to be deleted."}, []string{"tenant", "project", "kind"}),
		superseded:      prometheus.NewCounter(prometheus.CounterOpts{Name: "artery_rounds_superseded_total", Help: "Rounds dropped because another collector wrote to the scope."}),
		unknownOutcomes: prometheus.NewCounter(prometheus.CounterOpts{Name: "artery_append_unknown_total", Help: "Appends whose reply was lost; the scope was read again."}),
		checkpoints:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "artery_checkpoints_total", Help: "Checkpoints of scopes by result; without one a restart reads the scope in full."}, []string{"result"}),
		polls:           prometheus.NewCounterVec(prometheus.CounterOpts{Name: "artery_polls_total", Help: "Poll rounds by result."}, []string{"tenant", "project", "poller", "result"}),
		duration:        prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "artery_poll_seconds", Help: "Duration of a poll round.", Buckets: prometheus.ExponentialBuckets(0.01, 4, 8)}, []string{"poller"}),
		lastGood:        prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "artery_last_good_poll_timestamp_seconds", Help: "Time of the last poll round without an error."}, []string{"tenant", "project", "poller"}),
		needed:          prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "artery_budget_needed_per_minute", Help: "Calls that the schedules and freshness objectives need, on the average of a day, by what is there now."}, []string{"tenant", "api", "priority"}),
		allowed:         prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "artery_budget_allowed_per_minute", Help: "Calls that the limits allow now; where more are needed, polls are late."}, []string{"tenant", "api"}),
		filterTrusted:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "artery_status_filter_trusted", Help: "1 while open runs are looked at by lists filtered by status; 0 after such a list was found to be wrong."}, []string{"tenant"}),
		wideTrusted:     prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "artery_tenant_list_trusted", Help: "1 while one list of the pipelines of all projects takes the place of one for each; 0 after such a list was found to be wrong."}, []string{"tenant"}),
		oldestDue:       newOldestDue(),
		projects:        prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "artery_projects_watched", Help: "CodeArts projects that are watched."}, []string{"tenant"}),
		projectChanges:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "artery_project_changes_total", Help: "Projects that came to be watched, and that are not any more."}, []string{"tenant", "change"}),
		resting:         prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "artery_poller_resting", Help: "1 while a poller, or the details of its list, rest because the region does not publish their API."}, []string{"tenant", "project", "poller"}),
	}
	r.MustRegister(m.events, m.oddRows, m.unknownStatus, m.backwards, m.breaker, m.missing, m.superseded, m.unknownOutcomes, m.checkpoints, m.polls, m.duration, m.lastGood, m.filterTrusted, m.wideTrusted, m.needed, m.allowed, m.oldestDue, m.resting, m.projects, m.projectChanges)
	return m
}

// mostStatuses and longestStatus bound the label of statuses that no document names: they come from outside.
const mostStatuses, longestStatus, otherStatus = 20, 40, "other"

// unknown counts a run with a status that no document names.
func (m *Metrics) unknown(tenant, status string) {
	m.mu.Lock()
	if !m.statuses[status] {
		if len(m.statuses) < mostStatuses && len(status) <= longestStatus {
			m.statuses[status] = true
		} else {
			status = otherStatus
		}
	}
	m.mu.Unlock()
	m.unknownStatus.WithLabelValues(tenant, status).Inc()
}

// trust returns a function that tells whether an answer is relied on of which no document says what it means, by its gauge and
// in its words.
func (m *Metrics) trust(log *slog.Logger, tenant string, gauge *prometheus.GaugeVec, right, wrong string) func(trusted bool, reason string) {
	return func(trusted bool, reason string) {
		if trusted {
			gauge.WithLabelValues(tenant).Set(1)
			log.Info(right, "tenant", tenant)
			return
		}
		gauge.WithLabelValues(tenant).Set(0)
		log.Warn(wrong+"; it is tried again within an hour", "tenant", tenant, "reason", reason)
	}
}

// budget shows what is needed and what is allowed.
func (m *Metrics) budget(tenant string, needs []Need, allowed map[string]float64) {
	m.needed.DeletePartialMatch(prometheus.Labels{"tenant": tenant})
	for _, n := range needs {
		m.needed.WithLabelValues(tenant, n.API, n.Priority.String()).Set(n.PerMinute)
	}
	for api, perMinute := range allowed {
		m.allowed.WithLabelValues(tenant, apiName(api)).Set(perMinute)
	}
}

// stopped counts a project that is not watched any more, and forgets its state: it is not overdue, and lacks nothing.
func (m *Metrics) stopped(tenant, project string) {
	m.projectChanges.WithLabelValues(tenant, "stopped").Inc()
	for _, state := range []*prometheus.GaugeVec{m.lastGood, m.resting, m.breaker, m.missing} {
		state.DeletePartialMatch(prometheus.Labels{"tenant": tenant, "project": project})
	}
}

// left forgets the state of a tenant that this collector does not poll any more: another one tells it.
func (m *Metrics) left(tenant string) {
	for _, state := range []*prometheus.GaugeVec{m.lastGood, m.resting, m.breaker, m.missing, m.filterTrusted, m.wideTrusted, m.needed, m.allowed, m.projects} {
		state.DeletePartialMatch(prometheus.Labels{"tenant": tenant})
	}
}

func (m *Metrics) polled(j *job, started, ended time.Time, held int, err error) {
	result := "ok"
	switch {
	case errors.Is(err, errResting):
		result = "rested"
	case err != nil:
		result = "error"
	case held > 0:
		result = "held"
	default:
		m.resting.DeleteLabelValues(j.tenant.Name, j.project, j.poller.Name)
		m.lastGood.WithLabelValues(j.tenant.Name, j.project, j.poller.Name).Set(float64(ended.Unix()))
	}
	m.polls.WithLabelValues(j.tenant.Name, j.project, j.poller.Name, result).Inc()
	m.duration.WithLabelValues(j.poller.Name).Observe(ended.Sub(started).Seconds())
}
