package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// pulled bounds the messages that were received and not looked at yet; with headers alone each takes about 3 KB.
const pulled = 5000

// patience and mostPatience bound an answer of the server, the first time and the last. It finds the last message of each of
// a million subjects before it says that it has made a reader, and has unpacked every block if it has just started: seconds,
// or many where the machine is busy, and another try before that is over makes it busier. A request that was lost on the way
// never gets an answer, so that the first time may not be the longest.
const patience, mostPatience = 20 * time.Second, 80 * time.Second

// quiet is how long a read waits for a message before it asks the server whether there is one left.
const quiet = time.Second

// each reads what an ordered consumer of a stream finds now, and ends. It does not wait for what comes later.
func (l *Log) each(ctx context.Context, stream string, c jetstream.OrderedConsumerConfig, f func(jetstream.Msg, *jetstream.MsgMetadata) error) error {
	var cons jetstream.Consumer
	err := patiently(ctx, func(ctx context.Context) (err error) {
		cons, err = l.js.OrderedConsumer(ctx, stream, c)
		return err
	})
	if err != nil {
		return fmt.Errorf("creating a reader: %w", err)
	}
	var last uint64
	read := func() (all bool, err error) {
		var info *jetstream.ConsumerInfo
		err = patiently(ctx, func(ctx context.Context) (err error) {
			info, err = cons.Info(ctx)
			return err
		})
		if err != nil {
			return false, err
		}
		return info.NumPending == 0 && (info.Delivered.Consumer == 0 || info.Delivered.Stream == last), nil
	}
	if all, err := read(); err != nil {
		return fmt.Errorf("creating a reader: %w", err)
	} else if all {
		return nil
	}
	it, err := cons.Messages(jetstream.PullMaxMessages(pulled))
	if err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	defer it.Stop()
	for {
		m, err := it.Next(jetstream.NextMaxWait(quiet))
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("reading: %w", ctx.Err())
		case errors.Is(err, nats.ErrTimeout):
			// What was left may have expired meanwhile. An error is no answer: the server is away, the reader starts anew.
			if all, err := read(); err == nil && all {
				return nil
			}
			continue
		case err != nil:
			return fmt.Errorf("reading: %w", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		if err := f(m, meta); err != nil {
			return err
		}
		if last = meta.Sequence.Stream; meta.NumPending == 0 {
			return nil
		}
	}
}

// patiently asks the server until it answers.
func patiently(ctx context.Context, ask func(ctx context.Context) error) error {
	for wait := patience; ; wait *= 2 {
		asking, cancel := context.WithTimeout(ctx, wait)
		err := ask(asking)
		cancel()
		if err == nil || ctx.Err() != nil || wait == mostPatience || !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
}
