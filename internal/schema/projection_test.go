package schema

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// The rules of the package comment, as far as text can show them.
func TestProjectionsFollowTheRules(t *testing.T) {
	conn := migratedDB(t)
	views := map[string]string{}
	for _, row := range queryRows(t, conn, "SELECT name, as_select FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView'") {
		views[row["name"].(string)] = row["as_select"].(string)
	}
	for _, router := range []string{"run_events_mv", "run_detail_events_mv", "inventory_events_mv", "config_events_mv", "extension_events_mv", "delivery_events_mv"} {
		delete(views, router)
	}
	for _, derived := range []string{"run_pipelines_mv", "deployment_inputs_mv", "deployment_attempts_mv",
		"delivery_touches_attempts_mv", "delivery_touches_terms_mv", "delivery_touches_commits_mv", "delivery_touches_ranges_mv", "delivery_touches_incidents_mv",
		"delivery_sources_mv", "delivery_runs_mv", "line_touches_mv", "newest_polls_mv"} { // they read projections
		delete(views, derived)
	}
	var listed []string
	for _, p := range Projections {
		listed = append(listed, p.View)
		if _, _, err := viewQuery(t.Context(), conn, p); err != nil {
			t.Error(err)
		}
	}
	slices.Sort(listed)
	if inDatabase := slices.Sorted(maps.Keys(views)); !slices.Equal(listed, inDatabase) {
		t.Errorf("Projections lists %q, the database has %q", listed, inDatabase)
	}
	for name, query := range views {
		if n := strings.Count(query, "JSONExtract(body"); n != 1 {
			t.Errorf("%s extracts the body %d times", name, n)
		}
		for _, bad := range []string{"now(", "now64(", "today(", "rand(", "generateUUID", "sum(", "count(", " JOIN events", "GROUP BY", "dictGet"} {
			if strings.Contains(query, bad) {
				t.Errorf("%s contains %s", name, bad)
			}
		}
	}
}
