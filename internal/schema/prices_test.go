package schema

import "testing"

// What a loader configures is in force until a loader with another table starts, one that has none included.
func TestActivatePrices(t *testing.T) {
	conn := migratedDB(t)
	half, two := 0.5, 2.0
	shops := PriceTable{Currency: "EUR", Table: []Price{{Tenant: "acme", Project: "^Shop's$", MachineMinute: &half}, {WaitingMinute: &two}}}
	const none, both = `[{"currency":"","prices":[]}]`, `[{"currency":"EUR","prices":[` +
		`{"machine_minute":0.5,"pipeline":"","project":"^Shop's$","tenant":"acme","waiting_minute":null},` +
		`{"machine_minute":null,"pipeline":"","project":"","tenant":"","waiting_minute":2}]}]`
	for _, step := range []struct {
		name    string
		prices  PriceTable
		changed bool
		want    string
	}{
		{"nothing configured, nothing stored", PriceTable{}, false, none},
		{"a table", shops, true, both},
		{"the same again", shops, false, both},
		{"taken out of the configuration", PriceTable{}, true, `[{"currency":"","prices":[]}]`},
		{"and put back", shops, true, both},
	} {
		changed, err := ActivatePrices(t.Context(), conn, step.prices)
		if err != nil || changed != step.changed {
			t.Errorf("%s: changed %t, %v", step.name, changed, err)
		}
		if got := marshal(t, queryRows(t, conn, "SELECT currency, prices FROM prices_in_force")); got != step.want {
			t.Errorf("%s: %s in force, want %s", step.name, got, step.want)
		}
	}
}
