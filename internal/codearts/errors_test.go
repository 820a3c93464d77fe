package codearts

import (
	"net/http"
	"strings"
	"testing"
)

// Every way in which CodeArts says that an answer is an error, as documented or
// met in practice.
var refusals = []struct {
	name   string
	status int
	body   string
	class  Class
	code   string
	text   string // expected within the message
}{
	{"flat", 401, `{"error_code":"DEV.00000003","error_msg":"Authentication information expired."}`, ClassAuth, "DEV.00000003", "expired"},
	{"flat, other order", 403, `{"error_msg":"Insufficient permissions.","error_code":"DEV-23-50804"}`, ClassPermission, "DEV-23-50804", "Insufficient"},
	{"flat with 200", 200, `{"error_code":"DEVPIPE.00011401","error_msg":"The pipeline does not exist."}`, ClassNotFound, "DEVPIPE.00011401", "does not exist"},
	{"flat with 200, seven digits", 200, `{"error_code":"DEVPIPE.0011301","error_msg":"no permission"}`, ClassPermission, "DEVPIPE.0011301", "no permission"},
	{"flat with 200 beside data", 200, `{"error_code":"DEVCP.00014031","error_msg":"m","offset":0,"limit":10,"total":0,"pipelines":[],"pipeline_runs":[]}`, ClassPermission, "DEVCP.00014031", "m"},
	{"flat with 200 beside data of another type", 200, `{"total":{},"pipelines":"none","pipeline_runs":"none","result":7,"error_code":"DEVCP.00014004","error_msg":"m"}`, ClassBadRequest, "DEVCP.00014004", "m"},
	{"nested with 200", 200, `{"error":{"code":"DEV_21_100169","message":"project not found"}}`, ClassNotFound, "DEV_21_100169", "project not found"},
	{"nested", 404, `{"error":{"code":"DEVPIPE.30011001","message":"missing"}}`, ClassNotFound, "DEVPIPE.30011001", "missing"},
	{"gateway", 404, `{"error_msg":"The API does not exist or has not been published in the environment","error_code":"APIGW.0101","request_id":"acbc548ac6f2a0dbdb9e3518a7c0ff84"}`, ClassNotInRegion, "APIGW.0101", "not been published"},
	{"gateway, token", 401, `{"error_msg":"token must be updated","error_code":"APIGW.0307","request_id":"r"}`, ClassAuth, "APIGW.0307", "token"},
	{"gateway, other prefix", 429, `{"error_msg":"policy user over ratelimit,limit:10,time:1 second","error_code":"APIG.0308","request_id":"r"}`, ClassThrottle, "APIG.0308", "limit:10"},
	{"gateway, request", 413, `{"error_msg":"too big","error_code":"APIGW.0201","request_id":"r"}`, ClassBadRequest, "APIGW.0201", "too big"},
	// Error codes of the API Gateway User Guide: APIG.0201 is an API request error with 400, a request entity too large with 413,
	// a backend that is unavailable with 502, and a backend timeout with 504.
	{"gateway, backend unavailable", 502, `{"error_msg":"Backend unavailable","error_code":"APIGW.0201","request_id":"r"}`, ClassRetry, "APIGW.0201", "unavailable"},
	{"gateway, backend timeout", 504, `{"error_msg":"Backend timeout.","error_code":"APIG.0201","request_id":"r"}`, ClassRetry, "APIG.0201", "timeout"},
	{"gateway, backend", 400, `{"error_msg":"backend","error_code":"APIGW.0602","request_id":"r"}`, ClassRetry, "APIGW.0602", "backend"},
	{"keystone", 401, `{"error":{"code":401,"message":"The username or password is wrong.","title":"Unauthorized"}}`, ClassAuth, "401", "password"},
	{"keystone, title only", 403, `{"error":{"code":403,"title":"Forbidden"}}`, ClassPermission, "403", "Forbidden"},
	{"throttle dressed as 500", 500, `{"error_code":"COCT.0070003","error_msg":"Frequent access. Please wait."}`, ClassThrottle, "COCT.0070003", "Frequent"},
	{"check", 400, `{"error_code":"CC.xxxxxxxx.400","error_msg":"Verify request parameter failed."}`, ClassBadRequest, "CC.xxxxxxxx.400", "Verify"},
	{"busy", 200, `{"error_code":"DEVPIPE.00011127","error_msg":"busy"}`, ClassRetry, "DEVPIPE.00011127", "busy"},
	{"lost membership", 200, `{"error_code":"DEVPIPE.00011412","error_msg":"not a member"}`, ClassPermission, "DEVPIPE.00011412", "member"},
	{"unknown code with 200", 200, `{"error_code":"NEW.1","error_msg":"who knows"}`, ClassBadRequest, "NEW.1", "who knows"},
	{"message only", 500, `{"error_msg":"oops"}`, ClassRetry, "", "oops"},
	{"html", 502, "<html>\n<body>Bad Gateway</body></html>", ClassRetry, "", "Bad Gateway"},
	{"empty", 500, ``, ClassRetry, "", ""},
	{"number as code", 400, `{"error_code":14004,"error_msg":null}`, ClassBadRequest, "14004", ""},
	{"request timeout", 408, `{}`, ClassRetry, "", ""},
}

