package grafanatest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// board is a dashboard as it is committed; what Grafana looks at in it.
type board struct {
	UID, Title  string
	Time        struct{ From, To string }
	Panels      []panel
	Annotations struct {
		List []struct {
			Name   string
			Target target
		}
	}
	Templating struct{ List []boardVariable }
}

type boardVariable struct {
	Name, Type, Query string
	Multi, IncludeAll bool
	Current           struct{ Value any }
}

type target struct {
	RefID, RawSQL string
	Format        int
	PanelID       int // shows the answer to the query of this panel
}

type panel struct {
	ID          int
	Type, Title string
	GridPos     struct{ W int }
	Targets     []target
	Options     struct {
		ReduceOptions struct {
			Values bool
			Calcs  []string
			Fields string
		}
	}
	Transformations []any
	FieldConfig     struct {
		Defaults  map[string]any
		Overrides []override
	}
}

type override struct {
	Matcher struct {
		ID      string
		Options string
	}
	Properties []struct {
		ID    string
		Value any
	}
}

// dashboards is where the committed dashboards are.
const dashboards = "../grafana"

func boards(t *testing.T) (all []board) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dashboards, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d dashboards, %v", len(files), err)
	}
	for _, file := range files {
		var b board
		readJSON(t, file, &b)
		b.share(t)
		all = append(all, b)
	}
	return all
}

// share gives the panels that show another's answer its query.
func (b board) share(t *testing.T) {
	t.Helper()
	for i, p := range b.Panels {
		for j, target := range p.Targets {
			if target.PanelID == 0 {
				continue
			}
			at := slices.IndexFunc(b.Panels, func(other panel) bool { return other.ID == target.PanelID })
			if at < 0 || b.Panels[at].Targets[0].RawSQL == "" {
				t.Fatalf("%s, %s: panel %d asks nothing", b.UID, p.Title, target.PanelID)
			}
			b.Panels[i].Targets[j] = b.Panels[at].Targets[0]
		}
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// opened is the range of the dashboard as it opens, now-24h or now-30d/d to now.
func (b board) opened(t *testing.T, now time.Time) span {
	t.Helper()
	text, whole := strings.CutSuffix(b.Time.From, "/d")
	back, isDays := strings.CutSuffix(strings.TrimPrefix(text, "now-"), "d")
	if isDays {
		back += "h"
	}
	d, err := time.ParseDuration(back)
	if err != nil || !strings.HasPrefix(text, "now-") || b.Time.To != "now" {
		t.Fatalf("%s opens from %s to %s: %v", b.UID, b.Time.From, b.Time.To, err)
	}
	if isDays {
		d *= 24
	}
	from := now.Add(-d)
	if whole {
		from = from.Truncate(24 * time.Hour)
	}
	return span{from: from, to: now}
}

// of is the same span for a panel on a screen of 1900 points: Grafana asks for a value for each point.
func (s span) of(width int) span {
	s.interval = max(time.Second, (s.to.Sub(s.from) / time.Duration(1900*width/24)).Round(time.Second))
	return s
}
