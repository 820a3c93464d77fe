package codeartstest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// scriptExtensions adds what the documents ask for, and returns a part of each answer by document.
func scriptExtensions(w *World, at time.Time) map[string]string {
	w.SetPublisher("b9fc8fb6d9194536ac66dd74c2212126", at, User{}, Publisher{Name: "aaa", Available: true})
	set := func(name string, official bool, version PluginVersion) {
		w.SetPlugin(at, User{}, Plugin{Name: name, BusinessType: "Gate", Official: official, Basic: true, Versions: []PluginVersion{version}})
	}
	set("test_multi_language", true, PluginVersion{Number: "0.0.11", Metrics: [][2]string{{"test", "111"}}})
	set("official_shell_plugin", true, PluginVersion{Number: "0.0.2", Inputs: []PluginInput{{Name: "OFFICIAL_SHELL_SCRIPT_INPUT"}}})
	set("fff", false, PluginVersion{Number: "0.0.1"})
	set("apie_test", false, PluginVersion{Number: "0.0.4", Steps: [][3]string{{"Executing the Shell", "official_shell_plugin", "env"}}})
	set("basic-CTS", false, PluginVersion{Number: "2.3.5", Outputs: [][2]string{{"problem", "Number"}}})
	return map[string]string{
		"4.9.12": `"total":1,"data":[{"publisher_unique_id":"b9fc`, "4.9.13": `[{"publisher_unique_id":"b9fc`, "4.9.14": `"plugin_name":"official_shell_plugin"`,
		"4.9.15": `"total":2,"data":[{"name":"official_shell_plugin"`, "4.9.16": `"limit":4,"total":5,"data":[{"plugins_list":[{`, "4.9.17": `"limit":3,"total":3,`,
		"4.9.18": `\"value\":\"111\"`, "4.9.19": `"OFFICIAL_SHELL_SCRIPT_INPUT"`, "4.9.20": `"data":[]`, "4.9.21": `"version":"0.0.1"`,
		"4.9.22": `"variables":{"OFFICIAL_SHELL_SCRIPT_INPUT":"env"}`, "4.9.23": `["0.0.4"]`, "4.9.25": `{"publisher_detail_map":{"b9fc`, "4.9.30": `"name":"problem"`,
	}
}

// TestExtensionsSpeakAsDocumented compares the keys of the answers, at any depth, with those of the examples.
func TestExtensionsSpeakAsDocumented(t *testing.T) {
	c := newCaller(t, TestOptions(1, instant))
	truth := c.tenant.Truth(instant)
	all := "/v1/" + truth.TenantID
	for _, d := range []struct{ example, method, path, body string }{
		{"4.9.12", "GET", all + "/publisher/query-all", ""},
		{"4.9.14", "POST", all + "/relation/stage-plugins", ""},
		{"4.9.15", "GET", all + "/relation/plugin/single", ""},
		{"4.9.16", "POST", all + "/relation/plugins?offset=0&limit=10", ""},
		{"4.9.17", "POST", all + "/agent-plugin/query-all", ""},
		{"4.9.18", "POST", all + "/agent-plugin/plugin-metrics", `[{"plugin_name":"official_devcloud_codeCheck","version":"0.0.9"}]`},
		{"4.9.19", "POST", all + "/agent-plugin/plugin-input", `[{"plugin_name":"official_shell_plugin","version":"0.0.2"}]`},
		{"4.9.20", "POST", all + "/agent-plugin/plugin-output", `[{"plugin_name":"official_shell_plugin","version":"0.0.2"}]`},
		{"4.9.21", "GET", all + "/agent-plugin/query?plugin_name=notify_release", ""},
		{"4.9.22", "GET", all + "/agent-plugin/detail?plugin_name=notify_release&version=0.0.2", ""},
		{"4.9.23", "GET", all + "/agent-plugin/all-version?plugin_name=notify_release", ""},
		{"4.9.25", "POST", all + "/publisher/detail", `["` + truth.Publishers[0].ID + `"]`},
		{"4.9.30", "GET", "/v3/" + truth.TenantID + "/extension/detail?plugin_name=basic_cts&version=2.3.5", ""},
	} {
		_, body := c.send(d.method, d.path, d.body, nil)
		ids := strings.NewReplacer(truth.Publishers[0].ID, "id", "b9fc8fb6d9194536ac66dd74c2212126", "id") // are keys in 4.9.25
		got, want := keys(t, []byte(ids.Replace(string(body)))), keys(t, []byte(ids.Replace(string(Example(d.example)))))
		for key := range want {
			if !got[key] {
				t.Errorf("%s: the example has %s, the simulator does not", d.example, key)
			}
		}
		for key := range got {
			cut := key == ".data.last_update_time" // by the page break in 4.9.12
			inputs := strings.HasPrefix(key, ".input_info.") && keys(t, Example("4.9.19"))[".data"+strings.TrimPrefix(key, ".input_info")]
			variables := d.example == "4.9.22" && strings.HasPrefix(key, ".plugin_execution.steps.variables.")
			if !want[key] && !cut && !inputs && !variables {
				t.Errorf("%s: the simulator sends %s, the example does not", d.example, key)
			}
		}
	}
}

