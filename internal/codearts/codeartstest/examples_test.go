package codeartstest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// documented are the example requests that the documents print, from offset 0 where they ask for a later page.
var documented = []documentedRequest{
	{"4.2.2", "POST", "/v5/54f90b75fc1447b1b65e8d3a9f77923d/api/pipelines/status", `[ "d19799d619424b2bb2625ec2d93ea087" ]`},
	{"4.2.3", "GET", "/v5/54f90b75fc1447b1b65e8d3a9f77923d/api/pipelines/e5460d1d403146a1935c2d4b68ef506c/pipeline-runs/detail", ""},
	{"4.2.4", "POST", "/v5/54f90b75fc1447b1b65e8d3a9f77923d/api/pipelines/list", `{ "offset" : 0, "limit" : 10, "name" : "" }`},
	{
		"4.2.7", "POST", "/v5/54f90b75fc1447b1b65e8d3a9f77923d/api/pipelines/e5460d1d403146a1935c2d4b68ef506c/pipeline-runs/list",
		`{ "offset" : 0, "limit" : 10, "status" : [ "COMPLETED", "RUNNING", "FAILED", "CANCELED", "PAUSED", "SUSPEND", "QUEUED" ],
		"sort_key" : "start_time", "sort_dir" : "DESC", "start_time" : 1677513600000, "end_time" : 1678118399000 }`,
	},
	{
		"4.2.13", "POST", "/v5/d80a8a6530324b7bac972ccb8a9f28ec/api/pipelines/e2bcd561fb4fd89577fb27c80b09a6/pipeline-runs/9e91b1fd7ce743b7a1b7a2458bcf76c7/jobs/" +
			"6ce8600f396c4d5ba5290201ba9fd762/steps/7a1a7bb1b5e74d1c944d8b8971621033/logs",
		`{ "start_offset" : 0, "end_offset" : 0, "limit" : 500, "sort" : "asc" }`,
	},
	{"4.3.4", "GET", "/v5/d80a8a6530324b7bac972cbb8a9f28ec/api/pipeline-group/tree", ""},
	{"4.1.1", "POST", "/v5/a5f63758220947b7821e70ae2734c01d/api/pipeline-templates/list", `{ "is_system" : "", "offset" : 0, "limit" : 3, "name" : "" }`},
	{"4.1.3", "GET", "/v5/a5f63758220947b7821e70ae2734c01d/api/pipeline-templates/deb18013bb6c4659b160b15fd7468644", ""},
	{"4.4.1", "GET", "/v2/ce8df55870164338a72d7e828a966a2a/rules/865b4c2d616b46ab890fff056a6f7e05/detail", ""},
	{"4.4.2", "GET", "/v2/ce8df55870164338a72d7e828a966a2a/rules/query?cloud_project_id=&type=&name=&limit=10&offset=0", ""},
	{"4.5.3", "GET", "/v2/ce8df55870164338a72d7e828a966a2a/tenant/rule-sets/6cb18ee5ca1c48caa335706e0e5ee288/detail?cloud_project_id=", ""},
	{"4.5.4", "GET", "/v2/ce8df55870164338a72d7e828a966a2a/tenant/rule-sets/query?name=&limit=2&offset=0&cloud_project_id=", ""},
	{"4.6.1", "GET", "/v2/d80a8a6530324b7bac972ccb8a9f28ec/rule-sets/query?name=&limit=10&offset=0&include_tenant_rule_set=false", ""},
	{"4.6.2", "GET", "/v2/d80a8a6530324b7bac972cbb8a9f28ec/rule-sets/f9228e23118c4fa5a9c86493ea0cffc2/gray/detail", ""},
	{"4.7.3", "GET", "/v2/ce8df55870164338a72d7e828a966a2a/tenant/open-source/rule-sets/5bd5bee0865242fcaa545371c2081a65/detail", ""},
	{"4.7.4", "GET", "/v2/ce8df55870164338a72d7e828a966a2a/tenant/open-source/rule-sets/query?name=&limit=10&offset=0", ""},
	{"4.8.1", "GET", "/v2/d80a8a6530324b7bac972ccb8a9f28ec/open-source/rule-sets/60eab9fd2b144f619a3563b2e0036a61/detail", ""},
	{"4.8.2", "GET", "/v2/d80a8a6530324b7bac972ccb8a9f28ec/open-source/rule-sets/query?name=&limit=10&offset=0&include_tenant_rule_set=false", ""},
	{"5.3", "GET", "/v3/projects", ""},
	{"projectman", "GET", "/v4/projects?project_type=scrum&search=ProjectTestCase&offset=0&limit=1", ""},
	{"4.9.12", "GET", "/v1/ce8df55870164338a72d7e828a966a2a/publisher/query-all?name=&limit=10&offset=0&_=1699357492733", ""},
	{"4.9.13", "GET", "/v1/ce8df55870164338a72d7e828a966a2a/publisher/optional-publisher", ""},
	{"4.9.14", "POST", "/v1/ce8df55870164338a72d7e828a966a2a/relation/stage-plugins", ""},
	{"4.9.15", "GET", "/v1/ce8df55870164338a72d7e828a966a2a/relation/plugin/single?limit=10&offset=0&attribution=official&_=1699356895028", ""},
	{
		"4.9.16", "POST", "/v1/ce8df55870164338a72d7e828a966a2a/relation/plugins?limit=4&offset=0",
		`{ "input_repo_type" : "codehub", "input_source_type" : "single", "use_condition" : "pipeline", "business_type" : "", "regex_name" : "" }`,
	},
	{
		"4.9.17", "POST", "/v1/ce8df55870164338a72d7e828a966a2a/agent-plugin/query-all?offset=0&limit=3",
		`{ "plugin_name" : "", "maintainer" : "", "business_type" : [ "Build", "Gate", "Deploy", "Test", "Normal" ], "plugin_attribution" : "custom" }`,
	},
	{
		"4.9.18", "POST", "/v1/ce8df55870164338a72d7e828a966a2a/agent-plugin/plugin-metrics",
		`[ { "plugin_name" : "test_multi_language", "version" : "0.0.11", "plugin_attribution" : "official" } ]`,
	},
	{
		"4.9.19", "POST", "/v1/ce8df55870164338a72d7e828a966a2a/agent-plugin/plugin-input",
		`[ { "plugin_name" : "official_shell_plugin", "display_name" : "Executing the Shell", "version" : "0.0.2", "plugin_attribution" : "official", "version_attribution" : "formal" } ]`,
	},
	{
		"4.9.20", "POST", "/v1/ce8df55870164338a72d7e828a966a2a/agent-plugin/plugin-output",
		`[ { "plugin_name" : "official_shell_plugin", "display_name" : "", "plugin_attribution" : "official", "version_attribution" : "formal" } ]`,
	},
	{"4.9.21", "GET", "/v1/ce8df55870164338a72d7e828a966a2a/agent-plugin/query?plugin_name=fff&offset=0&limit=1", ""},
	{"4.9.22", "GET", "/v1/ce8df55870164338a72d7e828a966a2a/agent-plugin/detail?plugin_name=apie_test&version=0.0.4", ""},
	{"4.9.23", "GET", "/v1/ce8df55870164338a72d7e828a966a2a/agent-plugin/all-version?plugin_name=apie_test&offset=0&limit=999", ""},
	{"4.9.25", "POST", "/v1/ce8df55870164338a72d7e828a966a2a/publisher/detail", `[ "b9fc8fb6d9194536ac66dd74c2212126" ]`},
	{"4.9.30", "GET", "/v3/ce8df55870164338a72d7e828a966a2a/extension/detail?plugin_name=basic-CTS&version=2.3.5", ""},
	{"000", "POST", "/v1/domain/domains-statuses", ""},
	{"001", "GET", "/v2/transmission/review-data?is_check_project=0&project_id=&domain_id=389efb76b1354e4482eabeedxxxxxxxx&", ""},
	{"002", "GET", "/v4/tenant/repositories", ""},
	{"004", "GET", "/v1/job/923785f9674548259144259077bc6a98/group/tree", ""},
}

