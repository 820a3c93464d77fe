package events

import "time"

// Kind is the sort of an entity.
type Kind string

// The kinds of this version. The comment names the API document whose object is the body.
const (
	Pipeline      Kind = "pipeline"       // Pipeline API 4.2.4, without latest_run
	Run           Kind = "run"            // PipelineLatestRun of Pipeline API 4.2.2, 4.2.4 and 4.2.7
	RunDetail     Kind = "run_detail"     // Pipeline API 4.2.3
	StepLog       Kind = "step_log"       // Pipeline API 4.2.13, the end of the log of a failed step: ours, see StepLogBody
	Coverage      Kind = "coverage"       // which window of 4.2.7 has been read: ours, see CoverageBody
	PipelineGroup Kind = "pipeline_group" // Pipeline API 4.3.4, one node, without children
	BuildGroup    Kind = "build_group"    // Build API, Querying a Group Tree, one node, without children
	Repository    Kind = "repository"     // Repo API, Obtaining the Tenant Repository List
	Gate          Kind = "gate"           // Check API, Querying Tenant or Project Gate Configuration
	BuildTenant   Kind = "build_tenant"   // Build API, Querying the Status of Other Tenants
	Project       Kind = "project"        // Req API, Querying the Project List
	IAMProject    Kind = "iam_project"    // Pipeline API 5.3; not a CodeArts project
	Poll          Kind = "poll"           // the poll record of a scope: ours, see PollRecord

	// What deployments are judged by: ours, see IncidentBody, CommitBody and CommitRangeBody.
	Incident    Kind = "incident"     // reported to the collector's endpoint
	Commit      Kind = "commit"       // Repo API, Querying Details About a Commit
	CommitRange Kind = "commit_range" // Repo API, comparison of two commits

	// What does not fit: see SplitRunDetail and OddRowBody.
	RunDetailStage Kind = "run_detail_stage" // one stage of a detail that is too large for one message
	OddRowKind     Kind = "odd_row"          // a row that became no snapshot

	// Configurations: the row of a list, and the detail.
	Template                Kind = "template"                    // Pipeline API 4.1.1
	TemplateDetail          Kind = "template_detail"             // Pipeline API 4.1.3
	Rule                    Kind = "rule"                        // Pipeline API 4.4.2
	RuleDetail              Kind = "rule_detail"                 // Pipeline API 4.4.1
	RuleSet                 Kind = "rule_set"                    // Pipeline API 4.5.4 of the tenant, 4.6.1 of a project
	RuleSetDetail           Kind = "rule_set_detail"             // Pipeline API 4.5.3 and 4.6.2
	OpenSourceRuleSet       Kind = "open_source_rule_set"        // Pipeline API 4.7.4 of the tenant, 4.8.2 of a project
	OpenSourceRuleSetDetail Kind = "open_source_rule_set_detail" // Pipeline API 4.7.3 and 4.8.1

	// Extensions. Where a comment says ours, the body is an object of ours around what CodeArts gave.
	Publisher              Kind = "publisher"                 // Pipeline API 4.9.12
	AvailablePublisher     Kind = "available_publisher"       // Pipeline API 4.9.13
	PublisherDetail        Kind = "publisher_detail"          // Pipeline API 4.9.25, one value of the map
	StagePlugin            Kind = "stage_plugin"              // Pipeline API 4.9.14, one plug-in with its group: ours, {group, plugin}
	OptionalPlugin         Kind = "optional_plugin"           // Pipeline API 4.9.16, one plug-in with its group: ours, {group, plugin}
	Plugin                 Kind = "plugin"                    // Pipeline API 4.9.17
	PluginVersion          Kind = "plugin_version"            // Pipeline API 4.9.21
	PluginVersionDetail    Kind = "plugin_version_detail"     // Pipeline API 4.9.22
	PluginVersionList      Kind = "plugin_version_list"       // Pipeline API 4.9.23: ours, see PluginVersionsBody
	PluginMetrics          Kind = "plugin_metrics"            // Pipeline API 4.9.18, of one version: ours, see PluginPartBody
	PluginInputs           Kind = "plugin_inputs"             // Pipeline API 4.9.19, of one version: ours, see PluginPartBody
	PluginOutputs          Kind = "plugin_outputs"            // Pipeline API 4.9.20, of one version: ours, see PluginPartBody
	BasicPlugin            Kind = "basic_plugin"              // Pipeline API 4.9.15
	BasicPluginDetail      Kind = "basic_plugin_detail"       // Pipeline API 4.9.30
	BasicPluginVersionList Kind = "basic_plugin_version_list" // Pipeline API 4.9.23 of a basic plug-in: ours, see PluginVersionsBody
)

