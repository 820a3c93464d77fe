package codeartstest

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The names of the AK/SK scheme (API Request Signing Guide).
const (
	signScheme = "SDK-HMAC-SHA256"
	signTime   = "20060102T150405Z"
	signSkew   = 15 * time.Minute
)

// signature is a parsed Authorization header.
type signature struct {
	access  string
	headers []string
	value   string
}

// parseSignature reads `SDK-HMAC-SHA256 Access=.., SignedHeaders=a;b, Signature=..`.
func parseSignature(header string) (signature, bool) {
	rest, ok := strings.CutPrefix(header, signScheme+" ")
	if !ok {
		return signature{}, false
	}
	var s signature
	for part := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "Access":
			s.access = value
		case "SignedHeaders":
			s.headers = strings.Split(value, ";")
		case "Signature":
			s.value = value
		}
	}
	return s, s.access != "" && s.value != "" && slices.Contains(s.headers, "x-sdk-date")
}

// verify tells whether the request carries the signature that its secret key makes.
func (s signature) verify(r *http.Request, body []byte, secret string) bool {
	return hmac.Equal([]byte(s.sign(r, body, secret)), []byte(s.value))
}

// sign is the value that the signature of a request should have.
func (s signature) sign(r *http.Request, body []byte, secret string) string {
	canonical := sha256.Sum256([]byte(s.canonical(r, body)))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signScheme + "\n" + r.Header.Get("X-Sdk-Date") + "\n" + hex.EncodeToString(canonical[:])))
	return hex.EncodeToString(mac.Sum(nil))
}

// canonical is the text of the request that is signed.
func (s signature) canonical(r *http.Request, body []byte) string {
	var text strings.Builder
	text.WriteString(r.Method + "\n")
	for segment := range strings.SplitSeq(strings.Trim(r.URL.EscapedPath(), "/"), "/") {
		if plain, err := url.PathUnescape(segment); err == nil {
			segment = plain
		}
		text.WriteString("/" + escape3986(segment))
	}
	if r.URL.Path == "/" {
		text.WriteString("\n")
	} else {
		text.WriteString("/\n") // the signed path always ends in a slash
	}
	text.WriteString(canonicalQuery(r.URL.Query()) + "\n")
	for _, name := range s.headers {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		text.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	text.WriteString("\n" + strings.Join(s.headers, ";") + "\n")
	if given := r.Header.Get("X-Sdk-Content-Sha256"); given == "UNSIGNED-PAYLOAD" {
		text.WriteString(given)
	} else {
		sum := sha256.Sum256(body)
		text.WriteString(hex.EncodeToString(sum[:]))
	}
	return text.String()
}

// canonicalQuery is the query with keys and values sorted and escaped.
func canonicalQuery(query url.Values) string {
	type pair struct{ key, value string }
	var pairs []pair
	for key, values := range query {
		for _, value := range values {
			pairs = append(pairs, pair{key, value})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.value, b.value)) })
	var text []string
	for _, p := range pairs {
		text = append(text, escape3986(p.key)+"="+escape3986(p.value))
	}
	return strings.Join(text, "&")
}

// escape3986 escapes every byte that is not unreserved in RFC 3986.
func escape3986(s string) string {
	const digits = "0123456789ABCDEF"
	var text strings.Builder
	for _, b := range []byte(s) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '-', b == '_', b == '.', b == '~':
			text.WriteByte(b)
		default:
			text.Write([]byte{'%', digits[b>>4], digits[b&15]})
		}
	}
	return text.String()
}
