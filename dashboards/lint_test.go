package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"artery/internal/schema"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// generated is a dashboard as Grafana will read it.
type generated struct {
	UID           string
	Title         string
	Description   string
	Editable      bool
	SchemaVersion int
	Tags          []string
	Panels        []generatedPanel
	Links         []map[string]any
	Templating    struct {
		List []struct {
			Name, Type, Label, Description string
			Query                          string
			Refresh                        int
			Multi, IncludeAll              bool
			Datasource                     struct{ Type, UID string }
		}
	}
	Annotations struct {
		List []struct {
			Name       string
			Placement  *string
			Datasource struct{ Type, UID string }
			Target     Query
		}
	}
}

type generatedPanel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Datasource               struct{ Type, UID string }
	Targets                  []generatedTarget
	Options                  map[string]any
	FieldConfig              struct {
		Defaults struct {
			Unit, NoValue, DisplayName string
			Min                        *float64
			Links                      []struct{ Title, URL string }
		}
		Overrides []struct {
			Matcher struct {
				ID      string
				Options any
			}
			Properties []struct {
				ID    string
				Value any
			}
		}
	}
}

// generatedTarget is a query, or names the panel whose answer is shown.
type generatedTarget struct {
	Query
	PanelID int
}

func generate(t testing.TB) (all []generated, texts [][]byte) {
	t.Helper()
	for _, p := range pages() {
		d, err := p.build()
		if err != nil {
			t.Fatal(err)
		}
		text, err := toJSON(d)
		if err != nil {
			t.Fatal(err)
		}
		var g generated
		if err := json.Unmarshal(text, &g); err != nil {
			t.Fatal(err)
		}
		all, texts = append(all, g), append(texts, text)
	}
	return all, texts
}

// dataPanels are the panels that are no rows. One that shows the answer to another's query has that query here, if it speaks of the same.
func (g generated) dataPanels() (out []generatedPanel) {
	for _, p := range g.Panels {
		if p.Type == "row" {
			continue
		}
		if len(p.Targets) == 1 && p.Datasource.UID == "-- Dashboard --" {
			i := slices.IndexFunc(g.Panels, func(other generatedPanel) bool { return other.ID == p.Targets[0].PanelID })
			if i >= 0 && p.Targets[0].RefID == "A" && p.Description == g.Panels[i].Description {
				p.Targets, p.Datasource = g.Panels[i].Targets, g.Panels[i].Datasource
			}
		}
		out = append(out, p)
	}
	return out
}

func TestStrictDecoding(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	_, texts := generate(t)
	for _, text := range texts {
		var d dashboard.Dashboard
		if err := d.UnmarshalJSONStrict(text); err != nil {
			t.Error(err)
		}
	}
}

func TestDashboards(t *testing.T) {
	all, _ := generate(t)
	uids := map[string]bool{}
	for _, g := range all {
		if uids[g.UID] || g.UID == "" {
			t.Errorf("%s: uid %q is empty or used twice", g.Title, g.UID)
		}
		uids[g.UID] = true
		if g.Editable || g.SchemaVersion != 42 || g.Description == "" || !slices.Contains(g.Tags, tag) {
			t.Errorf("%s: editable %v, schema version %d, description %q, tags %v", g.Title, g.Editable, g.SchemaVersion, g.Description, g.Tags)
		}
		if len(g.Links) != 1 || g.Links[0]["type"] != "dashboards" || g.Links[0]["placement"] != nil {
			t.Errorf("%s: links %v", g.Title, g.Links)
		}
		names := ""
		for _, v := range g.Templating.List {
			names += v.Name + " "
			switch v.Type {
			case "datasource":
				if v.Label != "Data source" || v.Query != sourceType {
					t.Errorf("%s: variable %+v", g.Title, v)
				}
			case "query":
				chosen := slices.ContainsFunc(pages(), func(p page) bool {
					return p.uid == g.UID && slices.ContainsFunc(p.choices, func(c choice) bool { return c.name == v.Name })
				})
				if v.Refresh != 2 || v.Multi == chosen || v.IncludeAll == chosen || v.Label == "" || v.Description == "" || v.Datasource.UID != "${datasource}" {
					t.Errorf("%s: variable %+v", g.Title, v)
				}
			case "textbox":
				if v.Label == "" || v.Description == "" || v.Query != schema.NotSet {
					t.Errorf("%s: variable %+v", g.Title, v)
				}
			default:
				t.Errorf("%s: variable %s is a %s", g.Title, v.Name, v.Type)
			}
		}
		if !strings.HasPrefix(names, "datasource tenant project ") {
			t.Errorf("%s: variables %s", g.Title, names)
		}
		for _, a := range g.Annotations.List {
			if a.Placement != nil || a.Datasource.UID != "${datasource}" || a.Target.Format != rows || !strings.Contains(a.Target.RawSQL, "LIMIT") {
				t.Errorf("%s: annotation %+v", g.Title, a)
			}
			checkTarget(t, a.Name, a.Target, nil)
		}
	}
}

