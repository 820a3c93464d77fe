package pollers

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"artery/internal/events"
)

// built is what the runs of a project say of commits: which there are, and which came after which on a branch. It is made of
// the runs in the log, whose heads do not tell; a new process reads them again.
type built struct {
	through uint64                 // runs whose last event is not after it have been read
	commits map[string]builtCommit // by entity id: those whose answer is not known
	lines   map[line]*lineage      // what came after what

	mu      sync.Mutex
	shown   map[string]bool      // repositories that the account may read; guarded by mu
	refused map[string]time.Time // repositories that it may not read, until when that is believed; guarded by mu
}

func newBuilt() *built {
	return &built{commits: map[string]builtCommit{}, lines: map[line]*lineage{}, shown: map[string]bool{}, refused: map[string]time.Time{}}
}

// builtCommit is a commit that a run was for.
type builtCommit struct {
	mark events.Mark
	last int64 // when its last run ended, or began if that has not ended, epoch ms
}

// line is a repository as one pipeline builds it.
type line struct{ pipeline, repository string }

// refusedFor is how long a repository is left alone that the account may not read.
const refusedFor = 24 * time.Hour

// commitForm is an object id of git, in either of its lengths.
var commitForm = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// buildParams is what is decoded of a run to know its commit. A repository that is not in CodeArts has no codehub_id.
type buildParams struct {
	Repository json.RawMessage `json:"codehub_id"` // a number, in most answers as a text
	Commit     string          `json:"commit_id"`
	Branch     string          `json:"target_branch"`
	Merge      string          `json:"merge_id"`
}

// source is the repository and the commit, false for a run without, or of a repository elsewhere.
func (b buildParams) source() (repository, commit string, ok bool) {
	n, err := strconv.ParseInt(strings.Trim(string(b.Repository), `"`), 10, 64)
	return strconv.FormatInt(n, 10), b.Commit, err == nil && n > 0 && commitForm.MatchString(b.Commit)
}

// add takes note of a run.
func (b *built) add(run events.Mark, body []byte) {
	var row struct {
		Build  buildParams     `json:"build_params"`
		Stages json.RawMessage `json:"stage_status_list"`
	}
	if json.Unmarshal(body, &row) != nil {
		return // it is in the log, and its table shows what can be read of it
	}
	repository, commit, ok := row.Build.source()
	if !ok {
		return
	}
	id := repository + "-" + commit
	c := b.commits[id]
	b.commits[id] = builtCommit{events.Mark{Parent: repository, Status: commit}, max(c.last, run.From, run.To)}
	if row.Build.Merge != "" { // the runs of merge requests follow each other in no history
		return
	}
	at := line{run.Parent, repository}
	if b.lines[at] == nil {
		b.lines[at] = &lineage{runs: map[int64]release{}}
	}
	b.lines[at].add(run.Number, row.Build.Branch, commit, row.Stages)
}

// wantedCommits are the commits whose answer is not known, the newest first. What is known is forgotten.
func (b *built) wantedCommits(k Known, tried func(id string, mark events.Mark) bool, now time.Time) (plan []wanted) {
	for id, c := range b.commits {
		if _, known := k.Head(events.Commit, id); known {
			delete(b.commits, id)
		} else if !tried(id, c.mark) && !b.refuses(c.mark.Parent, now) {
			plan = append(plan, wanted{id, c.mark})
		}
	}
	slices.SortFunc(plan, func(x, y wanted) int {
		return cmp.Or(cmp.Compare(b.commits[y.id].last, b.commits[x.id].last), cmp.Compare(x.id, y.id))
	})
	return plan
}

// unproven is the first commit of each repository of which it is not known whether the account may read it.
func (b *built) unproven(commits []wanted) (plan []wanted) {
	b.mu.Lock()
	defer b.mu.Unlock()
	planned := map[string]bool{}
	for _, w := range commits {
		if repository := w.mark.Parent; !b.shown[repository] && !planned[repository] {
			planned[repository] = true
			plan = append(plan, w)
		}
	}
	return plan
}

// wantedRanges are the pairs of runs that follow each other at a stage (lineage), are of different commits, and whose comparison
// is not known, the newest of each pipeline first.
func (b *built) wantedRanges(k Known, tried func(id string, mark events.Mark) bool, now time.Time) (planned []wanted) {
	age := map[string]int{} // runs of the pipeline since
	for at, l := range b.lines {
		if b.refuses(at.repository, now) {
			continue
		}
		for _, p := range l.pairs() {
			w := wanted{at.repository + "-" + p.from + "-" + p.to, events.Mark{Parent: at.repository, Status: p.from + ".." + p.to}}
			if age[w.id] > 0 || tried(w.id, w.mark) {
				continue
			}
			if _, known := k.Head(events.CommitRange, w.id); !known {
				age[w.id] = p.age
				planned = append(planned, w)
			}
		}
	}
	slices.SortFunc(planned, func(x, y wanted) int { return cmp.Or(cmp.Compare(age[x.id], age[y.id]), cmp.Compare(x.id, y.id)) })
	return planned
}

// prove remembers whether the account may read a repository. If not, its other commits need not be asked for.
func (b *built) prove(repository string, readable bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown[repository] = readable; !readable {
		b.refused[repository] = now.Add(refusedFor)
	}
}

func (b *built) refuses(repository string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return now.Before(b.refused[repository])
}
