// Package loader moves the log into ClickHouse: batch, insert, acknowledge.
//
// The contract: a message is acknowledged only after ClickHouse has said that its row is stored; a row is a pure function
// of its message and is keyed by it, so that storing it twice is storing it once. From the two follows that every message
// is in the table, once, whatever is killed in between.
//
// Less formally: insert, then ack; never the other way round, and never on a guess.
//
// What you can not assume: that rows arrive in the order of the log, or once. Readers use FINAL.
package loader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"artery/internal/events"

	"golang.org/x/sync/errgroup"
)

// Source is the log as a loader reads it. internal/stream has the real one, streamtest one in memory.
type Source interface {
	// Next waits for a message, then takes what comes within linger, up to the batch size.
	Next(ctx context.Context, linger time.Duration) ([]events.Delivery, error)
	// Ack acknowledges everything up to seq.
	Ack(ctx context.Context, seq uint64) error
	// Floor tells how far the consumer is and which sequence is the first in the stream after it.
	Floor(ctx context.Context) (events.Floor, error)
}

// Table is where rows go.
type Table interface {
	// Insert stores a block. When it returns nil, every row is stored; when it fails, any part of it may be.
	Insert(ctx context.Context, b *Block) error
}

// Options are what a Loader is made of.
type Options struct {
	Source  Source
	Table   Table
	Linger  time.Duration // how long a started batch waits for more when the loader is not behind
	Grace   time.Duration // for the last batch when the loader is stopped
	Version string
	Slog    *slog.Logger
	Metrics *Metrics
	Stored  func() // is called after each insert; nil = nobody wants to know
}

// Loader is one reader of the log.
type Loader struct {
	Options
	ledger ledger      // owned by the goroutine of drain
	behind atomic.Bool // more than a block is to be loaded
}

// New makes a loader. It starts nothing.
func New(o Options) *Loader { return &Loader{Options: o} }

const (
	// blocks in rotation: one fills while one waits and one is in flight.
	blocks = 3
	// lookEvery is how often a loader looks how far the consumer is: for its metrics, and because what it may acknowledge
	// can depend on another loader.
	lookEvery = time.Second
	// lingerBehind is the linger of a loader that has to catch up: it reads as fast as the log gives, and an insert that
	// is twenty times larger costs hardly more.
	lingerBehind = 500 * time.Millisecond
	// replyWait bounds one question to the log. The server does not answer every acknowledgement, and a reply may be lost.
	replyWait = 10 * time.Second
	// retryFrom and retryTo bound the pause between two tries of an insert.
	retryFrom, retryTo = 100 * time.Millisecond, 30 * time.Second
)

// Run loads until ctx ends. The batch that is in flight then has Grace to finish.
func (l *Loader) Run(ctx context.Context) error {
	if _, err := l.look(ctx); err != nil {
		// A busy server; without the floor the first acknowledgement only has to look for it.
		l.Slog.Warn("the consumer does not answer", "err", err)
	}
	free, full := make(chan *Block, blocks), make(chan *Block, 1)
	for range blocks {
		free <- &Block{}
	}
	g, run := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(full)
		return l.fill(run, free, full)
	})
	g.Go(func() error {
		// The drain outlives ctx by Grace.
		drain, cancel := context.WithCancel(context.WithoutCancel(run))
		defer cancel()
		defer context.AfterFunc(run, func() { time.AfterFunc(l.Grace, cancel) })()
		return l.drain(drain, free, full)
	})
	if err := g.Wait(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("loading: %w", err)
	}
	return nil
}