func TestPanels(t *testing.T) {
	all, _ := generate(t)
	for _, g := range all {
		ids := map[int]string{}
		for _, p := range g.Panels {
			if p.ID == 0 || ids[p.ID] != "" {
				t.Errorf("%s: panel %q has the id %d of %q", g.Title, p.Title, p.ID, ids[p.ID])
			}
			ids[p.ID] = p.Title
		}
		for _, p := range g.dataPanels() {
			at := g.Title + ", " + p.Title
			d := p.FieldConfig.Defaults
			switch {
			case p.Title == "", p.Description == "":
				t.Errorf("%s: wants a title and a description", at)
			case d.Unit == "":
				t.Errorf("%s: no unit", at)
			case !strings.HasPrefix(d.NoValue, "No data because "):
				t.Errorf("%s: an empty panel says %q, and not why", at, d.NoValue)
			case p.Datasource.UID != "${datasource}" || p.Datasource.Type != sourceType:
				t.Errorf("%s: data source %v", at, p.Datasource)
			case len(p.Targets) != 1:
				t.Errorf("%s: %d targets", at, len(p.Targets))
			case p.Type == "bargauge" && (d.Min == nil || *d.Min != 0):
				t.Errorf("%s: without min 0 the smallest bar would be empty", at)
			}
			if (p.Type == "timeseries" || p.Type == "status-history") != (p.Targets[0].Format == timeSeries) {
				t.Errorf("%s: a %s with format %d", at, p.Type, p.Targets[0].Format)
			}
			checkTarget(t, at, p.Targets[0].Query, &p)
		}
		checkLayout(t, g)
	}
}

// evidence is where a click on a value leads: a panel of ours, over the same time and narrowed in the same way.
var evidence = regexp.MustCompile(`^/d/([a-z-]+)\?\$\{__all_variables\}&\$\{__url_time_range\}(?:&viewPanel=(\d+))?$`)

// Every number that stands alone leads to the rows behind it.
func TestStatsLeadToTheirEvidence(t *testing.T) {
	all, _ := generate(t)
	known := map[string]bool{}
	for _, g := range all {
		known[g.UID+" "] = true
		for _, p := range g.dataPanels() {
			known[fmt.Sprint(g.UID, " ", p.ID)] = p.Type != "stat"
		}
	}
	for _, g := range all {
		for _, p := range g.dataPanels() {
			if p.Type == "stat" && len(p.FieldConfig.Defaults.Links) == 0 {
				t.Errorf("%s, %s: a click leads nowhere", g.Title, p.Title)
			}
			for _, link := range p.FieldConfig.Defaults.Links {
				m := evidence.FindStringSubmatch(link.URL)
				if ofLine := rowsOfLine.FindStringSubmatch("url:" + link.URL); p.Type == "table" && ofLine != nil {
					m = ofLine
				}
				if m == nil || !known[m[1]+" "+m[2]] || m[1] == g.UID && m[2] == "" {
					t.Errorf("%s, %s: the link %s leads to no panel with rows", g.Title, p.Title, link.URL)
				}
			}
		}
	}
}

