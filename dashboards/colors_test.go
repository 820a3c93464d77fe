package main

import (
	"regexp"
	"testing"

	"artery/internal/colortest"
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

var namedColor = regexp.MustCompile(`"(?:color|fixedColor|iconColor)": "([^"]+)"`)

// Numbers and words stand in colour on the ground of the panel. WCAG wants 3 for large text and for graphics.
func TestColorsCanBeReadInBothThemes(t *testing.T) {
	_, texts := generate(t)
	for _, text := range texts {
		for _, m := range namedColor.FindAllSubmatch(text, -1) {
			s, known := shades[string(m[1])]
			if !known {
				t.Fatalf("nobody has said what the colour %s looks like", m[1])
			}
			if dark, light := colortest.Contrast(t, s.dark, darkGround), colortest.Contrast(t, s.light, lightGround); dark < 3 || light < 3 {
				t.Errorf("%s has a contrast of %.1f in the dark theme and of %.1f in the light one", m[1], dark, light)
			}
		}
	}
}
