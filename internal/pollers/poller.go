// Package pollers is what is polled and when: the table of all pollers, the poll round, and the collector that runs them.
//
// The contract: a poller looks at CodeArts and hands over snapshots; the scope that owns an entity compares and appends.
// Nothing is believed that is not in the log: what a poller knows of the past is the log's last event of each entity.
//
// Less formally: every poller file reads alike. It asks, it names the entity, it hands over; what changed is not its
// business.
//
// What you can not assume: that a poll sees everything that happened. States between two polls are not observable.
package pollers

import (
	"context"

	"artery/internal/codearts"
	"artery/internal/events"
)

// Per says for what a poller runs: once for every project, or once for the tenant.
type Per int

// The two.
const (
	PerProject Per = iota
	PerTenant
)

// Poller is one thing that is polled. Adding a resource is a file with its Poll function, and a line in All.
type Poller struct {
	Name   string // also the key of its schedule in the configuration
	Per    Per
	Kinds  []events.Kind     // what it observes
	Spec   string            // default schedule, a cron spec (robfig/cron), or Off
	After  []string          // pollers after whose rounds it runs as well
	Shared bool              // the round of one project may see what those of the others need, and spare their ticks
	Looks  bool              // with "@every" it is due that long after the oldest look at an open run, whoever's that was
	Calls  codearts.Priority // of its calls among those of the tenant, unless Poll says otherwise
	Later  bool              // waits for its schedule at the start: it asks again for what is stored
	Poll   func(ctx context.Context, p *Pass) error
}

