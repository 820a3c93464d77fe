package service

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// What CodeArts, or a proxy on the way, writes into an answer may hold secrets of the projects. Errors quote answers, and
// are logged: not those.
func TestErrorsQuoteNoSecrets(t *testing.T) {
	t.Setenv("ARTERY_TEST_HIDDEN", "key of the tenant")
	for name, answer := range map[string]struct {
		status int
		body   string
		quoted string // what the error still has to say
	}{
		"another shape":   {200, `[{"name":"REGISTRY","value":"hidden","is_secret":true}]`, "REGISTRY"},
		"no JSON":         {200, `{"pipelines":[{"key":"DB_PASSWORD","value":"hidden"}}]`, "DB_PASSWORD"},
		"an error text":   {400, `{"error_code":"DEVCP.00014004","error_msg":"wrong: DB_PASSWORD=hidden"}`, "DEVCP.00014004"},
		"an address":      {403, `{"error_code":"DEVPIPE.00011301","error_msg":"refused https://u:hidden@h/x?access_token=hidden"}`, "refused"},
		"page of a proxy": {400, "<html>your request had X-Auth-Token: hidden</html>", "your request had"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				rw.WriteHeader(answer.status)
				io.WriteString(rw, answer.body)
			}))
			defer server.Close()
			c, err := Parse([]byte("tenants: ["+strings.ReplaceAll(goodTenant, "https://p.example.com", server.URL)+"]"), NeedTenants)
			if err != nil {
				t.Fatal(err)
			}
			f := testFrame()
			f.Registry = prometheus.NewRegistry()
			api, err := newClient(c.Tenants[0], f, newCallMetrics(f.Registry))
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range api.Pipelines(t.Context(), "00000000000000000000000000000010") {
				if err == nil || strings.Contains(err.Error(), "hidden") || !strings.Contains(err.Error(), answer.quoted) {
					t.Errorf("the error is %v", err)
				}
			}
		})
	}
}

// What is configured in the wrong place may be a password.
func TestFaultsRepeatNoSecrets(t *testing.T) {
	for _, text := range []string{
		`nats: {url: "reader:hidden@127.0.0.1:4222"}`,
		`nats: {url: "hidden@127.0.0.1:4222"}`,
		`clickhouse: {dsn: "reader:hidden@127.0.0.1:9000/artery"}`,
		`clickhouse: {dsn: "clickhouse://127.0.0.1:9000/artery?password=hidden"}`,
	} {
		if _, err := Parse([]byte(text), NeedNATS|NeedClickHouse); err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s gives %v", text, err)
		}
	}
}