// fill turns messages into blocks. A block that waits for the drain grows: what came within one linger is a good insert
// for an idle table, and far too small a one for a busy table. It does not grow by what is delivered again: a loader that
// is stalled would take what another one on the same consumer is waiting for.
func (l *Loader) fill(ctx context.Context, free <-chan *Block, full chan *Block) error {
	for {
		linger := l.Linger
		if l.behind.Load() {
			linger = max(linger, lingerBehind)
		}
		ds, err := l.Source.Next(ctx, linger)
		if err != nil {
			return err
		}
		var b *Block
		select {
		case b = <-full:
			if !b.room(len(ds)) || slices.ContainsFunc(ds, again) {
				full <- b // does not block: nobody else sends
				b = nil
			}
		default:
		}
		if b == nil {
			select {
			case b = <-free:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		l.put(b, ds)
		select {
		case full <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func again(d events.Delivery) bool { return d.Attempt > 1 }

// put adds messages to a block.
func (l *Loader) put(b *Block, ds []events.Delivery) {
	for _, d := range ds {
		if again(d) {
			l.Metrics.redelivered.Inc()
		}
		if err := b.add(d.Record, l.Version); err != nil {
			l.Metrics.quarantined.Inc()
			l.Slog.Warn("a message goes to quarantine", "seq", d.Seq, "subject", d.Subject, "err", err)
		}
	}
}

// drain inserts and acknowledges, in that order. It ends when full is closed, or fails when ctx ends before a block is in.
func (l *Loader) drain(ctx context.Context, free chan<- *Block, full <-chan *Block) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case b, ok := <-full:
			if !ok {
				return nil
			}
			if err := l.insert(ctx, b); err != nil {
				return err
			}
			for _, seq := range b.seqs {
				l.ledger.store(seq)
			}
			b.reset()
			free <- b
			if l.Stored != nil {
				l.Stored()
			}
		case <-tick.C:
			if _, err := l.look(ctx); err != nil {
				l.Slog.Warn("the consumer does not answer", "err", err)
				continue
			}
		}
		if err := l.ack(ctx); err != nil {
			l.Slog.Warn("acknowledging failed, the messages will come again", "err", err)
		}
	}
}

// insert tries until the block is stored or ctx ends. Repeating is safe: rows are keyed by their message.
func (l *Loader) insert(ctx context.Context, b *Block) error {
	for pause := retryFrom; ; pause = min(2*pause, retryTo) {
		started := time.Now()
		err := l.Table.Insert(ctx, b)
		if err == nil {
			l.Metrics.inserted(b, time.Since(started))
			return nil
		}
		l.Metrics.insertErrors.Inc()
		l.Slog.Warn("insert failed, trying again", "rows", b.Events.Len(), "pause", pause, "err", err)
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// ack acknowledges what the ledger allows. Where a hole is in the way, the consumer is asked: another loader may have
// acknowledged it meanwhile, or the stream may hold nothing there any more.
func (l *Loader) ack(ctx context.Context) error {
	for {
		if seq := l.ledger.ackable(); seq > 0 {
			if err := l.tell(ctx, seq); err != nil {
				return err
			}
		}
		from, to, hole := l.ledger.hole()
		if !hole {
			return nil
		}
		floor, err := l.look(ctx)
		if err != nil {
			return err
		}
		if floor.First > from {
			l.ledger.void(from, min(to, floor.First-1))
		}
		if l.ledger.ackable() == 0 {
			return nil
		}
	}
}

func (l *Loader) tell(ctx context.Context, seq uint64) error {
	ctx, cancel := context.WithTimeout(ctx, replyWait)
	defer cancel()
	if err := l.Source.Ack(ctx, seq); err != nil {
		return err
	}
	l.ledger.acked(seq)
	l.Metrics.acked.Set(float64(seq))
	return nil
}

// look asks how far the consumer is.
func (l *Loader) look(ctx context.Context) (events.Floor, error) {
	ctx, cancel := context.WithTimeout(ctx, replyWait)
	defer cancel()
	floor, err := l.Source.Floor(ctx)
	if err != nil {
		return events.Floor{}, err
	}
	l.ledger.raise(floor.Seq)
	l.Metrics.looked(floor)
	l.behind.Store(floor.Waiting+uint64(floor.Pending) > blockRows)
	return floor, nil
}
