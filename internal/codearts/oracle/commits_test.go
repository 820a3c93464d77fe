package oracle

import (
	"slices"
	"strconv"
	"testing"

	"artery/internal/codearts/codeartstest"

	repomodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsrepo/v4/model"
)

// TestCommits: Repo: ShowCommit of every commit of a repository, and ShowRefCompare of its ends in pages, either way round.
func TestCommits(t *testing.T) {
	w := newTenant(t)
	line := w.sim.Commits(w.truth.At)
	repository := line[0].RepositoryID
	line = slices.DeleteFunc(line, func(c codeartstest.CommitTruth) bool { return c.RepositoryID != repository })
	row := func(c codeartstest.CommitTruth) object {
		return object{
			"id": c.ID, "short_id": c.ID[:8], "title": c.Title, "author_name": c.AuthorName,
			"authored_date":  c.Authored.In(china).Format("2006-01-02T15:04:05.000-07:00"),
			"committed_date": c.Committed.In(china).Format("2006-01-02T15:04:05.000-07:00"),
		}
	}
	for i, c := range line {
		answer, err := w.repo.ShowCommit(&repomodel.ShowCommitRequest{RepositoryId: int32(repository), Sha: c.ID})
		got := again[object](w, must(w, answer, err))
		w.equal("commit "+c.ID, got, row(c))
		if parents, _ := got["parent_ids"].([]any); i > 0 && (len(parents) != 1 || parents[0] != line[i-1].ID) {
			t.Errorf("the parents of %s are %v", c.ID, parents)
		}
	}
	first, last := line[0], line[len(line)-1]
	compare := func(older, newer string, offset, limit int) *repomodel.ShowRefCompareResponse {
		answer, err := w.repo.ShowRefCompare(&repomodel.ShowRefCompareRequest{
			RepositoryId: int32(repository), From: older, To: newer, Straight: to(true), Offset: to(int32(offset)), Limit: to(int32(limit)),
		})
		return must(w, answer, err)
	}
	rows := w.byKey(w.walk("comparison", len(line)-1, 2, func(offset, limit int) (any, int) {
		answer := compare(first.ID, last.ID, offset, limit)
		total, err := strconv.Atoi(*answer.XTotal)
		if must(w, total, err) != int(*answer.CommitsCount) {
			t.Errorf("X-Total is %d, commits_count %d", total, *answer.CommitsCount)
		}
		return answer.Commits, total
	}), "id")
	for _, c := range line[1:] {
		w.equal("commit "+c.ID+" in the comparison", rows[c.ID], row(c))
	}
	if back := compare(last.ID, first.ID, 0, 100); len(*back.Commits) != 0 || *back.CommitsCount != 0 {
		t.Errorf("the older commit has %d commits that the newer one has not", *back.CommitsCount)
	}
	if answer, err := w.repo.ShowCommit(&repomodel.ShowCommitRequest{RepositoryId: int32(repository), Sha: "0123456789012345678901234567890123456789"}); err == nil {
		t.Errorf("a commit that does not exist is %v", answer)
	}
}
