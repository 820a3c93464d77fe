package codeartstest

import (
	"net/http"
	"slices"
	"time"
)

// OpenSourcePolicy is an open-source governance policy of the tenant or of a project.
type OpenSourcePolicy struct {
	Name   string
	Valid  bool
	Public bool // made by the system

	PackagesEnabled bool
	Packages        []PackageRule
	SecurityEnabled bool
	SeverityEnabled bool
	Severities      []string // Critical, High, Medium
	CVEEnabled      bool
	CVEs            []string // sent as one empty text when there is none
	LicenseEnabled  bool
	Licenses        []string
}

// PackageRule forbids a version of a package.
type PackageRule struct {
	Enabled                  bool
	Ecosystem, Name, Version string
	Predicate                string // eq or contain
}

func (p OpenSourcePolicy) clone() OpenSourcePolicy {
	p.Packages, p.Severities = slices.Clone(p.Packages), slices.Clone(p.Severities)
	p.CVEs, p.Licenses = slices.Clone(p.CVEs), slices.Clone(p.Licenses)
	return p
}

// SetOpenSourcePolicy adds an open-source policy (id "") of the tenant (projectID "") or of a project, or edits it from a
// time on, and returns its id.
func (w *World) SetOpenSourcePolicy(projectID, id string, at time.Time, by User, policy OpenSourcePolicy) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.setOpenSourcePolicy(projectID, id, at, by, policy)
}

func (w *World) setOpenSourcePolicy(projectID, id string, at time.Time, by User, policy OpenSourcePolicy) string {
	if projectID != "" {
		w.mustProject(projectID)
	}
	return setPolicy(w, &w.openSource, "opensource", id, projectID, at, by, policy)
}

// DeleteOpenSourcePolicy takes an open-source policy away from a time on.
func (w *World) DeleteOpenSourcePolicy(id string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	deletePolicy(w.openSource, id, at)
}

// openSourceRow is a row of Pipeline API 4.7.4 and 4.8.2.
type openSourceRow struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Level       string `json:"level"`
	Valid       bool   `json:"is_valid"`
	Version     string `json:"version"`
	Operator    string `json:"operator"` // a name, not an id
	Public      bool   `json:"is_public"`
	Legacy      *bool  `json:"is_legacy"`
	OperateTime int64  `json:"operate_time"`
}

// openSourceDetail is the answer of Pipeline API 4.7.3 and 4.8.1.
type openSourceDetail struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Level      string            `json:"level"`
	Version    string            `json:"version"`
	Valid      bool              `json:"is_valid"`
	Public     bool              `json:"is_public"`
	Creator    string            `json:"creator"` // an id
	CreateTime string            `json:"create_time"`
	Updater    *string           `json:"updater,omitempty"`
	Update     *string           `json:"update,omitempty"`
	UpdateTime string            `json:"update_time"`
	Content    openSourceContent `json:"content"`
}

// openSourceContent is an OpenSourceRuleContent, nested as the tables say.
type openSourceContent struct {
	Packages struct {
		Enable bool         `json:"enable"`
		Rules  []packageRow `json:"rules"`
	} `json:"version_set"`
	Security struct {
		Enable bool `json:"enable"`
		Rules  struct {
			Severity choice `json:"severity"`
			CVE      choice `json:"cve"`
		} `json:"rules"`
	} `json:"security"`
	License struct {
		Enable bool         `json:"enable"`
		Rules  []licenseRow `json:"rules"`
	} `json:"license"`
}

// packageRow is a VersionSetRule.
type packageRow struct {
	Enable      bool   `json:"enable"`
	Ecosystem   string `json:"ecosystem"`
	Name        string `json:"package_name"`
	Version     string `json:"package_version"`
	Description string `json:"description"`
	Predicate   string `json:"predicate"`
}

// choice is a severity or cve object.
type choice struct {
	Enable bool     `json:"enable"`
	Values []string `json:"values"`
}

// licenseRow is a rule of a LicenseProperty.
type licenseRow struct {
	Predicate string   `json:"predicate"`
	Values    []string `json:"values"`
}

// openSourceList answers Pipeline API 4.7.4.
func (t *Tenant) openSourceList(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	return t.openSourcePolicies(r, func(project string) bool { return project == "" })
}

// projectOpenSourceList answers Pipeline API 4.8.2.
func (t *Tenant) projectOpenSourceList(r *request) response {
	p, refused := t.project(r)
	if refused != nil {
		return *refused
	}
	withTenant := r.query.Get("include_tenant_rule_set") == "true"
	return t.openSourcePolicies(r, func(project string) bool { return project == p.id || project == "" && withTenant })
}

// openSourceLimit is the documented default limit of the open-source lists, the only ones that have one.
const openSourceLimit = "15"

func (t *Tenant) openSourcePolicies(r *request, belongs func(project string) bool) response {
	found := listPolicies(t.world.openSource, r.now, func(s policyState[OpenSourcePolicy]) bool {
		return belongs(s.projectID) && contains(s.value.Name, r.query.Get("name")) && contains(s.creator.Name, r.query.Get("creator_name"))
	})
	return answerPage(t, r, openSourceLimit, found, func(s policyState[OpenSourcePolicy]) openSourceRow {
		return openSourceRow{s.id, s.value.Name, levelOf(s.projectID), s.value.Valid, s.version, s.updater.Name, s.value.Public, nil, s.updated.UnixMilli()}
	})
}

// openSourceDetail answers Pipeline API 4.7.3.
func (t *Tenant) openSourceDetail(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	return t.openSourcePolicy(r, "")
}

// projectOpenSourceDetail answers Pipeline API 4.8.1.
func (t *Tenant) projectOpenSourceDetail(r *request) response {
	p, refused := t.project(r)
	if refused != nil {
		return *refused
	}
	return t.openSourcePolicy(r, p.id)
}

func (t *Tenant) openSourcePolicy(r *request, project string) response {
	s, ok := findPolicy(t.world.openSource, project, r.PathValue("id"), r.now)
	if !ok {
		return missing()
	}
	row := openSourceDetail{
		ID: s.id, Name: s.value.Name, Level: levelOf(s.projectID), Version: s.version, Valid: s.value.Valid, Public: s.value.Public,
		Creator: s.creator.ID, CreateTime: t.local(s.created), UpdateTime: t.local(s.updated), Content: s.value.content(),
	}
	row.Updater, row.Update = t.editor(s.updater.ID, SpellingUpdate)
	return answer(http.StatusOK, row)
}

func (p OpenSourcePolicy) content() openSourceContent {
	var c openSourceContent
	c.Packages.Enable, c.Packages.Rules = p.PackagesEnabled, []packageRow{}
	for _, rule := range p.Packages {
		c.Packages.Rules = append(c.Packages.Rules, packageRow{rule.Enabled, rule.Ecosystem, rule.Name, rule.Version, "", rule.Predicate})
	}
	c.Security.Enable = p.SecurityEnabled
	c.Security.Rules.Severity = choice{p.SeverityEnabled, append([]string{}, p.Severities...)}
	c.Security.Rules.CVE = choice{p.CVEEnabled, append([]string{}, p.CVEs...)}
	if len(p.CVEs) == 0 {
		c.Security.Rules.CVE.Values = []string{""}
	}
	c.License.Enable = p.LicenseEnabled
	c.License.Rules = []licenseRow{{"contain", append([]string{}, p.Licenses...)}}
	return c
}
