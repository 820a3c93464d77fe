package loader

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A settler looks after an insert, not more often than it may, and by itself when nothing is inserted; a failure does not
// end it.
func TestSettler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		begin := time.Now()
		var at []time.Duration
		s := NewSettler(nil, slog.New(slog.DiscardHandler))
		var takes atomic.Int64
		s.do = func(context.Context) error {
			at = append(at, time.Since(begin))
			time.Sleep(time.Duration(takes.Load()))
			return errors.New("no connection")
		}
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(200 * time.Millisecond)
		s.Wake()
		s.Wake()
		takes.Store(int64(100 * time.Millisecond))
		time.Sleep(17 * time.Second) // looks at 0, at 1 s, where it takes 0.1 s, and 15 s after a pause of 2 s
		s.Wake()
		time.Sleep(2 * time.Second)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		want := []time.Duration{0, time.Second, 17*time.Second + 200*time.Millisecond}
		if len(at) != len(want) {
			t.Fatalf("it looked at %v, want %v", at, want)
		}
		for i := range want {
			if at[i] != want[i] {
				t.Errorf("it looked at %v, want %v", at, want)
			}
		}
	})
}
