package codearts

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// documented are the error codes that the documents print, and those met in practice, each with the status that it comes
// with. What the client does follows from the class: see acts.
var documented = []struct {
	status int
	code   string
	class  Class
}{
	// Pipeline API 5.2, with status 200
	{200, "DEVCP.00014031", ClassPermission},
	{200, "DEVCP.00012002", ClassNotFound},
	{200, "DEVCP.00014004", ClassBadRequest},
	{200, "DEVPIPE.00011104", ClassRetry},
	{200, "DEVPIPE.00011105", ClassRetry},
	{200, "DEVPIPE.00011127", ClassRetry},
	{200, "DEVPIPE.00011129", ClassBadRequest},
	{200, "DEVPIPE.00011132", ClassBadRequest},
	{200, "DEVPIPE.00011301", ClassPermission},
	{200, "DEVPIPE.00011401", ClassNotFound},
	{200, "DEVPIPE.00011408", ClassBadRequest},
	// the other tables of the same document
	{500, "DEVCP.00010000", ClassRetry},
	{500, "DEVCP.00020500", ClassRetry},
	{400, "DEVCP.00021400", ClassBadRequest},
	{400, "DEVCP.00021008", ClassBadRequest},
	{400, "DEVCP.00021006", ClassBadRequest},
	{401, "DEVCP.00021018", ClassAuth},
	{500, "COCT.0070003", ClassThrottle},
	{500, "COCT.0070500", ClassRetry},
	{400, "COCT.0070026", ClassBadRequest},
	{400, "COCT.0070037", ClassBadRequest},
	{400, "COCT.0070038", ClassBadRequest},
	{400, "COCT.0070039", ClassBadRequest},
	{400, "COCT.0070021", ClassBadRequest},
	{400, "COCT.0070400", ClassBadRequest},
	{404, "COCT.0070007", ClassNotFound},
	{404, "COCT.0070010", ClassNotFound},
	{404, "COCT.0070040", ClassNotFound},
	{401, "COCT.0070009", ClassAuth},
	{500, "COCT.0070006", ClassRetry},
	{500, "COCT.0070008", ClassRetry},
	{500, "COCT.0070019", ClassRetry},
	{400, "AS.0001", ClassBadRequest},
	// Repo and Check
	{401, "DEV.00000003", ClassAuth},
	{403, "DEV-23-50804", ClassPermission},
	{400, "CC.00000012.400", ClassBadRequest},
	{401, "CC.00000003", ClassAuth},
	// API Request Signing Guide
	{404, "APIGW.0101", ClassNotInRegion},
	{401, "APIGW.0301", ClassAuth},
	{403, "APIGW.0302", ClassPermission},
	{401, "APIGW.0303", ClassAuth},
	{401, "APIGW.0307", ClassAuth},
	{429, "APIGW.0308", ClassThrottle},
	{400, "APIGW.0201", ClassBadRequest},
	{413, "APIGW.0201", ClassBadRequest},
	{500, "APIGW.0601", ClassRetry},
	{502, "APIGW.0611", ClassRetry},
	// not documented
	{200, "DEVPIPE.00011203", ClassNotFound},
	{200, "DEVPIPE.00011412", ClassPermission},
	{200, "DEVPIPE.00011136", ClassBadRequest},
	{200, "DEV_21_100169", ClassNotFound},
	{400, "DEVPIPE.30011001", ClassNotFound},
	{400, "DEVPIPE.30011011", ClassPermission},
	// no code at all
	{400, "", ClassBadRequest}, {401, "", ClassAuth}, {403, "", ClassPermission}, {404, "", ClassNotFound},
	{405, "", ClassBadRequest}, {406, "", ClassBadRequest}, {408, "", ClassRetry}, {409, "", ClassBadRequest},
	{412, "", ClassBadRequest}, {413, "", ClassBadRequest}, {415, "", ClassBadRequest}, {422, "", ClassBadRequest},
	{425, "", ClassRetry}, {429, "", ClassThrottle}, {500, "", ClassRetry}, {501, "", ClassRetry}, {502, "", ClassRetry},
	{503, "", ClassRetry}, {504, "", ClassRetry}, {302, "", ClassBadRequest}, {307, "", ClassBadRequest},
	// a code that nobody knows says no more than its status
	{200, "NEW.00000001", ClassBadRequest}, {500, "NEW.00000001", ClassRetry}, {403, "NEW.00000001", ClassPermission},
}

// acts is what the client does with a class: exchanges of one call, with keys and with a password, and sign-ins.
var acts = map[Class]struct{ keys, token, signIns int }{
	ClassRetry:       {5, 5, 1},
	ClassThrottle:    {10, 10, 1},
	ClassAuth:        {1, 2, 2}, // a new token once; new keys there are none
	ClassPermission:  {1, 1, 1},
	ClassNotFound:    {1, 1, 1},
	ClassNotInRegion: {1, 1, 1},
	ClassBadRequest:  {1, 1, 1},
}

// spellings are the forms in which a code is met: the documents print seven digits for eight, and a gateway may be an APIG.
func spellings(code string) []string {
	all := []string{code, strings.ToLower(code)}
	if short := strings.Replace(code, ".000", ".00", 1); short != code && strings.HasPrefix(code, "DEV") {
		all = append(all, short)
	}
	if strings.HasPrefix(code, "APIGW.") {
		all = append(all, "APIG."+code[len("APIGW."):])
	}
	return all
}

