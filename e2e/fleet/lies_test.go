package fleet

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestAServerThatLies answers the list for an hour with total 0, with a 200 that is an error, or with half of it. Nothing is
// called deleted; the time of the last good round says how old the list is; and everything that happened meanwhile is found
// afterwards, every run in its final state.
func TestAServerThatLies(t *testing.T) {
	for _, kind := range []string{empty, lies200, half, halfOfAll, alien} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWatch(t, *seed, 30, 6*time.Hour, true)
				s := w.world.server
				from := w.world.begin.Add(3 * time.Hour)
				lie := trouble{kind, from, from.Add(time.Hour)}
				s.troubles = []trouble{lie}
				lied := s.projects[len(s.projects)-1] // of this one also the membership is lost
				w.start()
				good := make(chan time.Time, 2)
				go func() {
					for _, at := range []time.Time{lie.to.Add(-time.Second), lie.to.Add(margin)} {
						time.Sleep(time.Until(at))
						good <- w.lastGood(lied)
					}
				}()
				w.run(nil)
				v := judge(w.world.end, w)
				v.unbroken(t)
				if v.deletions > 0 {
					t.Errorf("%d deletions where nothing is deleted", v.deletions)
				}
				if at := <-good; at.After(lie.from.Add(time.Second)) || at.Before(lie.from.Add(-margin)) {
					t.Errorf("after an hour of lies, since %s, the list was last good at %s", lie.from, at)
				}
				if at := <-good; at.Before(lie.to) {
					t.Errorf("after the lies, at %s, the list was last good at %s", lie.to.Add(margin), at)
				}
				if met := s.odd; met < 20 {
					t.Errorf("the lie was told %d times only", met)
				}
				during := 0
				for _, f := range w.world.lives {
					if f.start >= lie.from.UnixMilli() && f.end < lie.to.UnixMilli() {
						during++
					}
				}
				if during < 3 {
					t.Errorf("%d runs in the hour of lies: the test has lost its teeth", during)
				}
			})
		})
	}
}

// lastGood is when the collector last believed the list of a project, as its metric says.
func (w *watch) lastGood(project string) time.Time {
	families, err := w.metrics.Gather()
	if err != nil {
		w.Error(err)
	}
	for _, f := range families {
		if f.GetName() != "artery_last_good_poll_timestamp_seconds" {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := []string{}
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			if slices.Contains(labels, project) && slices.Contains(labels, "pipelines") {
				return time.Unix(int64(m.GetGauge().GetValue()), 0).UTC()
			}
		}
	}
	return time.Time{}
}
