package oracle

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartspipeline/v2/model"
)

// inText is a time as plug-ins and publishers print it: milliseconds in a text.
func inText(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }

// TestPublishers: 4.9.12 in pages, 4.9.13 and 4.9.25, which leaves out whom it does not know.
func TestPublishers(t *testing.T) {
	w := newTenant(t)
	domain := w.truth.TenantID
	rows := w.byKey(w.walk("4.9.12", len(w.truth.Publishers), 2, func(offset, limit int) (any, int) {
		answer, err := w.pipeline.ListPublisher(&model.ListPublisherRequest{DomainId: domain, Offset: strconv.Itoa(offset), Limit: strconv.Itoa(limit)})
		return must(w, answer, err).Data, int(*answer.Total)
	}), "publisher_unique_id")
	asked := []string{"nobody"}
	for _, p := range w.truth.Publishers {
		asked = append(asked, p.ID)
	}
	one, err := w.pipeline.ShowPublisher(&model.ShowPublisherRequest{DomainId: domain, Body: &asked})
	details := again[map[string]object](w, must(w, one, err).PublisherDetailMap)
	optional, err := w.pipeline.ListAvailablePublisher(&model.ListAvailablePublisherRequest{DomainId: domain})
	available := w.byKey(again[[]object](w, must(w, optional, err).Body), "publisher_unique_id")
	for _, p := range w.truth.Publishers {
		want := object{
			"publisher_unique_id": p.ID, "user_id": p.Creator.ID, "tenant_id": domain, "description": p.Value.Description, "website": p.Value.Website,
			"support_url": p.Value.SupportURL, "en_name": p.Value.EnglishName, "name": p.Value.Name, "auth_status": p.Value.AuthStatus, "is_delete": 0,
			"last_update_user_name": p.Updater.Name, "last_update_user_id": p.Updater.ID, "last_update_time": inText(p.Updated),
		}
		w.equal(p.Value.Name, rows[p.ID], want)
		w.equal(p.Value.Name, details[p.ID], want)
		if p.Value.Available {
			w.equal(p.Value.Name, available[p.ID], want)
			delete(available, p.ID)
		}
		delete(details, p.ID)
	}
	if len(available)+len(details) != 0 {
		t.Errorf("publishers that the truth does not have: %v %v", available, details)
	}
}

// pluginVersion is a version of a plug-in as 4.9.17 and 4.9.21 have to show it.
func pluginVersion(p codeartstest.PluginTruth, v codeartstest.PluginVersionTruth) object {
	row := object{
		"plugin_name": p.Value.Name, "display_name": p.Value.DisplayName, "version": v.Value.Number, "version_description": v.Value.Description,
		"description": p.Value.Description, "unique_id": v.ID, "op_user": v.Updater.Name, "op_time": inText(v.Updated), "business_type": p.Value.BusinessType,
		"icon_url": p.Value.Icon, "refer_count": p.Value.Referred, "usage_count": nil, "active": 1, "maintainers": "",
		"plugin_attribution": "custom", "version_attribution": "formal", "plugin_composition_type": "single",
	}
	if p.Value.Official {
		row["plugin_attribution"] = "official"
	}
	if p.Value.Multi {
		row["plugin_composition_type"] = "multi"
	}
	if p.Value.Inactive {
		row["active"] = 0
	}
	if len(p.Value.Maintainers) > 0 {
		text, _ := json.Marshal(p.Value.Maintainers)
		row["maintainers"] = string(text)
	}
	if v.Value.Draft != "" {
		row["version_attribution"] = v.Value.Draft
	}
	if v.Value.Draft == "init" {
		row["version_description"], row["refer_count"] = nil, nil
	}
	return row
}