// rowsOfLine is where a click on a number of the table of the five metrics leads.
var rowsOfLine = regexp.MustCompile(`url:/d/([a-z-]+)\?\$\{__url_time_range\}(?:&viewPanel=(\d+))?&.*&var-tenant=\$\{__data\.fields\.tenant:percentencode\}&var-service=\$\{__data\.fields\.service:percentencode\}`)

// Each number of the five metrics leads to the rows behind it, of its service alone, on every dashboard with that table.
func TestTheFiveMetricsLeadToTheirRows(t *testing.T) {
	all, _ := generate(t)
	tables := map[string]bool{}
	for _, g := range all {
		for _, p := range g.dataPanels() {
			if p.Type == "table" {
				tables[fmt.Sprint(g.UID, " ", p.ID)] = true
			}
		}
	}
	n := 0
	for _, g := range all {
		for _, p := range g.dataPanels() {
			for _, o := range p.FieldConfig.Overrides {
				for _, property := range o.Properties {
					if m := rowsOfLine.FindStringSubmatch(fmt.Sprint(property.Value)); m != nil {
						if n++; !tables[m[1]+" "+m[2]] {
							t.Errorf("%s, %s: %v leads to panel %s, which is no table of %s", g.Title, p.Title, o.Matcher.Options, m[2], m[1])
						}
					}
				}
			}
		}
	}
	if n != 4*17+11 {
		t.Errorf("%d numbers lead to their rows, want 17 in each of four tables and 11 in one", n)
	}
}

// What names a run, a pipeline, a repository or gates in a table leads to its page in CodeArts.
func TestTablesLeadToCodeArts(t *testing.T) {
	all, _ := generate(t)
	n := 0
	for _, g := range all {
		for _, p := range g.dataPanels() {
			has := map[string]string{}
			for _, o := range p.FieldConfig.Overrides {
				name, _ := o.Matcher.Options.(string)
				for _, property := range o.Properties {
					has[name+" "+property.ID] = fmt.Sprint(property.Value)
				}
			}
			for column, page := range map[string]string{
				"run_number": "url", "run_id": "url", "first_bad_run": "first_url", "pipeline": "pipeline_url", "repository": "repository_url", "config": "gate_url", "gate": "gate_url",
			} {
				if p.Type != "table" || has[column+" displayName"] == "" || p.ID == 681 { // rules have patterns for pipelines
					continue
				}
				n++
				if !strings.Contains(has[column+" links"], "url:${__data.fields."+page+"}") || has[page+" custom.hidden"] != "true" || has[page+" noValue"] != "<nil>" {
					t.Errorf("%s, %s: %s leads nowhere", g.Title, p.Title, column)
				}
			}
		}
	}
	if n < 42 {
		t.Errorf("%d columns in tables", n)
	}
}

// The first row is the same on every dashboard, and leads to the collector health.
func TestTrustRowIsTheSameEverywhere(t *testing.T) {
	all, texts := generate(t)
	var first []json.RawMessage
	for i, text := range texts {
		var d struct{ Panels []json.RawMessage }
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		n := slices.IndexFunc(all[i].Panels[1:], func(p generatedPanel) bool { return p.Type == "row" }) + 1
		row := d.Panels[:n]
		if first == nil {
			first = row
		}
		if !slices.EqualFunc(row, first, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
			t.Errorf("%s begins with another row than %s", all[i].Title, all[0].Title)
		}
	}
	var queries []string
	for _, p := range trust().panels {
		queries = append(queries, p.query)
		if p.link != healthUID || p.shows == 0 {
			t.Errorf("%s leads to panel %d of %q", p.title, p.shows, p.link)
		}
	}
	for _, want := range []string{"dash_trust_freshness", "dash_trust_completeness", "dash_trust_last_event", "dash_trust_budget"} {
		if !slices.Contains(queries, want) {
			t.Errorf("the trust row has no %s", want)
		}
	}
}

