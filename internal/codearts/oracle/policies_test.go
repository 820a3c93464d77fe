package oracle

import (
	"strconv"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartspipeline/v2/model"
)

// local is a time as rules and rule sets print it.
func local(at time.Time) string { return at.In(china).Format("2006-01-02T15:04:05") }

// groups are the contents of a rule as JSON.
func groups(list []codeartstest.RuleGroup) []any {
	rows := []any{}
	for _, g := range list {
		properties := []any{}
		for _, p := range g.Thresholds {
			properties = append(properties, object{"key": p.Key, "type": "judge", "name": p.Name, "value_type": "float", "value": p.Value, "operator": p.Operator})
		}
		rows = append(rows, object{"group_name": g.Name, "can_modify_when_inherit": g.CanModify, "properties": properties})
	}
	return rows
}

// inSet are the contents of a rule in a rule set. The SDK declares a type there, which no example has, and cannot leave it out.
func inSet(list []codeartstest.RuleGroup) []any {
	rows := groups(list)
	for _, row := range rows {
		row.(object)["type"] = ""
	}
	return rows
}

// TestRules: 4.4.2 in pages and 4.4.1.
func TestRules(t *testing.T) {
	w := newTenant(t)
	domain := w.truth.TenantID
	rows := w.byKey(w.walk("4.4.2", len(w.truth.Rules), 2, func(offset, limit int) (any, int) {
		answer, err := w.pipeline.ListRule(&model.ListRuleRequest{DomainId: domain, Offset: int32(offset), Limit: int32(limit)})
		return must(w, answer, err).Data, int(*answer.Total)
	}), "id")
	for _, r := range w.truth.Rules {
		w.equal(r.Value.Name, rows[r.ID], object{"name": r.Value.Name, "type": r.Value.Type, "version": r.Version, "operator": r.Updater.Name, "operate_time": r.Updated})
		answer, err := w.pipeline.ShowRule(&model.ShowRuleRequest{DomainId: domain, RuleId: r.ID})
		w.equal(r.Value.Name, again[object](w, must(w, answer, err)), object{
			"id": r.ID, "name": r.Value.Name, "type": r.Value.Type, "version": r.Version, "plugin_name": r.Value.Plugin, "plugin_version": r.Value.PluginVersion,
			"creator": r.Creator.ID, "updater": r.Updater.ID, "create_time": local(r.Created), "update_time": local(r.Updated), "content": groups(r.Value.Groups),
		})
	}
}

// TestRuleSets: 4.5.4 and 4.5.3 of the tenant, 4.6.1 and 4.6.2 of the projects. The SDK does not know `update`, by which 4.6.2
// names the last editor.
func TestRuleSets(t *testing.T) {
	w := newTenant(t)
	domain, compared := w.truth.TenantID, 0
	for _, project := range append([]codeartstest.ProjectTruth{{}}, w.truth.Projects...) {
		var own []codeartstest.RuleSetTruth
		for _, s := range w.truth.RuleSets {
			if s.ProjectID == project.ID {
				own = append(own, s)
			}
		}
		rows := w.byKey(w.walk("rule sets", len(own), 1, func(offset, limit int) (any, int) {
			if project.ID == "" {
				answer, err := w.pipeline.ListStrategy(&model.ListStrategyRequest{DomainId: domain, Offset: int32(offset), Limit: int32(limit)})
				return must(w, answer, err).Data, int(*answer.Total)
			}
			answer, err := w.pipeline.ListProjectStrategy(&model.ListProjectStrategyRequest{ProjectId: project.ID, Offset: int32(offset), Limit: int32(limit)})
			return must(w, answer, err).Data, int(*answer.Total)
		}), "id")
		for _, s := range own {
			compared++
			level, updater := "tenant", any(s.Updater.ID)
			var detail object
			if project.ID == "" {
				answer, err := w.pipeline.ShowStrategy(&model.ShowStrategyRequest{DomainId: domain, RuleSetId: s.ID})
				detail = again[object](w, must(w, answer, err))
			} else {
				level, updater = "project", nil
				answer, err := w.pipeline.ShowProjectStrategy(&model.ShowProjectStrategyRequest{ProjectId: project.ID, RuleSetId: s.ID})
				detail = again[object](w, must(w, answer, err))
			}
			w.equal(s.Value.Name, rows[s.ID], object{
				"name": s.Value.Name, "level": level, "is_valid": s.Value.Valid, "version": s.Version, "operator": s.Updater.Name,
				"is_public": s.Value.Public, "operate_time": s.Updated,
			})
			w.equal(s.Value.Name, detail, object{
				"id": s.ID, "name": s.Value.Name, "version": s.Version, "is_valid": s.Value.Valid, "creator": s.Creator.ID, "updater": updater,
				"create_time": local(s.Created), "update_time": local(s.Updated),
			})
			instances, _ := detail["rule_instances"].([]any)
			if len(instances) != len(s.Instances) {
				t.Fatalf("%s has %d rules, the truth %d", s.Value.Name, len(instances), len(s.Instances))
			}
			for i, in := range s.Instances {
				w.equal(s.Value.Name, instances[i].(object), object{
					"id": in.ID, "name": in.Rule.Name, "type": in.Rule.Type, "is_valid": in.Valid, "version": in.Version, "plugin_name": in.Rule.Plugin,
					"content": inSet(in.Rule.Groups),
				})
			}
		}
	}
	if compared != len(w.truth.RuleSets) || compared < 2 {
		t.Errorf("%d rule sets of %d were compared", compared, len(w.truth.RuleSets))
	}
}