// TestPlugins: 4.9.17 in pages, 4.9.21 in pages, 4.9.22 of every version, and 4.9.23 where it answers with the page of its
// table. Of the execution in 4.9.22 the SDK keeps nothing.
func TestPlugins(t *testing.T) {
	w := newTenant(t, codeartstest.QuirkVersionPages)
	domain := w.truth.TenantID
	rows := w.byKey(w.walk("4.9.17", len(w.truth.Plugins), 2, func(offset, limit int) (any, int) {
		answer, err := w.pipeline.ListPlugins(&model.ListPluginsRequest{
			DomainId: domain, Offset: strconv.Itoa(offset), Limit: strconv.Itoa(limit), Body: &model.AgentPluginInfoQueryDto{},
		})
		return must(w, answer, err).Data, int(*answer.Total)
	}), "plugin_name")
	several := 0
	for _, p := range w.truth.Plugins {
		name := p.Value.Name
		w.equal(name, rows[name], pluginVersion(p, p.Versions[0]))
		if len(p.Versions) > 1 {
			several++
		}
		versions := w.walk("4.9.21", len(p.Versions), 1, func(offset, limit int) (any, int) {
			answer, err := w.pipeline.ListPLuginVersion(&model.ListPLuginVersionRequest{
				DomainId: domain, PluginName: name, Offset: strconv.Itoa(offset), Limit: strconv.Itoa(limit),
			})
			return must(w, answer, err).Data, int(*answer.Total)
		})
		formal := []any{}
		for i, v := range p.Versions {
			w.equal(name+" "+v.Value.Number, versions[i], pluginVersion(p, v))
			if v.Value.Draft == "" {
				formal = append(formal, v.Value.Number)
			}
			answer, err := w.pipeline.ShowPluginVersion(&model.ShowPluginVersionRequest{DomainId: domain, PluginName: name, Version: &v.Value.Number})
			detail := again[object](w, must(w, answer, err))
			w.equal(name, detail, object{
				"plugin_name": name, "display_name": p.Value.DisplayName, "op_user": v.Updater.Name, "op_time": inText(v.Updated), "version": v.Value.Number,
				"unique_id": v.ID, "version_description": v.Value.Description, "runtime_attribution": "agent", "plugin_execution": object{},
			})
			inputs, _ := detail["input_info"].([]any)
			w.inputs(name, inputs, v.Value.Inputs, object{"plugin_name": name, "version": v.Value.Number})
		}
		answer, err := w.pipeline.ListPluginVersionNumber(&model.ListPluginVersionNumberRequest{DomainId: domain, PluginName: name, Offset: "0", Limit: "999"})
		if numbers := again[[]any](w, must(w, answer, err).Data); !slices.Equal(numbers, formal) || int(*answer.Total) != len(formal) {
			t.Errorf("4.9.23 of %s says %v, the truth %v", name, numbers, formal)
		}
	}
	if several == 0 {
		t.Error("no plug-in has two versions")
	}
}

// inputs compares the inputs of a plug-in; of each row want is compared too.
func (w *tenant) inputs(what string, rows []any, truth []codeartstest.PluginInput, want object) {
	w.Helper()
	if len(rows) != len(truth) {
		w.Fatalf("%s has %d inputs, the truth %d", what, len(rows), len(truth))
	}
	for i, in := range truth {
		row := rows[i].(object)
		w.equal(what, row, want)
		w.equal(what, row, object{"name": in.Name, "type": in.Type, "default_value": in.Default})
	}
}

