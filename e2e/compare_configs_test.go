package e2e

import (
	"fmt"
	"strings"

	"artery/internal/codearts/codeartstest"
)

// config is what a row of each configuration says, and in Inside what it sets.
type config struct {
	ID       string `ch:"id"`
	Project  string `ch:"project"`
	Name     string `ch:"name"`
	Version  string `ch:"version"`
	Valid    bool   `ch:"valid"`
	Operator string `ch:"operator"`
	Operated int64  `ch:"operated_at"`
	Creator  string `ch:"creator"`
	Inside   string `ch:"inside"`
}

func configOf[T any](p codeartstest.PolicyTruth[T], name string, valid bool, inside string) config {
	return config{p.ID, p.ProjectID, name, p.Version, valid, p.Updater.Name, ms(p.Updated), p.Creator.ID, inside}
}

func (c *comparison) configs(name, query string, want func() []config) {
	table(c, name, query, func(r config) string { return r.ID }, want, nil)
}

// thresholdsOf writes the thresholds of a rule as thresholds does.
func thresholdsOf(groups []codeartstest.RuleGroup) string {
	var all []string
	for _, g := range groups {
		for _, t := range g.Thresholds {
			all = append(all, fmt.Sprintf("%s.%s%s%s", g.Name, t.Key, t.Operator, t.Value))
		}
	}
	return strings.Join(all, ";")
}

// thresholds are those of a column of contents, as one text.
func thresholds(content string) string {
	return `arrayStringConcat(arrayFlatten(arrayMap(g -> arrayMap(p -> concat(g.group_name, '.', p.key, p.operator, p.value), g.properties), ` + content + `)), ';')`
}

func (c *comparison) rules() {
	c.configs("rules", `SELECT rule_id AS id, '' AS project, name, version, true AS valid, operator, `+millis("operated_at")+`, creator, `+thresholds("content")+` AS inside
		FROM rules WHERE version = detail_version`, func() (rows []config) {
		for _, r := range c.now.Rules {
			rows = append(rows, configOf(r, r.Value.Name, true, thresholdsOf(r.Value.Groups)))
		}
		return rows
	})
}

func (c *comparison) ruleSets() {
	c.configs("rule sets", `SELECT rule_set_id AS id, project_id AS project, name, version, ifNull(is_valid, false) AS valid, operator, `+millis("operated_at")+`, creator,
		arrayStringConcat(arrayMap(r -> concat(r.id, if(ifNull(r.is_valid, false), '+', '-'), `+thresholds("r.content")+`), rule_instances), '|') AS inside
		FROM rule_sets WHERE version = detail_version`, func() (rows []config) {
		for _, s := range c.now.RuleSets {
			var inside []string
			for _, in := range s.Instances {
				inside = append(inside, in.ID+map[bool]string{true: "+", false: "-"}[in.Valid]+thresholdsOf(in.Rule.Groups))
			}
			rows = append(rows, configOf(s.PolicyTruth, s.Value.Name, s.Value.Valid, strings.Join(inside, "|")))
		}
		return rows
	})
}

func (c *comparison) openSource() {
	c.configs("open-source policies", `SELECT policy_id AS id, project_id AS project, name, version, ifNull(is_valid, false) AS valid, operator, `+millis("operated_at")+`, creator,
		concat(toString(ifNull(versions_enabled, false)), toString(ifNull(security_enabled, false)), toString(ifNull(license_enabled, false)), arrayStringConcat(severities, ',')) AS inside
		FROM open_source_policies WHERE version = detail_version`, func() (rows []config) {
		for _, o := range c.now.OpenSourcePolicies {
			v := o.Value
			rows = append(rows, configOf(o, v.Name, v.Valid, fmt.Sprint(v.PackagesEnabled)+fmt.Sprint(v.SecurityEnabled)+fmt.Sprint(v.LicenseEnabled)+strings.Join(v.Severities, ",")))
		}
		return rows
	})
}

// templates are edited without a version.
func (c *comparison) templates() {
	c.configs("templates", `SELECT template_id AS id, '' AS project, name, language AS version, is_system AS valid, updater_id AS operator, `+`toUnixTimestamp64Milli(ifNull(updated_at, toDateTime64(0, 3, 'UTC'))) AS operated_at,
		creator_id AS creator, concat(description, '|', arrayStringConcat(stage_names, ',')) AS inside FROM templates`, func() (rows []config) {
		for _, o := range c.now.Templates {
			var stages []string
			for _, s := range o.Value.Stages {
				stages = append(stages, s.Name)
			}
			rows = append(rows, config{o.ID, "", o.Value.Name, o.Value.Language, o.Value.System, o.Updater.ID, ms(o.Updated), o.Creator.ID,
				o.Value.Description + "|" + strings.Join(stages, ",")})
		}
		return rows
	})
}
