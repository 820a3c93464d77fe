package events

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var origin = Origin{Tenant: "acme", Region: "eu-west-101", Scope: TenantScope, PollID: "poll-1", Zone: "+08:00", At: instant.Add(time.Second)}

func TestDiff(t *testing.T) {
	a, b := snapshot(t, Repository, `{"capacity":1}`), snapshot(t, Repository, `{"capacity":2}`)
	head := func(op Op, s Snapshot, at time.Time) Head {
		return Head{Seq: 7, At: at.UnixMilli(), Hash: s.Hash, Op: op}
	}
	for _, c := range []struct {
		name  string
		head  Head
		known bool
		snap  Snapshot
		want  Op // "" = no event
	}{
		{"never seen", Head{}, false, a, Created},
		{"unchanged", head(Created, a, instant), true, a, ""},
		{"changed", head(Created, a, instant), true, b, Changed},
		{"changed back", head(Changed, b, instant), true, a, Changed},
		{"deleted and there again as it was", head(Deleted, a, instant), true, a, Restored},
		{"missing and there again", head(Missing, a, instant), true, b, Restored},
		{"expired and there again", head(Expired, a, instant), true, a, Restored},
		{"restored, unchanged", head(Restored, a, instant), true, a, ""},
		{"asked for before the head was", head(Changed, b, instant.Add(time.Millisecond)), true, a, ""},
		{"asked for before it was deleted", head(Deleted, b, instant.Add(time.Millisecond)), true, a, ""},
		{"asked for in the same millisecond", head(Changed, b, instant), true, a, Changed},
		{"a head from the future", head(Changed, b, origin.At.Add(time.Hour)), true, a, Changed},
	} {
		e, changed := Diff(c.head, c.known, c.snap, origin)
		if changed != (c.want != "") || e.Op != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, e.Op, changed, c.want)
			continue
		}
		if !changed {
			continue
		}
		want := Event{Key: Key{"acme", TenantScope, Repository, "x"}, Op: c.want, At: instant, PrevHash: c.head.Hash, Hash: c.snap.Hash, Body: c.snap.Body}
		if !reflect.DeepEqual(e, want) {
			t.Errorf("%s: event %+v, want %+v", c.name, e, want)
		}
	}
}

// TestHeader compares with the message format as documented; the id was calculated by sha256sum over the subject, the
// previous sequence and the hash, one a line.
func TestHeader(t *testing.T) {
	h, _ := ParseHash("0123456789abcdef0123456789abcdef")
	prev, _ := ParseHash("ffffffffffffffffffffffffffffffff")
	e := Event{
		Key: Key{"acme", TenantScope, Repository, "7"}, Op: Changed, At: instant.Add(123456789), PrevHash: prev, Hash: h,
		Mark: Mark{Parent: "p", Number: 1},
	}
	got := e.Header(origin, 42)
	want := map[string]string{
		"ce-specversion": "1.0", "ce-id": "daf2c4969c5c7af4450daa2717476c2f", "ce-source": "/codearts/eu-west-101/acme/_tenant",
		"ce-type": "dev.cdeventsx.codearts-repository.changed.0.1.0", "ce-subject": "repository/7", "ce-time": "2026-03-04T06:00:00.123Z",
		"ce-dataschema": "urn:artery:repository:1", "content-type": "application/json", "ce-op": "changed",
		"ce-prevhash": "ffffffffffffffffffffffffffffffff", "ce-statehash": "0123456789abcdef0123456789abcdef", "ce-pollid": "poll-1",
		"ce-mark": "p|1||0|0", "ce-zone": "+08:00",
	}
	flat := map[string]string{}
	for name, v := range got {
		flat[name] = strings.Join(v, ",")
	}
	if !maps.Equal(flat, want) {
		t.Errorf("headers\n got %v\nwant %v", flat, want)
	}
	if detail := (Event{Key: Key{Kind: RunDetail}, Op: Created}).Header(origin, 0)["ce-type"][0]; detail != "dev.cdeventsx.codearts-rundetail.created.0.1.0" {
		t.Errorf("type of a run detail: %s", detail)
	}
	for _, absent := range []string{"ce-prevhash", "ce-mark", "ce-zone"} {
		if _, ok := (Event{Key: e.Key, Op: Created, Hash: h}).Header(Origin{}, 0)[absent]; ok {
			t.Errorf("header %s is there without a value", absent)
		}
	}
	head, err := ParseHead(9, got)
	if wanted := (Head{Seq: 9, At: 1772604000123, Hash: h, Op: Changed, Mark: e.Mark}); err != nil || head != wanted || e.Head(9) != wanted {
		t.Errorf("head from headers %+v, %v; from the event %+v; want %+v", head, err, e.Head(9), wanted)
	}
	if again := e.Header(origin, 43)["ce-id"][0]; again == want["ce-id"] {
		t.Error("the same state after another predecessor has the same id")
	}
}

