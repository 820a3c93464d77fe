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
	shown.bare()
	if shown.raw = row.Raw; row.At >= len(*r) {
		*r = append(*r, make(recall, row.At+1-len(*r))...)
	}
	(*r)[row.At] = shown
}

// bare drops the bodies of snapshots that have been handed over.
func (r *recalled) bare() {
	for i, s := range r.snaps {
		r.snaps[i] = s.Again(s.At)
	}
}

// end forgets what stood behind the rows of the listing.
func (r *recall) end(rows int) {
	if rows < len(*r) {
		*r = slices.Clone((*r)[:rows])
	}
}

// listedRows are the rows of the lists by status of this round and the one before, by their bytes: their places change with every run
// that begins or ends. Most runs are as they were a quarter of a minute ago. Only the poller that looks at open runs uses it.
type listedRows struct{ before, now map[string]recalled }

// begin begins a round.
func (l *listedRows) begin() { l.before, l.now = l.now, map[string]recalled{} }

// of returns what a row shows: without snapshots if that is not known yet, nil if it shows no run.
func (l *listedRows) of(row Row) *recalled {
	if had, ok := l.before[string(row.Raw)]; ok {
		return &had
	}
	var id pipelineIdentity
	var run runIdentity
	if identify(row.Raw, &id) != nil || len(id.LatestRun) == 0 || identify(id.LatestRun, &run) != nil {
		return nil
	}
	return &recalled{raw: id.LatestRun, owner: id.ProjectID, id: id.PipelineID, run: run}
}

// keep remembers what a row shows.
func (l *listedRows) keep(row Row, shown *recalled) { l.now[string(row.Raw)] = *shown }
