package loader

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/events"
	"artery/internal/schema"
)

// fullRecord is a message as the collector writes it, with every header.
func fullRecord() events.Record {
	return events.Record{
		Stream: "ARTERY", Epoch: 7, Seq: 4711, StoredAt: time.Date(2026, 3, 1, 12, 0, 1, 123456789, time.UTC),
		Subject: "artery.acme%20eu.0123456789abcdef0123456789abcdef.run_detail.a%2Eb%2Ac",
		Header: map[string][]string{
			"ce-specversion": {"1.0"}, "ce-id": {"00112233445566778899aabbccddeeff"}, "ce-source": {"/codearts/eu-west-101/acme eu/p"},
			"ce-type": {"dev.cdeventsx.codearts-rundetail.changed.0.1.0"}, "ce-subject": {"run_detail/a.b*c"},
			"ce-time": {"2026-03-01T12:00:00.250Z"}, "ce-dataschema": {"urn:artery:run_detail:1"}, "content-type": {"application/json"},
			"ce-op": {"changed"}, "ce-prevhash": {strings.Repeat("a", 32)}, "ce-statehash": {strings.Repeat("b", 32)},
			"ce-pollid": {"poll-9"}, "ce-mark": {"pipe|12|FAILED|1|2"}, "ce-zone": {"+08:00"},
			"x-later": {"kept"}, "CE-Op": {"not the op: header names are case-sensitive"},
			"Nats-Batch-Id": {"b1"}, "Nats-TTL": {"4320h0m0s"}, "Nats-Expected-Last-Subject-Sequence": {"1", "2"},
		},
		Body: []byte("{\"id\":\"a.b*c\",\"text\":\"\u00e9\\u0000\"}"),
	}
}

func TestRowHasEveryColumn(t *testing.T) {
	want := schema.Event{
		Epoch: 7, Seq: 4711, Stream: "ARTERY", StoredAt: time.Date(2026, 3, 1, 12, 0, 1, 123456789, time.UTC),
		Subject: "artery.acme%20eu.0123456789abcdef0123456789abcdef.run_detail.a%2Eb%2Ac",
		Tenant:  "acme eu", Scope: "0123456789abcdef0123456789abcdef", Kind: "run_detail", ID: "a.b*c",
		Op: "changed", ObservedAt: time.Date(2026, 3, 1, 12, 0, 0, 250e6, time.UTC),
		CEID: "00112233445566778899aabbccddeeff", CEType: "dev.cdeventsx.codearts-rundetail.changed.0.1.0", CESource: "/codearts/eu-west-101/acme eu/p",
		PrevHash: strings.Repeat("a", 32), StateHash: strings.Repeat("b", 32), PollID: "poll-9", Mark: "pipe|12|FAILED|1|2", Zone: "+08:00",
		Headers: map[string]string{
			"x-later": "kept", "CE-Op": "not the op: header names are case-sensitive",
		},
		Body: []byte("{\"id\":\"a.b*c\",\"text\":\"\u00e9\\u0000\"}"),
	}
	got, err := row(fullRecord())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for i, v := 0, reflect.ValueOf(got); i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("column %s is empty: the record fills every one", v.Type().Field(i).Name)
		}
	}
}

// The four headers that repeat the subject are dropped only while they do.
func TestHeadersThatSayMore(t *testing.T) {
	for name, value := range map[string]string{
		"ce-specversion": "1.1", "content-type": "text/plain", "ce-dataschema": "urn:artery:run_detail:2", "ce-subject": "run_detail/other",
	} {
		r := fullRecord()
		r.Header[name] = []string{value}
		got, err := row(r)
		if err != nil || got.Headers[name] != value {
			t.Errorf("%s: %s gives the headers %v, %v", name, value, got.Headers, err)
		}
	}
}

