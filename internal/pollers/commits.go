package pollers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"artery/internal/codearts"
	"artery/internal/events"
)

const (
	// runsRead is how many runs are read from the log at once.
	runsRead = 500
	// rangeCommits and rangeBytes bound what a range keeps: more than a message takes is not needed to see that a release was large.
	rangeCommits = 1000
	rangeBytes   = 400 << 10
)

// pollCommits asks for each commit that a run is for (CodeArts Repo v4, ShowCommit), and for the commits between two runs that
// passed a stage of a pipeline after each other, on a branch or on any (ShowRefCompare). Neither ever changes, so each is asked
// for once; that CodeArts does not have it is an answer too. Repositories elsewhere are not asked for, and one that the account
// may not read costs one call a day. It takes what the budget leaves, the newest first, and gives way to a round that is waited
// for.
func pollCommits(ctx context.Context, p *Pass) error {
	b := p.memo.built
	if err := p.readBuilt(ctx, b); err != nil {
		return err
	}
	commits, _ := p.wantedBuilt(b)
	if err := p.fetch(ctx, events.Commit, "Commit", b.unproven(commits), p.askCommit); err != nil {
		return err
	}
	for commits, ranges := p.wantedBuilt(b); len(commits)+len(ranges) > 0; {
		n, m := min(detailsPortion, len(commits)), min(detailsPortion, len(ranges))
		if err := p.fetch(ctx, events.Commit, "Commit", commits[:n], p.askCommit); err != nil {
			return err
		}
		if err := p.fetch(ctx, events.CommitRange, "Comparison", ranges[:m], p.askRange); err != nil {
			return err
		}
		if commits, ranges = commits[n:], ranges[m:]; p.dueAgain() {
			break
		}
	}
	return nil
}

// wantedBuilt are the questions that are open.
func (p *Pass) wantedBuilt(b *built) (commits, ranges []wanted) {
	p.Look(func(k Known) {
		commits = b.wantedCommits(k, p.memo.of(events.Commit, p.Now), p.Now)
		ranges = b.wantedRanges(k, p.memo.of(events.CommitRange, p.Now), p.Now)
	})
	return commits, ranges
}

// readBuilt reads the runs that have changed since the last round, in the order of the log: also those that go on, for a stage
// of theirs may have deployed, and a run may wait for days for somebody to approve the next.
func (p *Pass) readBuilt(ctx context.Context, b *built) error {
	runs, seqs := map[uint64]events.Mark{}, []uint64(nil)
	p.Look(func(k Known) {
		for _, h := range k.Of(events.Run) {
			if h.Seq > b.through {
				runs[h.Seq], seqs = h.Mark, append(seqs, h.Seq)
			}
		}
	})
	slices.Sort(seqs)
	for portion := range slices.Chunk(seqs, runsRead) {
		bodies, err := p.home.log.Bodies(ctx, portion)
		if err != nil {
			return fmt.Errorf("reading the commits of runs from the log: %w", err)
		}
		for _, seq := range portion {
			b.add(runs[seq], bodies[seq]) // one that the log has forgotten says nothing
			b.through = seq
		}
	}
	return nil
}

// askCommit asks for a commit.
func (p *Pass) askCommit(ctx context.Context, w wanted) (json.RawMessage, error) {
	body := events.CommitBody{RepositoryID: w.mark.Parent, CommitID: w.mark.Status}
	raw, err := p.API.Commit(ctx, body.RepositoryID, body.CommitID)
	if body.Absent, err = p.unknown(body.RepositoryID, err); err != nil {
		return nil, err
	}
	if body.Absent == "" {
		var shown struct {
			ID string `json:"id"`
		}
		if err := identify(raw, &shown); err != nil || shown.ID != body.CommitID {
			return nil, &codearts.Error{
				Tenant: p.Tenant.Name, API: "Commit", Class: codearts.ClassUnusable, Answer: raw,
				Message: fmt.Sprintf("the answer is about the commit %.80q, asked was for %s", shown.ID, body.CommitID),
			}
		}
		body.Commit = raw
	}
	return json.Marshal(body)
}

// askRange asks for the commits between two. A list that ends early, repeats itself or is very long is kept as far as it goes.
func (p *Pass) askRange(ctx context.Context, w wanted) (json.RawMessage, error) {
	from, to, _ := strings.Cut(w.mark.Status, "..")
	body := events.CommitRangeBody{RepositoryID: w.mark.Parent, From: from, To: to, Commits: []events.RangeCommit{}}
	seen, size, pages := map[string]bool{}, 0, 0
	for page, err := range p.API.Comparison(ctx, body.RepositoryID, from, to) {
		if errors.Is(err, codearts.ErrShortList) {
			break
		}
		if body.Absent, err = p.unknown(body.RepositoryID, err); err != nil {
			return nil, err
		}
		if pages++; pages > 1 {
			p.Page() // fetch counts one
		}
		body.Total = page.Total
		for i, raw := range page.Items {
			var c events.RangeCommit
			err := identify(raw, &c)
			if err == nil && c.ID == "" {
				err = errors.New("a commit has no id")
			}
			if err != nil {
				p.Odd(events.CommitRange, Row{Raw: raw, API: page.API, At: page.Offset + i, Asked: p.Now}, err)
			} else if !seen[c.ID] {
				seen[c.ID] = true
				body.Commits, size = append(body.Commits, c), size+len(raw)
			}
		}
		if len(body.Commits) >= rangeCommits || size >= rangeBytes {
			break
		}
	}
	body.Complete = body.Absent == "" && len(body.Commits) == body.Total
	return json.Marshal(body)
}

// unknown turns CodeArts' word that something does not exist into an answer, and takes note of whether the account may read
// the repository.
func (p *Pass) unknown(repository string, err error) (answer string, _ error) {
	var api *codearts.Error
	if err != nil && !(errors.As(err, &api) && aboutOne(api)) {
		return "", err
	}
	p.memo.built.prove(repository, api == nil || api.Class != codearts.ClassPermission, p.Now)
	if api != nil && api.Absent() {
		return strings.TrimSpace(api.Code + " " + api.Message), nil
	}
	return "", err
}
