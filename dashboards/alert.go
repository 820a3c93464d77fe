package main

import (
	"cmp"
	"fmt"

	"artery/internal/schema"

	"github.com/grafana/grafana-foundation-sdk/go/alerting"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/expr"
)

const (
	// folder holds the dashboards and the alert rules.
	folder, folderUID = "Artery", "artery"
	// sourceUID is the data source of the provisioning. Alert rules have no
	// variables, so theirs is fixed.
	sourceUID = "artery-clickhouse"
	// ofAlert narrows a dashboard to the tenant and project of an alert.
	ofAlert = "{{ with .Labels.tenant }}&var-tenant={{ urlquery . }}{{ end }}{{ with .Labels.project_id }}&var-project={{ urlquery . }}{{ end }}"
	// expressions is the data source of Grafana's own expressions.
	expressions = "__expr__"
)

// alertGroup is rules that are evaluated together.
type alertGroup struct {
	name, interval string
	team           string // who is told, as a template
	rules          []alert
}

// alert is one alert rule. Its query gives a row for each thing that is beyond
// its limit, which the query knows from the configuration: the texts are labels,
// which name the alert and must stay as they are for as long as its state does,
// or it ends, begins anew and is told twice. So a limit is none of them. What
// becomes known later, or changes, comes from a second query (why): Grafana
// gives a template the row of each query whose labels include the alert's, as
// .Values.C.Labels, and an annotation that changes is no new alert.
// The one number is what was measured. A row of 0 is no alert: a rule that
// wants a row as long as anything works (noData) has it. Templates
// say .Labels and never $labels, because Grafana takes a $ in a provisioned
// label for an environment variable.
type alert struct {
	uid, title string
	query      string // name in internal/schema/queries
	why        string // the same of a query with the same labels and more, for the annotations alone
	hold       string // for how long it must be so
	severity   string
	noData     alerting.RuleNoDataState  // of an empty answer; default fine, with why always lost
	fails      alerting.RuleExecErrState // of a query that fails; default keep
	summary    string
	runbook    string
	limit      string            // the key of its limit in the configuration, if it has one
	details    map[string]string // more annotations
	page       string            // the dashboard and the panel that show the evidence
	panel      uint32
	from       string // where the range begins that shows it, if the dashboard opens with a shorter one
}

// What an empty answer and a failed query make of a rule.
const (
	// fine: rows are there for what is wrong or can be; none is nothing wrong.
	fine = alerting.RuleNoDataStateOK
	// alarm: there would be a row if anything worked.
	alarm = alerting.RuleNoDataStateAlerting
	// lost: Grafana takes a second query that fails for one without rows, and of
	// two queries one without rows for no data of the rule, so both always have one.
	lost = alerting.RuleNoDataStateKeepLast
	// keep: a database that does not answer neither breaks a pipeline nor mends
	// it. One rule is for that, so that an outage is one message and not twelve.
	// What was pending before goes on to fire.
	keep = alerting.RuleExecErrStateKeepLast
	// outage is that rule's.
	outage = alerting.RuleExecErrStateAlerting
)

// fileRule is a rule as Grafana's provisioning reads it. The SDK has the form
// of the HTTP API; three of its fields belong to the group here, and are taken
// out by the nil fields of the same name.
type fileRule struct {
	alerting.Rule
	FolderUID    *string `json:"folderUID,omitempty"`
	OrgID        *int64  `json:"orgID,omitempty"`
	RuleGroup    *string `json:"ruleGroup,omitempty"`
	DashboardUID string  `json:"dashboardUid"`
	PanelID      uint32  `json:"panelId"`
}

type fileGroup struct {
	OrgID    int64      `json:"orgId"`
	Name     string     `json:"name"`
	Folder   string     `json:"folder"`
	Interval string     `json:"interval"`
	Rules    []fileRule `json:"rules"`
}

type ruleFile struct {
	APIVersion int         `json:"apiVersion"`
	Groups     []fileGroup `json:"groups"`
}

