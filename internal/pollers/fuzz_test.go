package pollers

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"
	"artery/internal/stream/streamtest"

	"github.com/prometheus/client_golang/prometheus"
)

// always answers every request with the same body.
type always struct{ body []byte }

func (a always) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{"X-Total": {"1"}}, Body: io.NopCloser(bytes.NewReader(a.body))}, nil
}

// rowsOfPoller is a poller of a list, the kind of its rows, and the answer around one.
type rowsOfPoller struct {
	poller string
	kind   events.Kind
	answer string
	row    string
}

// listed are the pollers of lists, the kind of their rows, and the answer around one row. Of a plug-in in a group the client
// makes a row.
var listed = []rowsOfPoller{
	{"pipelines", events.Pipeline, `{"total":1,"pipelines":[@]}`, "@"},
	{"repositories", events.Repository, `[@]`, "@"},
	{"pipeline_groups", events.PipelineGroup, `[@]`, "@"},
	{"build_groups", events.BuildGroup, `{"status":"success","error":null,"result":[@]}`, "@"},
	{"build_tenants", events.BuildTenant, `{"status":"success","error":null,"result":[@]}`, "@"},
	{"rules", events.Rule, `{"total":1,"data":[@]}`, "@"},
	{"rule_sets", events.RuleSet, `{"total":1,"data":[@]}`, "@"},
	{"project_rule_sets", events.RuleSet, `{"total":1,"data":[@]}`, "@"},
	{"open_source", events.OpenSourceRuleSet, `{"total":1,"data":[@]}`, "@"},
	{"project_open_source", events.OpenSourceRuleSet, `{"total":1,"data":[@]}`, "@"},
	{"templates", events.Template, `{"total":1,"templates":[@]}`, "@"},
	{"projects", events.Project, `{"total":1,"projects":[@]}`, "@"},
	{"iam_projects", events.IAMProject, `{"projects":[@],"links":{}}`, "@"},
	{"publishers", events.Publisher, `{"total":1,"data":[@]}`, "@"},
	{"available_publishers", events.AvailablePublisher, `[@]`, "@"},
	{"plugins", events.Plugin, `{"total":1,"data":[@]}`, "@"},
	{"basic_plugins", events.BasicPlugin, `{"total":1,"data":[@]}`, "@"},
	{"stage_plugins", events.StagePlugin, `{"full_stage_plugins_item_list":[{"business_type":"Build","plugins_list":[@]}]}`, `{"group":{"business_type":"Build"},"plugin":@}`},
	{"optional_plugins", events.OptionalPlugin, `{"total":1,"data":[{"business_type":"Build","plugins_list":[@]}]}`, `{"group":{"business_type":"Build"},"plugin":@}`},
}

// TestEveryListIsFuzzed: a poller that lists is in the table, unless it is in this one, with its reason.
func TestEveryListIsFuzzed(t *testing.T) {
	others := map[string]string{
		"active": "its rows are runs, as in the list of pipelines", "gaps": "the same", "history": "the same", "reconcile": "the same",
		"details": "no list", "logs": "no list", "commits": "single commits, and what is between two of them", "gates": "no list; fuzzed apart", "tenant_gate": "the same",
	}
	for _, p := range All() {
		fuzzed := slices.ContainsFunc(listed, func(l rowsOfPoller) bool { return l.poller == p.Name })
		if fuzzed == (others[p.Name] != "") {
			t.Errorf("the poller %s is fuzzed: %v, and the reason against it is %q", p.Name, fuzzed, others[p.Name])
		}
	}
}

