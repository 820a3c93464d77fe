package pollers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

func TestAgain(t *testing.T) {
	good := shape{rows: 250, named: 250, ids: 250, total: 250}
	change := func(f func(*shape)) shape { s := good; f(&s); return s }
	twice := change(func(s *shape) { s.ids, s.rows, s.named = 249, 251, 251 })
	for _, tt := range []struct {
		name          string
		walked, known shape
		walks         int
		want          bool
	}{
		{"nothing shifted", good, shape{}, 1, false},
		{"nothing there", shape{}, shape{}, 1, false},
		{"odd rows have no id and shift nothing", change(func(s *shape) { s.named, s.ids = 247, 247 }), shape{}, 1, false},
		{"the total changed", change(func(s *shape) { s.shifted = true }), shape{}, 1, true},
		{"an id twice", change(func(s *shape) { s.ids = 249 }), shape{}, 1, true},
		{"a row twice and one too many", twice, shape{}, 1, true},
		{"too few", change(func(s *shape) { s.rows, s.named, s.ids = 249, 249, 249 }), shape{}, 1, true},
		{"too many", change(func(s *shape) { s.rows, s.named, s.ids = 251, 251, 251 }), shape{}, 1, true},
		{"ended early", change(func(s *shape) { s.short = true }), shape{}, 1, true},
		{"once only", twice, shape{}, 2, false},
		{"always like that", twice, twice, 1, false},
		{"otherwise than always", twice, good, 1, true},
	} {
		if got := again(tt.walked, tt.known, tt.walks); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// TestRowsThatShift: what happens between two pages of a list neither loses nor doubles a row, in the same round.
func TestRowsThatShift(t *testing.T) {
	const n = 250 // three pages
	for _, tt := range []struct {
		name    string
		between func(w *world, ids []int64) // after the first page
		rows    int                         // that are in the log afterwards
		calls   int
	}{
		{"nothing happens", func(*world, []int64) {}, n, 3},
		{"a row of the first page goes: the 101st would be lost", func(w *world, ids []int64) {
			w.sim.World().DeleteRepository(ids[3], w.clock.now())
		}, n, 6},
		// The 101st is not shown, and neither total nor ids tell: it takes the next round.
		{"one goes and one comes at the same moment", func(w *world, ids []int64) {
			w.sim.World().DeleteRepository(ids[3], w.clock.now())
			w.repository("newest", w.clock.now())
		}, n, 3},
		{"one comes at the end", func(w *world, _ []int64) { w.repository("newest", w.clock.now()) }, n + 1, 6},
		{"one comes at the front: the 100th is shown twice", func(w *world, _ []int64) {
			w.repository("oldest", instant.AddDate(0, -9, 0))
		}, n + 1, 6},
		{"the list shrinks to its first page", func(w *world, ids []int64) {
			for _, id := range ids[90:] {
				w.sim.World().DeleteRepository(id, w.clock.now())
			}
		}, 100, 3}, // the second page says 90 rows, and the second walk shows them on one
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w *world
			var ids []int64
			happened := false
			w = newWorld(t, codeartstest.Options{}, func(sim http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					sim.ServeHTTP(rw, r)
					if strings.HasSuffix(r.URL.Path, "/tenant/repositories") && !happened {
						happened = true
						w.clock.forward(time.Second)
						tt.between(w, ids)
					}
				})
			})
			for i := range n {
				ids = append(ids, w.repository(fmt.Sprint("r", i), instant.AddDate(0, -6, 0).Add(time.Duration(i)*time.Minute)))
			}
			w.projects = w.sim.World().ProjectIDs()
			w.start()
			calls := w.calls(func() { w.once() })[string(codeartstest.APIRepositories)]
			stored, _ := w.last(events.Repository)
			if len(stored) != tt.rows || calls != tt.calls {
				t.Errorf("%d repositories after %d calls, want %d after %d", len(stored), calls, tt.rows, tt.calls)
			}
			polls := w.polls("repositories")
			if there := len(w.sim.Truth(w.clock.now()).Repositories); len(polls) != 1 || !polls[0].Complete || polls[0].Total != there || polls[0].Calls != tt.calls {
				t.Errorf("the round says %+v, there are %d", polls[0].Sweep, there)
			}
			if calls := w.calls(func() { w.once() })[string(codeartstest.APIRepositories)]; calls != (len(w.sim.Truth(w.clock.now()).Repositories)+99)/100 {
				t.Errorf("a quiet round takes %d calls", calls)
			}
			if stored, _ := w.last(events.Repository); len(stored) < len(w.sim.Truth(w.clock.now()).Repositories) {
				t.Errorf("%d repositories after the second round", len(stored))
			}
			w.check()
		})
	}
}

// repository adds one to the world's first project.
func (w *world) repository(name string, created time.Time) int64 {
	if len(w.sim.World().ProjectIDs()) == 0 {
		w.sim.World().AddProject("shop")
	}
	return w.sim.World().AddRepository(codeartstest.RepositorySpec{ProjectID: w.sim.World().ProjectIDs()[0], Name: name, Created: created}, 1)
}

// TestAListThatNeverAddsUp is walked twice once, and then no more than others are.
func TestAListThatNeverAddsUp(t *testing.T) {
	rows := `[{"repository_id":1},{"repository_id":1}]`
	w, _, _ := scripted(t, 1, answering("/tenant/repositories", "2", func() string { return rows }))
	calls := func() int {
		before := len(w.polls("repositories"))
		w.clock.forward(time.Hour)
		w.once()
		return w.polls("repositories")[before].Calls
	}
	if a, b, c := calls(), calls(), calls(); a != 2 || b != 1 || c != 1 {
		t.Errorf("%d, %d and %d calls, want 2, 1 and 1", a, b, c)
	}
	rows = `[{"repository_id":1},{"repository_id":2}]`
	if n := calls(); n != 1 {
		t.Errorf("%d calls once it adds up", n)
	}
	if polls := w.polls("repositories"); polls[0].Complete || !polls[3].Complete {
		t.Error("complete is what adds up")
	}
}
