package service

import (
	"fmt"
	"maps"
	"regexp"

	"artery/internal/pollers"

	"go.yaml.in/yaml/v3"
)

// ProjectsConfig is which CodeArts projects are watched. It has three forms: the word discover, a list of ids, and an
// object.
type ProjectsConfig struct {
	// Discover is true for all projects of the tenant, joined for those that the account is a member of. New ones are
	// watched from the next poll of the list on.
	Discover string `yaml:"discover"`
	// IDs are CodeArts project ids, 32 hex digits, which are watched whatever the list of projects says; not IAM project ids.
	IDs []string `yaml:"ids"`
	// Include are regular expressions (RE2). Of the discovered projects those are watched whose name or id one of them finds.
	// Default: all.
	Include []string `yaml:"include"`
	// Exclude are regular expressions too; a project that one of them finds is not watched.
	Exclude []string `yaml:"exclude"`
}

// UnmarshalYAML reads all three forms.
func (p *ProjectsConfig) UnmarshalYAML(n *yaml.Node) error {
	wrong := func(n *yaml.Node, format string, args ...any) error {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: ", n.Line) + fmt.Sprintf(format, args...)}}
	}
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Value != "discover" {
			return wrong(n, "%q is not discover, a list of project ids, or an object with discover, ids, include and exclude", n.Value)
		}
		p.Discover = "true"
		return nil
	case yaml.SequenceNode:
		return n.Decode(&p.IDs)
	}
	type plain ProjectsConfig
	if err := n.Decode((*plain)(p)); err != nil {
		return err
	}
	for i := 0; i+1 < len(n.Content); i += 2 { // a decoder of a node accepts any key
		switch key := n.Content[i]; key.Value {
		case "discover", "ids", "include", "exclude":
		default:
			return wrong(key, "unknown key projects.%s", key.Value)
		}
	}
	return nil
}

// discovers says whether the list of projects decides what is watched.
func (p ProjectsConfig) discovers() bool { return p.Discover == "true" || p.Discover == "joined" }

func (p ProjectsConfig) validate(where string, f *faults) {
	switch p.Discover {
	case "", "false", "true", "joined":
	default:
		f.add(where+".discover", "%q is not true, joined or false", p.Discover)
	}
	if len(p.IDs) == 0 && !p.discovers() {
		f.add(where, "is empty; write discover, or a list of project ids")
	}
	seen := map[string]bool{}
	for _, id := range p.IDs {
		if !hex32.MatchString(id) {
			f.add(where, "%q is not a CodeArts project id of 32 hex digits", id)
		}
		if seen[id] {
			f.add(where, "%s stands there twice", id)
		}
		seen[id] = true
	}
	for name, texts := range map[string][]string{"include": p.Include, "exclude": p.Exclude} {
		if len(texts) > 0 && !p.discovers() {
			f.add(where+"."+name, "chooses among discovered projects; set discover: true as well")
		}
		for _, text := range texts {
			if _, err := regexp.Compile(text); err != nil {
				f.add(where+"."+name, "%q is no regular expression: %v", text, err)
			}
		}
	}
}

// choice is the configuration as the collector takes it; it must have been validated.
func (p ProjectsConfig) choice() pollers.Projects {
	compile := func(texts []string) (all []*regexp.Regexp) {
		for _, t := range texts {
			all = append(all, regexp.MustCompile(t))
		}
		return all
	}
	return pollers.Projects{IDs: p.IDs, Discover: p.discovers(), Joined: p.Discover == "joined", Include: compile(p.Include), Exclude: compile(p.Exclude)}
}

// schedules are the configured ones; pollers whose endpoint is not configured are off.
func (t TenantConfig) schedules() map[string]string {
	out := maps.Clone(t.Schedules)
	if out == nil {
		out = map[string]string{}
	}
	for poller, url := range t.optional() {
		if url == "" {
			out[poller] = pollers.Off
		}
	}
	if t.Logs.off() {
		out["logs"] = pollers.Off
	}
	return out
}

// optional are the pollers that run only where their endpoint is configured.
func (t TenantConfig) optional() map[string]string {
	return map[string]string{"projects": t.Endpoints.Projectman, "iam_projects": t.Endpoints.IAM}
}
