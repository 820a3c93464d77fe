package events

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

func (w *writer) number() error {
	start := w.pos
	for w.pos < len(w.src) {
		c := w.src[w.pos]
		if c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E' {
			w.pos++
			continue
		}
		break
	}
	lit := w.src[start:w.pos]
	if !validNumber(lit) {
		return fmt.Errorf("offset %d: %q is no JSON number", start, lit)
	}
	if !ReadableNumber(lit) {
		w.dst = append(append(append(w.dst, '"'), lit...), '"')
		return nil
	}
	w.dst = append(w.dst, lit...)
	return nil
}

// ReadableNumber says whether ClickHouse can read a document that holds the number: whole numbers of 64 bits, signed or not,
// and others that a float64 can hold. Of a document with any other number it reads nothing at all, so that the row would be
// empty. Such a number becomes a text in the canonical form, as it was spelt.
func ReadableNumber(lit []byte) bool {
	if len(lit) < 19 && !bytes.ContainsAny(lit, "eE") {
		return true
	}
	var err error
	switch {
	case bytes.ContainsAny(lit, ".eE"):
		_, err = strconv.ParseFloat(string(lit), 64)
	case lit[0] == '-':
		_, err = strconv.ParseInt(string(lit), 10, 64)
	default:
		_, err = strconv.ParseUint(string(lit), 10, 64)
	}
	return err == nil
}

// validNumber follows the grammar of RFC 8259 section 6.
func validNumber(s []byte) bool {
	digits := func() bool {
		n := 0
		for len(s) > 0 && s[0] >= '0' && s[0] <= '9' {
			s, n = s[1:], n+1
		}
		return n > 0
	}
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	if len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9' || !digits() {
		return false
	}
	if len(s) > 0 && s[0] == '.' {
		if s = s[1:]; !digits() {
			return false
		}
	}
	if len(s) > 0 && (s[0] == 'e' || s[0] == 'E') {
		if s = s[1:]; len(s) > 0 && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return len(s) == 0
}

// scanString consumes a string. It returns its text, and the literal with its quotes if that is how appendString would
// write the text, else nil.
func (w *writer) scanString() (raw, text []byte, err error) {
	start := w.pos
	for w.pos++; w.pos < len(w.src); w.pos++ {
		switch c := w.src[w.pos]; {
		case c == '"':
			w.pos++
			raw = w.src[start:w.pos]
			text = raw[1 : len(raw)-1]
			if bytes.IndexByte(text, '\\') >= 0 {
				raw = nil
				if text, err = unescape(text); err != nil {
					return nil, nil, fmt.Errorf("offset %d: %w", start, err)
				}
			}
			if !utf8.Valid(text) {
				raw, text = nil, spellBytes(text)
			}
			return raw, text, nil
		case c == '\\':
			w.pos++
		case c < ' ':
			return nil, nil, fmt.Errorf("offset %d: control character in a string", w.pos)
		}
	}
	return nil, nil, fmt.Errorf("offset %d: the string does not end", start)
}

func (w *writer) writeString(raw, text []byte) {
	if w.redact {
		if redacted := redactText(text); !bytes.Equal(redacted, text) {
			w.dst = appendString(w.dst, redacted)
			return
		}
	}
	if raw != nil {
		w.dst = append(w.dst, raw...)
		return
	}
	w.dst = appendString(w.dst, text)
}

var errEscape = errors.New("bad escape in a string")

// unescape decodes a string's text. A surrogate without its other half is no character: ClickHouse reads nothing at all
// from a document that holds one, and U+FFFD would make different states equal. So it becomes its own spelling, the six
// characters \ud800.
func unescape(s []byte) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		if i++; i >= len(s) {
			return nil, errEscape
		}
		switch c := s[i]; c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b', 'f', 'n', 'r', 't':
			out = append(out, "\b\f\n\r\t"[strings.IndexByte("bfnrt", c)])
		case 'u':
			r, err := hex4(s[i+1:])
			if err != nil {
				return nil, err
			}
			i += 4
			if utf16.IsSurrogate(r) {
				if i+2 < len(s) && s[i+1] == '\\' && s[i+2] == 'u' {
					if lo, err := hex4(s[i+3:]); err == nil && utf16.DecodeRune(r, lo) != utf8.RuneError {
						out = utf8.AppendRune(out, utf16.DecodeRune(r, lo))
						i += 6
						continue
					}
				}
				out = fmt.Appendf(out, `\u%04x`, r)
				continue
			}
			out = utf8.AppendRune(out, r)
		default:
			return nil, errEscape
		}
	}
	return out, nil
}

func hex4(s []byte) (rune, error) {
	if len(s) < 4 {
		return 0, errEscape
	}
	n, err := strconv.ParseUint(string(s[:4]), 16, 16)
	if err != nil {
		return 0, errEscape
	}
	return rune(n), nil
}

// spellBytes writes the bytes that are not UTF-8 as the four characters \xff, for the reasons of unescape.
func spellBytes(text []byte) []byte {
	out := make([]byte, 0, len(text)+16)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			out = fmt.Appendf(out, `\x%02x`, text[0])
		} else {
			out = append(out, text[:n]...)
		}
		text = text[n:]
	}
	return out
}

// appendString writes text, which is UTF-8, as a JSON string with the fewest escapes.
func appendString(dst, text []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i, c := range text {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[from:i]...)
		from = i + 1
		if c >= ' ' {
			dst = append(dst, '\\', c)
		} else if j := strings.IndexByte("\b\f\n\r\t", c); j >= 0 {
			dst = append(dst, '\\', "bfnrt"[j])
		} else {
			dst = fmt.Appendf(dst, `\u%04x`, c)
		}
	}
	return append(append(dst, text[from:]...), '"')
}
