package pollers

import (
	"math"
	"time"
)

// ask is how a poller calls one API.
type ask struct {
	api   string
	words string                                            // when it calls it, for readers
	round func(e Estate) float64                            // calls of one round of all its jobs; nil: no round has any by itself
	day   func(e Estate, rounds map[string]float64) float64 // calls in a day that follow from what happens, given the rounds of each poller
}

func (a ask) calls(e Estate, rounds float64, of map[string]float64) (n float64) {
	if a.round != nil {
		n += rounds * a.round(e)
	}
	if a.day != nil {
		n += a.day(e, of)
	}
	return n
}

// projectRows is how many projects a page of their list takes; of all else it is onePage.
const projectRows = 1000

// asks is the table of the APIs that each poller calls: its keys are the names in All.
func asks() map[string][]ask {
	return map[string][]ask{
		"projects":  {{"Projects", "a page of 1,000 projects", list(func(e Estate) int { return e.Listed }, projectRows), nil}},
		"pipelines": {{"Pipelines", "a page of 100 pipelines, for each project, or of all projects at once, when that is fewer calls, and for each every 10 minutes", nil, walkCalls}},
		"active": {
			{"Pipelines", "100 open runs of all projects, when that is fewer calls than one for each project", nil, listCalls},
			{"PipelineStatuses", "100 pipelines with open runs, for each project that has any; beside the lists a project in which a run has ended", nil, statusCalls},
			{"PipelineRuns", "a pipeline with an open run beside its latest", nil, olderCalls},
		},
		"gaps":                 {{"PipelineRuns", "a gap in the run numbers of a pipeline", nil, gapCalls}},
		"history":              {{"PipelineRuns", "100 runs at the first start", nil, nil}},
		"details":              {{"RunDetail", "a run that has ended", nil, func(e Estate, _ map[string]float64) float64 { return e.detailed }}},
		"logs":                 {{"StepLog", "500 lines of the tail, for the step in which a run has failed", nil, func(e Estate, _ map[string]float64) float64 { return e.Runs * e.Failed * max(1, e.LogPages) }}},
		"reconcile":            {{"PipelineRuns", "100 runs of the last 90 days, for each pipeline", keptPages, nil}},
		"gates":                {{"ProjectGate", "a project", func(e Estate) float64 { return float64(e.Projects) }, nil}},
		"tenant_gate":          {{"TenantGate", "a round", once, nil}},
		"rule_sets":            {{"RuleSets", "a page of 100", list(func(e Estate) int { return e.RuleSets }, onePage), nil}, {"RuleSet", "a set that was edited", nil, nil}},
		"project_rule_sets":    {{"ProjectRuleSets", "a page of 100, for each project", perProject(func(e Estate) int { return e.ProjectRuleSets }), nil}, {"ProjectRuleSet", "a set that was edited", nil, nil}},
		"open_source":          {{"OpenSourceRuleSets", "a page of 100", list(func(e Estate) int { return e.OpenSource }, onePage), nil}, {"OpenSourceRuleSet", "a policy that was edited", nil, nil}},
		"project_open_source":  {{"ProjectOpenSourceRuleSets", "a page of 100, for each project", perProject(func(e Estate) int { return e.ProjectOpenSource }), nil}, {"ProjectOpenSourceRuleSet", "a policy that was edited", nil, nil}},
		"rules":                {{"Rules", "a page of 100", list(func(e Estate) int { return e.Rules }, onePage), nil}, {"Rule", "a rule that was edited", nil, nil}},
		"repositories":         {{"Repositories", "a page of 100", list(func(e Estate) int { return e.Repositories }, onePage), nil}},
		"pipeline_groups":      {{"PipelineGroups", "a project", func(e Estate) float64 { return float64(e.Projects) }, nil}},
		"build_groups":         {{"BuildGroups", "a project", func(e Estate) float64 { return float64(e.Projects) }, nil}},
		"build_tenants":        {{"BuildTenants", "100 accounts", list(func(e Estate) int { return e.BuildDomains }, onePage), nil}},
		"templates":            {{"PipelineTemplates", "a page of 100", list(func(e Estate) int { return e.Templates }, onePage), nil}, {"PipelineTemplate", "a template that was edited", nil, nil}},
		"iam_projects":         {{"IAMProjects", "a round", once, nil}},
		"publishers":           {{"Publishers", "a page of 100", list(func(e Estate) int { return e.Publishers }, onePage), nil}, {"PublisherDetails", "100 publishers that were edited", nil, nil}},
		"available_publishers": {{"AvailablePublishers", "a round", once, nil}},
		"plugins": {
			{"Plugins", "a page of 100", list(func(e Estate) int { return e.Plugins }, onePage), nil},
			{"PluginVersions", "a plug-in that was edited", nil, nil}, {"PluginVersion", "a version that was edited", nil, nil},
			{"PluginMetrics", "20 plug-ins that were edited", nil, nil}, {"PluginInputs", "20 plug-ins that were edited", nil, nil},
			{"PluginOutputs", "20 plug-ins that were edited", nil, nil}, {"PluginVersionNumbers", "a plug-in that was edited", nil, nil},
		},
		"basic_plugins": {
			{"BasicPlugins", "a page of 100", list(func(e Estate) int { return e.BasicPlugins }, onePage), nil},
			{"PluginVersionNumbers", "a basic plug-in", func(e Estate) float64 { return float64(e.inside) }, nil},
			{"BasicPlugin", "a version that is new, or whose plug-in was edited", nil, nil},
		},
		"commits": {
			{"Commit", "a commit that a run is for", nil, func(e Estate, _ map[string]float64) float64 { return e.Runs }},
			{"Comparison", "two runs that passed a stage of a pipeline after each other, on a branch or on any", nil, func(e Estate, _ map[string]float64) float64 { return e.Runs }},
		},
		"stage_plugins":    {{"StagePlugins", "a round", once, nil}},
		"optional_plugins": {{"OptionalPlugins", "a page of 100", list(func(e Estate) int { return e.Optional }, onePage), nil}},
	}
}

