package report

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// chromium returns a function that runs headless Chromium on a file of its
// own. CI installs the browser; elsewhere its tests need Debian's package.
func chromium(t *testing.T) func(args ...string) (stdout, stderr string) {
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("needs chromium (apt-get install chromium)")
	} else if err != nil {
		t.Fatal(err)
	}
	return func(args ...string) (string, string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), path, append([]string{
			"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
			"--disable-sync", "--disable-quic", "--user-data-dir=" + t.TempDir()}, args...)...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v\n%s", err, stderr.String())
		}
		return stdout.String(), stderr.String()
	}
}

// A browser shows what the page says, draws the charts, and the two themes
// differ.
func TestPageInABrowser(t *testing.T) {
	run := chromium(t)
	var page bytes.Buffer
	if err := example().Page(&page); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "report.html")
	if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	dom, said := run("--enable-logging=stderr", "--dump-dom", "file://"+file)
	for _, want := range []string{"<h1>Artery</h1>", "部署 &lt;b&gt;", "</svg>", "COMPLETED"} {
		if !strings.Contains(dom, want) {
			t.Errorf("the browser does not show %q", want)
		}
	}
	if strings.Contains(said, "CONSOLE") {
		t.Errorf("the browser complains:\n%s", said)
	}
	light := shoot(t, run, filepath.Join(dir, "light.png"), file)
	dark := shoot(t, run, filepath.Join(dir, "dark.png"), file, "--force-dark-mode", "--blink-settings=preferredColorScheme=0")
	if l, d := brightness(light), brightness(dark); l < 0.6 || d > 0.4 {
		t.Errorf("brightness of the light page %.2f, of the dark one %.2f", l, d)
	}
	// The bars of the chart are green, the colour of COMPLETED.
	if n := pixels(light, func(r, g, b uint32) bool { return g > r+0x2000 && g > b+0x2000 }); n < 500 {
		t.Errorf("%d green pixels: where are the bars?", n)
	}
}

func shoot(t *testing.T, run func(...string) (string, string), to, file string, args ...string) image.Image {
	t.Helper()
	_, said := run(append(args, "--window-size=1100,1600", "--hide-scrollbars", "--screenshot="+to, "file://"+file)...)
	f, err := os.Open(to)
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// brightness is the mean of all pixels, from 0 (black) to 1 (white).
func brightness(picture image.Image) float64 {
	sum := 0.0
	n := pixels(picture, func(r, g, b uint32) bool { sum += float64(r+g+b) / 3 / 0xffff; return true })
	return sum / float64(n)
}

func pixels(picture image.Image, which func(r, g, b uint32) bool) (n int) {
	bounds := picture.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if r, g, b, _ := picture.At(x, y).RGBA(); which(r, g, b) {
				n++
			}
		}
	}
	return n
}
