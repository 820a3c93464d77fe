package codeartstest

import "time"

// bucket is a token bucket on the simulator's clock.
type bucket struct {
	rate, size, level float64
	last              time.Time
}

func newBucket(limit Limit) *bucket {
	size := float64(limit.Burst)
	if size == 0 {
		size = max(1, limit.PerSecond)
	}
	return &bucket{rate: limit.PerSecond, size: size, level: size}
}

// take takes a call from the bucket of an API, or tells how long to wait.
func (t *Tenant) take(api API, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.buckets[api]
	if b == nil || b.rate <= 0 {
		return 0
	}
	if !b.last.IsZero() && now.After(b.last) {
		b.level = min(b.size, b.level+b.rate*now.Sub(b.last).Seconds())
	}
	if now.After(b.last) {
		b.last = now
	}
	if b.level < 1 {
		return time.Duration((1 - b.level) / b.rate * float64(time.Second))
	}
	b.level--
	return 0
}

// SetLimit changes the limit of an API while the tenant runs; a zero limit lifts it.
func (t *Tenant) SetLimit(api API, limit Limit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buckets[api] = newBucket(limit)
}
