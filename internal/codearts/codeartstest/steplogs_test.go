package codeartstest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// readLog is an answer of 4.2.13.
type readLog struct {
	HasMore bool   `json:"has_more"`
	Start   string `json:"start_offset"`
	End     string `json:"end_offset"`
	Log     string `json:"log"`
	Code    string `json:"error_code"`
	lines   []string
}

// stepLog asks for a log.
func (c *caller) stepLog(path, body string) (log readLog) {
	c.t.Helper()
	_, data := c.send("POST", path, body, nil)
	if err := json.Unmarshal(data, &log); err != nil {
		c.t.Fatalf("%v in %s", err, data)
	}
	if log.lines = strings.Split(log.Log, "\n"); log.Log == "" {
		log.lines = nil
	}
	return log
}

// logPath is the address of the log of a step.
func logPath(truth Truth, s StepTruth) string {
	for _, r := range truth.Runs {
		if r.ID == s.RunID {
			return "/v5/" + r.ProjectID + "/api/pipelines/" + r.PipelineID + "/pipeline-runs/" + r.ID + "/jobs/" + s.JobID + "/steps/" + s.ID + "/logs"
		}
	}
	return ""
}

// bothLogs are the answers about the first step, without and with the quirk.
func (q *quirky) bothLogs(body string) (plain, quirk readLog) {
	q.t.Helper()
	for _, s := range q.truth.Steps {
		if s.Status == StatusCompleted {
			path := logPath(q.truth, s)
			return q.plain.stepLog(path, body), q.stepLog(path, body)
		}
	}
	q.t.Fatal("no step has ended")
	return plain, quirk
}

// TestStepLogs reads every log of a failed step in both directions, page by page, and compares it with the truth.
func TestStepLogs(t *testing.T) {
	c := newCaller(t, TestOptions(3, instant))
	truth := c.tenant.Truth(instant)
	gone, long, secrets := 0, 0, 0
	for _, s := range truth.Steps {
		if s.Status != StatusFailed {
			continue
		}
		log, path := truth.StepLog(s), logPath(truth, s)
		if log.Gone {
			gone++
			if got := c.stepLog(path, `{"limit":500,"sort":"desc"}`); got.Code != "DEVCP.00012002" || got.Log != "" {
				t.Errorf("a log that is gone: %+v", got)
			}
			continue
		}
		var want []string
		for _, line := range log.Lines {
			if want = append(want, line.Text); line.Secret != "" {
				secrets++
				if !strings.Contains(line.Text, line.Secret) {
					t.Errorf("%q is not in %q", line.Secret, line.Text)
				}
			}
		}
		if len(want) > 1000 {
			long++
		}
		for _, sort := range []string{"asc", "desc"} {
			var got []string
			start, end := "0", "0"
			for pages := 0; ; pages++ {
				page := c.stepLog(path, fmt.Sprintf(`{"start_offset":%s,"end_offset":%s,"limit":500,"sort":%q}`, start, end, sort))
				if sort == "asc" {
					got, start = append(got, page.lines...), page.End
				} else {
					got, end = append(page.lines, got...), page.Start
				}
				if !page.HasMore {
					if pages != (len(want)-1)/500 {
						t.Errorf("%d pages for %d lines", pages+1, len(want))
					}
					break
				}
			}
			if text := strings.Join(got, "\n"); text != strings.Join(want, "\n") || !utf8.ValidString(text) || len(text) == len([]rune(text)) {
				t.Errorf("%s: %d lines, want %d", sort, len(got), len(want))
			}
		}
	}
	if gone == 0 || long == 0 || secrets == 0 {
		t.Errorf("%d logs are gone, %d are long, %d lines hold secrets: this world does not show what it should", gone, long, secrets)
	}
	for body, code := range map[string]string{`{}`: "DEVCP.00014004", `{"limit":500}`: "DEVCP.00014004", `{"limit":0,"sort":"asc"}`: "DEVCP.00014004"} {
		if got := c.stepLog(logPath(truth, truth.Steps[0]), body); got.Code != code {
			t.Errorf("%s: %+v", body, got)
		}
	}
	other := truth.Steps[0]
	other.JobID = truth.Jobs[len(truth.Jobs)-1].ID
	if got := c.stepLog(logPath(truth, other), `{"limit":1,"sort":"asc"}`); got.Code != "DEVCP.00012002" {
		t.Errorf("a step of another job: %+v", got)
	}
}
