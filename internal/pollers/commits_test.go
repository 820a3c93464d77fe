package pollers

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

var commitsOn = map[string]string{"commits": "@every 5m"}

// builtTruth is what the log must know of commits: the answer of each commit that a run is for, and the ids of each
// range, newest first. It is computed from the simulator's truth alone.
func builtTruth(w *world) (commits map[string]codeartstest.CommitTruth, ranges map[string][]string) {
	commits, ranges = map[string]codeartstest.CommitTruth{}, map[string][]string{}
	all, byID := w.sim.Commits(w.clock.now()), map[string]codeartstest.CommitTruth{}
	for _, c := range all {
		byID[fmt.Sprintf("%d-%s", c.RepositoryID, c.ID)] = c
	}
	truth := w.sim.Truth(w.clock.now())
	for _, r := range truth.Runs {
		if c := r.Change; c.CommitID != "" {
			id := fmt.Sprintf("%d-%s", c.RepositoryID, c.CommitID)
			commits[id] = byID[id]
		}
	}
	for _, pair := range truth.Successions() {
		from, to := pair[0].Change, pair[1].Change
		ids := []string{}
		for _, c := range all { // oldest first
			switch {
			case c.RepositoryID != to.RepositoryID:
			case c.ID == from.CommitID:
				ids = []string{}
			default:
				ids = append([]string{c.ID}, ids...)
			}
			if c.RepositoryID == to.RepositoryID && c.ID == to.CommitID {
				break
			}
		}
		if byID[fmt.Sprintf("%d-%s", to.RepositoryID, to.CommitID)].Committed.Before(byID[fmt.Sprintf("%d-%s", to.RepositoryID, from.CommitID)].Committed) {
			ids = []string{} // a rollback
		}
		ranges[fmt.Sprintf("%d-%s-%s", to.RepositoryID, from.CommitID, to.CommitID)] = ids
	}
	return commits, ranges
}

// wantBuilt compares the log with the truth.
func (w *world) wantBuilt() (commits, ranges int) {
	w.Helper()
	wantCommits, wantRanges := builtTruth(w)
	got, _ := w.last(events.Commit)
	if a, b := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(wantCommits)); !slices.Equal(a, b) {
		w.Errorf("%d commits, want %d", len(a), len(b))
	}
	for id, c := range wantCommits {
		shown, _ := got[id]["commit"].(map[string]any)
		if at, err := time.Parse(time.RFC3339, fmt.Sprint(shown["committed_date"])); err != nil || !at.Equal(c.Committed) || shown["title"] != c.Title || got[id]["absent"] != "" {
			w.Errorf("commit %s: %v, want %+v", id, got[id], c)
		}
	}
	got, _ = w.last(events.CommitRange)
	if a, b := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(wantRanges)); !slices.Equal(a, b) {
		w.Errorf("%d ranges, want %d", len(a), len(b))
	}
	for id, want := range wantRanges {
		ids := []string{}
		rows, _ := got[id]["commits"].([]any)
		for _, row := range rows {
			c, _ := row.(map[string]any)
			ids = append(ids, fmt.Sprint(c["id"]))
		}
		if !slices.Equal(ids, want) || got[id]["complete"] != true || got[id]["total"] != float64(len(want)) {
			w.Errorf("range %s: %v of %v, complete %v, want %v", id, ids, got[id]["total"], got[id]["complete"], want)
		}
	}
	return len(wantCommits), len(wantRanges)
}

// Every commit that a run is for is asked for once, and every pair of runs that passed a stage after each other; not
// again by a new process; and new runs bring theirs.
func TestCommits(t *testing.T) {
	for _, page := range []int{0, 1} {
		o := codeartstest.TestOptions(1, instant)
		o.MaxComparisonPage = page
		w := newWorld(t, o, nil)
		w.schedules = commitsOn
		w.start()
		calls := w.calls(w.quiet)
		commits, ranges := w.wantBuilt()
		if commits == 0 || ranges == 0 || calls[string(codeartstest.APICommit)] != commits || page == 0 && calls[string(codeartstest.APIComparison)] != ranges {
			t.Errorf("%d commits, %d ranges, calls %v", commits, ranges, calls)
		}
		w.start()
		if calls := w.calls(w.quiet); calls[string(codeartstest.APICommit)]+calls[string(codeartstest.APIComparison)] != 0 {
			t.Errorf("after a restart: calls %v", calls)
		}
		w.clock.forward(5 * time.Hour)
		w.quiet()
		if now, later := w.wantBuilt(); now <= commits || later <= ranges {
			t.Errorf("five hours later there are %d commits and %d ranges", now, later)
		}
	}
}

