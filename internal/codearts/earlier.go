package codearts

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"
)

// earlier holds the rows of lists as they were last received, by their places.
// It spares the reading of what has not changed, which is most of a list's cost.
type earlier struct {
	mu    sync.Mutex
	lists map[string][]json.RawMessage // guarded by mu
}

// readPage is readPage of a list that is walked again and again.
func (e *earlier) readPage(list string, offset int, body []byte, field string) (Page, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	had := e.lists[list]
	page, ok := readKnown(body, field, had[min(offset, len(had)):])
	if !ok {
		var err error
		if page, err = readPage(body, field); err != nil {
			return page, err
		}
	}
	end := offset + len(page.Items)
	if end > len(had) {
		had = append(had, make([]json.RawMessage, end-len(had))...)
	}
	copy(had[offset:], page.Items)
	if end >= page.Total { // what is behind the last page is no row of the list any more
		clear(had[end:])
		had = had[:end]
	}
	e.lists[list] = had
	return page, nil
}

// readKnown is readPage of a body whose rows are nearly all those that it had.
// It returns false when it is not certain to read what readPage does, errors
// among it. A row at its old place is compared only: what was valid is so
// again. The other rows are validated one by one, and so is the body without
// rows. Together they are a valid body: in between are commas.
func readKnown(body []byte, field string, had []json.RawMessage) (Page, bool) {
	opening := []byte(`"` + field + `":[`)
	at := bytes.Index(body, opening) + len(opening)
	if at < len(opening) || len(had) == 0 {
		return Page{}, false
	}
	before := body[:at]
	rows := make([]json.RawMessage, 0, min(len(had), pageSize))
	for at = skipSpace(body, at); ; at = skipSpace(body, at+1) {
		if at == len(body) {
			return Page{}, false
		}
		var row json.RawMessage
		if i := len(rows); i < len(had) && first(had[i]) == '{' && bytes.HasPrefix(body[at:], had[i]) {
			row = had[i]
		} else {
			row = bytes.Clone(body[at:endOfValue(body, at)])
			if !json.Valid(row) {
				return Page{}, false // an empty array too
			}
		}
		rows = append(rows, row)
		if at = skipSpace(body, at+len(row)); at == len(body) || body[at] != ',' {
			break
		}
	}
	if at == len(body) || body[at] != ']' {
		return Page{}, false
	}
	rest := slices.Concat(before, body[at:])
	o, err := readObject(rest, field, false)
	if err != nil || !o.total.known || len(o.rows) == 0 || &o.rows[0] != &rest[len(before)-1] {
		return Page{}, false
	}
	return Page{Items: rows, Total: o.total.value}, true
}
