package pollers

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"artery/internal/events"
)

// TestRunsFollow compares the index that followed every head with one that is made of all heads at once.
func TestRunsFollow(t *testing.T) {
	for seed := range 300 {
		rng := rand.New(rand.NewPCG(uint64(seed), 3))
		heads := events.NewHeads()
		followed := indexRuns(heads)
		through := map[string]int64{}
		for step := range 120 {
			run, pipeline := rng.IntN(12), fmt.Sprint("p", rng.IntN(2))
			id := events.EntityID{Kind: events.Run, ID: fmt.Sprint(pipeline, "r", run)}
			mark := events.Mark{Parent: pipeline, Number: int64(run), From: int64(1000 * run), Status: []string{"RUNNING", "PAUSED", "FAILED", "COMPLETED"}[rng.IntN(4)]}
			head := events.Head{Seq: uint64(step), Op: []events.Op{events.Created, events.Changed, events.Changed, events.Deleted, events.Expired}[rng.IntN(5)], Mark: mark}
			switch rng.IntN(6) {
			case 0:
				id.Kind = events.RunDetail
				if h, ok := heads.Get(events.EntityID{Kind: events.Run, ID: id.ID}); ok && rng.IntN(2) == 0 {
					head.Mark = h.Mark
				}
			case 1:
				through[pipeline] += int64(rng.IntN(3)) // a coverage never falls back
				id = events.EntityID{Kind: events.Coverage, ID: pipeline}
				head.Op, head.Mark = events.Changed, events.Mark{Number: through[pipeline], Status: coverageComplete}
			}
			heads.Set(id, head)
			followed.follow(heads, id, head)
			anew := indexRuns(heads)
			for name, p := range anew.pipelines {
				if f := followed.pipelines[name]; f != nil {
					f.highest = max(f.highest, p.highest) // it remembers numbers of runs that are gone by now
					p.highest, p.looked, p.starts = f.highest, f.looked, f.starts
				}
			}
			if !reflect.DeepEqual(followed, anew) {
				t.Fatalf("seed %d, step %d, after %v %+v:\nfollowed %+v\nanew     %+v", seed, step, id, head, followed, anew)
			}
		}
	}
}

// TestGapInAnyOrder compares what is known of missing numbers, whatever the order in which runs and coverages came, with a search through all
// numbers. Of runs without a gap one start is kept.
func TestGapInAnyOrder(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 4))
		heads, known, through := events.NewHeads(), map[int64]int64{}, int64(0)
		r := indexRuns(heads)
		for range 40 {
			id, head := events.EntityID{Kind: events.Coverage, ID: "p"}, events.Head{Op: events.Changed}
			if n := 1 + rng.Int64N(25); rng.IntN(8) > 0 {
				id, known[n] = events.EntityID{Kind: events.Run, ID: fmt.Sprint(n)}, 1000*n*rng.Int64N(2)
				head.Mark = events.Mark{Parent: "p", Number: n, From: known[n], Status: "FAILED"}
			} else {
				through = max(through, rng.Int64N(25))
				head.Mark = events.Mark{Number: through, Status: coverageComplete, To: 500}
			}
			heads.Set(id, head)
			r.follow(heads, id, head)
		}
		p := r.pipelines["p"]
		if p.covered.Status == "" {
			continue
		}
		first := through + 1
		for ; first < p.highest; first++ {
			if _, ok := known[first]; !ok {
				break
			}
		}
		missing, from := first < p.highest, int64(500)
		if start := known[first-1]; start > 0 {
			from = start
		}
		gotFrom, got := p.gap()
		if got != missing || got && gotFrom != from {
			t.Errorf("seed %d: missing %v after %d, want %v after %d; known %v, looked for up to %d", seed, got, gotFrom, missing, from, known, through)
		}
		if anewFrom, anew := indexRuns(heads).pipelines["p"].gap(); anew != got || anew && anewFrom != gotFrom {
			t.Errorf("seed %d: missing %v after %d, and from all heads at once %v after %d", seed, got, gotFrom, anew, anewFrom)
		}
		if !missing && len(p.starts) > 1 {
			t.Errorf("seed %d: %d starts are kept", seed, len(p.starts))
		}
	}
}
