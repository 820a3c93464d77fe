package events

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// joined puts the parts of a record together.
func joined(t *testing.T, snaps []Snapshot) (raw []byte, first OddRowBody) {
	t.Helper()
	for i, s := range snaps {
		var b OddRowBody
		if err := json.Unmarshal(s.Body, &b); err != nil {
			t.Fatal(err)
		}
		if b.Part != i || b.Parts != len(snaps) || len(s.Body) > MaxBody || s.ID != fmt.Sprintf("%s/%d", b.Digest, i) {
			t.Fatalf("part %d of %d is %s, part %d of %d, %d bytes", i, len(snaps), s.ID, b.Part, b.Parts, len(s.Body))
		}
		if i == 0 {
			first = b
		}
		raw = append(raw, b.Raw...)
	}
	return raw, first
}

func TestOddRowKeepsEveryByte(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcde\xff"), 200_000) // 3 MB, and no UTF-8
	for name, raw := range map[string][]byte{
		"spaces and order": []byte("{ \"b\":1,\n\"a\" : \"\\u0041\"}"), "no json": []byte("<html>\x00\xfe"), "large": large,
		"exactly one part": large[:oddPart], "one byte more": large[:oddPart+1],
	} {
		row := OddRow{Kind: Run, API: "Pipelines", Poller: "pipelines", Reason: "why", Position: 107, Raw: raw, At: time.Unix(1, 0)}
		snaps, err := row.Snapshots()
		if err != nil {
			t.Fatal(err)
		}
		got, body := joined(t, snaps)
		if !bytes.Equal(got, raw) || body.Size != len(raw) || body.Position != 107 || body.RowKind != Run || body.API != "Pipelines" || body.Reason != "why" {
			t.Errorf("%s: %d of %d bytes, %+v", name, len(got), len(raw), body.Reason)
		}
		row.Position, row.Poller, row.At = 3, "active", time.Unix(60, 0)
		again, err := row.Snapshots()
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range again {
			if _, changed := Diff(snaps[i].head(), true, s, Origin{At: s.At}); changed || s.ID != snaps[i].ID {
				t.Errorf("%s: the same row at another place is another record", name)
			}
		}
	}
}

// head is the head that a snapshot leaves.
func (s Snapshot) head() Head { return Head{Seq: 1, At: s.At.UnixMilli(), Hash: s.Hash, Op: Created} }

func TestOddRowHoldsNoSecret(t *testing.T) {
	const secret = "hunter2-and-more"
	for _, raw := range []string{
		`{"password":"` + secret + `"`, `{"password":"` + secret, `{"variables":[{"name":"x","is_secret":true,"value":"` + secret + `"`,
		`{"id":[],"secret_key":["` + secret + `"]}`, `<p>password=` + secret + `</p>`, "X-Auth-Token: " + secret, `{'password': '` + secret + `'}`,
		`{"git_url":"https://u:` + secret + `@h/x.git`, `see https:\/\/u:` + secret + `@h`, `{password:` + secret + `}`, `["https:\/\/u:` + secret + `@h"`,
	} {
		snaps, err := OddRow{Kind: Run, Raw: []byte(raw), Reason: "left out " + raw}.Snapshots()
		if err != nil {
			t.Fatal(err)
		}
		got, body := joined(t, snaps)
		if strings.Contains(string(got), secret) || strings.Contains(body.Reason, secret) || strings.Contains(string(snaps[0].Body), base64.StdEncoding.EncodeToString([]byte(secret))) {
			t.Errorf("%s\nis kept as\n%s\nfor %s", raw, got, body.Reason)
		}
		if !strings.Contains(string(got), Redacted) {
			t.Errorf("%s is kept as %s", raw, got)
		}
	}
}

