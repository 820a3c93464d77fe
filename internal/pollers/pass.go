package pollers

import (
	"context"
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
	dueAgain    func() bool     // the next round is waited for already
	roster      *roster         // of the tenant's projects
	watch       *watch          // of the tenant's open runs
	wide        *wide           // walks through the pipelines of all of the tenant's projects
	siblings    func()          // makes the poller due for the other projects
	watched     func() []string // the tenant's projects
	lead        time.Duration   // how much earlier than its period the round began
	scopes      *scopes
	home        *scope         // the scope asked for
	generations map[string]int // of every scope known when the pass began
	memo        *memo
	now         func() time.Time

	mu     sync.Mutex
	seen   map[string][]events.Snapshot // by owner
	absent []events.Absence             // of the home scope
	sweep  events.Sweep
	wrote  map[string]bool // scopes that got events
}

// Look shows f what is known of the pass's own scope. f must not write, nor look again.
func (p *Pass) Look(f func(Known)) { p.home.look(f) }

// Saw hands over one entity as the API gave it. owner is the scope it belongs to, "" for the pass's own. A row that makes no
// snapshot is kept as an odd row; the others go on. A run detail that is too large is handed over in parts. It returns what it
// has handed over, nothing of an odd row.
func (p *Pass) Saw(owner string, kind events.Kind, id string, row Row, mark events.Mark) []events.Snapshot {
	snap, err := events.NewSnapshot(kind, id, row.Raw, mark, row.Asked)
	snaps, unfit := []events.Snapshot{snap}, []events.Unfit(nil)
	if kind == events.RunDetail && errors.Is(err, events.ErrTooLarge) {
		snaps, unfit, err = events.SplitRunDetail(id, row.Raw, mark, row.Asked)
	}
	if err == nil && len(owner) > events.MaxID {
		err = fmt.Errorf("the owner of a %s has an id of %d bytes, more than %d", kind, len(owner), events.MaxID)
	}
	if err != nil {
		p.Odd(kind, row, err)
		return nil
	}
	for _, u := range unfit {
		p.Odd(kind, row.inside(u.Raw), u.Err)
	}
	p.saw(owner, 1, snaps...)
	return snaps
}

// expect makes room for n snapshots of the pass's own scope.
func (p *Pass) expect(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	home := p.home.origin.Scope
	p.seen[home] = slices.Grow(p.seen[home], n)
}

// saw hands over the snapshots of n entities.
func (p *Pass) saw(owner string, n int, snaps ...events.Snapshot) {
	if owner == "" {
		owner = p.home.origin.Scope
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep.Total += n
	p.seen[owner] = append(p.seen[owner], snaps...)
}

// Odd keeps a row that becomes no snapshot: its bytes reach the log with this round, in the pass's own scope, for nobody can
// tell whose it is. It is counted every time, and said once.
func (p *Pass) Odd(kind events.Kind, row Row, err error) {
	var snaps []events.Snapshot
	level := slog.LevelWarn
	if len(row.Raw) > 0 { // else a call failed that asked for this one entity, and gave nothing to keep
		odd := events.OddRow{Kind: kind, API: row.API, Poller: p.poller.Name, Reason: err.Error(), Position: row.At, At: row.Asked, Raw: row.Raw}
		var fault error
		if snaps, fault = odd.Snapshots(); fault != nil {
			err = errors.Join(err, fault)
		}
		for _, s := range snaps {
			p.home.look(func(k Known) {
				if _, known := k.Head(s.Kind, s.ID); known {
					level = slog.LevelDebug
				}
			})
		}
	}
	p.Log.Log(context.Background(), level, "a row became no snapshot", "kind", kind, "api", row.API, "position", row.At, "bytes", len(row.Raw), "err", err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep.Errors++
	p.home.m.oddRows.WithLabelValues(p.Tenant.Name, string(kind)).Inc()
	home := p.home.origin.Scope
	p.seen[home] = append(p.seen[home], snaps...)
}

// Page counts one good answer.
func (p *Pass) Page() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep.Pages++
	p.sweep.Calls++
}

// called counts an answer that says that there is nothing.
func (p *Pass) called() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep.Calls++
}

