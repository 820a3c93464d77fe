package codeartstest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// commit is a commit of a repository's only line of history. Commits follow from the runs: every one that a run was started for
// is there from a minute before its first run on, and most pushes have more commits than the last, which no run names. Only
// what is odd about one is scripted.
type commit struct {
	id, message string
	author      User
	authored    time.Time
	committed   time.Time
}

// pushed is how long before the first run of a commit it is committed.
const pushed = time.Minute

// commitsOf is the history of a repository up to a time, oldest first.
func (w *World) commitsOf(repository int64, t time.Time) []commit {
	first := map[string]*Run{}
	for _, p := range w.pipelines {
		for _, r := range p.runs {
			if r.Change.RepositoryID != repository || r.Change.CommitID == "" || r.Start.Add(-pushed).After(t) {
				continue
			}
			if other := first[r.Change.CommitID]; other == nil || r.Start.Before(other.Start) {
				first[r.Change.CommitID] = r
			}
		}
	}
	var line []commit
	for id, r := range first {
		sum := w.digest("commit", id)
		at := r.Start.Add(-pushed)
		message, _, _ := strings.Cut(r.Change.Message, "\n")
		for i := range sum[0] % 4 {
			before := time.Duration(i+1) * time.Millisecond
			line = append(line, commit{w.runID("before", id, i), "On the way to: " + message, r.Executor, at.Add(-before), at.Add(-before)})
		}
		authored := at.Add(-time.Duration(sum[1]) * time.Minute) // some were written long before they were pushed
		line = append(line, commit{id, r.Change.Message, r.Executor, authored, at})
	}
	slices.SortFunc(line, func(a, b commit) int { return cmp.Or(a.committed.Compare(b.committed), strings.Compare(a.id, b.id)) })
	for i := range line {
		if at, odd := w.committed[line[i].id]; odd {
			line[i].authored, line[i].committed = at, at
		}
	}
	return slices.DeleteFunc(line, func(c commit) bool { return w.lost[c.id] })
}

// SetCommitted says when a commit claims to be made, whatever its place in the history is: a clock was wrong, or it was written
// anew after it had been deployed. The zero time is a commit that says nothing.
func (w *World) SetCommitted(id string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.committed[id] = at.UTC().Truncate(time.Millisecond)
}

// LoseCommit takes a commit out of the history: a branch was pushed by force, and only a run still names it.
func (w *World) LoseCommit(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost[id] = true
}

// commitRow is a commit in Repo: ShowCommit and ShowRefCompare.
type commitRow struct {
	ID             string   `json:"id"`
	ShortID        string   `json:"short_id"`
	CreatedAt      string   `json:"created_at"`
	Title          string   `json:"title"`
	Message        string   `json:"message"`
	ParentIDs      []string `json:"parent_ids"`
	AuthorName     string   `json:"author_name"`
	AuthorEmail    string   `json:"author_email"`
	AuthoredDate   string   `json:"authored_date"`
	CommitterName  string   `json:"committer_name"`
	CommitterEmail string   `json:"committer_email"`
	CommittedDate  string   `json:"committed_date"`
}

func (t *Tenant) commitRow(line []commit, i int) commitRow {
	date := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.In(t.options.Zone).Format("2006-01-02T15:04:05.000-07:00")
	}
	c := line[i]
	title, _, _ := strings.Cut(c.message, "\n")
	row := commitRow{
		ID: c.id, ShortID: c.id[:8], CreatedAt: date(c.committed), Title: title, Message: c.message, ParentIDs: []string{},
		AuthorName: c.author.Name, AuthorEmail: c.author.ID + "@example.com", AuthoredDate: date(c.authored),
		CommitterName: c.author.Name, CommitterEmail: c.author.ID + "@example.com", CommittedDate: date(c.committed),
	}
	if i > 0 {
		row.ParentIDs = append(row.ParentIDs, line[i-1].id)
	}
	return row
}

