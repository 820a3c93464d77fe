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

// logSecret is a form in which a secret shows. Groups are as in NewLogMask. Only a text with one of the hints is searched,
// for most lines of most logs have none: that is ten times as fast.
type logSecret struct {
	hints []string // in lower case
	re    *regexp.Regexp
}

// keySecrets span lines.
var keySecrets = []logSecret{
	{[]string{"private key-----"}, regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?-----END [A-Z0-9 ]*PRIVATE KEY-----`)},
	{[]string{"private key-----"}, regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[ \t]*\r?\n(` + keyLine + `+)`)},
	{[]string{"private key-----"}, regexp.MustCompile(`(` + keyLine + `+)[^\n]*-----END [A-Z0-9 ]*PRIVATE KEY-----`)},
}

// lineSecrets are inside of a line.
var lineSecrets = []logSecret{
	{[]string{"authorization", "cookie", "-token"}, regexp.MustCompile(`(?i)\b(?:authorization|cookie|x-(?:auth|subject|security)-token)["']?[ \t]*[:=][ \t]*["']?([^"'\r\n]+)`)},
	{[]string{"bearer", "basic"}, regexp.MustCompile(`(?i)\b(?:bearer|basic)[ \t]+([A-Za-z0-9._~+/=-]{8,})`)},
	{
		[]string{"passw", "secret", "token", "credential", "key"},
		regexp.MustCompile(`(?i)(?:^|[ \t])--?[a-z0-9_-]*(?:password|passwd|secret|token|credential|api-?key|access-?key)[ \t]+["']?([^ \t\r\n"']+)`),
	},
	{[]string{"-u"}, regexp.MustCompile(`(?:^|[ \t])(?:-u|--user)[ \t=]*["']?[^ \t\r\n:"']+:([^ \t\r\n"']+)`)},
	{[]string{"eyj"}, regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?`)},
	{
		[]string{"gh", "glpat-", "xox", "akia", "sk-", "npm_"},
		regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|sk-[\w-]{20,}|npm_[A-Za-z0-9]{30,})`),
	},
}

// in masks the secret in a text, of which lower is the lower case.
func (s logSecret) in(text, lower string) string {
	if !slices.ContainsFunc(s.hints, func(hint string) bool { return strings.Contains(lower, hint) }) {
		return text
	}
	return maskFound(text, s.re)
}

// Mask is text without its secrets: what the patterns find, what shows by its form, and what stands behind the name of a
// secret as in any other text (RedactBytes), line by line, for a quote that nobody closes may hide no line.
func (m *LogMask) Mask(text string) string {
	if m != nil {
		for _, re := range m.patterns {
			text = maskFound(text, re)
		}
	}
	lower := strings.ToLower(text)
	for _, s := range keySecrets {
		text = s.in(text, lower)
	}
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		lower := strings.ToLower(line)
		for _, s := range lineSecrets {
			line = s.in(line, lower)
		}
		lines[i] = string(RedactBytes([]byte(maskNamed(line))))
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

// logValue is what stands behind a name: in quotes, or up to a space or sign.
var logValue = regexp.MustCompile(`^(?:\\?"([^"\r\n]*)|\\?'([^'\r\n]*)|([^\s"',;&<>]+))`)

// maskNamed replaces the values behind the names of secrets wherever they stand in a line, in quotes or not, behind a colon,
// an equals sign, or several of them.
func maskNamed(line string) string {
	const signs, spaces = ":=", " \t"
	var spans []span
	for at := 0; at < len(line); at++ {
		if strings.IndexByte(signs, line[at]) < 0 {
			continue
		}
		before := strings.TrimRight(line[:at], spaces)
		if n := len(before); n > 0 && (before[n-1] == '"' || before[n-1] == '\'') {
			before = strings.TrimSuffix(before[:n-1], `\`)
		}
		start := len(before)
		for start > 0 && nameByte(before[start-1]) {
			start--
		}
		if !secretName([]byte(before[start:])) {
			continue
		}
		from := len(line) - len(strings.TrimLeft(line[at:], signs+">"+spaces))
		v := logValue.FindStringSubmatchIndex(line[from:])
		for g := 2; g < len(v); g += 2 {
			if v[g] >= 0 && v[g] < v[g+1] {
				spans = append(spans, span{start: from + v[g], end: from + v[g+1]})
			}
		}
	}
	return maskSpans(line, spans)
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
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
