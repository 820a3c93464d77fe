// Package fleet shares the tenants among the collectors that run: each tenant is polled by one collector at a time, because
// the limits of CodeArts are per tenant, and by another one within a term when that one is gone.
//
// The contract: a lease is for economy, not for safety. Whoever works on a tenant without a lease, because it slept or the
// network was cut, harms nothing: its rounds are refused by the poll record's expected sequence (internal/stream).
//
// Less formally: everybody says "I live" in one bucket, everybody computes from that who should have which tenant, and
// only who holds the tenant's key in the bucket works on it.
//
// What you can not assume: that no two collectors ever work on one tenant at the same time.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

// Bucket is the KV bucket of the fleet. Its keys:
//
//	member.<id>      the collector id lives; written again every fifth of the time to live
//	lease.<tenant>   the value is the id of the collector that works on the tenant; renewed likewise, by its revision
//
// Both vanish when they are not renewed, and everybody is told who listens then; who was not told forgets them after a term.
const Bucket = "ARTERY_FLEET"

const memberPrefix, leasePrefix = "member.", "lease."

// MinTerm is the shortest term: a bucket's time to live is at least a second, and a renewal needs room.
const MinTerm = 3 * time.Second

// Options are what a Member is made of.
type Options struct {
	ID       string        // of this process, unique among all collectors and all their starts
	Term     time.Duration // within which another collector takes over; at least MinTerm
	Replicas int           // of the bucket
	Log      *slog.Logger
	Metrics  *Metrics
}

// Member is this collector as one of the fleet.
type Member struct {
	Options
	kv  jetstream.KeyValue
	ttl time.Duration
}

// Metrics say which tenants this collector works on.
type Metrics struct {
	held  *prometheus.GaugeVec
	moves *prometheus.CounterVec
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		held:  prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "artery_lease_held", Help: "1 while this collector polls the tenant."}, []string{"tenant"}),
		moves: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "artery_lease_changes_total", Help: "Leases of tenants that this collector took, gave away or lost."}, []string{"tenant", "change"}),
	}
	r.MustRegister(m.held, m.moves)
	return m
}

// Join opens the fleet's bucket, and makes it when it is missing. Nobody sees the member before Run.
func Join(ctx context.Context, nc *nats.Conn, o Options) (*Member, error) {
	if o.Term < MinTerm {
		return nil, fmt.Errorf("joining the fleet: a term of %s is shorter than %s", o.Term, MinTerm)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("joining the fleet: %w", err)
	}
	// A key lives for two thirds of the term. The rest is for the server to tell it, and for the successor to act.
	ttl := o.Term * 2 / 3
	kv, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "Artery: which collector polls which tenant",
		TTL: ttl, LimitMarkerTTL: max(ttl, time.Second), Storage: jetstream.FileStorage, Replicas: max(o.Replicas, 1),
	})
	if err != nil {
		return nil, fmt.Errorf("joining the fleet, bucket %s: %w", Bucket, err)
	}
	return &Member{Options: o, kv: kv, ttl: ttl}, nil
}

// pulse is how often a member renews what it has. A lease lapses after two thirds of its life: one renewal that fails, or whose answer
// is lost, must leave the next one ample time.
func (m *Member) pulse() time.Duration { return m.ttl / 5 }

// Run works on the tenants that are this member's until ctx ends: work is called for each of them, and its context ends
// when the lease does. Work that returns by itself ends the whole. At the end everything is given away at once.
func (m *Member) Run(ctx context.Context, tenants []string, work func(ctx context.Context, tenant string) error) error {
	w, err := m.kv.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("watching the fleet: %w", err)
	}
	defer func() { _ = w.Stop() }() // the connection is closed next
	s := &shift{m: m, tenants: tenants, work: work, view: newView(), held: map[string]*lease{}, ended: make(chan *lease)}
	tick := time.NewTicker(m.pulse())
	defer tick.Stop()
	s.beat(ctx)
	known := false // everything that was in the bucket has been seen
	for {
		select {
		case <-ctx.Done():
			s.leave(context.WithoutCancel(ctx))
			return nil
		case <-tick.C:
			s.beat(ctx)
			s.view.forget(time.Now().Add(-m.Term))
		case l := <-s.ended:
			if err := s.stopped(ctx, l); err != nil {
				s.leave(context.WithoutCancel(ctx))
				return err
			}
		case e, open := <-w.Updates():
			switch {
			case !open:
				s.leave(context.WithoutCancel(ctx))
				return errors.New("watching the fleet: the watch has ended")
			case e == nil:
				known = true
			default:
				s.view.see(e, time.Now())
			}
		}
		if known && ctx.Err() == nil {
			s.settle(ctx)
		}
	}
}

// view is what the bucket says: who lives, and who holds which tenant.
type view struct {
	members map[string]time.Time // by id: when it was last seen to live
	holders map[string]holder    // by tenant
}

// holder is who holds a lease, the revision of its key, and when that was seen.
type holder struct {
	id       string
	revision uint64
	seen     time.Time
}

func newView() view { return view{map[string]time.Time{}, map[string]holder{}} }

func (v view) see(e jetstream.KeyValueEntry, now time.Time) {
	there := e.Operation() == jetstream.KeyValuePut
	if id, ok := strings.CutPrefix(e.Key(), memberPrefix); ok {
		if v.members[id] = now; !there {
			delete(v.members, id)
		}
	}
	if tenant, ok := strings.CutPrefix(e.Key(), leasePrefix); ok {
		if v.holders[tenant] = (holder{string(e.Value()), e.Revision(), now}); !there {
			delete(v.holders, tenant)
		}
	}
}

// forget drops whom nobody has seen since then. The end of a key is told only for a while, and not at all when the server was down:
// without this, a tenant whose key ended unheard would be left alone for ever.
func (v view) forget(since time.Time) {
	maps.DeleteFunc(v.members, func(_ string, seen time.Time) bool { return seen.Before(since) })
	maps.DeleteFunc(v.holders, func(_ string, h holder) bool { return h.seen.Before(since) })
}
