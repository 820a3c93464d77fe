package codeartstest

import (
	"net/http"
	"slices"
	"time"
)

// GroupSpec describes a group of pipelines or of build tasks.
type GroupSpec struct {
	ID        string // "" means derived
	ProjectID string
	ParentID  string // "" at the root
	Name      string
	Ordinal   int
	Creator   User
	Created   time.Time
	Deleted   time.Time // zero means never
}

// group is a group with its names.
type group struct {
	GroupSpec
	path    string // ids from the root, joined by dots
	renames history[rename]
}

// rename is one change of a group: its new name and who made it.
type rename struct {
	name string
	by   User
}

// AddGroup adds a group of pipelines and returns its id; its parent must exist.
func (w *World) AddGroup(spec GroupSpec) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addGroup(&w.mustProject(spec.ProjectID).groups, "group", spec).ID
}

// AddBuildGroup adds a group of build tasks and returns its id; its parent must exist.
func (w *World) AddBuildGroup(spec GroupSpec) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addGroup(&w.mustProject(spec.ProjectID).buildGroups, "buildgroup", spec).ID
}

// RenameGroup gives a group of either tree another name from a time on.
func (w *World) RenameGroup(id, name string, by User, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mustGroup(id).renames.set(at.UTC().Truncate(time.Second), rename{name, by})
}

// DeleteGroup takes a group of either tree, with its children, away from a time on.
func (w *World) DeleteGroup(id string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mustGroup(id).Deleted = at.UTC().Truncate(time.Second)
}

func (w *World) mustGroup(id string) *group {
	for _, p := range w.projects {
		for _, g := range slices.Concat(p.groups, p.buildGroups) {
			if g.ID == id {
				return g
			}
		}
	}
	panic("codeartstest: no such group: " + id)
}

func (w *World) addGroup(groups *[]*group, kind string, spec GroupSpec) *group {
	if spec.ID == "" {
		spec.ID = w.id(kind, spec.ProjectID, len(*groups))
	}
	if spec.Creator == (User{}) {
		spec.Creator = w.user(0)
	}
	spec.Created = spec.Created.UTC().Truncate(time.Second)
	g := &group{GroupSpec: spec, path: spec.ID}
	if spec.ParentID != "" {
		i := slices.IndexFunc(*groups, func(g *group) bool { return g.ID == spec.ParentID })
		if i < 0 {
			panic("codeartstest: no such parent group: " + spec.ParentID)
		}
		g.path = (*groups)[i].path + "." + spec.ID
	}
	*groups = append(*groups, g)
	return g
}

// visibleGroups are the groups of one parent at t, in descending ordinal, as 4.3.4 prints them.
func visibleGroups(groups []*group, parent string, t time.Time) []*group {
	var visible []*group
	for _, g := range groups {
		if g.ParentID == parent && !g.Created.After(t) && (g.Deleted.IsZero() || t.Before(g.Deleted)) {
			visible = append(visible, g)
		}
	}
	slices.SortStableFunc(visible, func(a, b *group) int { return b.Ordinal - a.Ordinal })
	return visible
}

// groupRow is a row of Pipeline API 4.3.4 with the spelling `updater`.
type groupRow struct {
	ID         string  `json:"id"`
	DomainID   string  `json:"domain_id"`
	ProjectID  string  `json:"project_id"`
	Name       string  `json:"name"`
	ParentID   string  `json:"parent_id"` // "" at the root, not null
	PathID     string  `json:"path_id"`
	Ordinal    int     `json:"ordinal"`
	Creator    string  `json:"creator"`
	Updater    *string `json:"updater"`
	CreateTime int64   `json:"create_time"`
	UpdateTime *int64  `json:"update_time"`
	Children   []any   `json:"children"`
}

// groupRowUpdate is the same row with the spelling `update`; the field names must stay those of groupRow.
type groupRowUpdate struct {
	ID         string  `json:"id"`
	DomainID   string  `json:"domain_id"`
	ProjectID  string  `json:"project_id"`
	Name       string  `json:"name"`
	ParentID   string  `json:"parent_id"`
	PathID     string  `json:"path_id"`
	Ordinal    int     `json:"ordinal"`
	Creator    string  `json:"creator"`
	Updater    *string `json:"update"`
	CreateTime int64   `json:"create_time"`
	UpdateTime *int64  `json:"update_time"`
	Children   []any   `json:"children"`
}

// groupTree answers Pipeline API 4.3.4.
func (t *Tenant) groupTree(r *request) response {
	p, refused := t.project(r)
	if refused != nil {
		return *refused
	}
	return answer(http.StatusOK, t.groupRows(p, "", r.now))
}

func (t *Tenant) groupRows(p *project, parent string, now time.Time) []any {
	rows := []any{}
	for _, g := range visibleGroups(p.groups, parent, now) {
		name, by, at := g.nameAt(now)
		row := groupRow{
			ID: g.ID, DomainID: t.world.tenant, ProjectID: p.id, Name: name, ParentID: g.ParentID, PathID: g.path,
			Ordinal: g.Ordinal, Creator: g.Creator.ID, Updater: orNull(by.ID), CreateTime: g.Created.UnixMilli(), UpdateTime: millis(at),
		}
		if children := t.groupRows(p, g.ID, now); len(children) > 0 {
			row.Children = children
		}
		if s := t.options.Spelling; s == SpellingUpdate || s == SpellingMixed && g.Ordinal%2 == 0 {
			rows = append(rows, groupRowUpdate(row))
		} else {
			rows = append(rows, row)
		}
	}
	return rows
}

// nameAt is the group's name at t, and who changed it when; the zero values if nobody did.
func (g *group) nameAt(t time.Time) (string, User, time.Time) {
	last, ok := g.renames.at(t)
	if !ok {
		return g.Name, User{}, time.Time{}
	}
	i := len(g.renames) - 1
	for g.renames[i].at.After(t) {
		i--
	}
	return last.name, last.by, g.renames[i].at
}
