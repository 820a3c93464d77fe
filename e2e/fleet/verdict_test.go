package fleet

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"artery/internal/events"
)

// margin is how long before the end something has to have happened to be known, and how long after a restart everything may
// be late.
const margin = 2 * time.Minute

// reconciled is how long it may take until a run that was retried while a newer one existed is looked at again.
const reconciled = 13 * time.Hour

// A client has adapted to a limit half an hour after it was refused for the first time, and when it was refused often enough to
// halve the configured rate down to the limit: an API that is called twice a minute learns slowly. It may be above the limit then
// to try whether that still holds, after 10, 20 and 40 minutes.
const adapting = 30 * time.Minute

func lessons(limit float64) int { return int(math.Ceil(math.Log2(clientRate / limit))) }

// verdict is what the simulation shows.
type verdict struct {
	end                          time.Time // until when it was watched
	pipelines                    int
	days                         float64
	runs, final, open            int // that existed inside retention; found in their final state; not over yet
	lost, doubled, wrong         []string
	falsely                      []string // deletions that are none, and other inventions
	missing                      int
	deletions, found, unfound    int
	news, ends, waits, retries   lags
	gone                         lags
	list, active, gaps           float64            // calls per minute
	looks                        map[string]float64 // of active, by what is asked
	others                       map[string]float64
	refused, adapted, unprovoked int // calls above the limit: in all, of a client that knew it, while there was none
	trials                       int // the most of adapted that one API had in one time of throttling
	troubles, restarts, shifts   int
	took                         time.Duration
}

type lags []time.Duration

func (l *lags) add(from, to int64) { *l = append(*l, time.Duration(to-from)*time.Millisecond) }

// at is a quantile; the last one is the maximum.
func (l lags) at(q float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	slices.Sort(l)
	return l[min(len(l)-1, int(q*float64(len(l))))].Round(100 * time.Millisecond)
}

func (l lags) String() string {
	if len(l) == 0 {
		return "-"
	}
	return fmt.Sprintf("%s / %s / %s", l.at(.5), l.at(.99), l.at(1))
}

// calm says whether nothing was wrong with the server and the collector between two moments.
func (w *watch) calm(from, to int64) bool {
	s := w.world.server
	a, b := time.UnixMilli(from), time.UnixMilli(to)
	if a.Before(w.world.begin.Add(margin)) {
		return false
	}
	i := sort.Search(len(s.troubles), func(i int) bool { return s.troubles[i].settled().After(a) })
	if i < len(s.troubles) && s.troubles[i].from.Before(b) {
		return false
	}
	return !slices.ContainsFunc(w.restarts, func(r time.Time) bool { return r.Before(b) && r.Add(margin).After(a) })
}

// judge compares the logs of some tenants with the truth as of a time, at which it is called.
func judge(end time.Time, tenants ...*watch) *verdict {
	v := &verdict{end: end, days: end.Sub(origin).Hours() / 24, looks: map[string]float64{}, others: map[string]float64{}}
	for _, w := range tenants {
		v.add(w)
	}
	return v
}

// add adds what is to be said of one more tenant.
func (v *verdict) add(w *watch) {
	v.restarts += len(w.restarts)
	v.limits(w)
	v.counts(w)
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	w.world.mu.Lock()
	defer w.world.mu.Unlock()
	v.pipelines += len(w.world.lines)
	v.missing += w.log.missing
	for id, f := range w.world.lives {
		v.run(w, id, f)
	}
	for _, l := range w.world.lines {
		v.pipeline(w, l)
	}
	v.falsely = append(v.falsely, w.log.faults...)
	if w.log.invented > 0 {
		v.falsely = append(v.falsely, fmt.Sprint(w.log.invented, " runs do not exist"))
	}
}

