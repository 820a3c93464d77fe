package codearts

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const apiStepLog = "StepLog"

const (
	// logLines is how many lines one call asks for, as in the printed example.
	logLines = 500
	// logCalls bounds the calls for one log, whatever has_more says.
	logCalls = 16
)

// StepLog is the end of a step's log.
type StepLog struct {
	Text     string // lines joined by \n, the oldest first
	Whole    bool   // Text begins where the log begins
	Location string // where CodeArts keeps it
	Calls    int    // answers that it took
}

// StepLog returns at least the last tail bytes of the log of a step run, as
// far as there are so many, in whole lines (CodeArts Pipeline API Reference
// 4.2.13). project is the pipeline's owner.
//
// What an offset counts is not documented: offsets are texts in answers and
// numbers in questions, and are handed back as they came. Asked for in
// descending order the last lines come first, page by page; whether the lines
// inside of a page are turned around too is not documented, so their time
// stamps decide. No error quotes the log: it may hold secrets.
func (c *Client) StepLog(ctx context.Context, project, pipeline, run, job, step string, tail int) (StepLog, error) {
	var log StepLog
	var pages []string // the last first
	before, size := int64(0), 0
	for {
		page, err := c.logPage(ctx, project, []string{pipeline, run, job, step}, before, logLines)
		if err != nil {
			return StepLog{}, err
		}
		log.Calls++
		log.Location = string(page.Location)
		repeated := len(pages) > 0 && page.text == pages[len(pages)-1]
		if page.text != "" && !repeated {
			pages, size = append(pages, page.text), size+len(page.text)
		}
		start, err := strconv.ParseInt(string(page.Start), 10, 64)
		stuck := page.text == "" || repeated || err != nil || start <= 0 || before > 0 && start >= before
		if log.Whole = !page.more; log.Whole || stuck || size >= tail || log.Calls == logCalls {
			break
		}
		before = start
	}
	slices.Reverse(pages)
	log.Text = strings.Join(pages, "\n")
	return log, nil
}

// logPage is what is read of one answer.
type logPage struct {
	Start    lenient         `json:"start_offset"`
	Location lenient         `json:"location"`
	HasMore  json.RawMessage `json:"has_more"`
	Log      json.RawMessage `json:"log"`

	text string
	more bool
}

// logPage asks for the last lines before an offset, 0 for the end of the log.
// ids are those of the path below the project.
func (c *Client) logPage(ctx context.Context, project string, ids []string, before int64, lines int) (page logPage, err error) {
	target, err := path("/v5/%s/api/pipelines/%s/pipeline-runs/%s/jobs/%s/steps/%s/logs", append([]string{project}, ids...)...)
	if err != nil {
		return logPage{}, err
	}
	body := struct {
		StartOffset int64  `json:"start_offset"`
		EndOffset   int64  `json:"end_offset"`
		Limit       int    `json:"limit"`
		Sort        string `json:"sort"`
	}{0, before, lines, "desc"}
	err = c.call(ctx, request{
		api: apiStepLog, project: project,
		method: http.MethodPost, base: c.base.pipeline, path: target, body: body,
		read: func(a answer) (err error) {
			page, err = readLog(a.body)
			return err
		},
	})
	var e *Error
	if errors.As(err, &e) {
		e.Answer = nil
	}
	return page, err
}

// readLog reads an answer.
func readLog(body []byte) (logPage, error) {
	if _, err := readObject(body, "", false); err != nil {
		var e *Error
		if errors.As(err, &e) && e.Class == ClassUnusable {
			return logPage{}, &Error{Class: ClassUnusable, Message: "the answer is no JSON object"}
		}
		return logPage{}, err
	}
	var page logPage
	if err := json.Unmarshal(body, &page); err != nil {
		return logPage{}, &Error{Class: ClassUnusable, Message: "the answer has another shape than documented"}
	}
	switch first(page.Log) {
	case '"':
		if err := json.Unmarshal(page.Log, &page.text); err != nil {
			return logPage{}, &Error{Class: ClassUnusable, Message: "log is no text"}
		}
	case 'n':
	default:
		return logPage{}, &Error{Class: ClassUnusable, Message: "the answer has another shape than documented: log is no text"}
	}
	page.more = strings.Trim(string(page.HasMore), `"`) == "true"
	page.text = oldestFirst(strings.TrimRight(page.text, "\n"))
	return page, nil
}

// lineTime finds the time stamp of a line.
var lineTime = regexp.MustCompile(`^\[(\d{4}[/-]\d\d[/-]\d\d \d\d:\d\d:\d\d(?:\.\d+)?)`)

// stamp is a line's time stamp in comparable form, "" if it has none.
func stamp(line string) string {
	if m := lineTime.FindStringSubmatch(line); m != nil {
		return strings.ReplaceAll(m[1], "-", "/")
	}
	return ""
}

// oldestFirst turns the lines of a page around if its first time stamp is
// later than its last one. It looks at no more lines than it takes to find
// the two.
func oldestFirst(text string) string {
	lines := strings.Split(text, "\n")
	first, last := "", ""
	for _, line := range lines {
		if first = stamp(line); first != "" {
			break
		}
	}
	for _, line := range slices.Backward(lines) {
		if last = stamp(line); last != "" {
			break
		}
	}
	if first <= last {
		return text
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}
