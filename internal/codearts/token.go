package codearts

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"
)

const (
	apiSignIn     = "SignIn"
	tokenLife     = 24 * time.Hour // where IAM does not say
	refreshAge    = 20 * time.Hour
	refreshMargin = 15 * time.Minute
	refusalLife   = time.Minute // repeated wrong passwords lock the account
)

// token is a signed-in session.
type token struct {
	secret  Secret
	refresh time.Time // sign in again from then on
	expires time.Time
}

// signedIn is IAM's answer: the token and how long it lives.
type signedIn struct {
	secret Secret
	life   time.Duration
}

// tokens authorizes with a token that all calls share. One sign-in runs at a
// time; calls wait for it only when they have no valid token.
type tokens struct {
	signIn func(context.Context) (signedIn, error)
	now    func() time.Time
	jitter func() float64

	mu      sync.Mutex
	current token
	flight  *flight
	refusal *Error    // the last sign-in was refused,
	until   time.Time // and is not repeated before then
}

// flight is a sign-in under way; done closes after the other fields are set.
type flight struct {
	done      chan struct{}
	secret    Secret
	err       error
	abandoned bool // failed only because its caller gave up
}

func (t *tokens) authorize(ctx context.Context, req *http.Request, _ []byte, refused Secret) (Secret, error) {
	secret, err := t.get(ctx, refused)
	if err != nil {
		return Secret{}, err
	}
	req.Header.Set("X-Auth-Token", secret.Reveal())
	return secret, nil
}

// get returns a valid token other than refused.
func (t *tokens) get(ctx context.Context, refused Secret) (Secret, error) {
	for {
		t.mu.Lock()
		now := t.now()
		have := !t.current.secret.IsZero() && t.current.secret.Reveal() != refused.Reveal() && now.Before(t.current.expires)
		if have && (now.Before(t.current.refresh) || t.flight != nil) {
			defer t.mu.Unlock()
			return t.current.secret, nil
		}
		if t.refusal != nil && now.Before(t.until) {
			defer t.mu.Unlock()
			if have {
				return t.current.secret, nil
			}
			again := *t.refusal
			return Secret{}, &again
		}
		f := t.flight
		if f == nil {
			f = &flight{done: make(chan struct{})}
			t.flight = f
			t.mu.Unlock()
			t.fly(ctx, f)
		} else {
			t.mu.Unlock()
			select {
			case <-f.done:
			case <-ctx.Done():
				return Secret{}, ctx.Err()
			}
			if f.abandoned {
				continue
			}
		}
		if f.err == nil {
			return f.secret, nil
		}
		if !have {
			return Secret{}, f.err
		}
	}
}

// fly signs in and lands f.
func (t *tokens) fly(ctx context.Context, f *flight) {
	in, err := t.signIn(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	defer close(f.done)
	t.flight = nil
	now := t.now()
	if err != nil {
		f.err, f.abandoned = err, ctx.Err() != nil
		t.current.refresh = now.Add(refusalLife) // a token still valid serves until the next try
		var e *Error
		if errors.As(err, &e) && e.Class != ClassRetry && e.Class != ClassThrottle {
			t.refusal, t.until = e, now.Add(refusalLife)
		}
		return
	}
	age := min(refreshAge, max(in.life-refreshMargin, in.life/2))
	age -= time.Duration(t.jitter() * float64(age) / 20)
	t.current = token{secret: in.secret, refresh: now.Add(age), expires: now.Add(in.life)}
	t.refusal = nil
	f.secret = in.secret
}

// signIn fetches a token (Pipeline API 3.2: POST /v3/auth/tokens). It sits in
// a header of the answer; the body tells when it expires.
func (c *Client) signIn(ctx context.Context) (signedIn, error) {
	type name struct {
		Name string `json:"name"`
	}
	type user struct {
		Name     string `json:"name"`
		Password string `json:"password"`
		Domain   name   `json:"domain"`
	}
	var body struct {
		Auth struct {
			Identity struct {
				Methods  []string `json:"methods"`
				Password struct {
					User user `json:"user"`
				} `json:"password"`
			} `json:"identity"`
			Scope struct {
				Project name `json:"project"`
			} `json:"scope"`
		} `json:"auth"`
	}
	p := c.opts.Auth.Password
	body.Auth.Identity.Methods = []string{"password"}
	body.Auth.Identity.Password.User = user{p.User, p.Password.Reveal(), name{p.Domain}}
	body.Auth.Scope.Project.Name = p.Project

	var in signedIn
	err := c.call(ctx, request{
		api: apiSignIn, method: http.MethodPost, base: c.base.iam, path: "/v3/auth/tokens", body: body, open: true,
		read: func(a answer) (err error) {
			in, err = c.readSignIn(a)
			return err
		},
	})
	return in, err
}

func (c *Client) readSignIn(a answer) (signedIn, error) {
	if _, err := readObject(a.body, "", false); err != nil {
		return signedIn{}, err
	}
	var body struct {
		Token struct {
			ExpiresAt lenient `json:"expires_at"`
		} `json:"token"`
	}
	_ = json.Unmarshal(a.body, &body) // an odd body costs the expiry only
	text := a.header.Get("X-Subject-Token")
	if text == "" {
		return signedIn{}, &Error{Class: ClassUnusable, Message: "the answer has no X-Subject-Token header; is the endpoint IAM's?"}
	}
	in := signedIn{secret: NewSecret(text), life: tokenLife}
	if expires, err := time.Parse(time.RFC3339, string(body.Token.ExpiresAt)); err == nil {
		now := c.opts.Now()
		if date, err := http.ParseTime(a.header.Get("Date")); err == nil {
			now = date // so that a wrong local clock does not matter
		}
		if life := expires.Sub(now); life > 0 { // else a clock is wrong; a 401 will tell
			in.life = life
		}
	}
	return in, nil
}
