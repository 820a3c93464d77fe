package codearts

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits bound the calls per second. Only Repo's limit is published (600 a
// minute per API, shared by all users), so the defaults are low.
type Limits struct {
	PerSecond float64            // of each API, default 2
	PerAPI    map[string]float64 // calls per second by name of the endpoint function
	Burst     int                // calls an API may make at once, default a tenth of its rate and at least 1
	Tenant    float64            // calls per second over all APIs, default 10 times PerSecond
}

func (l Limits) withDefaults() Limits {
	if l.PerSecond <= 0 {
		l.PerSecond = 2
	}
	if l.Tenant <= 0 {
		l.Tenant = 10 * l.PerSecond
	}
	return l
}

func (l Limits) validate() error {
	for api, perSecond := range l.PerAPI {
		if !slices.Contains(APIs(), api) {
			return fmt.Errorf("limits: there is no API %q; the names are %v", api, APIs())
		}
		if perSecond <= 0 {
			return fmt.Errorf("limits: the rate of %s must be above 0 calls per second", api)
		}
	}
	return nil
}

// limiter grants calls: each takes a token of its API's bucket and one of the
// tenant's. Which API is next, and which of its calls, next decides. It runs in
// the goroutines of its callers and in one timer; no token is taken before a
// call can use it, so a call that comes later can still go first.
type limiter struct {
	limits Limits
	tenant *rate.Limiter

	mu      sync.Mutex // guards all below, buckets included
	buckets map[string]*bucket
	order   []*bucket // as first called
	grants  uint64    // so far
	waiting []entrant // reused, beside asking
	asking  []*bucket
	timer   *time.Timer
}

func newLimiter(l Limits) *limiter {
	return &limiter{
		limits:  l,
		tenant:  rate.NewLimiter(rate.Limit(l.Tenant), burstOf(l.Burst, l.Tenant)),
		buckets: map[string]*bucket{},
	}
}

func burstOf(configured int, perSecond float64) int {
	if configured > 0 {
		return configured
	}
	return max(1, int(math.Ceil(perSecond/10)))
}

// of returns the bucket of an API. Sign-in has a low rate of its own, so that
// an API which refuses every token cannot lock the account at IAM. l.mu is
// held.
func (l *limiter) of(api string) *bucket {
	b := l.buckets[api]
	if b == nil {
		perSecond, burst := l.limits.PerSecond, l.limits.Burst
		if r, set := l.limits.PerAPI[api]; set {
			perSecond = r
		}
		if api == apiSignIn {
			perSecond, burst = 0.2, 5
		}
		b = newBucket(api, rate.Limit(perSecond), burstOf(burst, perSecond))
		l.buckets[api], l.order = b, append(l.order, b)
	}
	return b
}

// wait returns when a call of api may be sent, and whether it had to wait for
// the rate.
func (l *limiter) wait(ctx context.Context, api string, p Priority) (waited bool, err error) {
	b, c, err := l.join(ctx, api, p)
	if err == nil {
		select {
		case <-c.granted:
			return c.waited, nil
		case <-ctx.Done():
			l.leave(b, c)
			err = ctx.Err()
		}
	}
	return false, fmt.Errorf("waiting for the limit of %s: %w", api, err)
}

// join lets a call wait, unless its context is sure to end before.
func (l *limiter) join(ctx context.Context, api string, p Priority) (*bucket, *call, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, now := l.of(api), time.Now()
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if deadline, set := ctx.Deadline(); set && deadline.Before(b.ready(now)) {
		return nil, nil, context.DeadlineExceeded
	}
	if _, others := b.queue.first(); !others {
		b.since = l.grants
	}
	c := b.queue.join(p, now)
	l.dispatch(now)
	return b, c, nil
}

// leave ends the waiting of a call. One that was granted at the same moment
// wastes its grant.
func (l *limiter) leave(b *bucket, c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b.queue.leave(c)
}

// dispatch grants what can be granted, and sets the timer for what can not yet
// be. l.mu is held.
func (l *limiter) dispatch(now time.Time) {
	for {
		l.waiting, l.asking = l.waiting[:0], l.asking[:0]
		tenant := ready(l.tenant, now)
		for _, b := range l.order {
			if first, some := b.queue.first(); some {
				l.waiting = append(l.waiting, entrant{priority: first, since: b.since, ready: latest(tenant, b.ready(now))})
				l.asking = append(l.asking, b)
			}
		}
		i := next(l.waiting, l.grants+1, now)
		if i < 0 {
			break
		}
		l.grants++
		l.tenant.AllowN(now, 1)
		l.asking[i].since = l.grants
		l.asking[i].grant(now)
	}
	for _, b := range l.asking {
		b.press(now)
	}
	if at, some := earliest(l.waiting); some {
		l.wake(at.Sub(now))
	}
}

// wake dispatches again after d. l.mu is held.
func (l *limiter) wake(d time.Duration) {
	if l.timer != nil {
		l.timer.Reset(d)
		return
	}
	l.timer = time.AfterFunc(d, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.dispatch(time.Now())
	})
}

// succeeded and throttled tell the limiter how an API answered.
func (l *limiter) succeeded(api string, waited bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.of(api).succeeded(now, waited)
	l.dispatch(now)
}

func (l *limiter) throttled(api string, pause time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.of(api).throttled(now, pause)
	l.dispatch(now)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sleep waits for d unless ctx ends, or is sure to end, before.
func sleep(ctx context.Context, d time.Duration) error {
	if deadline, set := ctx.Deadline(); set && time.Until(deadline) < d {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
