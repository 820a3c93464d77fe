package events

import (
	"bytes"
	"encoding/json"
	"math/big"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// surrogate finds escapes of surrogates, paired or not: encoding/json makes U+FFFD of the lone ones.
var surrogate = regexp.MustCompile(`\\u[dD][89a-fA-F]`)

// FuzzCanonical holds that the canonical form is JSON, in UTF-8, the same when made again, and means what the input means,
// secrets aside. What it accepts is what encoding/json accepts, but for the depth.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `[1,2.50,-0,1e9]`, `[18446744073709551616,-1e999]`, `{"b":{"z":[{"y":1,"x":null}]},"a":"\u00e9\/\ud83d\ude00"}`, `{"a":1,"a":2}`,
		`{"password":"x","v":[{"key":"token","value":"y"}],"u":"https://a:b@c"}`, `"\ud800\udc00\ud800"`, "\"\xff\xed\xa0\x80\\n\"", `{"":{"":[[[]]]}}`,
		`{"pipeline_id":"p","stage_status_list":[{"id":"s","start_time":null}],"build_params":{"git_url":"u"},"run_number":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		out, err := Canonical(nil, in, noRules)
		if !bytes.Equal(in, before) {
			t.Fatalf("the input %q became %q", before, in)
		}
		if valid := json.Valid(in); valid != (err == nil) && !(err != nil && strings.Contains(err.Error(), "nested deeper")) {
			t.Fatalf("%q: valid %v, error %v", in, valid, err)
		}
		if err != nil {
			return
		}
		if !json.Valid(out) || !utf8.Valid(out) {
			t.Fatalf("%q -> %q, which is no JSON in UTF-8", in, out)
		}
		if again, err := Canonical(nil, out, noRules); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%q -> %q -> %q, %v", in, out, again, err)
		}
		for _, kind := range Kinds() {
			body, err := Canonical(nil, in, RulesOf(kind))
			if err != nil {
				t.Fatalf("%s: %q: %v", kind, in, err)
			}
			state, err := normal(nil, body, RulesOf(kind))
			if err != nil || !json.Valid(state) {
				t.Fatalf("%s: normal form of %q: %q, %v", kind, body, state, err)
			}
		}
		if !utf8.Valid(in) || surrogate.Match(in) || bytes.Contains(out, []byte(Redacted)) {
			return
		}
		if a, b := meaning(t, in), meaning(t, out); !reflect.DeepEqual(a, b) {
			t.Fatalf("%q means %v, %q means %v", in, a, out, b)
		}
	})
}

func meaning(t *testing.T, text []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return spelt(v)
}

// spelt replaces the numbers that are neither whole with 64 bits nor in the range of a float64.
func spelt(v any) any {
	switch v := v.(type) {
	case json.Number:
		var wide big.Int
		_, err := v.Float64()
		if _, whole := wide.SetString(string(v), 10); err != nil || whole && !wide.IsInt64() && !wide.IsUint64() {
			return string(v)
		}
	case []any:
		for i := range v {
			v[i] = spelt(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = spelt(v[k])
		}
	}
	return v
}

// FuzzRedactURLs holds that no user information with a password is left, and that a second pass changes nothing.
func FuzzRedactURLs(f *testing.F) {
	f.Add("see https://u:p@h and ssh://git@h", "u", "secret")
	f.Fuzz(func(t *testing.T, text, user, password string) {
		once := RedactURLs(text)
		if again := RedactURLs(once); again != once {
			t.Fatalf("%q -> %q -> %q", text, once, again)
		}
		if strings.ContainsAny(user+password, ":@/?# \t\n\"'<>") || len(password) < 3 || strings.Contains("https://[redacted]@host", password) {
			return
		}
		if got := RedactURLs("x https://" + user + ":" + password + "@host y"); strings.Contains(got, password) {
			t.Fatalf("password %q is left in %q", password, got)
		}
	})
}

// FuzzRedactBytes holds that redaction in place replaces of JSON exactly what the canonical form replaces, that a second
// pass changes nothing, and that no text makes it fail.
func FuzzRedactBytes(f *testing.F) {
	for _, seed := range []string{
		``, `{`, `"`, `[[[`, `]]}`, `{"password":"x"`, `{"password":"hun`, `{"is_secret":true,"value":"x"},{"value":"y"}`,
		`{"value":"x","is_secret":"true"}`, `{"value":["a",{"b":1}],"key":"token"}`, `{"tokens":["a"],"token":["a",["b"]],"pwd":-1}`,
		`<html>password=hunter2&x=1</html>`, "X-Auth-Token: abc def\nDate: now", `{"u":"https:\/\/a:b@c"} https://a:b@c`,
		`{"a":{"name":"apikey","latest_value":"v","default_value":null}}`, `{"pass\u0077ord":"x","a":"\ud800"}`, `{"":"","secret":""}`,
		`{"definition":"{\"password\":\"x\",\"u\":\"https://h/?token=a&b=c\"}","v":"[\"\xff\",{\"sk\":1}]"}`, `https:\/\/h\/?sig=a#token=b https://u:p@h?x=y`,
		"{\"t\":\"{\\\"password\\\":\\\"\xff\\\"}\"}", `"{\"password\":\"x\",\"u\":\"https://a\u0001:b@c\"}"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out := RedactBytes(in)
		if again := RedactBytes(out); !bytes.Equal(again, out) {
			t.Fatalf("%q -> %q -> %q", in, out, again)
		}
		want, err := Canonical(nil, in, noRules)
		if err != nil {
			return
		}
		if got, err := Canonical(nil, out, noRules); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%q -> %q: %v\n%q\n%q", in, out, err, got, want)
		}
	})
}

// FuzzOddRow: the record of any bytes holds them all, secrets aside, and is the same record when made again.
func FuzzOddRow(f *testing.F) {
	f.Add([]byte(`{"pipeline_id":7}`), "\"two\" is no integer", 3)
	f.Add([]byte("<html>\xff\x00"), "see https://u:p@h", -1)
	f.Add(bytes.Repeat([]byte{'x'}, oddPart+1), "", 0)
	f.Fuzz(func(t *testing.T, raw []byte, reason string, position int) {
		row := OddRow{Kind: Run, API: "Pipelines", Reason: reason, Position: position, Raw: raw}
		snaps, err := row.Snapshots()
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if got, body := joined(t, snaps); !bytes.Equal(got, RedactBytes(raw)) || body.Size != len(got) || len(body.Reason) > maxReason*4 {
			t.Fatalf("%q is kept as %q, %d bytes", raw, got, body.Size)
		}
		row.Position++
		if again, err := row.Snapshots(); err != nil || again[0].ID != snaps[0].ID || again[0].Hash != snaps[0].Hash {
			t.Fatalf("%q at another place is another record", raw)
		}
	})
}

// FuzzSplitRunDetail: the parts of a detail hold its stages, each at its place, and nothing else of it is lost.
func FuzzSplitRunDetail(f *testing.F) {
	f.Add([]byte(`{"id":"r","pipeline_id":"p","stages":[{"id":"a","jobs":[]},{"id":"b"}],"name":"<&>"}`))
	f.Add([]byte(`{"stages":[],"password":"x"}`))
	f.Add([]byte(`{"stages":[null,1],"pipeline_id":null,"stages":[2]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		whole, err := newSnapshot(RunDetail, "r", raw, Mark{}, time.Time{})
		if err != nil {
			return
		}
		snaps, unfit, err := SplitRunDetail("r", raw, Mark{}, time.Time{})
		if err != nil || len(unfit) > 0 {
			return // no object with stages: the row is an odd row
		}
		var want, rest map[string]json.RawMessage
		var stages []json.RawMessage
		if json.Unmarshal(whole.Body, &want) != nil || json.Unmarshal(want["stages"], &stages) != nil {
			t.Fatalf("%q is split", raw)
		}
		if len(snaps) != len(stages)+1 || snaps[len(stages)].Hash != whole.Hash || json.Unmarshal(snaps[len(stages)].Body, &rest) != nil {
			t.Fatalf("%q gives %d parts", raw, len(snaps))
		}
		for i, stage := range stages {
			var part struct {
				First  int               `json:"first_stage"`
				Stages []json.RawMessage `json:"stages"`
			}
			if err := json.Unmarshal(snaps[i].Body, &part); err != nil || part.First != i || len(part.Stages) != 1 || !bytes.Equal(part.Stages[0], stage) {
				t.Fatalf("stage %d of %q is %s in its part, %v", i, raw, snaps[i].Body, err)
			}
		}
		for name, value := range want {
			if name != "stages" && name != "split_stages" && !bytes.Equal(rest[name], value) {
				t.Fatalf("%q of %q is %s in the rest", name, raw, rest[name])
			}
		}
	})
}
