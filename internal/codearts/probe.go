package codearts

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// Verdict is the outcome of trying one API.
type Verdict string

// The verdicts.
const (
	Works       Verdict = "ok"
	Forbidden   Verdict = "permission"
	Unpublished Verdict = "not in this region"
	Broken      Verdict = "error"
	Skipped     Verdict = "not tried"
)

// ProbeResult is the outcome for one API.
type ProbeResult struct {
	API      string
	Document string // where the API is described
	Verdict  Verdict
	Err      error         // nil if it works or was not tried
	Advice   string        // what to do, may be empty; also given where an API works in a doubtful way
	Duration time.Duration // with waiting for the limits
	Total    int           // rows of the list, as its answer says; -1 if that is not known
}

// Probe makes one cheap call per API, with few retries, and goes on after
// failures. project may be empty: the APIs of a project are then not tried.
// ClockSkew is known afterwards if any answer came.
func (c *Client) Probe(ctx context.Context, project, domain string) []ProbeResult {
	return c.probe(ctx, project, domain, probes)
}

// ProbeProject is Probe for the APIs of a project only.
func (c *Client) ProbeProject(ctx context.Context, project string) []ProbeResult {
	return c.probe(ctx, project, "", slices.DeleteFunc(slices.Clone(probes), func(p probe) bool { return slices.Contains(tenantAPIs, p.api) }))
}

// tenantAPIs are those that ask about the tenant as a whole.
var tenantAPIs = []string{
	apiProjects, apiIAMProjects, apiRepositories, apiTenantGate, apiBuildTenants, apiPipelineTemplates, apiPipelineTemplate, apiRules, apiRule, apiRuleSets, apiRuleSet,
	apiOpenSourceRuleSets, apiOpenSourceRuleSet, apiPublishers, apiAvailablePublishers, apiPublisherDetails, apiStagePlugins, apiOptionalPlugins,
	apiPlugins, apiPluginVersions, apiPluginVersion, apiPluginVersionNumbers, apiPluginMetrics, apiPluginInputs, apiPluginOutputs, apiBasicPlugins, apiBasicPlugin,
}

func (c *Client) probe(ctx context.Context, project, domain string, all []probe) []ProbeResult {
	once := *c
	once.opts.Attempts, once.opts.Throttled = 2, 2
	p := prober{client: &once, ctx: ctx, project: project, domain: domain, first: map[string]string{}}
	var noSignIn error
	results := make([]ProbeResult, 0, len(all))
	for _, try := range all {
		r := ProbeResult{API: try.api, Document: try.document}
		p.total = -1
		start := time.Now()
		if r.Err = noSignIn; r.Err == nil {
			r.Advice, r.Err = try.call(&p)
		}
		r.Duration, r.Total = time.Since(start), p.total
		r.Verdict = verdictOf(r.Err)
		var skip skipped
		var e *Error
		switch {
		case errors.As(r.Err, &skip):
			r.Advice, r.Err = string(skip), nil
		case errors.As(r.Err, &e):
			r.Advice = e.Advice()
			if e.API == apiSignIn {
				noSignIn = e // nothing else can work, and IAM counts failures
			}
		}
		results = append(results, r)
	}
	return results
}

// skipped is the reason why an API was not tried.
type skipped string

func (s skipped) Error() string { return string(s) }

func verdictOf(err error) Verdict {
	var skip skipped
	var e *Error
	switch {
	case err == nil:
		return Works
	case errors.As(err, &skip):
		return Skipped
	case errors.As(err, &e) && e.Class == ClassPermission:
		return Forbidden
	case errors.As(err, &e) && e.Class == ClassNotInRegion:
		return Unpublished
	}
	return Broken
}

// prober carries what one try finds to the next.
type prober struct {
	client          *Client
	ctx             context.Context
	project, domain string

	owner, pipeline, run string            // of the first pipeline that ran
	job, step            string            // the first of that run
	repository, commit   string            // of the first run that names both
	first                map[string]string // id of the first row of a list, by API
	plugin               PluginRef         // the first with a published version
	total                int               // of the list that is tried
}

