package pollers

import (
	"fmt"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"github.com/prometheus/client_golang/prometheus"
)

// states are the gauges that have a label of some value.
func states(t *testing.T, r prometheus.Gatherer, value string) (names []string) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetType() == dto.MetricType_GAUGE && l.GetValue() == value {
					names = append(names, f.GetName())
				}
			}
		}
	}
	return names
}

// TestStatesEnd: what is not polled any more has no state: a breaker that stayed open would alarm for ever.
func TestStatesEnd(t *testing.T) {
	r := prometheus.NewRegistry()
	m := NewMetrics(r, "test")
	for _, project := range []string{"a", "b"} {
		for _, g := range []*prometheus.GaugeVec{m.lastGood, m.resting} {
			g.WithLabelValues("acme", project, "pipelines").Set(1)
		}
		for _, g := range []*prometheus.GaugeVec{m.breaker, m.missing} {
			g.WithLabelValues("acme", project, "pipeline").Set(1)
		}
	}
	m.budget("acme", []Need{{API: "Pipelines"}}, map[string]float64{"Pipelines": 1})
	m.filterTrusted.WithLabelValues("acme").Set(1)
	m.wideTrusted.WithLabelValues("acme").Set(1)
	m.projects.WithLabelValues("acme").Set(2)
	m.lastGood.WithLabelValues("other", "c", "pipelines").Set(1)

	m.stopped("acme", "a")
	if left := states(t, r, "a"); len(left) > 0 {
		t.Errorf("a project that is not watched any more has still %s", left)
	}
	if left := states(t, r, "b"); len(left) != 4 {
		t.Errorf("the project that is watched has only %s", left)
	}
	m.left("acme")
	if left := states(t, r, "acme"); len(left) > 0 {
		t.Errorf("a tenant that another collector polls has still %s", left)
	}
	if left := states(t, r, "other"); len(left) != 1 {
		t.Errorf("the tenant that is polled has only %s", left)
	}
}

// TestUnknownStatuses: however many statuses come from outside, the labels are few and short.
func TestUnknownStatuses(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry(), "test")
	long := strings.Repeat("x", longestStatus+1)
	for range 2 {
		m.unknown("acme", "WAITING_ABC")
		m.unknown("acme", long)
		for i := range 3 * mostStatuses {
			m.unknown("acme", fmt.Sprint("STATUS_", i))
		}
	}
	if n := count(t, m.unknownStatus.WithLabelValues("acme", "WAITING_ABC")); n != 2 {
		t.Errorf("the first status is counted %v times, want 2", n)
	}
	// One label is that of the first status, so that mostStatuses-1 of the others have one of their own.
	if n := count(t, m.unknownStatus.WithLabelValues("acme", otherStatus)); n != 2*(1+2*mostStatuses+1) {
		t.Errorf("%v statuses are counted as others, want %d", n, 2*(1+2*mostStatuses+1))
	}
}
