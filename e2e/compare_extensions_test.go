package e2e

import (
	"encoding/json"
	"strconv"
	"strings"

	"artery/internal/codearts/codeartstest"
)

type publisher struct {
	ID        string `ch:"publisher_id"`
	Name      string `ch:"name"`
	English   string `ch:"en_name"`
	Website   string `ch:"website"`
	Auth      string `ch:"auth_status"`
	Creator   string `ch:"user_id"`
	Updater   string `ch:"updater_id"`
	Updated   string `ch:"update_text"`
	Available bool   `ch:"is_available"`
}

func (c *comparison) publishers() {
	want := func() (rows []publisher) {
		for _, p := range c.now.Publishers {
			rows = append(rows, publisher{p.ID, p.Value.Name, p.Value.EnglishName, p.Value.Website, p.Value.AuthStatus, p.Creator.ID, p.Updater.ID,
				strconv.FormatInt(ms(p.Updated), 10), p.Value.Available})
		}
		return rows
	}
	table(c, "publishers", `SELECT publisher_id, name, en_name, website, auth_status, user_id, updater_id, update_text, is_available FROM publishers`,
		func(p publisher) string { return p.ID }, want, nil)
	details := func() (rows []publisher) {
		for _, p := range want() {
			p.Available = false
			rows = append(rows, p)
		}
		return rows
	}
	table(c, "publisher details", `SELECT publisher_id, name, en_name, website, auth_status, user_id, updater_id, update_text, toBool(false) AS is_available
		FROM publisher_states FINAL WHERE kind = 'publisher_detail' ORDER BY ver DESC LIMIT 1 BY publisher_id`, func(p publisher) string { return p.ID }, details, nil)
}

type plugin struct {
	Name        string `ch:"plugin_name"`
	DisplayName string `ch:"display_name"`
	Type        string `ch:"business_type"`
	Attribution string `ch:"attribution"`
	Maintainers string `ch:"users"`
	Version     string `ch:"version"`
	Updater     string `ch:"op_user"`
	Updated     int64  `ch:"op_at"`
	Active      bool   `ch:"active"`
	Referred    int64  `ch:"referred"`
	Published   string `ch:"published"`
}

// published are the numbers of the published versions, the newest first.
func published(p codeartstest.PluginTruth) string {
	var numbers []string
	for _, v := range p.Versions {
		if v.Value.Draft == "" {
			numbers = append(numbers, v.Value.Number)
		}
	}
	return strings.Join(numbers, ",")
}

func (c *comparison) plugins() {
	want := func() (rows []plugin) {
		for _, p := range c.now.Plugins {
			newest, referred := p.Versions[0], int64(p.Value.Referred)
			if newest.Value.Draft == "init" {
				referred = -1
			}
			rows = append(rows, plugin{p.Value.Name, p.Value.DisplayName, p.Value.BusinessType, attribution(p), strings.Join(p.Value.Maintainers, ","),
				newest.Value.Number, newest.Updater.Name, ms(newest.Updated), !p.Value.Inactive, referred, published(p)})
		}
		return rows
	}
	table(c, "plugins", `SELECT plugin_name, display_name, business_type, attribution, arrayStringConcat(maintainers, ',') AS users, version, op_user,
		`+millis("op_at")+`, ifNull(is_active, false) AS active, ifNull(refer_count, -1) AS referred, arrayStringConcat(published_versions, ',') AS published FROM plugins`,
		func(p plugin) string { return p.Name }, want, nil)
}

func attribution(p codeartstest.PluginTruth) string {
	return map[bool]string{true: "official", false: "custom"}[p.Value.Official]
}

type pluginVersion struct {
	Name      string `ch:"plugin_name"`
	Version   string `ch:"version"`
	ID        string `ch:"unique_id"`
	Updater   string `ch:"op_user"`
	Updated   int64  `ch:"op_at"`
	Published bool   `ch:"is_published"`
	Tasks     string `ch:"tasks"`
}

func (c *comparison) pluginVersions() {
	want := func() (rows []pluginVersion) {
		for _, p := range c.now.Plugins {
			for _, v := range p.Versions {
				var tasks []string
				for _, step := range v.Value.Steps {
					tasks = append(tasks, step[1]+" "+step[2])
				}
				rows = append(rows, pluginVersion{p.Value.Name, v.Value.Number, v.ID, v.Updater.Name, ms(v.Updated), v.Value.Draft == "", strings.Join(tasks, ",")})
			}
		}
		return rows
	}
	table(c, "plugin_versions", `SELECT plugin_name, version, unique_id, op_user, `+millis("op_at")+`, is_published,
		arrayStringConcat(arrayMap(s -> concat(s.task, ' ', s.variables['OFFICIAL_SHELL_SCRIPT_INPUT']), steps), ',') AS tasks FROM plugin_versions`,
		func(v pluginVersion) string { return v.Name + "/" + v.Version }, want, nil)
}