// probe tries one API; the text is advice for an API that works.
type probe struct {
	api, document string
	call          func(*prober) (string, error)
}

// probes are all APIs, in the order in which they are tried.
var probes = []probe{
	{apiPipelines, "CodeArts Pipeline API Reference 4.2.4", (*prober).pipelines},
	{apiPipelineStatuses, "CodeArts Pipeline API Reference 4.2.2", (*prober).statuses},
	{apiPipelineRuns, "CodeArts Pipeline API Reference 4.2.7", (*prober).runs},
	{apiRunDetail, "CodeArts Pipeline API Reference 4.2.3", (*prober).detail},
	{apiStepLog, "CodeArts Pipeline API Reference 4.2.13", (*prober).stepLog},
	{apiPipelineGroups, "CodeArts Pipeline API Reference 4.3.4", (*prober).pipelineGroups},
	{apiRepositories, "CodeArts Repo: Obtaining the Tenant Repository List", (*prober).repositories},
	{apiCommit, "CodeArts Repo v4: ShowCommit of the vendor's SDK", (*prober).commitOfRun},
	{apiComparison, "CodeArts Repo v4: ShowRefCompare of the vendor's SDK", (*prober).comparison},
	{apiTenantGate, "CodeArts Check: Querying Tenant or Project Gate Configuration", (*prober).tenantGate},
	{apiProjectGate, "CodeArts Check: Querying Tenant or Project Gate Configuration", (*prober).projectGate},
	{apiBuildTenants, "CodeArts Build: Querying the Status of Other Tenants in Cross-Tenant Scenarios", (*prober).buildTenants},
	{apiBuildGroups, "CodeArts Build: Querying a Group Tree", (*prober).buildGroups},
	{apiPipelineTemplates, "CodeArts Pipeline API Reference 4.1.1", tryList(apiPipelineTemplates, ofTenant, (*Client).templatesPage)},
	{apiPipelineTemplate, "CodeArts Pipeline API Reference 4.1.3", tryDetail(apiPipelineTemplates, ofTenant, (*Client).PipelineTemplate)},
	{apiRules, "CodeArts Pipeline API Reference 4.4.2", tryList(apiRules, ofTenant, (*Client).rulesPage)},
	{apiRule, "CodeArts Pipeline API Reference 4.4.1", tryDetail(apiRules, ofTenant, (*Client).Rule)},
	{apiRuleSets, "CodeArts Pipeline API Reference 4.5.4", tryList(apiRuleSets, ofTenant, (*Client).ruleSetsPage)},
	{apiRuleSet, "CodeArts Pipeline API Reference 4.5.3", tryDetail(apiRuleSets, ofTenant, (*Client).RuleSet)},
	{apiProjectRuleSets, "CodeArts Pipeline API Reference 4.6.1", tryList(apiProjectRuleSets, ofProject, (*Client).projectRuleSetsPage)},
	{apiProjectRuleSet, "CodeArts Pipeline API Reference 4.6.2", tryDetail(apiProjectRuleSets, ofProject, (*Client).ProjectRuleSet)},
	{apiOpenSourceRuleSets, "CodeArts Pipeline API Reference 4.7.4", tryList(apiOpenSourceRuleSets, ofTenant, (*Client).openSourceRuleSetsPage)},
	{apiOpenSourceRuleSet, "CodeArts Pipeline API Reference 4.7.3", tryDetail(apiOpenSourceRuleSets, ofTenant, (*Client).OpenSourceRuleSet)},
	{apiProjectOpenSourceRuleSets, "CodeArts Pipeline API Reference 4.8.2", tryList(apiProjectOpenSourceRuleSets, ofProject, (*Client).projectOpenSourceRuleSetsPage)},
	{apiProjectOpenSourceRuleSet, "CodeArts Pipeline API Reference 4.8.1", tryDetail(apiProjectOpenSourceRuleSets, ofProject, (*Client).ProjectOpenSourceRuleSet)},
	{apiProjects, "CodeArts Req: Querying the Project List", (*prober).projects},
	{apiIAMProjects, "CodeArts Pipeline API Reference 5.3", (*prober).iamProjects},
	{apiPublishers, "CodeArts Pipeline API Reference 4.9.12", (*prober).publishers},
	{apiAvailablePublishers, "CodeArts Pipeline API Reference 4.9.13", (*prober).availablePublishers},
	{apiPublisherDetails, "CodeArts Pipeline API Reference 4.9.25", (*prober).publisherDetails},
	{apiStagePlugins, "CodeArts Pipeline API Reference 4.9.14", (*prober).stagePlugins},
	{apiOptionalPlugins, "CodeArts Pipeline API Reference 4.9.16", tryList(apiOptionalPlugins, ofTenant, (*Client).optionalPluginsPage)},
	{apiPlugins, "CodeArts Pipeline API Reference 4.9.17", (*prober).plugins},
	{apiPluginVersions, "CodeArts Pipeline API Reference 4.9.21", ofPlugin((*prober).pluginVersions)},
	{apiPluginVersion, "CodeArts Pipeline API Reference 4.9.22", ofPlugin((*prober).pluginVersion)},
	{apiPluginVersionNumbers, "CodeArts Pipeline API Reference 4.9.23", ofPlugin((*prober).pluginVersionNumbers)},
	{apiPluginMetrics, "CodeArts Pipeline API Reference 4.9.18", ofPlugin((*prober).pluginMetrics)},
	{apiPluginInputs, "CodeArts Pipeline API Reference 4.9.19", ofPlugin((*prober).pluginInputs)},
	{apiPluginOutputs, "CodeArts Pipeline API Reference 4.9.20", ofPlugin((*prober).pluginOutputs)},
	{apiBasicPlugins, "CodeArts Pipeline API Reference 4.9.15", (*prober).basicPlugins},
	{apiBasicPlugin, "CodeArts Pipeline API Reference 4.9.30", (*prober).basicPlugin},
}