// TestExtensionsEqualTruth walks every list and detail of plug-ins at several times and compares them with the truth.
func TestExtensionsEqualTruth(t *testing.T) {
	c := newCaller(t, TestOptions(7, instant))
	for _, minutes := range []int{-3000, -60, 0, 9, 14, 17, 22, 28, 600} {
		now := instant.Add(time.Duration(minutes) * time.Minute)
		c.clock.set(now)
		truth := c.tenant.Truth(now)
		t.Run(fmt.Sprint(minutes), func(t *testing.T) {
			c.t = t
			c.comparePublishers(truth)
			c.comparePlugins(truth)
			c.compareStagePlugins(truth)
		})
	}
}

// walk collects the rows of a list that pages by its query.
func (c *caller) walk(method, path string, limit int, count func(object) int) (all []object) {
	c.t.Helper()
	for offset, total := 0, 1; offset < total; {
		var page struct {
			Offset, Limit, Total int
			Data                 []object
		}
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		c.get(method, fmt.Sprintf("%s%soffset=%d&limit=%d", path, separator, offset, limit), "", &page)
		rows := 0
		for _, row := range page.Data {
			rows += count(row)
		}
		if page.Offset != offset || page.Limit != limit || rows != min(limit, page.Total-offset) {
			c.t.Fatalf("%s at %d: offset %d, limit %d, %d rows of %d", path, offset, page.Offset, page.Limit, rows, page.Total)
		}
		all, offset, total = append(all, page.Data...), offset+rows, page.Total
	}
	return all
}

func each(object) int { return 1 }

func (c *caller) comparePublishers(truth Truth) {
	rows := c.walk("GET", "/v1/"+truth.TenantID+"/publisher/query-all", 2, each)
	var available []object
	c.get("GET", "/v1/"+truth.TenantID+"/publisher/optional-publisher", "", &available)
	n := 0
	for i, p := range listed(truth.Publishers, "") {
		want := object{
			"publisher_unique_id": p.ID, "user_id": p.Creator.ID, "tenant_id": truth.TenantID, "description": p.Value.Description, "logo_url": "",
			"website": p.Value.Website, "support_url": p.Value.SupportURL, "source_url": "", "en_name": p.Value.EnglishName, "name": p.Value.Name,
			"auth_status": p.Value.AuthStatus, "is_delete": 0.0, "last_update_user_name": p.Updater.Name, "last_update_user_id": p.Updater.ID,
			"last_update_time": strconv.FormatInt(p.Updated.UnixMilli(), 10),
		}
		same(c.t, "publisher", rows[i], want)
		if p.Value.Available {
			same(c.t, "available publisher", available[n], want)
			n++
		}
		var details struct {
			Map map[string]object `json:"publisher_detail_map"`
		}
		c.get("POST", "/v1/"+truth.TenantID+"/publisher/detail", `["`+p.ID+`","nobody"]`, &details)
		same(c.t, "publisher details", details.Map, map[string]object{p.ID: want})
	}
	if len(rows) != len(truth.Publishers) || len(available) != n || n == 0 {
		c.t.Errorf("%d publishers of %d, %d available of %d", len(rows), len(truth.Publishers), len(available), n)
	}
}

