package codeartstest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// authority knows the credentials and the tokens that were issued.
type authority struct {
	options Options

	mu     sync.Mutex
	issued int
	expiry map[string]time.Time // by token; revoked tokens stay, with the zero time
}

func newAuthority(options Options) *authority {
	return &authority{options: options, expiry: map[string]time.Time{}}
}

// check returns the gateway's error code and text if a call may not pass, or "". now is the clock that signatures are
// compared with.
func (a *authority) check(r *request, now time.Time) (code, text string) {
	if token := r.Header.Get("X-Auth-Token"); token != "" {
		a.mu.Lock()
		defer a.mu.Unlock()
		expiry, known := a.expiry[token]
		switch {
		case !known:
			return "APIGW.0301", "Incorrect IAM authentication information: decrypt token fail."
		case !r.now.Before(expiry):
			return "APIGW.0307", "The token must be updated."
		}
		return "", ""
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		return "APIGW.0301", "Incorrect IAM authentication information: x-auth-token not found."
	}
	s, ok := parseSignature(header)
	if !ok {
		return "APIGW.0301", "Incorrect IAM authentication information: authorization header is not as expected."
	}
	if s.access != a.options.AccessKey {
		return "APIGW.0301", "Incorrect IAM authentication information: get secretKey failed."
	}
	date, err := time.Parse(signTime, r.Header.Get("X-Sdk-Date"))
	if err != nil {
		return "APIGW.0301", "Incorrect IAM authentication information: x-sdk-date is not as expected."
	}
	if skew := now.Sub(date).Abs(); skew > signSkew {
		return "APIGW.0303", "Incorrect app authentication information: signature expired."
	}
	if !s.verify(r.Request, r.body, a.options.SecretKey) {
		return "APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail."
	}
	return "", ""
}

// RevokeTokens makes every token that was issued so far useless, as a change of the password does.
func (t *Tenant) RevokeTokens() {
	t.auth.mu.Lock()
	defer t.auth.mu.Unlock()
	for token := range t.auth.expiry {
		t.auth.expiry[token] = time.Time{}
	}
}

// tokenRequest is the body of IAM: Obtaining a User Token, as far as it is checked.
type tokenRequest struct {
	Auth struct {
		Identity struct {
			Methods  []string
			Password struct {
				User struct {
					Name, Password string
					Domain         struct{ Name string }
				}
			}
		}
		Scope struct {
			Project struct{ Name, ID string }
		}
	}
}

// issueToken answers IAM: Obtaining a User Token. The token is in a header, not in the body.
func (t *Tenant) issueToken(r *request) response {
	var body tokenRequest
	if err := json.Unmarshal(r.body, &body); err != nil || len(body.Auth.Identity.Methods) != 1 || body.Auth.Identity.Methods[0] != "password" {
		return identityFailure(http.StatusBadRequest, "Bad Request", "The request body is invalid.")
	}
	user, scope := body.Auth.Identity.Password.User, body.Auth.Scope.Project
	if user.Name != t.options.User || user.Password != t.options.Password || user.Domain.Name != t.options.Domain {
		return identityFailure(http.StatusUnauthorized, "Unauthorized", "The username or password is wrong.")
	}
	if scope.Name == "" && scope.ID == "" {
		return identityFailure(http.StatusBadRequest, "Bad Request", "The scope must be a project.")
	}
	if scope.Name != t.options.Region && scope.ID != t.iamProject() {
		return identityFailure(http.StatusUnauthorized, "Unauthorized", "The project of the scope is not found.")
	}
	expiry := r.now.Add(t.options.TokenLife)
	useful := expiry
	if t.options.has(QuirkShortToken) {
		useful = r.now.Add(quirkTokenLife)
	}
	token := t.auth.issue(t.world, useful)
	reply := answer(http.StatusCreated, map[string]any{"token": map[string]any{
		"expires_at": expiry.UTC().Format("2006-01-02T15:04:05.000000Z"),
		"issued_at":  r.now.UTC().Format("2006-01-02T15:04:05.000000Z"),
		"methods":    []string{"password"},
		"catalog":    []any{},
		"project":    map[string]any{"id": t.iamProject(), "name": t.options.Region, "domain": map[string]any{"id": t.world.tenant, "name": t.options.Domain}},
		"user":       map[string]any{"id": t.world.id("user", "iam"), "name": user.Name, "domain": map[string]any{"id": t.world.tenant, "name": t.options.Domain}},
	}})
	reply.header.Set("X-Subject-Token", token)
	return reply
}

// issue makes a new token; earlier ones stay valid.
func (a *authority) issue(w *World, expiry time.Time) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.issued++
	var token strings.Builder
	for part := 0; token.Len() < a.options.TokenLength; part++ {
		// The expiry tells the tokens of two processes apart.
		sum := w.digest("token", a.issued, expiry.UnixNano(), part)
		token.WriteString(base64.RawURLEncoding.EncodeToString(sum[:]))
	}
	text := "MII" + token.String()[:a.options.TokenLength-3]
	a.expiry[text] = expiry
	return text
}

// iamProject is the id of the region's IAM project, which is not a CodeArts project.
func (t *Tenant) iamProject() string { return t.world.id("iam-project") }

// iamProjects answers IAM: Querying the IAM Projects.
func (t *Tenant) iamProjects(r *request) response {
	self := fmt.Sprintf("http://%s/v3/projects", r.Host)
	rows := []map[string]any{}
	if name := r.query.Get("name"); name == "" || name == t.options.Region {
		rows = append(rows, map[string]any{
			"id": t.iamProject(), "name": t.options.Region, "domain_id": t.world.tenant, "is_domain": false, "parent_id": t.world.tenant,
			"description": "", "enabled": true, "links": map[string]any{"next": nil, "previous": nil, "self": self + "/" + t.iamProject()},
		})
	}
	return answer(http.StatusOK, map[string]any{"projects": rows, "links": map[string]any{"next": nil, "previous": nil, "self": self}})
}

// identityFailure is an error in the shape of IAM.
func identityFailure(status int, title, text string) response {
	return answer(status, map[string]any{"error": map[string]any{"code": status, "message": text, "title": title}})
}
