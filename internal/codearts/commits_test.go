package codearts

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const aCommit = "30f2a1b5c6d7e8f90a1b2c3d4e5f60718293a4b5"

// commitAnswer has the members of the answer of ShowCommit, by the vendor's SDK: no document prints an example.
const commitAnswer = `{"id":"` + aCommit + `","short_id":"30f2a1b5","created_at":"2026-03-04T13:59:00.000+08:00","title":"one","message":"one\n",
"parent_ids":["a"],"author_name":"li","author_email":"li@example.com","authored_date":"2026-03-04T13:00:00.000+08:00","committer_name":"li",
"committer_email":"li@example.com","committed_date":"2026-03-04T13:59:00.000+08:00","status":"success","last_pipeline":null,"project_id":2111699716}`

func TestCommits(t *testing.T) {
	for _, tt := range []struct {
		api, query, path, answer string
		ask                      func(*Client) ([]json.RawMessage, error)
		rows                     int
	}{
		{
			"Commit", "sha=" + aCommit, "/v4/repositories/2111699716/repository/commits", commitAnswer,
			func(c *Client) ([]json.RawMessage, error) {
				return one(c.Commit(t.Context(), "2111699716", aCommit))
			}, 1,
		}, {
			"Comparison", "compare_type=commit&from=a&limit=100&offset=0&straight=true&to=b&view=commits", "/v4/repositories/2111699716/compare",
			`{"commit":null,"commits":[` + commitAnswer + `],"diffs":null,"compare_timeout":false,"compare_same_ref":false,"commits_count":1}`,
			func(c *Client) ([]json.RawMessage, error) {
				return collect(c.Comparison(t.Context(), "2111699716", "a", "b"))
			}, 1,
		}, {
			"Comparison", "compare_type=commit&from=b&limit=100&offset=0&straight=true&to=a&view=commits", "/v4/repositories/2111699716/compare",
			`{"commits":null,"commits_count":0}`,
			func(c *Client) ([]json.RawMessage, error) {
				return collect(c.Comparison(t.Context(), "2111699716", "b", "a"))
			}, 0,
		},
	} {
		calls := 0
		c := newTestClient(t, keyOptions(), func(req *http.Request, _ string) *http.Response {
			calls++
			if req.Method != "GET" || req.URL.Host != "repo.example.test" || req.URL.Path != tt.path || req.URL.RawQuery != tt.query {
				t.Errorf("%s asked %s %s", tt.api, req.Method, req.URL)
			}
			return reply(200, tt.answer)
		})
		rows, err := tt.ask(c)
		if err != nil || len(rows) != tt.rows || calls != 1 {
			t.Errorf("%s: %d rows by %d calls, %v", tt.api, len(rows), calls, err)
		}
	}
}

// The number of commits may stand in the answer or in a header, and may be a text; a comparison without it has no end, and one
// that CodeArts gave up says nothing.
func TestComparisonTotals(t *testing.T) {
	for _, tt := range []struct {
		count, header string
		rows          int
		unusable      string
	}{
		{`,"commits_count":3`, "", 3, ""}, {`,"commits_count":"3"`, "", 3, ""}, {"", "3", 3, ""}, {`,"commits_count":null`, "3", 3, ""},
		{"", "", 0, "neither commits_count nor"}, {`,"commits_count":"many"`, "", 0, "neither commits_count nor"},
		{`,"commits_count":3,"compare_timeout":true`, "3", 0, "took CodeArts too long"}, {`,"compare_timeout":7`, "3", 0, "compare_timeout is no boolean"},
	} {
		c := newTestClient(t, keyOptions(), func(req *http.Request, _ string) *http.Response {
			answer := reply(200, fmt.Sprintf(`{"commits":[{"id":"c%s"}]%s}`, req.URL.Query().Get("offset"), tt.count))
			if tt.header != "" {
				answer.Header.Set("X-Total", tt.header)
			}
			return answer
		})
		rows, err := collect(c.Comparison(t.Context(), "7", "a", "b"))
		var e *Error
		if errors.As(err, &e) != (tt.unusable != "") || e != nil && (e.Class != ClassUnusable || !strings.Contains(e.Message, tt.unusable)) || len(rows) != tt.rows {
			t.Errorf("%q, header %q: %d rows, %v", tt.count, tt.header, len(rows), err)
		}
	}
	if _, err := newTestClient(t, keyOptions(), nil).Commit(t.Context(), "", aCommit); err == nil {
		t.Error("a commit of no repository is asked for")
	}
}
