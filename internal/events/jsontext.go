package events

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
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
	w.dst = append(w.dst, lit...)
	return nil
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

// scanString consumes a string. It returns the literal with its quotes and the decoded text.
func (w *writer) scanString() (raw, text []byte, err error) {
	start := w.pos
	for w.pos++; w.pos < len(w.src); w.pos++ {
		switch c := w.src[w.pos]; {
		case c == '"':
			w.pos++
			raw = w.src[start:w.pos]
			text = raw[1 : len(raw)-1]
			if bytes.IndexByte(text, '\\') >= 0 {
				if text, err = unescape(text); err != nil {
					return nil, nil, fmt.Errorf("offset %d: %w", start, err)
				}
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
	if w.redact && bytes.Contains(text, []byte("://")) {
		if s := RedactURLs(string(text)); s != string(text) {
			w.dst = appendString(w.dst, []byte(s))
			return
		}
	}
	if len(raw) == len(text)+2 { // no escapes: already in the form that has the fewest
		w.dst = append(w.dst, raw...)
		return
	}
	w.dst = appendString(w.dst, text)
}

var errEscape = errors.New("bad escape in a string")

// unescape decodes a string's text. A surrogate without its other half stays as it was written, escaped: U+FFFD would
// make different states equal.
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
			out = append(out, "\b\f\n\r\t"[bytes.IndexByte([]byte("bfnrt"), c)])
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
				// CESU-8 bytes: what a lone surrogate looks like without loss; appendString turns them back.
				out = append(out, byte(0xE0|r>>12), byte(0x80|r>>6&0x3F), byte(0x80|r&0x3F))
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

// appendString writes text as a JSON string with the fewest escapes. Bytes that are not UTF-8 are kept.
func appendString(dst, text []byte) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ' && c != 0xED:
			dst = append(dst, c)
		case c == 0xED && i+2 < len(text) && text[i+1] >= 0xA0: // a lone surrogate, see unescape
			r := rune(c&0x0F)<<12 | rune(text[i+1]&0x3F)<<6 | rune(text[i+2]&0x3F)
			dst = append(dst, fmt.Sprintf(`\u%04x`, r)...)
			i += 2
		case c == 0xED:
			dst = append(dst, c)
		default:
			if j := bytes.IndexByte([]byte("\b\f\n\r\t"), c); j >= 0 {
				dst = append(dst, '\\', "bfnrt"[j])
			} else {
				dst = append(dst, fmt.Sprintf(`\u%04x`, c)...)
			}
		}
	}
	return append(dst, '"')
}
