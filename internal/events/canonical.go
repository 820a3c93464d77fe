package events

import (
	"bytes"
	"fmt"
	"slices"
)

// maxDepth bounds nesting, so that hostile input can not exhaust the stack.
const maxDepth = 128

// Canonical appends the canonical form of the JSON value src to dst: members sorted by name, no white space, strings
// with the fewest escapes and in UTF-8 whatever came, number literals as they came (18.0 and 18 differ: nothing is
// rounded; one that ClickHouse can not read is a text). Secrets are replaced and the members that r cuts are left out. An error names the offset.
func Canonical(dst, src []byte, r *Rules) ([]byte, error) {
	w := writer{src: src, dst: dst, cut: r.Cut, redact: true}
	if err := w.document(); err != nil {
		return dst, fmt.Errorf("reading JSON: %w", err)
	}
	return w.dst, nil
}

// normal appends the normal form: the canonical body without what r keeps out of the hash.
func normal(dst, body []byte, r *Rules) ([]byte, error) {
	w := writer{src: body, dst: dst, cut: r.Volatile, optional: r.Optional, alias: r.Alias}
	if err := w.document(); err != nil {
		return dst, fmt.Errorf("reading JSON: %w", err)
	}
	return w.dst, nil
}

// writer copies one JSON document from src to dst in one pass. Members are written in the order of the source and put
// in order afterwards, which costs nothing when they already are.
type writer struct {
	src           []byte
	pos           int
	dst           []byte
	path          []byte // member names joined by dots
	depth         int
	cut, optional []string
	alias         map[string]string
	redact        bool
	scratch       []byte
}

type member struct {
	name       []byte
	start, end int // of `"name":value` in dst
	value      int // where the value begins
}

func (w *writer) document() error {
	if err := w.value(); err != nil {
		return err
	}
	w.space()
	if w.pos != len(w.src) {
		return fmt.Errorf("offset %d: data after the value", w.pos)
	}
	return nil
}

func (w *writer) space() {
	for w.pos < len(w.src) {
		switch w.src[w.pos] {
		case ' ', '\t', '\n', '\r':
			w.pos++
		default:
			return
		}
	}
}

func (w *writer) value() error {
	w.space()
	if w.pos >= len(w.src) {
		return fmt.Errorf("offset %d: the document ends where a value should stand", w.pos)
	}
	switch c := w.src[w.pos]; {
	case c == '{':
		return w.nested(w.object)
	case c == '[':
		return w.nested(w.array)
	case c == '"':
		raw, s, err := w.scanString()
		if err != nil {
			return err
		}
		w.writeString(raw, s)
		return nil
	case c == '-' || c >= '0' && c <= '9':
		return w.number()
	}
	for _, lit := range []string{"null", "true", "false"} {
		if bytes.HasPrefix(w.src[w.pos:], []byte(lit)) {
			w.dst = append(w.dst, lit...)
			w.pos += len(lit)
			return nil
		}
	}
	return fmt.Errorf("offset %d: %q begins no JSON value", w.pos, w.src[w.pos])
}

func (w *writer) nested(f func() error) error {
	if w.depth++; w.depth > maxDepth {
		return fmt.Errorf("offset %d: nested deeper than %d", w.pos, maxDepth)
	}
	defer func() { w.depth-- }()
	w.pos++
	return f()
}

func (w *writer) array() error {
	w.dst = append(w.dst, '[')
	w.space()
	if w.pos < len(w.src) && w.src[w.pos] == ']' {
		w.pos++
		w.dst = append(w.dst, ']')
		return nil
	}
	for {
		if err := w.value(); err != nil {
			return err
		}
		switch w.next() {
		case ',':
			w.dst = append(w.dst, ',')
		case ']':
			w.dst = append(w.dst, ']')
			return nil
		default:
			return fmt.Errorf("offset %d: want , or ] in an array", w.pos)
		}
	}
}

// next consumes and returns the next character that is not space, or 0 at the end.
func (w *writer) next() byte {
	w.space()
	if w.pos >= len(w.src) {
		return 0
	}
	w.pos++
	return w.src[w.pos-1]
}

