package pollers

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// lineage is what came after what in a line: at each of its stages, the runs that passed it, in the order in which they did. Which
// of the stages deploy is not known here: deployment rules say so, and other ones hold for the runs of before.
type lineage struct {
	stages []string          // names, in the order in which they were seen
	runs   map[int64]release // by number
}

// release is a run that passed a stage.
type release struct {
	branch, commit string
	passed         []uint32 // when it passed each stage of the lineage, in seconds; 0 is not, and so are those behind the last
}

// pair is two commits of which one came after the other.
type pair struct {
	from, to string
	age      int // runs of the line since, that of the second one included
}

// add takes note of a run and the stages that it has passed. Whether it goes on, and how it ends, does not matter to those. One
// that is repeated is passed when it last was.
func (l *lineage) add(number int64, branch, commit string, stages json.RawMessage) {
	var rows []struct {
		Name   string `json:"name"`
		Status string `json:"status"`
		End    string `json:"end_time"`
	}
	if json.Unmarshal(stages, &rows) != nil {
		return // of another form than the documents say
	}
	passed := l.runs[number].passed
	for _, row := range rows {
		at := stageEnd(row.End)
		if row.Status != "COMPLETED" || at == 0 {
			continue
		}
		i := slices.Index(l.stages, row.Name)
		if i < 0 {
			i, l.stages = len(l.stages), append(l.stages, row.Name)
		}
		if i >= len(passed) {
			passed = append(passed, make([]uint32, i+1-len(passed))...)
		}
		passed[i] = max(passed[i], at)
	}
	if passed != nil {
		l.runs[number] = release{branch, commit, passed}
	}
}

// stageEnd is a time of a stage in seconds, 0 if there is none. Those without a zone are all of the tenant's, so they can be
// compared with each other as they are.
func stageEnd(text string) uint32 {
	for _, layout := range []string{time.DateTime, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return uint32(at.Unix())
		}
	}
	return 0
}

// pairs are the commits of runs that passed a stage after each other, of those on a branch or of all. A hotfix is often on a branch
// of its own, and replaces what was deployed before it all the same. Most runs pass all stages in one order, so that there are few
// more pairs than runs, however many stages there are.
func (l *lineage) pairs() (pairs []pair) {
	var order []release
	for _, number := range slices.Sorted(maps.Keys(l.runs)) {
		order = append(order, l.runs[number])
	}
	var places [][2]int // in order: of a run, and of the one before it
	for stage := range l.stages {
		at := func(place int) uint32 {
			if passed := order[place].passed; stage < len(passed) {
				return passed[stage]
			}
			return 0
		}
		var through []int
		for place := range order {
			if at(place) > 0 {
				through = append(through, place)
			}
		}
		slices.SortStableFunc(through, func(x, y int) int { return cmp.Compare(at(x), at(y)) })
		onBranch := map[string]int{}
		for i, place := range through {
			if i > 0 {
				places = append(places, [2]int{place, through[i-1]})
			}
			branch := order[place].branch
			if last, ok := onBranch[branch]; ok {
				places = append(places, [2]int{place, last})
			}
			onBranch[branch] = place
		}
	}
	slices.SortFunc(places, func(x, y [2]int) int { return slices.Compare(x[:], y[:]) })
	for _, p := range slices.Compact(places) {
		if from, to := order[p[1]].commit, order[p[0]].commit; from != to {
			pairs = append(pairs, pair{from, to, len(order) - p[0]})
		}
	}
	return pairs
}
