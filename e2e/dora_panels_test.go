package e2e

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/schema"
)

// notOfDeliveries are the queries of panels that the truth of deliveries says nothing of.
var notOfDeliveries = []string{
	// The first row of every page is of the collector.
	"dash_trust_freshness", "dash_trust_completeness", "dash_trust_last_event", "dash_trust_budget", "dash_trust_errors", "dash_quarantine_count",
}

// Of every panel of the two pages the truth is known, and no more is asked than they do.
func TestDORAPanels(t *testing.T) {
	v := doraView{from: time.Now().Add(-day), to: time.Now(), bucket: "day"}
	names := map[string]string{}
	add := func(name string) {
		sql, _, err := schema.Statement(name)
		if err != nil {
			t.Fatal(err)
		}
		names[sql] = name
	}
	for name := range newDORATruth(codeartstest.Truth{}, nil, builtInRules(), nil, v.to).board(v) {
		add(name)
	}
	for _, name := range append(notOfDeliveries, "dash_restatements") { // of the ledger the truth is told apart
		add(name)
	}
	var asked []string
	for _, page := range []string{"artery-dora", "artery-dora-explained"} {
		text, err := os.ReadFile("../dashboards/grafana/" + page + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var dashboard struct {
			Panels []struct {
				Title   string
				Targets []struct{ RawSQL string }
			}
		}
		if err := json.Unmarshal(text, &dashboard); err != nil {
			t.Fatal(err)
		}
		for _, panel := range dashboard.Panels {
			for _, target := range panel.Targets {
				if name, known := names[target.RawSQL]; known {
					asked = append(asked, name)
				} else if target.RawSQL != "" { // else it shows the answer of another panel
					t.Errorf("%s: nothing says what is true of %q", page, panel.Title)
				}
			}
		}
	}
	for _, name := range names {
		if !slices.Contains(asked, name) {
			t.Errorf("no panel asks %s", name)
		}
	}
}