// All is the table of all pollers, in the order in which a first start wants them.
func All() []Poller {
	return []Poller{
		{Name: "projects", Per: PerTenant, Kinds: []events.Kind{events.Project}, Calls: codearts.PriorityInventory, Spec: "@every 5m", Poll: pollProjects},
		{Name: "pipelines", Per: PerProject, Kinds: []events.Kind{events.Pipeline, events.Run}, Shared: true, Calls: codearts.PriorityNewRuns, Spec: "@every 58s", Poll: pollPipelines},
		{Name: "active", Per: PerTenant, Kinds: []events.Kind{events.Run}, Calls: codearts.PriorityOpenRuns, Spec: "@every 15s", Looks: true, Poll: pollActive},
		{Name: "gaps", Per: PerProject, Kinds: []events.Kind{events.Run, events.Coverage}, Calls: codearts.PriorityGaps, Spec: "@every 5m", After: []string{"pipelines", "active"}, Poll: pollGaps},
		{Name: "history", Per: PerProject, Kinds: []events.Kind{events.Run, events.Coverage}, Calls: codearts.PriorityBackfill, Spec: "@every 5m", After: []string{"pipelines", "active"}, Poll: pollHistory},
		{Name: "details", Per: PerProject, Kinds: []events.Kind{events.RunDetail, events.StepLog}, Calls: codearts.PriorityFailedDetails, Spec: "@every 5m", After: []string{"pipelines", "active", "gaps", "history", "reconcile"}, Poll: pollDetails},
		{Name: "logs", Per: PerProject, Kinds: []events.Kind{events.StepLog}, Calls: codearts.PriorityFailedDetails, Spec: "@every 5m", After: []string{"details"}, Poll: pollLogs},
		{Name: "reconcile", Per: PerProject, Kinds: []events.Kind{events.Run, events.Coverage}, Calls: codearts.PriorityReconciliation, Spec: "17 */6 * * *", Later: true, Poll: pollReconcile},
		{Name: "gates", Per: PerProject, Kinds: []events.Kind{events.Gate}, Calls: codearts.PriorityGates, Spec: "@every 5m", Poll: pollProjectGate},
		{Name: "tenant_gate", Per: PerTenant, Kinds: []events.Kind{events.Gate}, Calls: codearts.PriorityGates, Spec: "@every 5m", Poll: pollTenantGate},
		{Name: "rule_sets", Per: PerTenant, Kinds: []events.Kind{events.RuleSet, events.RuleSetDetail}, Calls: codearts.PriorityGates, Spec: "@every 5m", Poll: pollRuleSets},
		{Name: "project_rule_sets", Per: PerProject, Kinds: []events.Kind{events.RuleSet, events.RuleSetDetail}, Calls: codearts.PriorityGates, Spec: "@every 5m", Poll: pollProjectRuleSets},
		{Name: "open_source", Per: PerTenant, Kinds: []events.Kind{events.OpenSourceRuleSet, events.OpenSourceRuleSetDetail}, Calls: codearts.PriorityGates, Spec: "@every 5m", Poll: pollOpenSource},
		{Name: "project_open_source", Per: PerProject, Kinds: []events.Kind{events.OpenSourceRuleSet, events.OpenSourceRuleSetDetail}, Calls: codearts.PriorityGates, Spec: "@every 5m", Poll: pollProjectOpenSource},
		{Name: "rules", Per: PerTenant, Kinds: []events.Kind{events.Rule, events.RuleDetail}, Calls: codearts.PriorityGates, Spec: "@every 5m", Poll: pollRules},
		{Name: "repositories", Per: PerTenant, Kinds: []events.Kind{events.Repository}, Calls: codearts.PriorityRepositories, Spec: "@hourly", Poll: pollRepositories},
		{Name: "commits", Per: PerProject, Kinds: []events.Kind{events.Commit, events.CommitRange}, Calls: codearts.PriorityBackfill, Spec: Off, After: []string{"pipelines", "active", "gaps", "history"}, Poll: pollCommits},
		{Name: "pipeline_groups", Per: PerProject, Kinds: []events.Kind{events.PipelineGroup}, Calls: codearts.PriorityInventory, Spec: "@daily", Poll: pollPipelineGroups},
		{Name: "build_groups", Per: PerProject, Kinds: []events.Kind{events.BuildGroup}, Calls: codearts.PriorityInventory, Spec: "@daily", Poll: pollBuildGroups},
		{Name: "build_tenants", Per: PerTenant, Kinds: []events.Kind{events.BuildTenant}, Calls: codearts.PriorityInventory, Spec: "@daily", Poll: pollBuildTenants},
		{Name: "templates", Per: PerTenant, Kinds: []events.Kind{events.Template, events.TemplateDetail}, Calls: codearts.PriorityInventory, Spec: "@daily", Poll: pollTemplates},
		{Name: "iam_projects", Per: PerTenant, Kinds: []events.Kind{events.IAMProject}, Calls: codearts.PriorityInventory, Spec: "@daily", Poll: pollIAMProjects},
		{Name: "publishers", Per: PerTenant, Kinds: []events.Kind{events.Publisher, events.PublisherDetail}, Calls: codearts.PriorityInventory, Spec: "@daily", Poll: pollPublishers},
		{Name: "available_publishers", Per: PerTenant, Kinds: []events.Kind{events.AvailablePublisher}, Calls: codearts.PriorityInventory, Spec: "@daily", Poll: pollAvailablePublishers},
		{Name: "plugins", Per: PerTenant, Kinds: []events.Kind{events.Plugin, events.PluginVersion, events.PluginVersionDetail, events.PluginMetrics, events.PluginInputs, events.PluginOutputs, events.PluginVersionList}, Calls: codearts.PriorityInventory, Spec: "@daily", Poll: pollPlugins},
		{Name: "basic_plugins", Per: PerTenant, Kinds: []events.Kind{events.BasicPlugin, events.BasicPluginVersionList, events.BasicPluginDetail}, Calls: codearts.PriorityInventory, Spec: "@daily", Poll: pollBasicPlugins},
		{Name: "stage_plugins", Per: PerTenant, Kinds: []events.Kind{events.StagePlugin}, Calls: codearts.PriorityInventory, Spec: "@daily", Poll: pollStagePlugins},
		{Name: "optional_plugins", Per: PerTenant, Kinds: []events.Kind{events.OptionalPlugin}, Calls: codearts.PriorityInventory, Spec: "@daily", Poll: pollOptionalPlugins},
	}
}
