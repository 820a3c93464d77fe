package events

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// RedactBytes replaces the secrets in a text that need not be JSON, and leaves every other byte as it came. Of JSON it
// replaces exactly what Canonical does: Canonical(RedactBytes(x)) is Canonical(x). Of anything else (a page of a proxy,
// JSON that was cut off) it replaces what stands behind the name of a secret and a colon or an equals sign, and the
// secrets of URLs.
func RedactBytes(src []byte) []byte {
	s := secretScanner{src: src, stack: make([]scanFrame, 1)}
	s.scan()
	out := s.replaced()
	if json.Valid(src) {
		return out
	}
	text := RedactURLs(string(out))
	// Slashes may be escaped where no string begins, in what was cut out of one.
	if plain := strings.ReplaceAll(text, `\/`, "/"); RedactURLs(plain) != plain {
		text = RedactURLs(plain)
	}
	return []byte(text)
}

// span is a part of the text and what comes in its place.
type span struct {
	start, end int
	with       []byte
}

// scanFrame is an object or array that is open.
type scanFrame struct {
	hide   bool   // the object is a variable whose value is a secret
	values []span // its members that would be
}

// secretScanner goes through a text token by token. It takes whatever comes: what does not end ends with the text.
type secretScanner struct {
	src   []byte
	pos   int
	name  []byte // of the value that comes next, nil without one
	bare  bool   // the name stood outside quotes
	stack []scanFrame
	spans []span
}

var redactedText = []byte(`"` + Redacted + `"`)

func (s *secretScanner) scan() {
	for s.skipSpace(); s.pos < len(s.src); s.skipSpace() {
		switch c := s.src[s.pos]; c {
		case '"':
			s.text()
		case '{', '[':
			if c == '[' {
				s.list()
			}
			s.stack, s.name = append(s.stack, scanFrame{}), nil
			s.pos++
		case '}', ']':
			s.close()
			s.pos++
		case ',', ';', '&':
			s.name = nil
			s.pos++
		default:
			s.word()
		}
	}
	for len(s.stack) > 0 {
		s.close()
	}
}

func (s *secretScanner) skipSpace() {
	for s.pos < len(s.src) && bytes.IndexByte([]byte(" \t\r\n"), s.src[s.pos]) >= 0 {
		s.pos++
	}
}

// named says whether c follows, and moves over it.
func (s *secretScanner) named(signs string) bool {
	at := s.pos
	if s.skipSpace(); s.pos < len(s.src) && bytes.IndexByte([]byte(signs), s.src[s.pos]) >= 0 {
		s.pos++
		return true
	}
	s.pos = at
	return false
}

// text reads a string in double quotes: a name when a colon follows, else a value.
func (s *secretScanner) text() {
	start := s.pos
	s.pos = stringEnd(s.src, start)
	inner := bytes.TrimSuffix(s.src[start+1:s.pos], []byte(`"`))
	text, err := unescape(inner)
	if err != nil {
		text = inner
	}
	if !utf8.Valid(text) {
		text = spellBytes(text) // as Canonical does
	}
	if s.named(":") {
		s.name, s.bare = text, false
		if s.name == nil {
			s.name = []byte{}
		}
		return
	}
	if redacted := redactText(text); !bytes.Equal(redacted, text) {
		s.spans = append(s.spans, span{start, s.pos, appendString(nil, redacted)})
	}
	s.value(start, s.pos, text, len(text) > 0)
}

// list looks at an array whose first element is a text or a number: where a secret stands all of it is one.
func (s *secretScanner) list() {
	at := s.pos
	defer func() { s.pos = at }()
	s.pos++
	if s.skipSpace(); s.pos == len(s.src) {
		return
	}
	if c := s.src[s.pos]; c != '"' && c != '-' && (c < '0' || c > '9') {
		return
	}
	end := at
	for depth := 0; end < len(s.src); {
		switch s.src[end] {
		case '"':
			end = stringEnd(s.src, end)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if end++; depth == 0 {
			break
		}
	}
	s.value(at, end, nil, true)
}

// word reads what stands outside quotes: a number, a literal, or a piece of something that is no JSON.
func (s *secretScanner) word() {
	start := s.pos
	if s.name != nil && s.bare && secretName(s.name) { // a header or a form: the value may have any form
		for s.pos < len(s.src) && bytes.IndexByte([]byte("\r\n\"<>&"), s.src[s.pos]) < 0 {
			s.pos++
		}
		s.value(start, s.pos, nil, true)
		s.pos = max(s.pos, start+1)
		return
	}
	for s.pos < len(s.src) && bytes.IndexByte([]byte(" \t\r\n,:;=&{}[]\"<>"), s.src[s.pos]) < 0 {
		s.pos++
	}
	if s.pos == start {
		s.pos++
	}
	word := s.src[start:s.pos]
	if s.named(":=") {
		s.name, s.bare = bytes.Trim(word, "'"), true
		return
	}
	number := word[0] == '-' || word[0] >= '0' && word[0] <= '9'
	s.value(start, s.pos, word, number || s.bare)
}

// value judges the value at start and end by the name before it. text is its text, nil for a list.
func (s *secretScanner) value(start, end int, text []byte, redactable bool) {
	name, top := string(s.name), &s.stack[len(s.stack)-1]
	had := s.name != nil
	s.name = nil
	if !had {
		return
	}
	if redactable && secretName([]byte(name)) {
		s.spans = append(s.spans, span{start, end, redactedText})
	}
	switch {
	case name == "is_secret" || name == "isSecret":
		top.hide = top.hide || string(text) == "true" || string(text) == "1" && s.src[start] == '1'
	case name == "key" || name == "name":
		top.hide = top.hide || len(text) > 0 && s.src[start] == '"' && secretName(text)
	case redactable && slices.Contains(secretValues, name):
		top.values = append(top.values, span{start, end, redactedText})
	}
}

func (s *secretScanner) close() {
	s.name = nil
	if len(s.stack) == 0 {
		return
	}
	top := s.stack[len(s.stack)-1]
	if s.stack = s.stack[:len(s.stack)-1]; top.hide {
		s.spans = append(s.spans, top.values...)
	}
	if len(s.stack) == 0 && s.pos < len(s.src) { // a bracket too many
		s.stack = append(s.stack, scanFrame{})
	}
}

// replaced is the text with the spans replaced; of two that overlap the longer one counts.
func (s *secretScanner) replaced() []byte {
	slices.SortStableFunc(s.spans, func(a, b span) int {
		if a.start != b.start {
			return a.start - b.start
		}
		if a.end != b.end {
			return b.end - a.end
		}
		return bytes.Compare(a.with, b.with) // "[redacted]" before a text of which only a part is
	})
	out, at := make([]byte, 0, len(s.src)), 0
	for _, sp := range s.spans {
		if sp.start < at {
			continue
		}
		out = append(append(out, s.src[at:sp.start]...), sp.with...)
		at = sp.end
	}
	return append(out, s.src[at:]...)
}

// stringEnd is the index behind the string that begins at at, or the end of the text.
func stringEnd(b []byte, at int) int {
	for at++; at < len(b); at++ {
		switch b[at] {
		case '"':
			return at + 1
		case '\\':
			at++
		}
	}
	return len(b)
}