// Off by default: nobody asks.
func TestCommitsAreOff(t *testing.T) {
	w := small(t)
	if calls := w.calls(w.quiet); calls[string(codeartstest.APICommit)]+calls[string(codeartstest.APIComparison)] != 0 {
		t.Errorf("calls %v", calls)
	}
}

// repoAnswers lets a test answer calls to Repo in the place of the simulator; a nil handler leaves them.
func repoAnswers(of *func(r *http.Request) http.HandlerFunc) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/v4/repositories/") && *of != nil {
				if h := (*of)(r); h != nil {
					h(w, r)
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// What CodeArts says that it does not have is remembered for ever, what it does not give for as long as the process lives. A
// repository that the account may not read is left alone.
func TestCommitsThatAreNotGiven(t *testing.T) {
	for name, tt := range map[string]struct {
		answer   http.HandlerFunc
		absent   string // in every commit
		restart  bool   // a new process asks again
		fewCalls bool
	}{
		"gone":            {says(404, `{"error_code":"DEV-23-50404","error_msg":"404 Commit Not Found"}`), "DEV-23-50404 404 Commit Not Found", false, false},
		"404 of a proxy":  {says(404, `{"error_msg":"no route"}`), "", true, false},
		"another commit":  {says(200, `{"id":"0123","committed_date":"2026-03-04T13:59:00+08:00","commits_count":1,"commits":[]}`), "", true, false},
		"not permitted":   {says(403, `{"error_code":"DEV-23-50804","error_msg":"Bad Request"}`), "", true, true},
		"no such request": {says(400, `{"error_code":"DEV-23-50002","error_msg":"Invalid parameter: sha."}`), "", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			var front func(r *http.Request) http.HandlerFunc
			var mu sync.Mutex
			asked := map[string]int{} // by repository; guarded by mu
			total := func() (n int) {
				mu.Lock()
				defer mu.Unlock()
				for _, c := range asked {
					n += c
				}
				return n
			}
			w := newWorld(t, codeartstest.TestOptions(1, instant), repoAnswers(&front))
			w.schedules = commitsOn
			front = func(r *http.Request) http.HandlerFunc {
				return func(rw http.ResponseWriter, r *http.Request) {
					repository, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v4/repositories/"), "/")
					mu.Lock()
					asked[repository]++
					mu.Unlock()
					tt.answer(rw, r)
				}
			}
			w.start()
			w.quiet()
			first := total()
			got, _ := w.last(events.Commit)
			wanted, _ := builtTruth(w)
			if known := len(got) > 0; known != (tt.absent != "") || known && len(got) != len(wanted) {
				t.Errorf("%d commits in the log, of %d", len(got), len(wanted))
			}
			for id, body := range got {
				if body["absent"] != tt.absent || body["commit"] != nil {
					t.Errorf("%s: %v", id, body)
				}
			}
			for repository, n := range asked {
				if tt.fewCalls && n > 1 {
					t.Errorf("repository %s is asked for %d times", repository, n)
				}
			}
			w.clock.forward(5 * time.Minute)
			w.quiet()
			later := total()
			w.start()
			w.quiet()
			if again := total() - later; (again > 0) != tt.restart {
				t.Errorf("%d calls at first, %d after a restart", first, again)
			}
		})
	}
}