// FuzzRows: a row of any list becomes a snapshot or an odd row with its bytes. It is never lost, and the round never fails.
func FuzzRows(f *testing.F) {
	for _, seed := range []string{
		`{"pipeline_id":"p","project_id":"54f90b75fc1447b1b65e8d3a9f77923d","latest_run":{"pipeline_run_id":"r","run_number":1,"status":"RUNNING","start_time":1677919688000}}`,
		`{"pipeline_id":"p","latest_run":{"pipeline_run_id":null}}`, `{"pipeline_id":"p","latest_run":null,"project_id":""}`,
		`{"pipeline_id":"p","latest_run":{"run_number":"two","pipeline_run_id":"r"}}`, `{"pipeline_id":{"odd":1}}`, `{"pipeline_id":7}`,
		`{"repository_id":2112046425,"repository_name":"r"}`, `{"repository_id":"2112046425"}`, `{"repository_id":9223372036854775808}`,
		`{"id":"g","parent_id":"","children":[{"id":"h","parent_id":"g","children":null},{"id":[]}]}`, `{"id":"g","children":{}}`,
		`{"id":"r","version":"a","operate_time":1697787881000}`, `{"id":"r","operate_time":"2023-10-20T15:44:41"}`, `{"id":"r","operate_time":null,"update_time":1}`,
		`{"domain_id":"d","spec_threshold":"[]"}`, `{"domain_id":""}`, `null`, `[]`, `"x"`, `7`, `{"id":"a","id":["b"]}`, `{"password":"x","id":1}`,
		`{"publisher_unique_id":"u","name":"n","is_delete":0}`, `{"publisher_unique_id":null}`, `{"publisher_unique_id":["u"]}`, `{"project_id":"p","project_name":"n","created_time":1}`,
		`{"plugin_name":"a","version":"0.0.1","plugin_attribution":"custom","op_time":"1699355741000","active":1}`, `{"plugin_name":"a","op_time":"soon"}`,
		`{"plugin_name":"a/b","version":"","op_time":null,"maintainers":"[\"m\"]"}`, `{"plugin_name":{}}`, `{"plugin_name":""}`, `{"name":"official_shell_plugin","publisher_id":null}`, `{"name":7}`,
		`{"pipeline_id":"p","pipeline_id":null}`, `{"id":"a\u0000b"}`, `{"id":" "}`, `{"id":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		raw = bytes.TrimSpace(raw)
		if !json.Valid(raw) || bytes.Contains(raw, []byte(`"error`)) {
			return // an answer that says it is an error has no rows
		}
		for _, l := range listed {
			log := pollOnce(t, l.poller, strings.ReplaceAll(l.answer, "@", string(raw)))
			whole := []byte(strings.ReplaceAll(l.row, "@", string(raw)))
			odd := log.odd(whole)
			if !odd && !log.stored(l.kind, whole) {
				t.Fatalf("%s lost %q: %+v", l.poller, raw, log)
			}
			var row struct {
				Latest json.RawMessage `json:"latest_run"`
			}
			if l.kind != events.Pipeline || odd || json.Unmarshal(raw, &row) != nil || len(row.Latest) == 0 || string(row.Latest) == "null" {
				continue
			}
			if !log.odd(row.Latest) && !log.stored(events.Run, row.Latest) {
				t.Fatalf("%s lost the run %q: %+v", l.poller, row.Latest, log)
			}
		}
		if raw[0] == '{' && bytes.Contains(raw, []byte(`"status":"success"`)) {
			if log := pollOnce(t, "gates", string(raw)); !log.odd(raw) && !log.stored(events.Gate, raw) {
				t.Fatalf("gates lost %q", raw)
			}
		}
	})
}

// kept is what a round brought to the log: the bodies of each kind, and the bytes of odd rows.
type kept struct {
	bodies map[events.Kind][]string
	rows   map[string]string
}

func (k kept) odd(raw []byte) bool {
	return slices.Contains(slices.Collect(maps.Values(k.rows)), string(events.RedactBytes(raw)))
}

// stored says whether the row is an entity of a kind. Of two nodes of a tree with one id the later one is.
func (k kept) stored(kind events.Kind, raw []byte) bool {
	body, err := events.Canonical(nil, raw, events.RulesOf(kind))
	if err != nil {
		return false
	}
	if bytes.Contains(raw, []byte("children")) {
		return len(k.bodies[kind]) > 0
	}
	return slices.Contains(k.bodies[kind], string(body))
}

// pollOnce runs one poller over an answer, to which the API sticks.
func pollOnce(t *testing.T, name, answer string) kept {
	t.Helper()
	const project = "54f90b75fc1447b1b65e8d3a9f77923d" // also the owner in a seed
	api, err := codearts.New(codearts.Options{
		Tenant:     "acme",
		Endpoints:  codearts.Endpoints{IAM: "http://i.test", Pipeline: "http://p.test", Build: "http://b.test", Check: "http://c.test", Repo: "http://r.test", Projectman: "http://m.test"},
		Auth:       codearts.Auth{Keys: &codearts.KeyAuth{AccessKey: "AK", SecretKey: codearts.NewSecret("secret-key")}},
		Limits:     codearts.Limits{PerSecond: 1e6, Burst: 1e6, Tenant: 1e9},
		HTTPClient: &http.Client{Transport: always{[]byte(answer)}}, Attempts: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	log := streamtest.NewMemory()
	c := New(Options{
		Log: log, Now: func() time.Time { return instant }, NewID: func() string { return "id" }, Slog: silent,
		Metrics: NewMetrics(prometheus.NewRegistry(), "test"),
		Tenants: []Tenant{{Name: "acme", DomainID: project, Projects: Projects{IDs: []string{project}}, BuildDomains: []string{project}, Zone: "+08:00", API: api, Depth: Depth{PluginLists: true}}},
	})
	jobs := c.jobs()
	if err := c.poll(t.Context(), jobs[slices.IndexFunc(jobs, func(j *job) bool { return j.poller.Name == name })]); err != nil {
		t.Fatalf("%s: %v over %s", name, err, answer)
	}
	out := kept{map[events.Kind][]string{}, map[string]string{}}
	for _, r := range log.Records() {
		key, err := events.ParseSubject(r.Subject)
		if err != nil {
			t.Fatal(err)
		}
		out.bodies[key.Kind] = append(out.bodies[key.Kind], string(r.Body))
		if key.Kind == events.OddRowKind {
			var b events.OddRowBody
			if err := json.Unmarshal(r.Body, &b); err != nil {
				t.Fatal(err)
			}
			out.rows[b.Digest] += string(b.Raw)
		}
	}
	return out
}