// counts are the calls of a minute.
func (v *verdict) counts(w *watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for class, n := range w.calls {
		rate := float64(n) / v.end.Sub(origin).Minutes()
		switch class {
		case "new_runs":
			v.list += rate
		case statusLists, questions, olderRuns:
			v.active += rate
			v.looks[class] += rate
		case "gaps":
			v.gaps += rate
		default:
			v.others[class] += rate
		}
	}
}

func (v *verdict) run(w *watch, id string, f *life) {
	end := v.end.Add(-margin)
	if !time.UnixMilli(f.start).Before(end) {
		return // not to be known yet
	}
	newest := f.number == f.line.number
	if time.UnixMilli(f.start).Add(events.Retention).Before(w.world.begin) && !newest && f.first == 0 {
		return // CodeArts did not keep it any more
	}
	v.runs++
	name := fmt.Sprintf("run %s, %d of pipeline %s, from %s", id, f.number, f.line.id, time.UnixMilli(f.start).UTC())
	if f.created > 1 {
		v.doubled = append(v.doubled, name)
	}
	if f.first == 0 {
		v.lost = append(v.lost, name)
		return
	}
	if w.calm(f.start, f.first) {
		v.news.add(f.start, f.first)
	}
	if f.again > 0 {
		end = v.end.Add(-reconciled)
	}
	if !time.UnixMilli(f.end).Before(end) {
		v.open++
		return
	}
	if want := (state{f.line.id, int64(f.number), f.status, f.start, f.end}); f.shown != want {
		v.wrong = append(v.wrong, fmt.Sprintf("%s: the log says %+v, the truth is %+v", name, f.shown, want))
		return
	}
	v.final++
	switch {
	case !w.calm(f.end, f.last) || f.first > f.end:
	case f.again > 0:
		v.retries.add(f.end, f.last)
	case f.paused:
		v.waits.add(f.end, f.last)
	default:
		v.ends.add(f.end, f.last)
	}
}

func (v *verdict) pipeline(w *watch, l *line) {
	switch {
	case l.deleted.IsZero() || l.deleted.After(v.end):
		if l.created.Before(v.end.Add(-margin)) && (l.op == "" || l.op.Gone()) {
			v.falsely = append(v.falsely, fmt.Sprintf("pipeline %s is there and the log says %q", l.id, l.op))
		}
	case l.op == events.Deleted:
		v.deletions++
		v.found++
		if w.calm(l.deleted.UnixMilli(), l.found.UnixMilli()) {
			v.gone.add(l.deleted.UnixMilli(), l.found.UnixMilli())
		}
	case l.deleted.Before(v.end.Add(-time.Hour)):
		v.deletions++
		v.unfound++
	}
}

// limits sorts the calls that were above the limits: those that taught the client, those of one that had had time to learn, and
// those while nobody throttled.
func (v *verdict) limits(w *watch) {
	s := w.world.server
	v.troubles += len(s.troubles)
	s.mu.Lock()
	v.shifts += s.shifts
	refused := slices.Clone(s.refused)
	s.mu.Unlock()
	slices.SortStableFunc(refused, func(a, b refusal) int {
		return cmp.Or(cmp.Compare(a.api, b.api), a.at.Compare(b.at))
	})
	var first refusal
	var phase time.Time
	lesson, later := 0, 0
	for _, r := range refused {
		i := slices.IndexFunc(s.troubles, func(t trouble) bool { return throttles(t.kind) && !r.at.Before(t.from) && r.at.Before(t.to) })
		if i < 0 {
			v.unprovoked++
			continue
		}
		from := s.troubles[i].from
		for _, restart := range w.restarts { // a new process has to learn
			if restart.After(from) && !restart.After(r.at) {
				from = restart
			}
		}
		if first.api != r.api || phase != from {
			first, phase, lesson, later = r, from, 0, 0
		}
		lesson++
		if v.refused++; r.at.Sub(first.at) > adapting && lesson > lessons(s.throttled()) {
			v.adapted++
			later++
			v.trials = max(v.trials, later)
		}
	}
}
