package report

import (
	"math"
	"testing"
	"time"
)

func TestValuesAreSaid(t *testing.T) {
	at := time.Date(2026, 3, 1, 23, 30, 0, 0, time.FixedZone("", 8*3600))
	for _, c := range []struct {
		of   column
		v    any
		want string
	}{
		{column{unit: count}, 1234567.0, "1,234,567"},
		{column{unit: count}, 0.0, "0"},
		{column{unit: count}, nil, "unknown"},
		{column{unit: moment, null: "never"}, nil, "never"},
		{column{unit: ratio}, 0.123, "12.3 %"},
		{column{unit: ratio}, 1.0, "100 %"},
		{column{unit: ratio}, 0.99999, "< 100 %"},
		{column{unit: ratio}, 0.0, "0 %"},
		{column{unit: ratio}, 0.0001, "> 0 %"},
		{column{unit: ratio}, 2.5, "250 %"},
		{column{unit: seconds}, 0.4, "0.4 s"},
		{column{unit: seconds}, 59.0, "59 s"},
		{column{unit: seconds}, 60.0, "1 min"},
		{column{unit: seconds}, 3661.0, "1 h 1 min"},
		{column{unit: seconds}, 86400.0 + 59, "1 d"},
		{column{unit: seconds}, 2*86400.0 + 8*3600, "2 d 8 h"},
		{column{unit: seconds}, -90.0, "-1 min 30 s"},
		{column{unit: megabytes}, 1023.96, "1,024.0 MiB"},
		{column{unit: megabytes}, 30720.0, "30.0 GiB"},
		{column{unit: megabytes}, -0.01, "0.0 MiB"},
		{column{unit: factor}, 1.5, "1.5x"},
		{column{unit: days}, 1234.4, "1,234"},
		{column{unit: moment}, at, "2026-03-01 15:30"},
		{column{unit: day}, at, "2026-03-01"},
		{column{unit: commit}, "c104bb5603327d85", "c104bb5603"},
		{column{}, "two\n lines", "two lines"},
		{column{}, "a\x1b[2J\u202eb\x07 部署 👍", "a�[2J�b� 部署 👍"},
		{column{unit: commit}, "\x1b]0;x\x07", "�]0;x�"},
		{column{}, "", "–"},
	} {
		if got := c.of.say(c.v); got != c.want {
			t.Errorf("%v as %d: %q, want %q", c.v, c.of.unit, got, c.want)
		}
	}
}

func TestSparkline(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		values   []float64
		fromZero bool
		want     string
	}{
		{[]float64{0, 1, 2, 3, 4, 5, 6, 7}, true, "▁▂▃▄▅▆▇█"},
		{[]float64{7, nan, 14}, true, "▅·█"},
		{[]float64{7, nan, 14}, false, "▁·█"},
		{[]float64{3, 3}, false, "▅▅"},
		{[]float64{nan}, false, "·"},
	} {
		if got := sparkline(c.values, c.fromZero); got != c.want {
			t.Errorf("%v: %s, want %s", c.values, got, c.want)
		}
	}
}