func TestParseHeadErrors(t *testing.T) {
	good := Event{Key: Key{Kind: Run, ID: "x"}, Op: Created, At: instant, Mark: Mark{Number: 1}, Hash: Hash{1}}.Header(origin, 0)
	for name, bad := range map[string]string{HeaderStateHash: "zz", HeaderMark: "x", HeaderTime: "yesterday"} {
		h := maps.Clone(good)
		h[name] = []string{bad}
		if _, err := ParseHead(77, h); err == nil || !strings.Contains(err.Error(), "message 77") {
			t.Errorf("%s %q: %v", name, bad, err)
		}
	}
	if _, err := ParseHead(1, nil); err == nil {
		t.Error("no headers at all gave no error")
	}
}

func TestPollRecord(t *testing.T) {
	p := PollRecord{PollID: "poll-1", PrevPollSeq: 6, N: 3, Part: 1, Last: true, Version: "v1", Sweep: Sweep{
		Poller: "pipelines", Kinds: []Kind{Pipeline, Run}, Complete: true, Total: 40, Pages: 2, Calls: 2, Errors: 1, Allowed: 1.5, Every: 30,
		Started: instant, Finished: instant.Add(time.Second), APIDate: instant.Add(2 * time.Second),
	}}
	e := p.Event(origin)
	var got, want map[string]any
	if err := json.Unmarshal(e.Body, &got); err != nil {
		t.Fatal(err)
	}
	json.Unmarshal([]byte(`{"poll_id":"poll-1","prev_poll_seq":6,"n":3,"part":1,"last":true,"poller":"pipelines","complete":true,"total":40,"pages":2,
		"calls":2,"errors":1,"allowed_per_s":1.5,"every_s":30,"started_at":"2026-03-04T06:00:00.000Z","finished_at":"2026-03-04T06:00:01.000Z","api_date":"2026-03-04T06:00:02.000Z",
		"version":"v1","kinds":["pipeline","run"]}`), &want)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("body %v\nwant %v", got, want)
	}
	if e.Key != PollKey("acme", TenantScope) || e.Op != Completed || !e.At.Equal(origin.At) || e.Mark.String() != "poll-1|3||6|0" {
		t.Errorf("event %+v", e)
	}
	if typ := e.Header(origin, 6)[HeaderType][0]; typ != "dev.cdeventsx.codearts-poll.completed.0.1.0" {
		t.Errorf("type %s", typ)
	}
}

func TestCut(t *testing.T) {
	of := func(n, size int) []Event { return slices.Repeat([]Event{{Body: make([]byte, size)}}, n) }
	for _, c := range []struct {
		name   string
		events []Event
		want   []int
	}{
		{"none", nil, []int{0}},
		{"one", of(1, 10), []int{1}},
		{"999", of(999, 10), []int{999}},
		{"1000", of(1000, 10), []int{999, 1}},
		{"2500", of(2500, 10), []int{999, 999, 502}},
		// 4 MiB / (512 KiB + 1 KiB for headers) = 7.98
		{"large bodies", of(16, MaxBody), []int{7, 7, 2}},
		{"one larger than a batch", of(2, 5<<20), []int{1, 1}},
		{"exactly full", of(4, 1<<20-1024), []int{4}},
		{"one byte over", append(of(3, 1<<20-1024), of(1, 1<<20-1023)...), []int{3, 1}},
	} {
		if got := Cut(c.events); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