// pluginPart is an input, an output or a metric of a version.
type pluginPart struct {
	Kind    string `ch:"kind"`
	Name    string `ch:"plugin_name"`
	Version string `ch:"version"`
	Part    string `ch:"part"`
	Text    string `ch:"text"`
}

func (c *comparison) pluginParts() {
	want := func() (rows []pluginPart) {
		for _, p := range c.now.Plugins {
			for _, v := range p.Versions {
				add := func(kind, part, text string) {
					if v.Value.Draft == "" {
						rows = append(rows, pluginPart{kind, p.Value.Name, v.Value.Number, part, text})
					}
				}
				for _, in := range v.Value.Inputs {
					add("plugin_inputs", in.Name, in.Default+" "+strconv.FormatBool(in.Required))
					if p.Value.Basic {
						add("basic_inputs", in.Name, in.Default+" "+strconv.FormatBool(in.Required))
					}
				}
				for _, out := range v.Value.Outputs {
					text, _ := json.Marshal(map[string]string{"type": "output", "description": out[1]})
					add("plugin_outputs", out[0], string(text))
				}
				if len(v.Value.Metrics) > 0 {
					var keys []string
					for _, m := range v.Value.Metrics {
						keys = append(keys, m[0]+" "+m[1])
					}
					add("plugin_metrics", "SYSTEM_METRICS_UNIQUE_KEY", strings.Join(keys, ","))
				}
			}
		}
		return rows
	}
	table(c, "plugin parts", `SELECT 'plugin_inputs' AS kind, plugin_name, version, name AS part, concat(default_value, ' ', toString(is_required)) AS text FROM plugin_inputs
		UNION ALL SELECT kind, plugin_name, version, output_key, if(kind = 'plugin_outputs', output_value, arrayStringConcat(arrayMap(p -> concat(p.key, ' ', p.value),
			JSONExtract(output_value, 1, 'properties', 'Array(Tuple(key String, value String))')), ',')) FROM plugin_outputs
		UNION ALL SELECT 'basic_inputs', plugin_name, version, input.name, concat(input.default_value, ' ', toString(input.required))
			FROM (SELECT * FROM basic_plugin_detail_states FINAL ORDER BY ver DESC LIMIT 1 BY plugin_name, version) ARRAY JOIN inputs AS input`,
		func(p pluginPart) string { return p.Kind + "/" + p.Name + "/" + p.Version + "/" + p.Part }, want, nil)
}

type basicPlugin struct {
	Name        string `ch:"plugin_name"`
	DisplayName string `ch:"display_name"`
	Publisher   string `ch:"publisher_id"`
	Published   string `ch:"published"`
	Details     string `ch:"details"`
}

// basicPlugins: the details of every published version have the name of now.
func (c *comparison) basicPlugins() {
	want := func() (rows []basicPlugin) {
		for _, p := range c.now.Plugins {
			if p.Value.Basic {
				rows = append(rows, basicPlugin{p.Value.Name, p.Value.DisplayName, p.Value.PublisherID, published(p), published(p)})
			}
		}
		return rows
	}
	table(c, "basic_plugins", `SELECT plugin_name, display_name, publisher_id, arrayStringConcat(published_versions, ',') AS published,
		arrayStringConcat(arrayFilter(v -> (plugin_name, v, display_name) IN (SELECT plugin_name, version, display_name FROM
			(SELECT * FROM basic_plugin_detail_states FINAL ORDER BY ver DESC LIMIT 1 BY plugin_name, version)), published_versions), ',') AS details FROM basic_plugins`,
		func(p basicPlugin) string { return p.Name }, want, nil)
}

type stagePlugin struct {
	Kind        string `ch:"kind"`
	Type        string `ch:"business_type"`
	Name        string `ch:"plugin_name"`
	DisplayName string `ch:"display_name"`
	Attribution string `ch:"version_attribution"`
}

func (c *comparison) stagePlugins() {
	want := func() (rows []stagePlugin) {
		for _, p := range c.now.StagePlugins {
			rows = append(rows, stagePlugin{map[bool]string{true: "optional_plugin", false: "stage_plugin"}[p.Paged], p.BusinessType, p.Name, p.DisplayName, p.Attribution})
		}
		return rows
	}
	table(c, "stage_plugins", `SELECT kind, business_type, plugin_name, display_name, version_attribution FROM stage_plugins`,
		func(p stagePlugin) string { return p.Kind + "/" + p.Type + "/" + p.Name }, want, nil)
}
