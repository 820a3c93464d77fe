package codearts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
)

// places are where a server, or what stands before it, can repeat what it was sent; %s is the secret as the place writes it.
var places = []struct {
	name   string
	status int
	body   string
	header string
	form   func(string) string
}{
	{"code", 400, `{"error_code":"%s","error_msg":"m"}`, "", inJSON},
	{"message", 500, `{"error_code":"X.1","error_msg":"you sent %s"}`, "", inJSON},
	{"message of 200", 200, `{"error_code":"X.1","error_msg":"you sent %s"}`, "", inJSON},
	{"message, cut", 400, `{"error_code":"X.1","error_msg":"` + strings.Repeat("x ", 148) + `%s"}`, "", inJSON},
	{"nested message", 403, `{"error":{"code":"X.1","message":"%s"}}`, "", inJSON},
	{"nested title", 403, `{"error":{"code":403,"title":"%s"}}`, "", inJSON},
	{"error text", 200, `{"result":null,"error":"%s","status":"error"}`, "", inJSON},
	{"request id", 401, `{"error_code":"X.1","error_msg":"m","request_id":"%s"}`, "", inJSON},
	{"request id header", 404, `{}`, "X-Request-Id: %s", plainly},
	{"page", 502, `<html><body>%s</body></html>`, "", html.EscapeString},
	{"page, cut", 502, `<html>` + strings.Repeat("y ", 145) + `%s`, "", html.EscapeString},
	{"page, cut in another place", 502, strings.Repeat("z", 380) + `%s`, "", plainly},
	{"page of 200", 200, `you sent: %s`, "", plainly},
	{"address", 502, `GET /?token=%s HTTP/1.1`, "", url.QueryEscape},
	{"path", 502, `GET /x/%s HTTP/1.1`, "", url.PathEscape},
	{"json that is no object", 200, `"you sent %s"`, "", inJSON},
	{"json with escaped slashes", 200, `"you sent %s"`, "", func(s string) string { return strings.ReplaceAll(inJSON(s), "/", `\/`) }},
	{"json of another writer", 200, `"you sent %s"`, "", strconvASCII},
	{"json with few escapes", 200, `"you sent %s"`, "", func(s string) string { return strings.ReplaceAll(s, `"`, `\"`) }},
	{"redirect", 302, ``, "Location: https://elsewhere/?x=%s", url.QueryEscape},
	{"retry", 429, `{}`, "Retry-After: %s", plainly},
	{"form of data", 200, `{"total":"%s","pipelines":{}}`, "", inJSON},
}

func strconvASCII(s string) string {
	q := strconv.QuoteToASCII(s)
	return q[1 : len(q)-1]
}

func plainly(s string) string { return s }

func inJSON(s string) string {
	b, _ := json.Marshal(s)
	return string(b[1 : len(b)-1])
}

// TestPlantedSecrets: no place of an answer brings a secret into an error, its parts, a log line or a metric, not even a part
// of one that a text is cut off in.
func TestPlantedSecrets(t *testing.T) {
	password := `pass"w/ord <&> 5ecret+Ünïcode`
	long := "MII/" + strings.Repeat("aBc+9/", 1400) + "==" // a token of 8 KB
	secretKey, securityToken := "sEcretKey/of+the&account", "STS/"+strings.Repeat("sEc", 200)
	for _, place := range places {
		for _, from := range []string{"password", "token", "secret key", "security token", "signature", "authorization"} {
			t.Run(place.name+"/"+from, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var seen bytes.Buffer
					opts := keyOptions()
					opts.Auth.Keys.SecretKey, opts.Auth.Keys.SecurityToken = NewSecret(secretKey), NewSecret(securityToken)
					if from == "password" || from == "token" {
						opts = passwordOptions()
						opts.Auth.Password.Password = NewSecret(password)
					}
					opts.Attempts, opts.Throttled = 2, 2
					opts.Log = slog.New(slog.NewJSONHandler(&seen, &slog.HandlerOptions{Level: slog.LevelDebug}))
					opts.Observe = func(c Call) { fmt.Fprintf(&seen, "%+v\n", c) }
					var secret string
					c := newTestClient(t, opts, func(req *http.Request, _ string) *http.Response {
						signIn := strings.HasSuffix(req.URL.Path, "/auth/tokens")
						switch from {
						case "password":
							secret = password
						case "token":
							secret = long
						case "secret key":
							secret = secretKey
						case "security token":
							secret = securityToken
						case "authorization":
							secret = req.Header.Get("Authorization")
						case "signature":
							_, secret, _ = strings.Cut(req.Header.Get("Authorization"), "Signature=")
						}
						if signIn && from == "token" {
							return reply(201, `{"token":{}}`, "X-Subject-Token: "+long)
						}
						planted := func(format string) string { return strings.ReplaceAll(format, "%s", place.form(secret)) }
						if place.header == "" {
							return reply(place.status, planted(place.body))
						}
						return reply(place.status, place.body, planted(place.header))
					})
					_, err := collect(c.Pipelines(t.Context(), project))
					var e *Error
					if !errors.As(err, &e) {
						t.Fatalf("no error: %v", err)
					}
					fmt.Fprintf(&seen, "%s\n%+v\n%#v\n%s\n%s", err, err, *e, e.Answer, e.Advice())
					if cause := errors.Unwrap(e); cause != nil {
						fmt.Fprintln(&seen, cause)
					}
					for _, form := range []string{secret, inJSON(secret), url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret)} {
						for _, piece := range []string{form, form[:min(16, len(form))], form[len(form)/2:]} {
							if strings.Contains(seen.String(), piece) {
								t.Fatalf("%q is seen in\n%s", piece, seen.String())
							}
						}
					}
				})
			})
		}
	}
}

// TestErrorOfTheWireHoldsNoSecret: a transport error quotes what it could not read.
func TestErrorOfTheWireHoldsNoSecret(t *testing.T) {
	c := newTestClient(t, keyOptions(), nil)
	c.http.Transport = quoting{}
	c.opts.Attempts = 1
	_, err := c.PipelineGroups(t.Context(), project)
	if e := wantClass(t, err, ClassRetry); strings.Contains(e.Error(), "SKTEST") || !strings.Contains(e.Error(), redacted) {
		t.Errorf("the error is %v", e)
	}
}

// quoting fails as the HTTP client does over an answer that is none.
type quoting struct{}

func (quoting) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New(`malformed HTTP response "you sent SKTEST-very-secret"`)
}