type documentedRequest struct{ example, method, path, body string }

// TestExampleServer sends the documents' requests and gets the documents' answers.
func TestExampleServer(t *testing.T) {
	server := httptest.NewServer(ExampleServer())
	t.Cleanup(server.Close)
	call := func(method, path, body, token string) (*http.Response, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			request.Header.Set("X-Auth-Token", token)
		}
		reply, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		data, err := io.ReadAll(reply.Body)
		if err != nil {
			t.Fatal(err)
		}
		return reply, string(data)
	}
	login, _ := call("POST", "/v3/auth/tokens", loginBody, "")
	token := login.Header.Get("X-Subject-Token")
	if login.StatusCode != http.StatusCreated || token == "" {
		t.Fatalf("login: %s", login.Status)
	}
	for _, d := range documented {
		if !json.Valid(Example(d.example)) {
			t.Errorf("the example of %s is no JSON", d.example)
		}
		if reply, body := call(d.method, d.path, d.body, token); reply.StatusCode != 200 || body != string(Example(d.example)) {
			t.Errorf("%s: %s %s", d.example, reply.Status, body)
		}
		if reply, _ := call(d.method, d.path, d.body, ""); reply.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without a token: %s", d.example, reply.Status)
		}
	}
	for path, want := range map[string]string{
		documented[2].path: `{"limit":10,"offset":1,"pipelines":[],"total":1}`,
		documented[3].path: `{"limit":10,"offset":1,"pipeline_runs":[],"total":1}`,
	} {
		if _, body := call("POST", path, `{"offset":1,"limit":10}`, token); body != want {
			t.Errorf("beyond the end of %s: %s", path, body)
		}
	}
	for example, want := range map[string]string{
		"4.4.2": `{"data":[],"total":10}`, "4.5.4": `{"data":[],"total":2}`, "4.6.1": `{"data":[],"total":4}`,
		"4.7.4": `{"data":[],"total":9}`, "4.8.2": `{"data":[],"total":1}`, "4.9.12": `{"data":[],"total":1}`, "4.9.15": `{"data":[],"total":3}`,
		"4.9.16": `{"data":[],"total":4}`, "4.9.17": `{"data":[],"total":3}`, "4.9.21": `{"data":[],"total":1}`,
	} {
		i := slices.IndexFunc(documented, func(d documentedRequest) bool { return d.example == example })
		if _, body := call(documented[i].method, strings.Replace(documented[i].path, "offset=0", "offset=10", 1), "", token); body != want {
			t.Errorf("beyond the end of %s: %s", example, body)
		}
	}
	for path, want := range map[string]string{
		"/v1/d/agent-plugin/query?plugin_name=x": `{"data":[],"limit":10,"offset":0,"total":0}`, "/v1/d/agent-plugin/all-version?plugin_name=x": `[]`,
		"/v1/d/agent-plugin/detail?plugin_name=apie_test&version=1": string(missing().body), "/v3/d/extension/detail?plugin_name=x": string(missing().body),
	} {
		if _, body := call("GET", path, "", token); body != want {
			t.Errorf("a plug-in that is not printed, %s: %s", path, body)
		}
	}
	if _, body := call("POST", "/v5/d/api/pipeline-templates/list", `{"offset":3,"limit":3}`, token); body != `{"limit":10,"offset":3,"templates":[],"total":3}` {
		t.Errorf("beyond the end of the templates: %s", body)
	}
	if reply, body := call("GET", "/v4/tenant/repositories?offset=1", "", token); body != "[]" || reply.Header.Get("X-Total") != "1" {
		t.Errorf("beyond the end of the repositories: %s of %s", body, reply.Header.Get("X-Total"))
	}
}

