package e2e

import (
	"fmt"
	"slices"
	"strings"

	"artery/internal/codearts/codeartstest"
)

type pipeline struct {
	ID      string `ch:"pipeline_id"`
	Project string `ch:"project_id"`
	Name    string `ch:"name"`
	Publish bool   `ch:"is_publish"`
	Created int64  `ch:"created_at"`
}

func (c *comparison) pipelines() {
	want := func() (rows []pipeline) {
		for _, p := range c.now.Pipelines {
			rows = append(rows, pipeline{p.ID, p.ProjectID, p.Name, p.IsPublish, ms(p.Created)})
		}
		return rows
	}
	table(c, "pipelines", `SELECT pipeline_id, project_id, name, is_publish, `+millis("created_at")+` FROM pipelines FINAL`,
		func(p pipeline) string { return p.ID }, want, nil)
}

type covered struct {
	Pipeline string `ch:"pipeline_id"`
	Project  string `ch:"project_id"`
	Complete bool   `ch:"complete"`
}

// coverage says that the execution records of every pipeline that ran have been read to their beginning.
func (c *comparison) coverage() {
	want := func() (rows []covered) {
		for _, p := range c.now.Pipelines {
			if p.Kept > 0 {
				rows = append(rows, covered{p.ID, p.ProjectID, true})
			}
		}
		return rows
	}
	table(c, "coverage", `SELECT pipeline_id, project_id, complete FROM coverage FINAL`, func(r covered) string { return r.Pipeline }, want, nil)
}

type repository struct {
	ID          int64   `ch:"id"`
	Project     string  `ch:"project_id"`
	ProjectName string  `ch:"project_name"`
	Name        string  `ch:"name"`
	Owner       string  `ch:"owner"`
	MB          float64 `ch:"capacity_mb"`
	Members     int64   `ch:"members"`
	Status      int64   `ch:"state"`
	Created     int64   `ch:"created_at"`
}

func (c *comparison) repositories() {
	want := func() (rows []repository) {
		for _, r := range c.now.Repositories {
			rows = append(rows, repository{r.ID, r.ProjectID, r.ProjectName, r.Name, r.Owner, r.SizeMB, int64(r.Members), int64(r.Status), ms(r.Created)})
		}
		return rows
	}
	table(c, "repositories", `SELECT toInt64(repository_id) AS id, project_id, project_name, name, owner, capacity_mb, toInt64(member_number) AS members,
		toInt64(status) AS state, `+millis("created_at")+` FROM repositories FINAL`, func(r repository) string { return fmt.Sprint(r.ID) }, want, nil)
}

// repositorySizes checks the history of sizes: only sizes that were true, in their order, the seen ones among them, and at
// the end the size of now.
func (c *comparison) repositorySizes() {
	if c.since != nil {
		return // sizes that were seen are known only where the clock stood
	}
	var rows []struct {
		ID int64   `ch:"id"`
		MB float64 `ch:"capacity_mb"`
	}
	if err := c.conn.Select(c.ctx, &rows, "SELECT toInt64(repository_id) AS id, capacity_mb FROM repository_sizes FINAL ORDER BY repository_id, ver"); err != nil {
		c.fault("repository_sizes: %v", err)
		return
	}
	stored := map[int64][]float64{}
	for _, r := range rows {
		stored[r.ID] = append(stored[r.ID], r.MB)
	}
	for _, truth := range c.seen {
		for _, r := range truth.Repositories {
			if !slices.Contains(stored[r.ID], r.SizeMB) {
				c.fault("repository_sizes: %d had %v MB, which is not there: %v", r.ID, r.SizeMB, stored[r.ID])
			}
		}
	}
	for _, r := range c.now.Repositories {
		sizes := stored[r.ID]
		if len(sizes) == 0 || sizes[len(sizes)-1] != r.SizeMB {
			c.fault("repository_sizes: %d ends with %v, the truth is %v", r.ID, sizes, r.SizeMB)
		}
		left := r.Sizes
		for _, mb := range sizes {
			i := slices.IndexFunc(left, func(s codeartstest.SizeTruth) bool { return s.MB == mb })
			if i < 0 {
				c.fault("repository_sizes: %d never had %v MB there: %v", r.ID, mb, sizes)
				break
			}
			left = left[i+1:]
		}
		delete(stored, r.ID)
	}
	for id := range stored {
		c.fault("repository_sizes: %d does not exist", id)
	}
}

