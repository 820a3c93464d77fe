package schema

import (
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// What a loader configures is in force until a loader with other settings starts; before the first one the defaults are.
func TestActivateSettings(t *testing.T) {
	conn := migratedDB(t)
	own := Settings{
		Production:   []string{"prod", "live"},
		ProductionOf: []Production{{Tenant: "acme", Project: "^Shop", Environments: []string{"shop"}}},
		Pages:        map[string]map[string]string{"acme": {"run": "https://ca.example.com/{run_id}", "gate": "https://ca.example.com/{project_id}"}},
		Limits:       []AlertLimit{{Name: "red", Tenant: "acme", Project: "^Shop's$", Value: 1.5}, {Name: "queue", Value: 60}},
	}
	plain := Settings{Production: []string{"production"}}
	const none, both = `[{"limits":[],"pages":{},"production":[["","",["production"]]]}]`, `[{"limits":[` +
		`{"name":"red","project":"^Shop's$","tenant":"acme","value":1.5},{"name":"queue","project":"","tenant":"","value":60}],` +
		`"pages":{"acme":{"gate":"https://ca.example.com/{project_id}","run":"https://ca.example.com/{run_id}"}},` +
		`"production":[["acme","^Shop",["shop"]],["","",["prod","live"]]]}]`
	for _, step := range []struct {
		name     string
		settings *Settings
		changed  bool
		want     string
	}{
		{"no loader has started", nil, false, none},
		{"a loader without settings", &plain, true, none},
		{"one with settings", &own, true, both},
		{"the same again", &own, false, both},
		{"taken out of the configuration", &plain, true, none},
	} {
		if step.settings != nil {
			changed, err := ActivateSettings(t.Context(), conn, *step.settings)
			if err != nil || changed != step.changed {
				t.Errorf("%s: changed %t, %v", step.name, changed, err)
			}
		}
		if got := marshal(t, queryRows(t, conn, "SELECT * FROM settings_in_force")); got != step.want {
			t.Errorf("%s: %s in force, want %s", step.name, got, step.want)
		}
	}
	// What was stored before there were other pages than those of runs.
	if err := run(t.Context(), conn, "settings_activate", clickhouse.Named("settings", `{"production":["live"],"limits":null,"run_pages":{"acme":"https://ca.example.com/{run_id}"}}`)); err != nil {
		t.Fatal(err)
	}
	const old = `[{"limits":[],"pages":{"acme":{"run":"https://ca.example.com/{run_id}"}},"production":[["","",["live"]]]}]`
	if got := marshal(t, queryRows(t, conn, "SELECT * FROM settings_in_force")); got != old {
		t.Errorf("of older settings %s are in force, want %s", got, old)
	}
}

// Of each limit the first entry that gives it and holds counts, else the default.
func TestAlertLimit(t *testing.T) {
	conn := migratedDB(t)
	if _, err := ActivateSettings(t.Context(), conn, Settings{Limits: []AlertLimit{
		{Name: "red", Tenant: "acme", Project: "^Shop", Value: 1}, {Name: "queue", Project: "^Shop", Value: 2}, {Name: "red", Tenant: "acme", Value: 3}, {Name: "red", Value: 4},
	}}); err != nil {
		t.Fatal(err)
	}
	limit, _, err := Statement("limit_of")
	if err != nil {
		t.Fatal(err)
	}
	got := marshal(t, queryRows(t, conn, "WITH ("+limit+") AS limit_of SELECT groupArray(limit_of(c.1, c.2, c.3)) AS l FROM (SELECT arrayJoin(["+
		"('red', 'acme', 'Shop A'), ('red', 'acme', 'A Shop'), ('red', 'zeta', 'Shop A'), ('queue', 'zeta', 'Shop A'), ('queue', 'acme', 'A Shop'), ('silent', '', '')]) AS c)"))
	if want := `[{"l":[1,3,4,2,300,1.5]}]`; got != want {
		t.Errorf("the limits are %s, want %s", got, want)
	}
}
