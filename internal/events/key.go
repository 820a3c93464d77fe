// Package events is the change event: what names it, what its body means, when two observations are the same state,
// and how it is written on the stream.
//
// The contract: everything here is a pure function of its arguments. No clock, no I/O, no randomness, so that the same
// observations always give the same events, in a test as in production.
//
// Less formally: a poller shows what it saw (a Snapshot), Diff compares it with what is known of that entity (a Head),
// and either nothing happened or there is exactly one Event.
//
// What you can not assume: that the bytes of two equal states are equal. The state hash leaves out what is volatile or
// depends on which API showed the object (kinds.go); the body keeps everything but secrets.
package events

import (
	"fmt"
	"strings"
)

// Stream is the name of the JetStream stream that holds the log.
const Stream = "ARTERY"

// TenantScope is the scope of entities that belong to no project.
const TenantScope = "_tenant"

// IncidentScope is the scope of incidents: they are reported, not polled, and to any collector.
const IncidentScope = "_incidents"

// pollToken is the last token of a poll record's subject.
const pollToken = "poll"

// Key names one entity. Its subject holds every event of the entity, and the last message there is its snapshot.
//
//	artery.<tenant>.<scope>.<kind>.<id>     an entity
//	artery.<tenant>.<scope>.poll            the poll record of a scope (Kind Poll, ID empty)
//
// Tokens are escaped: each byte outside [A-Za-z0-9_-] is written %XX, so ids with dots, spaces or wildcards are safe.
type Key struct {
	Tenant string
	Scope  string // project id, TenantScope or IncidentScope
	Kind   Kind
	ID     string
}

// PollKey is the key of the poll record of a scope.
func PollKey(tenant, scope string) Key { return Key{Tenant: tenant, Scope: scope, Kind: Poll} }

// Subject is the NATS subject of the entity.
func (k Key) Subject() string {
	b := make([]byte, 0, 16+len(k.Tenant)+len(k.Scope)+len(k.Kind)+len(k.ID))
	b = append(b, "artery."...)
	b = appendToken(b, k.Tenant)
	b = append(b, '.')
	b = appendToken(b, k.Scope)
	b = append(b, '.')
	if k.Kind == Poll {
		return string(append(b, pollToken...))
	}
	b = appendToken(b, string(k.Kind))
	b = append(b, '.')
	return string(appendToken(b, k.ID))
}

// ScopeFilter is the subject filter that matches every message of a scope, poll records included.
func ScopeFilter(tenant, scope string) string {
	return string(append(appendToken(append(appendToken([]byte("artery."), tenant), '.'), scope), ".>"...))
}

// ParseSubject is the inverse of Key.Subject.
func ParseSubject(subject string) (Key, error) {
	t := strings.Split(subject, ".")
	if len(t) < 4 || t[0] != "artery" || len(t) > 5 || (len(t) == 4) != (t[3] == pollToken) {
		return Key{}, fmt.Errorf("parsing subject %q: want artery.<tenant>.<scope>.<kind>.<id> or artery.<tenant>.<scope>.poll", subject)
	}
	for i := range t {
		s, err := unescapeToken(t[i])
		if err != nil {
			return Key{}, fmt.Errorf("parsing subject %q: %w", subject, err)
		}
		t[i] = s
	}
	if len(t) == 4 {
		return PollKey(t[1], t[2]), nil
	}
	return Key{Tenant: t[1], Scope: t[2], Kind: Kind(t[3]), ID: t[4]}, nil
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

const hexDigits = "0123456789ABCDEF"

// appendToken escapes s. The empty string has no token form in NATS; it is written as a lone %.
func appendToken(b []byte, s string) []byte {
	if s == "" {
		return append(b, '%')
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; plain(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return b
}

func unescapeToken(s string) (string, error) {
	if s == "%" {
		return "", nil
	}
	if !strings.Contains(s, "%") {
		return s, nil
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", fmt.Errorf("token %q ends inside an escape", s)
		}
		hi, lo := strings.IndexByte(hexDigits, s[i+1]), strings.IndexByte(hexDigits, s[i+2])
		if hi < 0 || lo < 0 {
			return "", fmt.Errorf("token %q holds a bad escape", s)
		}
		b = append(b, byte(hi<<4|lo))
		i += 2
	}
	return string(b), nil
}
