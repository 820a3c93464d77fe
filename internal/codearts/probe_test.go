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
			case strings.HasSuffix(path, "/pipeline-runs/detail"):
				return reply(200, fixture(t, "run_detail.json"))
			case path == "/v4/projects":
				return reply(200, fixture(t, "projects.json"))
			case path == "/v3/projects":
				return reply(403, `{"error":{"code":403,"message":"no","title":"Forbidden"}}`)
			case strings.HasPrefix(path, "/v4/tenant"):
				return reply(403, `{"error_code":"DEV-23-50804","error_msg":"Insufficient permissions."}`)
			case strings.HasPrefix(path, "/v2/transmission"):
				return reply(404, `{"error_code":"APIGW.0101","error_msg":"not published","request_id":"r"}`)
			case strings.HasSuffix(path, "/domains-statuses"):
				return reply(500, `{}`)
			case strings.HasPrefix(path, "/v5/"+domain+"/"):
				return reply(200, fixture(t, "pipeline_templates_list.json"))
			case path == "/v2/"+domain+"/rules/query":
				return reply(200, fixture(t, "rules_query.json"))
			case path == "/v2/"+domain+"/tenant/rule-sets/query":
				return reply(200, `{"data":[],"total":0}`)
			case strings.Contains(path, "/open-source/"):
				return reply(404, `{"error_code":"APIGW.0101","error_msg":"not published","request_id":"r"}`)
			case path == "/v2/"+project+"/rule-sets/query":
				return reply(200, fixture(t, "project_rule_sets_query.json"))
			case strings.HasPrefix(path, "/v1/"+domain+"/") || strings.HasPrefix(path, "/v3/"+domain+"/"):
				for end, document := range map[string]string{
					"publisher/query-all": "publishers", "stage-plugins": "stage_plugins", "relation/plugins": "optional_plugins", "agent-plugin/query-all": "plugins",
					"agent-plugin/query": "plugin_versions", "agent-plugin/detail": "plugin_version", "all-version": "plugin_version_numbers",
					"plugin-metrics": "plugin_metrics", "plugin-input": "plugin_inputs", "plugin-output": "plugin_outputs", "plugin/single": "basic_plugins",
					"extension/detail": "basic_plugin",
				} {
					if strings.HasSuffix(path, end) {
						return reply(200, fixture(t, document+".json"))
					}
				}
				if strings.HasSuffix(path, "optional-publisher") {
					return reply(404, `{"error_code":"APIGW.0101","error_msg":"not published","request_id":"r"}`)
				}
				return reply(200, `{"error_code":"DEVCP.00014031","error_msg":"insufficient permission"}`)
			case strings.HasPrefix(path, "/v2/"):
				return reply(200, `{"error_code":"DEVCP.00014031","error_msg":"insufficient permission"}`)
			}
			return reply(200, fixture(t, "build_group_tree.json"))
		})
		want := map[string]Verdict{
			"Pipelines": Works, "PipelineStatuses": Works, "PipelineRuns": Works, "RunDetail": Works,
			"StepLog":        Skipped, // the printed run has a job without steps
			"PipelineGroups": Broken,  // an object where an array is documented
			"Repositories":   Forbidden, "TenantGate": Unpublished, "ProjectGate": Unpublished,
			"Commit": Skipped, "Comparison": Skipped, // the printed run has no build_params
			"BuildTenants": Broken, "BuildGroups": Works,
			"PipelineTemplates": Works, "PipelineTemplate": Works, "Rules": Works, "Rule": Forbidden,
			"RuleSets": Works, "RuleSet": Skipped, // there is none
			"ProjectRuleSets": Works, "ProjectRuleSet": Forbidden,
			"OpenSourceRuleSets": Unpublished, "OpenSourceRuleSet": Skipped, "ProjectOpenSourceRuleSets": Unpublished, "ProjectOpenSourceRuleSet": Skipped,
			"Projects": Works, "IAMProjects": Forbidden,
			"Publishers": Works, "AvailablePublishers": Unpublished, "PublisherDetails": Forbidden, "StagePlugins": Works, "OptionalPlugins": Works,
			"Plugins": Works, "PluginVersions": Works, "PluginVersion": Broken, // the answer is about another version
			"PluginVersionNumbers": Works, "PluginMetrics": Works, "PluginInputs": Works, "PluginOutputs": Works,
			"BasicPlugins": Works, "BasicPlugin": Broken,
		}
		results := c.Probe(t.Context(), project, domain)
		if len(results) != len(want) {
			t.Errorf("%d results, want %d", len(results), len(want))
		}
		for _, r := range results {
			if r.Verdict != want[r.API] || (r.Verdict == Works || r.Verdict == Skipped) != (r.Err == nil) || r.Document == "" {
				t.Errorf("%s: %q, %v (%s), want %q", r.API, r.Verdict, r.Err, r.Document, want[r.API])
			}
			if (r.Verdict == Forbidden || r.Verdict == Unpublished) && r.Advice == "" {
				t.Errorf("%s: %q without advice", r.API, r.Verdict)
			}
			if total, list := map[string]int{"Pipelines": 1, "Projects": 1, "PipelineTemplates": 19, "RuleSets": 0, "Repositories": -1, "Rule": -1}[r.API]; list && r.Total != total {
				t.Errorf("%s: %d rows, want %d", r.API, r.Total, total)
			}
			if r.API == "Repositories" && !strings.Contains(r.Advice, "codeartsrepo:repository:getRepository") {
				t.Errorf("the advice does not name the permission: %s", r.Advice)
			}
		}
		detail := "/v5/" + owner + "/api/pipelines/cd65d6f2dc17493e97eb5175f872761a/pipeline-runs/detail"
		if !slices.Contains(asked, detail) {
			t.Errorf("the run detail was not asked from the pipeline's owner:\n%s", strings.Join(asked, "\n"))
		}
		for _, path := range []string{
			"/v5/" + domain + "/api/pipeline-templates/e908740fe06e44a28f30c0f3c81b2ad5",
			"/v2/" + domain + "/rules/425eba0dead04596a74cf7967d7fc04d/detail",
			"/v2/" + project + "/rule-sets/98183e0e70634f4d99da7dc549496652/gray/detail",
		} {
			if !slices.Contains(asked, path) {
				t.Errorf("the first row of the list was not asked for at %s:\n%s", path, strings.Join(asked, "\n"))
			}
		}
		if len(asked) != 37 { // one call per API that is tried, and one repeated after a 500
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
		case "PipelineStatuses", "PipelineRuns", "RunDetail", "StepLog", "TenantGate", "PipelineTemplates", "PipelineTemplate", "Rules", "Rule",
			"RuleSets", "RuleSet", "OpenSourceRuleSets", "OpenSourceRuleSet", "Publishers", "AvailablePublishers", "PublisherDetails", "StagePlugins", "OptionalPlugins",
			"Plugins", "PluginVersions", "PluginVersion", "PluginVersionNumbers", "PluginMetrics", "PluginInputs", "PluginOutputs", "BasicPlugins", "BasicPlugin":
			if r.Verdict != Skipped || r.Err != nil || r.Advice == "" {
				t.Errorf("%+v", r)
			}
		}
	}
}

func TestProbeWithoutEndpoints(t *testing.T) {
	o := keyOptions()
	o.Endpoints.IAM, o.Endpoints.Projectman = "", ""
	c := newTestClient(t, o, (&script{}).add(200, `{"total":0,"pipelines":[],"status":"success","result":[]}`).serve)
	for _, r := range c.Probe(t.Context(), project, "") {
		if (r.API == "Projects" || r.API == "IAMProjects") && (r.Verdict != Skipped || !strings.Contains(r.Advice, "no endpoint")) {
			t.Errorf("%+v", r)
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
