package chdb

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// CodeUnknown is ClickHouse's own number for an error that carries no code
// (UNKNOWN_EXCEPTION).
const CodeUnknown = 1002

// Error is a ClickHouse exception. Message is the engine's whole text,
// "Code: N. DB::Exception: ... (NAME)", as a server would print it.
type Error struct {
	Code    int
	Message string
}

func (e *Error) Error() string { return e.Message }

var codePrefix = regexp.MustCompile(`^Code: (\d+)\. DB::[A-Za-z]*Exception: `)

// newError reads the code from the engine's text. An error that passed through
// several layers of the engine carries its prefix more than once; one is kept.
func newError(text string) *Error {
	text = strings.TrimSpace(text)
	if i := strings.Index(text, "Code: "); i > 0 && codePrefix.MatchString(text[i:]) {
		text = text[i:]
	}
	m := codePrefix.FindStringSubmatch(text)
	if m == nil {
		return &Error{CodeUnknown, fmt.Sprintf("Code: %d. DB::Exception: %s", CodeUnknown, text)}
	}
	for strings.HasPrefix(text[len(m[0]):], m[0]) {
		text = text[len(m[0]):]
	}
	code, err := strconv.Atoi(m[1])
	if err != nil {
		code = CodeUnknown
	}
	return &Error{code, text}
}
