package pollers

import (
	"sync"

	"artery/internal/events"
)

// memo remembers which run details were asked for, by the run's state: a question that brought nothing new is not
// repeated while the run stays as it is. It is a saving, not a truth; a new process starts with an empty one.
type memo struct {
	mu   sync.Mutex
	seen map[string]events.Hash
}

func newMemo() *memo { return &memo{seen: map[string]events.Hash{}} }

func (m *memo) tried(run string, h events.Hash) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[run] == h
}

func (m *memo) try(run string, h events.Hash) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[run] = h
}
