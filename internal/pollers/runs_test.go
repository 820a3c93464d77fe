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
					p.highest, p.starts = f.highest, f.starts
				}
			}
			if !reflect.DeepEqual(followed, anew) {
				t.Fatalf("seed %d, step %d, after %v %+v:\nfollowed %+v\nanew     %+v", seed, step, id, head, followed, anew)
			}
		}
	}
}
