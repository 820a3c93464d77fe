package codeartstest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// scriptPolicies adds one of each with the ids that the documents ask for, and returns their names by document.
func scriptPolicies(w *World, project string, at time.Time) map[string]string {
	rule := w.SetRule("865b4c2d616b46ab890fff056a6f7e05", at, User{}, generatedRules[0])
	set := RuleSet{Name: "scripted set", Instances: inherit(rule)}
	w.SetRuleSet("", "6cb18ee5ca1c48caa335706e0e5ee288", at, User{}, set)
	w.SetRuleSet(project, "f9228e23118c4fa5a9c86493ea0cffc2", at, User{}, set)
	w.SetOpenSourcePolicy("", "5bd5bee0865242fcaa545371c2081a65", at, User{}, OpenSourcePolicy{Name: "scripted policy"})
	w.SetOpenSourcePolicy(project, "60eab9fd2b144f619a3563b2e0036a61", at, User{}, OpenSourcePolicy{Name: "scripted policy"})
	w.SetTemplate("deb18013bb6c4659b160b15fd7468644", at, User{}, Template{Name: "scripted template"})
	names := map[string]string{"4.1.1": "scripted template", "4.1.3": "scripted template", "4.4.1": generatedRules[0].Name, "4.4.2": generatedRules[0].Name}
	for _, document := range []string{"4.5.3", "4.5.4", "4.6.1", "4.6.2"} {
		names[document] = "scripted set"
	}
	for _, document := range []string{"4.7.3", "4.7.4", "4.8.1", "4.8.2"} {
		names[document] = "scripted policy"
	}
	return names
}

// TestRuleForm compares a rule that somebody relaxes with the form that the documents print.
func TestRuleForm(t *testing.T) {
	c := newCaller(t, Options{})
	w := c.tenant.World()
	li, bo := User{"0000000000000000000000000000001a", "li"}, User{"0000000000000000000000000000001b", "bo"}
	strict := rule("Gate", "<API> 测试", "official_devcloud_apiTest", "0.0.6", "pass rate", Threshold{"apitest", "rate", ">=", "1.0"})
	id := w.SetRule("", at(0), li, strict)
	w.SetRule(id, at(3600), bo, strict.threshold(0, "0.5"))
	const form = `{"id":"%s","type":"Gate","name":"<API> 测试","version":"%s","plugin_id":"official_devcloud_apiTest","plugin_name":"official_devcloud_apiTest",` +
		`"plugin_version":"0.0.6","content":[{"group_name":"pass rate","can_modify_when_inherit":true,"properties":[{"key":"apitest","type":"judge","name":"rate",` +
		`"value_type":"float","value":"%s","operator":">="}]}],"creator":"` + "0000000000000000000000000000001a" + `","create_time":"2026-03-04T14:00:00",` +
		`"%s":"%s","update_time":"%s"}`
	path := "/v2/" + w.TenantID() + "/rules/" + id + "/detail"
	versions := map[string]bool{}
	for _, test := range []struct {
		second             int
		value, by, updated string
		listed             string
	}{
		{3599, "1.0", li.ID, "2026-03-04T14:00:00", `"operator":"li","operate_time":1772604000000}],"total":1}`},
		{3600, "0.5", bo.ID, "2026-03-04T15:00:00", `"operator":"bo","operate_time":1772607600000}],"total":1}`},
	} {
		c.clock.set(at(test.second))
		version := c.tenant.Truth(at(test.second)).Rules[0].Version
		versions[version] = true
		if _, body := c.send("GET", path, "", nil); string(body) != fmt.Sprintf(form, id, version, test.value, "updater", test.by, test.updated) {
			t.Errorf("second %d: %s", test.second, body)
		}
		want := `{"data":[{"id":"` + id + `","type":"Gate","name":"<API> 测试","version":"` + version + `",` + test.listed
		if _, body := c.send("GET", "/v2/"+w.TenantID()+"/rules/query?offset=0&limit=10", "", nil); string(body) != want {
			t.Errorf("second %d: %s\nwant %s", test.second, body, want)
		}
		if len(version) != 32 {
			t.Errorf("version %s", version)
		}
	}
	if edits := c.tenant.Truth(at(3600)).Rules[0].Edits; len(versions) != 2 || len(edits) != 2 || edits[0].By != li || !edits[1].At.Equal(at(3600)) {
		t.Errorf("versions %v, edits %+v", versions, edits)
	}
	w.DeleteRule(id, at(7200))
	c.clock.set(at(7200))
	if status, code := c.refused("GET", path, ""); status != 200 || code != "DEVCP.00012002" || len(c.tenant.Truth(at(7200)).Rules) != 0 {
		t.Errorf("after the rule's end: %d %s", status, code)
	}
}

