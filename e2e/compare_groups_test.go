package e2e

import (
	"fmt"
	"strings"

	"artery/internal/codearts/codeartstest"
)

type group struct {
	ID      string `ch:"group_id"`
	Project string `ch:"project_id"`
	Name    string `ch:"name"`
	Parent  string `ch:"parent_id"`
	PathID  string `ch:"path_id"`
	Path    string `ch:"names"`
	Depth   int64  `ch:"level"`
	Ordinal int64  `ch:"place"`
	Creator string `ch:"creator"`
	Updater string `ch:"updater"`
	Created int64  `ch:"created_at"`
	Updated int64  `ch:"updated_at"`
}

func (c *comparison) pipelineGroups() {
	c.groups("pipeline_groups", func() []codeartstest.GroupTruth { return c.now.PipelineGroups }, func(u codeartstest.User) string { return u.ID })
}

// buildGroups: where pipeline groups have the ids of users, build groups have their names.
func (c *comparison) buildGroups() {
	c.groups("build_groups", func() []codeartstest.GroupTruth { return c.now.BuildGroups }, func(u codeartstest.User) string { return u.Name })
}

func (c *comparison) groups(name string, truth func() []codeartstest.GroupTruth, user func(codeartstest.User) string) {
	want := func() (rows []group) {
		for _, g := range truth() {
			rows = append(rows, group{
				g.ID, g.ProjectID, g.Name, g.ParentID, g.PathID, strings.Join(g.Path, "/"), int64(len(g.Path)), int64(g.Ordinal), user(g.Creator), user(g.Updater),
				ms(g.Created), ms(g.Updated),
			})
		}
		return rows
	}
	table(c, name, `SELECT group_id, project_id, name, parent_id, path_id, arrayStringConcat(path, '/') AS names, toInt64(depth) AS level, toInt64(ordinal) AS place,
		creator, updater, `+millis("created_at")+`, `+millis("updated_at")+` FROM `+name, func(g group) string { return g.ID }, want, nil)
}

// groupMoves checks the moves between the times at which everything had been polled: one row each, with its paths before and
// after. A group that was moved at another time, or only along with its parent, has none.
func (c *comparison) groupMoves() {
	if c.since != nil {
		return // moves that were seen are known only where the clock stood
	}
	type move struct {
		Kind    string `ch:"kind"`
		ID      string `ch:"group_id"`
		OldPath string `ch:"old_names"`
		NewPath string `ch:"new_names"`
		At      int64  `ch:"moved_at"`
		By      string `ch:"moved_by"`
	}
	var rows []move
	err := c.conn.Select(c.ctx, &rows, `SELECT kind, group_id, arrayStringConcat(old_path, '/') AS old_names, arrayStringConcat(new_path, '/') AS new_names,
		`+millis("moved_at")+`, moved_by FROM group_moves ORDER BY ver`)
	if err != nil {
		c.fault("group_moves: %v", err)
		return
	}
	stored := map[move]int{}
	for _, r := range rows {
		stored[r]++
	}
	for i := 1; i < len(c.seen); i++ {
		for _, tree := range []struct {
			kind        string
			before, now []codeartstest.GroupTruth
			user        func(codeartstest.User) string
		}{
			{"pipeline_group", c.seen[i-1].PipelineGroups, c.seen[i].PipelineGroups, func(u codeartstest.User) string { return u.ID }},
			{"build_group", c.seen[i-1].BuildGroups, c.seen[i].BuildGroups, func(u codeartstest.User) string { return u.Name }},
		} {
			before := map[string]codeartstest.GroupTruth{}
			for _, g := range tree.before {
				before[g.ID] = g
			}
			for _, g := range tree.now {
				old, known := before[g.ID]
				if !known || old.ParentID == g.ParentID {
					continue
				}
				want := move{tree.kind, g.ID, strings.Join(old.Path, "/"), strings.Join(g.Path, "/"), ms(g.Updated), tree.user(g.Updater)}
				if stored[want]--; stored[want] < 0 {
					c.fault("group_moves: %+v is missing in %+v", want, rows)
				}
			}
		}
	}
	for m, n := range stored {
		if n > 0 {
			c.fault("group_moves: an extra row %+v", m)
		}
	}
}

type project struct {
	ID      string `ch:"project_id"`
	Name    string `ch:"project"`
	Type    string `ch:"type"`
	Creator string `ch:"creator_name"`
	Created int64  `ch:"created_at"`
}

// projects: every project with its name, whoever is a member.
func (c *comparison) projects() {
	want := func() (rows []project) {
		for _, p := range c.now.Projects {
			rows = append(rows, project{p.ID, p.Name, p.Type, p.Creator.Name, ms(p.Created)})
		}
		return rows
	}
	table(c, "projects", `SELECT project_id, project, type, creator_name, `+millis("created_at")+` FROM projects`, func(p project) string { return p.ID }, want, nil)
}

// projectNames: a project's stored names are some of those that it has had, in their order, and end with that of now.
func (c *comparison) projectNames() {
	if c.since != nil {
		return
	}
	var rows []struct {
		ID  string `ch:"project_id"`
		New string `ch:"name"`
		Old string `ch:"old_name"`
	}
	if err := c.conn.Select(c.ctx, &rows, "SELECT project_id, name, old_name FROM project_names ORDER BY project_id, seen_at"); err != nil {
		c.fault("project_names: %v", err)
		return
	}
	stored := map[string][]string{}
	for _, r := range rows {
		stored[r.ID] = append(stored[r.ID], r.New)
	}
	for _, p := range c.now.Projects {
		left, names := p.Names, stored[p.ID]
		for _, name := range names {
			for len(left) > 0 && left[0].Name != name {
				left = left[1:]
			}
		}
		if len(left) == 0 || len(names) == 0 || names[len(names)-1] != p.Name {
			c.fault("project_names: %s has had the names %v, stored are %q", p.ID, p.Names, names)
		}
	}
}

func (c *comparison) iamProjects() {
	var rows []struct {
		Name   string `ch:"name"`
		Domain string `ch:"domain_id"`
	}
	err := c.conn.Select(c.ctx, &rows, "SELECT name, domain_id FROM iam_projects")
	if err != nil || fmt.Sprint(rows) != "[{eu-west-101 "+c.now.TenantID+"}]" {
		c.fault("iam_projects: %v, %v", rows, err)
	}
}