func (w *writer) object() error {
	base := len(w.dst)
	w.dst = append(w.dst, '{')
	var room [24]member
	members, sorted := room[:0], true
	w.space()
	if w.pos < len(w.src) && w.src[w.pos] == '}' {
		w.pos++
		w.dst = append(w.dst, '}')
		return nil
	}
	for {
		w.space()
		if w.pos >= len(w.src) || w.src[w.pos] != '"' {
			return fmt.Errorf("offset %d: want a member name", w.pos)
		}
		m, keep, err := w.member()
		if err != nil {
			return err
		}
		if keep {
			if n := len(members); n > 0 && bytes.Compare(members[n-1].name, m.name) > 0 {
				sorted = false
			}
			members = append(members, m)
		}
		switch w.next() {
		case ',':
			continue
		case '}':
		default:
			return fmt.Errorf("offset %d: want , or } in an object", w.pos)
		}
		break
	}
	hide := w.redact && hidesValue(w.dst, members)
	if !sorted || hide {
		w.rewrite(base, members, hide)
	}
	if n := len(w.dst); w.dst[n-1] == ',' {
		w.dst = w.dst[:n-1]
	}
	w.dst = append(w.dst, '}')
	return nil
}

// member copies one `"name":value,` and says whether it stays.
func (w *writer) member() (m member, keep bool, err error) {
	raw, name, err := w.scanString()
	if err != nil {
		return m, false, err
	}
	if w.next() != ':' {
		return m, false, fmt.Errorf("offset %d: want : after a member name", w.pos)
	}
	if to, ok := w.alias[string(name)]; ok {
		raw, name = nil, []byte(to)
	}
	m = member{name: name, start: len(w.dst)}
	plen := len(w.path)
	if plen > 0 {
		w.path = append(w.path, '.')
	}
	w.path = append(w.path, name...)
	if raw != nil {
		w.dst = append(w.dst, raw...)
	} else {
		w.dst = appendString(w.dst, name)
	}
	w.dst = append(w.dst, ':')
	m.value = len(w.dst)
	err = w.value()
	keep = !listed(w.cut, w.path) && !(empty(w.dst[m.value:]) && listed(w.optional, w.path))
	w.path = w.path[:plen]
	if err != nil {
		return m, false, err
	}
	if !keep {
		w.dst = w.dst[:m.start]
		return m, false, nil
	}
	if w.redact && secretName(m.name) && redactable(w.dst[m.value:]) {
		w.dst = append(w.dst[:m.value], `"`+Redacted+`"`...)
	}
	w.dst = append(w.dst, ',')
	m.end = len(w.dst)
	return m, true, nil
}

// rewrite puts the members in order (equal names keep theirs) and hides the value of a secret variable.
func (w *writer) rewrite(base int, members []member, hide bool) {
	old := append(w.scratch[:0], w.dst[base:]...)
	slices.SortStableFunc(members, func(a, b member) int { return bytes.Compare(a.name, b.name) })
	w.dst = append(w.dst[:base], '{')
	for _, m := range members {
		v := old[m.value-base : m.end-base-1]
		if hide && slices.Contains(secretValues, string(m.name)) && redactable(v) {
			w.dst = append(append(w.dst, old[m.start-base:m.value-base]...), `"`+Redacted+`",`...)
			continue
		}
		w.dst = append(w.dst, old[m.start-base:m.end-base]...)
	}
	w.scratch = old
}

// hidesValue says whether an object is a variable whose value is a secret: is_secret is true, or its key or name is a
// secret's.
func hidesValue(dst []byte, members []member) bool {
	for _, m := range members {
		v := dst[m.value : m.end-1]
		switch string(m.name) {
		case "is_secret", "isSecret":
			if string(v) == "true" || string(v) == `"true"` || string(v) == "1" {
				return true
			}
		case "key", "name":
			if len(v) > 2 && v[0] == '"' && secretName(v[1:len(v)-1]) {
				return true
			}
		}
	}
	return false
}

func listed(paths []string, path []byte) bool {
	for _, p := range paths {
		if p == string(path) {
			return true
		}
	}
	return false
}

func empty(v []byte) bool {
	switch string(v) {
	case "null", `""`, "0", "{}":
		return true
	}
	return false
}
