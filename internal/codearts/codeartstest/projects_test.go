package codeartstest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestProjects follows projects that are created, renamed, left, joined again and deleted.
func TestProjects(t *testing.T) {
	c := newCaller(t, Options{MaxProjectPage: 2})
	w := c.tenant.World()
	alpha := w.AddProject("Alpha")
	beta := w.CreateProject("Beta", at(100))
	gamma := w.CreateProject("Gamma", at(200))
	w.RenameProject(alpha, "Alef", at(300))
	w.SetMember(beta, at(400), false)
	w.SetMember(beta, at(500), true)
	w.DeleteProject(gamma, at(600))
	list := func(query string) (names []string, total int) {
		for {
			var page struct {
				Projects []object
				Total    int
			}
			c.get("GET", fmt.Sprintf("/v4/projects?%s&offset=%d&limit=1000", query, len(names)), "", &page)
			if len(page.Projects) > 2 {
				t.Errorf("a page of %d rows, the largest is 2", len(page.Projects))
			}
			for _, row := range page.Projects {
				names = append(names, row["project_name"].(string))
			}
			if len(names) >= page.Total {
				return names, page.Total
			}
		}
	}
	for _, test := range []struct {
		second                 int
		all, joined, pipelines string // pipelines: does Beta answer for its groups
	}{
		{99, "Alpha", "Alpha", "no"},
		{100, "Beta Alpha", "Beta Alpha", "yes"},
		{299, "Gamma Beta Alpha", "Gamma Beta Alpha", "yes"},
		{300, "Gamma Beta Alef", "Gamma Beta Alef", "yes"},
		{400, "Gamma Beta Alef", "Gamma Alef", "no"},
		{500, "Gamma Beta Alef", "Gamma Beta Alef", "yes"},
		{600, "Beta Alef", "Beta Alef", "yes"},
	} {
		c.clock.set(at(test.second))
		all, _ := list("query_type=domain_projects")
		joined, _ := list("")
		absent, _ := list("query_type=absent")
		if got := strings.Join(all, " "); got != test.all {
			t.Errorf("second %d: the tenant has %q, want %q", test.second, got, test.all)
		}
		if got := strings.Join(joined, " "); got != test.joined || len(absent) != len(all)-len(joined) {
			t.Errorf("second %d: the user is in %q, want %q; not in %q", test.second, got, test.joined, absent)
		}
		answer := "no"
		if _, code := c.refused("GET", "/v5/"+beta+"/api/pipeline-group/tree", ""); code == "" {
			answer = "yes"
		}
		if answer != test.pipelines {
			t.Errorf("second %d: Beta answers %s, want %s", test.second, answer, test.pipelines)
		}
		var truth []string
		for _, p := range c.tenant.Truth(at(test.second)).Projects {
			truth = append(truth, p.Name)
			if p.ID == beta && p.Member != slices.Contains(joined, "Beta") {
				t.Errorf("second %d: the truth of Beta is %+v", test.second, p)
			}
		}
		slices.Sort(truth)
		slices.Sort(all)
		if !slices.Equal(truth, all) {
			t.Errorf("second %d: the truth has %q, the list %q", test.second, truth, all)
		}
	}
	names := c.tenant.Truth(at(700)).Projects[0]
	if want := []NameTruth{{names.Created, "Alpha"}, {at(300), "Alef"}}; !reflect.DeepEqual(names.Names, want) || names.Updated != at(300) {
		t.Errorf("the truth of Alpha is %+v", names)
	}
	for _, bad := range []string{"", "offset=0", "offset=0&limit=0", "offset=0&limit=1001", "offset=-1&limit=1", "offset=0&limit=1&query_type=mine"} {
		if status, _ := c.refused("GET", "/v4/projects?"+bad, ""); status != 400 {
			t.Errorf("%q: status %d", bad, status)
		}
	}
}

// TestMoves: a group that is moved takes its children along, and only it has been moved.
func TestMoves(t *testing.T) {
	c := newCaller(t, Options{})
	w := c.tenant.World()
	project, bo := w.AddProject("Alpha"), User{"0000000000000000000000000000001b", "bo"}
	for _, tree := range []struct {
		add  func(GroupSpec) string
		tell func(Truth) []GroupTruth
	}{
		{w.AddGroup, func(t Truth) []GroupTruth { return t.PipelineGroups }},
		{w.AddBuildGroup, func(t Truth) []GroupTruth { return t.BuildGroups }},
	} {
		ids := map[string]string{}
		for _, g := range []struct{ name, parent string }{{"a", ""}, {"b", ""}, {"c", "a"}, {"d", "c"}} {
			ids[g.name] = tree.add(GroupSpec{ProjectID: project, Name: g.name, ParentID: ids[g.parent], Created: at(0)})
		}
		w.MoveGroup(ids["c"], ids["b"], 3, bo, at(10))
		w.RenameGroup(ids["c"], "C", bo, at(20))
		w.MoveGroup(ids["c"], ids["b"], 0, bo, at(30)) // among its siblings only
		w.MoveGroup(ids["b"], ids["a"], 1, bo, at(40))
		w.MoveGroup(ids["c"], "", 1, bo, at(50))
		for _, test := range []struct {
			second int
			want   string // paths, in the order of the tree, and moves so far
		}{
			{9, "a a/c a/c/d b; "},
			{10, "a b b/c b/c/d; c:a>b "},
			{20, "a b b/C b/C/d; c:a>b "},
			{30, "a b b/C b/C/d; c:a>b "},
			{40, "a a/b a/b/C a/b/C/d; b:>a c:a>b "},
			{50, "C C/d a a/b; b:>a c:a>b c:b> "},
		} {
			var paths, moves []string
			name := map[string]string{}
			for n, id := range ids {
				name[id] = n
			}
			for _, g := range tree.tell(c.tenant.Truth(at(test.second))) {
				paths = append(paths, strings.Join(g.Path, "/"))
				if want := strings.Count(g.PathID, ".") + 1; want != len(g.Path) || !strings.HasSuffix(g.PathID, g.ID) {
					t.Errorf("second %d: the path of %s is %q %q", test.second, g.Name, g.Path, g.PathID)
				}
				for _, m := range g.Moves {
					moves = append(moves, name[g.ID]+":"+name[m.From]+">"+name[m.To]+" ")
				}
			}
			slices.Sort(paths)
			slices.Sort(moves)
			if got := strings.Join(paths, " ") + "; " + strings.Join(moves, ""); got != test.want {
				t.Errorf("second %d: %s, want %s", test.second, got, test.want)
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a group was moved into itself")
		}
	}()
	a := w.AddGroup(GroupSpec{ProjectID: project, Name: "x"})
	b := w.AddGroup(GroupSpec{ProjectID: project, Name: "y", ParentID: a})
	w.MoveGroup(a, b, 0, bo, at(60).Add(time.Second))
}
