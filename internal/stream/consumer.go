package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"artery/internal/events"

	"github.com/nats-io/nats.go/jetstream"
)

// ConsumerConfig is a loader's durable.
type ConsumerConfig struct {
	Name    string        // one per loader; several loaders may share it, see Consumer
	Batch   int           // messages that one Next returns at most
	AckWait time.Duration // until an unacknowledged message is delivered again
}

// Consumer is the loader's place in the log. Acknowledging a sequence acknowledges everything before it, so whoever acks
// must know that everything before it is stored; the loader's ledger does. One goroutine may read while another
// acknowledges.
type Consumer struct {
	log    *Log
	stream jetstream.Stream
	cons   jetstream.Consumer
	it     jetstream.MessagesContext
	batch  int

	mu      sync.Mutex
	replies map[uint64]string // reply subject of what is not acknowledged, by sequence; guarded by mu
}

// Consume opens the durable, making it when it is missing.
func (l *Log) Consume(ctx context.Context, c ConsumerConfig) (*Consumer, error) {
	s, err := l.js.Stream(ctx, events.Stream)
	if err != nil {
		return nil, fmt.Errorf("opening consumer %s: %w", c.Name, err)
	}
	cons, err := s.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:       c.Name,
		Description:   "Artery loader",
		AckPolicy:     jetstream.AckAllPolicy,
		AckWait:       c.AckWait,
		MaxAckPending: 4 * c.Batch,
		MaxDeliver:    -1, // what can not be loaded is quarantined, never dropped
		DeliverPolicy: jetstream.DeliverAllPolicy,
	})
	if err != nil {
		return nil, fmt.Errorf("opening consumer %s: %w", c.Name, err)
	}
	it, err := cons.Messages(jetstream.PullMaxMessages(2*c.Batch), jetstream.PullExpiry(30*time.Second))
	if err != nil {
		return nil, fmt.Errorf("opening consumer %s: %w", c.Name, err)
	}
	return &Consumer{log: l, stream: s, cons: cons, it: it, replies: map[uint64]string{}, batch: c.Batch}, nil
}

// Next waits for a message, then takes what comes within linger, up to the batch size.
func (c *Consumer) Next(ctx context.Context, linger time.Duration) ([]events.Delivery, error) {
	var out []events.Delivery
	wait := ctx
	for len(out) < c.batch {
		m, err := c.it.Next(jetstream.NextContext(wait))
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return out, ctx.Err()
		case len(out) > 0 && wait.Err() != nil:
			return out, nil
		case errors.Is(err, jetstream.ErrNoHeartbeat):
			continue // the server is away; the iterator asks again
		default:
			return out, fmt.Errorf("consuming: %w", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return out, fmt.Errorf("consuming: %w", err)
		}
		c.mu.Lock()
		c.replies[meta.Sequence.Stream] = m.Reply()
		c.mu.Unlock()
		out = append(out, events.Delivery{Record: c.log.record(m, meta), Attempt: meta.NumDelivered})
		if len(out) == 1 {
			var cancel context.CancelFunc
			wait, cancel = context.WithTimeout(ctx, linger)
			defer cancel()
		}
	}
	return out, nil
}

// ackTimeout bounds the wait for the server's word: a server that ends keeps no request, and the answer never comes.
const ackTimeout = 5 * time.Second

// Ack acknowledges everything up to seq and waits for the server's word. Sequences that were never delivered here are
// rounded down to the last that was.
func (c *Consumer) Ack(ctx context.Context, seq uint64) error {
	var at uint64
	c.mu.Lock()
	for s := range c.replies {
		if s <= seq && s > at {
			at = s
		}
	}
	reply := c.replies[at]
	c.mu.Unlock()
	if at == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	if _, err := c.log.js.Conn().RequestWithContext(ctx, reply, []byte("+ACK")); err != nil {
		return fmt.Errorf("acknowledging %d: %w", at, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.replies {
		if s <= seq {
			delete(c.replies, s)
		}
	}
	return nil
}

// Floor tells how far the consumer is, whoever reads it.
func (c *Consumer) Floor(ctx context.Context) (events.Floor, error) {
	info, err := c.cons.Info(ctx)
	if err != nil {
		return events.Floor{}, fmt.Errorf("reading the consumer's floor: %w", err)
	}
	f := events.Floor{Seq: info.AckFloor.Stream, Pending: info.NumAckPending, Waiting: info.NumPending}
	next, err := c.stream.GetMsg(ctx, f.Seq+1, jetstream.WithGetMsgSubject(">"))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
	case err != nil:
		return events.Floor{}, fmt.Errorf("reading the message after %d: %w", f.Seq, err)
	default:
		f.First = next.Sequence
	}
	return f, nil
}

// Close stops reading. What is not acknowledged is delivered again, here or elsewhere.
func (c *Consumer) Close() { c.it.Stop() }
