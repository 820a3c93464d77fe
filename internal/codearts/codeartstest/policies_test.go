package codeartstest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// zone is the zone of the zone-less times, written out.
var zone = time.FixedZone("", 8*3600)

func ruleSetPath(domain, project, id string) string {
	if project == "" {
		return "/v2/" + domain + "/tenant/rule-sets/" + id + "/detail"
	}
	return "/v2/" + project + "/rule-sets/" + id + "/gray/detail"
}

func openSourcePath(domain, project, id string) string {
	if project == "" {
		return "/v2/" + domain + "/tenant/open-source/rule-sets/" + id + "/detail"
	}
	return "/v2/" + project + "/open-source/rule-sets/" + id + "/detail"
}

// rows walks a list that pages by its query and repeats neither offset nor limit.
func (c *caller) rows(path string, limit int) []object {
	c.t.Helper()
	var all []object
	for {
		var page struct {
			Total int
			Data  []object
		}
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		c.get("GET", fmt.Sprintf("%s%soffset=%d&limit=%d", path, separator, len(all), limit), "", &page)
		all = append(all, page.Data...)
		if len(all) >= page.Total || len(page.Data) == 0 {
			if len(all) != page.Total {
				c.t.Fatalf("walked %d rows of %s, total says %d", len(all), path, page.Total)
			}
			return all
		}
	}
}

