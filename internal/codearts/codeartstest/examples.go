package codeartstest

import (
	"embed"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

//go:embed testdata/examples/*.json
var examples embed.FS

// Example is the printed example body of an API document: of the CodeArts Pipeline API Reference "4.1.1", "4.1.3", "4.2.2",
// "4.2.3", "4.2.4", "4.2.7", "4.2.13", "4.3.4", "4.4.1", "4.4.2", "4.5.3", "4.5.4", "4.6.1", "4.6.2", "4.7.3", "4.7.4", "4.8.1",
// "4.8.2", "4.9.12" to "4.9.23", "4.9.25", "4.9.30" or "5.3" (IAM projects), "projectman" (CodeArts Req: Querying the Project
// List), "000" (Build: Querying the Status of Other Tenants), "001" (Check: Querying Tenant or Project Gate Configuration),
// "002" (Repo: Obtaining the Tenant Repository List) or "004" (Build: Querying a Group Tree).
//
// In 4.1.1, 4.1.3, 4.2.3, 4.3.4, 4.4.1, 4.4.2, 4.5.3, 4.6.1, 4.7.3, 4.7.4, 4.8.2, 4.9.12, 4.9.13, 4.9.16 to 4.9.18, 4.9.22,
// 4.9.30 and 5.3 the brackets and commas that page breaks had lost, doubled or misplaced are repaired, so are the line breaks in a text
// of 4.9.15 and the quotes in the text of 4.9.18; spaces at line ends are cut; all else is as printed: the ids of 31 or 33
// characters, the license that 4.8.1 has inside of security, and the publishers of 4.9.12 and 4.9.13 that a page break has cut.
// 4.1.1, 4.4.2, 4.5.4, 4.7.4, 4.9.12, 4.9.16 and 4.9.17 are pages of longer lists, so their total is larger than their number of
// rows. For 4.9.25 no example is printed: its body is made from its table, with the values of 4.9.12.
func Example(name string) []byte {
	body, err := examples.ReadFile("testdata/examples/" + name + ".json")
	if err != nil {
		panic("codeartstest: no such example: " + name)
	}
	return body
}

// exampleRows are the numbers of printed rows of the lists that page by their query.
var exampleRows = map[string]string{"4.4.2": "10", "4.5.4": "2", "4.6.1": "4", "4.7.4": "9", "4.8.2": "1", "4.9.12": "1", "4.9.15": "3", "4.9.16": "4", "4.9.17": "3", "4.9.21": "1"}

// exampleAsks are what the printed requests ask for, where an answer to another question would be wrong: versions of one
// plug-in. Whatever else is asked for does not exist.
var exampleAsks = map[string]url.Values{
	"4.9.21": {"plugin_name": {"fff"}},
	"4.9.22": {"plugin_name": {"apie_test"}, "version": {"0.0.4"}},
	"4.9.23": {"plugin_name": {"apie_test"}},
	"4.9.30": {"plugin_name": {"basic-CTS"}, "version": {"2.3.5"}},
}

// ExampleServer serves the printed examples, whatever ids are asked for but for plug-ins, to anybody who sends any token or signature. It is
// independent of Tenant. A page that does not begin at offset 0 has no rows; its total is the number of printed rows, so
// that a walk through a list of which only one page is printed ends.
func ExampleServer() http.Handler {
	mux := http.NewServeMux()
	for pattern, name := range map[string]string{
		"POST /v5/{project}/api/pipelines/status":                                                      "4.2.2",
		"GET /v5/{project}/api/pipelines/{pipeline}/pipeline-runs/detail":                              "4.2.3",
		"POST /v5/{project}/api/pipelines/{pipeline}/pipeline-runs/{run}/jobs/{job}/steps/{step}/logs": "4.2.13",
		"POST /v5/{project}/api/pipelines/list":                                                        "4.2.4",
		"POST /v5/{project}/api/pipelines/{pipeline}/pipeline-runs/list":                               "4.2.7",
		"GET /v5/{project}/api/pipeline-group/tree":                                                    "4.3.4",
		"POST /v1/domain/domains-statuses":                                                             "000",
		"GET /v2/transmission/review-data":                                                             "001",
		"GET /v4/tenant/repositories":                                                                  "002",
		"GET /v1/job/{project}/group/tree":                                                             "004",
		"POST /v5/{domain}/api/pipeline-templates/list":                                                "4.1.1",
		"GET /v5/{domain}/api/pipeline-templates/{id}":                                                 "4.1.3",
		"GET /v2/{domain}/rules/{id}/detail":                                                           "4.4.1",
		"GET /v2/{domain}/rules/query":                                                                 "4.4.2",
		"GET /v2/{domain}/tenant/rule-sets/{id}/detail":                                                "4.5.3",
		"GET /v2/{domain}/tenant/rule-sets/query":                                                      "4.5.4",
		"GET /v2/{project}/rule-sets/query":                                                            "4.6.1",
		"GET /v2/{project}/rule-sets/{id}/gray/detail":                                                 "4.6.2",
		"GET /v2/{domain}/tenant/open-source/rule-sets/{id}/detail":                                    "4.7.3",
		"GET /v2/{domain}/tenant/open-source/rule-sets/query":                                          "4.7.4",
		"GET /v2/{project}/open-source/rule-sets/{id}/detail":                                          "4.8.1",
		"GET /v2/{project}/open-source/rule-sets/query":                                                "4.8.2",
		"GET /v3/projects":                                                                             "5.3",
		"GET /v4/projects":                                                                             "projectman",
		"GET /v1/{domain}/publisher/query-all":                                                         "4.9.12",
		"GET /v1/{domain}/publisher/optional-publisher":                                                "4.9.13",
		"POST /v1/{domain}/relation/stage-plugins":                                                     "4.9.14",
		"GET /v1/{domain}/relation/plugin/single":                                                      "4.9.15",
		"POST /v1/{domain}/relation/plugins":                                                           "4.9.16",
		"POST /v1/{domain}/agent-plugin/query-all":                                                     "4.9.17",
		"POST /v1/{domain}/agent-plugin/plugin-metrics":                                                "4.9.18",
		"POST /v1/{domain}/agent-plugin/plugin-input":                                                  "4.9.19",
		"POST /v1/{domain}/agent-plugin/plugin-output":                                                 "4.9.20",
		"GET /v1/{domain}/agent-plugin/query":                                                          "4.9.21",
		"GET /v1/{domain}/agent-plugin/detail":                                                         "4.9.22",
		"GET /v1/{domain}/agent-plugin/all-version":                                                    "4.9.23",
		"POST /v1/{domain}/publisher/detail":                                                           "4.9.25",
		"GET /v3/{domain}/extension/detail":                                                            "4.9.30",
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { serveExample(w, r, name) })
	}
	mux.HandleFunc("POST /v3/auth/tokens", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Subject-Token", "example-token")
		w.WriteHeader(http.StatusCreated)
		w.Write([]byte(`{"token":{"expires_at":"2099-02-13T06:52:13.855000Z","methods":["password"],"catalog":[]}}`))
	})
	return mux
}

