package fleet

import (
	"math/rand/v2"
	"time"
)

// trouble is what a server has for a while.
type trouble struct {
	kind     string
	from, to time.Time
}

// What a server can have.
const (
	down            = "down"              // every call: 503
	hangs           = "hangs"             // no call is answered
	drops           = "drops"             // two of three connections end without an answer
	lies200         = "200 with an error" // every call
	empty           = "total 0"           // the list, as for a lost membership, but every direct question is answered
	half            = "half a page"       // of the list, with the right total
	halfOfAll       = "half the total"    // half of the list, with a total to match
	fewLess         = "a few less"        // a list that lacks few enough to be believed
	alien           = "no member"         // the membership of a project is lost
	throttlesSecond = "throttled, seconds"
	throttlesDate   = "throttled, date"
	throttlesBare   = "throttled, bare" // 429 with APIGW.0308, without a Retry-After
)

func kinds() []string {
	return []string{down, hangs, drops, lies200, empty, half, halfOfAll, fewLess, alien, throttlesSecond, throttlesDate, throttlesBare}
}

func throttles(kind string) bool {
	return kind == throttlesSecond || kind == throttlesDate || kind == throttlesBare
}

// After a trouble a collector finds its way back: it waits between its attempts, and it learns slowly that a limit was lifted.
// What happened meanwhile is seen late.
func (t trouble) settled() time.Time {
	if throttles(t.kind) {
		return t.to.Add(2 * time.Hour)
	}
	return t.to.Add(5 * time.Minute)
}

// The timetable: every kind of trouble once in its turn, for minutes or an hour, with a pause behind each. Nothing happens in the
// first hours, when history is read, nor in the last ones, when everything has to be found.
const (
	untroubled = time.Hour
	finding    = 14 * time.Hour
)

// timetable spreads troubles over a time, all kinds at least once.
func timetable(rng *rand.Rand, begin, end time.Time) (all []trouble) {
	begin, end = begin.Add(untroubled), end.Add(-finding)
	turns := max(1, int(end.Sub(begin)/(8*time.Hour))/len(kinds()))
	each := end.Sub(begin) / time.Duration(turns*len(kinds()))
	for range turns {
		order := kinds()
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, kind := range order {
			lasts := time.Hour
			if kind == down || kind == hangs || kind == drops {
				lasts = time.Duration(2+rng.IntN(58)) * time.Minute
			}
			from := begin.Add(time.Duration(rng.Float64() * 0.1 * float64(each)))
			all = append(all, trouble{kind, from, from.Add(min(lasts, each/2))})
			begin = begin.Add(each)
		}
	}
	return all
}

// throttled is the rate, in calls a second, that a server gives while it throttles: less than is wanted, but more than a client
// never goes below.
func (s *server) throttled() float64 {
	pages := float64(len(s.world.lines))/50 + float64(len(s.projects))
	return max(0.15, pages/60/2)
}

// trouble is what the server has now, and how many calls have met it.
func (s *server) trouble(now time.Time) (kind string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.next < len(s.troubles) {
		t := s.troubles[s.next]
		if now.Before(t.from) {
			return "", 0
		}
		if now.Before(t.to) {
			if !s.on {
				s.on, s.odd = true, 0
				s.begin(t)
			}
			s.odd++
			return t.kind, s.odd
		}
		if s.on {
			s.end(t)
		}
		s.next, s.on = s.next+1, false
	}
	return "", 0
}

func (s *server) begin(t trouble) {
	switch {
	case throttles(t.kind):
		s.limit(s.throttled())
	case t.kind == alien:
		s.sim.World().SetMember(s.projects[len(s.projects)-1], t.from, false)
	}
}

func (s *server) end(t trouble) {
	switch {
	case throttles(t.kind):
		s.limit(serverRate)
	case t.kind == alien:
		s.sim.World().SetMember(s.projects[len(s.projects)-1], t.to, true)
	}
}
