package codearts

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fixture is an answer printed in the API documents.
func fixture(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func collect(pages iter.Seq2[Page, error]) ([]json.RawMessage, error) {
	var rows []json.RawMessage
	for page, err := range pages {
		if err != nil {
			return rows, err
		}
		rows = append(rows, page.Items...)
	}
	return rows, nil
}

func one(raw json.RawMessage, err error) ([]json.RawMessage, error) {
	return []json.RawMessage{raw}, err
}

// Each endpoint sends the documented request and hands out the rows of the
// documented answer, byte by byte.
func TestEndpoints(t *testing.T) {
	window := Window{
		From: time.UnixMilli(1677513600000), To: time.UnixMilli(1678118399000), Descending: true,
		Status: []string{"COMPLETED", "QUEUED"}, Limit: 10,
	}
	for _, tt := range []struct {
		api, answer string
		call        func(context.Context, *Client) ([]json.RawMessage, error)
		method, url string
		body        string
		whole       bool // the row is the answer itself
		count       int
	}{
		{
			"Pipelines", "pipelines_list.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) {
				return collect(c.Pipelines(ctx, project))
			},
			"POST", "https://pipeline.example.test/v5/" + project + "/api/pipelines/list",
			`{"project_id":"` + project + `","project_ids":["` + project + `"],"offset":0,"limit":100,"sort_key":"create_time","sort_dir":"asc"}`,
			false, 1,
		}, {
			"Pipelines", "pipelines_list.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) {
				return collect(c.PipelinesOfAll(ctx, []string{project, "6428c2e2b4b64affa14ec80896695c49"}))
			},
			"POST", "https://pipeline.example.test/v5/" + project + "/api/pipelines/list",
			`{"project_ids":["` + project + `","6428c2e2b4b64affa14ec80896695c49"],"offset":0,"limit":100,"sort_key":"create_time","sort_dir":"asc"}`,
			false, 1,
		}, {
			"Pipelines", "pipelines_list.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) {
				return collect(c.PipelinesWith(ctx, []string{project, "6428c2e2b4b64affa14ec80896695c49"}, []string{"RUNNING", "PAUSED"}))
			},
			"POST", "https://pipeline.example.test/v5/" + project + "/api/pipelines/list",
			`{"project_ids":["` + project + `","6428c2e2b4b64affa14ec80896695c49"],"status":["RUNNING","PAUSED"],"offset":0,"limit":100,"sort_key":"create_time","sort_dir":"asc"}`,
			false, 1,
		}, {
			"PipelineStatuses", "pipelines_status.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) {
				return c.PipelineStatuses(ctx, project, []string{"d19799d619424b2bb2625ec2d93ea087"})
			},
			"POST", "https://pipeline.example.test/v5/" + project + "/api/pipelines/status",
			`["d19799d619424b2bb2625ec2d93ea087"]`, false, 1,
		}, {
			"PipelineRuns", "pipeline_runs_list.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) {
				return collect(c.PipelineRuns(ctx, project, pipeline, window))
			},
			"POST", "https://pipeline.example.test/v5/" + project + "/api/pipelines/" + pipeline + "/pipeline-runs/list",
			`{"offset":0,"limit":10,"status":["COMPLETED","QUEUED"],"sort_key":"start_time","sort_dir":"desc","start_time":1677513600000,"end_time":1678118399000}`,
			false, 1,
		}, {
			"PipelineRuns", "pipeline_runs_list.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) {
				return collect(c.PipelineRuns(ctx, project, pipeline, Window{}))
			},
			"POST", "https://pipeline.example.test/v5/" + project + "/api/pipelines/" + pipeline + "/pipeline-runs/list",
			`{"offset":0,"limit":100,"sort_key":"start_time","sort_dir":"asc"}`, false, 1,
		}, {
			"RunDetail", "run_detail.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) {
				return one(c.RunDetail(ctx, project, pipeline, "25adfa6784124cf9b9274ceaecf9957"))
			},
			"GET", "https://pipeline.example.test/v5/" + project + "/api/pipelines/" + pipeline + "/pipeline-runs/detail?pipeline_run_id=25adfa6784124cf9b9274ceaecf9957",
			"", true, 1,
		}, {
			"StepLog", "step_log.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) {
				log, err := c.StepLog(ctx, project, pipeline, "9e91", "6ce8", "7a1a", 1)
				if lines := strings.Split(log.Text, "\n"); len(lines) != 34 || !log.Whole || log.Location != "jenkins" || log.Calls != 1 ||
					lines[33] != "[2023/11/24 21:49:36.563 GMT+08:00] [INFO] [real_stage: Shell]: This step is complete." {
					t.Errorf("%d lines: %+v", len(lines), log)
				}
				text, _ := json.Marshal(log.Text) // of a text
				return []json.RawMessage{text}, err
			},
			"POST", "https://pipeline.example.test/v5/" + project + "/api/pipelines/" + pipeline + "/pipeline-runs/9e91/jobs/6ce8/steps/7a1a/logs",
			`{"start_offset":0,"end_offset":0,"limit":500,"sort":"desc"}`, false, 1,
		}, {
			"PipelineGroups", "pipeline_group_tree.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) { return c.PipelineGroups(ctx, project) },
			"GET", "https://pipeline.example.test/v5/" + project + "/api/pipeline-group/tree", "", false, 3,
		}, {
			"Repositories", "tenant_repositories.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) { return collect(c.Repositories(ctx)) },
			"GET", "https://repo.example.test/v4/tenant/repositories?limit=100&offset=0&sort=asc&sort_field=create_time", "", false, 1,
		}, {
			"TenantGate", "review_data.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) { return one(c.TenantGate(ctx, "389e")) },
			"GET", "https://check.example.test/v2/transmission/review-data?domain_id=389e&is_check_project=0&project_id=", "", true, 1,
		}, {
			"ProjectGate", "review_data.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) {
				return one(c.ProjectGate(ctx, project))
			},
			"GET", "https://check.example.test/v2/transmission/review-data?domain_id=&is_check_project=1&project_id=" + project, "", true, 1,
		}, {
			"BuildTenants", "domains_statuses.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) {
				return c.BuildTenants(ctx, []string{"82a38fff", "60021bab"})
			},
			"POST", "https://build.example.test/v1/domain/domains-statuses", `{"domain_ids":"82a38fff,60021bab"}`, false, 2,
		}, {
			"BuildGroups", "build_group_tree.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) { return c.BuildGroups(ctx, project) },
			"GET", "https://build.example.test/v1/job/" + project + "/group/tree", "", false, 1,
		}, {
			"Projects", "projects.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) {
				return collect(c.Projects(ctx, false))
			},
			"GET", "https://projectman.example.test/v4/projects?limit=1000&offset=0&query_type=domain_projects", "", false, 1,
		}, {
			"Projects", "projects.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) { return collect(c.Projects(ctx, true)) },
			"GET", "https://projectman.example.test/v4/projects?limit=1000&offset=0", "", false, 1,
		}, {
			"IAMProjects", "iam_projects.json",
			func(ctx context.Context, c *Client) ([]json.RawMessage, error) {
				rows, complete, err := c.IAMProjects(ctx)
				if !complete {
					t.Error("the printed answer is the whole list")
				}
				return rows, err
			},
			"GET", "https://iam.example.test/v3/projects", "", false, 1,
		},
	} {
		t.Run(tt.api, func(t *testing.T) {
			text := fixture(t, tt.answer)
			calls := 0
			c := newTestClient(t, keyOptions(), func(req *http.Request, body string) *http.Response {
				calls++
				if req.Method != tt.method || req.URL.String() != tt.url || body != tt.body {
					t.Errorf("sent %s %s %s\nwant %s %s %s", req.Method, req.URL, body, tt.method, tt.url, tt.body)
				}
				if got := req.Header.Get("User-Agent"); got != "artery/dev" {
					t.Errorf("User-Agent is %q", got)
				}
				return reply(200, text, "X-Total: 1")
			})
			rows, err := tt.call(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != tt.count || calls != 1 {
				t.Fatalf("%d rows in %d calls, want %d in 1", len(rows), calls, tt.count)
			}
			for _, row := range rows {
				if !bytes.Contains([]byte(text), row) || !json.Valid(row) {
					t.Errorf("the row is not a part of the answer as received:\n%s", row)
				}
			}
			if tt.whole && string(rows[0]) != text {
				t.Errorf("the answer was changed:\n%s", rows[0])
			}
		})
	}
}

