package codeartstest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxBody is the largest request body that the gateway takes.
const maxBody = 12 << 20

// Tenant is a simulated CodeArts tenant: all services behind one http.Handler.
type Tenant struct {
	options Options
	world   *World
	mux     *http.ServeMux
	auth    *authority
	packers sync.Pool // of *gzip.Writer

	mu       sync.Mutex
	serial   int // of request ids
	buckets  map[API]*bucket
	faults   map[API][]Fault
	calls    map[string]int
	requests map[API][]Request
	turns    map[string]int // of quirks, by what they count
	passed   int            // faults that quirks have given
}

// Request is one recorded call, whatever its answer was.
type Request struct {
	API    API
	Method string
	Path   string
	Query  string
	Body   string
	Status int
}

// request is a call on its way through the simulator.
type request struct {
	*http.Request
	now   time.Time
	query url.Values
	body  []byte
}

// response is an answer before it is written.
type response struct {
	status int
	header http.Header
	body   []byte
}

// New makes a tenant. The generated part of its world is planned here and as its clock advances.
func New(options Options) *Tenant {
	options = options.withDefaults()
	t := &Tenant{
		options: options, world: newWorld(options), mux: http.NewServeMux(), auth: newAuthority(options),
		buckets: map[API]*bucket{}, faults: map[API][]Fault{}, calls: map[string]int{}, requests: map[API][]Request{}, turns: map[string]int{},
	}
	for api, limit := range options.Limits {
		t.buckets[api] = newBucket(limit)
	}
	for _, route := range []struct {
		pattern string
		api     API
		open    bool // needs no authentication
		answer  func(*request) response
	}{
		{"POST /v3/auth/tokens", APITokens, true, t.issueToken},
		{"GET /v3/projects", APIIAMProjects, false, t.iamProjects},
		{"GET /v4/projects", APIProjects, false, t.projectList},
		{"POST /v5/{project}/api/pipelines/status", APIStatuses, false, t.statuses},
		{"GET /v5/{project}/api/pipelines/{pipeline}/pipeline-runs/detail", APIDetail, false, t.runDetail},
		{"POST /v5/{project}/api/pipelines/{pipeline}/pipeline-runs/{run}/jobs/{job}/steps/{step}/logs", APIStepLog, false, t.stepLogs},
		{"POST /v5/{project}/api/pipelines/list", APIPipelines, false, t.pipelineList},
		{"POST /v5/{project}/api/pipelines/{pipeline}/pipeline-runs/list", APIRuns, false, t.runList},
		{"GET /v5/{project}/api/pipeline-group/tree", APIGroups, false, t.groupTree},
		{"GET /v4/tenant/repositories", APIRepositories, false, t.repositoryList},
		{"GET /v4/repositories/{repository}/repository/commits", APICommit, false, t.showCommit},
		{"GET /v4/repositories/{repository}/compare", APIComparison, false, t.compareCommits},
		{"GET /v2/transmission/review-data", APIGates, false, t.gate},
		{"POST /v1/domain/domains-statuses", APIBuildTenants, false, t.buildStatuses},
		{"GET /v1/job/{project}/group/tree", APIBuildGroups, false, t.buildGroupTree},
		{"POST /v5/{domain}/api/pipeline-templates/list", APITemplates, false, t.templateList},
		{"GET /v5/{domain}/api/pipeline-templates/{id}", APITemplate, false, t.templateDetail},
		{"GET /v2/{domain}/rules/query", APIRules, false, t.ruleList},
		{"GET /v2/{domain}/rules/{id}/detail", APIRule, false, t.ruleDetail},
		{"GET /v2/{domain}/tenant/rule-sets/query", APIRuleSets, false, t.ruleSetList},
		{"GET /v2/{domain}/tenant/rule-sets/{id}/detail", APIRuleSet, false, t.ruleSetDetail},
		{"GET /v2/{project}/rule-sets/query", APIProjectRuleSets, false, t.projectRuleSetList},
		{"GET /v2/{project}/rule-sets/{id}/gray/detail", APIProjectRuleSet, false, t.projectRuleSetDetail},
		{"GET /v2/{domain}/tenant/open-source/rule-sets/query", APIOpenSourcePolicies, false, t.openSourceList},
		{"GET /v2/{domain}/tenant/open-source/rule-sets/{id}/detail", APIOpenSourcePolicy, false, t.openSourceDetail},
		{"GET /v2/{project}/open-source/rule-sets/query", APIProjectOpenSourcePolicies, false, t.projectOpenSourceList},
		{"GET /v2/{project}/open-source/rule-sets/{id}/detail", APIProjectOpenSourcePolicy, false, t.projectOpenSourceDetail},
		{"GET /v1/{domain}/publisher/query-all", APIPublishers, false, t.publisherList},
		{"GET /v1/{domain}/publisher/optional-publisher", APIAvailablePublishers, false, t.availablePublishers},
		{"POST /v1/{domain}/publisher/detail", APIPublisherDetails, false, t.publisherDetails},
		{"POST /v1/{domain}/relation/stage-plugins", APIStagePlugins, false, t.stagePluginList},
		{"GET /v1/{domain}/relation/plugin/single", APIBasicPlugins, false, t.basicPluginList},
		{"POST /v1/{domain}/relation/plugins", APIOptionalPlugins, false, t.optionalPluginList},
		{"POST /v1/{domain}/agent-plugin/query-all", APIPlugins, false, t.pluginList},
		{"POST /v1/{domain}/agent-plugin/plugin-metrics", APIPluginMetrics, false, t.pluginMetrics},
		{"POST /v1/{domain}/agent-plugin/plugin-input", APIPluginInputs, false, t.pluginInputs},
		{"POST /v1/{domain}/agent-plugin/plugin-output", APIPluginOutputs, false, t.pluginOutputs},
		{"GET /v1/{domain}/agent-plugin/query", APIPluginVersions, false, t.pluginVersionList},
		{"GET /v1/{domain}/agent-plugin/detail", APIPluginVersion, false, t.pluginDetail},
		{"GET /v1/{domain}/agent-plugin/all-version", APIPluginVersionNumbers, false, t.versionNumbers},
		{"GET /v3/{domain}/extension/detail", APIBasicPlugin, false, t.basicPluginDetail},
	} {
		t.mux.HandleFunc(route.pattern, func(w http.ResponseWriter, r *http.Request) {
			t.serve(w, r, route.api, route.open, route.answer)
		})
	}
	t.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.write(w, t.unpublished())
	})
	return t
}

