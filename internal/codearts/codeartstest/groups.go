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

// group is a group with its names and places. spec says what they were when it was made.
type group struct {
	spec    GroupSpec
	renames history[rename]
	moves   history[move]
}

// rename is one change of a group's name, and who made it.
type rename struct {
	name string
	by   User
}

// move is one change of a group's place, and who made it.
type move struct {
	parentID string
	ordinal  int
	by       User
}

// groupState is a group as it is at a time.
type groupState struct {
	GroupSpec
	updater User // the zero values if nobody changed it
	updated time.Time
}

// AddGroup adds a group of pipelines and returns its id; its parent must exist.
func (w *World) AddGroup(spec GroupSpec) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addGroup(&w.mustProject(spec.ProjectID).groups, "group", spec)
}

// AddBuildGroup adds a group of build tasks and returns its id; its parent must exist.
func (w *World) AddBuildGroup(spec GroupSpec) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addGroup(&w.mustProject(spec.ProjectID).buildGroups, "buildgroup", spec)
}

// RenameGroup gives a group of either tree another name from a time on.
func (w *World) RenameGroup(id, name string, by User, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, _ := w.mustGroup(id)
	g.renames.set(at.UTC().Truncate(time.Second), rename{name, by})
}

// MoveGroup puts a group of either tree, with its children, under another parent ("" for the root) from a time on, or only
// elsewhere among its siblings.
func (w *World) MoveGroup(id, parentID string, ordinal int, by User, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moveGroup(id, parentID, ordinal, by, at)
}

func (w *World) moveGroup(id, parentID string, ordinal int, by User, at time.Time) {
	g, groups := w.mustGroup(id)
	at = at.UTC().Truncate(time.Second)
	if parentID != "" && slices.Contains(pathOf(groups, findGroup(groups, parentID), at), id) {
		panic("codeartstest: a group cannot be moved into itself: " + id)
	}
	g.moves.set(at, move{parentID, ordinal, by})
}

// DeleteGroup takes a group of either tree, with its children, away from a time on.
func (w *World) DeleteGroup(id string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, _ := w.mustGroup(id)
	g.spec.Deleted = at.UTC().Truncate(time.Second)
}

// mustGroup finds a group and its tree.
func (w *World) mustGroup(id string) (*group, []*group) {
	for _, p := range w.projects {
		for _, groups := range [][]*group{p.groups, p.buildGroups} {
			if i := slices.IndexFunc(groups, func(g *group) bool { return g.spec.ID == id }); i >= 0 {
				return groups[i], groups
			}
		}
	}
	panic("codeartstest: no such group: " + id)
}

// findGroup is the group of a tree that must have it.
func findGroup(groups []*group, id string) *group {
	i := slices.IndexFunc(groups, func(g *group) bool { return g.spec.ID == id })
	if i < 0 {
		panic("codeartstest: no such parent group: " + id)
	}
	return groups[i]
}

func (w *World) addGroup(groups *[]*group, kind string, spec GroupSpec) string {
	if spec.ID == "" {
		spec.ID = w.id(kind, spec.ProjectID, len(*groups))
	}
	if spec.Creator == (User{}) {
		spec.Creator = w.user(0)
	}
	spec.Created = spec.Created.UTC().Truncate(time.Second)
	if spec.ParentID != "" {
		findGroup(*groups, spec.ParentID)
	}
	*groups = append(*groups, &group{spec: spec})
	return spec.ID
}

// stateAt is the group as it is at t.
func (g *group) stateAt(t time.Time) groupState {
	s := groupState{GroupSpec: g.spec}
	if last, ok := g.renames.last(t); ok {
		s.Name, s.updater, s.updated = last.value.name, last.value.by, last.at
	}
	if last, ok := g.moves.last(t); ok {
		s.ParentID, s.Ordinal = last.value.parentID, last.value.ordinal
		if last.at.After(s.updated) {
			s.updater, s.updated = last.value.by, last.at
		}
	}
	return s
}

// pathOf are the ids from the root down to a group.
func pathOf(groups []*group, g *group, t time.Time) []string {
	s := g.stateAt(t)
	if s.ParentID == "" {
		return []string{s.ID}
	}
	return append(pathOf(groups, findGroup(groups, s.ParentID), t), s.ID)
}

// visibleGroups are the groups of one parent at t, in descending ordinal, as 4.3.4 prints them.
func visibleGroups(groups []*group, parent string, t time.Time) []groupState {
	var visible []groupState
	for _, g := range groups {
		if s := g.stateAt(t); s.ParentID == parent && !s.Created.After(t) && (s.Deleted.IsZero() || t.Before(s.Deleted)) {
			visible = append(visible, s)
		}
	}
	slices.SortStableFunc(visible, func(a, b groupState) int { return b.Ordinal - a.Ordinal })
	return visible
}

// below is the path of a group whose parent has the given one.
func below(path, id string) string {
	if path == "" {
		return id
	}
	return path + "." + id
}

// groupRow is a row of Pipeline API 4.3.4 with the spelling `updater`.
type groupRow struct {
	ID         string  `json:"id"`
	DomainID   string  `json:"domain_id"`
	ProjectID  string  `json:"project_id"`
	Name       string  `json:"name"`
	ParentID   *string `json:"parent_id"` // "" at the root, with QuirkParent null
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
	ParentID   *string `json:"parent_id"`
	PathID     string  `json:"path_id"`
	Ordinal    int     `json:"ordinal"`
	Creator    string  `json:"creator"`
	Updater    *string `json:"update"`
	CreateTime int64   `json:"create_time"`
	UpdateTime *int64  `json:"update_time"`
	Children   []any   `json:"children"`
}

// parent is a parent_id; null says whether it is null at a root, unless QuirkParent turns that round.
func (t *Tenant) parent(id string, null bool) *string {
	if id == "" && null != t.options.has(QuirkParent) {
		return nil
	}
	return &id
}

// groupTree answers Pipeline API 4.3.4.
func (t *Tenant) groupTree(r *request) response {
	p, refused := t.project(r)
	if refused != nil {
		return *refused
	}
	return answer(http.StatusOK, t.groupRows(p, "", "", r.now))
}

func (t *Tenant) groupRows(p *project, parent, path string, now time.Time) []any {
	rows := []any{}
	for _, g := range visibleGroups(p.groups, parent, now) {
		row := groupRow{
			ID: g.ID, DomainID: t.world.tenant, ProjectID: p.id, Name: g.Name, ParentID: t.parent(g.ParentID, false), PathID: below(path, g.ID),
			Ordinal: g.Ordinal, Creator: g.Creator.ID, Updater: orNull(g.updater.ID), CreateTime: g.Created.UnixMilli(), UpdateTime: millis(g.updated),
		}
		if children := t.groupRows(p, g.ID, row.PathID, now); len(children) > 0 {
			row.Children = children
		}
		printed := SpellingUpdater
		if g.Ordinal%2 == 0 {
			printed = SpellingUpdate
		}
		if t.spelling(printed) == SpellingUpdate {
			rows = append(rows, groupRowUpdate(row))
		} else {
			rows = append(rows, row)
		}
	}
	return rows
}
