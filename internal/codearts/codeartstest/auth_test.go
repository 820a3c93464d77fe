package codeartstest

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTokenBody(t *testing.T) {
	c := newCaller(t, Options{})
	tests := []struct {
		name, old, new string
		status         int
	}{
		{"good", "", "", 201},
		{"wrong password", "simulated", "guessed", 401},
		{"wrong user", "collector", "somebody", 401},
		{"wrong domain", "artery-demo", "other", 401},
		{"another region", "eu-west-101", "cn-north-4", 401},
		{"scope of the domain", `"scope":{"project"`, `"scope":{"domain"`, 400},
		{"another method", `["password"]`, `["totp"]`, 400},
		{"no JSON", "{", "", 400},
	}
	for _, test := range tests {
		reply, body := c.send("POST", "/v3/auth/tokens", strings.Replace(loginBody, test.old, test.new, 1), nil)
		if reply.StatusCode != test.status {
			t.Errorf("%s: %d %s, want %d", test.name, reply.StatusCode, body, test.status)
		}
		if got := reply.Header.Get("X-Subject-Token") != ""; got != (test.status == 201) {
			t.Errorf("%s: token in the header: %v", test.name, got)
		}
	}
}

func TestTokenLife(t *testing.T) {
	c := newCaller(t, Options{TokenLife: time.Hour, TokenLength: 8192})
	if len(c.token) != 8192 {
		t.Errorf("the token has %d characters", len(c.token))
	}
	_, body := c.send("POST", "/v3/auth/tokens", loginBody, nil)
	if want := `"expires_at":"2026-03-04T07:00:00.000000Z"`; !strings.Contains(string(body), want) {
		t.Errorf("%s has no %s", body, want)
	}
	path := "/v4/tenant/repositories"
	expect := func(what string, status int, code string) {
		t.Helper()
		if gotStatus, gotCode := c.refused("GET", path, ""); gotStatus != status || gotCode != code {
			t.Errorf("%s: %d %s, want %d %s", what, gotStatus, gotCode, status, code)
		}
	}
	expect("fresh", 200, "")
	c.clock.set(instant.Add(time.Hour - time.Second))
	expect("last second", 200, "")
	c.clock.set(instant.Add(time.Hour))
	expect("expired", 401, "APIGW.0307")
	first := c.token
	c.token = c.login()
	expect("second token", 200, "")
	c.tenant.RevokeTokens()
	expect("revoked", 401, "APIGW.0307")
	c.token = first + "x"
	expect("unknown", 401, "APIGW.0301")
	c.token = ""
	expect("missing", 401, "APIGW.0301")
}

func TestIAMProjects(t *testing.T) {
	c := newCaller(t, Options{})
	var reply struct {
		Projects []struct{ ID, Name, DomainID string }
	}
	c.get("GET", "/v3/projects?name=eu-west-101", "", &reply)
	if len(reply.Projects) != 1 || len(reply.Projects[0].ID) != 32 || reply.Projects[0].Name != "eu-west-101" {
		t.Errorf("projects are %+v", reply.Projects)
	}
	c.get("GET", "/v3/projects?name=other", "", &reply)
	if len(reply.Projects) != 0 {
		t.Errorf("projects of another name: %+v", reply.Projects)
	}
}

func TestDateIsTheClocks(t *testing.T) {
	c := newCaller(t, Options{})
	c.clock.set(instant.Add(-26 * time.Hour))
	reply, _ := c.send("GET", "/v4/tenant/repositories", "", nil)
	if got, want := reply.Header.Get("Date"), "Tue, 03 Mar 2026 04:00:00 GMT"; got != want {
		t.Errorf("Date is %s, want %s", got, want)
	}
}

func TestUnknownAPI(t *testing.T) {
	c := newCaller(t, Options{})
	for _, path := range []string{"/", "/v5/x/api/pipelines", "/v3/auth/tokens"} {
		if status, code := c.refused("GET", path, ""); status != http.StatusNotFound || code != "APIGW.0101" {
			t.Errorf("%s: %d %s", path, status, code)
		}
	}
}
