package codeartstest

import "time"

// generatedRules are the rules of the generated tenant, in order.
var generatedRules = []Rule{
	rule("Build", "Unit tests of the services", "official_devcloud_cloudBuild", "0.0.15", "MavenUnitTest",
		Threshold{"build.PassRatio", "PassRatio", ">=", "0.98"}, Threshold{"build.TotalCases", "TotalCases", ">=", "20.0"},
		Threshold{"build.CoverageRatio", "CoverageRatio", ">=", "0.7"}),
	rule("Gate", "API tests 接口测试", "official_devcloud_apiTest", "0.0.6", "API test pass rate access control",
		Threshold{"apitest", "API test pass rate", ">=", "1.0"}),
	rule("Gate", "No critical issues", "official_devcloud_codeCheck", "0.0.9", "Code check",
		Threshold{"codecheck.critical", "Critical issues", "=", "0.0"}, Threshold{"codecheck.major", "Major issues", "=", "0.0"}),
	rule("Gate", "Code check score", "official_devcloud_codeCheck", "0.0.9", "Code check", Threshold{"codecheck.score", "Score", ">=", "80.0"}),
	rule("Test", "Regression suite", "official_devcloud_testPlan", "0.0.3", "Test plan",
		Threshold{"test.PassRatio", "Pass rate", ">=", "0.98"}, Threshold{"test.Executed", "Executed", "=", "1.0"}),
	rule("Gate", "Load test", "official_devcloud_performanceTest", "0.0.2", "Load test", Threshold{"perf.SuccessRatio", "Success rate", ">=", "0.99"}),
	rule("Gate", "Vulnerabilities", "official_devcloud_securityScan", "0.0.4", "Scan", Threshold{"scan.high", "High", "=", "0.0"}),
	rule("Build", "Unit tests of the front end", "official_devcloud_cloudBuild", "0.0.15", "NpmUnitTest",
		Threshold{"build.CoverageRatio", "CoverageRatio", ">=", "0.6"}),
}

func rule(kind, name, plugin, version, group string, thresholds ...Threshold) Rule {
	return Rule{Type: kind, Name: name, Plugin: plugin, PluginVersion: version, Groups: []RuleGroup{{Name: group, CanModify: true, Thresholds: thresholds}}}
}

// threshold is the rule with another value of its n-th threshold.
func (r Rule) threshold(n int, value string) Rule {
	r = r.clone()
	r.Groups[0].Thresholds[n].Value = value
	return r
}

// inherit makes instances of rules, all of them valid.
func inherit(ids ...string) []RuleInstance {
	var instances []RuleInstance
	for _, id := range ids {
		instances = append(instances, RuleInstance{RuleID: id, Valid: true})
	}
	return instances
}

// generatePolicies makes the rules, rule sets, open-source policies and templates, and what people change of them before
// and after Origin.
func (w *World) generatePolicies() {
	rules := w.generateRules()
	w.generateRuleSets(rules)
	w.generateOpenSource()
	w.generateTemplates()
}

// generateRules makes the rules. Half an hour before Origin the API tests get a lower threshold, six minutes after it the
// score of the code check; others become stricter.
func (w *World) generateRules() []string {
	origin := w.options.Origin
	var ids []string
	for i, r := range generatedRules {
		ids = append(ids, w.setRule("", w.begin.Add(-time.Duration(90-i)*24*time.Hour), w.user(i), r))
	}
	w.setRule(ids[0], origin.Add(-50*time.Hour), w.user(1), generatedRules[0].threshold(2, "0.8"))
	w.setRule(ids[1], origin.Add(-28*time.Minute), w.user(4), generatedRules[1].threshold(0, "0.8"))
	w.setRule(ids[3], origin.Add(6*time.Minute), w.user(5), generatedRules[3].threshold(0, "60.0"))
	w.setRule(ids[5], origin.Add(22*time.Minute), w.user(2), generatedRules[5].threshold(0, "0.995"))
	return ids
}

