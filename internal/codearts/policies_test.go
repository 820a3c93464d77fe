package codearts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const domain = "ce8df55870164338a72d7e828a966a2a" // of the documents' examples

// policyLists are the lists of 4.1 and 4.4 to 4.8, with a page printed in the
// documents.
var policyLists = []struct {
	api, document string
	walk          func(context.Context, *Client) iter.Seq2[Page, error]
	url           string
	body          string
	rows, total   int
}{
	{
		"PipelineTemplates", "pipeline_templates_list.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] { return c.PipelineTemplates(ctx, domain) },
		"/v5/" + domain + "/api/pipeline-templates/list", `{"offset":0,"limit":100,"sort_key":"create_time","sort_dir":"asc"}`, 3, 19,
	}, {
		"Rules", "rules_query.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] { return c.Rules(ctx, domain) },
		"/v2/" + domain + "/rules/query?limit=100&offset=0", "", 10, 379,
	}, {
		"RuleSets", "rule_sets_query.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] { return c.RuleSets(ctx, domain) },
		"/v2/" + domain + "/tenant/rule-sets/query?include_tenant_rule_set=true&limit=100&offset=0", "", 2, 333,
	}, {
		"ProjectRuleSets", "project_rule_sets_query.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] { return c.ProjectRuleSets(ctx, project) },
		"/v2/" + project + "/rule-sets/query?include_tenant_rule_set=false&limit=100&offset=0", "", 4, 4,
	}, {
		"OpenSourceRuleSets", "open_source_rule_sets_query.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] { return c.OpenSourceRuleSets(ctx, domain) },
		"/v2/" + domain + "/tenant/open-source/rule-sets/query?limit=100&offset=0", "", 9, 29,
	}, {
		"ProjectOpenSourceRuleSets", "project_open_source_rule_sets_query.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] {
			return c.ProjectOpenSourceRuleSets(ctx, project)
		},
		"/v2/" + project + "/open-source/rule-sets/query?include_tenant_rule_set=false&limit=100&offset=0", "", 1, 1,
	},
}

// policyDetails are the details of 4.1 and 4.4 to 4.8, with the answer printed
// in the documents.
var policyDetails = []struct {
	api, document string
	call          func(context.Context, *Client) (json.RawMessage, error)
	path          string
}{
	{
		"PipelineTemplate", "pipeline_template.json",
		func(ctx context.Context, c *Client) (json.RawMessage, error) {
			return c.PipelineTemplate(ctx, domain, "deb18013bb6c4659b160b15fd7468644")
		},
		"/v5/" + domain + "/api/pipeline-templates/deb18013bb6c4659b160b15fd7468644",
	}, {
		"Rule", "rule.json",
		func(ctx context.Context, c *Client) (json.RawMessage, error) {
			return c.Rule(ctx, domain, "865b4c2d616b46ab890fff056a6f7e05")
		},
		"/v2/" + domain + "/rules/865b4c2d616b46ab890fff056a6f7e05/detail",
	}, {
		"RuleSet", "rule_set.json",
		func(ctx context.Context, c *Client) (json.RawMessage, error) {
			return c.RuleSet(ctx, domain, "6cb18ee5ca1c48caa335706e0e5ee288")
		},
		"/v2/" + domain + "/tenant/rule-sets/6cb18ee5ca1c48caa335706e0e5ee288/detail",
	}, {
		"ProjectRuleSet", "project_rule_set.json",
		func(ctx context.Context, c *Client) (json.RawMessage, error) {
			return c.ProjectRuleSet(ctx, project, "f9228e23118c4fa5a9c86493ea0cffc2")
		},
		"/v2/" + project + "/rule-sets/f9228e23118c4fa5a9c86493ea0cffc2/gray/detail",
	}, {
		"OpenSourceRuleSet", "open_source_rule_set.json",
		func(ctx context.Context, c *Client) (json.RawMessage, error) {
			return c.OpenSourceRuleSet(ctx, domain, "5bd5bee0865242fcaa545371c2081a65")
		},
		"/v2/" + domain + "/tenant/open-source/rule-sets/5bd5bee0865242fcaa545371c2081a65/detail",
	}, {
		"ProjectOpenSourceRuleSet", "project_open_source_rule_set.json",
		func(ctx context.Context, c *Client) (json.RawMessage, error) {
			return c.ProjectOpenSourceRuleSet(ctx, project, "60eab9fd2b144f619a3563b2e0036a61")
		},
		"/v2/" + project + "/open-source/rule-sets/60eab9fd2b144f619a3563b2e0036a61/detail",
	},
}

// Each list sends the documented request and hands out the rows of the
// documented answer, byte by byte. Most of the printed pages are a part of a
// longer list, so only the first page is taken.
func TestPolicyLists(t *testing.T) {
	for _, tt := range policyLists {
		t.Run(tt.api, func(t *testing.T) {
			method := "GET"
			if tt.body != "" {
				method = "POST"
			}
			text := fixture(t, tt.document)
			c := newTestClient(t, keyOptions(), func(req *http.Request, body string) *http.Response {
				if req.Method != method || req.URL.String() != "https://pipeline.example.test"+tt.url || body != tt.body {
					t.Errorf("sent %s %s %s\nwant %s %s %s", req.Method, req.URL, body, method, tt.url, tt.body)
				}
				return reply(200, text)
			})
			for page, err := range tt.walk(t.Context(), c) {
				if err != nil || len(page.Items) != tt.rows || page.Total != tt.total {
					t.Fatalf("%d rows of %d, %v; want %d of %d", len(page.Items), page.Total, err, tt.rows, tt.total)
				}
				for _, row := range page.Items {
					if !bytes.Contains([]byte(text), row) || !json.Valid(row) {
						t.Errorf("the row is not a part of the answer as received:\n%s", row)
					}
				}
				break
			}
		})
	}
}

