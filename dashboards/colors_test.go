package main

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// shades are the colours that the dashboards name, as Grafana paints them in its dark and in its light theme
// (createVisualizationColors.ts of Grafana 12; the same since 8).
var shades = map[string]struct{ dark, light string }{
	"semi-dark-green": {"56A64B", "37872D"}, "green": {"73BF69", "56A64B"}, "dark-orange": {"FA6400", "E55400"}, "red": {"F2495C", "E02F44"},
	"purple": {"B877D9", "A352CC"}, "blue": {"5794F2", "3274D9"}, "semi-dark-blue": {"3274D9", "1F60C4"},
	"text": {"CCCCDC", "24292E"},
}

// The grounds of a panel in the two themes.
const darkGround, lightGround = "181B1F", "FFFFFF"

// contrast is that of WCAG 2: from 1, the same, to 21, black on white.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	luminance := func(hex string) (sum float64) {
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			c := float64(n) / 255
			if c <= 0.04045 {
				sum += weight * c / 12.92
			} else {
				sum += weight * math.Pow((c+0.055)/1.055, 2.4)
			}
		}
		return sum
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

var namedColor = regexp.MustCompile(`"(?:color|fixedColor|iconColor)": "([^"]+)"`)

// Numbers and words stand in colour on the ground of the panel. WCAG wants 3 for large text and for graphics.
func TestColorsCanBeReadInBothThemes(t *testing.T) {
	if got := contrast(t, "767676", "FFFFFF"); math.Abs(got-4.54) > 0.01 { // the example of the grey that just passes AA
		t.Fatalf("contrast %.2f, want 4.54", got)
	}
	_, texts := generate(t)
	for _, text := range texts {
		for _, m := range namedColor.FindAllSubmatch(text, -1) {
			s, known := shades[string(m[1])]
			if !known {
				t.Fatalf("nobody has said what the colour %s looks like", m[1])
			}
			if dark, light := contrast(t, s.dark, darkGround), contrast(t, s.light, lightGround); dark < 3 || light < 3 {
				t.Errorf("%s has a contrast of %.1f in the dark theme and of %.1f in the light one", m[1], dark, light)
			}
		}
	}
}