func TestRowOfAPollRecord(t *testing.T) {
	o := events.Origin{Tenant: "acme", Region: "eu", Scope: events.TenantScope, PollID: "p1", At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	e := events.PollRecord{PollID: "p1", N: 3}.Event(o)
	r := events.Record{Stream: "ARTERY", Epoch: 1, Seq: 1, StoredAt: o.At, Subject: e.Key.Subject(), Header: e.Header(o, 0), Body: e.Body}
	got, err := row(r)
	if err != nil {
		t.Fatal(err)
	}
	if got.Kind != "poll" || got.ID != "" || got.Scope != "_tenant" || got.Tenant != "acme" || got.Op != "completed" {
		t.Errorf("got %+v", got)
	}
}

func TestRowIsPure(t *testing.T) {
	first, err := row(fullRecord())
	if err != nil {
		t.Fatal(err)
	}
	bad := fullRecord()
	for _, name := range []string{"x-later", "ce-op", "ce-id", "ce-mark", "ce-zone"} {
		bad.Header[name] = []string{"1", "2"}
	}
	_, fault := row(bad)
	before := quarantined(bad, fault, "v1")
	for range 50 {
		again, err := row(fullRecord())
		if err != nil || !reflect.DeepEqual(again, first) {
			t.Fatalf("another row: %+v, %v", again, err)
		}
		clone := bad
		clone.Header = maps.Clone(bad.Header) // another order of the map
		_, err = row(clone)
		if q := quarantined(clone, err, "v1"); !reflect.DeepEqual(q, before) {
			t.Fatalf("another quarantine row:\n%+v\n%+v", q, before)
		}
	}
	// The offset of the clock that wrote the time is not state.
	r := fullRecord()
	r.Header["ce-time"] = []string{"2026-03-01T20:00:00.250+08:00"}
	if got, err := row(r); err != nil || !reflect.DeepEqual(got, first) {
		t.Errorf("the same instant in another zone: %+v, %v", got, err)
	}
}

func TestBadRecordsGoToQuarantine(t *testing.T) {
	header := func(name string, values ...string) func(*events.Record) {
		return func(r *events.Record) {
			if len(values) == 0 {
				delete(r.Header, name)
			} else {
				r.Header[name] = values
			}
		}
	}
	for _, c := range []struct {
		name   string
		change func(*events.Record)
		fault  string // part of the error
	}{
		{"a foreign subject", func(r *events.Record) { r.Subject = "artery.acme.x" }, "artery.acme.x"},
		{"a subject with a bad escape", func(r *events.Record) { r.Subject = "artery.acme.p.run.%zz" }, "%zz"},
		{"no headers at all", func(r *events.Record) { r.Header = nil }, "ce-op"},
		{"no op", header("ce-op"), "ce-op"},
		{"no id", header("ce-id"), "ce-id"},
		{"no time", header("ce-time"), "ce-time"},
		{"a time that is none", header("ce-time", "yesterday"), "yesterday"},
		{"a time before the table's", header("ce-time", "0001-01-01T00:00:00Z"), "0001-01-01"},
		{"a time after the driver's", header("ce-time", "2262-04-12T00:00:00Z"), "2262-04-12"},
		{"a header twice", header("ce-mark", "a", "b"), "ce-mark has 2 values"},
		{"a header without a value", func(r *events.Record) { r.Header["x-empty"] = nil }, "x-empty has 0 values"},
		{"a body that is no JSON", func(r *events.Record) { r.Body = []byte("{\"a\":") }, "5 bytes"},
		{"an empty body", func(r *events.Record) { r.Body = nil }, "0 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := fullRecord()
			c.change(&r)
			var b Block
			err := b.add(r, "v1.2.3")
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Fatalf("the error is %v, want one with %q", err, c.fault)
			}
			if b.Events.Len() != 0 || len(b.Quarantined) != 1 || !slices.Equal(b.seqs, []uint64{4711}) {
				t.Fatalf("%d events, %d quarantined, sequences %v", b.Events.Len(), len(b.Quarantined), b.seqs)
			}
			q := b.Quarantined[0]
			var header map[string][]string
			if err := json.Unmarshal([]byte(q.Headers), &header); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(header, r.Header) {
				t.Errorf("headers are %s, want %v", q.Headers, r.Header)
			}
			q.Headers = ""
			want := schema.Quarantined{
				Epoch: 7, Seq: 4711, Stream: "ARTERY", StoredAt: r.StoredAt, Subject: r.Subject, Body: r.Body,
				Error: err.Error(), LoaderVersion: "v1.2.3",
			}
			if !reflect.DeepEqual(q, want) {
				t.Errorf("got  %+v\nwant %+v", q, want)
			}
		})
	}
}

func TestAResetBlockHoldsNothing(t *testing.T) {
	var b Block
	good, bad := fullRecord(), fullRecord()
	bad.Body = []byte("no JSON")
	_, _ = b.add(good, ""), b.add(bad, "")
	kept := b.Quarantined
	b.reset()
	if b.Events.Len() != 0 || b.Events.Bytes() != 0 || len(b.Quarantined) != 0 || len(b.seqs) != 0 {
		t.Errorf("the block holds %d events, %d quarantined, %d sequences", b.Events.Len(), len(b.Quarantined), len(b.seqs))
	}
	if kept[0].Body != nil {
		t.Error("a message stays in memory")
	}
}
