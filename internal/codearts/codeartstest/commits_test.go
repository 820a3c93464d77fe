package codeartstest

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// TestCommits: every commit that a run was started for is there once, before that run; and what has been said of a history stays
// true: it only grows at its end.
func TestCommits(t *testing.T) {
	tenant := New(TestOptions(3, instant))
	byRepository := func(at time.Time) map[int64][]CommitTruth {
		out := map[int64][]CommitTruth{}
		for _, c := range tenant.Commits(at) {
			if c.Committed.After(at) || c.Authored.After(c.Committed) || len(c.ID) != 40 {
				t.Errorf("at %s there is %+v", at, c)
			}
			out[c.RepositoryID] = append(out[c.RepositoryID], c)
		}
		return out
	}
	now := byRepository(instant)
	named, more := 0, 0
	for _, r := range tenant.Truth(instant).Runs {
		if r.Change.CommitID == "" {
			continue
		}
		i := slices.IndexFunc(now[r.Change.RepositoryID], func(c CommitTruth) bool { return c.ID == r.Change.CommitID })
		if i < 0 || !now[r.Change.RepositoryID][i].Committed.Before(r.Start) {
			t.Errorf("run %s is of commit %s: %d", r.ID, r.Change.CommitID, i)
		}
		named++
	}
	for _, line := range now {
		more += len(line)
		for i := range line[1:] {
			if line[i+1].Committed.Before(line[i].Committed) {
				t.Errorf("%+v stands before %+v", line[i], line[i+1])
			}
		}
		ids := map[string]bool{}
		for _, c := range line {
			ids[c.ID] = true
		}
		if len(ids) != len(line) {
			t.Errorf("%d commits of %d have a name of their own", len(ids), len(line))
		}
	}
	if named == 0 || more <= named {
		t.Errorf("%d runs name a commit, there are %d commits", named, more)
	}
	for at := instant; at.Before(instant.Add(3 * time.Hour)); at = at.Add(97 * time.Second) {
		next := byRepository(at)
		for _, repository := range slices.Sorted(maps.Keys(now)) {
			before, after := now[repository], next[repository]
			if len(after) < len(before) || !slices.Equal(after[:len(before)], before) {
				t.Fatalf("repository %d at %s: %d commits do not begin with the %d that were there", repository, at, len(after), len(before))
			}
		}
		now = next
	}
}

// TestOddCommits: a commit may claim another time than that of its place in the history, or none, and a lost one is in no answer.
func TestOddCommits(t *testing.T) {
	tenant := New(Options{Origin: instant})
	w := tenant.World()
	project := w.AddProject("Alpha")
	repository := w.AddRepository(RepositorySpec{ProjectID: project, Name: "r", Created: at(-500)}, 1)
	pipeline := w.AddPipeline(PipelineSpec{ProjectID: project, Name: "p", RepositoryID: repository, Created: at(-400), Stages: []StageSpec{{Name: "Build"}}})
	heads := []string{"a0", "b0", "c0"}
	for i, id := range heads {
		w.AddRun(Run{PipelineID: pipeline, Start: at(-300 + 60*i), Change: Change{RepositoryID: repository, CommitID: id}})
	}
	order := func() (ids []string, made map[string]time.Time) {
		made = map[string]time.Time{}
		for _, c := range tenant.Commits(instant) {
			if made[c.ID] = c.Committed; slices.Contains(heads, c.ID) {
				ids = append(ids, c.ID)
			}
		}
		return ids, made
	}
	w.SetCommitted("a0", at(-10))
	w.SetCommitted("b0", time.Time{})
	ids, made := order()
	if !slices.Equal(ids, heads) || !made["a0"].Equal(at(-10)) || !made["b0"].IsZero() || !made["c0"].Equal(at(-240)) {
		t.Errorf("the history is %v, made at %v", ids, made)
	}
	w.LoseCommit("b0")
	if ids, _ := order(); !slices.Equal(ids, []string{"a0", "c0"}) {
		t.Errorf("without the second commit the history is %v", ids)
	}
}
