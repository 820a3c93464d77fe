package schema

import (
	"fmt"
	"strings"
	"testing"
)

// A commit that was made before the one that it replaces goes back, unless it is deployed for the first time and CodeArts
// shows what is new since the one before it.
// Services deploy commits an hour apart, which are named by when they were made: c2 is newer than c1.
func TestOlderCommits(t *testing.T) {
	conn := migratedDB(t)
	var l doraLog
	row := func(commit string) string {
		return fmt.Sprintf(`{"id":%q,"committed_date":%q}`, commit, hourText(float64(commit[1]-'0')))
	}
	compared := func(from, to string, complete bool, total int) {
		list := ""
		if total > 0 {
			list = row(to)
		}
		l.add("_tenant", "commit_range", "77/"+from+".."+to, fmt.Sprintf(`{"repository_id":"77","from_commit":%q,"to_commit":%q,"complete":%t,"total":%d,"commits":[%s]}`,
			from, to, complete, total, list))
	}
	for service, commits := range map[string]string{"unknown": "a2 a1", "new": "b2 b1", "empty": "c2 c1", "cut off": "d2 d1", "again": "e1 e2 e1", "new to the last": "f3 f2 f1"} {
		for i, commit := range strings.Fields(commits) {
			l.run(i+1, doraRun{id: fmt.Sprint(service, " ", i), service: service, status: "COMPLETED", commit: commit, end: float64(10 + i)})
			l.add("_tenant", "commit", "77/"+commit, fmt.Sprintf(`{"repository_id":"77","commit_id":%q,"commit":%s}`, commit, row(commit)))
		}
	}
	compared("c2", "c1", true, 0)
	compared("d2", "d1", false, 3)
	compared("e2", "e1", true, 1) // the branches differ, and yet it had been there
	compared("f2", "f1", true, 1)
	insert(t, conn, l...)
	was := "new 0 | back to b1 by new 1 | \nnew 1 |  | went back to an older commit"
	for _, is := range []string{was, "new 0 |  | \nnew 1 |  | "} {
		want := `again 0 |  | 
again 1 | back to e1 by again 2 | 
again 2 |  | went back to an older commit
cut off 0 | back to d1 by cut off 1 | 
cut off 1 |  | went back to an older commit
empty 0 | back to c1 by empty 1 | 
empty 1 |  | went back to an older commit
` + is + `
new to the last 0 | back to f2 by new to the last 1 | 
new to the last 1 |  | went back to an older commit
new to the last 2 |  | 
unknown 0 | back to a1 by unknown 1 | 
unknown 1 |  | went back to an older commit`
		equalLines(t, doraRows(t, conn, "run_id, arrayStringConcat(evidence, ', '), rework_reason", "dora_deployments", 0, 40, "run_id"), strings.Split(want, "\n"))
		compared("b2", "b1", true, 1) // it comes later
		insert(t, conn, l[len(l)-1])
	}
}
