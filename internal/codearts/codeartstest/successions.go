package codeartstest

import (
	"fmt"
	"slices"
	"time"
)

// Successions are the pairs of runs of a pipeline of which the second one passed a stage right after the first, of all runs or of
// those for its target branch. Runs of merge requests are left out, and so are those without a commit and pairs of one commit.
func (t *Truth) Successions() (pairs [][2]*RunTruth) {
	type passage struct {
		run *RunTruth
		at  time.Time
	}
	lines := map[string][]passage{}
	for i := range t.Runs {
		r := &t.Runs[i]
		if r.Change.CommitID == "" || r.Change.MergeID != "" {
			continue
		}
		for _, s := range r.Stages {
			if s.Status == StatusCompleted {
				for _, branch := range []string{"every branch", "only " + r.Change.TargetBranch} {
					of := fmt.Sprint(r.PipelineID, r.Change.RepositoryID, s.Name, branch)
					lines[of] = append(lines[of], passage{r, s.End})
				}
			}
		}
	}
	for _, line := range lines {
		slices.SortStableFunc(line, func(x, y passage) int { return x.at.Compare(y.at) })
		for i := range line[1:] {
			if from, to := line[i].run, line[i+1].run; from.Change.CommitID != to.Change.CommitID {
				pairs = append(pairs, [2]*RunTruth{from, to})
			}
		}
	}
	return pairs
}