const noProject = skipped("no project is configured to try it with")

// counted takes note of how long a list is.
func (p *prober) counted(page Page, err error) {
	if err == nil {
		p.total = page.Total
	}
}

func (p *prober) pipelines() (string, error) {
	if p.project == "" {
		return "", noProject
	}
	page, err := p.client.pipelinesPage(p.ctx, p.project, pipelinesOf(p.project), 0, smallestPage)
	p.counted(page, err)
	for _, row := range page.Items {
		var r struct {
			ID    lenient `json:"pipeline_id"`
			Owner lenient `json:"project_id"`
			Run   struct {
				ID    lenient `json:"pipeline_run_id"`
				Build struct {
					Repository lenient `json:"codehub_id"`
					Commit     lenient `json:"commit_id"`
				} `json:"build_params"`
			} `json:"latest_run"`
		}
		if json.Unmarshal(row, &r) != nil || r.ID == "" {
			continue
		}
		if b := r.Run.Build; p.repository == "" && b.Repository != "" && b.Commit != "" {
			p.repository, p.commit = string(b.Repository), string(b.Commit)
		}
		if p.run != "" {
			continue
		}
		if p.pipeline == "" || r.Run.ID != "" {
			p.owner, p.pipeline, p.run = string(r.Owner), string(r.ID), string(r.Run.ID)
		}
	}
	if p.owner == "" {
		p.owner = p.project
	}
	if err == nil && page.Total == 0 {
		return "the project has no pipeline, or the account is not a member of it", nil
	}
	return "", err
}

func (p *prober) statuses() (string, error) {
	if p.pipeline == "" {
		return "", skipped("no pipeline was found to try it with")
	}
	_, err := p.client.statusBatch(p.ctx, p.owner, []string{p.pipeline})
	return "", err
}

