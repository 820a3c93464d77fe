package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
)

// The projects that the printed examples name, and one that no example names.
const (
	anyProject      = "11111111111111111111111111111111"
	pipelineProject = "6428c2e2b4b64affa14ec80896695c49" // owner of the row of 4.2.4, whoever asks
	groupProject    = "d80a8a6530324b7bac972cbb8a9f28ec"
	buildProject    = "923785f9674548259144259077bc6a98"
)

// lead answers the pipeline list of one project with two pipelines, so that the collector comes to ask for the latest
// status (of one that runs) and for the detail of the run that the document prints (of one that has just ended): a detail
// is stored under the run that was asked for, and the printed one belongs to no printed run. All other calls get the
// documents' bodies, unmodified.
func lead(examples http.Handler, now time.Time) http.Handler {
	list := fmt.Sprintf(`{"offset":0,"limit":50,"total":2,"pipelines":[
		{"pipeline_id":"d19799d619424b2bb2625ec2d93ea087","name":"runs","project_id":%[1]q,"create_time":%[2]d,"latest_run":
			{"pipeline_id":"d19799d619424b2bb2625ec2d93ea087","pipeline_run_id":"00000000000000000000000000000001","run_number":3,"status":"RUNNING","start_time":%[2]d}},
		{"pipeline_id":"98b6ea1536374df883bcc3b129bca4e9","name":"has ended","project_id":%[1]q,"create_time":%[2]d,"latest_run":
			{"pipeline_id":"98b6ea1536374df883bcc3b129bca4e9","pipeline_run_id":"25adfa6784124cf9b9274ceaecf9957","run_number":1,"status":"COMPLETED","start_time":%[2]d,"end_time":%[2]d}}
		]}`, pipelineProject, now.Add(-time.Hour).UnixMilli())
	mux := http.NewServeMux()
	mux.Handle("/", examples)
	mux.HandleFunc("POST /v5/"+pipelineProject+"/api/pipelines/list", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(list))
	})
	leadInside(mux, examples)
	return mux
}

