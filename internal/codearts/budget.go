package codearts

import "time"

// Budget is the state of one limit.
type Budget struct {
	API        string  // "" for that of the tenant
	Configured float64 // calls per second
	Present    float64 // calls per second; lower while CodeArts throttles
	Throttled  uint64  // throttled answers so far
	Uses       []Use   // of each priority that has called; none for the tenant
}

// Use is what the calls of one priority have had of a limit.
type Use struct {
	Priority Priority
	Granted  uint64        // calls so far
	Waited   time.Duration // of those, together
	Waiting  int           // calls now
}

// Budgets returns the limit of the tenant and those of the APIs called so far.
func (c *Client) Budgets() []Budget {
	l := c.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	all := []Budget{{Configured: l.limits.Tenant, Present: float64(l.tenant.Limit())}}
	for _, b := range l.order {
		budget := Budget{API: b.api, Configured: float64(b.full), Present: float64(b.lim.Limit()), Throttled: b.spent.throttled}
		for p := range priorities {
			use := Use{Priority: p, Granted: b.spent.granted[p], Waited: b.spent.waited[p], Waiting: b.queue.lines[p].Len()}
			if use.Granted > 0 || use.Waiting > 0 {
				budget.Uses = append(budget.Uses, use)
			}
		}
		all = append(all, budget)
	}
	return all
}

// Allowed is how many calls a second the limit of the tenant allows now, of all APIs together.
func (c *Client) Allowed() float64 {
	c.limits.mu.Lock()
	defer c.limits.mu.Unlock()
	return float64(c.limits.tenant.Limit())
}
