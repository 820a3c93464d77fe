package codearts

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	firstDelay    = 500 * time.Millisecond
	longestDelay  = 30 * time.Second
	maxRetryAfter = 5 * time.Minute
)

// backoff draws delays with full jitter.
type backoff struct {
	mu   sync.Mutex
	rand *rand.Rand
}

// delay returns a random part of a span that doubles with each failure.
func (b *backoff) delay(failure int) time.Duration {
	span := longestDelay
	if failure < 8 {
		span = min(span, firstDelay<<(failure-1))
	}
	return time.Duration(b.fraction() * float64(span))
}

// fraction returns a number in [0, 1).
func (b *backoff) fraction() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rand.Float64()
}

// retryAfter reads a Retry-After header in seconds or as a date. The date is
// compared with the server's own clock where the answer names it.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		if !(seconds > 0) { // also NaN
			return 0
		}
		return time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second))
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
