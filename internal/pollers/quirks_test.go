package pollers

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// wire is a listener whose connections are pipes in memory: HTTP with all its ways to break, on the time of a bubble.
type wire struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error {
	close(w.closed)
	return nil
}

func (w *wire) Addr() net.Addr { return &net.UnixAddr{Name: "wire"} }

func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case w.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// quirky is a generated world with quirks, whose client has the attempts of the product and reaches it over a wire. It must
// be made in a bubble.
func quirky(t *testing.T, seed uint64, quirks []codeartstest.Quirk) *world {
	t.Helper()
	o := codeartstest.TestOptions(seed, instant)
	o.Quirks = quirks
	w := newWorld(t, o, nil)
	l := &wire{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: w.sim}
	transport := &http.Transport{DialContext: l.dial}
	go server.Serve(l)
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	w.api = w.client(transport, 5)
	w.schedules = map[string]string{"reconcile": "@every 1h"}
	w.start()
	return w
}

// round polls every job once, as the schedule does: an error ends a job's round and nothing else. It returns how many
// changes and errors there were.
func (w *world) round() (changes int, errs []error) {
	w.Helper()
	before := len(w.log.Records())
	for _, j := range w.collector.jobs() {
		if err := w.collector.poll(w.Context(), j); err != nil && !errors.Is(err, errResting) {
			errs = append(errs, fmt.Errorf("%s of %s: %w", j.poller.Name, j.scope(), err))
		}
	}
	return len(w.changes(before)), errs
}

// settle polls until nothing has changed and nothing has failed in three rounds, as many as a walk needs to meet each sort
// of shifting rows.
func (w *world) settle() {
	w.Helper()
	calm, last := 0, []error(nil)
	for range 40 {
		changes, errs := w.round()
		if calm++; changes > 0 || len(errs) > 0 {
			calm, last = 0, errs
		}
		if calm == 3 {
			return
		}
	}
	w.Fatalf("the collector does not come to rest: %v", errors.Join(last...))
}

// live runs a quirky world for two hours and compares the log with the truth again and again.
func (w *world) live() {
	w.Helper()
	w.settle()
	// A retried old run, and one that was lost between two pages, are found when the execution records are read again.
	late := w.retriesOld() || slices.Contains(w.sim.Options().Quirks, codeartstest.QuirkShiftingRows)
	for _, minute := range []int{3, 8, 15, 26, 40, 65, 125} {
		w.clock.forward(instant.Add(time.Duration(minute) * time.Minute).Sub(w.clock.now()))
		if minute == 15 && slices.Contains(w.sim.Options().Quirks, codeartstest.QuirkLostMembership) {
			for range 4 { // the project answers with errors and with empty lists; what is known of it stays
				w.round()
			}
			continue
		}
		w.settle()
		if minute > 100 || !late {
			w.equalsTruth()
			w.configs(w.sim.Truth(w.clock.now()))
			w.extensions(w.sim.Truth(w.clock.now()))
		}
	}
	w.check()
	for _, r := range w.log.Records() {
		if key, err := events.ParseSubject(r.Subject); err != nil || key.Kind != events.Poll && r.Header[events.HeaderOp][0] == "deleted" {
			w.Errorf("%s %v: nothing was deleted", r.Subject, err)
		}
	}
}

// retriesOld says whether a run is retried in the first hour of live while a newer one exists, by a quirk or by chance: no list shows that.
func (w *world) retriesOld() bool {
	runs := w.sim.Truth(instant.Add(70 * time.Minute)).Runs
	return slices.ContainsFunc(runs, func(r codeartstest.RunTruth) bool {
		return r.Tries > 1 && (r.End.IsZero() || r.End.After(instant)) && slices.ContainsFunc(runs, func(newer codeartstest.RunTruth) bool {
			return newer.PipelineID == r.PipelineID && newer.Number > r.Number && (r.End.IsZero() || newer.Start.Before(r.End))
		})
	})
}

// TestQuirks: whatever harmless oddities CodeArts has, one collector ends with the truth.
func TestQuirks(t *testing.T) {
	harmless := codeartstest.HarmlessQuirks()
	t.Run("all", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := quirky(t, 1, harmless)
			w.live()
			seen := map[int]bool{}
			for _, r := range w.sim.Requests(codeartstest.APIDetail) {
				seen[r.Status] = true
			}
			for _, status := range []int{200, 401, 429, 500, 502} {
				if !seen[status] {
					t.Errorf("no detail was answered with %d: the test has lost its teeth", status)
				}
			}
		})
	})
	t.Run("an old run is retried by chance", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := quirky(t, 5, []codeartstest.Quirk{codeartstest.QuirkOverlapping})
			if !w.retriesOld() {
				t.Error("no old run is retried: the test has lost its teeth")
			}
			w.live()
		})
	})
	seeds := 6
	if testing.Short() {
		seeds = 0 // all quirks at once are above
	}
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(uint64(seed), 3))
		var some []codeartstest.Quirk
		for _, q := range harmless {
			if rng.IntN(3) == 0 {
				some = append(some, q)
			}
		}
		t.Run(fmt.Sprint(some), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { quirky(t, uint64(seed+2), some).live() })
		})
	}
}