// TestDocumentedRequests sends the printed requests to the simulator, with ids that it knows.
func TestDocumentedRequests(t *testing.T) {
	c, project, pipeline := scripted(t, Options{Origin: time.Date(2023, 3, 7, 0, 0, 0, 0, time.UTC)})
	w := c.tenant.World()
	w.AddRepository(RepositorySpec{ProjectID: project, Name: "r", Created: at(0).AddDate(-4, 0, 0)}, 1)
	begun := time.UnixMilli(1677513600000)
	run := w.AddRun(Run{PipelineID: pipeline, Start: begun, Stages: []StageAttempt{{Position: 0, Start: begun, End: begun.Add(time.Minute), Status: StatusCompleted}}})
	job, step := w.id("job", run.ID, 0, 1, 0), w.id("step", run.ID, 0, 1, 0, 0)
	want := map[string]string{
		"4.2.2": run.ID, "4.2.3": run.ID, "4.2.4": `"latest_run":null`, "4.2.7": run.ID, "4.2.13": `"location":"jenkins"`, "4.3.4": "[]", "5.3": `"name":"eu-west-101"`, "projectman": `"total":0`, "000": `"status":"success"`,
		"001": `"review_info"`, "002": `"repository_name":"r"`, "004": `{"result":[],"error":null,"status":"success"}`,
	}
	for example, name := range scriptPolicies(w, project, at(0).AddDate(-4, 0, 0)) {
		want[example] = `"name":"` + name + `"`
	}
	for example, answer := range scriptExtensions(w, at(0).AddDate(-4, 0, 0)) {
		want[example] = answer
	}
	ids := strings.NewReplacer(
		"54f90b75fc1447b1b65e8d3a9f77923d", project, "d80a8a6530324b7bac972cbb8a9f28ec", project, "923785f9674548259144259077bc6a98", project,
		"e2bcd561fb4fd89577fb27c80b09a6", pipeline, "9e91b1fd7ce743b7a1b7a2458bcf76c7", run.ID, "6ce8600f396c4d5ba5290201ba9fd762", job,
		"7a1a7bb1b5e74d1c944d8b8971621033", step, "d80a8a6530324b7bac972ccb8a9f28ec", project,
		"e5460d1d403146a1935c2d4b68ef506c", pipeline, "d19799d619424b2bb2625ec2d93ea087", pipeline, "389efb76b1354e4482eabeedxxxxxxxx", w.TenantID(),
		"ce8df55870164338a72d7e828a966a2a", w.TenantID(), "a5f63758220947b7821e70ae2734c01d", w.TenantID(), "d80a8a6530324b7bac972ccb8a9f28ec", project,
	)
	w.AddPipeline(PipelineSpec{ProjectID: project, Name: "idle", Created: at(-1000).AddDate(-4, 0, 0)})
	w.mustPipeline(pipeline).Created = at(0).AddDate(-4, 0, 0)
	for _, d := range documented {
		reply, body := c.send(d.method, ids.Replace(d.path), ids.Replace(d.body), nil)
		if reply.StatusCode != 200 || !json.Valid(body) || !strings.Contains(string(body), want[d.example]) {
			t.Errorf("%s: %s %s, want %s in it", d.example, reply.Status, body, want[d.example])
		}
	}
}