// Comparisons that do not add up are kept as far as they go, and are not complete; and the round goes on.
func TestOddComparisons(t *testing.T) {
	row := func(id string) string {
		return fmt.Sprintf(`{"id":%q,"committed_date":"2026-03-04T13:59:00+08:00"}`, id)
	}
	for name, tt := range map[string]struct {
		answer  func(offset int) string
		commits int
		odd     bool
	}{
		"the same page again and again": {func(int) string { return `{"commits_count":4,"commits":[` + row("a") + `,` + row("b") + `]}` }, 2, false},
		"the list ends early": {func(offset int) string {
			if offset > 0 {
				return `{"commits_count":4,"commits":[]}`
			}
			return `{"commits_count":4,"commits":[` + row("a") + `]}`
		}, 1, false},
		"a commit without an id": {func(int) string { return `{"commits_count":2,"commits":[{"title":"x"},` + row("b") + `]}` }, 1, true},
		"a commit that is none":  {func(int) string { return `{"commits_count":2,"commits":[7,` + row("b") + `]}` }, 1, true},
		"a very long list": {func(offset int) string {
			var rows []string
			for i := range 100 {
				rows = append(rows, row(strconv.Itoa(offset+i)))
			}
			return `{"commits_count":100000,"commits":[` + strings.Join(rows, ",") + `]}`
		}, rangeCommits, false},
	} {
		t.Run(name, func(t *testing.T) {
			front := func(r *http.Request) http.HandlerFunc {
				if !strings.HasSuffix(r.URL.Path, "/compare") {
					return nil
				}
				offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
				return says(200, tt.answer(offset))
			}
			w := newWorld(t, codeartstest.TestOptions(1, instant), repoAnswers(&front))
			w.schedules = commitsOn
			w.start()
			w.quiet()
			_, wanted := builtTruth(w)
			got, _ := w.last(events.CommitRange)
			if len(got) != len(wanted) {
				t.Errorf("%d ranges, want %d", len(got), len(wanted))
			}
			for id, body := range got {
				if rows, _ := body["commits"].([]any); len(rows) != tt.commits || body["complete"] != false {
					t.Errorf("%s: %d commits, complete %v; want %d", id, len(rows), body["complete"], tt.commits)
				}
			}
			if odd, _ := w.last(events.OddRowKind); (len(odd) > 0) != tt.odd {
				t.Errorf("%d odd rows", len(odd))
			}
		})
	}
}

// Only a commit of a repository in CodeArts is asked for.
func TestSourcesOfRuns(t *testing.T) {
	sha := strings.Repeat("0a", 20)
	for body, want := range map[string]string{
		`{"build_params":{"codehub_id":"2111699716","commit_id":"` + sha + `"}}`:   "2111699716-" + sha,
		`{"build_params":{"codehub_id":2111699716,"commit_id":"` + sha + `"}}`:     "2111699716-" + sha,
		`{"build_params":{"codehub_id":"7","commit_id":"` + sha + sha[:24] + `"}}`: "7-" + sha + sha[:24],
		`{"build_params":null}`: "",
		`{}`:                    "",
		`{"build_params":{"codehub_id":"","commit_id":"` + sha + `","git_url":"https://git.example.test/a.git"}}`: "",
		`{"build_params":{"codehub_id":null,"commit_id":"` + sha + `"}}`:                                          "",
		`{"build_params":{"codehub_id":"0","commit_id":"` + sha + `"}}`:                                           "",
		`{"build_params":{"codehub_id":"../7","commit_id":"` + sha + `"}}`:                                        "",
		`{"build_params":{"codehub_id":"7","commit_id":"main"}}`:                                                  "",
		`{"build_params":{"codehub_id":"7","commit_id":null}}`:                                                    "",
		`{"build_params":{"codehub_id":"7","commit_id":7}}`:                                                       "",
	} {
		b := newBuilt()
		b.add(events.Mark{Parent: "p", Number: 1, Status: "COMPLETED"}, []byte(body))
		if got := strings.Join(slices.Collect(maps.Keys(b.commits)), " "); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
		if !json.Valid([]byte(body)) {
			t.Errorf("%s is no JSON", body)
		}
	}
}

// TestCommitsUnderQuirks: whatever harmless oddities CodeArts has, the log ends with the truth of the runs that it shows.
func TestCommitsUnderQuirks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Without its build parameters nobody knows the commit of a run, and some runs are found hours later.
		late := []codeartstest.Quirk{codeartstest.QuirkNoBuildParams, codeartstest.QuirkShiftingRows, codeartstest.QuirkRetried}
		w := quirky(t, 1, slices.DeleteFunc(codeartstest.HarmlessQuirks(), func(q codeartstest.Quirk) bool { return slices.Contains(late, q) }))
		w.schedules = commitsOn
		w.start()
		w.settle()
		if commits, ranges := w.wantBuilt(); commits == 0 || ranges == 0 {
			t.Errorf("%d commits, %d ranges", commits, ranges)
		}
		seen := map[int]bool{}
		for _, api := range []codeartstest.API{codeartstest.APICommit, codeartstest.APIComparison} {
			for _, r := range w.sim.Requests(api) {
				seen[r.Status] = true
			}
		}
		for _, status := range []int{200, 401, 429, 500} {
			if !seen[status] {
				t.Errorf("nothing was answered with %d: the test has lost its teeth", status)
			}
		}
		w.check()
	})
}