// TestRuleSetsCopyTheirRules: an edit of a rule, and its end, reach a rule set with the set's next edit only.
func TestRuleSetsCopyTheirRules(t *testing.T) {
	c := newCaller(t, Options{})
	w := c.tenant.World()
	project := w.AddProject("Alpha")
	id := w.SetRule("", at(0), w.user(0), generatedRules[1])
	own := generatedRules[1].threshold(0, "0.9").Groups
	set := RuleSet{Name: "gate", Valid: true, Instances: inherit(id)}
	shared := w.SetRuleSet("", "", at(1), w.user(0), set)
	set.Instances = []RuleInstance{{RuleID: id, Groups: own}}
	fixed := w.SetRuleSet(project, "", at(1), w.user(0), set)
	w.SetRule(id, at(10), w.user(1), generatedRules[1].threshold(0, "0.5"))
	w.SetRuleSet("", shared, at(20), w.user(1), RuleSet{Name: "gate", Valid: true, Instances: inherit(id)})
	own[0].Thresholds[0].Value = "0.1" // a script may go on with its own copy
	value := func(second int, path string) string {
		c.clock.set(at(second))
		_, body := c.send("GET", path, "", nil)
		_, after, _ := strings.Cut(string(body), `"value":"`)
		value, _, _ := strings.Cut(after, `"`)
		return value
	}
	for _, test := range []struct {
		second         int
		tenant, inside string
	}{{1, "1.0", "0.9"}, {10, "1.0", "0.9"}, {20, "0.5", "0.9"}} {
		if got := value(test.second, ruleSetPath(w.TenantID(), "", shared)); got != test.tenant {
			t.Errorf("second %d: the tenant's set has %s, want %s", test.second, got, test.tenant)
		}
		if got := value(test.second, ruleSetPath("", project, fixed)); got != test.inside {
			t.Errorf("second %d: the project's set has %s, want %s", test.second, got, test.inside)
		}
	}
}