// TestSimulatorSpeaksAsDocumented compares the keys of the simulator's answers, at any depth, with those of the examples.
func TestSimulatorSpeaksAsDocumented(t *testing.T) {
	options := TestOptions(1, instant)
	c := newCaller(t, options)
	truth := c.tenant.Truth(instant)
	run := truth.Runs[len(truth.Runs)-1]
	for _, r := range truth.Runs {
		if r.Change.RepositoryID != 0 && r.ID == latestOf(truth, r.PipelineID) {
			run = r
		}
	}
	pipelines := "/v5/" + run.ProjectID + "/api/pipelines/"
	step := truth.Steps[slices.IndexFunc(truth.Steps, func(s StepTruth) bool { return s.RunID == run.ID && s.Status == StatusCompleted })]
	for _, d := range []struct{ example, method, path, body string }{
		{"4.2.2", "POST", pipelines + "status", `["` + run.PipelineID + `"]`},
		{"4.2.3", "GET", pipelines + run.PipelineID + "/pipeline-runs/detail", ""},
		{"4.2.4", "POST", pipelines + "list", `{"limit":50,"is_publish":false,"status":["COMPLETED","FAILED","RUNNING","PAUSED"]}`},
		{"4.2.7", "POST", pipelines + run.PipelineID + "/pipeline-runs/list", ""},
		{"4.2.13", "POST", pipelines + run.PipelineID + "/pipeline-runs/" + run.ID + "/jobs/" + step.JobID + "/steps/" + step.ID + "/logs", `{"limit":5,"sort":"asc"}`},
		{"4.3.4", "GET", "/v5/" + run.ProjectID + "/api/pipeline-group/tree", ""},
		{"5.3", "GET", "/v3/projects", ""},
		{"projectman", "GET", "/v4/projects?offset=0&limit=10", ""},
		{"000", "POST", "/v1/domain/domains-statuses", ""},
		{"001", "GET", "/v2/transmission/review-data?is_check_project=0", ""},
		{"002", "GET", "/v4/tenant/repositories", ""},
		{"004", "GET", "/v1/job/" + run.ProjectID + "/group/tree", ""},
	} {
		_, body := c.send(d.method, d.path, d.body, nil)
		got, want := keys(t, body), keys(t, Example(d.example))
		for key := range got {
			// The example of 4.2.4 is of a change pipeline; steps with inputs and the group are in the table of 4.2.3 only.
			if !want[key] && !strings.Contains(key, ".build_params.") && !strings.Contains(key, ".steps") && !strings.HasPrefix(key, ".group_") {
				t.Errorf("%s: the simulator sends %s, the example does not", d.example, key)
			}
		}
		for key := range want {
			if !got[key] {
				t.Errorf("%s: the example has %s, the simulator does not", d.example, key)
			}
		}
	}
}

func latestOf(truth Truth, pipeline string) string {
	for _, p := range truth.Pipelines {
		if p.ID == pipeline {
			return p.LatestRunID
		}
	}
	return ""
}

// keys are the paths of all keys of a JSON document; the levels of a tree count as one.
func keys(t *testing.T, body []byte) map[string]bool {
	t.Helper()
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	found := map[string]bool{}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch value := value.(type) {
		case []any:
			for _, element := range value {
				walk(path, element)
			}
		case map[string]any:
			for key, element := range value {
				if key == "children" {
					found[path+"."+key] = true
					walk(path, element)
					continue
				}
				found[path+"."+key] = true
				walk(path+"."+key, element)
			}
		}
	}
	walk("", value)
	return found
}