// Each detail sends the documented request and hands out the whole answer.
func TestPolicyDetails(t *testing.T) {
	for _, tt := range policyDetails {
		t.Run(tt.api, func(t *testing.T) {
			text := fixture(t, tt.document)
			calls := 0
			c := newTestClient(t, keyOptions(), func(req *http.Request, body string) *http.Response {
				calls++
				if req.Method != "GET" || req.URL.String() != "https://pipeline.example.test"+tt.path || body != "" {
					t.Errorf("sent %s %s %s\nwant GET %s", req.Method, req.URL, body, tt.path)
				}
				return reply(200, text)
			})
			whole, err := tt.call(t.Context(), c)
			if err != nil || string(whole) != text || calls != 1 {
				t.Errorf("%d calls, %v, answer\n%s", calls, err, whole)
			}
		})
	}
}

// An error with status 200 is an error of the API and never an empty list or a
// detail; an API that the region lacks is known as such.
func TestPolicyRefusals(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		class  Class
	}{
		{200, `{"error_code":"DEVCP.00014031","error_msg":"no permission","data":[],"total":0}`, ClassPermission},
		{200, `{"error":{"code":"DEV_21_100169","message":"no such project"}}`, ClassNotFound},
		{200, `{"error_code":"DEVCP.00012002","error_msg":"no such record"}`, ClassNotFound},
		{404, `{"error_msg":"not published","error_code":"APIGW.0101","request_id":"r"}`, ClassNotInRegion},
		{400, `{"error_msg":"bad","error_code":"DEVCP.00021400"}`, ClassBadRequest},
		{200, `[]`, ClassUnusable},
	} {
		c := newTestClient(t, keyOptions(), func(*http.Request, string) *http.Response { return reply(tt.status, tt.body) })
		for _, list := range policyLists {
			rows, err := collect(list.walk(t.Context(), c))
			if e := wantClass(t, err, tt.class); e.API != list.api || len(rows) != 0 {
				t.Errorf("%s answers %s: %d rows, %v", list.api, tt.body, len(rows), err)
			}
		}
		for _, detail := range policyDetails {
			whole, err := detail.call(t.Context(), c)
			if e := wantClass(t, err, tt.class); e.API != detail.api || whole != nil {
				t.Errorf("%s answers %s: %s, %v", detail.api, tt.body, whole, err)
			}
		}
	}
}

// A list costs as many calls as its total needs, whatever page the server gives.
func TestPolicyWalks(t *testing.T) {
	for _, tt := range []struct {
		total, clamp int
		calls        []int // offsets asked for
	}{
		{0, 0, []int{0}},
		{200, 0, []int{0, 100}},
		{201, 0, []int{0, 100, 200}},
		{120, 50, []int{0, 50, 100}},
	} {
		for _, policies := range policyLists {
			l := list{total: tt.total, clamp: tt.clamp}
			c := newTestClient(t, keyOptions(), func(req *http.Request, body string) *http.Response {
				field := "data"
				offset, _ := strconv.Atoi(req.URL.Query().Get("offset"))
				limit, _ := strconv.Atoi(req.URL.Query().Get("limit"))
				if req.Method == "POST" {
					field = "templates"
					var q struct{ Offset, Limit int }
					if err := json.Unmarshal([]byte(body), &q); err != nil {
						t.Error(err)
					}
					offset, limit = q.Offset, q.Limit
				}
				rows := l.rows(offset, limit)
				return reply(200, fmt.Sprintf(`{%q:[%s],"total":%d}`, field, strings.Join(rows, ","), l.total))
			})
			rows, err := collect(policies.walk(t.Context(), c))
			if err != nil || len(rows) != tt.total || !slices.Equal(l.calls, tt.calls) {
				t.Errorf("%s: %d rows of %d, asked at %v, want %v, %v", policies.api, len(rows), tt.total, l.calls, tt.calls, err)
			}
		}
	}
}

// An empty id would address another API, so it is refused before anything is
// sent.
func TestPolicyIDs(t *testing.T) {
	c := newTestClient(t, keyOptions(), (&script{}).serve)
	for _, call := range []func() (json.RawMessage, error){
		func() (json.RawMessage, error) { return c.PipelineTemplate(t.Context(), domain, "") },
		func() (json.RawMessage, error) { return c.Rule(t.Context(), "", "r") },
		func() (json.RawMessage, error) { return c.RuleSet(t.Context(), domain, "..") },
		func() (json.RawMessage, error) { return c.ProjectRuleSet(t.Context(), "", "r") },
		func() (json.RawMessage, error) { return c.OpenSourceRuleSet(t.Context(), domain, "") },
		func() (json.RawMessage, error) { return c.ProjectOpenSourceRuleSet(t.Context(), "", "r") },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), "is not usable in the path") {
			t.Errorf("%v", err)
		}
	}
}
