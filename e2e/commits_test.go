package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
)

// builtRows are the rows that the views of commits must have, from the simulator's truth: a commit that a run is for or
// one that lies between two runs that passed a stage after each other, and each commit of those ranges.
func builtRows(truth codeartstest.Truth, all []codeartstest.CommitTruth) (commits, ranges []string) {
	place := map[string]int{} // in its repository's history, and so in all
	for i, c := range all {
		place[c.ID] = i
	}
	row := func(c codeartstest.CommitTruth) string {
		return fmt.Sprintf("%d %s %d %d %s|%s", c.RepositoryID, c.ID, c.Committed.UnixMilli(), c.Authored.UnixMilli(), c.Title, c.AuthorName)
	}
	for _, r := range truth.Runs {
		if c := r.Change; c.CommitID != "" {
			commits = append(commits, row(all[place[c.CommitID]]))
		}
	}
	for _, pair := range truth.Successions() {
		from, to := pair[0].Change.CommitID, pair[1].Change.CommitID
		for _, c := range all[min(place[from], place[to])+1 : place[to]+1] {
			commits = append(commits, row(c))
			ranges = append(ranges, fmt.Sprintf("%d %s..%s %s true", c.RepositoryID, from, to, c.ID))
		}
	}
	slices.Sort(commits)
	slices.Sort(ranges)
	return slices.Compact(commits), slices.Compact(ranges)
}

// The tables of commits equal CodeArts', with a collector that is killed in the middle; and a new one asks for nothing again.
func TestCommits(t *testing.T) {
	w := newWorld(t, 5, time.Now(), nil)
	tenant := w.tenant()
	schedules, _ := tenant["schedules"].(map[string]string)
	schedules["commits"] = "@every 2s"
	a := newApart(t, tenant)
	a.start(t)
	eventually(t, "the first commits", load, func() []string {
		return unless(w.Calls()[string(codeartstest.APIComparison)] > 5, "nobody compares")
	})
	a.collector.kill(t)
	a.collector.start(t)
	same := func() (faults []string) {
		commits, ranges := builtRows(w.truth(), w.Commits(w.now()))
		for query, want := range map[string][]string{
			"SELECT concat(repository_id, ' ', commit_id, ' ', toString(toUnixTimestamp64Milli(committed_at)), ' ', toString(toUnixTimestamp64Milli(assumeNotNull(authored_at))), ' ', title, '|', author_name) FROM commits": commits,
			"SELECT concat(repository_id, ' ', from_commit, '..', to_commit, ' ', commit_id, ' ', toString(complete)) FROM commit_ranges":                                                                                     ranges,
		} {
			var got []string
			if err := a.conn.QueryRow(t.Context(), "SELECT arraySort(groupArray(*)) FROM ("+query+")").Scan(&got); err != nil {
				return []string{err.Error()}
			}
			if !slices.Equal(got, want) {
				faults = append(faults, fmt.Sprintf("%d rows, want %d, of %s\n%s\nwant\n%s", len(got), len(want), query, strings.Join(got[:min(3, len(got))], "\n"), strings.Join(want[:3], "\n")))
			}
		}
		return faults
	}
	eventually(t, "the tables of commits differ from the truth", load, same)
	a.collector.interrupt(t)
	stored(t, a)
	w.ResetCalls()
	a.collector.start(t)
	eventually(t, "the collector", time.Minute, func() []string {
		return unless(len(metrics(a.collects, "artery_last_good_poll_timestamp_seconds")) > 20, "not every poller has had a round")
	})
	if calls := w.Calls(); calls[string(codeartstest.APICommit)]+calls[string(codeartstest.APIComparison)] != 0 {
		t.Errorf("a new collector asks again: %v", calls)
	}
	a.collector.interrupt(t)
	stored(t, a)
	if faults := same(); len(faults) > 0 {
		t.Error(strings.Join(faults, "\n"))
	}
	checkLog(t, a.conn, a.natsURL)
}
