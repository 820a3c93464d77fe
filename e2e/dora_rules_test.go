package e2e

import (
	"regexp"
	"strings"
	"time"

	"artery/internal/codearts/codeartstest"
)

// doraRules are deployment rules, as a configuration has them and as the truth reads them.
type doraRules struct {
	Attribution, Rollback time.Duration
	Zone                  string
	Rules                 []doraRule
	Markers               []doraMarker
	source                string

	version string // what only the database says of them
	since   time.Time
}

// doraRule selects stages by expressions; what is empty is no condition.
type doraRule struct {
	Name, Project, Pipeline, Stage, Branch, Tag string
	Ignore                                      bool
	Service, Environment, Marker                string
}

// doraMarker marks what any of its expressions finds.
type doraMarker struct{ Kind, Branch, Tag, Message string }

// builtInRules hold while nothing is configured (README).
func builtInRules() doraRules {
	return doraRules{
		Attribution: 24 * time.Hour, Rollback: 24 * time.Hour, Zone: "UTC", source: "built-in guess",
		Rules: []doraRule{{Name: "guess from the stage name", Stage: "(?i)deploy.*prod|^prod|上线|production", Service: "{pipeline}", Environment: "production"}},
		Markers: []doraMarker{
			{Kind: "hotfix", Branch: "(?i)hotfix", Tag: "(?i)hotfix", Message: `(?i)\bhotfix`},
			{Kind: "rollback", Message: `^Revert "`},
		},
	}
}

// configuredRules have something of everything: other windows and another zone, what is no deployment, a service of several
// pipelines and one of several environments, and every kind of marker.
func configuredRules(zone string) doraRules {
	return doraRules{
		Attribution: 12 * time.Hour, Rollback: 6 * time.Hour, Zone: zone, source: "configuration",
		Rules: []doraRule{
			{Name: "experiments", Project: "^Harbour$", Branch: "^experiment/", Ignore: true},
			{Name: "colours", Pipeline: "^(.+)-(?:blue|green|red)$", Stage: "production$", Service: "{1}", Environment: "production"},
			{Name: "releases", Stage: "(?i)^publish", Tag: `^v\d`, Service: "{project}/{pipeline}", Environment: "market"},
			{Name: "staging", Stage: "(?i)^deploy staging$", Service: "{pipeline}", Environment: "staging"},
			{Name: "urgent", Stage: "(?i)production$", Branch: "^hotfix/", Service: "{pipeline}", Environment: "production", Marker: "hotfix"},
			{Name: "rest", Stage: "(?i)production$|^上线$", Service: "{pipeline}", Environment: "production"},
		},
		Markers: []doraMarker{
			{Kind: "hotfix", Branch: "^urgent/", Tag: "-fix$"},
			{Kind: "rollback", Message: `^(Revert|Roll back)\b`},
			{Kind: "bug", Message: `BUG-\d+`},
		},
	}
}

// config is the part of a configuration file.
func (r doraRules) config() map[string]any {
	rules, markers := []map[string]any{}, []map[string]any{}
	for _, x := range r.Rules {
		rules = append(rules, map[string]any{
			"name": x.Name, "project": x.Project, "pipeline": x.Pipeline, "stage": x.Stage, "branch": x.Branch, "tag": x.Tag,
			"ignore": x.Ignore, "service": x.Service, "environment": x.Environment, "marker": x.Marker,
		})
	}
	for _, m := range r.Markers {
		markers = append(markers, map[string]any{"kind": m.Kind, "branch": m.Branch, "tag": m.Tag, "message": m.Message})
	}
	return map[string]any{"attribution": r.Attribution.String(), "rollback": r.Rollback.String(), "zone": r.Zone, "rules": rules, "markers": markers}
}

// decide is the first rule that holds for a stage, with what it makes of it; ok says whether it deploys.
func (r doraRules) decide(project, pipeline, stage string, c codeartstest.Change) (x doraRule, ok bool) {
	found := func(pattern, text string) bool { return pattern == "" || regexp.MustCompile(pattern).MatchString(text) }
	for _, x = range r.Rules {
		if !found(x.Project, project) || !found(x.Pipeline, pipeline) || !found(x.Stage, stage) || !found(x.Branch, c.TargetBranch) || !found(x.Tag, c.Tag) {
			continue
		}
		captured := ""
		if m := regexp.MustCompile(x.Pipeline).FindStringSubmatch(pipeline); len(m) > 1 {
			captured = m[1]
		}
		x.Service = strings.NewReplacer("{project}", project, "{pipeline}", pipeline, "{stage}", stage, "{1}", captured).Replace(x.Service)
		if x.Marker == "" {
			x.Marker = r.mark(c)
		}
		return x, !x.Ignore
	}
	return doraRule{}, false
}

// mark is the kind of the first marker that finds anything.
func (r doraRules) mark(c codeartstest.Change) string {
	for _, m := range r.Markers {
		for _, x := range [][2]string{{m.Branch, c.TargetBranch}, {m.Branch, c.SourceBranch}, {m.Tag, c.Tag}, {m.Message, c.Message}} {
			if x[0] != "" && regexp.MustCompile(x[0]).MatchString(x[1]) {
				return m.Kind
			}
		}
	}
	return ""
}

// turningZone is a zone whose clocks were turned in the weeks before, so that a day of the reports is longer or shorter. In the
// months in which there is none it is one whose days at least are not those of UTC.
func turningZone(at time.Time) string {
	for _, name := range []string{"Europe/Dublin", "America/New_York", "Australia/Lord_Howe"} {
		zone := doraRules{Zone: name}.zone()
		_, now := at.In(zone).Zone()
		if _, then := at.Add(-70 * day).In(zone).Zone(); now != then {
			return name
		}
	}
	return "Asia/Shanghai"
}

// zone is that of days, weeks and months.
func (r doraRules) zone() *time.Location {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		panic(err) // the zones are in the binary
	}
	return zone
}
