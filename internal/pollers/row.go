package pollers

import (
	"encoding/json"
	"time"
)

// Row is one object of an answer, and where it stood: what the record of a row that becomes no snapshot needs.
type Row struct {
	Raw   json.RawMessage
	API   string    // name of the endpoint function, as in codearts.APIs
	At    int       // rows before it in the listing
	Asked time.Time // when its answer was asked for: the state is at least as new
}

// rows are those of an answer that is no list of pages.
func rows(api string, asked time.Time, answer []json.RawMessage) []Row {
	out := make([]Row, len(answer))
	for i, raw := range answer {
		out[i] = Row{Raw: raw, API: api, At: i, Asked: asked}
	}
	return out
}

// inside is an object in the row.
func (r Row) inside(raw json.RawMessage) Row {
	r.Raw = raw
	return r
}
