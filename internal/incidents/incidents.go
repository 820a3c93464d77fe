// Package incidents is the endpoint to which incidents are reported, by Prometheus' Alertmanager or by anybody in a plain
// JSON, and what a report becomes: the snapshot of an incident, compared and appended like all that a poller sees.
//
// The contract: the answer is 2xx only once the log has everything of the request that was not refused. Whoever gets
// another answer, or none, sends the same again, and what the log has already makes no second event. So no report is lost
// and none is doubled.
//
// Less formally: one odd item does not hold up the others of its request. It is refused, with its place, the reason and what
// to do, and the answer is 207. Alertmanager reads no answers, so what is refused of it is kept as an odd row.
//
// What you can not assume: that a report is true. It is what the reporter said last.
package incidents

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"artery/internal/events"
)

// report is one incident as somebody reports it.
type report struct {
	id       string
	started  time.Time
	resolved time.Time // zero while it is open
	body     events.IncidentBody

	fingerprint string // of an alert, whose start may move (same.go)
	raw         json.RawMessage
	at          time.Time // of the request
}

const (
	// maxID is shorter than that of an entity: the id is quoted in answers and links.
	maxID = 200
	// ahead is how far in the future a time may lie: clocks differ.
	ahead = 24 * time.Hour
)

// earliest is before every incident; an earlier time is a mistake, such as seconds for milliseconds.
var earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// snapshot checks a report and makes the snapshot of its incident.
func (r report) snapshot() (events.Snapshot, error) {
	switch {
	case r.id == "":
		return events.Snapshot{}, fmt.Errorf("it has no id; give one that stays the same in every report of the incident")
	case len(r.id) > maxID || strings.ContainsFunc(r.id, func(c rune) bool { return !unicode.IsPrint(c) }):
		return events.Snapshot{}, fmt.Errorf("the id %.40q has over %d bytes, or characters that do not print; give a shorter one", r.id, maxID)
	case r.started.IsZero():
		return events.Snapshot{}, fmt.Errorf("it has no start; give it as 2026-01-31T18:00:00Z")
	case r.started.Before(earliest), r.started.After(r.at.Add(ahead)):
		return events.Snapshot{}, fmt.Errorf("its start %s is before 2000 or in the future; correct it, or the clock", events.FormatTime(r.started))
	case !r.resolved.IsZero() && r.resolved.Before(r.started):
		return events.Snapshot{}, fmt.Errorf("it ends at %s, before its start at %s; correct one of them", events.FormatTime(r.resolved), events.FormatTime(r.started))
	case r.resolved.After(r.at.Add(ahead)):
		return events.Snapshot{}, fmt.Errorf("its end %s is in the future; leave it out until it is over", events.FormatTime(r.resolved))
	}
	mark := events.Mark{Parent: r.body.Service, Status: "open", From: r.started.UnixMilli()}
	if !r.resolved.IsZero() {
		mark.Status, mark.To = "resolved", r.resolved.UnixMilli()
	}
	r.body.StartedAt, r.body.ResolvedAt, r.body.Received = events.FormatTime(r.started), events.FormatTime(r.resolved), r.raw
	body, err := json.Marshal(r.body)
	if err != nil {
		return events.Snapshot{}, fmt.Errorf("writing the incident %s: %w", r.id, err)
	}
	return events.NewSnapshot(events.Incident, r.id, body, mark, r.at)
}