// TestPluginParts: 4.9.18, 4.9.19 and 4.9.20, the newest versions of all plug-ins in one call each.
func TestPluginParts(t *testing.T) {
	w := newTenant(t)
	domain := w.truth.TenantID
	var asked []model.PluginPartQueryDto
	for _, p := range w.truth.Plugins {
		asked = append(asked, model.PluginPartQueryDto{PluginName: p.Value.Name, DisplayName: p.Value.DisplayName, Version: p.Versions[0].Value.Number})
	}
	metrics, err := w.pipeline.ShowPluginMetrics(&model.ShowPluginMetricsRequest{DomainId: domain, Body: &asked})
	byMetrics := w.byKey(again[[]object](w, must(w, metrics, err).Body), "plugin_name")
	inputs, err := w.pipeline.ShowPluginInputs(&model.ShowPluginInputsRequest{DomainId: domain, Body: &asked})
	byInputs := w.byKey(again[[]object](w, must(w, inputs, err).Body), "plugin_name")
	outputs, err := w.pipeline.ShowPluginOutputs(&model.ShowPluginOutputsRequest{DomainId: domain, Body: &asked})
	byOutputs := w.byKey(again[[]object](w, must(w, outputs, err).Body), "plugin_name")

	data := func(row object) []any { rows, _ := row["data"].([]any); return rows }
	compared := map[string]int{}
	for _, p := range w.truth.Plugins {
		name, v := p.Value.Name, p.Versions[0].Value
		for _, by := range []map[string]object{byMetrics, byInputs, byOutputs} {
			w.equal(name, by[name], object{"display_name": p.Value.DisplayName})
		}
		w.inputs(name, data(byInputs[name]), v.Inputs, object{"plugin_name": name, "version": v.Number})
		for i, in := range v.Inputs {
			compared["inputs"]++
			w.equal(name, data(byInputs[name])[i].(object), object{"label": in.Label, "description": in.Description, "required": strconv.FormatBool(in.Required)})
		}
		if got := data(byOutputs[name]); len(got) != len(v.Outputs) {
			t.Fatalf("%s has the outputs %v", name, got)
		}
		for i, out := range v.Outputs {
			compared["outputs"]++
			row := data(byOutputs[name])[i].(object)
			w.equal(name, row, object{"plugin_name": name, "version": v.Number, "output_key": out[0]})
			w.equal(name, again[object](w, jsonText(row["output_value"].(string))), object{"type": "output", "description": out[1]})
		}
		if got := data(byMetrics[name]); len(got) != min(len(v.Metrics), 1) {
			t.Fatalf("%s has the metrics %v", name, got)
		}
		if len(v.Metrics) == 0 {
			continue
		}
		groups := again[[]struct{ Properties []object }](w, jsonText(data(byMetrics[name])[0].(object)["output_value"].(string)))
		if len(groups) != 1 || len(groups[0].Properties) != len(v.Metrics) {
			t.Fatalf("%s has the metrics %v", name, groups)
		}
		for i, m := range v.Metrics {
			compared["metrics"]++
			w.equal(name, groups[0].Properties[i], object{"key": m[0], "value": m[1]})
		}
	}
	if compared["inputs"] == 0 || compared["outputs"] == 0 || compared["metrics"] < 2 {
		t.Errorf("only %v were compared", compared)
	}
}

// TestBasicPlugins: 4.9.15 in pages, which the SDK always filters by attribution (all have to come where that is empty), and
// 4.9.30 of every version.
func TestBasicPlugins(t *testing.T) {
	w := newTenant(t)
	domain := w.truth.TenantID
	for _, attribution := range []string{"", "official", "custom"} {
		var own []codeartstest.PluginTruth
		for _, p := range w.truth.Plugins {
			if p.Value.Basic && (attribution == "" || (attribution == "official") == p.Value.Official) {
				own = append(own, p)
			}
		}
		if len(own) == 0 {
			t.Errorf("no basic plug-in is %s", attribution)
		}
		rows := w.byKey(w.walk("4.9.15 "+attribution, len(own), 2, func(offset, limit int) (any, int) {
			answer, err := w.pipeline.ListBasePlugins(&model.ListBasePluginsRequest{
				DomainId: domain, Attribution: attribution, Offset: strconv.Itoa(offset), Limit: strconv.Itoa(limit),
			})
			return must(w, answer, err).Data, int(*answer.Total)
		}), "name")
		for _, p := range own {
			want := object{"display_name": p.Value.DisplayName, "plugin_attribution": "custom", "description": p.Value.Description, "publisher_id": orNil(p.Value.PublisherID)}
			if p.Value.Official {
				want["plugin_attribution"] = "official"
			}
			w.equal(p.Value.Name, rows[p.Value.Name], want)
			for _, v := range p.Versions {
				w.basicPlugin(p, v)
			}
		}
	}
}

