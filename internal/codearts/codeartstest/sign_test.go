package codeartstest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The golden vectors were made with the vendor's SDK: AK=AKTEST SK=SKTEST, X-Sdk-Date 20260102T030405Z.
var golden = []struct {
	name, method, url, body, signature string
}{
	{
		"query with escapes", "GET", "https://codehub-ext.example.test/v4/tenant/repositories?limit=100&offset=0&repository_name=a%20b%2Fc", "",
		"11f337cafb391ff272a380276f4ea14c5d5d2c4356207075f151fff0c5c52e2b",
	},
	{
		"body with a final newline", "POST", "https://pipeline.example.test/v5/54f90b75fc1447b1b65e8d3a9f77923d/api/pipelines/status",
		"[\"d19799d619424b2bb2625ec2d93ea087\"]\n", "33d75a840ea68a2b4d5203f7b29ae16074a89da6e9cf2f641f8590a278410de5",
	},
}

func goldenRequest(method, url, body, signature string) *http.Request {
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	r.Header.Set("X-Sdk-Date", "20260102T030405Z")
	r.Header.Set("Authorization", "SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=host;x-sdk-date, Signature="+signature)
	return r
}

func TestVerifyGoldenSignatures(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			r := goldenRequest(g.method, g.url, g.body, g.signature)
			s, ok := parseSignature(r.Header.Get("Authorization"))
			if !ok {
				t.Fatal("the header is not understood")
			}
			if !s.verify(r, []byte(g.body), "SKTEST") {
				t.Errorf("refused; the canonical request is\n%s", s.canonical(r, []byte(g.body)))
			}
			if s.verify(r, []byte(g.body+" "), "SKTEST") {
				t.Error("a changed body passes")
			}
			if s.verify(r, []byte(g.body), "SKTEST2") {
				t.Error("another secret passes")
			}
			r.Header.Set("X-Sdk-Date", "20260102T030406Z")
			if s.verify(r, []byte(g.body), "SKTEST") {
				t.Error("another date passes")
			}
		})
	}
}

func TestSignedCalls(t *testing.T) {
	signed := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	g := golden[0]
	tests := []struct {
		name   string
		now    time.Time
		change func(*http.Request)
		status int
		code   string
	}{
		{"good", signed, nil, 200, ""},
		{"15 minutes late", signed.Add(15 * time.Minute), nil, 200, ""},
		{"too late", signed.Add(15*time.Minute + time.Second), nil, 401, "APIGW.0303"},
		{"too early", signed.Add(-15*time.Minute - time.Second), nil, 401, "APIGW.0303"},
		{"another query", signed, func(r *http.Request) { r.URL.RawQuery = "limit=99" }, 401, "APIGW.0301"},
		{"another host", signed, func(r *http.Request) { r.Host = "other.example.test" }, 401, "APIGW.0301"},
		{"date is not signed", signed, func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "host;x-sdk-date", "host", 1))
		}, 401, "APIGW.0301"},
		{"unknown key", signed, func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "AKTEST", "AKNONE", 1))
		}, 401, "APIGW.0301"},
		{"another scheme", signed, func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 401, "APIGW.0301"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tenant := New(Options{Now: func() time.Time { return test.now }, AccessKey: "AKTEST", SecretKey: "SKTEST"})
			r := goldenRequest(g.method, g.url, g.body, g.signature)
			if test.change != nil {
				test.change(r)
			}
			w := httptest.NewRecorder()
			tenant.ServeHTTP(w, r)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.code) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, test.status, test.code)
			}
		})
	}
}
