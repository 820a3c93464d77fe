package codearts

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The signatures were made by the vendor's own signer.
func TestSignGolden(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	signer := &keySigner{keys: KeyAuth{AccessKey: "AKTEST", SecretKey: NewSecret("SKTEST")}, now: func() time.Time { return at }}
	for _, tt := range []struct{ method, url, body, signature string }{
		{"GET", "https://codehub-ext.example.test/v4/tenant/repositories?limit=100&offset=0&repository_name=a%20b%2Fc", "",
			"11f337cafb391ff272a380276f4ea14c5d5d2c4356207075f151fff0c5c52e2b"},
		{"POST", "https://pipeline.example.test/v5/54f90b75fc1447b1b65e8d3a9f77923d/api/pipelines/status",
			"[\"d19799d619424b2bb2625ec2d93ea087\"]\n",
			"33d75a840ea68a2b4d5203f7b29ae16074a89da6e9cf2f641f8590a278410de5"},
	} {
		req, err := http.NewRequest(tt.method, tt.url, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if _, err := signer.authorize(t.Context(), req, []byte(tt.body), Secret{}); err != nil {
			t.Fatal(err)
		}
		want := "SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=host;x-sdk-date, Signature=" + tt.signature
		if got := req.Header.Get("Authorization"); got != want {
			t.Errorf("%s %s:\ngot  %s\nwant %s", tt.method, tt.url, got, want)
		}
		if got := req.Header.Get("X-Sdk-Date"); got != "20260102T030405Z" {
			t.Errorf("X-Sdk-Date is %s", got)
		}
	}
}

func TestSignCoversOptionalHeaders(t *testing.T) {
	signer := &keySigner{
		keys: KeyAuth{AccessKey: "AK", SecretKey: NewSecret("SK"), SecurityToken: NewSecret("sts"), ProjectID: "iam-project", DomainID: "account"},
		now:  time.Now,
	}
	req, _ := http.NewRequest("GET", "https://h.example.test/x", nil)
	if _, err := signer.authorize(t.Context(), req, nil, Secret{}); err != nil {
		t.Fatal(err)
	}
	if got := req.Header.Get("Authorization"); !strings.Contains(got, "SignedHeaders=host;x-domain-id;x-project-id;x-sdk-date;x-security-token,") {
		t.Errorf("signed headers are missing or out of order: %s", got)
	}
	for name, want := range map[string]string{"X-Security-Token": "sts", "X-Project-Id": "iam-project", "X-Domain-Id": "account"} {
		if got := req.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestCanonicalForms(t *testing.T) {
	req, _ := http.NewRequest("GET", "https://h.example.test/v1/a%2Fb/%C3%BC~x%20y?b=2&a=z&a=a+b&empty=", nil)
	if got, want := canonicalPath(req.URL), "/v1/a%2Fb/%C3%BC~x%20y/"; got != want {
		t.Errorf("path %s, want %s", got, want)
	}
	if got, want := canonicalQuery(req.URL.Query()), "a=a%20b&a=z&b=2&empty="; got != want {
		t.Errorf("query %s, want %s", got, want)
	}
}
