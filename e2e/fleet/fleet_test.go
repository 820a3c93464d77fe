// Package fleet watches simulated fleets of pipelines for weeks on a fake clock, with everything that can go wrong at CodeArts,
// and compares what the log and the tables say with what happened.
package fleet

import (
	"flag"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/embedded/embeddedtest"
	"artery/internal/stream/streamtest"
)

// The flags of `make fleet`.
var (
	sizes    = flag.String("fleet", "20", "numbers of pipelines of the simulated fleets, joined by commas")
	projects = flag.Int("projects", 0, "projects of each tenant, or as many as are usual")
	days     = flag.Float64("days", 1.3, "days that each of them is watched, more than one")
	seed     = flag.Uint64("seed", 1, "chooses everything that happens")
)

// wholeLog is of how many pipelines and days the log is kept as a whole, and loaded into the tables.
const wholeLog = 500

func TestMain(m *testing.M) { embeddedtest.Main(m) }

// origin is when every fleet begins to be watched.
var origin = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// TestFleet watches fleets of several sizes, and prints what it costs and what is seen. What the collector writes for a small one
// goes through a loader into the tables.
func TestFleet(t *testing.T) {
	var all []*verdict
	for text := range strings.SplitSeq(*sizes, ",") {
		size, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(text, func(t *testing.T) {
			began := time.Now()
			whole := float64(size)**days <= wholeLog
			tenants := watchAll(t, size, !whole)
			v := judge(tenants[0].world.end, tenants...)
			v.took = time.Since(began)
			all = append(all, v)
			v.check(t)
			if whole {
				tenants[0].tables(t)
			}
		})
	}
	t.Log("\n" + report(all))
}

// watchAll watches a fleet to its end. Tenants have nothing in common: each has a collector of its own, and they live side by side.
func watchAll(t *testing.T, size int, forgetful bool) []*watch {
	tenants := make([]*watch, (size+perTenant-1)/perTenant)
	if !t.Run("tenant", func(t *testing.T) {
		for i := range tenants {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWatch(t, *seed+uint64(i), min(size-i*perTenant, perTenant), time.Duration(*days*24*float64(time.Hour)), forgetful)
					w.world.plague()
					w.start()
					w.run(w.restartsEvery(5))
					tenants[i] = w
				})
			})
		}
	}) {
		t.FailNow()
	}
	return tenants
}

// newWatch makes a world and a collector that does not look yet. A forgetful log keeps the heads only.
func newWatch(t *testing.T, seed uint64, size int, span time.Duration, forgetful bool) *watch {
	time.Sleep(time.Until(origin)) // the clock of a bubble begins in the year 2000
	w := &watch{T: t, world: newWorld(seed, size, origin, origin.Add(span)), calls: map[string]int{}}
	w.log = &ledger{Memory: streamtest.NewMemory(), world: w.world}
	w.log.Forgetful = forgetful
	return w
}

// plague gives the server its timetable of troubles.
func (w *world) plague() {
	w.server.troubles = timetable(rand.New(rand.NewPCG(w.seed, 100)), w.begin, w.end)
}

// restartsEvery are the times of restarts, one in so many days, at least two.
func (w *watch) restartsEvery(days float64) (all []time.Time) {
	rng := rand.New(rand.NewPCG(w.world.seed, 200))
	span := w.world.end.Sub(w.world.begin)
	n := max(2, int(span.Hours()/24/days))
	for i := range n {
		all = append(all, w.world.begin.Add(time.Duration((float64(i)+rng.Float64())/float64(n)*float64(span-time.Hour))))
	}
	return all
}

// unbroken reports every run that is lost, doubled or wrong, and every deletion that is none.
func (v *verdict) unbroken(t *testing.T) {
	t.Helper()
	for what, list := range map[string][]string{"lost": v.lost, "doubled": v.doubled, "wrong": v.wrong, "false": v.falsely} {
		for i, text := range list {
			if i == 5 {
				t.Errorf("%s: and %d more", what, len(list)-5)
				break
			}
			t.Errorf("%s: %s", what, text)
		}
	}
}

// check holds the simulation against what is promised.
func (v *verdict) check(t *testing.T) {
	t.Helper()
	v.unbroken(t)
	if v.unfound > 0 || v.found == 0 {
		t.Errorf("%d pipelines were deleted, %d are not called so", v.deletions, v.unfound)
	}
	if v.shifts == 0 && (v.pipelines < 100 || v.pipelines >= 200) { // else every list is one page
		t.Error("no rows went while a list was walked: this world does not show what it should")
	}
	if v.unprovoked > 0 || v.trials > 4 || v.refused == 0 {
		t.Errorf("%d calls above the limit of the server, %d while nothing was throttled; one API tried %d times in an hour whether its limit still holds", v.refused, v.unprovoked, v.trials)
	}
	if least := budget(v.pipelines); v.days >= 5 && v.ratio() < least {
		t.Errorf("one call per pipeline every 15 seconds would be %.0f times as many calls, not %.0f times", v.ratio(), least)
	}
	if v.news.at(1) > time.Minute {
		t.Errorf("a new run was seen after %s", v.news.at(1))
	}
	// A look that shows a newer run in the place of one is followed by another one, for that run.
	if v.ends.at(.99) > 15*time.Second || v.ends.at(1) > 25*time.Second {
		t.Errorf("the end of an open run was seen after %s, of one in a hundred after %s", v.ends.at(1), v.ends.at(.99))
	}
}

// budget is how many times more calls one per pipeline every 15 seconds has to be, in a week or more of a fleet of a usual size.
func budget(pipelines int) float64 {
	switch {
	case pipelines >= 10000:
		return 100
	case pipelines >= 1000:
		return 80
	case pipelines >= 100:
		return 50
	}
	return 0
}
