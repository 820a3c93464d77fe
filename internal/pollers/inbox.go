package pollers

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"artery/internal/events"
)

// Inbox takes what is sent to a collector instead of being asked for. It has a scope of its own in the log. Any collector
// may take something at any time, whoever polls the tenant: they meet at the log.
type Inbox struct {
	scope  *scope
	kind   events.Kind
	taking sync.Mutex // what is sent depends on what is known until it is written
}

// conflicts bounds how often one delivery gives way to others.
const conflicts = 20

// Incidents is the inbox of a tenant's incidents.
func (c *Collector) Incidents(tenant string) (*Inbox, error) {
	for i := range c.Tenants {
		if t := &c.Tenants[i]; t.Name == tenant {
			s := newScope(c.Options, t, events.IncidentScope)
			s.proves = true
			return &Inbox{scope: s, kind: events.Incident}, nil
		}
	}
	return nil, fmt.Errorf("taking incidents of tenant %s: there is no such tenant", tenant)
}

// Take compares what was sent with what is known, and returns once the difference is in the log: how many entities it
// changed. With an error nothing is certain, and the same may be sent again: what is in the log already makes no second
// event. A delivery is no sweep, so it says nothing of freshness. sent gives it for what is known, and is asked again when
// somebody else wrote meanwhile.
func (b *Inbox) Take(ctx context.Context, sent func(known iter.Seq2[string, events.Head]) []events.Snapshot) (int, error) {
	b.taking.Lock()
	defer b.taking.Unlock()
	sweep := events.Sweep{Poller: "incidents", Kinds: []events.Kind{b.kind}}
	changed := 0
	for range conflicts {
		generation, err := b.scope.begin(ctx)
		if err != nil {
			return changed, err
		}
		var snaps []events.Snapshot
		b.scope.look(func(k Known) { snaps = sent(k.Of(b.kind)) })
		n, err := b.scope.write(ctx, generation, snaps, nil, sweep, false)
		changed += n
		if !errors.Is(err, errSuperseded) {
			return changed, err
		}
	}
	return changed, fmt.Errorf("taking reports of tenant %s: %w each of %d times", b.scope.origin.Tenant, errSuperseded, conflicts)
}
