package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/daemon"

	"github.com/nats-io/nats.go"
)

func testFrame() Frame {
	return Frame{Log: slog.New(slog.DiscardHandler), Health: &daemon.Health{}}
}

// A server that is away, or goes away in the middle of the start, is waited for; a refusal is final at once.
func TestPersist(t *testing.T) {
	for _, test := range []struct {
		name  string
		err   error
		tries int
	}{
		{"the server is away", errors.New("connection refused"), 4},
		{"it is killed while it answers", unlessLost(fmt.Errorf("applying a migration: %w", &url.Error{Op: "Post", URL: "http://127.0.0.1", Err: io.EOF})), 4},
		{"its answer never comes", unlessLost(fmt.Errorf("reading the stream: %w", context.DeadlineExceeded)), 4},
		{"nats is away", unlessLost(fmt.Errorf("opening the stream: %w", nats.ErrTimeout)), 4},
		{"the schema is newer than the program", unlessLost(errors.New("start a newer program")), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				err := testFrame().persist(t.Context(), "part", func() error {
					if tries++; tries == 4 {
						return nil
					}
					return test.err
				})
				if tries != test.tries {
					t.Errorf("%d tries, want %d", tries, test.tries)
				}
				if final := test.tries == 1; final != errors.Is(err, test.err) || final != (err != nil) {
					t.Errorf("ends with %v", err)
				}
			})
		})
	}
}

func TestPersistEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		started := time.Now()
		err := testFrame().persist(ctx, "part", func() error { return errors.New("away") })
		if took := time.Since(started); err == nil || took != time.Minute {
			t.Errorf("it ends after %s with %v", took, err)
		}
	})
}
