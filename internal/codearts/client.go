// Package codearts is a client of the read APIs of Huawei Cloud CodeArts.
//
// It hands out what the service sent, as raw JSON per object, and decodes no
// more than paging and errors need: a row of an unexpected form never costs its
// page. Each API is one function in one file; all go through Client.call, which
// waits for the limits, authorizes, sends, classifies and retries.
//
// CodeArts reports many errors with status 200. Every answer is searched for
// them before its data is used, so an empty list is really an empty list. Even
// then it may mean that the account has lost its membership of the project:
// the list APIs answer total 0 in that case.
//
// All APIs used here only read, those with POST included, so every call may be
// repeated.
package codearts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client reads one tenant. It is safe for concurrent use.
type Client struct {
	opts    Options
	base    bases
	auth    authorizer
	http    *http.Client
	limits  *limiter
	backoff *backoff
	clock   *clock
	sizes   *sizes
	earlier *earlier
	secrets []Secret

	priority Priority // of the calls of this view, see As
}

// New checks opts, reporting all faults at once, and sends nothing.
func New(opts Options) (*Client, error) {
	opts = opts.withDefaults()
	authErr := opts.Auth.validate()
	base, baseErr := opts.Endpoints.parse(opts.Auth.Password != nil)
	if err := errors.Join(authErr, baseErr, opts.Limits.validate()); err != nil {
		return nil, fmt.Errorf("client of tenant %q: %w", opts.Tenant, err)
	}
	c := &Client{
		opts:    opts,
		base:    base,
		http:    newHTTPClient(opts),
		limits:  newLimiter(opts.Limits),
		backoff: &backoff{rand: opts.Rand},
		clock:   &clock{log: opts.Log, tenant: opts.Tenant},
		sizes:   &sizes{},
		earlier: &earlier{lists: map[string][]json.RawMessage{}},
		secrets: opts.Auth.secrets(),
	}
	if opts.Auth.Password != nil {
		c.auth = &tokens{signIn: c.signIn, now: opts.Now, jitter: c.backoff.fraction}
	} else {
		c.auth = &keySigner{keys: *opts.Auth.Keys, now: opts.Now}
	}
	return c, nil
}

// request is one call of an API, repeatable.
type request struct {
	api     string
	project string
	method  string
	base    string
	path    string // escaped, see path
	query   url.Values
	body    any  // sent as JSON unless nil
	open    bool // carries no credentials: the sign-in itself

	// read decodes an answer of status 2xx. It returns an *Error when the
	// answer says that it is one, or cannot be used.
	read func(answer) error
}

// path fills escaped ids into a path. An empty id would address another API; whoever met it in a row is told as if CodeArts
// had refused the call, for the other rows are not to blame.
func path(format string, ids ...string) (string, error) {
	escaped := make([]any, len(ids))
	for i, id := range ids {
		if strings.Trim(id, ". ") == "" {
			return "", &Error{API: format, Class: ClassBadRequest, Message: fmt.Sprintf("the id %q is not usable in the path", id)}
		}
		escaped[i] = url.PathEscape(id)
	}
	return fmt.Sprintf(format, escaped...), nil
}

// call sends q until it is answered, fails for good, or ctx ends.
func (c *Client) call(ctx context.Context, q request) error {
	var body []byte
	if q.body != nil {
		var err error
		if body, err = json.Marshal(q.body); err != nil {
			return fmt.Errorf("encoding the request of %s: %w", q.api, err)
		}
	}
	var refused Secret
	failures, throttles := 0, 0
	for attempt := 1; ; attempt++ {
		if ctx.Err() != nil {
			return fmt.Errorf("calling %s: %w", q.api, ctx.Err())
		}
		used, err := c.exchange(ctx, q, body, attempt, refused)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			continue
		}
		var e *Error
		if !errors.As(err, &e) || e.API != q.api {
			return err // a limit or the sign-in, which had its own attempts
		}
		e.Attempts = attempt
		switch e.Class {
		case ClassAuth:
			if !refused.IsZero() || used.IsZero() {
				return e
			}
			refused = used
			continue
		case ClassThrottle:
			if throttles++; throttles >= c.opts.Throttled {
				return e
			}
			// exchange has paused the API; its limit does the waiting.
		case ClassRetry:
			if failures++; failures >= c.opts.Attempts {
				return e
			}
			if sleep(ctx, max(e.RetryAfter, c.backoff.delay(failures))) != nil && ctx.Err() == nil {
				return e // the deadline comes before the next attempt
			}
		default:
			return e
		}
		c.opts.Log.Debug("retrying", "tenant", c.opts.Tenant, "project", q.project, "api", q.api, "err", e)
	}
}