func (w *tenant) basicPlugin(p codeartstest.PluginTruth, v codeartstest.PluginVersionTruth) {
	w.Helper()
	answer, err := w.pipeline.ShowBasicPlugin(&model.ShowBasicPluginRequest{DomainId: w.truth.TenantID, PluginName: p.Value.Name, Version: v.Value.Number})
	detail := again[object](w, must(w, answer, err))
	w.equal(p.Value.Name, detail, object{
		"type": "Task", "name": p.Value.Name, "category": p.Value.BusinessType, "description": p.Value.Description, "version": v.Value.Number,
		"friendly_name": p.Value.DisplayName, "version_description": v.Value.Description,
	})
	inputs, _ := detail["inputs"].([]any)
	w.inputs(p.Value.Name, inputs, v.Value.Inputs, nil)
	for i, in := range v.Value.Inputs {
		w.equal(p.Value.Name, inputs[i].(object), object{"label": in.Label, "description": in.Description, "required": in.Required})
	}
	outputs, _ := detail["outputs"].([]any)
	if len(outputs) != len(v.Value.Outputs) {
		w.Fatalf("%s has the outputs %v", p.Value.Name, outputs)
	}
	for i, out := range v.Value.Outputs {
		w.equal(p.Value.Name, outputs[i].(object), object{"name": out[0], "type": "output", "description": out[1]})
	}
}

// TestStagePlugins: 4.9.14, and 4.9.16 in pages that count plug-ins while their rows are groups.
func TestStagePlugins(t *testing.T) {
	w := newTenant(t)
	domain := w.truth.TenantID
	whole, err := w.pipeline.ListStagePlugins(&model.ListStagePluginsRequest{DomainId: domain, Body: &model.StagePluginsQueryDto{}})
	stage := again[[]object](w, must(w, whole, err).FullStagePluginsItemList)
	var optional []object
	for offset, total := 0, 1; offset < total; offset += 2 {
		answer, err := w.pipeline.ListBasePluginsNewPost(&model.ListBasePluginsNewPostRequest{
			DomainId: domain, Offset: int32(offset), Limit: 2, Body: &model.BusinessTypePluginsQueryDto{UseCondition: to("pipeline")},
		})
		total = int(*must(w, answer, err).Total)
		groups, plugins := again[[]object](w, answer.Data), 0
		for _, g := range groups {
			plugins += len(g["plugins_list"].([]any))
		}
		if plugins != min(2, total-offset) {
			t.Fatalf("4.9.16: %d plug-ins at %d of %d", plugins, offset, total)
		}
		optional = append(optional, groups...)
	}
	byName := map[bool]map[string]object{}
	for paged, groups := range map[bool][]object{false: stage, true: optional} {
		var rows []object
		for _, g := range groups {
			for _, plugin := range g["plugins_list"].([]any) {
				row := plugin.(object)
				row["group"] = g["business_type"]
				rows = append(rows, row)
			}
		}
		byName[paged] = w.byKey(rows, "plugin_name")
	}
	for _, p := range w.truth.StagePlugins {
		rows := byName[p.Paged]
		w.equal(p.Name, rows[p.Name], object{"display_name": p.DisplayName, "group": p.BusinessType, "version_attribution": p.Attribution})
		delete(rows, p.Name)
	}
	if len(byName[false])+len(byName[true]) != 0 || len(w.truth.StagePlugins) == 0 {
		t.Errorf("plug-ins that the truth does not have: %v", byName)
	}
}