// TestPolicyQuery tries the documented parameters, and what is refused.
func TestPolicyQuery(t *testing.T) {
	c := newCaller(t, Options{MaxPolicyPage: 2})
	w := c.tenant.World()
	project, foreign := w.AddProject("Alpha"), w.AddProject("Beta")
	w.SetMember(foreign, time.Time{}, false)
	for i, kind := range []string{"Gate", "Build", "Gate"} {
		w.SetRule("", at(i-100), w.user(i), rule(kind, []string{"One", "two", "onerous"}[i], "p", "1", "g"))
	}
	w.SetRuleSet("", "", at(-50), w.user(0), RuleSet{Name: "tenant on", Valid: true})
	w.SetRuleSet("", "", at(-49), w.user(0), RuleSet{Name: "tenant off"})
	w.SetRuleSet(project, "", at(-48), w.user(0), RuleSet{Name: "own"})
	w.SetOpenSourcePolicy("", "", at(-47), w.user(1), OpenSourcePolicy{Name: "tenant open"})
	w.SetOpenSourcePolicy(project, "", at(-46), w.user(2), OpenSourcePolicy{Name: "own open"})
	rules, sets := "/v2/"+w.TenantID()+"/rules/query?", "/v2/"+w.TenantID()+"/tenant/rule-sets/query?"
	open := "/v2/" + project + "/open-source/rule-sets/query?include_tenant_rule_set="
	for _, test := range []struct {
		path  string
		total int
		names []string
	}{
		{rules + "offset=0&limit=10", 3, []string{"onerous", "two"}}, // clamped
		{rules + "offset=2&limit=10", 3, []string{"One"}},
		{rules + "offset=9&limit=10", 3, nil},
		{rules + "offset=0&limit=10&type=Gate&name=&cloud_project_id=", 2, []string{"onerous", "One"}},
		{rules + "offset=0&limit=10&name=on", 2, []string{"onerous", "One"}},
		{sets + "offset=0&limit=1", 2, []string{"tenant off"}},
		{sets + "offset=0&limit=5&is_valid=true", 1, []string{"tenant on"}},
		{sets + "offset=0&limit=5&is_valid=", 2, []string{"tenant off", "tenant on"}},
		{"/v2/" + project + "/rule-sets/query?offset=0&limit=5&include_tenant_rule_set=false", 1, []string{"own"}},
		{"/v2/" + project + "/rule-sets/query?offset=0&limit=5&include_tenant_rule_set=true", 3, []string{"own", "tenant off"}},
		{open + "true", 2, []string{"own open", "tenant open"}},
		{open + "false&creator_name=okafor", 1, []string{"own open"}},
		{open + "false&creator_name=li_wei", 0, nil},
	} {
		var page struct {
			Total int
			Data  []struct{ Name string }
		}
		c.get("GET", test.path, "", &page)
		var names []string
		for _, row := range page.Data {
			names = append(names, row.Name)
		}
		if page.Total != test.total || !slices.Equal(names, test.names) {
			t.Errorf("%s: %v of %d, want %v of %d", test.path, names, page.Total, test.names, test.total)
		}
	}
	other := strings.Repeat("0", 32)
	for path, want := range map[string]string{
		rules + "limit=10": "DEVCP.00014004", rules + "offset=0": "DEVCP.00014004", rules + "offset=-1&limit=1": "DEVCP.00014004",
		sets + "offset=0&limit=0":                                        "DEVCP.00014004",
		"/v2/" + other + "/rules/query?offset=0&limit=1":                 "DEVCP.00014031",
		"/v2/" + other + "/tenant/open-source/rule-sets/query":           "DEVCP.00014031",
		"/v2/" + foreign + "/rule-sets/query?offset=0&limit=1":           "DEVPIPE.00011412",
		openSourcePath("", foreign, other):                               "DEVPIPE.00011412",
		ruleSetPath(w.TenantID(), "", other):                             "DEVCP.00012002",
		ruleSetPath("", project, c.tenant.Truth(at(0)).RuleSets[0].ID):   "DEVCP.00012002", // the tenant's
		"/v5/" + w.TenantID() + "/api/pipeline-templates/" + other:       "DEVCP.00012002",
		"/v2/" + w.TenantID() + "/tenant/open-source/rule-sets/x/detail": "DEVCP.00012002",
	} {
		if status, code := c.refused("GET", path, ""); status != 200 || code != want {
			t.Errorf("%s: %d %s, want %s", path, status, code, want)
		}
	}
}

// TestTemplateQuery tries the documented fields of the body.
func TestTemplateQuery(t *testing.T) {
	c := newCaller(t, Options{})
	w := c.tenant.World()
	w.SetTemplate("", at(-3), systemUser, Template{Name: "beta", Language: "Java", System: true})
	w.SetTemplate("", at(-2), w.user(0), Template{Name: "Alpha", Language: "none"})
	w.SetTemplate("", at(-1), w.user(0), Template{Name: "gamma", Language: "Java"})
	for _, test := range []struct {
		body  string
		names []string
	}{
		{``, []string{"gamma", "Alpha", "beta"}},
		{`{"sort_key":"name","sort_dir":"asc"}`, []string{"Alpha", "beta", "gamma"}},
		{`{"is_system":false,"sort_key":"create_time","sort_dir":"ASC"}`, []string{"Alpha", "gamma"}},
		{`{"is_system":true}`, []string{"beta"}},
		{`{"language":"Java","name":"MM"}`, []string{"gamma"}},
		{`{"offset":2,"limit":5}`, []string{"beta"}},
	} {
		var page struct{ Templates []struct{ Name string } }
		c.get("POST", "/v5/"+w.TenantID()+"/api/pipeline-templates/list", test.body, &page)
		var names []string
		for _, row := range page.Templates {
			names = append(names, row.Name)
		}
		if !slices.Equal(names, test.names) {
			t.Errorf("%s: %v, want %v", test.body, names, test.names)
		}
	}
}

