package codearts

// Priority says what a call is for. Of the calls that wait for one budget the
// smaller priority goes first; see queue.go for how the others still move.
type Priority int

// The priorities, in their order.
const (
	PriorityFirst          Priority = iota // sign-in, and a client that names none: `artery check`
	PriorityOpenRuns                       // runs that are not over
	PriorityNewRuns                        // runs that have begun
	PriorityFailedDetails                  // details and log tails of failed runs
	PriorityGaps                           // runs that came and went between two looks
	PriorityGates                          // quality gates, rules and policies
	PriorityRepositories                   // repositories and their sizes
	PriorityInventory                      // groups, templates, tenants, projects
	PriorityReconciliation                 // a second look at runs that were over
	PriorityBackfill                       // history, and details of runs that have not failed
	priorities                             // how many there are
)

// String is the name in metrics.
func (p Priority) String() string {
	return [priorities]string{
		"first", "open_runs", "new_runs", "failed_details", "gaps", "gates", "repositories", "inventory", "reconciliation", "back_fill",
	}[p]
}

// As returns a view of the client whose calls have a priority. Everything else
// is shared.
func (c *Client) As(p Priority) *Client {
	view := *c
	view.priority = p
	return &view
}
