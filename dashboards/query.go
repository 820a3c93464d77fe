package main

import (
	"reflect"

	"artery/internal/schema"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/datasource"
)

// sourceType is Grafana's official ClickHouse data source.
const sourceType = "grafana-clickhouse-datasource"

// pluginVersion is the one that the form of the queries is of.
const pluginVersion = "4.14.1"

// Query is one target of the ClickHouse data source. The order of its fields is
// the order in the JSON.
type Query struct {
	RefID         string                `json:"refId"`
	Datasource    *common.DataSourceRef `json:"datasource,omitempty"`
	PluginVersion string                `json:"pluginVersion"` // under 4.0.0 the editor would convert the query
	EditorType    string                `json:"editorType"`
	RawSQL        string                `json:"rawSql"`
	QueryType     string                `json:"queryType,omitempty"` // tells the front end what format tells the back end
	Format        format                `json:"format"`
}

// format is how the back end shapes the rows.
type format int

const (
	// timeSeries wants rows in ascending order of time; text columns become
	// labels, and each set of labels a series.
	timeSeries format = 0
	// rows gives the rows as they are.
	rows format = 1
)

// ImplementsDataqueryVariant marks Query as a variants.Dataquery.
func (Query) ImplementsDataqueryVariant() {}

// DataqueryType is the id of the data source's plug-in.
func (Query) DataqueryType() string { return sourceType }

// Validate has nothing to check: the SQL is tested on the engine.
func (Query) Validate() error { return nil }

// Equals compares by value.
func (q Query) Equals(other variants.Dataquery) bool {
	o, ok := other.(Query)
	return ok && reflect.DeepEqual(q, o)
}

// Build makes Query a builder of itself.
func (q Query) Build() (variants.Dataquery, error) { return q, nil }

// source is the data source that the dashboard's variable names.
func source() *common.DataSourceRef {
	return &common.DataSourceRef{Type: cog.ToPtr(sourceType), Uid: cog.ToPtr("${datasource}")}
}

// newQuery is a target with the SQL of a named query.
func newQuery(name string, f format) (Query, error) {
	sql, _, err := schema.Statement(name)
	if err != nil {
		return Query{}, err
	}
	return Query{
		RefID: "A", Datasource: source(), PluginVersion: pluginVersion, EditorType: "sql",
		RawSQL: sql, QueryType: map[format]string{timeSeries: "timeseries", rows: "table"}[f], Format: f,
	}, nil
}

// answerOf is a target that shows the answer to the query of another panel of the page: Grafana asks it once for both.
func answerOf(panel uint32) *datasource.DataqueryBuilder {
	return datasource.NewDataqueryBuilder().RefId("A").PanelId(panel).WithTransforms(false).Datasource(*otherPanel())
}

// otherPanel is Grafana's own data source of such answers.
func otherPanel() *common.DataSourceRef {
	return &common.DataSourceRef{Type: cog.ToPtr("datasource"), Uid: cog.ToPtr("-- Dashboard --")}
}
