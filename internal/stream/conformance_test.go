package stream_test

import (
	"testing"
	"time"

	"artery/internal/events"
	"artery/internal/stream"
	"artery/internal/stream/streamtest"
)

func TestLog(t *testing.T) {
	streamtest.TestLog(t, func(t *testing.T) streamtest.Log {
		l, _ := open(t)
		return l
	})
}

func TestSource(t *testing.T) {
	streamtest.TestSource(t, func(t *testing.T) streamtest.Harness {
		l, js := open(t)
		return streamtest.Harness{
			Log: l,
			Open: func(t *testing.T, durable string, batch int) streamtest.Source {
				c, err := l.Consume(t.Context(), stream.ConsumerConfig{Name: durable, Batch: batch, AckWait: time.Second})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(c.Close)
				return c
			},
			Vanish: func(t *testing.T, n int) {
				o := events.Origin{Tenant: "other", Scope: "s"}
				var last uint64
				for range n {
					last = publish(t, js, events.PollRecord{}.Event(o), o, time.Second)
				}
				gone(t, js, last)
			},
		}
	})
}