func detailOf(stages int, size int) []byte {
	var b strings.Builder
	b.WriteString(`{"id":"r1","pipeline_id":"p1","name":"a <b> & c","current_system_time":1,"stages":[`)
	for i := range stages {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"s%d","name":"<&>","jobs":[{"id":"j","message":%q}]}`, i, strings.Repeat("x", size))
	}
	return []byte(b.String() + `]}`)
}

func TestSplitRunDetail(t *testing.T) {
	raw := detailOf(5, 400<<10)
	if _, err := NewSnapshot(RunDetail, "r1", raw, Mark{}, time.Time{}); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("a detail of %d bytes: %v", len(raw), err)
	}
	mark := Mark{Parent: "p1", Number: 3, Status: "FAILED"}
	snaps, unfit, err := SplitRunDetail("r1", raw, mark, time.Unix(1, 0))
	if err != nil || len(unfit) != 0 || len(snaps) != 6 {
		t.Fatalf("%d snapshots, %d do not fit, %v", len(snaps), len(unfit), err)
	}
	run := snaps[5]
	if run.Kind != RunDetail || run.ID != "r1" || run.Mark != mark || !strings.Contains(string(run.Body), `"name":"a <b> & c"`) || !strings.Contains(string(run.Body), `"split_stages":5,"stages":[]`) {
		t.Errorf("the run is %s %s %v %s", run.Kind, run.ID, run.Mark, run.Body)
	}
	for i, s := range snaps[:5] {
		if s.Kind != RunDetailStage || s.ID != fmt.Sprintf("r1/%d", i) || !strings.HasPrefix(string(s.Body), fmt.Sprintf(`{"first_stage":%d,"pipeline_id":"p1","run_id":"r1","stages":[{"id":"s%d",`, i, i)) {
			t.Errorf("part %d is %s %s %.100s", i, s.Kind, s.ID, s.Body)
		}
	}
	// The hash covers every stage, and leaves out what is volatile.
	other, _, _ := SplitRunDetail("r1", bytes.Replace(raw, []byte(`"id":"s3"`), []byte(`"id":"s9"`), 1), mark, time.Unix(1, 0))
	later, _, _ := SplitRunDetail("r1", bytes.Replace(raw, []byte(`time":1`), []byte(`time":2`), 1), mark, time.Unix(1, 0))
	if other[5].Hash == run.Hash || other[3].Hash == snaps[3].Hash || other[2].Hash != snaps[2].Hash || later[5].Hash != run.Hash {
		t.Error("the hashes do not say what changed")
	}
}

func TestSplitGivesBackWhatDoesNotFit(t *testing.T) {
	raw := bytes.Replace(detailOf(3, 300<<10), []byte(`{"id":"s1","name":"<&>"`), []byte(`{"id":"s1","name":"`+strings.Repeat("n", 300<<10)+`"`), 1)
	snaps, unfit, err := SplitRunDetail("r1", raw, Mark{}, time.Time{})
	if err != nil || len(snaps) != 3 || len(unfit) != 1 || !errors.Is(unfit[0].Err, ErrTooLarge) || !bytes.Contains(unfit[0].Raw, []byte(`"first_stage":1`)) {
		t.Fatalf("%d snapshots, %d do not fit, %v", len(snaps), len(unfit), err)
	}
	whole := []byte(`{"id":"r1","sources":"` + strings.Repeat("x", MaxBody) + `","stages":[]}`)
	if _, _, err := SplitRunDetail("r1", whole, Mark{}, time.Time{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a detail that is too large without its stages: %v", err)
	}
	for _, odd := range []string{`{"stages":{}}`, `[]`, `{`, `{}`} {
		if snaps, _, err := SplitRunDetail("r1", []byte(odd), Mark{}, time.Time{}); err == nil {
			t.Errorf("%s is split into %d", odd, len(snaps))
		}
	}
}

func TestAMarkIsBounded(t *testing.T) {
	if _, err := NewSnapshot(Run, "r", []byte(`{}`), Mark{Status: strings.Repeat("x", MaxMark)}, time.Time{}); err == nil {
		t.Error("a status of 2 KiB goes into a header")
	}
}
