package loader

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"artery/internal/events"
	"artery/internal/schema"
)

// lastYear is the first year that the driver can not write: it counts nanoseconds in 64 bits, and wraps around in silence.
const lastYear = 2262

// row makes the row of a record. It is a pure function of the record: the same message gives the same row, whenever and
// by whomever it is loaded.
func row(r events.Record) (schema.Event, error) {
	key, err := events.ParseSubject(r.Subject)
	if err != nil {
		return schema.Event{}, err
	}
	e := schema.Event{
		Epoch: r.Epoch, Seq: r.Seq, Stream: r.Stream, StoredAt: r.StoredAt, Subject: r.Subject,
		Tenant: key.Tenant, Scope: key.Scope, Kind: string(key.Kind), ID: key.ID, Body: r.Body,
	}
	var observed, odd string
	for name, values := range r.Header {
		if strings.HasPrefix(name, "Nats-") {
			continue // of the transport: batch ids, expectations, TTL. Not part of the event.
		}
		if len(values) != 1 {
			odd = max(odd, name) // not the first one met: a map has no order, and the same record gives the same fault
			continue
		}
		v := values[0]
		switch name {
		case events.HeaderOp:
			e.Op = v
		case events.HeaderTime:
			observed = v
		case events.HeaderID:
			e.CEID = v
		case events.HeaderType:
			e.CEType = v
		case events.HeaderSource:
			e.CESource = v
		case events.HeaderPrevHash:
			e.PrevHash = v
		case events.HeaderStateHash:
			e.StateHash = v
		case events.HeaderPollID:
			e.PollID = v
		case events.HeaderMark:
			e.Mark = v
		case events.HeaderZone:
			e.Zone = v
		default:
			if implied(name, v, key) {
				continue
			}
			if e.Headers == nil {
				e.Headers = map[string]string{}
			}
			e.Headers[name] = v
		}
	}
	if odd != "" {
		return e, fmt.Errorf("header %s has %d values, want one", odd, len(r.Header[odd]))
	}
	if e.Op == "" || e.CEID == "" {
		return e, fmt.Errorf("the message has no %s or no %s header: it is not a change event", events.HeaderOp, events.HeaderID)
	}
	if e.ObservedAt, err = time.Parse(time.RFC3339Nano, observed); err != nil {
		return e, fmt.Errorf("header %s is %q, which is no RFC 3339 time", events.HeaderTime, observed)
	}
	if e.ObservedAt = e.ObservedAt.UTC(); e.ObservedAt.Year() < 1970 || e.ObservedAt.Year() >= lastYear {
		return e, fmt.Errorf("header %s is %s, a time that the table can not hold", events.HeaderTime, observed)
	}
	if !readable(r.Body) {
		return e, fmt.Errorf("the body of %d bytes is no JSON that ClickHouse reads", len(r.Body))
	}
	return e, nil
}

// implied says whether a header only repeats what the subject says: CloudEvents wants it in every message, the table has
// it already. Any other value of it is kept.
func implied(name, value string, key events.Key) bool {
	switch name {
	case events.HeaderSpecVersion:
		return value == "1.0"
	case events.HeaderContentType:
		return value == "application/json"
	case events.HeaderSchema:
		return value == "urn:artery:"+string(key.Kind)+":1"
	case events.HeaderSubject:
		return value == string(key.Kind)+"/"+key.ID
	}
	return false
}

// quarantined makes the quarantine row of a record that has no other: everything of it, and what is wrong.
func quarantined(r events.Record, why error, version string) schema.Quarantined {
	headers, err := json.Marshal(r.Header)
	if err != nil {
		headers = []byte("{}") // a map of strings is always JSON
	}
	return schema.Quarantined{
		Epoch: r.Epoch, Seq: r.Seq, Stream: r.Stream, StoredAt: r.StoredAt, Subject: r.Subject,
		Headers: string(headers), Body: r.Body, Error: why.Error(), LoaderVersion: version,
	}
}