// generateRuleSets makes three rule sets of the tenant and one or two policies of each project. Shortly before Origin the
// release gate takes over the lower threshold of the API tests, later that of the code check; eleven minutes after Origin
// the merge gate is disabled, and a project switches a rule of its own off.
func (w *World) generateRuleSets(rules []string) {
	origin := w.options.Origin
	created := w.begin.Add(-60 * 24 * time.Hour)
	w.setRuleSet("", "", created, systemUser, RuleSet{Name: "System-defined policy", Valid: true, Public: true, Instances: inherit(rules[1], rules[2])})
	release := RuleSet{Name: "Release gate", Valid: true, Instances: inherit(rules[0], rules[1], rules[3], rules[4], rules[6])}
	id := w.setRuleSet("", "", created.Add(3*time.Hour), w.user(0), release)
	w.setRuleSet("", id, origin.Add(-26*time.Minute), w.user(4), release)
	w.setRuleSet("", id, origin.Add(8*time.Minute), w.user(5), release)
	merge := RuleSet{Name: "Merge gate 合并", Valid: true, Instances: inherit(rules[0], rules[2], rules[7])}
	id = w.setRuleSet("", "", created.Add(5*time.Hour), w.user(1), merge)
	merge.Valid = false
	w.setRuleSet("", id, origin.Add(11*time.Minute), w.user(6), merge)

	for i, p := range w.projects {
		set := RuleSet{Name: p.name + " policy", Valid: true, Instances: inherit(rules[0], rules[2])}
		set.Instances[0].Groups = generatedRules[0].threshold(2, "0.75").Groups
		id := w.setRuleSet(p.id, "", created.Add(time.Duration(20+i)*time.Hour), w.user(i), set)
		set = set.clone()
		set.Instances[0].Groups[0].Thresholds[2].Value = "0.85"
		w.setRuleSet(p.id, id, origin.Add(-time.Duration(30+i)*time.Hour), w.user(i+1), set)
		if i%2 > 0 {
			continue
		}
		set = RuleSet{Name: p.name + " release policy", Valid: true, Instances: inherit(rules[4], rules[5])}
		id = w.setRuleSet(p.id, "", created.Add(time.Duration(40+i)*time.Hour), w.user(i+2), set)
		if i == 0 {
			set = set.clone()
			set.Instances[1].Valid = false
			w.setRuleSet(p.id, id, origin.Add(9*time.Minute), w.user(2), set)
		}
	}
}

// generateOpenSource makes an open-source policy of the tenant, which drops a severity after Origin, and one of each
// project.
func (w *World) generateOpenSource() {
	origin := w.options.Origin
	created := w.begin.Add(-50 * 24 * time.Hour)
	baseline := OpenSourcePolicy{
		Name: "Open-source baseline", Valid: true, PackagesEnabled: true, SecurityEnabled: true, SeverityEnabled: true,
		Severities: []string{"Critical", "High"}, LicenseEnabled: true, Licenses: []string{"AGPL-3.0"},
	}
	id := w.setOpenSourcePolicy("", "", created, w.user(3), baseline)
	baseline.Severities = []string{"Critical", "High", "Medium"}
	w.setOpenSourcePolicy("", id, origin.Add(-70*time.Hour), w.user(3), baseline)
	baseline.Severities = []string{"Critical"}
	w.setOpenSourcePolicy("", id, origin.Add(14*time.Minute), w.user(5), baseline)
	for i, p := range w.projects {
		policy := OpenSourcePolicy{
			Name: p.name + " open source", Valid: true, PackagesEnabled: true, SecurityEnabled: true, SeverityEnabled: true,
			Severities: []string{"Critical", "High", "Medium"}, LicenseEnabled: true,
			Packages: []PackageRule{{true, "Maven", "springboot", "2.5", "eq"}},
		}
		id := w.setOpenSourcePolicy(p.id, "", created.Add(time.Duration(i+1)*time.Hour), w.user(i), policy)
		if i == 0 {
			policy.CVEEnabled, policy.CVEs = true, []string{"CVE-2021-44228"}
			w.setOpenSourcePolicy(p.id, id, origin.Add(-5*time.Hour), w.user(6), policy)
		}
	}
}

// generateTemplates makes templates of the system and of the tenant; one of the tenant's changes before Origin and another
// one is added after it.
func (w *World) generateTemplates() {
	origin := w.options.Origin
	created := w.begin.Add(-300 * 24 * time.Hour)
	system := func(name, icon, language string, kind pipelineKind) {
		w.setTemplate("", created, systemUser, Template{
			Name: name, Icon: icon, Language: language, Description: "Comes with CodeArts.", System: true, Stages: stagesOf(kind),
		})
	}
	system("Maven service", "maven60", "Java", kindService)
	system("Container image on a node", "npm60", "Node.js", kindLibrary)
	system("First steps", "", "java", kindMerge)
	service := Template{Name: "Service with review", Language: "none", Collected: true, Stages: stagesOf(kindReviewed)}
	id := w.setTemplate("", w.begin.Add(-30*24*time.Hour), w.user(2), service)
	service.Description = "For everything that customers see."
	w.setTemplate(id, origin.Add(-2*time.Hour), w.user(1), service)
	w.setTemplate("", w.begin.Add(-29*24*time.Hour), w.user(4), Template{Name: "夜间 nightly", Language: "none", Stages: stagesOf(kindNightly)})
	w.setTemplate("", origin.Add(18*time.Minute), w.user(5), Template{Name: "Library", Language: "Java", Stages: stagesOf(kindLibrary)})
}
