package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/schema"
)

// addresses are the columns with addresses in CodeArts, by the kind of page.
var addresses = map[string]string{"url": "run", "first_url": "run", "pipeline_url": "pipeline", "repository_url": "repository", "gate_url": "gate"}

// A page is that of its tenant wherever a table leads to one, and there is none where the tenant has no form for it.
func TestPagesAreThoseOfTheTenant(t *testing.T) {
	conn := migratedDB(t)
	seed(t, conn)
	if _, err := schema.ActivateSettings(t.Context(), conn, schema.Settings{Production: []string{"production"}, Pages: map[string]map[string]string{
		"acme": {
			"run":        "https://acme.example.com/run/{project_id}/{pipeline_id}/{run_id}",
			"pipeline":   "https://acme.example.com/pipeline/{project_id}/{pipeline_id}",
			"repository": "https://acme.example.com/repository/{tenant}/{repository_id}",
			"gate":       "https://acme.example.com/gate/{project_id}",
		},
		"globex": {"run": "https://globex.example.com/run/{tenant}/{run_id}", "gate": "https://globex.example.com/gate/{tenant}"},
	}}); err != nil {
		t.Fatal(err)
	}
	all, found := everything(45*24*time.Hour), map[string]int{}
	for _, page := range pages() {
		for _, r := range page.rows {
			for _, p := range r.panels {
				columns, _ := p.view.(sheet)
				columns = slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return c.opens == "" })
				if len(columns) == 0 {
					continue
				}
				sql, _, err := schema.Statement(p.query)
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range ask(t, conn, all.expand(t, sql)).rows {
					for _, c := range columns {
						tenant, _ := row["tenant"].(string)
						address, known := row[c.opens].(string)
						form := "https://" + tenant + ".example.com/" + addresses[c.opens] + "/"
						switch {
						case !known:
							t.Errorf("%s: %s leads to %s, which is not in the answer", p.title, c.name, c.opens)
						case strings.HasPrefix(address, form):
							found[tenant+" "+c.opens]++
						case address != "" && !strings.HasPrefix(address, "https://codearts.example.com/"): // what CodeArts says
							t.Errorf("%s: %s of %s is %s", p.title, c.opens, tenant, address)
						}
					}
				}
			}
		}
	}
	for of, least := range map[string]int{"acme url": 15, "acme first_url": 1, "globex url": 2, "acme pipeline_url": 10, "acme repository_url": 6, "acme gate_url": 10} {
		if found[of] < least {
			t.Errorf("%d pages: %s", found[of], of)
		}
	}
	for _, tt := range []struct {
		query, columns string
		want           []string
	}{
		{"dash_silent_pipelines", "tenant pipeline pipeline_url", []string{"acme | nightly | https://acme.example.com/pipeline/" + alpha + "/p-nightly"}},
		{"dash_pipeline_health", "tenant pipeline pipeline_url", []string{
			"acme | shop | https://acme.example.com/pipeline/" + alpha + "/p-shop", "acme | nightly | https://acme.example.com/pipeline/" + alpha + "/p-nightly",
			"acme | search | https://acme.example.com/pipeline/" + alpha + "/p-search", "acme | billing | https://acme.example.com/pipeline/" + beta + "/p-billing", "globex | shop | "}},
		{"dash_repository_forecast", "repository repository_url", []string{
			"web | https://acme.example.com/repository/acme/1", "tool | https://acme.example.com/repository/acme/2", "core | "}},
		// The gate of a tenant has no project, which the form asks for.
		{"dash_gates_now", "project gate_url", []string{"(tenant) | ", "(tenant) | ", "Alpha | https://acme.example.com/gate/" + alpha}},
		{"dash_gate_coverage", "tenant project gate_url", []string{
			"acme | Beta | https://acme.example.com/gate/" + beta, "globex | Gamma | https://globex.example.com/gate/globex", "acme | Alpha | https://acme.example.com/gate/" + alpha}},
	} {
		if got := cells(t, conn, all, tt.query, strings.Fields(tt.columns)...); !slices.Equal(got, tt.want) {
			t.Errorf("%s\n got %s\nwant %s", tt.query, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
		}
	}
}
