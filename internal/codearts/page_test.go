package codearts

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// list serves n rows by offset and limit, as a list API that clamps the limit.
type list struct {
	total  int
	clamp  int // most rows per page, 0 for as many as asked
	refuse int // a larger limit is a bad request, 0 for none
	calls  []int
	limits []int
	before func(l *list) // changes the list before a call is answered
}

func (l *list) rows(offset, limit int) []string {
	if l.before != nil {
		l.before(l)
	}
	l.calls, l.limits = append(l.calls, offset), append(l.limits, limit)
	if l.clamp > 0 {
		limit = min(limit, l.clamp)
	}
	rows := []string{}
	for i := offset; i < min(offset+limit, l.total); i++ {
		rows = append(rows, fmt.Sprintf(`{"pipeline_id":"p%d"}`, i))
	}
	return rows
}

func (l *list) pipelines(_ *http.Request, body string) *http.Response {
	var q struct{ Offset, Limit int }
	if err := json.Unmarshal([]byte(body), &q); err != nil {
		return reply(400, `{}`)
	}
	rows := l.rows(q.Offset, q.Limit)
	if l.refuse > 0 && q.Limit > l.refuse {
		return reply(200, `{"error_code":"DEVCP.00014004","error_msg":"invalid limit"}`)
	}
	// The echoed limit is wrong on purpose: nothing may rely on it.
	return reply(200, fmt.Sprintf(`{"offset":%d,"limit":1,"total":%d,"pipelines":[%s]}`, q.Offset, l.total, strings.Join(rows, ",")))
}

func (l *list) repositories(req *http.Request, _ string) *http.Response {
	offset, _ := strconv.Atoi(req.URL.Query().Get("offset"))
	limit, _ := strconv.Atoi(req.URL.Query().Get("limit"))
	rows := l.rows(offset, limit)
	return reply(200, "["+strings.Join(rows, ",")+"]", "X-Total: "+strconv.Itoa(l.total))
}

func TestWalks(t *testing.T) {
	for _, tt := range []struct {
		name  string
		list  list
		calls []int // offsets asked for
	}{
		{"empty", list{total: 0}, []int{0}},
		{"one page", list{total: 7}, []int{0}},
		{"exactly full pages need no call for an empty one", list{total: 200}, []int{0, 100}},
		{"last page partial", list{total: 201}, []int{0, 100, 200}},
		{"clamped limit", list{total: 120, clamp: 50}, []int{0, 50, 100}},
		{"odd clamp", list{total: 10, clamp: 3}, []int{0, 3, 6, 9}},
	} {
		for name, walk := range map[string]func(*list) ([]json.RawMessage, error){
			"Pipelines": func(l *list) ([]json.RawMessage, error) {
				return collect(newTestClient(t, keyOptions(), l.pipelines).Pipelines(t.Context(), project))
			},
			"Repositories": func(l *list) ([]json.RawMessage, error) {
				return collect(newTestClient(t, keyOptions(), l.repositories).Repositories(t.Context()))
			},
		} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				l := tt.list
				rows, err := walk(&l)
				if err != nil || len(rows) != l.total {
					t.Fatalf("%d rows, %v; want %d", len(rows), err, l.total)
				}
				if !slices.Equal(l.calls, tt.calls) {
					t.Errorf("asked at %v, want %v", l.calls, tt.calls)
				}
			})
		}
	}
}

// A pipeline deleted between two pages moves the others: each page tells the
// total it saw, so that the sweep can be known as unstable.
func TestWalkReportsChangingTotals(t *testing.T) {
	l := list{total: 150}
	l.before = func(l *list) { l.total -= len(l.calls) }
	c := newTestClient(t, keyOptions(), l.pipelines)
	var totals, offsets []int
	for page, err := range c.Pipelines(t.Context(), project) {
		if err != nil {
			t.Fatal(err)
		}
		totals, offsets = append(totals, page.Total), append(offsets, page.Offset)
	}
	if !slices.Equal(totals, []int{150, 149}) || !slices.Equal(offsets, []int{0, 100}) {
		t.Errorf("totals %v at %v, want [150 149] at [0 100]", totals, offsets)
	}
}

// A row that shifts onto the next page is handed out twice, not hidden.
func TestWalkKeepsRowsThatAppearTwice(t *testing.T) {
	pages := (&script{}).
		add(200, `{"total":4,"pipelines":[{"pipeline_id":"a"},{"pipeline_id":"b"}]}`).
		add(200, `{"total":4,"pipelines":[{"pipeline_id":"b"},{"pipeline_id":"c"}]}`)
	rows, err := collect(newTestClient(t, keyOptions(), pages.serve).Pipelines(t.Context(), project))
	if err != nil || fmt.Sprintf("%s", rows) != `[{"pipeline_id":"a"} {"pipeline_id":"b"} {"pipeline_id":"b"} {"pipeline_id":"c"}]` {
		t.Errorf("%s, %v", rows, err)
	}
}

