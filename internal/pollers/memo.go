package pollers

import (
	"sync"

	"artery/internal/events"
)

// memo remembers which run details were asked for, by the run as it was: a question that brought nothing new is not
// repeated while the run stays as it is. It is a saving, not a truth; a new process starts with an empty one.
type memo struct {
	mu   sync.Mutex
	seen map[string]events.Mark // by run id; guarded by mu
}

func newMemo() *memo { return &memo{seen: map[string]events.Mark{}} }

func (m *memo) tried(run string, mark events.Mark) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	had, ok := m.seen[run]
	return ok && had == mark
}

func (m *memo) try(run string, mark events.Mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[run] = mark
}
