package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// shift is the work of a member in one Run. Its fields belong to the goroutine of Run.
type shift struct {
	m       *Member
	tenants []string
	work    func(ctx context.Context, tenant string) error
	view    view
	held    map[string]*lease
	ended   chan *lease
}

// lease is a tenant that this member holds, or whose work is about to stop.
type lease struct {
	tenant   string
	revision uint64
	// lapse cancels the work when the lease was not renewed for two thirds of its life: before anybody else may have it.
	lapse  *time.Timer
	cancel context.CancelFunc
	ending bool  // the work was told to stop
	err    error // of the work; set before it ends
}

// settle gives away what is another member's, and takes what is ours and nobody's.
func (s *shift) settle(ctx context.Context) {
	members := s.view.members
	if _, seen := members[s.m.ID]; !seen {
		return // not seen yet, or thought dead: whoever is believed alive decides
	}
	for _, tenant := range s.tenants {
		mine := Owner(members, tenant) == s.m.ID
		l := s.held[tenant]
		switch {
		case l != nil && !l.ending && !mine:
			s.m.Log.Info("giving a tenant to another collector", "tenant", tenant)
			s.m.Metrics.moves.WithLabelValues(tenant, "given").Inc()
			l.stop()
		case l == nil && mine && s.free(tenant):
			s.take(ctx, tenant)
		}
	}
}

// free is whether nobody holds the tenant, or this member does without knowing: the answer was lost when it took the tenant or
// gave it away.
func (s *shift) free(tenant string) bool {
	h, held := s.view.holders[tenant]
	return !held || h.id == s.m.ID
}

// take tries to become the holder. Somebody who was faster is no error.
func (s *shift) take(ctx context.Context, tenant string) {
	asked := time.Now()
	call, done := context.WithTimeout(ctx, s.m.ttl/3)
	defer done()
	var revision uint64
	var err error
	if h, held := s.view.holders[tenant]; held {
		revision, err = s.m.kv.Update(call, leasePrefix+tenant, []byte(s.m.ID), h.revision)
	} else {
		revision, err = s.m.kv.Create(call, leasePrefix+tenant, []byte(s.m.ID))
	}
	if err != nil {
		if !errors.Is(err, jetstream.ErrKeyExists) && ctx.Err() == nil {
			s.m.Log.Warn("taking a tenant failed, trying again", "tenant", tenant, "err", err)
		}
		return
	}
	work, cancel := context.WithCancel(ctx)
	l := &lease{tenant: tenant, revision: revision, cancel: cancel}
	l.lapse = time.AfterFunc(s.m.ttl*2/3-time.Since(asked), cancel)
	s.held[tenant] = l
	s.view.holders[tenant] = holder{s.m.ID, revision, asked}
	s.m.Metrics.held.WithLabelValues(tenant).Set(1)
	s.m.Metrics.moves.WithLabelValues(tenant, "taken").Inc()
	s.m.Log.Info("this collector polls a tenant", "tenant", tenant)
	go func() {
		l.err = s.work(work, tenant)
		s.ended <- l
	}()
}

// beat says that this member lives and renews what it holds. Leases are renewed also while their work stops, so that the
// successor begins after it.
func (s *shift) beat(ctx context.Context) {
	call, done := context.WithTimeout(ctx, s.m.pulse())
	defer done()
	if _, err := s.m.kv.Put(call, memberPrefix+s.m.ID, nil); err != nil && ctx.Err() == nil {
		s.m.Log.Warn("telling the fleet that this collector lives failed, trying again", "err", err)
	}
	for _, l := range s.held {
		s.renew(call, l)
	}
}

// renew prolongs a lease. One that somebody else holds by now is lost; any other failure leaves it to lapse.
func (s *shift) renew(ctx context.Context, l *lease) {
	asked := time.Now()
	key, id := leasePrefix+l.tenant, []byte(s.m.ID)
	revision, err := s.m.kv.Update(ctx, key, id, l.revision)
	if errors.Is(err, jetstream.ErrKeyExists) { // somebody else's, or our own last update, whose answer was lost
		switch e, read := s.m.kv.Get(ctx, key); {
		case read == nil && string(e.Value()) == s.m.ID:
			revision, err = s.m.kv.Update(ctx, key, id, e.Revision())
		case read != nil && !errors.Is(read, jetstream.ErrKeyNotFound):
			err = read
		}
	}
	switch {
	case err == nil:
		l.revision = revision
		if l.lapse.Stop() { // else the work is being stopped already
			l.lapse.Reset(s.m.ttl*2/3 - time.Since(asked))
		}
	case errors.Is(err, jetstream.ErrKeyExists):
		if !l.ending {
			s.m.Log.Warn("lost a tenant to another collector", "tenant", l.tenant)
		}
		l.stop()
	case ctx.Err() == nil:
		s.m.Log.Warn("renewing a lease failed, trying again", "tenant", l.tenant, "err", err)
	}
}

func (l *lease) stop() {
	l.ending = true
	l.lapse.Stop()
	l.cancel()
}

// stopped takes leave of a tenant whose work has ended: the key goes, so that the next one need not wait for its end.
func (s *shift) stopped(ctx context.Context, l *lease) error {
	byItself := !l.ending && l.lapse.Stop()
	l.cancel()
	delete(s.held, l.tenant)
	s.m.Metrics.held.WithLabelValues(l.tenant).Set(0)
	if !l.ending && !byItself {
		s.m.Log.Warn("a lease lapsed: it could not be renewed in time", "tenant", l.tenant)
		s.m.Metrics.moves.WithLabelValues(l.tenant, "lapsed").Inc()
	}
	call, done := context.WithTimeout(ctx, s.m.ttl/3)
	defer done()
	// Only our own revision is deleted: what somebody else took is theirs. If this fails the key ends by itself.
	if err := s.m.kv.Delete(call, leasePrefix+l.tenant, jetstream.LastRevision(l.revision)); err == nil {
		if s.view.holders[l.tenant].id == s.m.ID {
			delete(s.view.holders, l.tenant)
		}
	}
	if l.err != nil {
		return fmt.Errorf("working on tenant %s: %w", l.tenant, l.err)
	}
	if byItself && ctx.Err() == nil {
		return fmt.Errorf("working on tenant %s: ended unasked", l.tenant)
	}
	return nil
}

// leave stops all work, waits for it, and gives everything away.
func (s *shift) leave(ctx context.Context) {
	for _, l := range s.held {
		l.stop()
	}
	for len(s.held) > 0 {
		l := <-s.ended
		if err := s.stopped(ctx, l); err != nil {
			s.m.Log.Warn("the work on a tenant failed at its end", "tenant", l.tenant, "err", err)
		}
	}
	call, done := context.WithTimeout(ctx, s.m.ttl/3)
	defer done()
	if err := s.m.kv.Delete(call, memberPrefix+s.m.ID); err != nil {
		s.m.Log.Warn("leaving the fleet failed, the others wait for the end of the term", "err", err)
	}
}
