package report

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"artery/internal/colortest"
)

// Every curve can be seen on the cards of both themes.
func TestCurvesCanBeSeenInBothThemes(t *testing.T) {
	grounds := regexp.MustCompile(`--card: #(\w{6})`).FindAllStringSubmatch(pageText, -1)
	if len(grounds) != 2 {
		t.Fatalf("the page has cards of %d colours", len(grounds))
	}
	for _, color := range slices.Concat(palette[:], slices.Collect(maps.Values(statusColors))) {
		for _, ground := range grounds {
			if got := colortest.Contrast(t, strings.TrimPrefix(color, "#"), ground[1]); got < 3 {
				t.Errorf("%s has a contrast of %.1f on #%s", color, got, ground[1])
			}
		}
	}
}

func TestRoundDuration(t *testing.T) {
	for longest, want := range map[float64]float64{
		0: 4, 4: 4, 4.5: 20, // parts of 1 s, and of 5 s
		61: 120, 3 * 3600: 4 * 3600, 13 * 3600: 24 * 3600, // of 30 s, an hour, 6 hours
		2.3 * 86400: 4 * 86400, 400 * 86400: 0, // of a day; four quarters of a year are too few: the chart finds its own
	} {
		if got := roundDuration(longest); got != want {
			t.Errorf("%v s: the axis ends at %v s, want %v", longest, got, want)
		}
	}
	if got := highest([]curve{{values: []float64{math.NaN(), 3}}, {values: []float64{7, math.NaN()}}}); got != 7 {
		t.Errorf("the highest is %v, want 7", got)
	}
}

// The labels stand at equal distances, the first and the last day among them if that can be.
func TestLabelCount(t *testing.T) {
	for days, want := range map[int]int{31: 7, 91: 7, 8: 8, 15: 8, 16: 6, 2: 2} {
		if got := labelCount(days); got != want {
			t.Errorf("%d days have %d labels, want %d", days, got, want)
		}
	}
}