// TestEditShiftsPages: what is edited between two pages moves to the front, so the walk misses it and has another row twice.
func TestEditShiftsPages(t *testing.T) {
	c := newCaller(t, Options{})
	w := c.tenant.World()
	for i := range 4 {
		w.SetRule(fmt.Sprint("r", i), at(-10*i), w.user(0), generatedRules[i])
	}
	w.SetRule("r3", at(60), w.user(0), generatedRules[3])
	var seen []string
	for i, second := range []int{0, 60} {
		c.clock.set(at(second))
		var page struct{ Data []struct{ ID string } }
		c.get("GET", fmt.Sprintf("/v2/%s/rules/query?offset=%d&limit=2", w.TenantID(), 2*i), "", &page)
		for _, row := range page.Data {
			seen = append(seen, row.ID)
		}
	}
	if want := []string{"r0", "r1", "r1", "r2"}; !slices.Equal(seen, want) {
		t.Errorf("the walk saw %v, want %v", seen, want)
	}
}

// TestEmptyPolicyLists: a list can claim to be empty, in its own form.
func TestEmptyPolicyLists(t *testing.T) {
	c := newCaller(t, TestOptions(1, instant))
	domain, project := c.tenant.World().TenantID(), c.tenant.World().ProjectIDs()[0]
	for api, path := range map[API]string{
		APIRules: "/v2/" + domain + "/rules/query?offset=0&limit=5", APIRuleSets: "/v2/" + domain + "/tenant/rule-sets/query?offset=0&limit=5",
		APIProjectRuleSets: "/v2/" + project + "/rule-sets/query?offset=0&limit=5", APIOpenSourcePolicies: "/v2/" + domain + "/tenant/open-source/rule-sets/query",
		APIProjectOpenSourcePolicies: "/v2/" + project + "/open-source/rule-sets/query",
	} {
		c.tenant.Inject(api, Fault{Kind: FaultEmptyList})
		if _, body := c.send("GET", path, "", nil); string(body) != `{"data":[],"total":0}` {
			t.Errorf("%s: %s", api, body)
		}
		if _, body := c.send("GET", path, "", nil); !strings.Contains(string(body), `"version"`) {
			t.Errorf("%s does not recover: %s", api, body)
		}
	}
	c.tenant.Inject(APITemplates, Fault{Kind: FaultEmptyList})
	if _, body := c.send("POST", "/v5/"+domain+"/api/pipeline-templates/list", "", nil); string(body) != `{"offset":0,"limit":10,"total":0,"templates":[]}` {
		t.Errorf("templates: %s", body)
	}
}

// TestSpellings: one spelling for all answers, if the options choose one.
func TestSpellings(t *testing.T) {
	for spelling, absent := range map[Spelling]string{SpellingUpdater: `"update"`, SpellingUpdate: `"updater"`} {
		c := newCaller(t, Options{Spelling: spelling})
		w := c.tenant.World()
		project := w.AddProject("Alpha")
		scriptPolicies(w, project, at(-1))
		for _, path := range []string{
			"/v2/" + w.TenantID() + "/rules/865b4c2d616b46ab890fff056a6f7e05/detail",
			ruleSetPath(w.TenantID(), "", "6cb18ee5ca1c48caa335706e0e5ee288"), ruleSetPath("", project, "f9228e23118c4fa5a9c86493ea0cffc2"),
			openSourcePath(w.TenantID(), "", "5bd5bee0865242fcaa545371c2081a65"), openSourcePath("", project, "60eab9fd2b144f619a3563b2e0036a61"),
		} {
			_, body := c.send("GET", path, "", nil)
			if !strings.Contains(string(body), `"updat`) || strings.Contains(string(body), absent+":") {
				t.Errorf("spelling %d: %s", spelling, body)
			}
		}
	}
}

