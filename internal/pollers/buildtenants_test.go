package pollers

import (
	"log/slog"
	"strings"
	"testing"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// TestBuildTenants asks for three accounts, one of which the answer lacks: the others are stored, and
// the missing one is named.
func TestBuildTenants(t *testing.T) {
	w, _, _ := scripted(t, 0, nil)
	const one, two, none = "82a38fff58f84bb4a39566235f2c14a3", "60021bab32fd450aa2cb89226f425e06", "00000000000000000000000000000009"
	for _, id := range []string{one, two} {
		w.sim.World().SetBuildTenant(instant, codeartstest.BuildTenant{DomainID: id, DomainName: id[:3], Status: 1})
	}
	var log strings.Builder
	w.collector.Slog = slog.New(slog.NewTextHandler(&log, nil))
	w.collector.Tenants[0].BuildDomains = []string{one, none, two}
	w.quiet()
	tenants, _ := w.last(events.BuildTenant)
	if len(tenants) != 2 || tenants[one]["domain_name"] != "82a" || tenants[two]["domain_name"] != "600" {
		t.Errorf("stored are %v", tenants)
	}
	if polls := w.polls("build_tenants"); len(polls) == 0 || polls[0].Errors != 0 || polls[0].Total != 2 {
		t.Errorf("the rounds say %+v", polls)
	}
	if !strings.Contains(log.String(), "lacks accounts") || !strings.Contains(log.String(), none) || strings.Contains(log.String(), one) {
		t.Errorf("the log says\n%s", &log)
	}
	if asked := w.sim.Requests(codeartstest.APIBuildTenants); asked[0].Body != `{"domain_ids":"`+one+","+none+","+two+`"}` {
		t.Errorf("asked %s", asked[0].Body)
	}
}
