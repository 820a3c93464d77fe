package codearts

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

func TestProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		owner := "6428c2e2b4b64affa14ec80896695c49" // of the pipeline in the fixture
		var asked []string
		c := newTestClient(t, keyOptions(), func(req *http.Request, _ string) *http.Response {
			asked = append(asked, req.URL.Path)
			switch path := req.URL.Path; {
			case strings.HasSuffix(path, "/pipelines/list"):
				return reply(200, fixture(t, "pipelines_list.json"))
			case strings.HasSuffix(path, "/status"):
				return reply(200, fixture(t, "pipelines_status.json"))
			case strings.HasSuffix(path, "/pipeline-runs/list"):
				return reply(200, fixture(t, "pipeline_runs_list.json"))
			case strings.HasSuffix(path, "/detail"):
				return reply(200, fixture(t, "run_detail.json"))
			case strings.HasPrefix(path, "/v4/tenant"):
				return reply(403, `{"error_code":"DEV-23-50804","error_msg":"Insufficient permissions."}`)
			case strings.HasPrefix(path, "/v2/transmission"):
				return reply(404, `{"error_code":"APIGW.0101","error_msg":"not published","request_id":"r"}`)
			case strings.HasSuffix(path, "/domains-statuses"):
				return reply(500, `{}`)
			}
			return reply(200, fixture(t, "build_group_tree.json"))
		})
		want := map[string]Verdict{
			"Pipelines": Works, "PipelineStatuses": Works, "PipelineRuns": Works, "RunDetail": Works,
			"PipelineGroups": Broken, // an object where an array is documented
			"Repositories":   Forbidden, "TenantGate": Unpublished, "ProjectGate": Unpublished,
			"BuildTenants": Broken, "BuildGroups": Works,
		}
		results := c.Probe(t.Context(), project, "acme-account-id")
		if len(results) != len(want) {
			t.Errorf("%d results, want %d", len(results), len(want))
		}
		for _, r := range results {
			if r.Verdict != want[r.API] || (r.Verdict == Works) != (r.Err == nil) || r.Document == "" {
				t.Errorf("%s: %q, %v (%s), want %q", r.API, r.Verdict, r.Err, r.Document, want[r.API])
			}
			if (r.Verdict == Forbidden || r.Verdict == Unpublished) && r.Advice == "" {
				t.Errorf("%s: %q without advice", r.API, r.Verdict)
			}
		}
		detail := "/v5/" + owner + "/api/pipelines/cd65d6f2dc17493e97eb5175f872761a/pipeline-runs/detail"
		if !slices.Contains(asked, detail) {
			t.Errorf("the run detail was not asked from the pipeline's owner:\n%s", strings.Join(asked, "\n"))
		}
		if len(asked) != 11 { // one call per API, and one repeated after a 500
			t.Errorf("%d calls:\n%s", len(asked), strings.Join(asked, "\n"))
		}
	})
}

func TestProbeWithoutPipelines(t *testing.T) {
	c := newTestClient(t, keyOptions(), (&script{}).add(200, `{"total":0,"pipelines":[],"status":"success","result":[]}`).serve)
	for _, r := range c.Probe(t.Context(), project, "") {
		switch r.API {
		case "Pipelines":
			if r.Verdict != Works || !strings.Contains(r.Advice, "not a member") {
				t.Errorf("%+v", r)
			}
		case "PipelineStatuses", "PipelineRuns", "RunDetail", "TenantGate":
			if r.Verdict != Skipped || r.Err != nil || r.Advice == "" {
				t.Errorf("%+v", r)
			}
		}
	}
}

func TestProbeSignsInOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &iam{status: 401}
		c := newTestClient(t, passwordOptions(), i.serve)
		for _, r := range c.Probe(t.Context(), project, "d") {
			if r.Verdict != Broken || r.Advice != "check the credentials" {
				t.Errorf("%+v", r)
			}
		}
		if i.signIns != 1 {
			t.Errorf("%d sign-ins, want 1", i.signIns)
		}
	})
}