func serveExample(w http.ResponseWriter, r *http.Request, name string) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	if r.Header.Get("X-Auth-Token") == "" && r.Header.Get("Authorization") == "" {
		w.WriteHeader(http.StatusUnauthorized)
		w.Write([]byte(`{"error_msg":"Incorrect IAM authentication information: x-auth-token not found.","error_code":"APIGW.0301","request_id":"0"}`))
		return
	}
	body := Example(name)
	for key, asked := range exampleAsks[name] {
		if r.URL.Query().Get(key) == asked[0] {
			continue
		}
		switch name {
		case "4.9.21":
			body = emptyPage(0, 0, "data")
		case "4.9.23":
			body = []byte("[]")
		default:
			body = missing().body
		}
	}
	switch name {
	case "002":
		w.Header().Set("X-Total", "1")
		if beyond(r.URL.Query(), "offset") {
			body = []byte("[]")
		}
	case "4.2.4":
		if offset := bodyOffset(r); offset > 0 {
			body = emptyPage(offset, 1, "pipelines")
		}
	case "4.2.7":
		if offset := bodyOffset(r); offset > 0 {
			body = emptyPage(offset, 1, "pipeline_runs")
		}
	case "4.1.1":
		if offset := bodyOffset(r); offset > 0 {
			body = emptyPage(offset, 3, "templates")
		}
	case "4.4.2", "4.5.4", "4.6.1", "4.7.4", "4.8.2", "4.9.12", "4.9.15", "4.9.16", "4.9.17", "4.9.21":
		if beyond(r.URL.Query(), "offset") {
			body = []byte(`{"data":[],"total":` + exampleRows[name] + `}`)
		}
	}
	w.Write(body)
}

// beyond tells whether a number of the query is above 0.
func beyond(query url.Values, key string) bool {
	n, err := strconv.Atoi(query.Get(key))
	return err == nil && n > 0
}

// bodyOffset is the offset that a body asks for; 0 if it says nothing.
func bodyOffset(r *http.Request) int {
	var page struct {
		Offset int `json:"offset"`
	}
	if err := json.NewDecoder(r.Body).Decode(&page); err != nil {
		return 0
	}
	return page.Offset
}

func emptyPage(offset, total int, rows string) []byte {
	return answer(http.StatusOK, map[string]any{"offset": offset, "limit": 10, "total": total, rows: []any{}}).body
}