type gateItem struct {
	Project  string `ch:"project_id"`
	Position int64  `ch:"place"`
	Name     string `ch:"name"`
	Compare  string `ch:"compare_type"`
	Check    bool   `ch:"is_check"`
	Value    int64  `ch:"limit"`
}

func gateItems(project string, items []codeartstest.GateItem) []gateItem {
	var rows []gateItem
	for i, item := range items {
		rows = append(rows, gateItem{project, int64(i), item.Name, "≤", item.Enabled, int64(item.Value)})
	}
	return rows
}

func (c *comparison) gates() {
	want := func() (rows []gateItem) {
		for _, g := range c.now.Gates {
			rows = append(rows, gateItems(g.ProjectID, g.Items)...)
		}
		return rows
	}
	table(c, "gates", `SELECT project_id, toInt64(position) AS place, name, compare_type, is_check, toInt64(ifNull(value, -1)) AS limit FROM gates`,
		func(g gateItem) string { return fmt.Sprintf("%s/%d", g.Project, g.Position) }, want, nil)
}

// gateHistory checks that every stored configuration was true, and that every seen one is stored.
func (c *comparison) gateHistory() {
	var rows []struct {
		gateItem
		Ver uint64 `ch:"ver"`
	}
	err := c.conn.Select(c.ctx, &rows, `SELECT project_id, toInt64(position) AS place, name, compare_type, is_check, toInt64(ifNull(value, -1)) AS limit, ver
		FROM gate_history FINAL ORDER BY project_id, ver, position`)
	if err != nil {
		c.fault("gate_history: %v", err)
		return
	}
	stored := map[string]map[uint64]string{}
	for _, r := range rows {
		if stored[r.Project] == nil {
			stored[r.Project] = map[uint64]string{}
		}
		stored[r.Project][r.Ver] += fmt.Sprintln(r.gateItem)
	}
	text := func(project string, items []codeartstest.GateItem) string {
		var s strings.Builder
		for _, row := range gateItems(project, items) {
			fmt.Fprintln(&s, row)
		}
		return s.String()
	}
	for _, g := range c.now.Gates {
		right := map[string]bool{}
		for _, change := range g.Changes {
			right[text(g.ProjectID, change.Items)] = true
		}
		for ver, state := range stored[g.ProjectID] {
			if !right[state] {
				c.fault("gate_history: version %d of the gate of %q never was:\n%s", ver, g.ProjectID, state)
			}
		}
	}
	for _, truth := range c.seen {
		for _, g := range truth.Gates {
			found := false
			for _, state := range stored[g.ProjectID] {
				found = found || state == text(g.ProjectID, g.Items)
			}
			if !found {
				c.fault("gate_history: the gate of %q of %s is missing", g.ProjectID, truth.At)
			}
		}
	}
}

type buildTenant struct {
	Domain      string `ch:"domain_id"`
	Name        string `ch:"domain_name"`
	Free        bool   `ch:"free_quota"`
	FreePackage bool   `ch:"free_package_quota"`
	Status      int64  `ch:"state"`
	Federation  int64  `ch:"federation"`
	Whitelist   int64  `ch:"whitelist"`
	Package     string `ch:"package_type"`
	Type        int64  `ch:"type"`
	Business    string `ch:"domain_business_type"`
	CustomEnv   int64  `ch:"custom"`
	Thresholds  string `ch:"spec_threshold"`
}

func (c *comparison) buildTenants() {
	want := func() (rows []buildTenant) {
		for _, b := range c.now.BuildTenants {
			rows = append(rows, buildTenant{
				b.DomainID, b.DomainName, b.FreeQuota, b.FreePackageQuota, int64(b.Status), int64(b.IsFederation), int64(b.IsWhitelist), b.PackageType,
				int64(b.DomainType), b.BusinessType, int64(b.AllowCustomEnv), b.SpecThreshold,
			})
		}
		return rows
	}
	table(c, "build_tenants", `SELECT domain_id, domain_name, free_quota, free_package_quota, toInt64(status) AS state, toInt64(is_federation) AS federation,
		toInt64(is_whitelist) AS whitelist, package_type, toInt64(domain_type) AS type, domain_business_type, toInt64(allow_custom_env) AS custom, spec_threshold
		FROM build_tenants FINAL`, func(b buildTenant) string { return b.Domain }, want, nil)
}
