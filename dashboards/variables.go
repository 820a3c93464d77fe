package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"artery/internal/schema"
)

// input is a text box whose text a query reads. schema.NotSet stands in it
// until somebody types; a query makes NULL of it.
type input struct{ name, label, description string }

// asOf is on every dashboard: what was the state then?
var asOf = input{"as_of", "As of", "A time (UTC), such as 2026-03-01 12:00: panels of what is there now show what was there then. Not set: the end of the time range, or now"}

// codearts is on every dashboard with rows of runs.
var codearts = input{"codearts", "CodeArts page", "Form of the address of a run in your CodeArts, with {tenant}, {project_id}, {pipeline_id} and {run_id}, for runs of which CodeArts does not say it. Not set: that of the tenant in the configuration (pages), else the international console"}

// filter is a variable of any number of values out of those that a query gives.
type filter struct{ name, label, description, query string }

// choice is a variable of one value out of those that a query gives; text and
// value are the first choice.
type choice struct{ name, label, description, query, text, value string }

// variables adds what every dashboard can be narrowed by, then the page's own
// filters, choices and inputs.
func variables(b *dashboard.DashboardBuilder, p page) error {
	b.WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Data source").Type(sourceType).
		Description("ClickHouse with Artery's database"))
	for _, v := range append([]filter{
		{"tenant", "Tenant", "CodeArts accounts", "dash_var_tenant"},
		{"project", "Project", "CodeArts projects of the chosen tenants", "dash_var_project"},
	}, p.filters...) {
		sql, _, err := schema.Statement(v.query)
		if err != nil {
			return err
		}
		b.WithVariable(dashboard.NewQueryVariableBuilder(v.name).Label(v.label).Description(v.description).
			Datasource(*source()).Query(dashboard.StringOrMap{String: &sql}).
			Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalCaseInsensitiveAsc).
			Multi(true).IncludeAll(true).
			Current(dashboard.VariableOption{
				Selected: cog.ToPtr(true),
				Text:     dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
				Value:    dashboard.StringOrArrayOfString{ArrayOfString: []string{"$__all"}},
			}))
	}
	for _, c := range p.choices {
		sql, _, err := schema.Statement(c.query)
		if err != nil {
			return err
		}
		b.WithVariable(dashboard.NewQueryVariableBuilder(c.name).Label(c.label).Description(c.description).
			Datasource(*source()).Query(dashboard.StringOrMap{String: &sql}).
			Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortDisabled).
			Current(dashboard.VariableOption{
				Selected: cog.ToPtr(true),
				Text:     dashboard.StringOrArrayOfString{String: &c.text},
				Value:    dashboard.StringOrArrayOfString{String: &c.value},
			}))
	}
	for _, i := range append([]input{asOf}, p.inputs...) {
		b.WithVariable(dashboard.NewTextBoxVariableBuilder(i.name).Label(i.label).Description(i.description).
			DefaultValue(dashboard.StringOrMap{String: cog.ToPtr(schema.NotSet)}))
	}
	return nil
}
