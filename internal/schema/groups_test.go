package schema

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The tree of a project over six looks, by hand. Every move is one row, with
// its paths by the names of its time; a child of what moved is carried, a
// rename is no move, and where the API notes no edit nobody is named.
func TestGroupMoves(t *testing.T) {
	conn := migratedDB(t)
	seq := uint64(0)
	look := time.Time{}
	// node is one node that a look has found changed. The build tree writes null for no parent, and other names of fields.
	node := func(kind, id, name, parent, path string, ordinal, updated int, by string) Event {
		seq++
		body := fmt.Sprintf(`{"name":%q,"parent_id":%q,"path_id":%q,"ordinal":%d,"creator":"li","create_time":1772000000000`, name, parent, path, ordinal)
		if kind == "build_group" {
			body = strings.Replace(strings.Replace(body, `"parent_id":""`, `"parent_id":null`, 1), `"creator":"li","create_time":1772000000000`, `"create_user":"li","create_time":"2026-02-25T14:13:20+0800"`, 1)
		}
		switch {
		case updated == 0:
		case kind == "build_group":
			body += fmt.Sprintf(`,"update_user":%q,"update_time":"2026-03-01T20:00:%02d+0800"`, by, updated)
		case seq%2 == 0:
			body += fmt.Sprintf(`,"update":%q,"update_time":%d`, by, 1772366400000+1000*updated)
		default:
			body += fmt.Sprintf(`,"updater":%q,"update_time":%d`, by, 1772366400000+1000*updated)
		}
		e := newEvent(seq, testProject, kind, id, "changed", body+"}")
		e.ObservedAt = look
		return e
	}
	for _, kind := range []string{"pipeline_group", "build_group"} {
		look = time.Date(2026, 3, 1, 12, 1, 0, 0, time.UTC) // and a minute later each
		round := func(nodes ...Event) {
			insertOnly(t, conn, nodes...)
			look = look.Add(time.Minute)
		}
		round(node(kind, "a", "A", "", "a", 1, 0, ""), node(kind, "c", "C", "a", "a.c", 0, 0, ""), node(kind, "d", "D", "c", "a.c.d", 0, 0, ""), node(kind, "b", "B", "", "b", 0, 0, ""))
		round(node(kind, "c", "C", "b", "b.c", 0, 10, "bo"), node(kind, "d", "D", "c", "b.c.d", 0, 0, ""))
		round(node(kind, "c", "Sea", "a", "a.c", 0, 20, "cy"), node(kind, "d", "D", "c", "a.c.d", 0, 0, ""), node(kind, "b", "Bee", "", "b", 0, 21, "bo"))
		round(node(kind, "c", "Sea", "a", "a.c", 4, 30, "bo"))
		round(node(kind, "a", "A", "b", "b.a", 0, 0, ""), node(kind, "c", "Sea", "a", "b.a.c", 4, 30, "bo"), node(kind, "d", "D", "c", "b.a.c.d", 0, 0, ""))
		round(node(kind, "d", "D", "", "d", 2, 40, "bo"))
	}
	for _, kind := range []string{"pipeline_group", "build_group"} {
		moves := marshal(t, queryRows(t, conn, "SELECT group_id, name, old_path, new_path, old_parent_id, new_parent_id, seen_at, moved_at, moved_by FROM group_moves WHERE kind = '"+kind+"' ORDER BY ver"))
		row := func(id, moved, by, name, newParent, newPath, oldParent, oldPath, seen string) string {
			if moved != "null" {
				moved = `"2026-03-01 12:00:` + moved + `.000"`
			}
			return `{"group_id":"` + id + `","moved_at":` + moved + `,"moved_by":"` + by + `","name":"` + name + `","new_parent_id":"` + newParent + `","new_path":` + newPath +
				`,"old_parent_id":"` + oldParent + `","old_path":` + oldPath + `,"seen_at":"2026-03-01 12:` + seen + `:00.000"}`
		}
		want := "[" + strings.Join([]string{
			row("c", "10", "bo", "C", "b", `["B","C"]`, "a", `["A","C"]`, "02"),
			row("c", "20", "cy", "Sea", "a", `["A","Sea"]`, "b", `["B","C"]`, "03"),
			row("a", "null", "", "A", "b", `["Bee","A"]`, "", `["A"]`, "05"),
			row("d", "40", "bo", "D", "", `["D"]`, "c", `["Bee","A","Sea","D"]`, "06"),
		}, ",") + "]"
		if moves != want {
			t.Errorf("%s: moves are\n%s\nwant\n%s", kind, moves, want)
		}
		var changes []string
		for _, r := range queryRows(t, conn, "SELECT group_id, arrayStringConcat(path, '/') AS path, arrayStringConcat(changes, '+') AS changes FROM group_history WHERE kind = '"+kind+"' ORDER BY ver") {
			changes = append(changes, fmt.Sprint(r["group_id"], " ", r["path"], " ", r["changes"]))
		}
		wantChanges := []string{
			"a A created", "c A/C created", "d A/C/D created", "b B created",
			"c B/C moved", "d B/C/D carried",
			"c A/Sea renamed+moved", "d A/Sea/D carried", "b Bee renamed",
			"c A/Sea reordered",
			"a Bee/A moved", "c Bee/A/Sea carried", "d Bee/A/Sea/D carried",
			"d D moved",
		}
		if got := strings.Join(changes, "\n"); got != strings.Join(wantChanges, "\n") {
			t.Errorf("%s: the history is\n%s\nwant\n%s", kind, got, strings.Join(wantChanges, "\n"))
		}
		now := marshal(t, queryRows(t, conn, "SELECT group_id, depth, ordinal, path, parent_id FROM "+kind+"s ORDER BY path"))
		if want := `[{"depth":1,"group_id":"b","ordinal":0,"parent_id":"","path":["Bee"]},{"depth":2,"group_id":"a","ordinal":0,"parent_id":"b","path":["Bee","A"]},` +
			`{"depth":3,"group_id":"c","ordinal":4,"parent_id":"a","path":["Bee","A","Sea"]},{"depth":1,"group_id":"d","ordinal":2,"parent_id":"","path":["D"]}]`; now != want {
			t.Errorf("%s: the tree is\n%s\nwant\n%s", kind, now, want)
		}
	}
}