// Lost says whether a failed call was about the one entity that it asked for, so that the others can be asked all the same.
// It is counted, unless CodeArts only says that the entity is gone.
func (p *Pass) Lost(kind events.Kind, id string, err error) bool {
	var api *codearts.Error
	if !errors.As(err, &api) || !aboutOne(api) {
		return false
	}
	if api.Class != codearts.ClassNotFound {
		p.Odd(kind, Row{Raw: api.Answer, API: api.API, Asked: p.Now}, fmt.Errorf("%s: %w", id, err))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep.Calls++
	return true
}

// aboutOne says whether an error is about what was asked for, and not about the way there or the account's pace.
func aboutOne(err *codearts.Error) bool {
	switch err.Class {
	case codearts.ClassNotFound, codearts.ClassPermission, codearts.ClassBadRequest, codearts.ClassUnusable:
		return true
	}
	return false
}

// recount sets how many entities and odd rows the pass has seen, before the same rows are handed over again.
func (p *Pass) recount(total, odd int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep.Total, p.sweep.Errors = total, odd
}

// absent says whether CodeArts answered in its own words that what was asked for does not exist.
func absent(err error) bool {
	var api *codearts.Error
	return errors.As(err, &api) && api.Absent()
}

// Complete says that the pass has seen every entity of its kinds: every page was good, the total stable, the ids unique. It
// does not hold for a pass that left a row out.
func (p *Pass) Complete() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep.Complete = true
}

// Gone hands over what is not there any more. It is written at the end of the pass; what a listing
// proves only if it stands as complete then.
func (p *Pass) Gone(absent []events.Absence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.absent = append(p.absent, absent...)
}

// Commit writes what was handed over so far, so that it need not be asked for again whatever happens next.
func (p *Pass) Commit(ctx context.Context) error { return p.write(ctx, false) }

// finish writes the rest and the facts of the sweep.
func (p *Pass) finish(ctx context.Context) error {
	p.mu.Lock()
	p.sweep.Finished = p.now()
	p.sweep.Complete = p.sweep.Complete && p.sweep.Errors == 0
	p.sweep.Allowed = p.API.Allowed()
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
		generation, err := p.generation(ctx, s) // first seen now, and its log newer than the rows: their times tell (events.Diff)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		var absent []events.Absence
		for _, a := range p.absent {
			if last && owner == home && (p.sweep.Complete || a.Op == events.Expired) {
				absent = append(absent, a)
			}
		}
		n, err := s.write(ctx, generation, p.seen[owner], absent, p.sweep, last && owner == home)
		if n > 0 {
			p.wrote[owner] = true
		}
		if err != nil {
			// The rows stay for the next hand-over: what is handed over later may speak of them (a coverage does).
			errs = append(errs, err)
			continue
		}
		delete(p.seen, owner)
	}
	return errors.Join(errs...)
}

// generation is that of a scope as of when the pass first needed it. p.mu is held.
func (p *Pass) generation(ctx context.Context, s *scope) (int, error) {
	generation, ok := p.generations[s.origin.Scope]
	if ok {
		return generation, nil
	}
	generation, err := s.begin(ctx)
	if err == nil {
		p.generations[s.origin.Scope] = generation
	}
	return generation, err
}

// known is the scope of a project, once what the log knows of it has been read: before CodeArts is asked about it.
func (p *Pass) known(ctx context.Context, project string) (*scope, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.scopes.get(project)
	_, err := p.generation(ctx, s)
	return s, err
}

// each walks pages, counts them, and hands every row on with the time at which its page was asked for.
func (p *Pass) each(pages iter.Seq2[codearts.Page, error], row func(Row)) error {
	asked := p.now()
	for page, err := range pages {
		if err != nil {
			return err
		}
		p.Page()
		for i, raw := range page.Items {
			row(Row{Raw: raw, API: page.API, At: page.Offset + i, Asked: asked})
		}
		asked = p.now()
	}
	return nil
}