// World gives access to the script of the tenant's world.
func (t *Tenant) World() *World { return t.world }

// Options are the tenant's options with every default filled in.
func (t *Tenant) Options() Options { return t.options }

// ServeHTTP answers a call to any of the services.
func (t *Tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.mux.ServeHTTP(w, r) }

// serve takes one call through authentication, limits, faults and the API itself.
func (t *Tenant) serve(w http.ResponseWriter, r *http.Request, api API, open bool, endpoint func(*request) response) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		t.write(w, t.gateway(http.StatusRequestEntityTooLarge, "APIGW.0201", "The request body is too large or cannot be read."))
		return
	}
	call := &request{Request: r, now: t.options.Now(), query: r.URL.Query(), body: body}
	fault := t.nextFault(api)
	if fault == nil && !open && len(t.options.Quirks) > 0 {
		fault = t.passing(api)
	}
	reply := t.decide(call, api, open, fault, endpoint)
	t.record(api, call, reply.status)
	t.deliver(w, r, reply, fault)
}

// decide makes the answer to a call; a fault may take its place.
func (t *Tenant) decide(call *request, api API, open bool, fault *Fault, endpoint func(*request) response) response {
	if !open {
		if code, text := t.auth.check(call, t.now()); code != "" {
			return t.gateway(http.StatusUnauthorized, code, text)
		}
	}
	if wait := t.take(api, call.now); wait > 0 {
		reply := t.gateway(http.StatusTooManyRequests, "APIGW.0308", "The throttling threshold has been reached: policy user over ratelimit.")
		reply.header.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		return reply
	}
	if !t.published(api) {
		return t.unpublished()
	}
	if fault != nil {
		if reply, replaced := t.faulty(api, *fault); replaced {
			return reply
		}
		if fault.Kind == FaultStale {
			call.now = call.now.Add(-fault.Behind)
		}
	}
	var reply response
	t.world.view(call.now, func() { reply = endpoint(call) })
	return reply
}

