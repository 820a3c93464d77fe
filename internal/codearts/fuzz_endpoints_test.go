package codearts

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

// endless ends a walk whose total the fuzzer made up.
type endless struct {
	answer func() *http.Response
	calls  int
}

func (e *endless) RoundTrip(req *http.Request) (*http.Response, error) {
	if e.calls++; e.calls > 3 {
		return nil, io.EOF
	}
	return e.answer(), nil
}

// FuzzEndpoints gives every endpoint function the same answer: none fails otherwise than with an *Error, hangs, or takes what
// is no JSON for data.
func FuzzEndpoints(f *testing.F) {
	for _, name := range documents {
		f.Add(200, []byte(fixture(f, name)), "3", "")
	}
	for _, shape := range shapes {
		f.Add(200, []byte(strings.ReplaceAll(shape, "%q", `"DEVCP.00014031"`)), "", "")
	}
	for _, body := range []string{``, `[]`, `{}`, `null`, `[1,null,"x",[]]`, `{"total":"1","data":[1]}`, `{"status":"success","result":[{}]}`,
		`{"has_more":true,"start_offset":"0","end_offset":"9","log":"x"}`, `{"offset":0,"limit":1,"total":9,"data":["0.0.2"]}`, `["0.0.2"]`,
		`{"projects":[{"id":"a"}],"links":{"next":"x"}}`, `{"publisher_detail_map":{"a":{}}}`} {
		f.Add(200, []byte(body), "1", "")
	}
	f.Add(429, []byte(`{}`), "", "Sat, 01 Jan 2000 00:00:40 GMT")
	f.Add(302, []byte(``), "", "7")
	f.Fuzz(func(t *testing.T, status int, body []byte, total, retry string) {
		if status < 100 || status > 999 {
			return
		}
		opts := keyOptions()
		opts.Attempts, opts.Throttled, opts.Limits = 1, 1, Limits{PerSecond: 1e6, Burst: 1e6, Tenant: 1e9}
		wire := &endless{answer: func() *http.Response {
			return &http.Response{StatusCode: status, Header: http.Header{"X-Total": {total}, "Retry-After": {retry}}, Body: io.NopCloser(bytes.NewReader(body))}
		}}
		opts.HTTPClient = &http.Client{Transport: wire}
		// In a bubble, where the wait after a throttled answer takes no time.
		synctest.Test(t, func(t *testing.T) {
			c, err := New(opts)
			if err != nil {
				t.Fatal(err)
			}
			everyEndpoint(t, c, func(name string, err error) {
				wire.calls = 0
				var e *Error
				switch {
				case err == nil:
					if status < 200 || status > 299 || !json.Valid(body) {
						t.Fatalf("%s takes status %d with %q", name, status, body)
					}
				case !errors.As(err, &e):
					t.Fatalf("%s: %v (%T)", name, err, err)
				case e.Class == ClassOK || len(e.Error()) > 2000 || !utf8.ValidString(e.Error()) || strings.ContainsAny(e.Error(), "\n\r\x00"):
					t.Fatalf("%s: class %q, text %q", name, e.Class, e)
				}
			})
		})
	})
}

// FuzzSignIn: an answer of IAM is a token with a life, or an error that does not repeat the token.
func FuzzSignIn(f *testing.F) {
	f.Add("MIIDkgYJKoZI", []byte(`{"token":{"expires_at":"2019-02-13T06:52:13.855000Z","methods":["password"]}}`), "Wed, 13 Feb 2019 05:00:00 GMT")
	f.Add("", []byte(`{"token":{}}`), "")
	f.Add("x", []byte(`{"error":{"code":401,"message":"The username or password is wrong.","title":"Unauthorized"}}`), "soon")
	f.Add("token-token", []byte(`{"token":{"expires_at":[1]}} token-token`), "")
	c, err := New(passwordOptions())
	if err != nil {
		f.Fatal(err)
	}
	c.opts.Now = func() time.Time { return time.Unix(1550000000, 0) }
	f.Fuzz(func(t *testing.T, token string, body []byte, date string) {
		a := answer{status: 201, header: http.Header{"X-Subject-Token": {token}, "Date": {date}}, body: body}
		in, err := c.readSignIn(a)
		if err == nil {
			if in.secret.Reveal() != token || token == "" || in.life <= 0 {
				t.Fatalf("a token of %d characters lives %s", len(in.secret.Reveal()), in.life)
			}
			return
		}
		q := request{api: apiSignIn, read: func(a answer) error { _, err := c.readSignIn(a); return err }}
		e := c.judge(q, &http.Request{}, &a)
		if e == nil {
			t.Fatalf("%q is an error once, and none again", body)
		}
		c.complete(e, q, &http.Request{}, a)
		if len(token) >= 8 && !strings.Contains(redacted+"the answer is no JSON an object instead of an array cut off after bytes calling SignIn of tenant acme unusable status", token) && strings.Contains(e.Message, token) {
			t.Fatalf("the token %q is in %q", token, e.Message)
		}
	})
}

// FuzzRetryAfter: no header makes a client wait longer than it may, or for less than nothing.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "7", "-3", "NaN", "+Inf", "1e309", "0x1p4", "Sun, 22 Nov 2026 10:00:30 GMT", "Sunday, 22-Nov-26 10:00:30 GMT", "soon"} {
		f.Add(seed, "Sun, 22 Nov 2026 10:00:00 GMT")
	}
	f.Fuzz(func(t *testing.T, text, date string) {
		got := retryAfter(http.Header{"Retry-After": {text}, "Date": {date}}, time.Unix(1795341600, 0))
		if got < 0 || got > maxRetryAfter {
			t.Fatalf("%q with the date %q gives %s", text, date, got)
		}
	})
}

// FuzzSplit: members and elements hand out every byte of a value, as encoding/json sees it.
func FuzzSplit(f *testing.F) {
	for _, name := range documents {
		f.Add([]byte(fixture(f, name)))
	}
	f.Add([]byte(` [ 1 , "\"]" , [ ] , { "a" : [ "}" ] } ] `))
	f.Add([]byte(`{"\u0061":1,"a":2,"":{}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if !json.Valid(in) {
			return
		}
		switch first(in) {
		case '[':
			var want []json.RawMessage
			if json.Unmarshal(in, &want) != nil {
				return
			}
			got := elements(in)
			if len(got) != len(want) {
				t.Fatalf("%q has %d elements, want %d", in, len(got), len(want))
			}
			for i := range got {
				if !bytes.Equal(got[i], want[i]) {
					t.Fatalf("element %d of %q is %q, want %q", i, in, got[i], want[i])
				}
			}
		case '{':
			want, got := map[string]json.RawMessage{}, map[string]json.RawMessage{}
			if json.Unmarshal(in, &want) != nil {
				return
			}
			for name, value := range members(in) {
				got[string(bytes.ToValidUTF8([]byte(name), []byte("\ufffd")))] = value
			}
			if utf8.Valid(in) && len(got) != len(want) {
				t.Fatalf("%q has the members %q, want %q", in, got, want)
			}
			for name, value := range want {
				if utf8.Valid(in) && !bytes.Equal(got[name], value) {
					t.Fatalf("member %q of %q is %q, want %q", name, in, got[name], value)
				}
			}
		}
	})
}
