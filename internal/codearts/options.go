package codearts

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Endpoints holds the base URL of each service. The host names differ per
// region without a rule, so each is a config value and none is derived.
type Endpoints struct {
	IAM        string // needed for token sign-in and IAMProjects only
	Pipeline   string
	Build      string
	Check      string
	Repo       string
	Projectman string // CodeArts Req; needed for Projects only
}

// Options configures a Client. Zero values take the stated defaults.
type Options struct {
	Tenant    string // our name of the tenant, for errors and logs
	Region    string // region name, for errors only
	Endpoints Endpoints
	Auth      Auth
	Limits    Limits

	HTTPClient *http.Client  // default: a transport of the client's own
	Parallel   int           // calls expected at the same time, default 16: idle connections kept per host
	Timeout    time.Duration // of one exchange with its body, default 60 s
	MaxBody    int64         // bytes of one decoded answer, default 16 MiB
	Attempts   int           // exchanges per call while the answer is worth a retry, default 5
	Throttled  int           // throttled answers that one call waits out, default 10
	Version    string        // for the User-Agent artery/<version>, default "dev"

	// Now dates signatures and tokens, default time.Now. Waiting (limits,
	// backoff, timeouts) always follows the process clock.
	Now     func() time.Time
	Rand    *rand.Rand // jitter; used under a lock
	Log     *slog.Logger
	Redact  func([]byte) []byte // takes other secrets than those of Auth out of what an error quotes of an answer; default: none
	Observe func(Call)          // called after every HTTP exchange, possibly concurrently
}

// Call describes one HTTP exchange for metrics.
type Call struct {
	API      string        // name of the endpoint function, or "SignIn"
	Priority Priority      // what it was for
	Project  string        // CodeArts project id, may be empty
	Status   int           // HTTP status, 0 when no answer came
	Code     string        // error code of the answer, may be empty
	Class    Class         // ClassOK, or how the failure is to be handled
	Attempt  int           // 1 for the first exchange of a call
	Bytes    int           // decoded bytes of the body
	Duration time.Duration // from sending to the last byte
	Waited   time.Duration // in the limits before sending
}

func (o Options) withDefaults() Options {
	if o.Parallel <= 0 {
		o.Parallel = 16
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 16 << 20
	}
	if o.Attempts <= 0 {
		o.Attempts = 5
	}
	if o.Throttled <= 0 {
		o.Throttled = 10
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observe == nil {
		o.Observe = func(Call) {}
	}
	o.Limits = o.Limits.withDefaults()
	return o
}

// bases are the checked endpoints, without a slash at the end.
type bases struct{ iam, pipeline, build, check, repo, projectman string }

// parse reports every faulty endpoint at once.
func (e Endpoints) parse(needIAM bool) (bases, error) {
	var b bases
	var errs []error
	for _, s := range []struct {
		name, value string
		into        *string
		needed      bool
	}{
		{"iam", e.IAM, &b.iam, needIAM},
		{"pipeline", e.Pipeline, &b.pipeline, true},
		{"build", e.Build, &b.build, true},
		{"check", e.Check, &b.check, true},
		{"repo", e.Repo, &b.repo, true},
		{"projectman", e.Projectman, &b.projectman, false},
	} {
		if s.value == "" && !s.needed {
			continue
		}
		u, err := parseBase(s.value)
		if err != nil {
			errs = append(errs, fmt.Errorf("endpoint %s: %w", s.name, err))
			continue
		}
		*s.into = u
	}
	return b, errors.Join(errs...)
}

// parseBase never repeats the given text: a faulty one may hold a password.
func parseBase(text string) (string, error) {
	if text == "" {
		return "", errors.New("is missing; set the service's base URL, such as https://host")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", errors.New("is not a URL; write it as https://host")
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "":
		return "", errors.New("needs the form https://host")
	case u.User != nil:
		return "", errors.New("holds a user or password; remove it, sign-in is configured apart")
	case u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("holds a query or fragment; only scheme, host and path are used")
	}
	return strings.TrimRight(u.String(), "/"), nil
}
