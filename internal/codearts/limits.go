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

const (
	slowestRate  = rate.Limit(0.1)  // calls per second that throttling never goes below
	raiseEvery   = 10 * time.Second // without a throttled answer
	raiseDivisor = 20               // each raise is this part of the configured rate
	cutEvery     = time.Second      // a volley of throttled answers counts once
)

// limiter holds one bucket per API under one of the tenant.
type limiter struct {
	limits Limits
	tenant *rate.Limiter

	mu      sync.Mutex
	buckets map[string]*bucket
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
// an API which refuses every token cannot lock the account at IAM.
func (l *limiter) of(api string) *bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[api]
	if b == nil {
		perSecond, burst := l.limits.PerSecond, l.limits.Burst
		if r, set := l.limits.PerAPI[api]; set {
			perSecond = r
		}
		if api == apiSignIn {
			perSecond, burst = 0.2, 5
		}
		b = &bucket{full: rate.Limit(perSecond), lim: rate.NewLimiter(rate.Limit(perSecond), burstOf(burst, perSecond))}
		l.buckets[api] = b
	}
	return b
}

// wait returns when a call of api may be sent.
func (l *limiter) wait(ctx context.Context, api string) error {
	if err := l.of(api).wait(ctx); err != nil {
		return fmt.Errorf("waiting for the limit of %s: %w", api, err)
	}
	if err := await(ctx, l.tenant); err != nil {
		return fmt.Errorf("waiting for the limit of the tenant: %w", err)
	}
	return nil
}

// bucket is the limit of one API. Its rate halves with a throttled answer and
// climbs back slowly.
type bucket struct {
	full rate.Limit
	lim  *rate.Limiter

	mu      sync.Mutex
	paused  time.Time // no call before
	changed time.Time // last cut or raise
	cut     time.Time // last cut
}

// wait takes its turn after a pause, so that the calls held back by it do not
// leave all at once.
func (b *bucket) wait(ctx context.Context) error {
	for {
		if pause := b.pause(); pause > 0 {
			if err := sleep(ctx, pause); err != nil {
				return err
			}
			continue
		}
		if err := await(ctx, b.lim); err != nil {
			return err
		}
		if b.pause() <= 0 {
			return nil
		}
	}
}

func (b *bucket) pause() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Until(b.paused)
}

// throttled halves the rate and pauses the API.
func (b *bucket) throttled(pause time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if until := now.Add(pause); until.After(b.paused) {
		b.paused = until
	}
	if !b.cut.IsZero() && now.Sub(b.cut) < cutEvery {
		return
	}
	b.cut, b.changed = now, now
	b.lim.SetLimit(max(b.lim.Limit()/2, min(slowestRate, b.full)))
}

// succeeded raises a lowered rate by one step, at most once per raiseEvery.
func (b *bucket) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if b.lim.Limit() >= b.full || now.Sub(b.changed) < raiseEvery {
		return
	}
	b.changed = now
	b.lim.SetLimit(min(b.full, b.lim.Limit()+b.full/raiseDivisor))
}

// await waits for lim. The limiter gives up at once when the deadline comes
// before the turn; for the caller that is the deadline.
func await(ctx context.Context, lim *rate.Limiter) error {
	err := lim.Wait(ctx)
	if err != nil && ctx.Err() == nil {
		return context.DeadlineExceeded
	}
	return err
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

// Rates returns the present calls per second of every API called so far; below
// the configured rate while CodeArts throttles.
func (c *Client) Rates() map[string]float64 {
	c.limits.mu.Lock()
	defer c.limits.mu.Unlock()
	rates := make(map[string]float64, len(c.limits.buckets))
	for api, b := range c.limits.buckets {
		rates[api] = float64(b.lim.Limit())
	}
	return rates
}
