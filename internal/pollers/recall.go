package pollers

import (
	"encoding/json"
	"slices"

	"artery/internal/events"
)

// recall is what the rows of a listing showed when it was last walked, by their places. Nearly every row is as it was a minute
// ago, and codearts gives it as the same slice: then nothing is decoded, redacted or hashed. What a row shows follows from its
// bytes alone, so it holds whatever the log says of it by now; that is compared at every round. Only the poller whose
// listing it is uses it.
type recall []recalled

// recalled is what one row showed. It is kept only if everything in the row could be read.
type recalled struct {
	raw   json.RawMessage
	owner string
	id    string
	snaps []events.Snapshot // without bodies
	run   runIdentity       // of the latest run, if there is one
}

// of returns what a row showed before, nil if it is another row.
func (r recall) of(row Row) *recalled {
	if row.At >= len(r) {
		return nil
	}
	if had := r[row.At].raw; len(had) == 0 || len(had) != len(row.Raw) || &had[0] != &row.Raw[0] {
		return nil
	}
	return &r[row.At]
}

// keep remembers what a row shows.
func (r *recall) keep(row Row, shown recalled) {
	for i, s := range shown.snaps {
		shown.snaps[i] = s.Again(s.At)
	}
	if shown.raw = row.Raw; row.At >= len(*r) {
		*r = append(*r, make(recall, row.At+1-len(*r))...)
	}
	(*r)[row.At] = shown
}

// end forgets what stood behind the rows of the listing.
func (r *recall) end(rows int) {
	if rows < len(*r) {
		*r = slices.Clone((*r)[:rows])
	}
}
