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
// "4.2.3", "4.2.4", "4.2.7", "4.3.4", "4.4.1", "4.4.2", "4.5.3", "4.5.4", "4.6.1", "4.6.2", "4.7.3", "4.7.4", "4.8.1" or
// "4.8.2", "5.3" (IAM projects), "projectman" (CodeArts Req: Querying the Project List), "000" (Build: Querying the Status of Other Tenants), "001" (Check: Querying Tenant or Project Gate
// Configuration), "002" (Repo: Obtaining the Tenant Repository List) or "004" (Build: Querying a Group Tree).
//
// In 4.1.1, 4.1.3, 4.2.3, 4.3.4, 4.4.1, 4.4.2, 4.5.3, 4.6.1, 4.7.3, 4.7.4, 4.8.2 and 5.3 the brackets and commas that page breaks
// had lost, doubled or misplaced are repaired; spaces at line ends are cut; all else is as printed: the ids of 31 or 33
// characters, and the license that 4.8.1 has inside of security. 4.1.1, 4.4.2, 4.5.4 and 4.7.4 are pages of longer lists, so
// their total is larger than their number of rows.
func Example(name string) []byte {
	body, err := examples.ReadFile("testdata/examples/" + name + ".json")
	if err != nil {
		panic("codeartstest: no such example: " + name)
	}
	return body
}

// exampleRows are the numbers of printed rows of the lists that page by their query.
var exampleRows = map[string]string{"4.4.2": "10", "4.5.4": "2", "4.6.1": "4", "4.7.4": "9", "4.8.2": "1"}

// ExampleServer serves the printed examples, whatever ids are asked for, to anybody who sends any token or signature. It is
// independent of Tenant. A page that does not begin at offset 0 has no rows; its total is the number of printed rows, so
// that a walk through a list of which only one page is printed ends.
func ExampleServer() http.Handler {
	mux := http.NewServeMux()
	for pattern, name := range map[string]string{
		"POST /v5/{project}/api/pipelines/status":                         "4.2.2",
		"GET /v5/{project}/api/pipelines/{pipeline}/pipeline-runs/detail": "4.2.3",
		"POST /v5/{project}/api/pipelines/list":                           "4.2.4",
		"POST /v5/{project}/api/pipelines/{pipeline}/pipeline-runs/list":  "4.2.7",
		"GET /v5/{project}/api/pipeline-group/tree":                       "4.3.4",
		"POST /v1/domain/domains-statuses":                                "000",
		"GET /v2/transmission/review-data":                                "001",
		"GET /v4/tenant/repositories":                                     "002",
		"GET /v1/job/{project}/group/tree":                                "004",
		"POST /v5/{domain}/api/pipeline-templates/list":                   "4.1.1",
		"GET /v5/{domain}/api/pipeline-templates/{id}":                    "4.1.3",
		"GET /v2/{domain}/rules/{id}/detail":                              "4.4.1",
		"GET /v2/{domain}/rules/query":                                    "4.4.2",
		"GET /v2/{domain}/tenant/rule-sets/{id}/detail":                   "4.5.3",
		"GET /v2/{domain}/tenant/rule-sets/query":                         "4.5.4",
		"GET /v2/{project}/rule-sets/query":                               "4.6.1",
		"GET /v2/{project}/rule-sets/{id}/gray/detail":                    "4.6.2",
		"GET /v2/{domain}/tenant/open-source/rule-sets/{id}/detail":       "4.7.3",
		"GET /v2/{domain}/tenant/open-source/rule-sets/query":             "4.7.4",
		"GET /v2/{project}/open-source/rule-sets/{id}/detail":             "4.8.1",
		"GET /v2/{project}/open-source/rule-sets/query":                   "4.8.2",
		"GET /v3/projects":                                                "5.3",
		"GET /v4/projects":                                                "projectman",
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
	case "4.4.2", "4.5.4", "4.6.1", "4.7.4", "4.8.2":
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
