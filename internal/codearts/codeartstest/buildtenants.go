package codeartstest

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// BuildTenant is a tenant as CodeArts Build sees it.
type BuildTenant struct {
	DomainID         string
	DomainName       string
	FreeQuota        bool
	FreePackageQuota bool
	Status           int
	IsFederation     int
	IsWhitelist      int
	PackageType      string
	DomainType       int
	BusinessType     string
	AllowCustomEnv   int
	SpecThreshold    string // a JSON array in a string
}

// buildTenant is a build tenant with its life.
type buildTenant struct {
	id   string
	life history[BuildTenant]
}

// buildTenantRow is a row of Build: Querying the Status of Other Tenants.
type buildTenantRow struct {
	ServiceName      string  `json:"service_name"`
	DomainID         string  `json:"domain_id"`
	DomainName       string  `json:"domain_name"`
	FreeQuota        bool    `json:"free_quota"`
	FreePackageQuota bool    `json:"free_package_quota"`
	Status           int     `json:"status"`
	IsFederation     int     `json:"is_federation"`
	IsWhitelist      int     `json:"is_whitelist"`
	Region           string  `json:"region"`
	PackageType      string  `json:"package_type"`
	DomainType       int     `json:"domain_type"`
	BusinessType     string  `json:"domain_business_type"`
	DockerArgs       *string `json:"domain_malicious_docker_args"`
	AllowCustomEnv   int     `json:"allow_custom_env"`
	SpecThreshold    string  `json:"spec_threshold"`
}

// SetBuildTenant adds a build tenant or changes it from a time on.
func (w *World) SetBuildTenant(at time.Time, row BuildTenant) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.setBuildTenant(at, row)
}

func (w *World) setBuildTenant(at time.Time, row BuildTenant) {
	for _, known := range w.buildTenants {
		if known.id == row.DomainID {
			known.life.set(at.UTC(), row)
			return
		}
	}
	added := &buildTenant{id: row.DomainID}
	added.life.set(at.UTC(), row)
	w.buildTenants = append(w.buildTenants, added)
}

// envelope is the answer of every CodeArts Build API.
type envelope struct {
	Result any     `json:"result"`
	Error  *string `json:"error"`
	Status string  `json:"status"`
}

// buildStatuses answers Build: Querying the Status of Other Tenants. The separator of domain_ids is not documented: comma.
func (t *Tenant) buildStatuses(r *request) response {
	var body struct {
		DomainIDs string `json:"domain_ids"`
	}
	if len(r.body) > 0 {
		if err := json.Unmarshal(r.body, &body); err != nil {
			return failure(http.StatusBadRequest, "DEV.CB.0500010", "Invalid request body.")
		}
	}
	asked := map[string]bool{}
	for id := range strings.SplitSeq(body.DomainIDs, ",") {
		if id = strings.TrimSpace(id); id != "" {
			asked[id] = true
		}
	}
	rows := []buildTenantRow{}
	for _, known := range t.world.buildTenants {
		b, ok := known.life.at(r.now)
		if !ok || len(asked) > 0 && !asked[known.id] {
			continue
		}
		rows = append(rows, buildTenantRow{
			ServiceName: "CodeCI", DomainID: b.DomainID, DomainName: b.DomainName, FreeQuota: b.FreeQuota, FreePackageQuota: b.FreePackageQuota,
			Status: b.Status, IsFederation: b.IsFederation, IsWhitelist: b.IsWhitelist, Region: t.options.Region, PackageType: b.PackageType,
			DomainType: b.DomainType, BusinessType: b.BusinessType, AllowCustomEnv: b.AllowCustomEnv, SpecThreshold: b.SpecThreshold,
		})
	}
	return answer(http.StatusOK, envelope{Result: rows, Status: "success"})
}
