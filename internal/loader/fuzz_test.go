package loader

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"artery/internal/events"
)

// FuzzRow: a message becomes a row or a quarantine row, always the same one, and its bytes are in it unchanged.
func FuzzRow(f *testing.F) {
	full := fullRecord()
	f.Add(full.Subject, "changed", "2026-03-01T12:00:00.250Z", "pipe|12|FAILED|1|2", "x-later", "kept", full.Body)
	f.Add("artery.acme.p1.poll", "completed", "2026-03-01T12:00:00Z", "", "ce-subject", "poll/", []byte(`{"n":0}`))
	f.Add("artery.acme.p1.run.%", "created", "0001-01-01T00:00:00Z", "", "", "", []byte(`{}`))
	f.Add("artery.acme.p1.run.%4", "created", "9999-12-31T23:59:59Z", "|||", "Nats-TTL", "x", []byte(`{`))
	f.Add("artery.acme.p1.odd_row.d%2F0", "created", "2026-03-01T12:00:00+08:00", "", "ce-time", "again", []byte("\xff"))
	f.Fuzz(func(t *testing.T, subject, op, at, mark, name, value string, body []byte) {
		header := map[string][]string{events.HeaderOp: {op}, events.HeaderID: {"id"}, events.HeaderTime: {at}, events.HeaderMark: {mark}}
		header[name] = append(header[name], value)
		r := events.Record{Stream: "ARTERY", Epoch: 1, Seq: 7, StoredAt: time.Unix(1, 5).UTC(), Subject: subject, Header: header, Body: bytes.Clone(body)}
		e, err := row(r)
		again, fault := row(r)
		if (err == nil) != (fault == nil) || err != nil && err.Error() != fault.Error() || !reflect.DeepEqual(e, again) || !bytes.Equal(r.Body, body) {
			t.Fatalf("%+v: %v, then %+v: %v", e, err, again, fault)
		}
		if err != nil {
			q := quarantined(r, err, "v")
			if !bytes.Equal(q.Body, body) || q.Subject != subject || q.Seq != 7 || q.Error == "" || !json.Valid([]byte(q.Headers)) {
				t.Fatalf("quarantined as %+v", q)
			}
			return
		}
		key, err := events.ParseSubject(subject)
		if err != nil || !bytes.Equal(e.Body, body) || !json.Valid(body) || e.Op != op || e.ID != key.ID || e.Scope != key.Scope || e.ObservedAt.Year() < 1970 {
			t.Fatalf("%q %q became %+v", subject, body, e)
		}
	})
}