// alertRules is the file of all rules.
func alertRules() (ruleFile, error) {
	file := ruleFile{APIVersion: 1}
	for _, g := range alerts() {
		group := fileGroup{OrgID: 1, Name: g.name, Folder: folder, Interval: g.interval}
		for _, a := range g.rules {
			rule, err := a.build(g)
			if err != nil {
				return ruleFile{}, fmt.Errorf("building alert rule %s: %w", a.uid, err)
			}
			group.Rules = append(group.Rules, fileRule{Rule: rule, DashboardUID: a.page, PanelID: a.panel})
		}
		file.Groups = append(file.Groups, group)
	}
	return file, nil
}

func (a alert) build(g alertGroup) (alerting.Rule, error) {
	sql, comment, err := statement(a.query)
	if err != nil {
		return alerting.Rule{}, err
	}
	var why string
	noData := cmp.Or(a.noData, fine)
	if a.why != "" {
		if why, _, err = statement(a.why); err != nil {
			return alerting.Rule{}, err
		}
		sql, why, noData = neverEmpty(sql), neverEmpty(why), lost
	}
	compare := expr.NewTypeThresholdBuilder().RefId("B").Expression("A").Datasource(common.DataSourceRef{Type: cog.ToPtr(expressions), Uid: cog.ToPtr(expressions)}).
		Conditions([]cog.Builder[expr.ExprTypeThresholdConditions]{expr.NewExprTypeThresholdConditionsBuilder().
			Evaluator(expr.NewExprTypeThresholdConditionsEvaluatorBuilder().Type(expr.ExprTypeThresholdConditionsEvaluatorTypeGt).Params([]float64{0}))})
	runbook := a.runbook
	if a.limit != "" {
		runbook += " It fires by the limit " + a.limit + " of the configuration (alerts.limits)."
	}
	within := ""
	if a.from != "" {
		within = "&from=" + a.from + "&to=now"
	}
	annotations := map[string]string{
		"summary": a.summary, "description": comment, "runbook": runbook,
		"dashboard":        "{{ externalURL }}d/" + a.page + "?viewPanel=" + fmt.Sprint(a.panel) + within + ofAlert,
		"__dashboardUid__": a.page, "__panelId__": fmt.Sprint(a.panel),
	}
	for name, text := range a.details {
		annotations[name] = text
	}
	rule := alerting.NewRuleBuilder(a.title).Uid(a.uid).FolderUID(folderUID).OrgID(1).RuleGroup(g.name).
		Condition("B").
		WithQuery(asked("A", sql)).
		WithQuery(alerting.NewQueryBuilder("B").DatasourceUid(expressions).RelativeTimeRange(0, 0).Model(compare)).
		For(a.hold).NoDataState(noData).ExecErrState(cmp.Or(a.fails, keep)).
		Labels(map[string]string{"severity": a.severity, "team": g.team}).
		Annotations(annotations)
	if why != "" {
		rule.WithQuery(asked("C", why))
	}
	return rule.Build()
}

// neverEmpty is the query with a row of empty texts and 0, which is no alert, where
// it has none.
func neverEmpty(sql string) string {
	return "SELECT * EXCEPT (always)\nFROM (SELECT 1 AS always) AS one\nLEFT JOIN (SELECT *, 1 AS always FROM (\n" + sql + "\n)) AS found USING always"
}

// asked is a query of a rule. The range is that of the macros; one that has none
// looks at the clock.
func asked(refID, sql string) *alerting.QueryBuilder {
	const hour = alerting.Duration(3600)
	ref := common.DataSourceRef{Type: cog.ToPtr(sourceType), Uid: cog.ToPtr(sourceUID)}
	return alerting.NewQueryBuilder(refID).DatasourceUid(sourceUID).RelativeTimeRange(hour, 0).
		Model(Query{RefID: refID, Datasource: &ref, PluginVersion: pluginVersion, EditorType: "sql", RawSQL: sql, QueryType: "table", Format: rows})
}

// statement is the SQL of a named query as Grafana's back end gets it.
func statement(name string) (sql, comment string, err error) {
	if sql, comment, err = schema.Statement(name); err != nil {
		return "", "", err
	}
	sql, err = schema.WithoutChoices(sql)
	return sql, comment, err
}
