package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// say writes a value of the column as a reader wants it. NULL is never a
// number: it is "unknown", or what the column says that it means.
func (c column) say(v any) string {
	switch x := v.(type) {
	case nil:
		if c.null != "" {
			return c.null
		}
		return "unknown"
	case time.Time:
		if c.unit == day {
			return x.UTC().Format(time.DateOnly)
		}
		return x.UTC().Format("2006-01-02 15:04")
	case float64:
		return c.unit.say(x)
	case string:
		if x == "" {
			return "–"
		}
		if c.unit == commit {
			x = x[:min(len(x), 10)]
		}
		return Line(x)
	}
	return fmt.Sprint(v)
}

// Line is a text of CodeArts as one line that a terminal only shows: whoever names a branch could otherwise colour, hide or
// overwrite what stands around it, or turn its direction.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, strings.Join(strings.Fields(s), " "))
}

// number says that the values are numbers or times, which stand on the right.
func (u unit) number() bool { return u != text && u != commit }

func (u unit) say(x float64) string {
	switch u {
	case daily:
		return grouped(x, 2) + " a day"
	case ratio:
		return percent(x)
	case seconds:
		return duration(x)
	case days:
		return grouped(math.Round(x), 0)
	case megabytes:
		if math.Abs(x) >= 1024 {
			return grouped(x/1024, 1) + " GiB"
		}
		return grouped(x, 1) + " MiB"
	case factor:
		return grouped(x, 1) + "x"
	}
	if x == math.Trunc(x) {
		return grouped(x, 0)
	}
	return grouped(x, 2)
}

// percent never rounds to 100 % or to 0 % what is not: that is the difference
// that a reader looks for.
func percent(x float64) string {
	p := 100 * x
	switch {
	case x < 1 && p >= 99.95:
		return "< 100 %"
	case x > 0 && p < 0.05:
		return "> 0 %"
	case p == math.Trunc(p):
		return grouped(p, 0) + " %"
	}
	return grouped(p, 1) + " %"
}

// duration writes seconds in the two largest units that they have.
func duration(s float64) string {
	if s < 0 {
		return "-" + duration(-s)
	}
	if s < 60 {
		return strconv.FormatFloat(s, 'f', map[bool]int{true: 0, false: 1}[s == math.Trunc(s)], 64) + " s"
	}
	steps := []struct {
		seconds int64
		name    string
	}{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}
	rest := int64(math.Round(s))
	for i, step := range steps {
		if rest < step.seconds {
			continue
		}
		words := fmt.Sprintf("%d %s", rest/step.seconds, step.name)
		if less := rest % step.seconds; i+1 < len(steps) && less >= steps[i+1].seconds {
			words += fmt.Sprintf(" %d %s", less/steps[i+1].seconds, steps[i+1].name)
		}
		return words
	}
	return "0 s"
}

// grouped writes a number with commas between thousands.
func grouped(x float64, decimals int) string {
	s := strconv.FormatFloat(math.Abs(x), 'f', decimals, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if x < 0 && strings.Trim(s, "0.") != "" {
		return "-" + whole
	}
	return whole
}

// verdicts are the words of answers that a colour makes faster to read.
var verdicts = map[string]string{
	"elite": "good", "high": "good", "low": "bad", "not recovered": "bad",
	"newly failing": "bad", "weaker": "bad", "stronger": "good", "still failing": "bad", "weakened": "bad", "strengthened": "good", "unknown": "unknown",
}
