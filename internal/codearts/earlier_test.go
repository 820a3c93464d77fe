package codearts

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestRowsOfAnEarlierWalk changes a list between walks: each walk gives what the server has, and the same slice where a row
// is as it was at its place.
func TestRowsOfAnEarlierWalk(t *testing.T) {
	var rows []string
	page := 2 // rows of a page
	c := newTestClient(t, keyOptions(), func(_ *http.Request, body string) *http.Response {
		var q struct{ Offset int }
		if err := json.Unmarshal([]byte(body), &q); err != nil {
			t.Fatal(err)
		}
		shown := strings.Join(rows[q.Offset:min(q.Offset+page, len(rows))], " , ")
		return reply(200, fmt.Sprintf(`{"offset":%d,"pipelines":[ %s ],"total":%d}`, q.Offset, shown, len(rows)))
	})
	same := map[*byte]bool{}
	for i, step := range []struct {
		rows []string
		same int // rows that are those of the walk before
	}{
		{[]string{`{"id":1}`, `{"id":2,"a":"]}"}`, `{"id":3}`}, 0},
		{[]string{`{"id":1}`, `{"id":2,"a":"]}"}`, `{"id":3}`}, 3},
		{[]string{`{"id":1}`, `{"id":2,"b":null}`, `{"id":3}`}, 2},
		{[]string{`{"id":1}`, `{"id":2,"a":"]}"}`, `{"id":3}`}, 2}, // back again: that it was so once counts for nothing
		{[]string{`{"id":1}`, `{"id":3}`}, 1},                      // what moves up is read anew
		{[]string{`{"id":1}`, `{"id":3}`, `{"id":3}`}, 2},
		{[]string{`{"id":1}`}, 1},
		{[]string{`{"id":1}`, `{"id":3}`}, 1}, // what the list has lost is forgotten
		{[]string{`7`, `{"id":3}`, `null`, `{}`}, 1},
		{[]string{`7`, `{"id":3}`, `null`, `{}`}, 2}, // only objects are compared
		{[]string{}, 0},
		{[]string{`{"id":1}`}, 0},
	} {
		rows = step.rows
		got, err := collect(c.Pipelines(t.Context(), project))
		if err != nil {
			t.Fatalf("walk %d: %v", i, err)
		}
		texts, n := []string{}, 0
		now := map[*byte]bool{}
		for _, row := range got {
			texts = append(texts, string(row))
			if now[&row[0]] = true; same[&row[0]] {
				n++
			}
		}
		if !slices.Equal(texts, rows) || n != step.same {
			t.Errorf("walk %d: %q, %d as before; want %q, %d", i, texts, n, rows, step.same)
		}
		same = now
	}
	rows = []string{`{"id":1}`, `{"id":2}`}
	if got, err := collect(c.Pipelines(t.Context(), "54f90b75fc1447b1b65e8d3a9f77923e")); err != nil || len(got) != 2 || same[&got[0][0]] {
		t.Errorf("another project's list: %q, %v", got, err)
	}
}

// FuzzRowsOfAnEarlierWalk holds that an answer is read as if none had been before, and refused for the same reason.
func FuzzRowsOfAnEarlierWalk(f *testing.F) {
	const first = `{"offset":0,"total":3,"pipelines":[{"id":1},{"id":2,"a":[{}]},{"id":"}"}],"x":null}`
	for _, body := range []string{
		first, strings.Replace(first, "2", "7", 1), strings.Replace(first, `},{`, `}{`, 1), strings.Replace(first, `},{`, `},,{`, 1),
		strings.Replace(first, `}]`, `},]`, 1), strings.Replace(first, `}"}]`, `}"}`, 1), strings.Replace(first, "{\"id\":1}", "", 1),
		strings.Replace(first, `null`, `{"pipelines":[1]}`, 1), strings.Replace(first, `"x":null`, `"pipelines":[]`, 1),
		strings.Replace(first, `"x":null`, `"pipelines" :[7]`, 1), `{"x":` + first + `,"total":1}`, first + first, first[:60], first + "]",
		`{"error_code":"A","error_msg":"` + `\"pipelines\":[` + `","total":1}`, strings.Replace(first, `"total":3`, `"error_code":"PM.1"`, 1),
		`{"x":"a"pipelines":["}`, `{"total":1,"pipelines":[]}`, `{"total":1,"pipelines":[ ]}`, `{"total":1,"pipelines":null}`, `{"pipelines":[{"id":1}]}`,
		`{"x":["pipelines":[{"id":1}]],"total":1}`, `{"total":1,"a\"pipelines":[{"id":1}]}`, "\"pipelines\":[{\"id\":1}\t]", ``, `{"total":1,"pipelines":[{"id":1}`,
	} {
		f.Add(first, body)
		f.Add(body, first)
	}
	f.Fuzz(func(t *testing.T, before, now string) {
		e := &earlier{lists: map[string][]json.RawMessage{}}
		for _, body := range []string{before, now, before} {
			want, wantErr := readPage([]byte(body), "pipelines")
			got, err := e.readPage("", 0, []byte(body), "pipelines")
			if fmt.Sprint(got, err) != fmt.Sprint(want, wantErr) {
				t.Fatalf("%q after %q: %v, %v; want %v, %v", body, before, got, err, want, wantErr)
			}
		}
	})
}
