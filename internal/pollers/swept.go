package pollers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"
)

// remind is how long a question or a warning about the same thing rests.
const remind = time.Hour

// Swept ends a listing of one kind: if it is complete, what it lacks is judged (gone.go). look asks CodeArts for one entity
// alone and returns its error; it is nil for kinds that no call shows alone. A pass that left a row out judges nothing, and a
// listing that lacks too much is not believed: it is not complete.
func (p *Pass) Swept(ctx context.Context, kind events.Kind, s *sweep, look func(ctx context.Context, id string) error) error {
	p.mu.Lock()
	whole := s.complete() && p.sweep.Errors == 0
	p.mu.Unlock()
	if !whole {
		return nil
	}
	l := listing{
		kind: kind, ids: s.ids, began: p.Now, confirmed: p.Now.Before(p.Tenant.Confirmed[p.poller.Name]),
		there: func(id string) bool { return p.memo.resting(string(kind)+"/"+id, p.Now) },
		// Two periods, because the lists of two projects are walked at different moments of the same one, and each may be late.
		elsewhere: func(id string) bool { return p.Now.Sub(p.home.listedElsewhere(kind, id)) <= 2*(p.Every+overdue) },
	}
	var v verdict
	known := ""
	p.Look(func(k Known) {
		if v = judge(k.heads.Of(kind), l); !v.empty {
			return
		}
		for id := range k.Of(kind) {
			if known == "" || id < known {
				known = id
			}
		}
	})
	if look != nil && known != "" {
		// Who has lost the membership of a project sees no pipelines, and only a direct question is refused.
		if err := look(ctx, known); err != nil && !absent(err) {
			return fmt.Errorf("%s list of what had %d: %w", kind, v.held, err)
		}
	}
	absent, err := p.ask(ctx, v.ask, look)
	if err != nil {
		return err
	}
	p.Gone(append(v.absent, absent...))
	p.held(kind, v, l.confirmed)
	return nil
}

// ask looks at each entity alone, and returns those of which CodeArts says that they do not exist. What is there although the
// list lacks it stays missing.
func (p *Pass) ask(ctx context.Context, ask []events.Absence, look func(ctx context.Context, id string) error) (absent []events.Absence, err error) {
	for _, a := range ask {
		err := look(ctx, a.Entity.ID)
		var api *codearts.Error
		switch errors.As(err, &api); {
		case err == nil:
		case api != nil && api.Absent():
			p.called()
			a.Answer = api.Code
			absent = append(absent, a)
			continue
		case api == nil || api.HasCode(codearts.NoMember) || !aboutOne(api) && api.Class != codearts.ClassNotInRegion:
			return nil, fmt.Errorf("looking whether %s %s exists: %w", a.Entity.Kind, a.Entity.ID, err)
		}
		p.called()
		p.Log.Info("codearts lists it no more and does not say that it is gone", "kind", a.Entity.Kind, "id", a.Entity.ID, "answer", err)
		p.memo.rest(string(a.Entity.Kind)+"/"+a.Entity.ID, p.Now.Add(remind))
	}
	return absent, nil
}

// held closes the listing: it is complete, or the breaker is open.
func (p *Pass) held(kind events.Kind, v verdict, confirmed bool) {
	m, open := p.home.m, 0.0
	if v.held > 0 {
		open = 1
	}
	m.breaker.WithLabelValues(p.Tenant.Name, p.Project, string(kind)).Set(open)
	m.missing.WithLabelValues(p.Tenant.Name, p.Project, string(kind)).Set(float64(v.before))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep.Held, p.sweep.Confirmed, p.sweep.Complete = v.held, confirmed, v.held == 0
	if v.held > 0 && !p.memo.resting("breaker of "+string(kind), p.Now) {
		p.memo.rest("breaker of "+string(kind), p.Now.Add(remind))
		p.Log.Warn("a list lacks so much that nothing of it is called deleted; if it is right, say so under confirm_deletions",
			"kind", kind, "lacks", v.held, "empty", v.empty)
	}
}
