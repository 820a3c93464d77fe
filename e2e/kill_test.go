package e2e

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
)

// killSeed chooses victims and moments; ARTERY_E2E_SEED repeats or varies a run.
func killSeed(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(1)
	if text := os.Getenv("ARTERY_E2E_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("ARTERY_E2E_SEED: %v", err)
		}
	}
	t.Logf("ARTERY_E2E_SEED=%d", seed)
	return seed
}

// Two collectors share the tenant; whoever holds it is killed every few seconds. The other one takes over within the term,
// and in the end nothing is lost and nothing doubled.
func TestKillsOfTheLeader(t *testing.T) {
	const rounds, term = 6, 3 * time.Second
	w := newWorld(t, 12, time.Now().Add(-time.Hour), func(o *codeartstest.Options) {
		o.Pipelines, o.LiveRunsPerHour = 12, 600
	})
	w.run()
	a := newApart(t, w.tenant())
	second := freeAddress(t)
	collectors := map[string]*process{
		a.collects: a.collector,
		second:     newProcess(t, "second collector", program(t, "collector"), "-config", a.config, "-listen", second),
	}
	a.start(t)
	collectors[second].start(t)
	holder := func(not string) (addr string, took time.Duration) {
		from := time.Now()
		eventually(t, "no collector holds the tenant", time.Minute, func() []string {
			for at := range collectors {
				for _, held := range metrics(at, "artery_lease_held") {
					if held == "1" && at != not {
						addr = at
					}
				}
			}
			return unless(addr != "", "nobody but %q", not)
		})
		return addr, time.Since(from)
	}
	rng := rand.New(rand.NewPCG(killSeed(t), 5))
	for round := range rounds {
		addr, _ := holder("")
		from, enough := calls(w), 1+rng.IntN(60)
		eventually(t, "the collector does not poll", time.Minute, func() []string {
			return unless(calls(w)-from >= enough, "%d calls of %d", calls(w)-from, enough)
		})
		collectors[addr].kill(t)
		_, took := holder(addr)
		t.Logf("round %d: %s was killed, the other one took over after %s", round, collectors[addr].name, took.Round(10*time.Millisecond))
		if took > term+time.Second { // a busy machine may start a little late
			t.Errorf("the take-over took %s, the term is %s", took, term)
		}
		collectors[addr].start(t)
	}
	w.stop()
	compare(t, a.conn, load, w.truth())
	for _, c := range collectors {
		c.interrupt(t)
	}
	drained(t, a)
	compare(t, a.conn, time.Minute, w.truth())
	checkLog(t, a.conn, a.natsURL)
}

// Each of the four processes is killed again and again, one or several at a time, while CodeArts lives on. In the end
// nothing is lost and nothing doubled.
func TestKillsOfFourProcesses(t *testing.T) {
	const rounds = 10
	w := newWorld(t, 11, time.Now().Add(-time.Hour), func(o *codeartstest.Options) {
		o.Pipelines, o.LiveRunsPerHour = 16, 400
	})
	w.run()
	a := newApart(t, w.tenant())
	a.start(t)
	rng := rand.New(rand.NewPCG(killSeed(t), 4))
	for round := range rounds {
		// The kills come while history is read and rows are inserted: the moments depend on progress, not on time only.
		from, enough := calls(w), 1+rng.IntN(100)
		eventually(t, "the collector does not poll", time.Minute, func() []string {
			return unless(calls(w)-from >= enough, "%d calls of %d", calls(w)-from, enough)
		})
		victims := a.processes()
		rng.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
		victims = victims[:1+rng.IntN(len(victims))]
		for _, p := range victims {
			p.kill(t)
		}
		for _, p := range victims {
			t.Logf("round %d: %s was killed", round, p.name)
			p.start(t)
		}
	}
	w.stop()
	compare(t, a.conn, load, w.truth())
	a.collector.interrupt(t)
	drained(t, a)
	compare(t, a.conn, time.Minute, w.truth())
	checkLog(t, a.conn, a.natsURL)
	for _, p := range a.processes() {
		if p != a.collector && !p.running() {
			t.Errorf("%s has ended by itself", p.name)
		}
	}
}
