package main

import (
	"strings"
	"testing"
	"time"

	"artery/internal/schema"
)

// The page of a run is that of its tenant wherever a table leads to one.
func TestRunPagesAreThoseOfTheTenant(t *testing.T) {
	conn := migratedDB(t)
	seed(t, conn)
	if _, err := schema.ActivateSettings(t.Context(), conn, schema.Settings{RunPages: map[string]string{
		"acme": "https://acme.example.com/{project_id}/{pipeline_id}/{run_id}", "globex": "https://globex.example.com/{run_id}"}}); err != nil {
		t.Fatal(err)
	}
	all, pages := everything(45*24*time.Hour), map[string]int{}
	for _, name := range dashQueries() {
		if text, err := schema.Query(name); err != nil || !strings.Contains(text, "{{run_page}}") || !strings.HasPrefix(name, "dash_") {
			continue
		}
		sql, _, err := schema.Statement(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range ask(t, conn, all.expand(t, sql)).rows {
			for _, column := range []string{"url", "first_url"} {
				tenant, _ := row["tenant"].(string)
				page, _ := row[column].(string)
				switch {
				case strings.HasPrefix(page, "https://"+tenant+".example.com/"):
					pages[tenant]++
				case page != "" && !strings.HasPrefix(page, "https://codearts.example.com/"): // what CodeArts says
					t.Errorf("%s: %s of %s is %s", name, column, tenant, page)
				}
			}
		}
	}
	if pages["acme"] < 15 || pages["globex"] < 2 {
		t.Errorf("pages by tenant: %v", pages)
	}
}
