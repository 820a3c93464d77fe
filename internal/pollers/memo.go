package pollers

import (
	"sync"
	"time"

	"artery/internal/events"
)

// memo remembers which details were asked for in vain, by the entity as it was. While the entity stays as it is the question
// is repeated ever more rarely: a permission that was taken away may come back, and so may a server that talks nonsense. It also
// remembers which pollers rest. It is a saving, not a truth; a new process starts with an empty one.
type memo struct {
	mu    sync.Mutex
	seen  map[events.EntityID]vain // guarded by mu
	until map[string]time.Time     // by poller: rests before it; guarded by mu
	walks map[string]shape         // by poller: of a listing that never adds up; guarded by mu

	pipelines recall     // of the pipeline list, used by its poller alone
	listed    listedRows // of the lists by status, likewise
	built     *built     // of the commits of runs, likewise
}

// askAgain is the wait after a detail was asked for in vain; it doubles each time. While CodeArts keeps a run, that makes 11
// more tries.
const askAgain = time.Hour

// vain is a detail that was asked for in vain.
type vain struct {
	mark  events.Mark // of its entity then
	tries int
	again time.Time // not to be asked for before
}

func newMemo() *memo {
	return &memo{seen: map[events.EntityID]vain{}, until: map[string]time.Time{}, walks: map[string]shape{}, built: newBuilt()}
}

// of returns what of one kind was tried, and is not to be tried again at now. At the zero time that is all that was tried.
func (m *memo) of(kind events.Kind, now time.Time) func(id string, mark events.Mark) bool {
	return func(id string, mark events.Mark) bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		had, ok := m.seen[events.EntityID{Kind: kind, ID: id}]
		return ok && had.mark == mark && now.Before(had.again)
	}
}

func (m *memo) try(kind events.Kind, id string, mark events.Mark, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	entity := events.EntityID{Kind: kind, ID: id}
	had := m.seen[entity]
	if had.mark != mark {
		had = vain{mark: mark}
	}
	m.seen[entity] = vain{mark, had.tries + 1, now.Add(askAgain << min(had.tries, 11))}
}

func (m *memo) forget(kind events.Kind, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.seen, events.EntityID{Kind: kind, ID: id})
}

// rest says whether the poller did not rest before.
func (m *memo) rest(poller string, until time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, before := m.until[poller]
	m.until[poller] = until
	return !before
}

// shape is that of a listing that did not add up twice in a row, or zero.
func (m *memo) shape(poller string) shape {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.walks[poller]
}

func (m *memo) shaped(poller string, s shape) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.walks[poller] = s
}

func (m *memo) resting(poller string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Before(m.until[poller])
}
