package loader

import (
	"unicode/utf8"

	"artery/internal/events"
)

// maxDepth of nested arrays and objects is that of ClickHouse's parser.
const maxDepth = 1024

// readable says whether ClickHouse reads a body: whether it is JSON, and none of what its parser gives the whole document
// up for, as if there were nothing in it: a number that no 64 bits hold, half a surrogate pair, bytes that are not UTF-8,
// deep nesting. A collector writes none of these. It costs a quarter of json.Valid: it is the dearest thing that a row
// costs us.
func readable(b []byte) bool {
	p := parser{b: b}
	p.space()
	if !p.value(0) {
		return false
	}
	p.space()
	return p.i == len(b) && (p.high < utf8.RuneSelf || utf8.Valid(b))
}

// parser is a place in a text.
type parser struct {
	b    []byte
	i    int
	high byte // has the bits of all bytes of strings
}

func (p *parser) space() {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\n' || p.b[p.i] == '\t' || p.b[p.i] == '\r') {
		p.i++
	}
}

// is moves over c when it is next.
func (p *parser) is(c byte) bool {
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *parser) value(depth int) bool {
	if p.i == len(p.b) {
		return false
	}
	switch c := p.b[p.i]; {
	case c == '"':
		return p.text()
	case c == '{':
		return p.list('}', depth+1, true)
	case c == '[':
		return p.list(']', depth+1, false)
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if len(p.b)-p.i >= len(word) && string(p.b[p.i:p.i+len(word)]) == word {
			p.i += len(word)
			return true
		}
	}
	return false
}

// list is an array, or an object when it has names.
func (p *parser) list(end byte, depth int, named bool) bool {
	if depth > maxDepth {
		return false
	}
	p.i++
	p.space()
	if p.is(end) {
		return true
	}
	for {
		if named {
			if p.i == len(p.b) || p.b[p.i] != '"' || !p.text() {
				return false
			}
			p.space()
			if !p.is(':') {
				return false
			}
			p.space()
		}
		if !p.value(depth) {
			return false
		}
		p.space()
		if p.is(end) {
			return true
		}
		if !p.is(',') {
			return false
		}
		p.space()
	}
}

// text is where the bytes are: the plain ones are passed without a look at the parser.
func (p *parser) text() bool {
	b, i, high := p.b, p.i+1, byte(0)
	for i < len(b) {
		c := b[i]
		if c != '"' && c != '\\' && c >= ' ' {
			high |= c
			i++
			continue
		}
		if c == '"' {
			p.i = i + 1
			p.high |= high
			return true
		}
		if c < ' ' || i+1 == len(b) {
			return false
		}
		i += 2
		switch b[i-1] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		case 'u':
			n := escaped(b[i:])
			if n == 0 {
				return false
			}
			i += n
		default:
			return false
		}
	}
	return false
}

// escaped is how long an escaped character is behind its \u: 4 digits, or a surrogate and its other half. 0 is none.
func escaped(b []byte) int {
	r, ok := hex4(b)
	switch {
	case !ok || r >= 0xdc00 && r < 0xe000:
		return 0
	case r < 0xd800 || r >= 0xe000:
		return 4
	}
	if len(b) < 10 || b[4] != '\\' || b[5] != 'u' {
		return 0
	}
	if low, ok := hex4(b[6:]); !ok || low < 0xdc00 || low >= 0xe000 {
		return 0
	}
	return 10
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number is one that ClickHouse reads.
func (p *parser) number() bool {
	from := p.i
	return p.literal() && events.ReadableNumber(p.b[from:p.i])
}

func (p *parser) literal() bool {
	p.is('-')
	if !p.is('0') && !p.digits() {
		return false
	}
	if p.is('.') && !p.digits() {
		return false
	}
	if p.is('e') || p.is('E') {
		if !p.is('+') {
			p.is('-')
		}
		return p.digits()
	}
	return true
}

func (p *parser) digits() bool {
	from := p.i
	for p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		p.i++
	}
	return p.i > from
}
