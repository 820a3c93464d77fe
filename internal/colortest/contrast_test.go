package colortest

import (
	"math"
	"testing"
)

func TestContrast(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"000000", "FFFFFF", 21}, {"FFFFFF", "000000", 21}, {"1F60C4", "1F60C4", 1},
		{"767676", "FFFFFF", 4.54}, // the lightest grey that WCAG takes for text on white
	} {
		if got := Contrast(t, c.a, c.b); math.Abs(got-c.want) > 0.005 {
			t.Errorf("%s on %s: %.2f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}
