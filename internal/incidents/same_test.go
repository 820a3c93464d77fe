package incidents

import (
	"testing"
	"time"
)

// What an alert is reported as, when the log has it as firing from minute 10 to 20 and again since minute 30.
func TestRecognise(t *testing.T) {
	base := time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)
	minute := func(n int) time.Time { return base.Add(time.Duration(n) * time.Minute) }
	const open = 0
	known := []firing{{"f-30", minute(30).UnixMilli(), end(open)}, {"f-10", minute(10).UnixMilli(), minute(20).UnixMilli()}}
	for _, c := range []struct {
		what           string
		start, end     int // minutes; an end of 0 is open
		id             string
		wantID         string
		wantStart      int
		known          []firing
		withoutHistory bool
	}{
		{what: "the same report again", start: 30, id: "f-30", wantID: "f-30", wantStart: 30},
		{what: "open, and the start moved to later", start: 35, id: "f-35", wantID: "f-30", wantStart: 30},
		{what: "open, and the start moved to earlier", start: 28, id: "f-28", wantID: "f-30", wantStart: 28},
		{what: "the end of what moved to later", start: 35, end: 40, id: "f-35", wantID: "f-30", wantStart: 30},
		{what: "the end of the former, late", start: 12, end: 20, id: "f-12", wantID: "f-10", wantStart: 10},
		{what: "the former ends where it ended, and began before", start: 5, end: 20, id: "f-5", wantID: "f-10", wantStart: 5},
		{what: "between the two", start: 22, end: 25, id: "f-22", wantID: "f-22", wantStart: 22},
		{what: "before both", start: 2, end: 9, id: "f-2", wantID: "f-2", wantStart: 2},
		{what: "its own id counts first", start: 10, id: "f-10", wantID: "f-10", wantStart: 10},
		{what: "both overlap: the latest", start: 15, end: 40, id: "f-15", wantID: "f-30", wantStart: 15},
		{what: "nothing is known", start: 35, id: "f-35", wantID: "f-35", wantStart: 35, withoutHistory: true},
		{what: "began again after its end", start: 21, id: "f-21", wantID: "f-21", wantStart: 21, known: known[1:]},
		{what: "it fires on at another replica", start: 19, id: "f-19", wantID: "f-10", wantStart: 10, known: known[1:]},
	} {
		r := report{id: c.id, started: minute(c.start), fingerprint: "f"}
		if c.end > 0 {
			r.resolved = minute(c.end)
		}
		of := known
		if c.known != nil || c.withoutHistory {
			of = c.known
		}
		got := r.recognise(of)
		if got.id != c.wantID || !got.started.Equal(minute(c.wantStart)) || !got.resolved.Equal(r.resolved) {
			t.Errorf("%s: %s from %s to %s, want %s from %s", c.what, got.id, got.started, got.resolved, c.wantID, minute(c.wantStart))
		}
	}
}
