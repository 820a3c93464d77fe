package pollers

import (
	"maps"
	"regexp"
	"slices"
	"sync"

	"artery/internal/events"
)

// Projects says which CodeArts projects of a tenant are watched.
type Projects struct {
	IDs      []string         // watched whatever the list of projects says
	Discover bool             // those of the list are watched too
	Joined   bool             // the list is that of the account's own projects, not of all of the tenant
	Include  []*regexp.Regexp // of discovered ones, those whose name or id one of these finds; none = all
	Exclude  []*regexp.Regexp // but not these
}

// Chosen says whether a discovered project is watched.
func (p Projects) Chosen(id, name string) bool {
	finds := func(r *regexp.Regexp) bool { return r.MatchString(name) || r.MatchString(id) }
	return (len(p.Include) == 0 || slices.ContainsFunc(p.Include, finds)) && !slices.ContainsFunc(p.Exclude, finds)
}

// vanishAfter is how many complete sweeps in a row have to miss a project until its jobs stop.
const vanishAfter = 2

// roster decides which projects are watched: the log knows them (heads of kind project), so a new process knows them too,
// and sweeps prove that one is not there any more. That is no deletion: an account that is taken out of a project no longer
// sees it either. Nothing is written, and a project that is back is watched again.
type roster struct {
	choice Projects
	mu     sync.Mutex
	absent map[string]int // complete sweeps in a row without it, by project; guarded by mu
}

func newRoster(p Projects) *roster { return &roster{choice: p, absent: map[string]int{}} }

// swept notes what a complete sweep has shown. A sweep that misses much at once, or everything, proves nothing: CodeArts
// answers total 0 to an account that has lost its rights. It returns false for such a one.
func (r *roster) swept(listed map[string]bool, k Known) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	present, missing := 0, []string(nil)
	for id := range k.Of(events.Project) {
		if r.absent[id] < vanishAfter {
			present++
		}
		if !listed[id] {
			missing = append(missing, id)
		}
	}
	fresh := 0
	for _, id := range missing {
		if r.absent[id] < vanishAfter {
			fresh++
		}
	}
	for id := range listed {
		delete(r.absent, id)
	}
	if fresh > 0 && (len(listed) == 0 || fresh > max(5, present/50)) {
		return false
	}
	for _, id := range missing {
		r.absent[id]++
	}
	return true
}

// projects are the watched ones: those of the configuration in their order, then the discovered ones.
func (r *roster) projects(k Known) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[string]bool{}
	for id, h := range k.Of(events.Project) {
		if r.absent[id] < vanishAfter && r.choice.Chosen(id, h.Mark.Parent) && !slices.Contains(r.choice.IDs, id) {
			found[id] = true
		}
	}
	return append(slices.Clone(r.choice.IDs), slices.Sorted(maps.Keys(found))...)
}

// swept tells the roster what a complete sweep of the list has shown.
func (p *Pass) swept(listed map[string]bool) {
	believed := true
	p.Look(func(k Known) { believed = p.roster.swept(listed, k) })
	if !believed {
		p.Log.Warn("the list of projects has lost many at once, which proves nothing, and they stay watched: look whether the account still sees them", "listed", len(listed))
	}
}