// Names of projects: the list's own comes before what others say, and every
// rename is there.
func TestProjectNames(t *testing.T) {
	conn := migratedDB(t)
	const other, silent = "00000000000000000000000000000002", "00000000000000000000000000000003"
	var events []Event
	put := func(seq uint64, scope, kind, id, body string) {
		events = append(events, newEvent(seq, scope, kind, id, "changed", body))
	}
	put(1, testProject, "pipeline", "p", `{"name":"p","project_name":"by pipeline"}`)
	put(2, "_tenant", "project", testProject, `{"project_name":"Alpha","project_type":"scrum","creator":{"user_name":"li"},"created_time":1772366400000}`)
	put(3, "_tenant", "project", testProject, `{"project_name":"Alpha","description":"d","project_type":"scrum","creator":{"user_name":"li"},"created_time":1772366400000}`)
	put(4, "_tenant", "project", testProject, `{"project_name":"Alef","project_type":"scrum","creator":{"user_name":"li"},"created_time":1772366400000}`)
	put(5, "_tenant", "repository", "1", `{"repository_name":"r","project_id":"`+testProject+`","project_name":"Alpha"}`)
	put(6, "_tenant", "repository", "2", `{"repository_name":"r","project_id":"`+other+`","project_name":"Other"}`)
	put(7, silent, "poll", "", `{"poller":"gates","last":true}`)
	insertOnly(t, conn, events...)
	want := `[{"created_at":null,"creator_name":"","project":"Other","project_id":"` + other + `","type":""},` +
		`{"created_at":null,"creator_name":"","project":"` + silent + `","project_id":"` + silent + `","type":""},` +
		`{"created_at":"2026-03-01 12:00:00.000","creator_name":"li","project":"Alef","project_id":"` + testProject + `","type":"scrum"}]`
	if got := marshal(t, queryRows(t, conn, "SELECT project_id, project, type, creator_name, created_at FROM projects ORDER BY project_id")); got != want {
		t.Errorf("projects are\n%s\nwant\n%s", got, want)
	}
	want = `[{"name":"Alpha","old_name":"","seen_at":"2026-03-01 12:00:02.005"},{"name":"Alef","old_name":"Alpha","seen_at":"2026-03-01 12:00:04.005"}]`
	if got := marshal(t, queryRows(t, conn, "SELECT seen_at, name, old_name FROM project_names ORDER BY seen_at")); got != want {
		t.Errorf("names are\n%s\nwant\n%s", got, want)
	}
}
