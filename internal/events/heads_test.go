package events

import (
	"fmt"
	"maps"
	"runtime"
	"testing"
)

// TestHeads compares Heads with a plain map under the same writes.
func TestHeads(t *testing.T) {
	heads, plain := NewHeads(), map[EntityID]Head{}
	ids := []string{
		"", "a", "6428c2e2b4b64affa14ec80896695c49", "6428C2E2B4B64AFFA14EC80896695C49", "6428c2e2b4b64affa14ec80896695c4g", "6428c2e2b4b64affa14ec80896695c4",
		"00000000000000000000000000000000", "2111699716", "run/step/1",
	}
	for i, kind := range []Kind{Run, RunDetail, Pipeline} {
		for j, id := range ids {
			if _, known := heads.Get(EntityID{kind, id}); known {
				t.Fatalf("%s %q is known before it was set", kind, id)
			}
			for version := range 2 { // the second replaces the first
				head := Head{
					Seq: uint64(100*i + 10*j + version), At: int64(j), Hash: Hash{byte(i), byte(j)}, Op: []Op{Created, Changed}[version],
					Mark: Mark{Parent: fmt.Sprint("p", i), Number: -int64(j), Status: []string{"", "RUNNING"}[version], From: int64(i), To: -1},
				}
				heads.Set(EntityID{kind, id}, head)
				plain[EntityID{kind, id}] = head
				if got, known := heads.Get(EntityID{kind, id}); !known || got != head {
					t.Fatalf("%s %q: got %+v, %v, set %+v", kind, id, got, known, head)
				}
			}
		}
	}
	if heads.Len() != len(plain) {
		t.Errorf("%d heads, want %d", heads.Len(), len(plain))
	}
	if got := maps.Collect(heads.All()); !maps.Equal(got, plain) {
		t.Errorf("all are %v\nwant %v", got, plain)
	}
	if n := len(maps.Collect(heads.Of(Run))); n != len(ids) {
		t.Errorf("%d runs, want %d", n, len(ids))
	}
	if heads.Count(Run) != len(ids) || heads.Count(Gate) != 0 {
		t.Errorf("%d runs and %d gates are counted", heads.Count(Run), heads.Count(Gate))
	}
	if n := len(maps.Collect(heads.Of(Gate))); n != 0 {
		t.Errorf("%d gates, want none", n)
	}
	if got, known := heads.Get(EntityID{Run, "unknown"}); known || got != (Head{}) {
		t.Errorf("an unknown run is %+v", got)
	}
}

// TestNoHeads: of a scope that has not been read nothing is known, and that can be asked.
func TestNoHeads(t *testing.T) {
	var none *Heads
	for id, h := range none.Of(Run) {
		t.Errorf("%s is %+v", id, h)
	}
	for id, h := range none.All() {
		t.Errorf("%v is %+v", id, h)
	}
	if h, known := none.Get(EntityID{Run, "a"}); known || h != (Head{}) || none.Len()+none.Count(Run) != 0 {
		t.Errorf("%d heads; one is %+v", none.Len(), h)
	}
}

// BenchmarkHeads reports the memory of a known run with its detail, and of the log of a failed step; one run in ten has one.
func BenchmarkHeads(b *testing.B) {
	const runs = 1_000_000
	for b.Loop() {
		before := heap()
		heads := NewHeads()
		for i := range runs {
			id := fmt.Sprintf("%032x", i*2654435761)
			head := Head{Seq: uint64(i), At: int64(i), Hash: hashOf([]byte(id)), Op: Changed, Mark: Mark{Parent: fmt.Sprintf("%032x", i%5000), Number: int64(i), Status: "COMPLETED", From: int64(i), To: int64(i)}}
			heads.Set(EntityID{Run, id}, head)
			heads.Set(EntityID{RunDetail, id}, head)
		}
		known := heap()
		b.ReportMetric(float64(known-before)/runs, "B/run")
		for i := range runs / 10 {
			log := StepLogBody{RunID: fmt.Sprintf("%032x", i*10*2654435761), StepID: fmt.Sprintf("%032x", i), EndedAt: 1772604000000 + int64(i)}
			heads.Set(EntityID{StepLog, log.ID()}, Head{Seq: uint64(i), Op: Created, Mark: Mark{Parent: log.RunID, Number: 1, Status: LogHave}})
		}
		b.ReportMetric(float64(heap()-known)/(runs/10), "B/log")
		runtime.KeepAlive(heads)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
