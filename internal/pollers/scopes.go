package pollers

import (
	"context"
	"sync"
)

// scopes are the scopes of one tenant, made when first named.
type scopes struct {
	options Options
	tenant  *Tenant
	keeper  *keeper
	mu      sync.Mutex
	all     map[string]*scope // guarded by mu
}

func newScopes(o Options, t *Tenant, k *keeper) *scopes {
	return &scopes{options: o, tenant: t, keeper: k, all: map[string]*scope{}}
}

func (s *scopes) get(name string) *scope {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[name] == nil {
		s.all[name] = newScope(s.options, s.tenant, name)
		s.all[name].keeper = s.keeper
	}
	return s.all[name]
}

// begin restores the home scope if need be, and returns the generation of every scope that is known now.
func (s *scopes) begin(ctx context.Context, home *scope) (map[string]int, error) {
	if _, err := home.begin(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for name, sc := range s.all {
		sc.mu.RLock()
		if sc.ready {
			out[name] = sc.generation
		}
		sc.mu.RUnlock()
	}
	return out, nil
}
