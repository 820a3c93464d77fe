package events

import (
	"bytes"
	"strings"
)

// Redacted replaces a secret, in events as elsewhere.
const Redacted = "[redacted]"

// secretNames are member names whose scalar value is a secret, compared in lower case without '_', '-' and '.'.
// "=x" matches the whole name, "x" a part of it, "x$" its end.
var secretNames = []string{
	"password", "passwd", "=pwd", "secretkey", "accesskey", "privatekey", "apikey", "credential", "authorization",
	"secret$", "token$", "=ak", "=sk", "securitytoken",
}

// secretValues are the members that hold the value of a variable, next to is_secret or to a name that is a secret's.
var secretValues = []string{"value", "latest_value", "runtime_value", "default_value"}

func secretName(name string) bool {
	n := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' {
			return -1
		}
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
	for _, p := range secretNames {
		switch {
		case p[0] == '=' && n == p[1:], p[len(p)-1] == '$' && strings.HasSuffix(n, p[:len(p)-1]):
			return true
		case p[0] != '=' && p[len(p)-1] != '$' && strings.Contains(n, p):
			return true
		}
	}
	return false
}

// redactable says whether the JSON value can carry a secret: not null, a boolean, "" or a container.
func redactable(v []byte) bool {
	return len(v) > 0 && v[0] != '{' && v[0] != '[' && v[0] != 'n' && v[0] != 't' && v[0] != 'f' && !bytes.Equal(v, []byte(`""`))
}

// RedactURLs replaces the user information of every URL in s: the whole of it for http and https, where a lone name may
// be a token, and only when it holds a password elsewhere (ssh://git@host names no secret).
func RedactURLs(s string) string {
	if !strings.Contains(s, "://") || !strings.Contains(s, "@") {
		return s
	}
	var out strings.Builder
	for {
		i := strings.Index(s, "://")
		if i < 0 {
			break
		}
		auth := s[i+3:]
		if end := strings.IndexAny(auth, "/?# \t\n\"'<>"); end >= 0 {
			auth = auth[:end]
		}
		out.WriteString(s[:i+3])
		s = s[i+3:]
		at := strings.LastIndexByte(auth, '@')
		if at < 0 {
			continue
		}
		web := strings.HasSuffix(out.String(), "http://") || strings.HasSuffix(out.String(), "https://")
		if web || strings.Contains(auth[:at], ":") {
			out.WriteString(Redacted)
			s = s[at:]
		}
	}
	out.WriteString(s)
	return out.String()
}
