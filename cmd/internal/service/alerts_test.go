package service

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"artery/internal/schema"
)

func TestAlerts(t *testing.T) {
	c, err := Parse([]byte("alerts: {production: [prod, live], limits: [{tenant: acme, red: 48h, queue: 90s}, {project: ^Web, repository_percent: 80, silent: 3}, {tenant: acme, project: ^Shop, production: [shop]}]}\n"+
		"tenants: [{name: acme, pages: {run: 'https://ca.example.com/{project_id}/{pipeline_id}/{run_id}', gate: 'https://ca.example.com/{tenant}/{project_id}'}}, {name: zeta}]"), 0)
	if err != nil {
		t.Fatal(err)
	}
	want := schema.Settings{
		Production:   []string{"prod", "live"},
		ProductionOf: []schema.Production{{Tenant: "acme", Project: "^Shop", Environments: []string{"shop"}}},
		Limits: []schema.AlertLimit{
			{Name: "queue", Tenant: "acme", Value: 90}, {Name: "red", Tenant: "acme", Value: 172800},
			{Name: "repository_percent", Project: "^Web", Value: 80}, {Name: "silent", Project: "^Web", Value: 3},
		},
		Pages: map[string]map[string]string{"acme": {"run": "https://ca.example.com/{project_id}/{pipeline_id}/{run_id}", "gate": "https://ca.example.com/{tenant}/{project_id}"}},
	}
	if got := c.settings(); !reflect.DeepEqual(got, want) {
		t.Errorf("the settings are\n%+v, want\n%+v", got, want)
	}
	for _, wrong := range []struct{ text, want string }{
		{"alerts: {production: []}", "alerts.production: [] names no environment"},
		{"alerts: {production: ['']}", `alerts.production: [""] names no environment`},
		{"alerts: {limits: [{tenant: acme}]}", "alerts.limits[0]: has no limit"},
		{"alerts: {limits: [{red: 24h}, {queue: 0s}]}", "alerts.limits[1].queue: 0 is no limit"},
		{"alerts: {limits: [{silent: .nan}]}", "alerts.limits[0].silent: NaN is no limit"},
		{"alerts: {limits: [{repository_percent: 101}]}", "alerts.limits[0].repository_percent: 101 is no limit"},
		{"alerts: {limits: [{project: '(', red: 1h}]}", `alerts.limits[0].project: "(" is no RE2 expression`},
		{"alerts: {limits: [{tenant: acme, judging: 1h}]}", "alerts.limits[0].judging: is of all tenants together"},
		{"alerts: {limits: [{project: web, last_message: 1h}]}", "alerts.limits[0].last_message: is of a whole tenant"},
		{"alerts: {limits: [{tenant: acme, production: []}]}", "alerts.limits[0].production: [] names no environment"},
		{"tenants: [{name: acme, pages: {run: 'ca.example.com/{run_id}'}}]", `tenants[0] (acme).pages.run: "ca.example.com/x" is no URL`},
		{"tenants: [{name: acme, pages: {run: 'https://ca.example.com/{pipeline_id}'}}]", `tenants[0] (acme).pages.run: "https://ca.example.com/{pipeline_id}" has no {run_id}, so all of them would have one page`},
		{"tenants: [{name: acme, pages: {repository: ''}}]", `tenants[0] (acme).pages.repository: is missing`},
		{"tenants: [{name: acme, pages: {pipeline: 'https://ca.example.com/{pipeline_id}/{run_id}'}}]", `pages.pipeline: {run_id} is nothing that a page of a pipeline can have; these are: {tenant}, {project_id}, {pipeline_id}`},
		{"tenants: [{name: acme, pages: {build: 'https://ca.example.com'}}]", `tenants[0] (acme).pages.build: is no page; these are: gate, pipeline, repository, run`},
	} {
		if _, err := Parse([]byte(wrong.text), 0); err == nil || !strings.Contains(err.Error(), wrong.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q alone", wrong.text, err, wrong.want)
		}
	}
}

// Who calls production otherwise than alerts.production does would wait for an alert that never comes.
func TestUnalerted(t *testing.T) {
	const rules = "deployments: {rules: [{name: a, stage: test, environment: staging}, {name: b, stage: deploy, environment: prod}, {name: c, stage: x, ignore: true}]}\n"
	for text, want := range map[string]string{
		"":    "",
		rules: "names an environment of alerts.production (production), so nobody is told when production stages fail -> name one of theirs there: prod, staging",
		rules + "alerts: {production: [live, prod]}":                                                            "",
		"alerts: {production: [prod]}":                                                                          "alerts.production (prod), so nobody is told when production stages fail -> name one of theirs there: production",
		rules + "alerts: {limits: [{production: [prod]}]}":                                                      "",
		rules + "alerts: {limits: [{project: ^Pilot, production: [prod]}]}":                                     "alerts.production (production), so nobody is told when production stages fail -> name one of theirs there: prod, staging",
		rules + "alerts: {limits: [{red: 1h}, {tenant: acme, production: [live]}]}":                             "names an environment of alerts.limits[1].production (live), so nobody is told when production stages fail -> name one of theirs there: prod, staging",
		rules + "tenants: [{name: acme}]\nalerts: {limits: [{tenant: acme, production: [prod]}]}":               "",
		rules + "tenants: [{name: acme}, {name: zeta}]\nalerts: {limits: [{tenant: acme, production: [prod]}]}": "alerts.production (production), so nobody is told when production stages fail -> name one of theirs there: prod, staging",
	} {
		c, err := Parse([]byte(text), 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Unalerted(); (got == "") != (want == "") || !strings.HasSuffix(got, want) {
			t.Errorf("%s\n%q, want %q", text, got, want)
		}
		c.Embedded.NATS, c.Embedded.ClickHouse = "127.0.0.1:0", "127.0.0.1:0"
		var out bytes.Buffer
		if err := Check(t.Context(), c, NeedEmbedded, Frame{}, &out); err != nil {
			t.Fatal(err)
		}
		if warns := regexp.MustCompile(`(?m)^warning +alerts\.production +.*` + regexp.QuoteMeta(want) + "$").MatchString(out.String()); warns != (want != "") {
			t.Errorf("%s\nthe check says\n%s", text, out.String())
		}
	}
}

// The defaults that the example shows are those that the SQL has.
func TestExampleShowsTheDefaultsOfSettings(t *testing.T) {
	c, err := Parse([]byte(uncommented(t)), 0)
	if err != nil {
		t.Fatal(err)
	}
	shown := c.settings()
	limits, _, err := schema.Statement("limit_of")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range shown.Limits {
		if want := fmt.Sprintf("('%s', '', '', %g", l.Name, l.Value); !strings.Contains(limits, want) {
			t.Errorf("limit_of has no %s...", want)
		}
	}
	if n := strings.Count(limits, ", '', '', "); n != len(shown.Limits) {
		t.Errorf("there are %d limits, the example shows %d", n, len(shown.Limits))
	}
	page, _, err := schema.Statement("run_page")
	if err != nil {
		t.Fatal(err)
	}
	forms := shown.Pages[c.Tenants[0].Name]
	if form := forms["run"]; form == "" || !strings.Contains(page, "'"+form+"'") {
		t.Errorf("the example's page of a run %q is not that of run_page.sql", form)
	}
	if got, want := slices.Sorted(maps.Keys(forms)), slices.Sorted(maps.Keys(pageIDs)); !slices.Equal(got, want) {
		t.Errorf("the example shows the pages %q, want %q", got, want)
	}
}