// history finds the repository of the path and its commits, or the refusal. The code of what does not exist is not documented.
func (t *Tenant) history(r *request) ([]commit, *response) {
	id, err := strconv.ParseInt(r.PathValue("repository"), 10, 64)
	repo := t.world.findRepository(id)
	if err != nil || repo == nil || !repo.existsAt(r.now) {
		refusal := failure(http.StatusNotFound, "DEV-23-50404", "404 Project Not Found")
		return nil, &refusal
	}
	if !repo.project.joinedAt(r.now) {
		refusal := failure(http.StatusForbidden, "DEV-23-50804", "Bad Request")
		return nil, &refusal
	}
	return t.world.commitsOf(id, r.now), nil
}

// findCommit is the place of a commit in a history.
func findCommit(line []commit, id string) (int, *response) {
	if i := slices.IndexFunc(line, func(c commit) bool { return c.id == id }); i >= 0 {
		return i, nil
	}
	refusal := failure(http.StatusNotFound, "DEV-23-50404", "404 Commit Not Found")
	return 0, &refusal
}

// showCommit answers Repo: ShowCommit.
func (t *Tenant) showCommit(r *request) response {
	line, refused := t.history(r)
	if refused != nil {
		return *refused
	}
	i, refused := findCommit(line, r.query.Get("sha"))
	if refused != nil {
		return *refused
	}
	return answer(http.StatusOK, t.commitRow(line, i))
}

// comparisonRow is the answer of Repo: ShowRefCompare.
type comparisonRow struct {
	Commit  *commitRow  `json:"commit"`
	Commits []commitRow `json:"commits"`
	Count   int         `json:"commits_count"`
	Timeout bool        `json:"compare_timeout"`
	Same    bool        `json:"compare_same_ref"`
}

// compareCommits answers Repo: ShowRefCompare: what `to` has and `from` has not, newest first, in pages.
func (t *Tenant) compareCommits(r *request) response {
	line, refused := t.history(r)
	if refused != nil {
		return *refused
	}
	from, refused := findCommit(line, r.query.Get("from"))
	if refused != nil {
		return *refused
	}
	to, refused := findCommit(line, r.query.Get("to"))
	if refused != nil {
		return *refused
	}
	row := comparisonRow{Commits: []commitRow{}, Same: from == to}
	for i := to; i > from; i-- {
		row.Commits = append(row.Commits, t.commitRow(line, i))
	}
	if row.Count = len(row.Commits); row.Count > 0 {
		newest := row.Commits[0]
		row.Commit = &newest
	}
	offset, err := strconv.Atoi(cmp.Or(r.query.Get("offset"), "0"))
	limit, err2 := strconv.Atoi(cmp.Or(r.query.Get("limit"), "100"))
	if err != nil || err2 != nil || offset < 0 || limit < 1 || limit > 100 {
		return failure(http.StatusBadRequest, "DEV-23-50002", "Invalid parameter: offset or limit.")
	}
	row.Commits = page(row.Commits, offset, min(limit, t.options.MaxComparisonPage))
	reply := answer(http.StatusOK, row)
	reply.header.Set("X-Total", strconv.Itoa(row.Count))
	return reply
}

// CommitTruth is a commit, in the order of its repository's history.
type CommitTruth struct {
	RepositoryID        int64
	ID, Title           string
	AuthorName          string
	Authored, Committed time.Time
}

// Commits are all commits of the repositories that there are at a time. They are apart from Truth: only runs make commits, and
// there are more of them than runs.
func (t *Tenant) Commits(at time.Time) (out []CommitTruth) {
	t.world.view(at, func() {
		for _, r := range t.world.repositories {
			if !r.existsAt(at) {
				continue
			}
			for _, c := range t.world.commitsOf(r.ID, at) {
				title, _, _ := strings.Cut(c.message, "\n")
				out = append(out, CommitTruth{
					RepositoryID: r.ID, ID: c.id, Title: title, AuthorName: c.author.Name, Authored: c.authored.UTC(), Committed: c.committed.UTC(),
				})
			}
		}
	})
	return out
}