// Rules says what is state in a kind's body. Paths are member names joined by dots; arrays are transparent, so
// "stage_status_list.id" is the id of every element.
type Rules struct {
	// Cut members never reach the body: they are entities of their own.
	Cut []string
	// Volatile members stay in the body and out of the hash: they change without a change of state, or only some of the
	// APIs that show this object have them.
	Volatile []string
	// Optional members are out of the hash while they are null, "", 0 or an object with nothing left in it: absent and
	// empty mean the same there, and the APIs differ in which they send.
	Optional []string
	// Alias names two spellings of one member; the hash uses the second.
	Alias map[string]string
	// Once is true for what is attached once: what is pending gives way to what came, and what is there to nothing.
	Once bool
	// Expires is true for kinds that CodeArts itself forgets after 90 days; their messages carry a TTL.
	Expires bool
	// Proof is what it takes to call an entity of this kind deleted.
	Proof Proof
}

// Proof is what it takes to call an entity deleted. A listing that lacks it is not enough: CodeArts answers an empty list
// to whoever has lost the membership of a project, and rows move between pages.
type Proof int

// The proofs.
const (
	ProofNone Proof = iota // never deleted: it goes with its owner, or is always there
	ProofLook              // two complete sweeps do not list it, and CodeArts answers that it does not exist
	ProofTime              // three complete sweeps of a list that is not empty, over a day, do not list it: no call asks for it alone
)

// Sweeps is how many complete sweeps have to lack an entity.
func (p Proof) Sweeps() int64 { return map[Proof]int64{ProofLook: 2, ProofTime: 3}[p] }

// ProofSpan is the time from the first to the last of the sweeps of ProofTime.
const ProofSpan = 24 * time.Hour

// Retention is how long CodeArts keeps a run, from its start (product limit, 90 days).
const Retention = 90 * 24 * time.Hour

// RulesOf returns the rules of a kind. The table is the one place that says what counts as a change.
func RulesOf(k Kind) *Rules { return rules[k] }

// Kinds lists every entity kind, in the order of the table below.
func Kinds() []Kind {
	return []Kind{Pipeline, Run, RunDetail, Coverage, PipelineGroup, BuildGroup, Repository, Gate, BuildTenant, Project, IAMProject,
		Template, TemplateDetail, Rule, RuleDetail, RuleSet, RuleSetDetail, OpenSourceRuleSet, OpenSourceRuleSetDetail,
		Incident, Commit, CommitRange, StepLog, RunDetailStage, OddRowKind,
		Publisher, AvailablePublisher, PublisherDetail, StagePlugin, OptionalPlugin, Plugin, PluginVersion, PluginVersionDetail,
		PluginVersionList, PluginMetrics, PluginInputs, PluginOutputs, BasicPlugin, BasicPluginDetail, BasicPluginVersionList}
}