// listed are the fields that the rows of all lists share, last edited first.
func listed[T any](all []PolicyTruth[T], project string) []PolicyTruth[T] {
	var own []PolicyTruth[T]
	for _, p := range all {
		if p.ProjectID == project {
			own = append(own, p)
		}
	}
	slices.SortFunc(own, func(a, b PolicyTruth[T]) int {
		if c := b.Updated.Compare(a.Updated); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return own
}

func groupsOf(groups []RuleGroup) []any {
	rows := []any{}
	for _, g := range groups {
		properties := []any{}
		for _, p := range g.Thresholds {
			properties = append(properties, object{"key": p.Key, "type": "judge", "name": p.Name, "value_type": "float", "value": p.Value, "operator": p.Operator})
		}
		rows = append(rows, object{"group_name": g.Name, "can_modify_when_inherit": g.CanModify, "properties": properties})
	}
	return rows
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is\n%v\nwant\n%v", what, got, want)
	}
}

// TestPoliciesEqualTruth walks every list and detail at several times and compares them with the truth, field by field.
func TestPoliciesEqualTruth(t *testing.T) {
	c := newCaller(t, TestOptions(7, instant))
	for _, minutes := range []int{-3000, -60, -27, 0, 7, 12, 30, 600} {
		now := instant.Add(time.Duration(minutes) * time.Minute)
		c.clock.set(now)
		truth := c.tenant.Truth(now)
		t.Run(fmt.Sprint(minutes), func(t *testing.T) {
			c.t = t
			c.compareRules(truth)
			for _, project := range append([]string{""}, c.tenant.World().ProjectIDs()...) {
				c.compareRuleSets(truth, project)
				c.compareOpenSource(truth, project)
			}
			c.compareTemplates(truth)
		})
	}
}

func (c *caller) compareRules(truth Truth) {
	var want []object
	for _, p := range listed(truth.Rules, "") {
		want = append(want, object{
			"id": p.ID, "type": p.Value.Type, "name": p.Value.Name, "version": p.Version, "operator": p.Updater.Name, "operate_time": float64(p.Updated.UnixMilli()),
		})
		var got object
		c.get("GET", "/v2/"+truth.TenantID+"/rules/"+p.ID+"/detail", "", &got)
		same(c.t, "rule", got, object{
			"id": p.ID, "type": p.Value.Type, "name": p.Value.Name, "version": p.Version, "plugin_id": p.Value.Plugin, "plugin_name": p.Value.Plugin,
			"plugin_version": p.Value.PluginVersion, "content": groupsOf(p.Value.Groups), "creator": p.Creator.ID,
			"create_time": p.Created.In(zone).Format("2006-01-02T15:04:05"), "updater": p.Updater.ID, "update_time": p.Updated.In(zone).Format("2006-01-02T15:04:05"),
		})
	}
	if len(want) != 8 {
		c.t.Errorf("there are %d rules", len(want))
	}
	same(c.t, "rules", c.rows("/v2/"+truth.TenantID+"/rules/query", 3), want)
}

func (c *caller) compareRuleSets(truth Truth, project string) {
	var sets []PolicyTruth[RuleSet]
	instances := map[string][]RuleInstanceTruth{}
	for _, p := range truth.RuleSets {
		sets = append(sets, p.PolicyTruth)
		instances[p.ID] = p.Instances
	}
	list, level, updater := "/v2/"+truth.TenantID+"/tenant/rule-sets/query?include_tenant_rule_set=true", "tenant", "updater"
	if project != "" {
		list, level, updater = "/v2/"+project+"/rule-sets/query?include_tenant_rule_set=false", "project", "update"
	}
	var want []object
	for _, p := range listed(sets, project) {
		want = append(want, object{
			"id": p.ID, "name": p.Value.Name, "level": level, "is_valid": p.Value.Valid, "version": p.Version, "operator": p.Updater.Name,
			"is_public": p.Value.Public, "operate_time": float64(p.Updated.UnixMilli()),
		})
		rules := []any{}
		for _, in := range instances[p.ID] {
			rules = append(rules, object{
				"id": in.ID, "type": in.Rule.Type, "name": in.Rule.Name, "is_valid": in.Valid, "version": in.Version, "plugin_id": in.Rule.Plugin,
				"plugin_name": in.Rule.Plugin, "plugin_version": in.Rule.PluginVersion, "content": groupsOf(in.Rule.Groups),
			})
		}
		if len(rules) != len(p.Value.Instances) || len(rules) == 0 {
			c.t.Errorf("%s has %d instances, want %d", p.Value.Name, len(rules), len(p.Value.Instances))
		}
		var got object
		c.get("GET", ruleSetPath(truth.TenantID, project, p.ID), "", &got)
		same(c.t, "rule set", got, object{
			"id": p.ID, "name": p.Value.Name, "version": p.Version, "is_valid": p.Value.Valid, "creator": p.Creator.ID,
			"create_time": p.Created.In(zone).Format("2006-01-02T15:04:05"), updater: p.Updater.ID, "update_time": p.Updated.In(zone).Format("2006-01-02T15:04:05"),
			"rule_instances": rules,
		})
	}
	same(c.t, "rule sets", c.rows(list, 2), want)
}

func (c *caller) compareOpenSource(truth Truth, project string) {
	list, level := "/v2/"+truth.TenantID+"/tenant/open-source/rule-sets/query", "tenant"
	if project != "" {
		list, level = "/v2/"+project+"/open-source/rule-sets/query?include_tenant_rule_set=false", "project"
	}
	texts := func(values []string) []any {
		all := []any{}
		for _, v := range values {
			all = append(all, v)
		}
		return all
	}
	var want []object
	for _, p := range listed(truth.OpenSourcePolicies, project) {
		v := p.Value
		want = append(want, object{
			"id": p.ID, "name": v.Name, "level": level, "is_valid": v.Valid, "version": p.Version, "operator": p.Updater.Name,
			"is_public": v.Public, "is_legacy": nil, "operate_time": float64(p.Updated.UnixMilli()),
		})
		packages := []any{}
		for _, r := range v.Packages {
			packages = append(packages, object{
				"enable": r.Enabled, "ecosystem": r.Ecosystem, "package_name": r.Name, "package_version": r.Version, "description": "", "predicate": r.Predicate,
			})
		}
		cves := texts(v.CVEs)
		if len(cves) == 0 {
			cves = []any{""}
		}
		var got object
		c.get("GET", openSourcePath(truth.TenantID, project, p.ID), "", &got)
		same(c.t, "open-source policy", got, object{
			"id": p.ID, "name": v.Name, "level": level, "version": p.Version, "is_valid": v.Valid, "is_public": v.Public, "creator": p.Creator.ID,
			"create_time": p.Created.In(zone).Format("2006-01-02T15:04:05"), "update": p.Updater.ID, "update_time": p.Updated.In(zone).Format("2006-01-02T15:04:05"),
			"content": object{
				"version_set": object{"enable": v.PackagesEnabled, "rules": packages},
				"security": object{"enable": v.SecurityEnabled, "rules": object{
					"severity": object{"enable": v.SeverityEnabled, "values": texts(v.Severities)}, "cve": object{"enable": v.CVEEnabled, "values": cves},
				}},
				"license": object{"enable": v.LicenseEnabled, "rules": []any{object{"predicate": "contain", "values": texts(v.Licenses)}}},
			},
		})
	}
	same(c.t, "open-source policies", c.rows(list, 1), want)
}

func (c *caller) compareTemplates(truth Truth) {
	want := map[string]PolicyTruth[Template]{}
	for _, p := range truth.Templates {
		want[p.ID] = p
	}
	spellings := map[string]int{}
	for offset, total := 0, 1; offset < total; {
		var page struct {
			Offset, Limit, Total int
			Templates            []object
		}
		c.get("POST", "/v5/"+truth.TenantID+"/api/pipeline-templates/list", fmt.Sprintf(`{"is_system":"","offset":%d,"limit":2,"sort_key":"create_time","sort_dir":"asc"}`, offset), &page)
		if page.Offset != offset || page.Limit != 2 || len(page.Templates) == 0 {
			c.t.Fatalf("page is %+v", page)
		}
		offset, total = offset+len(page.Templates), page.Total
		for _, row := range page.Templates {
			p := want[row["id"].(string)]
			delete(want, p.ID)
			for _, key := range []string{"updater_id", "update_id"} {
				if row[key] == p.Updater.ID {
					spellings[key]++
				}
			}
			if row["name"] != p.Value.Name || row["create_time"] != float64(p.Created.UnixMilli()) || row["update_time"] != float64(p.Updated.UnixMilli()) ||
				row["is_system"] != p.Value.System || row["is_show_source"] != nil || len(row["stages"].([]any)) != len(p.Value.Stages) {
				c.t.Errorf("template is %v, want %+v", row, p)
			}
			var detail struct {
				ID, Name, Definition string
				Updater              string `json:"updater_id"`
				Updated              int64  `json:"update_time"`
			}
			c.get("GET", "/v5/"+truth.TenantID+"/api/pipeline-templates/"+p.ID, "", &detail)
			if detail.ID != p.ID || detail.Name != p.Value.Name || detail.Updater != p.Updater.ID || detail.Updated != p.Updated.UnixMilli() ||
				strings.Count(detail.Definition, `"run_always":false`) != len(p.Value.Stages) {
				c.t.Errorf("template is %+v, want %+v", detail, p)
			}
		}
	}
	if len(want) != 0 || spellings["updater_id"] == 0 || spellings["update_id"] == 0 {
		c.t.Errorf("templates %v are not listed; spellings %v", slices.Collect(maps.Keys(want)), spellings)
	}
}
