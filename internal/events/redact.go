package events

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Redacted replaces a secret, in events as elsewhere.
const Redacted = "[redacted]"

// secretNames are member names whose value is a secret, compared in lower case without '_', '-' and '.'.
// "=x" matches the whole name, "x" a part of it, "x$" its end.
var secretNames = []string{
	"password", "passwd", "passphrase", "pwd$", "secretkey", "accesskey", "privatekey", "apikey", "credential", "authorization",
	"secret$", "token$", "=ak", "=sk", "securitytoken",
}

// secretValues are the members that hold the value of a variable, next to is_secret or to a name that is a secret's.
var secretValues = []string{"value", "latest_value", "runtime_value", "default_value"}

func secretName(name []byte) bool {
	var room [64]byte
	n := room[:0]
	for _, c := range name {
		switch {
		case c == '_' || c == '-' || c == '.':
		case c >= 'A' && c <= 'Z':
			n = append(n, c+'a'-'A')
		default:
			n = append(n, c)
		}
	}
	if string(n) == "issecret" {
		return false // says that another member is one
	}
	for _, p := range secretNames {
		switch {
		case p[0] == '=':
			if string(n) == p[1:] {
				return true
			}
		case p[len(p)-1] == '$':
			if bytes.HasSuffix(n, []byte(p[:len(p)-1])) {
				return true
			}
		case len(n) >= len(p) && bytes.Contains(n, []byte(p)):
			return true
		}
	}
	return false
}

// redactable says whether the JSON value is a secret where one stands: a text, a number, or a list of them. What an
// object or a list of objects holds has names of its own.
func redactable(v []byte) bool {
	switch c := v[0]; c {
	case '[':
		return v[1] == '"' || v[1] == '-' || v[1] >= '0' && v[1] <= '9'
	case '"':
		return !bytes.Equal(v, []byte(`""`))
	default:
		return c == '-' || c >= '0' && c <= '9'
	}
}

// redactText replaces the secrets of a text that stands as a value: those of URLs, or, where the text itself is JSON (the
// definition of a template, the output of a plug-in), those of that. It returns text itself where it holds none.
func redactText(text []byte) []byte {
	if t := bytes.TrimLeft(text, " \t\r\n"); len(t) > 0 && (t[0] == '{' || t[0] == '[') && json.Valid(t) {
		return RedactBytes(text)
	}
	if !bytes.Contains(text, []byte("://")) {
		return text
	}
	s := string(text)
	if redacted := RedactURLs(s); redacted != s {
		return redactText([]byte(redacted)) // it may have become JSON
	}
	return text
}

// RedactURLs replaces the secrets of every URL in s: its user information, and the values of parameters that are named like
// a secret or sign the address.
func RedactURLs(s string) string {
	if !strings.Contains(s, "://") {
		return s
	}
	return redactQueries(redactUsers(s))
}

// redactUsers replaces the user information of every URL in s: the whole of it for http and https, where a lone name may
// be a token, and only when it holds a password elsewhere (ssh://git@host names no secret).
func redactUsers(s string) string {
	if !strings.Contains(s, "@") {
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
		before := strings.ToLower(out.String()[max(0, out.Len()-len("https://")):])
		web := strings.HasSuffix(before, "http://") || before == "https://"
		if web || strings.Contains(auth[:at], ":") {
			out.WriteString(Redacted)
			s = s[at:]
		}
	}
	out.WriteString(s)
	return out.String()
}

// redactQueries replaces the values of the parameters of every URL in s that are secrets: a token, or the signature by which
// whoever has the address may read what is there.
func redactQueries(s string) string {
	var out strings.Builder
	for {
		i := strings.Index(s, "://")
		if i < 0 {
			break
		}
		i += len("://")
		out.WriteString(s[:i])
		address := s[i:]
		if end := strings.IndexAny(address, " \t\r\n\"'<>"); end >= 0 {
			address = address[:end]
		}
		if next := strings.Index(address, "://"); next >= 0 { // in the next round
			address = address[:next]
		}
		s = s[i+len(address):]
		for begin := strings.IndexAny(address, "?#"); begin >= 0; begin = strings.IndexAny(address, "?&;#") {
			out.WriteString(address[:begin+1])
			address = address[begin+1:]
			end := strings.IndexAny(address, "?&;#")
			if end < 0 {
				end = len(address)
			}
			if name, value, _ := strings.Cut(address[:end], "="); value != "" && secretParameter(name) {
				out.WriteString(name + "=" + Redacted)
				address = address[end:]
			}
		}
		out.WriteString(address)
	}
	out.WriteString(s)
	return out.String()
}

// secretParameter says whether the value of a parameter of a URL is a secret.
func secretParameter(name string) bool {
	lower := strings.ToLower(name)
	return lower == "sig" || strings.HasSuffix(lower, "signature") || secretName([]byte(name))
}
