package codearts

import (
	"context"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Auth says how calls are authorized: exactly one of Password and Keys.
type Auth struct {
	Password *PasswordAuth
	Keys     *KeyAuth
}

// PasswordAuth signs in at IAM for a token of 24 hours (Pipeline API 3.2).
type PasswordAuth struct {
	User     string // IAM user name
	Password Secret
	Domain   string // account name
	Project  string // region project that the token is scoped to, such as eu-west-101
}

// KeyAuth signs each request with an access key.
type KeyAuth struct {
	AccessKey     string
	SecretKey     Secret
	SecurityToken Secret // of temporary keys, may be zero
	ProjectID     string // IAM project id for X-Project-Id, may be empty; not the CodeArts project id
	DomainID      string // account id for X-Domain-Id, may be empty
}

func (a Auth) validate() error {
	switch {
	case a.Password != nil && a.Keys != nil:
		return errors.New("auth: both password and keys are set; keep one")
	case a.Password != nil:
		p := a.Password
		if p.User == "" || p.Password.IsZero() || p.Domain == "" || p.Project == "" {
			return errors.New("auth: password sign-in needs user, password, domain and the region's project name")
		}
	case a.Keys != nil:
		if a.Keys.AccessKey == "" || a.Keys.SecretKey.IsZero() {
			return errors.New("auth: signing needs an access key and a secret key")
		}
	default:
		return errors.New("auth: neither password nor keys are set")
	}
	return nil
}

// secrets lists the texts that must not appear in any error.
func (a Auth) secrets() []Secret {
	if a.Password != nil {
		return []Secret{a.Password.Password}
	}
	return []Secret{a.Keys.SecretKey, a.Keys.SecurityToken}
}

// authorizer is implemented by tokens and keySigner.
type authorizer interface {
	// authorize adds the credentials to req. A token equal to refused was
	// turned down before and is not used again. It returns the token used;
	// zero means that another try would carry the same credentials.
	authorize(ctx context.Context, req *http.Request, body []byte, refused Secret) (Secret, error)
}

// secretsOf lists the texts that must not appear in an error of an exchange: the configured secrets, and what the request
// and the answer carry.
func (c *Client) secretsOf(req *http.Request, a answer) []string {
	var texts []string
	for _, s := range c.secrets {
		texts = append(texts, s.Reveal())
	}
	texts = append(texts, req.Header.Get("X-Auth-Token"), a.header.Get("X-Subject-Token"), req.Header.Get("Authorization"))
	if _, signature, signed := strings.Cut(req.Header.Get("Authorization"), "Signature="); signed {
		texts = append(texts, signature)
	}
	return texts
}

// scrubber replaces the secrets in a text that another party wrote, in each form in which it may repeat them.
func scrubber(secrets []string) *strings.Replacer {
	var pairs []string
	for _, s := range secrets {
		if len(s) < 4 {
			continue // would be found in every text
		}
		for _, form := range spelled(s) {
			pairs = append(pairs, form, redacted)
		}
	}
	return strings.NewReplacer(pairs...)
}

// spelled are the forms in which a text is written into JSON, addresses and pages.
func spelled(s string) []string {
	forms := []string{s, url.QueryEscape(s), url.PathEscape(s), html.EscapeString(s)}
	short := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) // JSON with the fewest escapes
	long := short                                                 // with the most
	if b, err := json.Marshal(s); err == nil {
		long = string(b[1 : len(b)-1])
	}
	ascii := strconv.QuoteToASCII(s)
	for _, text := range []string{short, long, ascii[1 : len(ascii)-1]} {
		forms = append(forms, text, strings.ReplaceAll(text, "/", `\/`))
	}
	return forms
}

// scrubAnswer takes the secrets out of an answer.
func scrubAnswer(a answer, secrets []string) answer {
	clean, header := scrubber(secrets), http.Header{}
	for name, values := range a.header {
		for _, v := range values {
			header[name] = append(header[name], clean.Replace(v))
		}
	}
	return answer{status: a.status, header: header, body: []byte(clean.Replace(string(a.body)))}
}
