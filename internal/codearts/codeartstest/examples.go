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

// Example is the printed example body of an API document: "4.2.2", "4.2.3", "4.2.4", "4.2.7" or "4.3.4" of the CodeArts
// Pipeline API Reference, "000" (Build: Querying the Status of Other Tenants), "001" (Check: Querying Tenant or Project
// Gate Configuration), "002" (Repo: Obtaining the Tenant Repository List) or "004" (Build: Querying a Group Tree).
// In 4.2.3 and 4.3.4 the brackets, and one comma, that page breaks had lost or misplaced are repaired; spaces at line ends
// are cut; all else is as printed, the 31 characters of the id in 4.2.3 included.
func Example(name string) []byte {
	body, err := examples.ReadFile("testdata/examples/" + name + ".json")
	if err != nil {
		panic("codeartstest: no such example: " + name)
	}
	return body
}

// ExampleServer serves the printed examples, whatever ids are asked for, to anybody who sends any token or signature. It is
// independent of Tenant. A page that does not begin at offset 0 has no rows.
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
			body = emptyPage(offset, "pipelines")
		}
	case "4.2.7":
		if offset := bodyOffset(r); offset > 0 {
			body = emptyPage(offset, "pipeline_runs")
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

func emptyPage(offset int, rows string) []byte {
	return answer(http.StatusOK, map[string]any{"offset": offset, "limit": 10, "total": 1, rows: []any{}}).body
}