// TestTemplates: 4.1.1 in pages and 4.1.3. The SDK drops both times of a template, and `update_id`.
func TestTemplates(t *testing.T) {
	w := newTenant(t)
	domain := w.truth.TenantID
	list := w.walk("4.1.1", len(w.truth.Templates), 2, func(offset, limit int) (any, int) {
		answer, err := w.pipeline.ListPipelineTemplates(&model.ListPipelineTemplatesRequest{TenantId: domain, Body: &model.ListPipelineTemplatesQuery{
			Offset: to(int64(offset)), Limit: to(int64(limit)), SortKey: to("create_time"), SortDir: to("asc"),
		}})
		return must(w, answer, err).Templates, int(*answer.Total)
	})
	rows := w.byKey(list, "id")
	for _, o := range w.truth.Templates {
		want := object{
			"name": o.Value.Name, "language": o.Value.Language, "description": o.Value.Description, "is_system": o.Value.System,
			"creator_id": o.Creator.ID, "icon": orNil(o.Value.Icon), "manifest_version": "3.0",
		}
		w.equal(o.Value.Name, rows[o.ID], want)
		stages, _ := rows[o.ID]["stages"].([]any)
		if len(stages) != len(o.Value.Stages) {
			t.Fatalf("%s has the stages %v", o.Value.Name, stages)
		}
		for i, s := range o.Value.Stages {
			w.equal(o.Value.Name, stages[i].(object), object{"name": s.Name, "sequence": i})
		}
		answer, err := w.pipeline.ShowPipelineTemplateDetail(&model.ShowPipelineTemplateDetailRequest{TenantId: domain, TemplateId: o.ID})
		detail := again[object](w, must(w, answer, err))
		w.equal(o.Value.Name, detail, want)
		w.equal(o.Value.Name, detail, object{"updater_id": o.Updater.ID})
		definition, _ := detail["definition"].(string)
		inner := again[struct{ Stages []any }](w, jsonText(definition)).Stages
		if len(inner) != len(o.Value.Stages) {
			t.Fatalf("%s defines %d stages, the truth has %d", o.Value.Name, len(inner), len(o.Value.Stages))
		}
		for i, s := range o.Value.Stages {
			w.equal(o.Value.Name, inner[i].(object), object{"name": s.Name, "sequence": strconv.Itoa(i)})
		}
	}
	for i, row := range list { // the last editor is `update_id` in two rows of three
		if known := row["updater_id"] != nil; known != (i%3 == 2) {
			t.Errorf("updater_id of row %d is %v", i, row["updater_id"])
		}
		if row["create_time"] != nil || row["update_time"] != nil {
			t.Errorf("the SDK has learnt the times of a template: %v", row)
		}
	}
}

// jsonText is a text that is JSON.
type jsonText string

// MarshalJSON implements json.Marshaler.
func (j jsonText) MarshalJSON() ([]byte, error) { return []byte(j), nil }