// shapes are the forms in which an answer says its code.
var shapes = map[string]string{
	"flat":     `{"error_code":%q,"error_msg":"m"}`,
	"turned":   `{"error_msg":"m","error_code":%q}`,
	"gateway":  `{"error_msg":"m","error_code":%q,"request_id":"r1"}`,
	"nested":   `{"error":{"code":%q,"message":"m"}}`,
	"iam":      `{"error":{"code":%q,"message":"m","title":"t"}}`,
	"envelope": `{"result":null,"error":{"code":%q,"message":"m"},"status":"error"}`,
	"build":    `{"result":null,"error_code":%q,"error":"m","status":"fail"}`,
	"check":    `{"httpStatus":"OK","result":null,"error_code":%q,"status":"error"}`,
}

func TestDocumentedErrors(t *testing.T) {
	for _, tt := range documented {
		if tt.code == "" {
			if got := classify(tt.status, ""); got != tt.class {
				t.Errorf("status %d is %q, want %q", tt.status, got, tt.class)
			}
			continue
		}
		for _, code := range spellings(tt.code) {
			for name, shape := range shapes {
				a := answer{status: tt.status, header: http.Header{}, body: fmt.Appendf(nil, shape, code)}
				for reader, read := range map[string]func(answer) error{
					"object": func(a answer) error { _, err := readObject(a.body, "", false); return err },
					"page":   func(a answer) error { _, err := readPage(a.body, "data"); return err },
					"array":  func(a answer) error { _, err := readArray(a.body); return err },
					"build":  func(a answer) error { _, err := readBuildResult(a.body); return err },
				} {
					e := faultIn(request{read: read}, a)
					if e == nil || e.Class != tt.class || e.Code != code || !e.HasCode(tt.code) {
						t.Errorf("%d %s as %s, read as %s: %+v, want %q", tt.status, code, name, reader, e, tt.class)
					}
				}
			}
		}
	}
}

// TestWhatTheClientDoes: each class, by keys and by password.
func TestWhatTheClientDoes(t *testing.T) {
	for _, tt := range documented {
		for _, auth := range []string{"keys", "token"} {
			t.Run(fmt.Sprintf("%d%s/%s", tt.status, tt.code, auth), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					opts, signIns, calls := keyOptions(), 0, 0
					if auth == "token" {
						opts = passwordOptions()
					}
					c := newTestClient(t, opts, func(req *http.Request, _ string) *http.Response {
						if strings.HasSuffix(req.URL.Path, "/auth/tokens") {
							signIns++
							return reply(201, `{"token":{}}`, fmt.Sprintf("X-Subject-Token: token-%d", signIns))
						}
						calls++
						return reply(tt.status, fmt.Sprintf(`{"error_code":%q,"error_msg":"m"}`, tt.code))
					})
					_, err := c.PipelineGroups(t.Context(), project)
					wantClass(t, err, tt.class)
					want := acts[tt.class]
					if auth == "keys" {
						want.token, want.signIns = want.keys, 0
					}
					if calls != want.token || signIns != want.signIns {
						t.Errorf("%d exchanges and %d sign-ins, want %d and %d", calls, signIns, want.token, want.signIns)
					}
				})
			})
		}
	}
}

// TestRetryAfterOfEachStatus: 413 too may ask to come again; without a time its page is halved at once.
func TestRetryAfterOfEachStatus(t *testing.T) {
	for _, status := range []int{413, 429, 503} {
		for _, header := range []string{"Retry-After: 40", "Retry-After: Sat, 01 Jan 2000 00:00:40 GMT"} {
			synctest.Test(t, func(t *testing.T) {
				s := (&script{}).add(status, `{"error_msg":"m"}`, header).add(200, `{"total":0,"rules":[],"data":[]}`)
				c := newTestClient(t, keyOptions(), s.serve)
				if _, err := collect(c.Rules(t.Context(), project)); err != nil {
					t.Fatal(err)
				}
				if got := s.times[1].Sub(s.times[0]).Seconds(); s.calls() != 2 || got < 40 || got > 41 {
					t.Errorf("status %d, %s: %d exchanges, the second %v s later", status, header, s.calls(), got)
				}
			})
		}
	}
	synctest.Test(t, func(t *testing.T) { // for ever too large: the page is halved once the attempts are used up
		calls := map[string]int{}
		c := newTestClient(t, keyOptions(), func(req *http.Request, _ string) *http.Response {
			limit := req.URL.Query().Get("limit")
			if calls[limit]++; limit == "100" {
				return reply(413, `{}`, "Retry-After: 1")
			}
			return reply(200, `{"total":0,"data":[]}`)
		})
		if _, err := collect(c.Rules(t.Context(), project)); err != nil || calls["100"] != 5 || calls["50"] != 1 {
			t.Errorf("%v, calls by limit %v", err, calls)
		}
	})
}

// wantAPIError is the error of a call, which must name its API and tenant.
func wantAPIError(t *testing.T, name string, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("%s: %v is no error of an API", name, err)
		return &Error{}
	}
	for _, part := range []string{"calling " + e.API, "tenant acme"} {
		if !strings.Contains(e.Error(), part) {
			t.Errorf("%s: %q does not name %s", name, e, part)
		}
	}
	return e
}
