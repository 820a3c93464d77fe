package grafanatest

import (
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/alertmanager/template"
)

// wecom is how many bytes a message to WeCom may have: it says yes to longer ones, and drops them.
const wecom = 4096

// told is an alert as Grafana hands it to a template of messages.
type told struct{ Labels, Annotations template.KV }

// send makes the messages of a group of alerts, with Alertmanager's engine and what the contact points ask of it.
func send(t *testing.T, firing, resolved []told) (titles, messages []string) {
	t.Helper()
	var file struct {
		Templates     []struct{ Name, Template string }
		ContactPoints []struct {
			Receivers []struct{ Settings map[string]string }
		}
	}
	readJSON(t, "../provisioning/alerting/routing.json", &file)
	engine, err := template.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range file.Templates {
		if err := engine.Parse(strings.NewReader(text.Template)); err != nil {
			t.Fatalf("%s: %v", text.Name, err)
		}
	}
	var group struct {
		GroupLabels, CommonLabels template.KV
		Alerts                    struct{ Firing, Resolved []told }
	}
	group.GroupLabels, group.CommonLabels = template.KV{"alertname": "Production stage began to fail"}, template.KV{"project": "Alpha"}
	group.Alerts.Firing, group.Alerts.Resolved = firing, resolved
	ask := func(text string) string {
		answer, err := engine.ExecuteTextString(text, group)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return answer
	}
	for _, point := range file.ContactPoints {
		for _, r := range point.Receivers {
			titles = append(titles, ask(r.Settings["title"]))
			messages = append(messages, ask(r.Settings["message"]), ask(r.Settings["text"]))
		}
	}
	return slices.Compact(titles), slices.Compact(messages)
}

// A message has what somebody needs, once.
func TestMessages(t *testing.T) {
	failing := told{Annotations: template.KV{
		"summary": "shop: stage deploy fails since run 2", "log": "roll out: no space left\nwrite: ENOSPC", "runbook": "Roll back.", "description": "the comment of the query",
		"codearts": "https://codearts.example.com/2", "dashboard": "https://grafana.example.com/d/artery-failed-stages",
	}}
	mended := told{Annotations: template.KV{"summary": "web: stage deploy fails since run 7", "log": "roll out: timeout"}}
	foreign := told{Labels: template.KV{"alertname": "Disk is full", "host": "h"}}
	const todo = "What to do: Roll back.\nDashboard: https://grafana.example.com/d/artery-failed-stages\n"
	const one = "shop: stage deploy fails since run 2\nroll out: no space left\nwrite: ENOSPC\n" + todo + "CodeArts: https://codearts.example.com/2\n"
	const item, over = "- shop: stage deploy fails since run 2\n", "- web: stage deploy fails since run 7\n"
	const fires, ended = "1 firing: Production stage began to fail, Alpha", "Over: Production stage began to fail, Alpha"
	for _, c := range []struct {
		name             string
		firing, resolved []told
		title, message   string
	}{
		{"one fires", []told{failing}, nil, fires, one},
		{"one fires, one is over", []told{failing}, []told{mended}, fires, one + "Over:\n" + over},
		{"seven fire", slices.Repeat([]told{failing}, 7), nil, "7" + fires[1:], strings.Repeat(item, 3) + "- and more: 7 in all\n" + todo},
		{"all are over", nil, []told{failing, mended}, ended, "Over:\n" + item + over},
		{"of another rule", []told{foreign}, nil, fires, "Disk is full\n"},
	} {
		titles, messages := send(t, c.firing, c.resolved)
		if !slices.Equal(titles, []string{c.title}) || !slices.Equal(messages, []string{c.message}) {
			t.Errorf("%s:\n%q\n%q, want\n%q\n%q", c.name, titles, messages, c.title, c.message)
		}
	}
}

// As long as its parts may be, three bytes a character, a message arrives.
func TestLongMessages(t *testing.T) {
	runbook := ""
	for _, r := range rules(t) {
		if text := r.Annotations["runbook"]; len(text) > len(runbook) {
			runbook = text
		}
	}
	long := told{Annotations: template.KV{
		"summary": strings.Repeat("慢", 1000), "log": strings.Repeat("错", 60+150+300), "runbook": runbook,
		"codearts": "https://codearts.example.com/" + strings.Repeat("a", 150), "dashboard": "https://grafana.example.com/d/" + strings.Repeat("b", 300),
	}}
	many := slices.Repeat([]told{long}, 50)
	for _, firing := range [][]told{{long}, many} {
		titles, messages := send(t, firing, many)
		if n := len("# " + titles[0] + "\n" + messages[0] + "\n"); n > wecom {
			t.Errorf("%d alerts are a message of %d bytes", len(firing), n)
		}
	}
}
