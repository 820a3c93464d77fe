package codearts_test

import (
	"context"
	"encoding/json"
	"iter"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"artery/internal/codearts"
	"artery/internal/codearts/codeartstest"
)

// origin is where the simulated world begins to live.
var origin = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

func standing() time.Time { return origin }

// simulated starts a CodeArts and returns clients of it, one per kind of
// authorization, all on one clock.
func simulated(t *testing.T, now func() time.Time) (*codeartstest.Tenant, map[string]*codearts.Client) {
	t.Helper()
	options := codeartstest.TestOptions(1, origin)
	options.Now = now
	tenant := codeartstest.New(options)
	server := httptest.NewServer(tenant)
	t.Cleanup(server.Close)
	o := tenant.Options()
	clients := map[string]*codearts.Client{}
	for name, auth := range map[string]codearts.Auth{
		"token": {Password: &codearts.PasswordAuth{User: o.User, Password: codearts.NewSecret(o.Password), Domain: o.Domain, Project: o.Region}},
		"keys":  {Keys: &codearts.KeyAuth{AccessKey: o.AccessKey, SecretKey: codearts.NewSecret(o.SecretKey)}},
	} {
		client, err := codearts.New(codearts.Options{
			Tenant:    "acme",
			Endpoints: codearts.Endpoints{IAM: server.URL, Pipeline: server.URL, Build: server.URL, Check: server.URL, Repo: server.URL, Projectman: server.URL},
			Auth:      auth, Limits: codearts.Limits{PerSecond: 2000}, Now: now,
		})
		if err != nil {
			t.Fatal(err)
		}
		clients[name] = client
	}
	return tenant, clients
}

// ids returns the texts of one field over all rows, with how often each came.
func ids(t *testing.T, rows []json.RawMessage, field string) map[string]int {
	t.Helper()
	found := map[string]int{}
	for _, row := range rows {
		var object map[string]any
		if err := json.Unmarshal(row, &object); err != nil {
			t.Fatal(err)
		}
		id, _ := object[field].(string)
		found[id]++
	}
	return found
}

func wantIDs(t *testing.T, what string, got map[string]int, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d different, want %d", what, len(got), len(want))
	}
	for _, id := range want {
		if got[id] != 1 {
			t.Errorf("%s: %q came %d times", what, id, got[id])
		}
	}
}

func all(t *testing.T, pages iter.Seq2[codearts.Page, error]) []json.RawMessage {
	t.Helper()
	var rows []json.RawMessage
	for page, err := range pages {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, page.Items...)
	}
	return rows
}

// flat walks a tree of groups.
func flat(t *testing.T, roots []json.RawMessage) []json.RawMessage {
	t.Helper()
	var nodes []json.RawMessage
	for _, root := range roots {
		var node struct{ Children []json.RawMessage }
		if err := json.Unmarshal(root, &node); err != nil {
			t.Fatal(err)
		}
		nodes = append(append(nodes, root), flat(t, node.Children)...)
	}
	return nodes
}

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestEveryEndpointAgainstTheTruth(t *testing.T) {
	tenant, clients := simulated(t, standing)
	truth := tenant.Truth(origin)
	for name, client := range clients {
		t.Run(name, func(t *testing.T) { compare(t.Context(), t, client, truth, tenant.Commits(origin)) })
	}
}

func compare(ctx context.Context, t *testing.T, client *codearts.Client, truth codeartstest.Truth, commits []codeartstest.CommitTruth) {
	list, whole := must[[]json.RawMessage](t), must[json.RawMessage](t)
	var repositories []string
	for _, r := range truth.Repositories {
		repositories = append(repositories, r.Name)
	}
	wantIDs(t, "repositories", ids(t, all(t, client.Repositories(ctx)), "repository_name"), repositories)
	byRepository := map[int64][]codeartstest.CommitTruth{}
	for _, c := range commits {
		byRepository[c.RepositoryID] = append(byRepository[c.RepositoryID], c)
	}
	for id, line := range byRepository {
		repository, last := strconv.FormatInt(id, 10), line[len(line)-1]
		wantIDs(t, "commit", ids(t, []json.RawMessage{whole(client.Commit(ctx, repository, last.ID))}, "title"), []string{last.Title})
		var between []string
		for _, c := range line[1:] {
			between = append(between, c.ID)
		}
		wantIDs(t, "commits of "+repository, ids(t, all(t, client.Comparison(ctx, repository, line[0].ID, last.ID)), "id"), between)
	}
	var tenants []string
	for _, b := range truth.BuildTenants {
		tenants = append(tenants, b.DomainID)
	}
	wantIDs(t, "build tenants", ids(t, list(client.BuildTenants(ctx, tenants)), "domain_id"), tenants)

	var projects []string
	for _, p := range truth.Projects {
		projects = append(projects, p.ID)
	}
	wantIDs(t, "projects", ids(t, all(t, client.Projects(ctx, false)), "project_id"), projects)
	iam, _, err := client.IAMProjects(ctx)
	wantIDs(t, "IAM projects", ids(t, list(iam, err), "name"), []string{"eu-west-101"})

	for _, p := range truth.Projects {
		var pipelines, ran, groups, buildGroups []string
		for _, pl := range truth.Pipelines {
			if pl.ProjectID != p.ID {
				continue
			}
			pipelines = append(pipelines, pl.ID)
			if pl.LatestRunID != "" {
				ran = append(ran, pl.LatestRunID)
			}
			compareRuns(ctx, t, client, truth, pl)
		}
		for _, g := range truth.PipelineGroups {
			if g.ProjectID == p.ID {
				groups = append(groups, g.ID)
			}
		}
		for _, g := range truth.BuildGroups {
			if g.ProjectID == p.ID {
				buildGroups = append(buildGroups, g.ID)
			}
		}
		wantIDs(t, "pipelines", ids(t, all(t, client.Pipelines(ctx, p.ID)), "pipeline_id"), pipelines)
		wantIDs(t, "latest runs", ids(t, list(client.PipelineStatuses(ctx, p.ID, pipelines)), "pipeline_run_id"), ran)
		wantIDs(t, "pipeline groups", ids(t, flat(t, list(client.PipelineGroups(ctx, p.ID))), "id"), groups)
		wantIDs(t, "build groups", ids(t, flat(t, list(client.BuildGroups(ctx, p.ID))), "id"), buildGroups)
		compareGate(t, whole(client.ProjectGate(ctx, p.ID)), truth, p.ID)
	}
	compareGate(t, whole(client.TenantGate(ctx, truth.TenantID)), truth, "")
}

