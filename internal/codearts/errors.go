package codearts

import (
	"fmt"
	"strings"
	"time"
)

// Class says how a failure is to be handled.
type Class string

// The classes. The client itself acts on retry, throttle and auth; an Error of
// these classes means that its attempts are used up.
const (
	ClassOK          Class = ""
	ClassRetry       Class = "retry"         // transport failure, 5xx, cut-off answer: may pass by itself
	ClassThrottle    Class = "throttle"      // too many calls: ask later and less often
	ClassAuth        Class = "auth"          // credentials refused, also after a fresh sign-in
	ClassPermission  Class = "permission"    // the account may not read this
	ClassNotFound    Class = "not found"     // the project, pipeline or run does not exist
	ClassNotInRegion Class = "not in region" // the region does not publish this API: switch its poller off
	ClassBadRequest  Class = "bad request"   // the request, or an error that no rule knows
	ClassUnusable    Class = "unusable"      // the answer is no JSON, of another shape, or too large
)

// NoMember is the code of a project that does not exist or of which the account
// is no member. Lists of such a project are empty instead.
const NoMember = "DEVPIPE.00011412"

// Error is a call that CodeArts or the way to it has failed. Its text holds no
// secret.
type Error struct {
	Tenant     string
	API        string // name of the endpoint function, or "SignIn"
	Project    string // CodeArts project id, may be empty
	Status     int    // HTTP status, 0 when no answer came; errors also come with 200
	Code       string // as received, such as DEVCP.00014031
	Message    string
	RequestID  string
	Class      Class
	RetryAfter time.Duration // as asked by the server and capped, 0 if not asked
	Attempts   int           // exchanges made
	Answer     []byte        // the whole answer where it is unusable, without our secrets; never part of the text

	advice string // known only to the client: region, clock, limits
	cause  error
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "calling %s", e.API)
	if e.Tenant != "" {
		b.WriteString(" of tenant " + e.Tenant)
	}
	if e.Project != "" {
		b.WriteString(", project " + e.Project)
	}
	b.WriteString(": " + string(e.Class))
	if e.Status != 0 {
		fmt.Fprintf(&b, ", status %d", e.Status)
	}
	if e.Code != "" {
		b.WriteString(", code " + e.Code)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " after %d attempts", e.Attempts)
	}
	if advice := e.Advice(); advice != "" {
		b.WriteString("; " + advice)
	}
	return b.String()
}

// Unwrap returns the transport or decoding error below, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Advice says what the operator can do, or is empty.
func (e *Error) Advice() string {
	if e.advice != "" {
		return e.advice
	}
	switch e.Class {
	case ClassThrottle:
		return "lower the limits of this API"
	case ClassAuth:
		return "check the credentials"
	case ClassPermission:
		if needed := permissions[e.API]; needed != "" {
			return "give the account the permission " + needed + ", or make it a member of the project"
		}
		return "give the account read access, or make it a member of the project"
	case ClassNotInRegion:
		return "switch this poller off or correct the endpoint"
	}
	return ""
}

// HasCode reports whether the error carries this code. Codes are compared by
// their prefix and the value of the number that ends them: the documents print
// DEVPIPE.0011401 for what the service sends as DEVPIPE.00011401.
func (e *Error) HasCode(code string) bool {
	if e.Code == "" {
		return false
	}
	return parseCode(e.Code) == parseCode(code)
}

// Absent says that CodeArts itself answered that the one thing it was asked
// for does not exist there: the proof of a deletion. A 404 without a code may
// come from anything on the way, DEV_21_100169 speaks of the project, and
// DEVPIPE.00011136 of a pipeline that belongs to another one.
func (e *Error) Absent() bool {
	return e.Class == ClassNotFound && e.Code != "" && !e.HasCode("DEV_21_100169") || e.HasCode("DEVPIPE.00011136")
}

// errorCode is a code in comparable form.
type errorCode struct {
	prefix string // upper case, with its separator
	number string // without leading zeros
}

func parseCode(code string) errorCode {
	code = strings.ToUpper(strings.TrimSpace(code))
	prefix := strings.TrimRight(code, "0123456789")
	number := strings.TrimLeft(code[len(prefix):], "0")
	if prefix == "APIG." { // some gateways write it so
		prefix = "APIGW."
	}
	return errorCode{prefix, number}
}
