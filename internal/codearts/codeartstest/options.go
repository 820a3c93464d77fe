package codeartstest

import "time"

// API names one simulated API in counters, limits and faults.
type API string

// All APIs of the simulator.
const (
	APITokens       API = "iam.tokens"            // IAM: Obtaining a User Token
	APIIAMProjects  API = "iam.projects"          // IAM: Querying the IAM Projects, Pipeline API 5.3
	APIProjects     API = "projects.list"         // Req: Querying the Project List
	APIStatuses     API = "pipelines.status"      // Pipeline API 4.2.2
	APIDetail       API = "runs.detail"           // Pipeline API 4.2.3
	APIStepLog      API = "steps.log"             // Pipeline API 4.2.13
	APIPipelines    API = "pipelines.list"        // Pipeline API 4.2.4
	APIRuns         API = "runs.list"             // Pipeline API 4.2.7
	APIGroups       API = "pipeline-groups.tree"  // Pipeline API 4.3.4
	APIRepositories API = "repositories.list"     // Repo: Obtaining the Tenant Repository List
	APICommit       API = "commits.detail"        // Repo: ShowCommit of the vendor's SDK
	APIComparison   API = "commits.compare"       // Repo: ShowRefCompare of the vendor's SDK
	APIGates        API = "gates.review-data"     // Check: Querying Tenant or Project Gate Configuration
	APIBuildTenants API = "build.domain-statuses" // Build: Querying the Status of Other Tenants
	APIBuildGroups  API = "build.groups-tree"     // Build: Querying a Group Tree

	APITemplates                 API = "templates.list"             // Pipeline API 4.1.1
	APITemplate                  API = "templates.detail"           // Pipeline API 4.1.3
	APIRules                     API = "rules.list"                 // Pipeline API 4.4.2
	APIRule                      API = "rules.detail"               // Pipeline API 4.4.1
	APIRuleSets                  API = "rule-sets.list"             // Pipeline API 4.5.4
	APIRuleSet                   API = "rule-sets.detail"           // Pipeline API 4.5.3
	APIProjectRuleSets           API = "project-rule-sets.list"     // Pipeline API 4.6.1
	APIProjectRuleSet            API = "project-rule-sets.detail"   // Pipeline API 4.6.2
	APIOpenSourcePolicies        API = "open-source.list"           // Pipeline API 4.7.4
	APIOpenSourcePolicy          API = "open-source.detail"         // Pipeline API 4.7.3
	APIProjectOpenSourcePolicies API = "project-open-source.list"   // Pipeline API 4.8.2
	APIProjectOpenSourcePolicy   API = "project-open-source.detail" // Pipeline API 4.8.1

	APIPublishers           API = "publishers.list"      // Pipeline API 4.9.12
	APIAvailablePublishers  API = "publishers.available" // Pipeline API 4.9.13
	APIStagePlugins         API = "plugins.of-stages"    // Pipeline API 4.9.14
	APIBasicPlugins         API = "basic-plugins.list"   // Pipeline API 4.9.15
	APIOptionalPlugins      API = "plugins.optional"     // Pipeline API 4.9.16
	APIPlugins              API = "plugins.list"         // Pipeline API 4.9.17
	APIPluginMetrics        API = "plugins.metrics"      // Pipeline API 4.9.18
	APIPluginInputs         API = "plugins.inputs"       // Pipeline API 4.9.19
	APIPluginOutputs        API = "plugins.outputs"      // Pipeline API 4.9.20
	APIPluginVersions       API = "plugins.versions"     // Pipeline API 4.9.21
	APIPluginVersion        API = "plugins.detail"       // Pipeline API 4.9.22
	APIPluginVersionNumbers API = "plugins.numbers"      // Pipeline API 4.9.23
	APIPublisherDetails     API = "publishers.detail"    // Pipeline API 4.9.25
	APIBasicPlugin          API = "basic-plugins.detail" // Pipeline API 4.9.30
)

// Retention is how long CodeArts keeps the history of runs, counted from the run's start.
const Retention = 90 * 24 * time.Hour

// Limit is a token bucket for the calls of one API.
type Limit struct {
	PerSecond float64 // refill rate; 0 means no limit
	Burst     int     // size of the bucket; 0 means one second's worth, at least 1
}

// Spelling chooses the key of the user who last changed something: pipeline groups, templates, rules and rule sets. The
// Pipeline API prints both, in 4.3.4 and 4.1.1 even in one list.
type Spelling int

// The spellings of the Pipeline API.
const (
	SpellingMixed Spelling = iota // some rows `updater`, some `update`, as in the printed examples
	SpellingUpdater
	SpellingUpdate
)

