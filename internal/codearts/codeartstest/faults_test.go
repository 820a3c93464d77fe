package codeartstest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestLimit empties a bucket of two and fills it again on the simulator's clock.
func TestLimit(t *testing.T) {
	c := newCaller(t, Options{Limits: map[API]Limit{APIRepositories: {PerSecond: 0.5, Burst: 2}}})
	call := func() (int, string, string) {
		reply, body := c.send("GET", "/v4/tenant/repositories", "", nil)
		return reply.StatusCode, reply.Header.Get("Retry-After"), string(body)
	}
	expect := func(what string, want int, wait string) {
		t.Helper()
		if status, after, body := call(); status != want || after != wait {
			t.Errorf("%s: %d %q %s, want %d %q", what, status, after, body, want, wait)
		}
	}
	expect("first", 200, "")
	expect("second", 200, "")
	expect("third", 429, "2")
	c.clock.set(at(1))
	expect("a second later", 429, "1")
	c.clock.set(at(2))
	expect("two seconds later", 200, "")
	_, _, body := call()
	for _, want := range []string{`"error_code":"APIGW.0308"`, `"error_msg":"`, `"request_id":"`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s has no %s", body, want)
		}
	}
	if calls := c.tenant.Calls(); calls["repositories.list"] != 6 || calls["iam.tokens"] != 1 {
		t.Errorf("calls are %v", calls)
	}
}

// TestFaults injects each fault once, then heals.
func TestFaults(t *testing.T) {
	c, project, pipeline := scripted(t, Options{RecordRequests: true})
	c.tenant.World().AddRun(Run{PipelineID: pipeline, Start: at(0), Stages: []StageAttempt{failed(0, 0, 10)}})
	path := "/v5/" + project + "/api/pipelines/list"
	_, good := c.send("POST", path, "{}", nil)
	tests := []struct {
		fault  Fault
		status int
		body   string
	}{
		{Fault{Kind: FaultStatus, Status: 500, Body: `{"error_code":"COCT.0070003","error_msg":"Frequent access. Please wait."}`}, 500, `{"error_code":"COCT.0070003","error_msg":"Frequent access. Please wait."}`},
		{Fault{Kind: FaultStatus, Status: 401, Code: "APIGW.0307"}, 401, `"error_code":"APIGW.0307"`},
		{Fault{Kind: FaultErrorCode}, 200, `{"error_code":"DEVPIPE.00011127","error_msg":"The system is busy. Try again later."}`},
		{Fault{Kind: FaultErrorCode, Code: "DEVCP.00014031"}, 200, `{"error_code":"DEVCP.00014031"`},
		{Fault{Kind: FaultErrorNested}, 200, `{"error":{"code":"DEV_21_100169","message":"`},
		{Fault{Kind: FaultEmptyList}, 200, `{"offset":0,"limit":10,"total":0,"pipelines":[]}`},
		{Fault{Kind: FaultGzip}, 200, string(good)}, // the transport unpacks it
	}
	for _, test := range tests {
		c.tenant.Inject(APIPipelines, test.fault)
		if reply, body := c.send("POST", path, "{}", nil); reply.StatusCode != test.status || !strings.Contains(string(body), test.body) {
			t.Errorf("%+v: %d %s", test.fault, reply.StatusCode, body)
		}
		if _, body := c.send("POST", path, "{}", nil); string(body) != string(good) {
			t.Errorf("after %+v: %s", test.fault, body)
		}
	}
	c.tenant.Inject(APIPipelines, Fault{Kind: FaultStatus, Status: 429, Times: -1, RetryAfter: "Wed, 04 Mar 2026 06:00:30 GMT"})
	for range 3 {
		if reply, _ := c.send("POST", path, "{}", nil); reply.StatusCode != 429 || reply.Header.Get("Retry-After") != "Wed, 04 Mar 2026 06:00:30 GMT" {
			t.Errorf("a lasting fault answers %d %s", reply.StatusCode, reply.Header)
		}
	}
	c.tenant.Heal()
	if _, body := c.send("POST", path, "{}", nil); string(body) != string(good) {
		t.Errorf("healed: %s", body)
	}
	last := c.tenant.Requests(APIPipelines)
	want := Request{API: APIPipelines, Method: "POST", Path: path, Body: "{}", Status: 200}
	if len(last) != 1+2*len(tests)+3+1 || last[len(last)-1] != want {
		t.Errorf("%d requests are recorded, the last is %+v", len(last), last[len(last)-1])
	}
}

// TestBrokenConnections checks the faults that give no whole answer.
func TestBrokenConnections(t *testing.T) {
	c, project, _ := scripted(t, Options{})
	call := func(ctx context.Context) ([]byte, error) {
		request, err := http.NewRequestWithContext(ctx, "POST", c.url+"/v5/"+project+"/api/pipelines/list", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Auth-Token", c.token)
		reply, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		defer reply.Body.Close()
		return io.ReadAll(reply.Body)
	}
	c.tenant.Inject(APIPipelines, Fault{Kind: FaultTruncate})
	if body, err := call(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) || len(body) == 0 {
		t.Errorf("truncated: %q, %v", body, err)
	}
	before := c.tenant.Calls()[string(APIPipelines)]
	c.tenant.Inject(APIPipelines, Fault{Kind: FaultDrop})
	if body, err := call(t.Context()); err == nil {
		t.Errorf("dropped: %q", body)
	}
	if after := c.tenant.Calls()[string(APIPipelines)]; after != before+1 {
		t.Errorf("a dropped call was counted %d times", after-before)
	}
	c.tenant.Inject(APIPipelines, Fault{Kind: FaultHang})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if body, err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hung: %q, %v", body, err)
	}
}

// TestOptionsOfShape tries the switches that are no quirks.
func TestOptionsOfShape(t *testing.T) {
	c, project, pipeline := scripted(t, Options{Spelling: SpellingUpdater, Zone: time.FixedZone("", -3600), MaxPipelinePage: 1})
	w := c.tenant.World()
	w.AddPipeline(PipelineSpec{ProjectID: project, Name: "idle", Created: at(-7200), Stages: []StageSpec{{Name: "Build"}}})
	w.AddRun(Run{PipelineID: pipeline, Start: at(0), Stages: []StageAttempt{failed(0, 0, 10)}})
	w.AddGroup(GroupSpec{ProjectID: project, Name: "G", Created: at(0)})
	c.clock.set(at(20))
	_, body := c.send("POST", "/v5/"+project+"/api/pipelines/list", `{"limit":5}`, nil)
	stage := `{"name":"Build","sequence":0,"status":"FAILED","start_time":"2026-03-04 05:00:00","end_time":"2026-03-04 05:00:10"}`
	if s := string(body); !strings.HasPrefix(s, `{"offset":0,"limit":1,"total":2,"pipelines":[{"pipeline_id":"`+pipeline+`"`) || !strings.Contains(s, stage) {
		t.Errorf("a page of one with %s: %s", stage, s)
	}
	if _, body = c.send("GET", "/v5/"+project+"/api/pipeline-group/tree", "", nil); !strings.Contains(string(body), `"updater":null`) {
		t.Errorf("groups are %s", body)
	}
}
