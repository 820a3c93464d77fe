package grafanatest

import (
	"strings"
	"testing"

	"github.com/prometheus/alertmanager/template"
)

// told is an alert as Grafana hands it to a template of messages, and group what is sent in one.
type told struct {
	Labels, Annotations template.KV
	SilenceURL          string
}

type group struct {
	GroupLabels, CommonLabels template.KV
	Alerts                    struct{ Firing, Resolved []told }
}

// Alertmanager's engine takes the templates and what the contact points ask of them, and prints only what somebody needs.
func TestMessages(t *testing.T) {
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
	failing := told{
		Labels: template.KV{"alertname": "Production stage began to fail", "stage": "deploy"},
		Annotations: template.KV{"summary": "shop: stage deploy fails since run 2", "log": "roll out: no space left\nwrite: ENOSPC", "runbook": "Roll back.",
			"codearts": "https://codearts.example.com/2", "dashboard": "https://grafana.example.com/d/artery-failed-stages", "description": "the comment of the query"},
		SilenceURL: "https://grafana.example.com/alerting/silence/new",
	}
	mended := told{Annotations: template.KV{"summary": "web: stage deploy fails since run 7", "log": "roll out: timeout"}}
	foreign := told{Labels: template.KV{"alertname": "Disk is full", "host": "h"}}
	const deploy = "shop: stage deploy fails since run 2\nroll out: no space left\nwrite: ENOSPC\nWhat to do: Roll back.\n" +
		"CodeArts: https://codearts.example.com/2\nDashboard: https://grafana.example.com/d/artery-failed-stages\nSilence: https://grafana.example.com/alerting/silence/new\n\n"
	for _, c := range []struct {
		name             string
		firing, resolved []told
		project          string
		title, message   string
	}{
		{"one fires", []told{failing}, nil, "Alpha", "1 firing: Production stage began to fail, Alpha", deploy},
		{"one fires, one is over", []told{failing}, []told{mended}, "Alpha", "1 firing: Production stage began to fail, Alpha", deploy + "Over:\n- web: stage deploy fails since run 7\n"},
		{"all are over", nil, []told{failing, mended}, "Alpha", "Over: Production stage began to fail, Alpha", "Over:\n- shop: stage deploy fails since run 2\n- web: stage deploy fails since run 7\n"},
		{"of another rule", []told{foreign}, nil, "", "1 firing: Production stage began to fail", "Disk is full\n\n"},
	} {
		g := group{GroupLabels: template.KV{"alertname": "Production stage began to fail"}, CommonLabels: template.KV{}}
		if c.project != "" {
			g.CommonLabels["project"] = c.project
		}
		g.Alerts.Firing, g.Alerts.Resolved = c.firing, c.resolved
		for _, point := range file.ContactPoints {
			settings := point.Receivers[0].Settings
			for setting, want := range map[string]string{"title": c.title, "message": c.message, "text": c.message} {
				got, err := engine.ExecuteTextString(settings[setting], g)
				if err != nil || got != want {
					t.Errorf("%s: %s is\n%q, want\n%q (%v)", c.name, setting, got, want, err)
				}
			}
		}
	}
}
