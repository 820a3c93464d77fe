package events

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// LogMask takes the secrets out of a log. A log is a text that anybody may have written: names of secrets stand inside of
// quotes and behind flags there, keys span lines, and tokens have no name at all. nil masks what is built in.
type LogMask struct{ patterns []*regexp.Regexp }

// NewLogMask adds patterns (RE2) to those that are built in. Of a pattern with groups the groups are masked, of one without
// all that it finds.
func NewLogMask(patterns []string) (*LogMask, error) {
	m := &LogMask{}
	var errs []error
	for _, p := range patterns {
		re, err := regexp.Compile(p)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%q is no RE2 expression: %w", p, err))
		case re.MatchString(""):
			errs = append(errs, fmt.Errorf("%q finds the empty text too: it would mask everything", p))
		default:
			m.patterns = append(m.patterns, re)
		}
	}
	return m, errors.Join(errs...)
}

// keyLine is a line of a key in PEM form, behind the time stamps of the log. The log may begin or end inside of one.
const keyLine = `(?:(?:[ \t]*\[[^\]\n]*\])*[ \t]*[A-Za-z0-9+/=]{16,}[ \t]*\r?\n)`

// logSecrets are secrets that show by their form. Groups are as in NewLogMask.
var logSecrets = []*regexp.Regexp{
	regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?-----END [A-Z0-9 ]*PRIVATE KEY-----`),
	regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[ \t]*\r?\n(` + keyLine + `+)`),
	regexp.MustCompile(`(` + keyLine + `+)[^\n]*-----END [A-Z0-9 ]*PRIVATE KEY-----`),
	regexp.MustCompile(`(?i)\b(?:authorization|cookie|x-(?:auth|subject|security)-token)["']?[ \t]*[:=][ \t]*["']?([^"'\r\n]+)`),
	regexp.MustCompile(`(?i)\b(?:bearer|basic)[ \t]+([A-Za-z0-9._~+/=-]{8,})`),
	regexp.MustCompile(`(?i)(?:^|[ \t])--?[a-z0-9_-]*(?:password|passwd|secret|token|credential|api-?key|access-?key)[ \t]+["']?([^ \t\r\n"']+)`),
	regexp.MustCompile(`(?m)(?:^|[ \t])(?:-u|--user)[ \t=]*["']?[^ \t\r\n:"']+:([^ \t\r\n"']+)`),
	regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?`),
	regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|sk-[\w-]{20,}|npm_[A-Za-z0-9]{30,})`),
}

var (
	logName  = regexp.MustCompile(`([A-Za-z0-9_.-]+)(?:\\?["'])?[ \t]*[:=][ \t]*`)
	logValue = regexp.MustCompile(`^(?:\\?"([^"\r\n]*)|\\?'([^'\r\n]*)|([^\s"',;&<>]+))`)
)

// Mask is text without its secrets: what the patterns find, what shows by its form, and what stands behind the name of a
// secret as in any other text (RedactBytes), line by line, for a quote that nobody closes may hide no line.
func (m *LogMask) Mask(text string) string {
	if m != nil {
		for _, re := range m.patterns {
			text = maskFound(text, re)
		}
	}
	for _, re := range logSecrets {
		text = maskFound(text, re)
	}
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		lines[i] = maskNamed(string(RedactBytes([]byte(line))))
	}
	return strings.Join(lines, "")
}

// maskFound replaces what a pattern finds, or its groups.
func maskFound(text string, re *regexp.Regexp) string {
	var spans []span
	for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
		if len(m) > 2 {
			m = m[2:]
		}
		for i := 0; i < len(m); i += 2 {
			if m[i] >= 0 && m[i] < m[i+1] {
				spans = append(spans, span{start: m[i], end: m[i+1]})
			}
		}
	}
	return maskSpans(text, spans)
}

// maskNamed replaces the values behind the names of secrets wherever they stand in a line, quotes or none.
func maskNamed(line string) string {
	var spans []span
	for _, m := range logName.FindAllStringSubmatchIndex(line, -1) {
		if !secretName([]byte(line[m[2]:m[3]])) {
			continue
		}
		v := logValue.FindStringSubmatchIndex(line[m[1]:])
		if v == nil {
			continue
		}
		for g := 2; g < len(v); g += 2 {
			if v[g] >= 0 && v[g] < v[g+1] {
				spans = append(spans, span{start: m[1] + v[g], end: m[1] + v[g+1]})
			}
		}
	}
	return maskSpans(line, spans)
}

// maskSpans replaces spans, which may touch and overlap, but for those that are masked already.
func maskSpans(text string, spans []span) string {
	if len(spans) == 0 {
		return text
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	var out strings.Builder
	at := 0
	for _, s := range spans {
		if s.end <= at || strings.Contains(text[s.start:s.end], Redacted) && len(text[s.start:s.end]) <= len(Redacted)+2 {
			continue
		}
		if s.start >= at {
			out.WriteString(text[at:s.start])
			out.WriteString(Redacted)
		}
		at = s.end
	}
	out.WriteString(text[at:])
	return out.String()
}