func TestRefusals(t *testing.T) {
	read := map[string]func(answer) error{
		"object":   func(a answer) error { _, err := readPage(a.body, "pipelines"); return err },
		"array":    func(a answer) error { _, err := readArray(a.body); return err },
		"envelope": func(a answer) error { _, err := readBuildResult(a.body); return err },
	}
	var c Client
	for _, tt := range refusals {
		for shape, decode := range read {
			t.Run(tt.name+"/"+shape, func(t *testing.T) {
				e := c.judge(request{read: decode}, &http.Request{}, &answer{status: tt.status, header: http.Header{}, body: []byte(tt.body)})
				if e == nil {
					t.Fatal("not seen as an error")
				}
				if e.Class != tt.class || e.Code != tt.code || !strings.Contains(e.Message, tt.text) {
					t.Errorf("class %q, code %q, message %q; want %q, %q, %q", e.Class, e.Code, e.Message, tt.class, tt.code, tt.text)
				}
			})
		}
	}
}

func TestEnvelopes(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		ok         bool
		text       string
	}{
		{"success", `{"result":[{"id":"a"}],"error":null,"status":"success"}`, true, ""},
		{"success, empty result", `{"result":null,"error":null,"status":"success"}`, true, ""},
		{"fail with text", `{"result":null,"error":"tenant is frozen","status":"fail"}`, false, "tenant is frozen"},
		{"error without text", `{"result":null,"error":null,"status":"error"}`, false, `"error"`},
		{"fail beside rows", `{"result":[{"id":"a"}],"error":null,"status":"fail"}`, false, `"fail"`},
		{"no status", `{"result":[]}`, false, `""`},
		{"result of another type", `{"result":"none","error":null,"status":"success"}`, false, "another shape"},
	} {
		rows, err := readBuildResult([]byte(tt.body))
		if tt.ok != (err == nil) {
			t.Errorf("%s: rows %s, error %v", tt.name, rows, err)
		}
		if err != nil {
			if e, is := err.(*Error); !is || !strings.Contains(e.Message, tt.text) {
				t.Errorf("%s: error %v, want %q in it", tt.name, err, tt.text)
			}
		}
	}
}

func TestAnswersThatAreNoErrors(t *testing.T) {
	for _, body := range []string{
		`{"id":"r1","status":"FAILED","error":null}`, // a run's own status is no envelope
		`{"id":"r1","error":{},"error_code":"","error_msg":null}`,
		`{"id":"r1","error":"","error_code":null}`,
	} {
		if _, err := readObject([]byte(body), "", false); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestHasCode(t *testing.T) {
	for _, tt := range []struct {
		got, want string
		same      bool
	}{
		{"DEVPIPE.0011401", "DEVPIPE.00011401", true},
		{"devpipe.00011401", "DEVPIPE.00011401", true},
		{"APIG.0308", "APIGW.0308", true},
		{"DEVPIPE.00011402", "DEVPIPE.00011401", false},
		{"DEVCP.00011401", "DEVPIPE.00011401", false},
		{"DEV-23-50804", "DEV_23_50804", false},
		{"", "DEV.0", false},
	} {
		if got := (&Error{Code: tt.got}).HasCode(tt.want); got != tt.same {
			t.Errorf("%q against %q: %t", tt.got, tt.want, got)
		}
	}
}

func TestErrorText(t *testing.T) {
	e := &Error{
		Tenant: "acme", API: "Pipelines", Project: project, Status: 200, Code: "DEVCP.00014031",
		Message: "insufficient permission", RequestID: "r1", Class: ClassPermission, Attempts: 2,
	}
	want := "calling Pipelines of tenant acme, project " + project + ": permission, status 200, code DEVCP.00014031: " +
		"insufficient permission (request r1) after 2 attempts; give the account read access, or make it a member of the project"
	if e.Error() != want {
		t.Errorf("got  %s\nwant %s", e, want)
	}
}

// Wherever an answer is cut off, it may come complete the next time.
func TestCutAnswers(t *testing.T) {
	whole := `{"id":"x","rows":[1,null,true,"sAé"],"last":-12.5e3}`
	for n := 1; n < len(whole); n++ {
		if e := unreadable([]byte(whole[:n])); e.Class != ClassRetry {
			t.Errorf("%s: %v", whole[:n], e)
		}
	}
	for _, text := range []string{`{"id":x,"rows":[]}`, `<html>`, `no upstream`} {
		if e := unreadable([]byte(text)); e.Class != ClassUnusable {
			t.Errorf("%s: %v", text, e)
		}
	}
}
