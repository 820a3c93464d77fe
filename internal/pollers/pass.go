package pollers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"
)

// Pass is one run of one poller: what it may ask, what is known, and where it hands over what it saw. Its methods are
// safe for concurrent use.
type Pass struct {
	API     *codearts.Client
	Tenant  *Tenant
	Project string // "" for a poller of the tenant
	Now     time.Time
	Every   time.Duration // between two ticks of the poller's schedule
	Log     *slog.Logger

	poller      Poller
	roster      *roster // of the tenant's projects
	scopes      *scopes
	home        *scope         // the scope asked for
	generations map[string]int // of every scope known when the pass began
	memo        *memo
	now         func() time.Time

	mu     sync.Mutex
	seen   map[string][]events.Snapshot // by owner
	sweep  events.Sweep
	events int
}

// Look shows f what is known of the pass's own scope. f must not write, nor look again.
func (p *Pass) Look(f func(Known)) { p.home.look(f) }

// Saw hands over one entity as the API gave it, asked for at the given time. owner is the scope it belongs to, "" for the
// pass's own. A row that makes no snapshot is counted and logged; the others go on.
func (p *Pass) Saw(owner string, kind events.Kind, id string, raw []byte, mark events.Mark, asked time.Time) {
	if owner == "" {
		owner = p.home.origin.Scope
	}
	snap, err := events.NewSnapshot(kind, id, raw, mark, asked)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.odd(kind, err)
		return
	}
	p.sweep.Total++
	p.seen[owner] = append(p.seen[owner], snap)
}

// Odd counts a row whose identity can not be read.
func (p *Pass) Odd(kind events.Kind, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.odd(kind, err)
}

func (p *Pass) odd(kind events.Kind, err error) {
	p.sweep.Errors++
	p.home.m.oddRows.WithLabelValues(p.Tenant.Name, string(kind)).Inc()
	p.Log.Warn("a row was left out", "kind", kind, "err", err)
}

// Page counts one good answer.
func (p *Pass) Page() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep.Pages++
	p.sweep.Calls++
}

// Lost says whether a failed call was about the one entity that it asked for, so that the others can be asked all the same.
// It is counted, unless CodeArts only says that the entity is gone.
func (p *Pass) Lost(kind events.Kind, id string, err error) bool {
	var api *codearts.Error
	if !errors.As(err, &api) {
		return false
	}
	switch api.Class {
	case codearts.ClassNotFound, codearts.ClassPermission, codearts.ClassBadRequest, codearts.ClassUnusable:
	default:
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep.Calls++
	if api.Class != codearts.ClassNotFound {
		p.odd(kind, fmt.Errorf("%s: %w", id, err))
	}
	return true
}

// gone says whether CodeArts answered that what was asked for does not exist.
func gone(err error) bool {
	var api *codearts.Error
	return errors.As(err, &api) && api.Class == codearts.ClassNotFound
}

// Complete says that the pass has seen every entity of its kinds: every page was good, the total stable, the ids unique. It
// does not hold for a pass that left a row out.
func (p *Pass) Complete() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep.Complete = true
}

// Commit writes what was handed over so far, so that it need not be asked for again whatever happens next.
func (p *Pass) Commit(ctx context.Context) error { return p.write(ctx, false) }

// finish writes the rest and the facts of the sweep.
func (p *Pass) finish(ctx context.Context) error {
	p.mu.Lock()
	p.sweep.Finished = p.now()
	p.sweep.Complete = p.sweep.Complete && p.sweep.Errors == 0
	if skew, known := p.API.ClockSkew(); known {
		p.sweep.APIDate = p.sweep.Finished.Add(skew)
	}
	p.mu.Unlock()
	return p.write(ctx, true)
}

// write hands each owner its rows. A lock around the whole keeps hand-overs of one pass in order.
func (p *Pass) write(ctx context.Context, last bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	home := p.home.origin.Scope
	if _, ok := p.seen[home]; !ok && last {
		p.seen[home] = nil
	}
	var errs []error
	for _, owner := range slices.Sorted(maps.Keys(p.seen)) {
		s := p.scopes.get(owner)
		generation, ok := p.generations[owner]
		if !ok { // first seen in this pass; should its log be newer than the rows, their times tell (events.Diff)
			var err error
			if generation, err = s.begin(ctx); err != nil {
				errs = append(errs, err)
				continue
			}
			p.generations[owner] = generation
		}
		n, err := s.write(ctx, generation, p.seen[owner], p.sweep, last && owner == home)
		p.events += n
		if err != nil {
			// The rows stay for the next hand-over: what is handed over later may speak of them (a coverage does).
			errs = append(errs, err)
			continue
		}
		delete(p.seen, owner)
	}
	return errors.Join(errs...)
}

// each walks pages, counts them, and hands every row on with the time at which its page was asked for.
func (p *Pass) each(pages iter.Seq2[codearts.Page, error], row func(raw json.RawMessage, asked time.Time)) error {
	asked := p.now()
	for page, err := range pages {
		if err != nil {
			return err
		}
		p.Page()
		for _, raw := range page.Items {
			row(raw, asked)
		}
		asked = p.now()
	}
	return nil
}