// TestPoliciesSpeakAsDocumented compares the keys of the answers, at any depth, with those of the examples.
func TestPoliciesSpeakAsDocumented(t *testing.T) {
	c := newCaller(t, TestOptions(1, instant))
	truth := c.tenant.Truth(instant)
	domain, project := truth.TenantID, truth.Projects[0].ID
	first := map[string]string{} // ids by level
	for _, p := range truth.RuleSets {
		first["set"+p.ProjectID] = p.ID
	}
	for _, p := range truth.OpenSourcePolicies {
		first["open"+p.ProjectID] = p.ID
	}
	for _, d := range []struct{ example, method, path, body string }{
		{"4.1.1", "POST", "/v5/" + domain + "/api/pipeline-templates/list", ""},
		{"4.1.3", "GET", "/v5/" + domain + "/api/pipeline-templates/" + truth.Templates[0].ID, ""},
		{"4.4.1", "GET", "/v2/" + domain + "/rules/" + truth.Rules[0].ID + "/detail", ""},
		{"4.4.2", "GET", "/v2/" + domain + "/rules/query?offset=0&limit=5", ""},
		{"4.5.3", "GET", ruleSetPath(domain, "", first["set"]), ""},
		{"4.5.4", "GET", "/v2/" + domain + "/tenant/rule-sets/query?offset=0&limit=5", ""},
		{"4.6.1", "GET", "/v2/" + project + "/rule-sets/query?offset=0&limit=5", ""},
		{"4.6.2", "GET", ruleSetPath(domain, project, first["set"+project]), ""},
		{"4.7.3", "GET", openSourcePath(domain, "", first["open"]), ""},
		{"4.7.4", "GET", "/v2/" + domain + "/tenant/open-source/rule-sets/query", ""},
		{"4.8.1", "GET", openSourcePath(domain, project, first["open"+project]), ""},
		{"4.8.2", "GET", "/v2/" + project + "/open-source/rule-sets/query", ""},
	} {
		_, body := c.send(d.method, d.path, d.body, nil)
		got, want := keys(t, body), keys(t, Example(d.example))
		for key := range want {
			// The example of 4.8.1 has the license inside of security; its tables, 4.7.3 and the simulator have it beside.
			if d.example == "4.8.1" && !got[key] {
				key = strings.Replace(key, ".security.license", ".license", 1)
			}
			if !got[key] {
				t.Errorf("%s: the example has %s, the simulator does not", d.example, key)
			}
		}
		for key := range got {
			if d.example == "4.8.1" && !want[key] {
				key = strings.Replace(key, ".license", ".security.license", 1)
			}
			if !want[key] {
				t.Errorf("%s: the simulator sends %s, the example does not", d.example, key)
			}
		}
	}
}

// TestDemoPolicies holds the demo to its story: who relaxed what shortly before and after Origin.
func TestDemoPolicies(t *testing.T) {
	options := DemoOptions(1, instant)
	options.Pipelines = 0 // policies need none, and planning their runs takes seconds
	tenant := New(options)
	told := func(minutes int) (story []string) {
		truth := tenant.Truth(instant.Add(time.Duration(minutes) * time.Minute))
		for _, p := range truth.Rules[1:4] {
			story = append(story, p.Updater.Name+" "+p.Value.Groups[0].Thresholds[0].Value)
		}
		for _, p := range truth.RuleSets[1:3] {
			story = append(story, fmt.Sprintf("%s %t %s", p.Updater.Name, p.Value.Valid, p.Instances[1].Rule.Groups[0].Thresholds[0].Value))
		}
		return append(story, strings.Join(truth.OpenSourcePolicies[0].Value.Severities, " "))
	}
	for minutes, want := range map[int][]string{
		-60: {"anna.novak 1.0", "m.okafor 0.0", "张敏 80.0", "li_wei true 1.0", "anna.novak true 0.0", "Critical High Medium"},
		0:   {"jonas.berg 0.8", "m.okafor 0.0", "张敏 80.0", "jonas.berg true 0.8", "anna.novak true 0.0", "Critical High Medium"},
		30:  {"jonas.berg 0.8", "m.okafor 0.0", "priya.s 60.0", "priya.s true 0.8", "t_yamada false 0.0", "Critical"},
	} {
		if got := told(minutes); !slices.Equal(got, want) {
			t.Errorf("%d minutes from Origin: %q, want %q", minutes, got, want)
		}
	}
}
