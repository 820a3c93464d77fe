package codeartstest

import (
	"net/http"
	"time"
)

// buildTime is the layout of times in Build group trees: an offset without a colon, so not RFC 3339.
const buildTime = "2006-01-02T15:04:05-0700"

// buildGroupRow is a row of Build: Querying a Group Tree.
type buildGroupRow struct {
	ID         string           `json:"id"`
	DomainID   string           `json:"domain_id"`
	ProjectID  string           `json:"project_id"`
	Name       string           `json:"name"`
	ParentID   *string          `json:"parent_id"` // null at the root, with QuirkParent ""
	PathID     string           `json:"path_id"`
	Ordinal    int              `json:"ordinal"`
	CreateUser string           `json:"create_user"` // a name, not an id
	UpdateUser *string          `json:"update_user"`
	CreateTime string           `json:"create_time"`
	UpdateTime *string          `json:"update_time"`
	Children   []*buildGroupRow `json:"children"`
}

// buildGroupTree answers Build: Querying a Group Tree.
func (t *Tenant) buildGroupTree(r *request) response {
	p := t.world.findProject(r.PathValue("project"))
	if p == nil || !p.existsAt(r.now) {
		return failure(http.StatusNotFound, "DEV.CB.0510021", "The project does not exist.")
	}
	if !p.joinedAt(r.now) {
		return failure(http.StatusForbidden, "DEV.CB.0510022", "No permission.")
	}
	rows := t.buildGroupRows(p, "", "", r.now)
	if rows == nil {
		rows = []*buildGroupRow{}
	}
	return answer(http.StatusOK, envelope{Result: rows, Status: "success"})
}

func (t *Tenant) buildGroupRows(p *project, parent, path string, now time.Time) []*buildGroupRow {
	var rows []*buildGroupRow
	for _, g := range visibleGroups(p.buildGroups, parent, now) {
		row := &buildGroupRow{
			ID: g.ID, DomainID: t.world.tenant, ProjectID: p.id, Name: g.Name, ParentID: t.parent(g.ParentID, true), PathID: below(path, g.ID), Ordinal: g.Ordinal,
			CreateUser: g.Creator.Name, UpdateUser: orNull(g.updater.Name), CreateTime: g.Created.In(t.options.Zone).Format(buildTime),
			Children: t.buildGroupRows(p, g.ID, below(path, g.ID), now),
		}
		if !g.updated.IsZero() {
			text := g.updated.In(t.options.Zone).Format(buildTime)
			row.UpdateTime = &text
		}
		rows = append(rows, row)
	}
	return rows
}
