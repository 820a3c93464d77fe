package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// chromium finds the browser. CI installs it; elsewhere its tests need Debian's package.
func chromium(t *testing.T) (path string) {
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("needs chromium (apt-get install chromium)")
	} else if err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a page in headless Chromium and returns what it makes of it, what it says of it, and what the page asked for.
func open(t *testing.T, chromium, page string, args ...string) (dom, said string, asked []string) {
	t.Helper()
	dir := t.TempDir()
	requests := filepath.Join(dir, "requests.json")
	cmd := exec.CommandContext(t.Context(), chromium, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--disable-quic", "--hide-scrollbars", "--user-data-dir=" + dir, "--log-net-log=" + requests}, append(args, "file://"+page)...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	text, err := os.ReadFile(requests)
	if err != nil {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), byPages(t, text)
}

// byPages are the requests in a log of the browser's that a page makes. Those that the browser makes by itself, for its own ends,
// have no initiator.
func byPages(t *testing.T, text []byte) (asked []string) {
	t.Helper()
	var log struct {
		Events []struct {
			Params struct{ URL, Initiator string }
		}
	}
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	for _, e := range log.Events {
		if e.Params.URL != "" && e.Params.Initiator != "" && e.Params.Initiator != "not an origin" {
			asked = append(asked, e.Params.URL)
		}
	}
	return asked
}

// write makes the page as `artery report -html` does.
func write(t *testing.T, conn driver.Conn, now time.Time) (page string, r Report) {
	t.Helper()
	r, err := Read(t.Context(), conn, now.AddDate(0, 0, -14), now, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.Page(&b); err != nil {
		t.Fatal(err)
	}
	return keep(t, b.String()), r
}

func keep(t *testing.T, page string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// The product's own page over stored tables: a browser shows what it says, draws every chart in both themes, finds no fault and
// asks for nothing.
func TestPageInABrowser(t *testing.T) {
	b := chromium(t)
	conn := migratedDB(t)
	page, r := write(t, conn, seed(t, conn))
	dom, said, asked := open(t, b, page, "--enable-logging=stderr", "--dump-dom")
	checkQuiet(t, dom, said, asked)
	shown := words(dom)
	for _, want := range []string{
		"Delivery report", "Budget of calls", "部署 <b>", "Web <script>alert(1)</script>", "newly failing", "2024-monotonic", "elite", "1 pending", "COMPLETED", "weakened",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the browser does not show %q", want)
		}
	}
	drawn := 0
	for _, c := range r.Chapters {
		for _, p := range c.Parts {
			if len(p.answer.rows) == 0 && !strings.Contains("Silent pipelines, Flaky stages, Build accounts, Changes that wait for a deployment", p.Title) {
				t.Errorf("%s: %s", p.Title, p.empty())
			}
			if p.form == bars || p.form == lines {
				drawn++
			}
		}
	}
	if n := strings.Count(dom, "</svg>"); n != 2*drawn || drawn != 5 {
		t.Errorf("%d drawings of %d charts, want each of 5 in two themes", n, drawn)
	}
	light := shoot(t, b, page)
	dark := shoot(t, b, page, "--force-dark-mode", "--blink-settings=preferredColorScheme=0")
	if l, d := brightness(light), brightness(dark); l < 0.6 || d > 0.4 {
		t.Errorf("brightness of the light page %.2f, of the dark one %.2f", l, d)
	}
	// Runs that completed are green bars, those that failed are red ones, and durations are blue and orange lines.
	for theme, picture := range map[string]image.Image{"light": light, "dark": dark} {
		for name, least := range map[string]int{statusColors["COMPLETED"]: 5000, statusColors["FAILED"]: 500, palette[0]: 500, palette[1]: 200} {
			if n := pixels(picture, near(name)); n < least {
				t.Errorf("%s: %d pixels of %s, want %d: where are the charts?", theme, n, name, least)
			}
		}
	}
}

// A page without any data says why, block by block.
func TestEmptyPageInABrowser(t *testing.T) {
	b := chromium(t)
	page, r := write(t, migratedDB(t), time.Now())
	dom, said, asked := open(t, b, page, "--enable-logging=stderr", "--dump-dom")
	checkQuiet(t, dom, said, asked)
	if strings.Contains(dom, "<svg") {
		t.Error("something is drawn of nothing")
	}
	shown := words(dom)
	for _, c := range r.Chapters {
		for _, p := range c.Parts {
			if len(p.answer.rows) == 0 && (p.none == "" || !strings.Contains(shown, "no data because "+p.none)) {
				t.Errorf("%s: the page does not say why it is empty", p.Title)
			}
			if p.form == stats && len(p.answer.rows) > 0 && p.answer.at(p.answer.rows[0], p.columns[0].name) == nil && (p.About == "" || !strings.Contains(shown, p.About)) {
				t.Errorf("%s: the page does not say why it is unknown", p.Title)
			}
		}
	}
}

// The check itself finds a request, a fault of a script, and a word of a broken page.
func TestBrowserSeesFaults(t *testing.T) {
	b := chromium(t)
	page := keep(t, `<img src="http://elsewhere.example/x.png"><script>document.write("un" + "defined"); throw new Error("x")</script>`)
	dom, said, asked := open(t, b, page, "--enable-logging=stderr", "--dump-dom")
	if found := faults(dom, said, asked); len(found) != 3 {
		t.Errorf("found %q, want three faults", found)
	}
}

func checkQuiet(t *testing.T, dom, said string, asked []string) {
	t.Helper()
	for _, f := range faults(dom, said, asked) {
		t.Error(f)
	}
}

func faults(dom, said string, asked []string) (found []string) {
	if strings.Contains(said, "CONSOLE") {
		found = append(found, "the browser complains:\n"+said)
	}
	if len(asked) > 0 {
		found = append(found, "the page asks for "+strings.Join(asked, ", "))
	}
	if bad := regexp.MustCompile(`\bNaN\b|undefined|\bInf(inity)?\b|%!|<nil>|\bnull\b`).FindString(words(dom)); bad != "" {
		found = append(found, "the page says "+bad)
	}
	return found
}

// words are what a page says: its text without markup.
func words(dom string) string {
	dom = regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>`).ReplaceAllString(dom, "")
	return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(dom, " "))
}

func shoot(t *testing.T, b string, page string, args ...string) image.Image {
	t.Helper()
	to := filepath.Join(t.TempDir(), "page.png")
	_, said, _ := open(t, b, page, append(args, "--window-size=1280,5600", "--screenshot="+to)...)
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
	n := pixels(picture, func(r, g, b uint32) bool { sum += float64(r+g+b) / 3 / 0xff; return true })
	return sum / float64(n)
}

// pixels counts the pixels that a colour in bytes is asked of.
func pixels(picture image.Image, which func(r, g, b uint32) bool) (n int) {
	bounds := picture.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if r, g, b, _ := picture.At(x, y).RGBA(); which(r>>8, g>>8, b>>8) {
				n++
			}
		}
	}
	return n
}

// near is a colour such as #22a06b, and what can not be told from it.
func near(name string) func(r, g, b uint32) bool {
	var want [3]uint32
	if _, err := fmt.Sscanf(name, "#%02x%02x%02x", &want[0], &want[1], &want[2]); err != nil {
		panic(err)
	}
	return func(r, g, b uint32) bool {
		for i, v := range [3]uint32{r, g, b} {
			if v > want[i]+8 || v+8 < want[i] {
				return false
			}
		}
		return true
	}
}