func (p *prober) runs() (string, error) {
	if p.pipeline == "" {
		return "", skipped("no pipeline was found to try it with")
	}
	_, err := p.client.runsPage(p.ctx, p.owner, p.pipeline, Window{Descending: true}, 0, 1)
	return "", err
}

func (p *prober) detail() (string, error) {
	if p.run == "" {
		return "", skipped("no run was found to try it with")
	}
	detail, err := p.client.RunDetail(p.ctx, p.owner, p.pipeline, p.run)
	var run struct {
		Stages []struct {
			Jobs []struct {
				ID    lenient `json:"id"`
				Steps []struct {
					ID lenient `json:"id"`
				} `json:"steps"`
			} `json:"jobs"`
		} `json:"stages"`
	}
	if err != nil || json.Unmarshal(detail, &run) != nil {
		return "", err
	}
	for _, stage := range run.Stages {
		for _, job := range stage.Jobs {
			if p.step == "" && len(job.Steps) > 0 {
				p.job, p.step = string(job.ID), string(job.Steps[0].ID)
			}
		}
	}
	return "", nil
}

func (p *prober) stepLog() (string, error) {
	if p.step == "" {
		return "", skipped("no step was found to try it with")
	}
	_, err := p.client.logPage(p.ctx, p.owner, []string{p.pipeline, p.run, p.job, p.step}, 0, 1)
	var e *Error
	if errors.As(err, &e) && e.Class == ClassNotFound {
		return "the step that was asked for has no log", nil
	}
	return "", err
}

func (p *prober) pipelineGroups() (string, error) {
	if p.project == "" {
		return "", noProject
	}
	_, err := p.client.PipelineGroups(p.ctx, p.project)
	return "", err
}

func (p *prober) repositories() (string, error) {
	page, err := p.client.repositoriesPage(p.ctx, 0, 1)
	p.counted(page, err)
	return "", err
}

const noCommit = skipped("no run of a repository in CodeArts was found to try it with")

func (p *prober) commitOfRun() (string, error) {
	if p.commit == "" {
		return "", noCommit
	}
	_, err := p.client.Commit(p.ctx, p.repository, p.commit)
	return "", err
}

func (p *prober) comparison() (string, error) {
	if p.commit == "" {
		return "", noCommit
	}
	_, err := p.client.comparisonPage(p.ctx, p.repository, p.commit, p.commit, 0, 1)
	return "", err
}

func (p *prober) tenantGate() (string, error) {
	if p.domain == "" {
		return "", noDomain
	}
	_, err := p.client.TenantGate(p.ctx, p.domain)
	return "", err
}

func (p *prober) projectGate() (string, error) {
	if p.project == "" {
		return "", noProject
	}
	_, err := p.client.ProjectGate(p.ctx, p.project)
	return "", err
}

func (p *prober) buildTenants() (string, error) {
	var domains []string
	if p.domain != "" {
		domains = []string{p.domain}
	}
	_, err := p.client.BuildTenants(p.ctx, domains)
	return "", err
}

func (p *prober) buildGroups() (string, error) {
	if p.project == "" {
		return "", noProject
	}
	_, err := p.client.BuildGroups(p.ctx, p.project)
	return "", err
}

func (p *prober) projects() (string, error) {
	if p.client.base.projectman == "" {
		return "", skipped("no endpoint projectman is configured")
	}
	page, err := p.client.projectsPage(p.ctx, false, 0, 1)
	p.counted(page, err)
	if err == nil && page.Total == 0 {
		return "the list has no project; an account that lost its rights sees an empty list, not an error", nil
	}
	return "", err
}

func (p *prober) iamProjects() (string, error) {
	if p.client.base.iam == "" {
		return "", skipped("no endpoint iam is configured")
	}
	_, _, err := p.client.IAMProjects(p.ctx)
	return "", err
}