func once(Estate) float64 { return 1 }

// pages of so many rows, on average n: a list without rows takes a call as well.
func pages(n float64, rows int) float64 { return max(1, math.Ceil(n/float64(rows))) }

// list is one list of the tenant.
func list(n func(Estate) int, rows int) func(Estate) float64 {
	return func(e Estate) float64 { return pages(float64(n(e)), rows) }
}

// perProject is a list of each project.
func perProject(n func(Estate) int) func(Estate) float64 {
	return func(e Estate) float64 { return float64(e.Projects) * pages(per(float64(n(e)), e.Projects), onePage) }
}

func per(n float64, of int) float64 {
	if of == 0 {
		return 0
	}
	return n / float64(of)
}

// open is how many runs are open at a time, of so many in a day. Runs that begin independently of each other make it a Poisson
// number with this mean, however long each one takes.
func (e Estate) open(runs float64) float64 { return runs * e.RunTime.Hours() / 24 }

// looks are the calls of a day that look at the latest runs of pipelines: lists of open runs and questions about those that have
// ended since, or a question for each project that has an open run, whichever are fewer. Of the questions the list of pipelines
// saves those that it answers itself.
func (e Estate) looks(rounds map[string]float64) (lists, questions float64) {
	mean := e.open(per(e.Runs, e.Projects))
	idle, active, walks := math.Exp(-mean), rounds["active"], rounds["pipelines"]
	busy := float64(e.Projects) * (1 - idle) * pages(mean, onePage)
	all := max(pages(e.open(e.Runs), onePage), pages(float64(e.Projects), listedProjects))
	ended := float64(e.Projects) * (1 - math.Exp(-per(e.Runs/active, e.Projects))) // projects in which a run ends between two rounds
	if all+ended < busy {
		return active * all * (1 - math.Exp(-e.open(e.Runs))), active * ended
	}
	if walks > 0 {
		active = walks * max(0, math.Ceil(active/walks)-1)
	}
	return 0, active*busy + e.waitingLooks()*idle
}

// walkCalls: the projects are walked one by one, or all at once, and then each by itself now and then.
func walkCalls(e Estate, rounds map[string]float64) float64 {
	n := rounds["pipelines"]
	if n == 0 {
		return 0
	}
	alone := perProject(func(e Estate) int { return e.Pipelines })(e)
	together := 0.0
	for left := e.Projects; left > 0; left -= listedProjects {
		together += pages(per(float64(e.Pipelines), e.Projects)*float64(min(left, listedProjects)), onePage)
	}
	every := time.Duration(math.Round(float64(24*time.Hour) / n))
	return min(n*alone, n*together+n/apart(every)*alone)
}

func listCalls(e Estate, rounds map[string]float64) float64 {
	lists, _ := e.looks(rounds)
	return lists
}

func statusCalls(e Estate, rounds map[string]float64) float64 {
	_, questions := e.looks(rounds)
	return questions
}

// olderCalls: a pipeline with two open runs or more is asked for by itself.
func olderCalls(e Estate, rounds map[string]float64) float64 {
	mean := e.open(per(e.Runs, e.Pipelines))
	return rounds["active"] * float64(e.Pipelines) * (1 - math.Exp(-mean)*(1+mean))
}

// waitingLooks: each run that waits for somebody is looked at this often in a day, unless its project is asked for anyway.
func (e Estate) waitingLooks() float64 {
	return e.Waiting * float64(24*time.Hour) / float64(e.pausedRuns)
}

// gapCalls: of two runs of a pipeline that begin between two looks at the list, the list shows the second alone.
func gapCalls(e Estate, rounds map[string]float64) float64 {
	if rounds["pipelines"] == 0 {
		return 0
	}
	mean := per(e.Runs, e.Pipelines) / rounds["pipelines"] // runs of a pipeline between two looks
	return rounds["pipelines"] * float64(e.Pipelines) * (1 - math.Exp(-mean)*(1+mean))
}

// keptPages are the pages of all runs that CodeArts keeps.
func keptPages(e Estate) float64 {
	return float64(e.Pipelines) * pages(per(e.Kept, e.Pipelines), onePage)
}
