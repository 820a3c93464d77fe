package schema

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
)

// extensionExamples are the publishers and plug-ins. What the pollers put around
// an answer is put around it here too.
func extensionExamples(t testing.TB, add func(scope, kind, id, body string)) {
	for _, list := range []struct{ file, kind, id string }{
		{"pipeline-4.9.12.json", "publisher", "publisher_unique_id"},
		{"pipeline-4.9.15.json", "basic_plugin", "name"},
		{"pipeline-4.9.17.json", "plugin", "plugin_name"},
		{"pipeline-4.9.21.json", "plugin_version", "plugin_name"},
	} {
		var rows struct{ Data []object }
		decode(t, list.file, &rows)
		for _, row := range rows.Data {
			add("_tenant", list.kind, text(row, list.id), marshal(t, row))
		}
	}
	var available []object
	decode(t, "pipeline-4.9.13.json", &available)
	add("_tenant", "available_publisher", text(available[0], "publisher_unique_id"), marshal(t, available[0]))
	var details struct {
		Map map[string]object `json:"publisher_detail_map"`
	}
	decode(t, "pipeline-4.9.25.json", &details)
	for id, row := range details.Map {
		add("_tenant", "publisher_detail", id, marshal(t, row))
	}
	for _, list := range []struct{ file, kind, field string }{
		{"pipeline-4.9.14.json", "stage_plugin", "full_stage_plugins_item_list"}, {"pipeline-4.9.16.json", "optional_plugin", "data"},
	} {
		var answer map[string]json.RawMessage
		decode(t, list.file, &answer)
		var groups []object
		if err := json.Unmarshal(answer[list.field], &groups); err != nil {
			t.Fatal(err)
		}
		for _, group := range groups {
			var plugins []object
			if err := json.Unmarshal(group["plugins_list"], &plugins); err != nil {
				t.Fatal(err)
			}
			delete(group, "plugins_list")
			for _, plugin := range plugins {
				add("_tenant", list.kind, text(group, "business_type")+"/"+text(plugin, "plugin_name"), marshal(t, map[string]object{"group": group, "plugin": plugin}))
			}
		}
	}
	for _, part := range []struct{ file, kind, plugin, version, edit string }{
		{"pipeline-4.9.18.json", "plugin_metrics", "test_multi_language", "0.0.11", "1699355741000"},
		{"pipeline-4.9.19.json", "plugin_inputs", "official_shell_plugin", "0.0.2", "1699355741000"},
		{"pipeline-4.9.20.json", "plugin_outputs", "official_shell_plugin", "0.0.2", "0"},
	} {
		var answer []json.RawMessage
		decode(t, part.file, &answer)
		add("_tenant", part.kind, part.plugin+"/"+part.version, fmt.Sprintf(`{"plugin_name":%q,"version":%q,"op_time":%s,"answer":%s}`, part.plugin, part.version, part.edit, answer[0]))
	}
	versions := string(example(t, "pipeline-4.9.23.json"))
	add("_tenant", "plugin_version_list", "apie_test", `{"plugin_name":"apie_test","edit":"","versions":`+versions+`}`)
	add("_tenant", "plugin_version_detail", "apie_test/0.0.4", string(example(t, "pipeline-4.9.22.json")))
	add("_tenant", "basic_plugin_detail", "basic-CTS/2.3.5", string(example(t, "pipeline-4.9.30.json")))
}

// randomPlugin adds an edit of a publisher and of a plug-in to a world.
func randomPlugin(rng *rand.Rand, op string, add func(scope, kind, id, op, body string)) {
	id, n := fmt.Sprint("x", rng.IntN(3)), rng.IntN(20)
	version := fmt.Sprintf(`"plugin_name":%q,"version":"0.0.%d","op_time":`, id, n%4)
	for _, kind := range []string{"publisher", "available_publisher", "publisher_detail"} {
		add("_tenant", kind, id, op, fmt.Sprintf(`{"name":"n%d","is_delete":%d}`, n, n%2))
	}
	for _, kind := range []string{"plugin", "plugin_version", "plugin_version_detail"} {
		add("_tenant", kind, map[bool]string{true: id, false: fmt.Sprintf("%s/0.0.%d", id, n%4)}[kind == "plugin"], op,
			fmt.Sprintf(`{%s"%d","active":%d,"plugin_execution":{"steps":[{"name":"s%d","variables":{"a":"b"}}]}}`, version, 1700000000000+n, n%2, n))
	}
	for _, kind := range []string{"plugin_inputs", "plugin_outputs", "plugin_metrics"} {
		add("_tenant", kind, fmt.Sprintf("%s/0.0.%d", id, n%4), op, fmt.Sprintf(`{%s%d,"answer":{"data":[{"name":"i%d","output_key":"k%d"}]}}`, version, 1700000000000+n, n, n))
	}
	for _, kind := range []string{"plugin_version_list", "basic_plugin_version_list"} {
		add("_tenant", kind, id, op, fmt.Sprintf(`{"versions":["0.0.%d"]}`, n))
	}
	add("_tenant", "basic_plugin", id, op, fmt.Sprintf(`{"name":%q,"display_name":"d%d"}`, id, n))
	add("_tenant", "basic_plugin_detail", id+"/1", op, fmt.Sprintf(`{"name":%q,"version":"1","inputs":[{"name":"i%d","required":%t}]}`, id, n, n%2 == 0))
	for _, kind := range []string{"stage_plugin", "optional_plugin"} {
		add("_tenant", kind, "Build/"+id, op, fmt.Sprintf(`{"group":{"business_type":"Build"},"plugin":{"plugin_name":%q,"display_name":"d%d"}}`, id, n))
	}
}

