package main

import (
	"slices"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
)

// The demo has the defaults of a configured tenant, but for what it chooses: an alert's labels name its service there too.
func TestDemoConfigHasTheDefaults(t *testing.T) {
	c, err := demoConfig(t.TempDir(), "http://127.0.0.1:1", codeartstest.New(codeartstest.DemoOptions(1, time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC))))
	if err != nil {
		t.Fatal(err)
	}
	tenant := c.Tenants[0]
	if l := tenant.AlertLabels; !slices.Equal(l.Service, []string{"service"}) || !slices.Equal(l.Environment, []string{"environment", "env"}) || !slices.Equal(l.RunID, []string{"codearts_run_id"}) {
		t.Errorf("the labels of alerts are %+v", l)
	}
	if len(tenant.BuildDomains) != 0 {
		t.Errorf("only the build accounts %v are asked for, want all that can be seen", tenant.BuildDomains)
	}
	if d := tenant.Depth; d.HistoryDays != 90 || d.Details != "all" || d.Plugins != "details" || tenant.Logs.TailBytes != 65536 {
		t.Errorf("the depth is %+v, the end of a log %d bytes: want everything", d, tenant.Logs.TailBytes)
	}
}
