package codeartstest

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// pluginQuery is a PluginPartQueryDTO of Pipeline API 4.9.18 to 4.9.20.
type pluginQuery struct {
	Name        string `json:"plugin_name"`
	DisplayName string `json:"display_name"`
	Version     string `json:"version"`
}

// pluginPart is an element of their answers. Its display name is that of the question.
type pluginPart[R any] struct {
	Name        string `json:"plugin_name"`
	DisplayName string `json:"display_name"`
	Data        []R    `json:"data"`
}

// pluginInputRow is an input of Pipeline API 4.9.19: whether it is required is said in a text.
type pluginInputRow struct {
	ID            string     `json:"unique_id"`
	Name          string     `json:"name"`
	Default       string     `json:"default_value"`
	Plugin        string     `json:"plugin_name"`
	Version       string     `json:"version"`
	Type          string     `json:"type"`
	Workspace     string     `json:"workspace_id"`
	Layout        *string    `json:"layout_content"`
	FrontDataProp *string    `json:"front_data_prop"`
	Label         string     `json:"label"`
	Description   string     `json:"description"`
	Required      string     `json:"required"`
	Extend        extendProp `json:"extend_prop"`
	Validation    validation `json:"validation"`
}

type extendProp struct {
	APIOptions         *string `json:"api_options"`
	APIType            *string `json:"api_type"`
	Options            *string `json:"options"`
	DisabledConditions *string `json:"disabled_conditions"`
	VisibleConditions  *string `json:"visible_conditions"`
}

type validation struct {
	RequiredMessage *string `json:"required_message"`
	Regex           *string `json:"regex"`
	RegexMessage    *string `json:"regex_message"`
	MaxLength       *int    `json:"max_length"`
	MinLength       *int    `json:"min_length"`
}

// pluginOutputRow is an output of Pipeline API 4.9.20 or a metric of 4.9.18.
type pluginOutputRow struct {
	ID        string `json:"unique_id"`
	Plugin    string `json:"plugin_name"`
	Version   string `json:"version"`
	Workspace string `json:"workspace_id"`
	Key       string `json:"output_key"`
	Value     string `json:"output_value"` // JSON in a text
}

func (t *Tenant) inputRows(s versionState) []pluginInputRow {
	rows := []pluginInputRow{}
	for i, in := range s.value.Inputs {
		rows = append(rows, pluginInputRow{
			ID: t.world.id("plugin input", s.id, i), Name: in.Name, Default: in.Default, Plugin: s.plugin.id, Version: s.value.Number, Type: in.Type,
			Workspace: t.workspace(s.plugin.value), Label: in.Label, Description: in.Description, Required: strconv.FormatBool(in.Required),
		})
	}
	return rows
}

func (t *Tenant) outputRows(s versionState) []pluginOutputRow {
	rows := []pluginOutputRow{}
	for i, out := range s.value.Outputs {
		rows = append(rows, t.outputRow(s, "plugin output", i, out[0], map[string]any{"type": "output", "description": out[1]}))
	}
	return rows
}

// metricRows: all metrics of a version are one row, in groups.
func (t *Tenant) metricRows(s versionState) []pluginOutputRow {
	if len(s.value.Metrics) == 0 {
		return []pluginOutputRow{}
	}
	type property struct {
		Key   string `json:"key"`
		Value string `json:"value"`
		Desc  string `json:"desc"`
	}
	var properties []property
	for _, m := range s.value.Metrics {
		properties = append(properties, property{Key: m[0], Value: m[1]})
	}
	group := map[string]any{"group_name": s.plugin.value.DisplayName, "properties": properties}
	return []pluginOutputRow{t.outputRow(s, "plugin metric", 0, "SYSTEM_METRICS_UNIQUE_KEY", []any{group})}
}

func (t *Tenant) outputRow(s versionState, kind string, i int, key string, value any) pluginOutputRow {
	text, err := json.Marshal(value)
	if err != nil {
		panic("codeartstest: encoding an output: " + err.Error())
	}
	return pluginOutputRow{
		ID: t.world.id(kind, s.id, i), Plugin: s.plugin.id, Version: s.value.Number, Workspace: t.workspace(s.plugin.value), Key: key, Value: string(text),
	}
}

func (t *Tenant) pluginMetrics(r *request) response { return answerParts(t, r, t.metricRows) }

func (t *Tenant) pluginInputs(r *request) response { return answerParts(t, r, t.inputRows) }

func (t *Tenant) pluginOutputs(r *request) response { return answerParts(t, r, t.outputRows) }

// answerParts answers Pipeline API 4.9.18 to 4.9.20, the last that was asked for first. A version that does not exist has
// no data.
func answerParts[R any](t *Tenant, r *request, rows func(versionState) []R) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	var queries []pluginQuery
	if err := decodeBody(r, &queries); err != nil || len(queries) > t.options.MaxBatch {
		return invalidBody()
	}
	parts := []pluginPart[R]{}
	for i := range queries {
		q := queries[len(queries)-1-i]
		part := pluginPart[R]{Name: q.Name, DisplayName: q.DisplayName, Data: []R{}}
		for _, v := range t.pluginVersions(q.Name, r.now) {
			if v.value.Number == q.Version {
				part.Data = rows(v)
			}
		}
		parts = append(parts, part)
	}
	return answer(http.StatusOK, parts)
}