// What is there now, and what goes with it.
func TestExtensionsNow(t *testing.T) {
	l := teller{conn: migratedDB(t)}
	put := func(kind, id, op, body string) { l.put("_tenant", kind, id, op, body) }
	put("publisher", "a", "created", `{"name":"old"}`)
	put("publisher", "a", "changed", `{"name":"new"}`)
	put("publisher", "b", "created", `{"name":"b"}`)
	put("available_publisher", "a", "created", `{"name":"new"}`)
	l.look(t, "SELECT publisher_id, name, is_available FROM publishers ORDER BY publisher_id",
		`[{"is_available":true,"name":"new","publisher_id":"a"},{"is_available":false,"name":"b","publisher_id":"b"}]`)
	put("available_publisher", "a", "deleted", `{"name":"new"}`)
	put("publisher", "b", "deleted", `{"name":"b"}`)
	l.look(t, "SELECT publisher_id, is_available FROM publishers", `[{"is_available":false,"publisher_id":"a"}]`)

	row := `{"plugin_name":"p","version":"%s","op_time":"1699355741000","refer_count":%d,"active":1,"maintainers":"[\"u1\",\"u2\"]"}`
	put("plugin", "p", "created", fmt.Sprintf(row, "0.0.1", 3))
	l.look(t, "SELECT plugin_name, version, refer_count, published_versions FROM plugins", `[{"plugin_name":"p","published_versions":[],"refer_count":3,"version":"0.0.1"}]`)
	put("plugin", "p", "changed", fmt.Sprintf(row, "", 5))
	put("plugin_version", "p/0.0.1", "created", fmt.Sprintf(row, "0.0.1", 3))
	put("plugin_version", "p/", "created", fmt.Sprintf(row, "", 5))
	put("plugin_version_list", "p", "created", `{"plugin_name":"p","versions":["0.0.1"]}`)
	put("plugin_version_detail", "p/0.0.1", "created", `{"plugin_name":"p","version":"0.0.1","plugin_execution":{"execution_type":"COMPOSITE","steps":[{"name":"s","task":"t","variables":{"k":"v"}}]}}`)
	l.look(t, "SELECT plugin_name, version, refer_count, op_at, is_active, maintainers, published_versions FROM plugins",
		`[{"is_active":true,"maintainers":["u1","u2"],"op_at":"2023-11-07 11:15:41.000","plugin_name":"p","published_versions":["0.0.1"],"refer_count":5,"version":""}]`)
	l.look(t, "SELECT version, is_published, execution_type, steps FROM plugin_versions ORDER BY version",
		`[{"execution_type":"","is_published":false,"steps":[],"version":""},{"execution_type":"COMPOSITE","is_published":true,"steps":[{"name":"s","task":"t","variables":{"k":"v"}}],"version":"0.0.1"}]`)

	put("plugin_inputs", "p/0.0.1", "created", `{"plugin_name":"p","version":"0.0.1","op_time":1699355741000,"answer":{"data":[{"name":"a","required":"true"},{"name":"b","required":"false"}]}}`)
	put("plugin_inputs", "p/0.0.1", "changed", `{"plugin_name":"p","version":"0.0.1","op_time":1699355742000,"answer":{"data":[{"name":"a","required":"false"}]}}`)
	l.look(t, "SELECT plugin_name, version, name, is_required, op_at FROM plugin_inputs", `[{"is_required":false,"name":"a","op_at":"2023-11-07 11:15:42.000","plugin_name":"p","version":"0.0.1"}]`)
	put("plugin_metrics", "p/0.0.1", "created", `{"plugin_name":"p","version":"0.0.1","op_time":1,"answer":{"data":[{"output_key":"k","output_value":"[]"}]}}`)
	put("plugin_outputs", "p/0.0.1", "created", `{"plugin_name":"p","version":"0.0.1","op_time":1,"answer":{"data":[]}}`)
	l.look(t, "SELECT kind, plugin_name, version, output_key, output_value FROM plugin_outputs", `[{"kind":"plugin_metrics","output_key":"k","output_value":"[]","plugin_name":"p","version":"0.0.1"}]`)

	put("basic_plugin", "p", "created", `{"name":"p","display_name":"P"}`)
	put("basic_plugin_version_list", "p", "created", `{"plugin_name":"p","versions":["1","2"]}`)
	l.look(t, "SELECT plugin_name, display_name, published_versions FROM basic_plugins", `[{"display_name":"P","plugin_name":"p","published_versions":["1","2"]}]`)
	put("optional_plugin", "Gate/p", "created", `{"group":{"business_type":"Gate"},"plugin":{"plugin_name":"p"}}`)
	put("stage_plugin", "Gate/p", "created", `{"group":{"business_type":"Gate"},"plugin":{"plugin_name":"p"}}`)
	put("stage_plugin", "Gate/p", "deleted", `{"group":{"business_type":"Gate"},"plugin":{"plugin_name":"p"}}`)
	l.look(t, "SELECT kind, business_type, plugin_name FROM stage_plugins", `[{"business_type":"Gate","kind":"optional_plugin","plugin_name":"p"}]`)

	for _, step := range []struct{ op, want string }{{"deleted", `[{"n":0}]`}, {"restored", `[{"n":1}]`}} {
		put("plugin", "p", step.op, `{"plugin_name":"p"}`)
		put("basic_plugin", "p", step.op, `{"name":"p"}`)
		l.look(t, "SELECT count() AS n FROM plugins", step.want)
		l.look(t, "SELECT count() AS n FROM basic_plugins", step.want)
	}
}
