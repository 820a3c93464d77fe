package fleet

import (
	"fmt"
	"testing"
)

func TestOwnerMovesOnlyWhatItMust(t *testing.T) {
	members := map[string]bool{}
	for i := range 5 {
		members[fmt.Sprintf("collector-%d", i)] = true
	}
	const tenants = 2000
	before, share := map[string]string{}, map[string]int{}
	for i := range tenants {
		tenant := fmt.Sprintf("tenant-%d", i)
		before[tenant] = Owner(members, tenant)
		share[before[tenant]]++
	}
	for id, n := range share {
		if n < tenants/5*8/10 || n > tenants/5*12/10 {
			t.Errorf("%s has %d of %d tenants, want about %d", id, n, tenants, tenants/5)
		}
	}
	members["collector-5"] = true
	for tenant, owner := range before {
		if now := Owner(members, tenant); now != owner && now != "collector-5" {
			t.Errorf("%s moved from %s to %s though only collector-5 is new", tenant, owner, now)
		}
	}
	delete(members, "collector-5")
	delete(members, "collector-2")
	for tenant, owner := range before {
		if now := Owner(members, tenant); now != owner && owner != "collector-2" {
			t.Errorf("%s moved from %s to %s though only collector-2 is gone", tenant, owner, now)
		}
	}
}

func TestOwnerOfNobody(t *testing.T) {
	if got := Owner[bool](nil, "acme"); got != "" {
		t.Errorf("owner without members = %q", got)
	}
}
