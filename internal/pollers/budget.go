package pollers

import (
	"cmp"
	"maps"
	"slices"

	"artery/internal/codearts"
)

// This file says whether the limits allow what the schedules and the objectives ask for: pure functions from the calls of a day and
// the limits.

// Need is what calls of one priority ask of one API, on the average of a day.
type Need struct {
	API       string
	Priority  codearts.Priority
	PerMinute float64
}

// Needs sums up the calls of a day, in the order of the APIs and of the priorities.
func Needs(demands []Demand) (needs []Need) {
	type key struct {
		api      string
		priority codearts.Priority
	}
	sums := map[key]float64{}
	for _, d := range demands {
		if d.Calls > 0 {
			sums[key{d.API, d.Priority}] += d.Calls / (24 * 60)
		}
	}
	for k, perMinute := range sums {
		needs = append(needs, Need{k.api, k.priority, perMinute})
	}
	slices.SortFunc(needs, func(a, b Need) int {
		return cmp.Or(cmp.Compare(a.API, b.API), cmp.Compare(a.Priority, b.Priority))
	})
	return needs
}

// Shortage is a limit that is below what is needed.
type Shortage struct {
	API             string  // "" for the limit of all together
	Needed, Allowed float64 // calls per minute
	Late            codearts.Priority
}

// Short tells which limits (calls per minute, by API, "" for all together) are too low. Calls wait in the order of their
// priorities, so those from Late on are late, and those before it are not. An API without a limit is not judged.
func Short(needs []Need, allowed map[string]float64) (short []Shortage) {
	byAPI := map[string][]Need{}
	for _, n := range needs {
		byAPI[n.API], byAPI[""] = append(byAPI[n.API], n), append(byAPI[""], n)
	}
	for _, api := range slices.Sorted(maps.Keys(byAPI)) {
		limit, known := allowed[api]
		if !known {
			continue
		}
		s := Shortage{API: api, Allowed: limit}
		slices.SortStableFunc(byAPI[api], func(a, b Need) int { return cmp.Compare(a.Priority, b.Priority) })
		for _, n := range byAPI[api] {
			if s.Needed <= limit {
				s.Late = n.Priority
			}
			s.Needed += n.PerMinute
		}
		if s.Needed > limit {
			short = append(short, s)
		}
	}
	return short
}