func checkLayout(t *testing.T, g generated) {
	taken := map[[2]int]string{}
	for _, p := range g.Panels {
		at := p.GridPos
		if at.X+at.W > 24 || at.W == 0 || at.H == 0 {
			t.Errorf("%s, %s: position %+v", g.Title, p.Title, at)
		}
		for x := at.X; x < at.X+at.W; x++ {
			for y := at.Y; y < at.Y+at.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("%s: %q lies over %q", g.Title, p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

var (
	// replacing is every table that holds several versions of a row.
	replacing = regexp.MustCompile(`(?:FROM|JOIN)\s+(events|quarantine|pipelines|runs|run_details|step_logs|stages|jobs|steps|stage_attempts|repositories|repository_sizes|repository_locks|gate_states|gate_history|build_tenants|build_tenant_states|run_states|polls|newest_polls|poll_days|coverage|coverage_states|attempts_by_day|runs_by_day|run_starts_by_day|run_numbers)\b( AS \w+)?( FINAL)?`)
	// They take the newest of all versions by argMax, or ask for what any version may say.
	pastTense = []string{
		"dash_run_pages", "dash_named_run_pages", "dash_turning_pages", "dash_versions_of_run_pages", "dash_projects", "dash_pipelines", "dash_pipelines_then", "dash_coverage_then",
		"dash_newest_messages", "dash_polls_before", "dash_call_limits", "dash_uneven_pollers", "dash_run_waits", "dash_trust_errors", "dash_poll_errors", "dash_repository_sizes", "dash_var_tenant",
		"dash_is_now", // last, as others include it
	}
)

func checkTarget(t *testing.T, at string, q Query, p *generatedPanel) {
	if q.RefID == "" || q.Datasource == nil || *q.Datasource.Uid != "${datasource}" || q.EditorType != "sql" || q.PluginVersion < "4.0.0" || q.RawSQL == "" {
		t.Errorf("%s: target %+v", at, q)
	}
	for _, broken := range []string{"$__timeGroup", "$__timeFrom", "$__timeTo(", "INTERVAL $", "--", ";", "{{"} {
		if strings.Contains(q.RawSQL, broken) {
			t.Errorf("%s: %s in its SQL", at, broken)
		}
	}
	if p != nil && q.Format == timeSeries {
		if !strings.Contains(q.RawSQL, "$__timeFilter(") && !strings.Contains(q.RawSQL, "$__toTime") {
			t.Errorf("%s: the time range is not in its SQL", at)
		}
		if i := strings.LastIndex(q.RawSQL, "\nORDER BY time"); i < 0 || strings.Contains(q.RawSQL[i:], ")") {
			t.Errorf("%s: a time series wants ORDER BY time", at)
		}
	}
}

// Events and polls are read in their months by one query each (dash_polls says why); summary_rows, which has no includes, says it
// itself.
func TestQueriesReadMonthsApart(t *testing.T) {
	final, apart := regexp.MustCompile(`FROM (events|polls)( AS \w+)? FINAL`), "SETTINGS do_not_merge_across_partitions_select_final = 1"
	var found []string
	for _, name := range schema.Queries() {
		sql, err := schema.Query(name)
		if err != nil {
			t.Fatal(err)
		}
		n := len(final.FindAllString(sql, -1))
		if n != strings.Count(sql, apart) {
			t.Errorf("%s reads events or polls %d times, and not always by %s", name, n, apart)
		}
		if n > 0 {
			found = append(found, name)
		}
	}
	if want := []string{"dash_events", "dash_polls", "summary_rows"}; !slices.Equal(found, want) {
		t.Errorf("events and polls are read by %q, want %q", found, want)
	}
}

func TestQueriesReadWithFinal(t *testing.T) {
	for _, name := range dashQueries() {
		sql, _, err := schema.Statement(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, past := range pastTense {
			inner, _, err := schema.Statement(past)
			if err != nil {
				t.Fatal(err)
			}
			sql = strings.ReplaceAll(sql, inner, "")
		}
		for _, m := range replacing.FindAllStringSubmatch(sql, -1) {
			if m[3] == "" {
				t.Errorf("%s reads %s without FINAL", name, m[1])
			}
		}
	}
}