// record counts a call and keeps it if the options say so.
func (t *Tenant) record(api API, call *request, status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls[string(api)]++
	if t.options.RecordRequests {
		t.requests[api] = append(t.requests[api], Request{
			API: api, Method: call.Method, Path: call.URL.Path, Query: call.URL.RawQuery, Body: string(call.body), Status: status,
		})
	}
}

// Calls counts the calls since the start or the last ResetCalls, by API, refused ones included.
func (t *Tenant) Calls() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	calls := map[string]int{}
	for api, n := range t.calls {
		calls[api] = n
	}
	return calls
}

// Requests are the recorded calls of an API in order of their answers; Options.RecordRequests must be set.
func (t *Tenant) Requests(api API) []Request {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Request(nil), t.requests[api]...)
}

// ResetCalls forgets all counted and recorded calls.
func (t *Tenant) ResetCalls() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.calls)
	clear(t.requests)
}

// project finds the project of the path, or the refusal if the user is no member of it.
func (t *Tenant) project(r *request) (*project, *response) {
	p := t.world.findProject(r.PathValue("project"))
	if p != nil && p.joinedAt(r.now) {
		return p, nil
	}
	refusal := failure(http.StatusOK, "DEVPIPE.00011412", "The project does not exist or you are not a member of it.")
	return nil, &refusal
}

// pipeline finds the pipeline of the path, or the refusal.
func (t *Tenant) pipeline(r *request) (*pipeline, *response) {
	project, refused := t.project(r)
	if refused != nil {
		return nil, refused
	}
	p := t.world.byID[r.PathValue("pipeline")]
	var refusal response
	switch {
	case p == nil || !p.existsAt(r.now):
		refusal = failure(http.StatusOK, "DEVPIPE.00011401", "Pipeline does not exist.")
	case p.project != project:
		refusal = failure(http.StatusOK, "DEVPIPE.00011136", "The project ID and the pipeline ID do not match.")
	default:
		return p, nil
	}
	return nil, &refusal
}

// write sends an answer with the simulator's date.
func (t *Tenant) write(w http.ResponseWriter, reply response) {
	w.Header().Set("Content-Length", strconv.Itoa(len(reply.body)))
	t.head(w, reply)
	w.Write(reply.body) // a client that has gone is no concern of the server
}

// head writes the status and the headers of an answer.
func (t *Tenant) head(w http.ResponseWriter, reply response) {
	header := w.Header()
	for key, values := range reply.header {
		header[key] = values
	}
	header.Set("Date", t.now().UTC().Format(http.TimeFormat))
	header.Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(reply.status)
}

// answer is a JSON answer. Like the real service it leaves <, > and & as they are.
func answer(status int, value any) response {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("codeartstest: encoding an answer: " + err.Error())
	}
	return response{status: status, header: http.Header{}, body: bytes.TrimSuffix(body.Bytes(), []byte("\n"))}
}

// failure is an error in the shape of the services.
func failure(status int, code, text string) response {
	return answer(status, struct {
		Code string `json:"error_code"`
		Text string `json:"error_msg"`
	}{code, text})
}

// unpublished is the gateway's answer for an API that the region does not have.
func (t *Tenant) unpublished() response {
	return t.gateway(http.StatusNotFound, "APIGW.0101", "The API does not exist or has not been published in the environment.")
}

// gateway is an error in the shape of the API gateway.
func (t *Tenant) gateway(status int, code, text string) response {
	if t.options.has(QuirkAPIG) {
		code = strings.Replace(code, "APIGW.", "APIG.", 1)
	}
	t.mu.Lock()
	t.serial++
	serial := t.serial
	t.mu.Unlock()
	return answer(status, struct {
		Text string `json:"error_msg"`
		Code string `json:"error_code"`
		ID   string `json:"request_id"`
	}{text, code, t.world.id("request", serial)})
}

// page is the part of rows that an offset and a limit name.
func page[T any](rows []T, offset, limit int) []T {
	offset = min(offset, len(rows))
	return rows[offset:min(offset+limit, len(rows))]
}

// orNull is a string that is sent as null when empty.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// millis is a time in epoch milliseconds that is sent as null when zero.
func millis(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}
