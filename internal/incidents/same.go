package incidents

import (
	"iter"
	"math"
	"strings"
	"time"

	"artery/internal/events"
)

// Alertmanager names an alert by its fingerprint, which is that of its labels, and tells one time that it fires from another by
// startsAt alone. That moves while it fires: each Prometheus has a start of its own, each Alertmanager keeps the earliest that it
// has heard of, and one that was restarted has heard of few. So the start that came first stays in the id, and a report is of a
// known incident if the two overlap in time, as Alertmanager itself joins what it hears of one alert.

// firing is a time that an alert fired, as the log has it.
type firing struct {
	id       string
	from, to int64 // in milliseconds; to is far away while it is open
}

// firings are those of the alerts that are reported, by fingerprint.
func firings(known iter.Seq2[string, events.Head], reports []report) map[string][]firing {
	out := map[string][]firing{}
	for _, r := range reports {
		if r.fingerprint != "" {
			out[r.fingerprint] = nil
		}
	}
	if len(out) == 0 {
		return nil
	}
	for id, head := range known {
		// The id is the fingerprint and the start; incidents in the plain form have ids of any form.
		fingerprint := id[:max(0, strings.LastIndexByte(id, '-'))]
		if list, asked := out[fingerprint]; asked {
			out[fingerprint] = append(list, firing{id, head.Mark.From, end(head.Mark.To)})
		}
	}
	return out
}

func end(to int64) int64 {
	if to == 0 {
		return math.MaxInt64
	}
	return to
}

// recognise returns the report as one of the known incident that it is of, with the earlier of both starts, or as it is. Of
// several that overlap with it, it is of the latest one.
func (r report) recognise(known []firing) report {
	from, to := r.started.UnixMilli(), int64(math.MaxInt64)
	if !r.resolved.IsZero() {
		to = r.resolved.UnixMilli()
	}
	var of firing
	for _, k := range known {
		if k.id == r.id {
			of = k
			break
		}
		if k.from <= to && from <= k.to && (of.id == "" || k.from > of.from || k.from == of.from && k.id > of.id) {
			of = k
		}
	}
	if of.id == "" {
		return r
	}
	r.id = of.id
	if of.from < from {
		r.started = time.UnixMilli(of.from)
	}
	return r
}
