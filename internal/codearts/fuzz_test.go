package codearts

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"unicode/utf8"
)

// FuzzClassify: any answer is either usable or an error with a class and a
// printable text.
func FuzzClassify(f *testing.F) {
	for _, r := range refusals {
		f.Add(r.status, []byte(r.body))
	}
	for _, name := range documents {
		f.Add(200, []byte(fixture(f, name)))
	}
	f.Add(302, []byte(""))
	c, err := New(keyOptions())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		for _, read := range []func(answer) error{
			func(a answer) error { _, err := readPage(a.body, "pipelines"); return err },
			func(a answer) error { _, err := readPage(a.body, "data"); return err },
			func(a answer) error { _, err := readObject(a.body, "", false); return err },
			func(a answer) error { _, err := readBuildResult(a.body); return err },
			func(a answer) error { _, err := readArray(a.body); return err },
			func(a answer) error {
				page, err := readPage(a.body, "data")
				for _, row := range ungroup(page.Items) {
					if !json.Valid(row) {
						t.Fatalf("the row %q of %q is no JSON", row, body)
					}
				}
				return err
			},
		} {
			e := c.judge(request{read: read}, &http.Request{}, &answer{status: status, header: http.Header{}, body: body})
			if e == nil {
				if status < 200 || status > 299 || !json.Valid(body) {
					t.Fatalf("status %d with %q passes as a good answer", status, body)
				}
				continue
			}
			c.complete(e, request{api: "Fuzz"}, &http.Request{}, answer{status: status, header: http.Header{}})
			if e.Class == ClassOK || len(e.Error()) > 2000 || !utf8.ValidString(e.Error()) || bytes.ContainsAny([]byte(e.Error()), "\n\r\x00") {
				t.Fatalf("class %q, text %q", e.Class, e)
			}
		}
	})
}

// FuzzPage: rows are handed out as received, and only from answers that carry
// no error.
func FuzzPage(f *testing.F) {
	for _, name := range documents {
		f.Add([]byte(fixture(f, name)))
	}
	f.Add([]byte(`{"total":"2","pipelines":[1,null]}`))
	f.Add([]byte(`{"total":1e3,"pipelines":null,"error":{"code":0}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := readPage(body, "pipelines")
		if err != nil {
			return
		}
		var decoded map[string]json.RawMessage
		if json.Unmarshal(body, &decoded) != nil || page.Total < 0 {
			t.Fatalf("total %d from %q", page.Total, body)
		}
		var rows []json.RawMessage
		if err := json.Unmarshal(decoded["pipelines"], &rows); decoded["pipelines"] != nil && err != nil {
			t.Fatalf("%v, yet %d rows from %q", err, len(page.Items), body)
		}
		if !slices.EqualFunc(page.Items, rows, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			t.Fatalf("%s\ninstead of %s\nfrom %q", page.Items, rows, body)
		}
		for _, row := range page.Items {
			if !json.Valid(row) || !bytes.Contains(body, row) {
				t.Fatalf("row %q is not in %q", row, body)
			}
		}
	})
}

var documents = []string{
	"pipelines_list.json", "pipelines_status.json", "pipeline_runs_list.json", "run_detail.json", "step_log.json", "pipeline_group_tree.json",
	"tenant_repositories.json", "review_data.json", "domains_statuses.json", "build_group_tree.json",
	"pipeline_templates_list.json", "pipeline_template.json", "rules_query.json", "rule.json", "rule_sets_query.json", "rule_set.json",
	"project_rule_sets_query.json", "project_rule_set.json", "open_source_rule_sets_query.json", "open_source_rule_set.json",
	"project_open_source_rule_sets_query.json", "project_open_source_rule_set.json",
	"publishers.json", "available_publishers.json", "publisher_details.json", "stage_plugins.json", "optional_plugins.json", "plugins.json",
	"plugin_versions.json", "plugin_version.json", "plugin_version_numbers.json", "plugin_metrics.json", "plugin_inputs.json", "plugin_outputs.json",
	"basic_plugins.json", "basic_plugin.json",
}
