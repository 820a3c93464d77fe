package codearts

import (
	"context"
	"errors"
	"net/http"
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

// scrub removes the given secrets from a text that another party wrote.
func scrub(text string, secrets ...Secret) string {
	for _, s := range secrets {
		if v := s.Reveal(); len(v) >= 4 {
			text = strings.ReplaceAll(text, v, redacted)
		}
	}
	return text
}
