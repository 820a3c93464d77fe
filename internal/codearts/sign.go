package codearts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	signAlgorithm  = "SDK-HMAC-SHA256"
	signDateLayout = "20060102T150405Z"
)

// keySigner authorizes with an access key (API Request Signing Guide: AK/SK
// signing). The gateway refuses a date more than 15 minutes off.
type keySigner struct {
	keys KeyAuth
	now  func() time.Time
}

func (s *keySigner) authorize(_ context.Context, req *http.Request, body []byte, _ Secret) (Secret, error) {
	req.Header.Set("X-Sdk-Date", s.now().UTC().Format(signDateLayout))
	signed := []string{"host", "x-sdk-date"}
	for _, h := range []struct{ name, value string }{
		{"X-Security-Token", s.keys.SecurityToken.Reveal()},
		{"X-Project-Id", s.keys.ProjectID},
		{"X-Domain-Id", s.keys.DomainID},
	} {
		if h.value != "" {
			req.Header.Set(h.name, h.value)
			signed = append(signed, strings.ToLower(h.name))
		}
	}
	slices.Sort(signed)
	signature := sign(req, body, signed, s.keys.SecretKey)
	req.Header.Set("Authorization", signAlgorithm+" Access="+s.keys.AccessKey+
		", SignedHeaders="+strings.Join(signed, ";")+", Signature="+signature)
	return Secret{}, nil
}

// sign returns the signature in hex over method, path, query, the headers
// named in signed (lower case, sorted) and the body.
func sign(req *http.Request, body []byte, signed []string, key Secret) string {
	var b strings.Builder
	b.WriteString(req.Method + "\n" + canonicalPath(req.URL) + "\n" + canonicalQuery(req.URL.Query()) + "\n")
	for _, name := range signed {
		value := req.Header.Get(name)
		if name == "host" {
			if value = req.Host; value == "" {
				value = req.URL.Host
			}
		}
		b.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + hexHash(body))

	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(signAlgorithm + "\n" + req.Header.Get("X-Sdk-Date") + "\n" + hexHash([]byte(b.String()))))
	return hex.EncodeToString(mac.Sum(nil))
}

func hexHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// canonicalPath escapes each segment and always ends in a slash.
func canonicalPath(u *url.URL) string {
	segments := strings.Split(u.EscapedPath(), "/")
	for i, s := range segments {
		if plain, err := url.PathUnescape(s); err == nil {
			s = plain
		}
		segments[i] = escape(s)
	}
	path := strings.Join(segments, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path
}

func canonicalQuery(query url.Values) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(query)) {
		for _, value := range slices.Sorted(slices.Values(query[key])) {
			pairs = append(pairs, escape(key)+"="+escape(value))
		}
	}
	return strings.Join(pairs, "&")
}

// escape encodes all but the unreserved characters of RFC 3986.
func escape(s string) string {
	const upperHex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '_', c == '.', c == '~':
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
		}
	}
	return b.String()
}