func (c *caller) comparePlugins(truth Truth) {
	base := "/v1/" + truth.TenantID + "/agent-plugin/"
	listed := map[string]object{}
	for _, row := range c.walk("POST", base+"query-all", 3, each) {
		listed[row["plugin_name"].(string)] = row
	}
	basic := map[string]object{}
	for _, row := range c.walk("GET", "/v1/"+truth.TenantID+"/relation/plugin/single", 2, each) {
		basic[row["name"].(string)] = row
	}
	for _, p := range truth.Plugins {
		versions := c.walk("GET", base+"query?plugin_name="+p.Value.Name, 2, each)
		same(c.t, "listed "+p.Value.Name, listed[p.Value.Name], versions[0])
		delete(listed, p.Value.Name)
		if row, ok := basic[p.Value.Name]; ok != p.Value.Basic || ok && row["display_name"] != p.Value.DisplayName {
			c.t.Errorf("basic plug-in %s: %v", p.Value.Name, row)
		}
		var numbers []string
		for i, v := range p.Versions {
			row := versions[i]
			if row["version"] != v.Value.Number || row["op_user"] != v.Updater.Name || row["op_time"] != strconv.FormatInt(v.Updated.UnixMilli(), 10) ||
				row["unique_id"] != v.ID || row["display_name"] != p.Value.DisplayName || row["active"] != map[bool]float64{true: 0, false: 1}[p.Value.Inactive] ||
				(row["refer_count"] == nil) != (v.Value.Draft == "init") || row["maintainers"] == "" != (len(p.Value.Maintainers) == 0) {
				c.t.Errorf("version is %v, want %+v", row, v)
			}
			if v.Value.Draft != "" {
				continue
			}
			numbers = append(numbers, v.Value.Number)
			query := "?plugin_name=" + p.Value.Name + "&version=" + v.Value.Number
			var detail object
			c.get("GET", base+"detail"+query, "", &detail)
			if detail["unique_id"] != v.ID || len(detail["input_info"].([]any)) != len(v.Value.Inputs) || detail["op_time"] != row["op_time"] {
				c.t.Errorf("detail is %v, want %+v", detail, v)
			}
			for part, n := range map[string]int{"plugin-input": len(v.Value.Inputs), "plugin-output": len(v.Value.Outputs), "plugin-metrics": min(1, len(v.Value.Metrics))} {
				var parts []struct{ Data []object }
				c.get("POST", base+part, fmt.Sprintf(`[{"plugin_name":%q,"version":%q}]`, p.Value.Name, v.Value.Number), &parts)
				if len(parts) != 1 || len(parts[0].Data) != n || n > 0 && parts[0].Data[0]["version"] != v.Value.Number {
					c.t.Errorf("%s of %s %s: %v, want %d", part, p.Value.Name, v.Value.Number, parts, n)
				}
			}
			if p.Value.Basic {
				c.get("GET", "/v3/"+truth.TenantID+"/extension/detail"+query, "", &detail)
				if detail["friendly_name"] != p.Value.DisplayName || len(detail["inputs"].([]any)) != len(v.Value.Inputs) || len(detail["outputs"].([]any)) != len(v.Value.Outputs) {
					c.t.Errorf("basic plug-in is %v, want %+v", detail, v)
				}
			}
		}
		var got []string
		c.get("GET", base+"all-version?plugin_name="+p.Value.Name, "", &got)
		if len(versions) != len(p.Versions) || !slices.Equal(got, numbers) {
			c.t.Errorf("%s has %d versions, numbers %v, want %d, %v", p.Value.Name, len(versions), got, len(p.Versions), numbers)
		}
	}
	if len(listed) != 0 || len(truth.Plugins) < 7 {
		c.t.Errorf("%d plug-ins; listed without being there: %v", len(truth.Plugins), listed)
	}
}

