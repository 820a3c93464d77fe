package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/embedded/embeddedtest"
)

// together is the stack as `artery run`: one process, with the engine as its child.
type together struct {
	*process
	nats, clickhouse, metrics string // addresses
}

func newTogether(t *testing.T, tenant map[string]any) *together {
	t.Helper()
	embeddedtest.RequireLibrary(t)
	a := &together{nats: freeAddress(t), clickhouse: freeAddress(t), metrics: freeAddress(t)}
	config := writeConfig(t, map[string]any{
		"listen":   a.metrics,
		"embedded": map[string]any{"dir": filepath.Join(t.TempDir(), "data"), "nats": a.nats, "clickhouse": a.clickhouse},
		"loader":   map[string]any{"ack_wait": "3s"},
		"tenants":  []any{tenant},
	})
	a.process = newProcess(t, "artery", program(t, "artery"), "run", "-config", config)
	return a
}

// engine is the id of the engine's process.
func (a *together) engine(t *testing.T) (pid int) {
	t.Helper()
	eventually(t, "the engine", time.Minute, func() []string {
		children := a.children(t)
		if len(children) == 1 {
			pid = children[0]
		}
		return unless(len(children) == 1, "artery has the children %v, want the engine alone", children)
	})
	return pid
}

// gone waits for the end of a process that is not our child.
func gone(t *testing.T, pid int) {
	t.Helper()
	eventually(t, "the engine outlives its parent", time.Minute, func() []string {
		_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
		return unless(os.IsNotExist(err), "process %d is there", pid)
	})
}

// `artery run` and its engine are killed, one or both, or stopped, while history loads; each time the rest goes on from
// what is stored. In the end nothing is lost and nothing doubled.
func TestKillsOfArteryRun(t *testing.T) {
	const rounds = 7
	w := newWorld(t, 21, time.Now().Add(-30*time.Minute), func(o *codeartstest.Options) {
		o.Projects, o.Pipelines, o.History, o.RunsPerDay, o.LiveRunsPerHour = 3, 20, 10*24*time.Hour, 60, 200
	})
	w.run()
	tenant := w.tenant()
	tenant["auth"] = w.keys(t)
	a := newTogether(t, tenant)
	a.start(t)
	rng := rand.New(rand.NewPCG(killSeed(t), 3))
	for round := range rounds {
		from, enough := calls(w), 1+rng.IntN(200)
		eventually(t, "nothing is fetched", time.Minute, func() []string {
			return unless(calls(w)-from >= enough, "%d calls of %d", calls(w)-from, enough)
		})
		engine := a.engine(t)
		switch rng.IntN(4) {
		case 0:
			t.Logf("round %d: artery is killed, its engine ends by itself", round)
			a.kill(t)
			a.start(t) // at once: the new engine has to wait for the old one
			gone(t, engine)
		case 1:
			t.Logf("round %d: the engine is killed, artery starts another", round)
			killPID(t, engine)
		case 2:
			t.Logf("round %d: somebody presses Ctrl-C", round)
			a.interrupt(t)
			gone(t, engine)
			a.start(t)
		default:
			t.Logf("round %d: both are killed", round)
			killPID(t, engine)
			a.kill(t)
			a.start(t)
		}
	}
	w.stop()
	conn := connect(t, a.clickhouse)
	compare(t, conn, load, w.truth())

	// Ctrl-C stores everything, and the next start finds nothing to do.
	engine := a.engine(t)
	a.interrupt(t)
	gone(t, engine)
	w.ResetCalls()
	a.start(t)
	eventually(t, "the second start does not poll", time.Minute, func() []string {
		return unless(polledTwice(a.metrics), "%v", metrics(a.metrics, "artery_polls_total"))
	})
	if events := metrics(a.metrics, "artery_events_total"); len(events) != 0 {
		t.Errorf("the second start finds changes where there are none: %v", events)
	}
	if n := len(w.Requests(codeartstest.APIDetail)); n != 0 {
		t.Errorf("the second start asks for %d details that are stored", n)
	}
	compare(t, conn, time.Minute, w.truth())
	checkLog(t, conn, "nats://"+a.nats)
}

func calls(w *world) (n int) {
	for _, count := range w.Calls() {
		n += count
	}
	return n
}

func killPID(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