// What the API documents print goes from a server through the collector and the loader into rows: the typed columns equal
// those that were written down by hand from the documents, and the body of the event is the printed object.
func TestDocumentedExamples(t *testing.T) {
	url := serve(t, lead(codeartstest.ExampleServer(), time.Now()))
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("example"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := newApart(t, map[string]any{
		"name": tenantName, "region": "eu-west-101", "domain_id": "60021bab32fd450aa2cb89226f425e06",
		"projects": []string{anyProject, pipelineProject, groupProject, buildProject}, "endpoints": endpoints(url),
		"auth": map[string]any{"password": map[string]any{
			"user": "reader", "password": map[string]any{"file": secret}, "domain": "account", "project": "eu-west-101",
		}},
		"limits": map[string]any{"per_second": 200}, "schedules": map[string]string{"active": "@every 1s", "pipelines": "@every 1s"},
	})
	a.start(t)
	eventually(t, "the examples", load, func() []string { return exampleFaults(t, a) })

	// The same objects come in answers to the questions of four projects, again and again; each is one event.
	var n uint64
	if err := a.conn.QueryRow(t.Context(), "SELECT max(n) FROM (SELECT count() AS n FROM events FINAL WHERE kind != 'poll' AND kind != 'coverage' GROUP BY subject)").Scan(&n); err != nil || n != 1 {
		t.Errorf("an example that did not change has %d events (%v)", n, err)
	}
	if errors := metrics(a.collects, "artery_odd_rows_total"); len(errors) != 0 {
		t.Errorf("rows of the documents were left out: %v", errors)
	}
}

// exampleTables are the projections of what printed finds in the documents; a resource with an example belongs in both.
var exampleTables = []string{
	"pipelines", "runs", "stage_attempts", "run_details", "stages", "jobs", "steps", "group_states", "project_states", "iam_project_states",
	"repositories", "repository_sizes", "gate_states", "gate_history", "build_tenants",
	"config_edits", "template_states", "template_detail_states", "rule_states", "rule_set_states", "open_source_states",
	"publisher_states", "plugin_states", "plugin_version_lists", "plugin_detail_states", "plugin_input_states", "plugin_output_states",
	"basic_plugin_states", "basic_plugin_detail_states", "stage_plugin_states",
}

// ours are columns that no document prints: when the version was edited whose parts these are.
var ours = map[string][]string{"plugin_output_states": {"op_at", "op_text"}}

func exampleFaults(t *testing.T, a *apart) []string {
	t.Helper()
	// Written by hand from the documents, for the projections: table, key, and every column of each row.
	text, err := os.ReadFile("../internal/schema/testdata/examples/rows.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]struct{ Rows []map[string]any }
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	var faults []string
	for _, table := range exampleTables {
		w := want[table]
		if len(w.Rows) == 0 {
			t.Fatalf("rows.json says nothing about %s", table)
		}
		got, err := rowsOf(t, a, "SELECT * FROM "+table+" FINAL")
		if err != nil {
			return []string{err.Error()}
		}
		for _, row := range w.Rows {
			for _, column := range ours[table] {
				delete(row, column)
			}
			if nearest, ok := find(got, row); !ok {
				faults = append(faults, fmt.Sprintf("%s: there is no row\n  %v, the nearest is\n  %v", table, row, nearest))
			}
		}
	}
	bodies, err := rowsOf(t, a, "SELECT scope, kind, id, body FROM events FINAL WHERE kind NOT IN ('poll', 'coverage')")
	if err != nil {
		return []string{err.Error()}
	}
	for _, e := range printed(t) {
		i := 0
		for ; i < len(bodies); i++ {
			if bodies[i]["scope"] == e.scope && bodies[i]["kind"] == e.kind && bodies[i]["id"] == e.id {
				break
			}
		}
		if i == len(bodies) {
			faults = append(faults, fmt.Sprintf("events: there is no %s %s of %s", e.kind, e.id, e.scope))
			continue
		}
		var body any
		if err := json.Unmarshal([]byte(bodies[i]["body"].(string)), &body); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(body, e.object) {
			faults = append(faults, fmt.Sprintf("events: the body of %s %s is\n  %v, the document prints\n  %v", e.kind, e.id, body, e.object))
		}
	}
	return faults
}

// find looks for a row that has every wanted column with its value; else for the one that has most of them.
func find(rows []map[string]any, want map[string]any) (nearest map[string]any, ok bool) {
	most := -1
	for _, row := range rows {
		n := 0
		for column, value := range want {
			if got, there := row[column]; there && reflect.DeepEqual(plain(got), plain(value)) {
				n++
			}
		}
		if n > most {
			most, nearest = n, row
		}
	}
	return nearest, most == len(want)
}

// plain is a value with the JSON in it, if it is a text of JSON: the order of members means nothing.
func plain(value any) any {
	text, isText := value.(string)
	var v any
	if isText && strings.HasPrefix(text, "[{") && json.Unmarshal([]byte(text), &v) == nil {
		return v
	}
	return value
}

// rowsOf returns the rows of a query as JSON objects.
func rowsOf(t *testing.T, a *apart, query string) ([]map[string]any, error) {
	t.Helper()
	var lines []struct {
		Line string `ch:"line"`
	}
	err := a.conn.Select(t.Context(), &lines, "SELECT formatRow('JSONEachRow', *) AS line FROM ("+query+") SETTINGS output_format_json_quote_64bit_integers = 0")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	var rows []map[string]any
	for _, l := range lines {
		var row map[string]any
		if err := json.Unmarshal([]byte(l.Line), &row); err != nil {
			t.Fatalf("%s: %v", l.Line, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// entity is an object that a document prints, and where it belongs.
type entity struct {
	scope, kind, id string
	object          any
}

// printed are all objects of the examples. What is an entity of its own is cut out of its parent: the latest run of a
// pipeline, the children of a group.
func printed(t *testing.T) []entity {
	t.Helper()
	var all []entity
	read := func(name string) (v any) {
		if err := json.Unmarshal(codeartstest.Example(name), &v); err != nil {
			t.Fatalf("example %s: %v", name, err)
		}
		return v
	}
	at := func(v any, key string) any { return v.(map[string]any)[key] }
	add := func(scope, kind, key string, object any) {
		id := at(object, key)
		if n, ok := id.(float64); ok {
			id = fmt.Sprintf("%.0f", n)
		}
		all = append(all, entity{scope, kind, id.(string), object})
	}
	for _, run := range read("4.2.2").([]any) {
		add(pipelineProject, "run", "pipeline_run_id", run)
	}
	for _, run := range at(read("4.2.7"), "pipeline_runs").([]any) {
		add(pipelineProject, "run", "pipeline_run_id", run)
	}
	for _, pipeline := range at(read("4.2.4"), "pipelines").([]any) {
		add(pipelineProject, "run", "pipeline_run_id", at(pipeline, "latest_run"))
		delete(pipeline.(map[string]any), "latest_run")
		add(pipelineProject, "pipeline", "pipeline_id", pipeline)
	}
	add(pipelineProject, "run_detail", "id", read("4.2.3"))
	var walk func(scope, kind string, nodes any)
	walk = func(scope, kind string, nodes any) {
		list, _ := nodes.([]any) // null at a leaf
		for _, node := range list {
			walk(scope, kind, at(node, "children"))
			delete(node.(map[string]any), "children")
			add(scope, kind, "id", node)
		}
	}
	walk(groupProject, "pipeline_group", read("4.3.4"))
	walk(buildProject, "build_group", at(read("004"), "result"))
	for _, row := range at(read("000"), "result").([]any) {
		add("_tenant", "build_tenant", "domain_id", row)
	}
	for _, row := range at(read("projectman"), "projects").([]any) {
		add("_tenant", "project", "project_id", row)
	}
	for _, row := range at(read("5.3"), "projects").([]any) {
		add("_tenant", "iam_project", "id", row)
	}
	for _, row := range read("002").([]any) {
		add("_tenant", "repository", "repository_id", row)
	}
	all = append(all, entity{"_tenant", "gate", "check.review-data", read("001")}, entity{anyProject, "gate", "check.review-data", read("001")})
	if len(all) < 19 || !strings.Contains(fmt.Sprint(all), "25adfa6784124cf9b9274ceaecf9957") {
		t.Fatalf("only %d objects were found in the examples", len(all))
	}
	return all
}