// Options describe a tenant. The zero value is an empty tenant on the real clock with no limits; fill it by script.
type Options struct {
	Seed   uint64           // chooses every id and every event of the generated world
	Origin time.Time        // the "now" of the first start: generated history ends here and the livelier pace begins
	Now    func() time.Time // the simulator's clock; nil means time.Now

	History         time.Duration // how far the generated history reaches back from Origin
	Projects        int           // generated projects; 0 means an empty world
	NewProject      time.Duration // how long after Origin another project of two pipelines is created; 0 means never
	Pipelines       int           // generated pipelines over all projects
	RunsPerDay      float64       // average runs a day over all generated pipelines, before Origin
	LiveRunsPerHour float64       // runs an hour over all generated pipelines, after Origin

	Zone   *time.Location // of the zone-less and offset times; nil means +08:00
	Region string         // region name and name of the IAM project; "" means eu-west-101

	Domain      string        // account name; "" means artery-demo
	User        string        // IAM user; "" means collector
	Password    string        // of User; "" means simulated
	AccessKey   string        // for signed requests; "" means SIMAK
	SecretKey   string        // of AccessKey; "" means SIMSK
	TokenLife   time.Duration // 0 means 24 hours
	TokenLength int           // characters of a token, at least 64; 0 means 1,200

	Limits map[API]Limit // an API without an entry is not limited

	MaxPipelinePage int // rows a page in 4.2.4; a larger limit is clamped; 0 means 50
	MaxRunPage      int // rows a page in 4.2.7; 0 means 100
	MaxProjectPage  int // rows a page in the list of projects; 0 means 1,000
	MaxPolicyPage   int // rows a page in the lists of 4.1, 4.4 to 4.8 and 4.9; 0 means 50
	MaxBatch        int // ids or plug-ins in one call of 4.9.18 to 4.9.20 and 4.9.25; 0 means 100

	MaxRepositoryPage int // rows a page in the list of repositories; 0 means the documented 100
	MaxComparisonPage int // commits a page in a comparison; 0 means 100

	Spelling       Spelling // of the updater key in 4.3.4, 4.1 and 4.4 to 4.8
	Quirks         []Quirk  // oddities that are switched on
	RecordRequests bool     // keep every request for Requests; memory grows with the calls
}

// DemoOptions is the tenant of the demo: 3 projects, 40 pipelines, 90 days, about 7,000 runs, then about 90 runs an hour, and
// soon another project.
func DemoOptions(seed uint64, origin time.Time) Options {
	limits := map[API]Limit{}
	for _, api := range []API{
		APIProjects, APIIAMProjects, APIStatuses, APIDetail, APIStepLog, APIPipelines, APIRuns, APIGroups, APIGates, APIBuildTenants, APIBuildGroups, APIRepositories,
		APICommit, APIComparison,
		APITemplates, APITemplate, APIRules, APIRule, APIRuleSets, APIRuleSet, APIProjectRuleSets, APIProjectRuleSet,
		APIOpenSourcePolicies, APIOpenSourcePolicy, APIProjectOpenSourcePolicies, APIProjectOpenSourcePolicy,
		APIPublishers, APIAvailablePublishers, APIStagePlugins, APIBasicPlugins, APIOptionalPlugins, APIPlugins, APIPluginMetrics, APIPluginInputs,
		APIPluginOutputs, APIPluginVersions, APIPluginVersion, APIPluginVersionNumbers, APIPublisherDetails, APIBasicPlugin,
	} {
		limits[api] = Limit{PerSecond: 300, Burst: 300}
	}
	return Options{
		Seed: seed, Origin: origin, History: Retention,
		Projects: 3, NewProject: 4 * time.Minute, Pipelines: 40, RunsPerDay: 74, LiveRunsPerHour: 90,
		Limits: limits,
	}
}

// TestOptions is a small tenant for quick tests: 2 projects, 8 pipelines, 4 days, about 100 runs; its clock stands at origin.
func TestOptions(seed uint64, origin time.Time) Options {
	return Options{
		Seed: seed, Origin: origin, Now: func() time.Time { return origin }, History: 4 * 24 * time.Hour,
		Projects: 2, Pipelines: 8, RunsPerDay: 26, LiveRunsPerHour: 30,
		RecordRequests: true,
	}
}

// withDefaults fills what the caller left out.
func (o Options) withDefaults() Options {
	text := func(s *string, fallback string) {
		if *s == "" {
			*s = fallback
		}
	}
	number := func(n *int, fallback int) {
		if *n <= 0 {
			*n = fallback
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Origin.IsZero() {
		o.Origin = o.Now()
	}
	// The documented times have a precision of one second; a whole origin keeps every planned time whole.
	o.Origin = o.Origin.UTC().Truncate(time.Second)
	if o.Zone == nil {
		o.Zone = time.FixedZone("", 8*3600)
	}
	text(&o.Region, "eu-west-101")
	text(&o.Domain, "artery-demo")
	text(&o.User, "collector")
	text(&o.Password, "simulated")
	text(&o.AccessKey, "SIMAK")
	text(&o.SecretKey, "SIMSK")
	if o.TokenLife <= 0 {
		o.TokenLife = 24 * time.Hour
	}
	number(&o.TokenLength, 1200)
	o.TokenLength = max(o.TokenLength, 64)
	number(&o.MaxPipelinePage, 50)
	number(&o.MaxRunPage, 100)
	number(&o.MaxProjectPage, 1000)
	number(&o.MaxPolicyPage, 50)
	number(&o.MaxRepositoryPage, 100)
	number(&o.MaxComparisonPage, 100)
	number(&o.MaxBatch, 100)
	o.applyQuirks()
	return o
}
