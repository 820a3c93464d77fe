package grafanatest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	inside = regexp.MustCompile(`^(?:url:)?/d/([a-z-]+)\?(.*)$`)
	taken  = regexp.MustCompile(`^\$\{(\w+):queryparam\}$`)
	given  = regexp.MustCompile(`^var-(\w+)=\$\{__data\.fields\.\w+:percentencode\}$`)
	shows  = regexp.MustCompile(`^viewPanel=(\d+)$`)
)

// A link inside of Grafana leads to a dashboard and a panel of ours, takes along variables that there are here, and sets
// variables that there are there: Grafana would drop the others without a word.
func TestLinks(t *testing.T) {
	known := map[string]board{}
	for _, b := range boards(t) {
		known[b.UID] = b
	}
	n := 0
	for _, b := range known {
		for _, p := range b.Panels {
			lists := []any{p.FieldConfig.Defaults["links"]}
			for _, o := range p.FieldConfig.Overrides {
				for _, property := range o.Properties {
					if property.ID == "links" {
						lists = append(lists, property.Value)
					}
				}
			}
			for _, list := range lists {
				links, _ := list.([]any)
				for _, l := range links {
					link, _ := l.(map[string]any)
					if url := text(link["url"]); !strings.HasPrefix(url, "${__data.fields.") {
						n++
						if err := b.follow(url, known); err != nil {
							t.Errorf("%s, %s: %s: %v", b.UID, p.Title, url, err)
						}
					}
				}
			}
		}
	}
	if n < 50 {
		t.Errorf("%d links", n)
	}
}

func (b board) has(name string) bool {
	return slices.ContainsFunc(b.Templating.List, func(v boardVariable) bool { return v.Name == name })
}

func (b board) follow(url string, known map[string]board) error {
	m := inside.FindStringSubmatch(url)
	if m == nil {
		return fmt.Errorf("it leads nowhere")
	}
	there, ok := known[m[1]]
	if !ok {
		return fmt.Errorf("there is no dashboard %s", m[1])
	}
	for _, part := range strings.Split(m[2], "&") {
		if part == "${__all_variables}" || part == "${__url_time_range}" {
			continue
		}
		if v := taken.FindStringSubmatch(part); v != nil && b.has(v[1]) && there.has(v[1]) {
			continue
		}
		if v := given.FindStringSubmatch(part); v != nil && there.has(v[1]) {
			continue
		}
		if v := shows.FindStringSubmatch(part); v != nil && slices.ContainsFunc(there.Panels, func(p panel) bool { return fmt.Sprint(p.ID) == v[1] && p.Type != "row" }) {
			continue
		}
		return fmt.Errorf("%s is for nobody", part)
	}
	return nil
}
