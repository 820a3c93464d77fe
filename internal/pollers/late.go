package pollers

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// lateness is how long a job has been due: from when a round was asked for until one that was asked for so early has ended
// well. The zero time stands for none.
type lateness struct {
	mu      sync.Mutex
	waiting time.Time // since when the next round has been asked for; guarded by mu
	running time.Time // since when the round under way had been; guarded by mu
	stopped bool      // the job does not run any more: nothing is late; guarded by mu
}

func (l *lateness) asked(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting.IsZero() {
		l.waiting = now
	}
}

func (l *lateness) began(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running, l.waiting = l.waiting, time.Time{}
	if l.running.IsZero() {
		l.running = now
	}
}

// ended leaves a job due whose round has failed: the next tick tries again.
func (l *lateness) ended(good bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !good {
		l.waiting = l.running
	}
	l.running = time.Time{}
}

func (l *lateness) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
}

func (l *lateness) age(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return 0
	}
	for _, since := range []time.Time{l.running, l.waiting} { // the older one first
		if !since.IsZero() {
			return now.Sub(since)
		}
	}
	return 0
}

// oldestDue tells the lateness of the latest job of each poller, when it is asked.
type oldestDue struct {
	desc      *prometheus.Desc
	collector atomic.Pointer[Collector]
}

func newOldestDue() *oldestDue {
	return &oldestDue{desc: prometheus.NewDesc("artery_oldest_due_age_seconds",
		"How long the longest due job of a poller has waited for a round to run and end well.", []string{"tenant", "poller"}, nil)}
}

// Describe and Collect make it a prometheus.Collector.
func (o *oldestDue) Describe(out chan<- *prometheus.Desc) { out <- o.desc }

func (o *oldestDue) Collect(out chan<- prometheus.Metric) {
	c := o.collector.Load()
	if c == nil {
		return
	}
	type key struct{ tenant, poller string }
	oldest, now := map[key]time.Duration{}, c.Now()
	for _, w := range c.hands() {
		for _, j := range w.jobs() {
			k := key{j.tenant.Name, j.poller.Name}
			oldest[k] = max(oldest[k], j.late.age(now))
		}
	}
	for k, age := range oldest {
		out <- prometheus.MustNewConstMetric(o.desc, prometheus.GaugeValue, age.Seconds(), k.tenant, k.poller)
	}
}