func compareRuns(ctx context.Context, t *testing.T, client *codearts.Client, truth codeartstest.Truth, pl codeartstest.PipelineTruth) {
	var runs, recent []string
	since := origin.Add(-24 * time.Hour)
	for _, r := range truth.Runs {
		if r.PipelineID == pl.ID && !r.Expired {
			runs = append(runs, r.ID)
			if !r.Start.Before(since) {
				recent = append(recent, r.ID)
			}
		}
	}
	wantIDs(t, "runs of "+pl.Name, ids(t, all(t, client.PipelineRuns(ctx, pl.ProjectID, pl.ID, codearts.Window{Limit: 7})), "pipeline_run_id"), runs)
	window := codearts.Window{From: since, To: origin, Descending: true}
	wantIDs(t, "runs of a day of "+pl.Name, ids(t, all(t, client.PipelineRuns(ctx, pl.ProjectID, pl.ID, window)), "pipeline_run_id"), recent)
	if pl.LatestRunID != "" {
		detail := must[json.RawMessage](t)(client.RunDetail(ctx, pl.ProjectID, pl.ID, pl.LatestRunID))
		wantIDs(t, "run detail", ids(t, []json.RawMessage{detail}, "id"), []string{pl.LatestRunID})
	}
}

func compareGate(t *testing.T, answer json.RawMessage, truth codeartstest.Truth, project string) {
	t.Helper()
	var gate struct {
		Result struct {
			Items []json.RawMessage `json:"review_info"`
		}
	}
	if err := json.Unmarshal(answer, &gate); err != nil {
		t.Fatal(err)
	}
	for _, g := range truth.Gates {
		if g.ProjectID == project && len(gate.Result.Items) != len(g.Items) {
			t.Errorf("gate of %q has %d items, want %d", project, len(gate.Result.Items), len(g.Items))
		}
	}
}

func TestProbeOfTheSimulatedTenant(t *testing.T) {
	tenant, clients := simulated(t, standing)
	for name, client := range clients {
		for _, r := range client.Probe(t.Context(), tenant.World().ProjectIDs()[0], tenant.World().TenantID()) {
			if r.Verdict != codearts.Works {
				t.Errorf("%s: %s is %q: %v %s", name, r.API, r.Verdict, r.Err, r.Advice)
			}
		}
	}
}

// A call meets each fault once and still succeeds.
func TestFaultsOfTheSimulatedTenantAreSurvived(t *testing.T) {
	tenant, clients := simulated(t, standing)
	for name, client := range clients {
		for _, fault := range []codeartstest.Fault{
			{Kind: codeartstest.FaultStatus, Status: 503},
			{Kind: codeartstest.FaultErrorCode, Code: "DEVPIPE.00011127"},
			{Kind: codeartstest.FaultTruncate},
			{Kind: codeartstest.FaultDrop},
			{Kind: codeartstest.FaultGzip},
		} {
			tenant.Inject(codeartstest.APIGroups, fault)
			if _, err := client.PipelineGroups(t.Context(), tenant.World().ProjectIDs()[0]); err != nil {
				t.Errorf("%s: %v: %v", name, fault.Kind, err)
			}
		}
		tenant.RevokeTokens()
		if _, err := client.PipelineGroups(t.Context(), tenant.World().ProjectIDs()[0]); err != nil {
			t.Errorf("%s, tokens revoked: %v", name, err)
		}
	}
}

// Calls get through a limit far below the client's own, which adapts.
func TestLimitOfTheSimulatedTenant(t *testing.T) {
	start := time.Now()
	tenant, clients := simulated(t, func() time.Time { return origin.Add(time.Since(start)) })
	tenant.SetLimit(codeartstest.APIGroups, codeartstest.Limit{PerSecond: 50, Burst: 5})
	client := clients["keys"]
	for range 12 {
		if _, err := client.PipelineGroups(t.Context(), tenant.World().ProjectIDs()[0]); err != nil {
			t.Fatal(err)
		}
	}
	if b := client.Budgets()[1]; b.API != "PipelineGroups" || b.Present >= 2000 || b.Throttled == 0 {
		t.Errorf("the client did not slow down: %+v", b)
	}
}