func (c *caller) compareStagePlugins(truth Truth) {
	var stages struct {
		Groups []object `json:"full_stage_plugins_item_list"`
	}
	c.get("POST", "/v1/"+truth.TenantID+"/relation/stage-plugins", "", &stages)
	size := func(group object) int { return len(group["plugins_list"].([]any)) }
	paged := c.walk("POST", "/v1/"+truth.TenantID+"/relation/plugins", 3, size)
	var got []StagePluginTruth
	for i, group := range append(stages.Groups, paged...) {
		for _, p := range group["plugins_list"].([]any) {
			p := p.(object)
			got = append(got, StagePluginTruth{
				Name: p["plugin_name"].(string), DisplayName: p["display_name"].(string), BusinessType: group["business_type"].(string),
				Attribution: p["version_attribution"].(string), Paged: i >= len(stages.Groups),
			})
		}
	}
	var want []StagePluginTruth
	for _, p := range truth.StagePlugins {
		p.Version = "" // is not in the answers
		want = append(want, p)
	}
	same(c.t, "stage plug-ins", got, want)
	if len(paged) < 4 { // some groups go on on the next page
		c.t.Errorf("%d groups", len(paged))
	}
}

// TestPluginEdits: who edited a version last, and when, is the version's own; what is switched off or counted is no edit of a
// version.
func TestPluginEdits(t *testing.T) {
	c := newCaller(t, Options{Quirks: []Quirk{QuirkVersionPages}})
	w := c.tenant.World()
	li, bo := User{"0000000000000000000000000000001a", "li"}, User{"0000000000000000000000000000001b", "bo"}
	p := Plugin{Name: "p", BusinessType: "Test", Versions: []PluginVersion{{Number: "1"}}}
	w.SetPlugin(at(0), li, p)
	p = p.clone()
	p.Versions = append(p.Versions, PluginVersion{Number: "2"}, PluginVersion{Draft: "draft"})
	w.SetPlugin(at(10), bo, p)
	p.Inactive, p.Referred = true, 4
	w.SetPlugin(at(20), li, p)
	p = p.clone()
	p.Versions[0].Description = "edited"
	w.SetPlugin(at(30), bo, p)
	for _, step := range []struct { // in this order: the clock stays at the last one
		second int
		want   string
	}{{5, "1 li 0"}, {15, " bo 10, 2 bo 10, 1 li 0"}, {25, " bo 10, 2 bo 10, 1 li 0"}, {30, " bo 10, 2 bo 10, 1 bo 30"}} {
		c.clock.set(at(step.second))
		var got []string
		for _, row := range c.walk("GET", "/v1/"+w.TenantID()+"/agent-plugin/query?plugin_name=p", 10, each) {
			ms, _ := strconv.ParseInt(row["op_time"].(string), 10, 64)
			got = append(got, fmt.Sprintf("%s %s %d", row["version"], row["op_user"], int(time.UnixMilli(ms).Sub(at(0)).Seconds())))
		}
		if strings.Join(got, ", ") != step.want {
			t.Errorf("second %d: %q, want %q", step.second, got, step.want)
		}
	}
	if _, body := c.send("GET", "/v1/"+w.TenantID()+"/agent-plugin/all-version?plugin_name=p&limit=1", "", nil); string(body) != `{"offset":0,"limit":1,"total":2,"data":["2"]}` {
		t.Errorf("the numbers are %s", body)
	}
	if _, body := c.send("POST", "/v1/"+w.TenantID()+"/relation/plugins?offset=0&limit=10", "", nil); !strings.Contains(string(body), `"p.plugin_draft"`) || !strings.Contains(string(body), `"total":2`) {
		t.Errorf("a draft beside its plug-in: %s", body)
	}
	w.DeletePlugin("p", at(40))
	c.clock.set(at(40))
	if rows := c.walk("POST", "/v1/"+w.TenantID()+"/agent-plugin/query-all", 10, each); len(rows) != 0 {
		t.Errorf("after its end: %v", rows)
	}
}
