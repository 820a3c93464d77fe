package grafanatest

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// frontend is where Grafana's front-end library is, and the program that asks it (make grafanatest installs it).
const frontend = "testdata/frontend"

var pictures = flag.String("pictures", "", "draw the dashboards into this folder, with Grafana's component library (make pictures)")

// display is what the dashboards have to show: it goes to Grafana's front-end library, which gives every value its text.
type display map[string]map[string]*data.Frame // by uid and title

func (d display) add(uid, title string, f *data.Frame) {
	if d[uid] == nil {
		d[uid] = map[string]*data.Frame{}
	}
	d[uid][title] = f
}

// faults are what is wrong with the texts.
func (d display) faults(t *testing.T, dir string) (all []string) {
	t.Helper()
	for line := range strings.Lines(d.ask(t, dir, filepath.Join(frontend, "judge.cjs"))) {
		if fault, ok := strings.CutPrefix(strings.TrimSpace(line), "fault: "); ok {
			all = append(all, fault)
		}
	}
	return all
}

// ask runs a program of Node.js on the dashboards of dir and what they have to show.
func (d display) ask(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	type shown struct {
		Board  json.RawMessage        `json:"board"`
		Frames map[string]*data.Frame `json:"frames"`
	}
	var list []shown
	for uid, frames := range d {
		board, err := os.ReadFile(filepath.Join(dir, uid+".json"))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, shown{board, frames})
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "frames.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "node", append([]string{program, file}, args...)...).Output()
	if err != nil {
		if failed, ok := err.(*exec.ExitError); ok {
			t.Fatalf("%v: %s", err, failed.Stderr)
		}
		t.Fatalf("%v (Node.js comes with npm)", err)
	}
	return string(out)
}

// judge holds the texts against what a reader may see.
func (d display) judge(t *testing.T) {
	t.Helper()
	for _, fault := range d.faults(t, dashboards) {
		t.Error(fault)
	}
	if *pictures == "" {
		return
	}
	for line := range strings.Lines(d.ask(t, dashboards, "testdata/drawing/draw.mjs", filepath.Join(*pictures, t.Name()))) {
		// Evidence of so many columns has to be moved sideways.
		wide := slices.ContainsFunc([]string{"Change lead time: changes", "Incidents", "Deployment rules in force"}, func(title string) bool {
			return strings.HasPrefix(line, "wide: artery-dora-explained: "+title+": ")
		})
		if !wide {
			t.Error(strings.TrimSpace(line))
		}
	}
}

// A chart whose series has no name and whose panel text would stand in tooltips, a count with decimals, an override and a link of fields that are not there, and a
// word that would be a link: an empty text without a word is none.
func TestDisplayFindsFaults(t *testing.T) {
	dir := t.TempDir()
	board := `{"uid": "bad", "panels": [
		{"title": "chart", "type": "timeseries", "fieldConfig": {"defaults": {"noValue": "No data because", "displayName": "${__field.labels.service}"}, "overrides": []}},
		{"title": "count", "type": "stat", "fieldConfig": {"defaults": {"unit": "none", "decimals": 2, "links": [{"title": "", "url": "${__data.fields.address}"}]},
			"overrides": [{"matcher": {"id": "byName", "options": "gone"}, "properties": [{"id": "colour", "value": 1}]}]}},
		{"title": "pages", "type": "table", "fieldConfig": {"defaults": {"noValue": "none"}, "overrides": [
			{"matcher": {"id": "byName", "options": "address"}, "properties": [{"id": "links", "value": [{"title": "", "url": "${__data.fields.address}"}]}]},
			{"matcher": {"id": "byName", "options": "page"}, "properties": [{"id": "noValue"}, {"id": "links", "value": [{"title": "", "url": "${__data.fields.page}"}]}]}]}}
	]}`
	if err := os.WriteFile(filepath.Join(dir, "bad.json"), []byte(board), 0o600); err != nil {
		t.Fatal(err)
	}
	d := display{}
	d.add("bad", "chart", data.NewFrame("", data.NewField("n", nil, []*float64{nil})))
	d.add("bad", "count", data.NewFrame("", data.NewField("n", nil, []int64{21})))
	d.add("bad", "pages", data.NewFrame("", data.NewField("address", nil, []string{"https://ca.example.com/1", ""}), data.NewField("page", nil, []string{"https://ca.example.com/1", ""})))
	want := []string{
		`bad: chart: a field is called "${__field.labels.service}"`,
		`bad: chart: ${__field.labels.service}: a tooltip says "No data because" where this series has no point`,
		"bad: count: there is no setting colour",
		"bad: count: no field gone has an override",
		"bad: count: n: the count 21 is shown as 21.00",
		"bad: count: n: the link no field address",
		"bad: pages: address: the link none",
	}
	if got := d.faults(t, dir); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
