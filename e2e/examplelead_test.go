package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
)

// inside are rows that lists get beside the printed ones, so that the collector comes to ask for what the documents print of
// something that is in no printed list: the details of configurations, a publisher, versions of plug-ins.
var inside = []struct{ pattern, field, row string }{
	{"POST /v5/{domain}/api/pipeline-templates/list", "templates", `{"id":"deb18013bb6c4659b160b15fd7468644","name":"lead","update_time":1}`},
	{"GET /v2/{domain}/rules/query", "data", `{"id":"865b4c2d616b46ab890fff056a6f7e05","name":"lead","version":"1","operate_time":1}`},
	{"GET /v2/{domain}/tenant/rule-sets/query", "data", `{"id":"6cb18ee5ca1c48caa335706e0e5ee288","name":"lead","version":"1","operate_time":1}`},
	{"GET /v2/" + pipelineProject + "/rule-sets/query", "data", `{"id":"f9228e23118c4fa5a9c86493ea0cffc2","name":"lead","version":"1","operate_time":1}`},
	{"GET /v2/{domain}/tenant/open-source/rule-sets/query", "data", `{"id":"5bd5bee0865242fcaa545371c2081a65","name":"lead","version":"1","operate_time":1}`},
	{"GET /v1/{domain}/publisher/query-all", "data", `{"publisher_unique_id":"b9fc8fb6d9194536ac66dd74c2212126","name":"lead"}`},
	{"POST /v1/{domain}/agent-plugin/query-all", "data", leadPlugin("fff", "0.0.1")},
	{"POST /v1/{domain}/agent-plugin/query-all", "data", leadPlugin("test_multi_language", "0.0.11")},
	{"POST /v1/{domain}/agent-plugin/query-all", "data", leadPlugin("official_shell_plugin", "0.0.2")},
	{"GET /v1/{domain}/relation/plugin/single", "data", `{"name":"basic-CTS","display_name":"lead"}`},
}

func leadPlugin(name, version string) string {
	return fmt.Sprintf(`{"plugin_name":%q,"version":%q,"plugin_attribution":"custom","version_attribution":"formal","op_time":"1699355741000","active":1}`, name, version)
}

// versions are what 4.9.21 answers about plug-ins of which the documents print something else.
var versions = map[string]string{"apie_test": "0.0.4", "test_multi_language": "0.0.11", "official_shell_plugin": "0.0.2"}

// leadInside has the lists lead there. Each is one page, whose total is that of its rows.
func leadInside(mux *http.ServeMux, examples http.Handler) {
	rows := map[string][]json.RawMessage{}
	fields := map[string]string{}
	for _, l := range inside {
		rows[l.pattern], fields[l.pattern] = append(rows[l.pattern], json.RawMessage(l.row)), l.field
	}
	for pattern, more := range rows {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			printed := httptest.NewRecorder()
			examples.ServeHTTP(printed, r)
			var page map[string]json.RawMessage
			var list []json.RawMessage
			if json.Unmarshal(printed.Body.Bytes(), &page) == nil && json.Unmarshal(page[fields[pattern]], &list) == nil {
				list = append(list, more...)
				page[fields[pattern]], _ = json.Marshal(list)
				page["total"], _ = json.Marshal(len(list))
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(printed.Code)
			_ = json.NewEncoder(w).Encode(page)
		})
	}
	mux.HandleFunc("GET /v1/{domain}/agent-plugin/query", func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Query().Get("plugin_name")
		if versions[name] == "" {
			examples.ServeHTTP(w, r)
			return
		}
		fmt.Fprintf(w, `{"offset":0,"limit":100,"total":1,"data":[%s]}`, leadPlugin(name, versions[name]))
	})
	mux.HandleFunc("GET /v1/{domain}/agent-plugin/all-version", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("plugin_name") == "basic-CTS" {
			fmt.Fprint(w, `["2.3.5"]`)
			return
		}
		examples.ServeHTTP(w, r)
	})
}