var rules = map[Kind]*Rules{
	Pipeline: {
		Cut:      []string{"latest_run"},
		Volatile: []string{"project_name", "convert_sign", "is_collect"}, // the last is a favourite of whoever asks
		Optional: []string{"component_id", "security_level"},
		Proof:    ProofLook,
	},
	Run: {
		// Only the tables of 4.2.4 and 4.2.7 have a stage id; the page addresses are empty when the token carries no region;
		// repository addresses come and go with the API, and codehub_id names the repository.
		Volatile: []string{
			"stage_status_list.id", "modify_url", "detail_url", "build_params.git_url", "build_params.source_codehub_id",
			"build_params.source_codehub_url", "build_params.source_codehub_http_url",
		},
		Optional: []string{
			"artifact_params", "artifact_params.version", "artifact_params.branch_filter", "artifact_params.package_name",
			"artifact_params.organization", "build_params", "build_params.action", "build_params.build_type",
			"build_params.commit_id", "build_params.event_type", "build_params.merge_id", "build_params.message",
			"build_params.source_branch", "build_params.tag", "build_params.target_branch", "build_params.codehub_id",
			"stage_status_list.start_time", "stage_status_list.end_time", "run_number", "start_time", "end_time",
			"executor_id", "executor_name", "trigger_type",
		},
		Expires: true,
	},
	RunDetail: {
		Volatile: []string{"current_system_time", "detail_url", "modify_url"},
		Optional: []string{"group_id", "group_name", "component_id", "description", "artifacts", "end_time"},
		Expires:  true,
	},
	Coverage:      {Expires: true},
	PipelineGroup: {Cut: []string{"children"}, Alias: map[string]string{"update": "updater"}, Optional: []string{"parent_id", "updater", "update_time"}, Proof: ProofTime},
	BuildGroup:    {Cut: []string{"children"}, Optional: []string{"parent_id", "update_user", "update_time"}, Proof: ProofTime},
	Repository:    {Proof: ProofTime},
	Gate:          {Volatile: []string{"httpStatus"}},
	BuildTenant:   {Optional: []string{"domain_malicious_docker_args"}, Proof: ProofTime},
	Project:       {Volatile: []string{"updated_time"}, Optional: []string{"description"}}, // what was updated is in the other members, or not shown
	IAMProject:    {Volatile: []string{"links"}, Optional: []string{"description"}},        // addresses of whoever answered
	Poll:          {Expires: true},

	// The report as it came is kept for whoever asks; the state is what was made of it.
	Incident:    {Volatile: []string{"received"}},
	Commit:      {},
	CommitRange: {},

	// The same row at another place, or shown to another poller, is the same record.
	StepLog:        {Once: true, Expires: true},
	RunDetailStage: {Expires: true},
	OddRowKind:     {Volatile: []string{"position", "poller"}, Expires: true},

	// The documents spell the last editor in two ways; is_collect is a favourite of whoever asks.
	Template:                {Volatile: []string{"is_collect"}, Alias: map[string]string{"update_id": "updater_id"}, Optional: []string{"icon", "is_show_source"}, Proof: ProofLook},
	TemplateDetail:          {Volatile: []string{"is_collect"}, Alias: map[string]string{"update_id": "updater_id"}, Optional: []string{"icon", "description"}},
	Rule:                    {Proof: ProofLook},
	RuleDetail:              {Alias: map[string]string{"update": "updater"}, Optional: []string{"updater", "layout_content"}},
	RuleSet:                 {Proof: ProofLook},
	RuleSetDetail:           {Alias: map[string]string{"update": "updater"}, Optional: []string{"updater", "type", "parent"}},
	OpenSourceRuleSet:       {Optional: []string{"is_legacy"}, Proof: ProofLook},
	OpenSourceRuleSetDetail: {Alias: map[string]string{"update": "updater"}, Optional: []string{"updater", "parent_id"}},

	Publisher:          {Proof: ProofTime},
	AvailablePublisher: {Proof: ProofTime},
	PublisherDetail:    {},
	StagePlugin:        {Proof: ProofTime},
	OptionalPlugin:     {Proof: ProofTime},
	// refer_count and usage_count are state here: the list is read once a day, so that they cost a plug-in one event a day at
	// most, and a count that went unseen would be shown as that of today. A version is read after edits only: what it says
	// of counts would be old, so it is no state there.
	Plugin:                 {Proof: ProofTime},
	PluginVersion:          {Volatile: []string{"refer_count", "usage_count"}},
	PluginVersionDetail:    {},
	PluginVersionList:      {},
	PluginMetrics:          {Volatile: []string{"answer.display_name"}}, // repeats the question
	PluginInputs:           {Volatile: []string{"answer.display_name"}},
	PluginOutputs:          {Volatile: []string{"answer.display_name"}},
	BasicPlugin:            {Proof: ProofTime},
	BasicPluginDetail:      {},
	BasicPluginVersionList: {},
}

// MinTTL is the shortest TTL that may be set for messages of expiring kinds: CodeArts keeps a run for 90 days, and a
// log that forgets a run sooner would report it as new.
const MinTTL = 100 * 24 * time.Hour

// DefaultTTL is the TTL of messages of expiring kinds.
const DefaultTTL = 180 * 24 * time.Hour
