package codearts

import (
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// MaxSkew is the difference of the clocks from which on signatures are refused (API Request Signing Guide); SkewWarning
// leaves room before it.
const (
	MaxSkew     = 15 * time.Minute
	SkewWarning = 5 * time.Minute
)

// clock compares the local clock with the Date header of the answers.
type clock struct {
	log    *slog.Logger
	tenant string

	mu     sync.Mutex
	skew   time.Duration
	known  bool
	warned bool
}

func (k *clock) measure(date string, sent, received time.Time) {
	server, err := http.ParseTime(date)
	if err != nil {
		return
	}
	// The date lies between sending and receiving, in whole seconds.
	skew := server.Add(time.Second / 2).Sub(sent.Add(received.Sub(sent) / 2))
	k.mu.Lock()
	defer k.mu.Unlock()
	k.skew, k.known = skew, true
	off := skew.Abs() > SkewWarning
	if off && !k.warned {
		k.log.Warn("the local clock differs from the server's; signed calls are refused from 15 minutes on",
			"tenant", k.tenant, "skew", skew.Round(time.Second).String())
	}
	k.warned = off // a clock that was set, and is wrong again, is said again
}

// ClockSkew returns the server's clock minus the local one, to about a second,
// as last measured; false before the first answer with a Date header.
func (c *Client) ClockSkew() (time.Duration, bool) {
	c.clock.mu.Lock()
	defer c.clock.mu.Unlock()
	return c.clock.skew, c.clock.known
}
