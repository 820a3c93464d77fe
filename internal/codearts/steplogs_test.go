package codearts

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"
)

// stepLines are lines of a log, each a tenth of a second after the one before.
func stepLines(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("[2023/11/24 21:%02d:%02d.%d00 GMT+08:00] [INFO] 第%d行", i/600, i/10%60, i%10, i)
	}
	return lines
}

// logServer serves lines; an offset is the number of lines before, and 1000 more.
func logServer(t *testing.T, lines []string, change func(from, to int, page map[string]any)) (*Client, *int) {
	calls := 0
	return newTestClient(t, keyOptions(), func(_ *http.Request, body string) *http.Response {
		calls++
		var q struct {
			Start int    `json:"start_offset"`
			End   int    `json:"end_offset"`
			Limit int    `json:"limit"`
			Sort  string `json:"sort"`
		}
		if err := json.Unmarshal([]byte(body), &q); err != nil || q.Sort != "desc" || q.Start != 0 {
			t.Errorf("asked %s: %v", body, err)
		}
		to := len(lines)
		if q.End > 0 {
			to = q.End - 1000
		}
		from := max(0, to-q.Limit)
		page := map[string]any{
			"has_more": from > 0, "start_offset": fmt.Sprint(1000 + from), "end_offset": fmt.Sprint(1000 + to),
			"log": strings.Join(lines[from:to], "\n"), "location": "jenkins", "step_run_id": "s",
		}
		if change != nil {
			change(from, to, page)
		}
		text, err := json.Marshal(page)
		if err != nil {
			t.Error(err)
		}
		return reply(200, string(text))
	}), &calls
}

func TestStepLogReadsTheEnd(t *testing.T) {
	lines := stepLines(1702)
	whole := strings.Join(lines, "\n")
	of := func(n int) string { return strings.Join(lines[1702-n:], "\n") }
	reversed := func(from, to int, page map[string]any) {
		turned := make([]string, 0, to-from)
		for i := to - 1; i >= from; i-- {
			turned = append(turned, lines[i])
		}
		page["log"] = strings.Join(turned, "\n")
	}
	for _, tt := range []struct {
		name   string
		tail   int
		change func(from, to int, page map[string]any)
		calls  int
		text   string
		whole  bool
	}{
		{"one page is enough", 100, nil, 1, of(500), false},
		{"two pages", len(of(500)) + 1, nil, 2, of(1000), false},
		{"all of it", 1 << 20, nil, 4, whole, true}, // ceil(1702/500)
		{"newest line first", 1 << 20, reversed, 4, whole, true},
		{"a line end at the end", 100, func(_, _ int, page map[string]any) { page["log"] = page["log"].(string) + "\n" }, 1, of(500), false},
		{"numbers for texts, a text for the boolean", 1 << 20, func(from, to int, page map[string]any) {
			page["start_offset"], page["end_offset"], page["has_more"] = 1000+from, 1000+to, fmt.Sprint(from > 0)
		}, 4, whole, true},
		// has_more is true for ever: what does not move on ends the walk.
		{"the same page again and again", 1 << 20, func(_, _ int, page map[string]any) {
			page["has_more"], page["log"], page["start_offset"] = true, of(500), "1202"
		}, 2, of(500), false},
		{"offsets that move and the same lines", 1 << 20, func(_, _ int, page map[string]any) {
			page["has_more"], page["log"] = true, of(500)
		}, 2, of(500), false},
		{"nothing before the first line, and more", 1 << 20, func(from, to int, page map[string]any) {
			page["has_more"] = true
		}, 5, whole, false},
		{"offsets that are no numbers", 1 << 20, func(_, _ int, page map[string]any) { page["start_offset"] = "x" }, 1, of(500), false},
		{"null", 1 << 20, func(_, _ int, page map[string]any) { page["log"], page["has_more"] = nil, false }, 1, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, calls := logServer(t, lines, tt.change)
				log, err := c.StepLog(t.Context(), project, pipeline, "r", "j", "s", tt.tail)
				if err != nil || log.Text != tt.text || log.Whole != tt.whole || log.Calls != tt.calls || *calls != tt.calls {
					t.Errorf("%v, %d bytes of %d, whole %t, %d calls of %d; want whole %t in %d calls", err, len(log.Text), len(tt.text), log.Whole, log.Calls, *calls, tt.whole, tt.calls)
				}
			})
		})
	}
}

// A server that always has another page is left after a bounded number of them.
func TestStepLogEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := newTestClient(t, keyOptions(), func(*http.Request, string) *http.Response {
			calls++
			return reply(200, fmt.Sprintf(`{"has_more":true,"start_offset":"%d","end_offset":"9","log":"%d"}`, 1000000-calls, calls))
		})
		log, err := c.StepLog(t.Context(), project, pipeline, "r", "j", "s", 1<<20)
		if err != nil || calls != logCalls || log.Calls != logCalls || log.Whole || !strings.HasPrefix(log.Text, "16\n15\n") {
			t.Errorf("%v, %d calls, %+v", err, calls, log)
		}
	})
}

// TestStepLogErrorsQuoteNothing: an answer that can not be read may be a log, with secrets in it.
func TestStepLogErrorsQuoteNothing(t *testing.T) {
	for body, class := range map[string]Class{
		`password=hunter2`: ClassUnusable, `"password=hunter2"`: ClassUnusable, `[{"log":"password=hunter2"}]`: ClassUnusable,
		`{"log":{"password":"hunter2"}}`: ClassUnusable, `{"log":["hunter2"]}`: ClassUnusable, `{"log":"hunter2`: ClassRetry, `{}`: ClassUnusable,
		`{"error_code":"DEVCP.00012002","error_msg":"The related record does not exist in the database."}`: ClassNotFound,
	} {
		opts := keyOptions()
		opts.Attempts = 1
		c := newTestClient(t, opts, (&script{}).add(200, body).serve)
		_, err := c.StepLog(t.Context(), project, pipeline, "r", "j", "s", 1)
		e := wantClass(t, err, class)
		if strings.Contains(e.Error(), "hunter2") || len(e.Answer) > 0 {
			t.Errorf("%s: %v, with %q", body, e, e.Answer)
		}
	}
}

// FuzzStepLog: any answer is a log or an error; what is read of a log is text of its answer.
func FuzzStepLog(f *testing.F) {
	f.Add([]byte(fixture(f, "step_log.json")))
	f.Add([]byte(`{"has_more":true,"start_offset":"6132","end_offset":"25705","log":"b\na"}`))
	f.Add([]byte(`{"log":"[2023/11/24 21:49:33] b\n第\n[2023/11/24 21:49:32] a\n"}`))
	f.Add([]byte(`{"log":"\ud800","has_more":"true","start_offset":1e99}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := readLog(body)
		if err != nil {
			return
		}
		var answer struct {
			Log string `json:"log"`
		}
		if !json.Valid(body) {
			t.Fatalf("%q is no JSON and gives %q", body, page.text)
		}
		if json.Unmarshal(body, &answer) == nil && len(page.text) > len(answer.Log) || !utf8.ValidString(page.text) {
			t.Fatalf("%q gives %q", answer.Log, page.text)
		}
	})
}