// A row of an unexpected form does not fail its page.
func TestOddRows(t *testing.T) {
	c := newTestClient(t, keyOptions(), func(*http.Request, string) *http.Response {
		return reply(200, `{"offset":"0","limit":null,"total":"3","pipelines":[{"create_time":"text"},null,"row"]}`)
	})
	rows, err := collect(c.Pipelines(t.Context(), project))
	if err != nil || len(rows) != 3 || string(rows[2]) != `"row"` {
		t.Errorf("%s, %v", rows, err)
	}
}

// An answer that names a next page is not the whole list.
func TestIAMProjectsGoOn(t *testing.T) {
	c := newTestClient(t, keyOptions(), func(*http.Request, string) *http.Response {
		return reply(200, `{"projects":[{"id":"a"}],"links":{"next":"https://iam.example.test/v3/projects?page=2","self":"x"}}`)
	})
	if rows, complete, err := c.IAMProjects(t.Context()); err != nil || len(rows) != 1 || complete {
		t.Errorf("%s, complete %t, %v", rows, complete, err)
	}
}

// What only discovery and inventory need may be missing; asking for it all the same sends nothing and says why.
func TestEndpointsThatMayBeMissing(t *testing.T) {
	o := keyOptions()
	o.Endpoints.IAM, o.Endpoints.Projectman = "", ""
	c := newTestClient(t, o, func(req *http.Request, _ string) *http.Response {
		t.Errorf("sent %s", req.URL)
		return reply(200, `{}`)
	})
	_, err := collect(c.Projects(t.Context(), true))
	if e := wantClass(t, err, ClassBadRequest); !strings.Contains(e.Error(), "the endpoint projectman is not configured") {
		t.Error(e)
	}
	_, _, err = c.IAMProjects(t.Context())
	if e := wantClass(t, err, ClassBadRequest); !strings.Contains(e.Error(), "the endpoint iam is not configured") {
		t.Error(e)
	}
}