func TestWalkFailsOnAListThatEndsEarly(t *testing.T) {
	pages := (&script{}).
		add(200, `{"total":4,"pipelines":[{"pipeline_id":"a"},{"pipeline_id":"b"}]}`).
		add(200, `{"total":4,"pipelines":[]}`)
	rows, err := collect(newTestClient(t, keyOptions(), pages.serve).Pipelines(t.Context(), project))
	e := wantClass(t, err, ClassRetry)
	if len(rows) != 2 || !strings.Contains(e.Message, "after 2 of 4 rows") || e.API != "Pipelines" {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestWalkNeedsATotal(t *testing.T) {
	for _, body := range []string{`{"pipelines":[]}`, `{"total":null,"pipelines":[]}`, `{"total":-1,"pipelines":[]}`, `{"total":"many","pipelines":[]}`} {
		_, err := collect(newTestClient(t, keyOptions(), (&script{}).add(200, body).serve).Pipelines(t.Context(), project))
		if e := wantClass(t, err, ClassUnusable); !strings.Contains(e.Message, "no usable total") {
			t.Errorf("%s: %v", body, err)
		}
	}
	for _, total := range []string{"", "many", "-1"} {
		_, err := collect(newTestClient(t, keyOptions(), (&script{}).add(200, `[{}]`, "X-Total: "+total).serve).Repositories(t.Context()))
		if e := wantClass(t, err, ClassUnusable); !strings.Contains(e.Message, "X-Total") {
			t.Errorf("X-Total %q: %v", total, err)
		}
	}
}

func TestWalkStopsWithItsReader(t *testing.T) {
	l := list{total: 1000}
	c := newTestClient(t, keyOptions(), l.pipelines)
	for range c.Pipelines(t.Context(), project) {
		break
	}
	if len(l.calls) != 1 {
		t.Errorf("asked at %v after the reader stopped", l.calls)
	}
}

func TestWalkResumesAtOffset(t *testing.T) {
	pages := (&script{}).add(200, `{"total":11,"pipeline_runs":[{"run_number":11}]}`)
	c := newTestClient(t, keyOptions(), pages.serve)
	for page, err := range c.PipelineRuns(t.Context(), project, pipeline, Window{Offset: 10}) {
		if err != nil || page.Offset != 10 || len(page.Items) != 1 {
			t.Errorf("%+v, %v", page, err)
		}
	}
	if pages.calls() != 1 {
		t.Errorf("%d calls, want 1", pages.calls())
	}
}

func TestRefusedPageSizeIsHalvedAndRemembered(t *testing.T) {
	l := list{total: 90, refuse: 60}
	c := newTestClient(t, keyOptions(), l.pipelines)
	for range 2 {
		if rows, err := collect(c.Pipelines(t.Context(), project)); err != nil || len(rows) != 90 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
	}
	if want := []int{100, 50, 50, 50, 50}; !slices.Equal(l.limits, want) {
		t.Errorf("limits %v, want %v", l.limits, want)
	}
	l = list{total: 90, refuse: 1}
	_, err := collect(newTestClient(t, keyOptions(), l.pipelines).Pipelines(t.Context(), project))
	wantClass(t, err, ClassBadRequest)
	if want := []int{100, 50, 25}; !slices.Equal(l.limits, want) {
		t.Errorf("limits %v, want %v", l.limits, want)
	}
}

func TestStatusBatches(t *testing.T) {
	ids := make([]string, 130)
	for i := range ids {
		ids[i] = fmt.Sprintf("p%03d", i)
	}
	for _, tt := range []struct {
		name   string
		most   int
		status int
		body   string
		sizes  []int // of two rounds
	}{
		{"no limit", 1000, 0, "", []int{100, 30, 100, 30}},
		{"400", 40, 400, `{}`, []int{100, 50, 25, 25, 25, 25, 25, 5, 25, 25, 25, 25, 25, 5}},
		{"413", 50, 413, `{}`, []int{100, 50, 50, 30, 50, 50, 30}},
		{"200 with code", 50, 200, `{"error_code":"DEVCP.0014004","error_msg":"invalid"}`, []int{100, 50, 50, 30, 50, 50, 30}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var sizes []int
			c := newTestClient(t, keyOptions(), func(_ *http.Request, body string) *http.Response {
				var asked []string
				if err := json.Unmarshal([]byte(body), &asked); err != nil {
					t.Fatal(err)
				}
				sizes = append(sizes, len(asked))
				if len(asked) > tt.most {
					return reply(tt.status, tt.body)
				}
				return reply(200, body)
			})
			for range 2 {
				rows, err := c.PipelineStatuses(t.Context(), project, ids)
				if err != nil || len(rows) != 130 || string(rows[129]) != `"p129"` {
					t.Fatalf("%d rows, %v", len(rows), err)
				}
			}
			if !slices.Equal(sizes, tt.sizes) {
				t.Errorf("batches %v, want %v", sizes, tt.sizes)
			}
		})
	}
}

func TestRefusedIDDoesNotShrinkLaterBatches(t *testing.T) {
	var sizes []int
	c := newTestClient(t, keyOptions(), func(_ *http.Request, body string) *http.Response {
		sizes = append(sizes, strings.Count(body, ",")+1)
		if strings.Contains(body, "poison") {
			return reply(400, `{}`)
		}
		return reply(200, body)
	})
	_, err := c.PipelineStatuses(t.Context(), project, []string{"a", "b", "poison", "d"})
	wantClass(t, err, ClassBadRequest)
	sizes = nil
	if _, err := c.PipelineStatuses(t.Context(), project, []string{"a", "b", "c", "d"}); err != nil || len(sizes) != 1 {
		t.Errorf("batches %v, %v; want one of 4", sizes, err)
	}
	if rows, err := c.PipelineStatuses(t.Context(), project, nil); rows != nil || err != nil {
		t.Errorf("no ids: %v, %v", rows, err)
	}
}