// exchange waits for the limits and makes one HTTP exchange. It returns the
// token used.
func (c *Client) exchange(ctx context.Context, q request, body []byte, attempt int, refused Secret) (Secret, error) {
	before := time.Now()
	waited, err := c.limits.wait(ctx, q.api, c.priority)
	if err != nil {
		return Secret{}, err
	}
	call := Call{API: q.api, Priority: c.priority, Project: q.project, Attempt: attempt, Waited: time.Since(before)}
	req, err := c.build(ctx, q, body)
	if err != nil {
		return Secret{}, err
	}
	var used Secret
	if !q.open {
		if used, err = c.auth.authorize(ctx, req, body, refused); err != nil {
			return Secret{}, err
		}
	}

	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	sent := time.Now()
	a, e := c.send(req.WithContext(ctx))
	if e == nil {
		e = c.judge(q, req, &a)
	}
	call.Status, call.Bytes, call.Duration = a.status, len(a.body), time.Since(sent)
	if e == nil {
		c.limits.succeeded(q.api, waited)
		c.opts.Observe(call)
		return used, nil
	}
	c.complete(e, q, req, a)
	if e.Class == ClassThrottle {
		c.limits.throttled(q.api, max(e.RetryAfter, c.backoff.delay(attempt)))
	}
	call.Code, call.Class = e.Code, e.Class
	c.opts.Observe(call)
	return used, e
}

func (c *Client) build(ctx context.Context, q request, body []byte) (*http.Request, error) {
	target := q.base + q.path
	if len(q.query) > 0 {
		target += "?" + q.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, q.method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("building the request of %s: %w", q.api, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "artery/"+c.opts.Version)
	return req, nil
}

// complete fills in what the exchange knows, and takes the secrets out of the text: that of a transport error may quote the
// server too.
func (c *Client) complete(e *Error, q request, req *http.Request, a answer) {
	e.Tenant, e.API, e.Project, e.Status = c.opts.Tenant, q.api, q.project, a.status
	if e.RequestID == "" {
		e.RequestID = a.header.Get("X-Request-Id")
	}
	clean := scrubber(c.secretsOf(req, a))
	e.Message = string(c.redact([]byte(e.Message)))
	for _, text := range []*string{&e.Code, &e.Message, &e.RequestID} {
		*text = shorten(clean.Replace(*text))
	}
	e.RetryAfter = retryAfter(a.header, c.opts.Now())
	if a.status == http.StatusRequestEntityTooLarge && e.RetryAfter > 0 {
		e.Class = ClassRetry // too large for now, says RFC 9110; without a time the page is halved at once
	}
	skew, known := c.ClockSkew()
	switch {
	case e.Class == ClassNotInRegion && c.opts.Region != "":
		e.advice = "region " + c.opts.Region + " does not publish this API: switch its poller off or correct the endpoint"
	case e.Class == ClassAuth && known && skew.Abs() > SkewWarning:
		e.advice = fmt.Sprintf("the local clock is off by %s; set it, then check the credentials", (-skew).Round(time.Second))
	}
}

// judge finds the error in an answer, if there is one. What the server wrote may hold the credentials of the request, and
// other people's secrets: the error is read again from the answer without them, for a part of a secret that a message is cut
// off in would be found no more.
func (c *Client) judge(q request, req *http.Request, a *answer) *Error {
	e := faultIn(q, *a)
	if e == nil {
		return nil
	}
	clean := scrubAnswer(*a, c.secretsOf(req, *a))
	clean.body = c.redact(clean.body)
	if again := faultIn(q, clean); again != nil {
		e = again
	}
	*a = clean
	if e.Class == ClassUnusable {
		e.Answer = clean.body
	}
	return e
}

// redact takes the secrets out of what CodeArts wrote.
func (c *Client) redact(text []byte) []byte {
	if c.opts.Redact == nil {
		return text
	}
	return c.opts.Redact(text)
}

// faultIn reads the error of an answer.
func faultIn(q request, a answer) *Error {
	var e *Error
	if a.status < 200 || a.status > 299 {
		e = readFailure(a)
	} else if err := q.read(a); err == nil {
		return nil
	} else if !errors.As(err, &e) {
		e = &Error{Class: ClassUnusable, Message: err.Error(), cause: err}
	}
	if e.Class == ClassOK {
		e.Class = classify(a.status, e.Code)
	}
	return e
}
