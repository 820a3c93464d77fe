package schema

import "testing"

func TestIncidents(t *testing.T) {
	conn := migratedDB(t)
	incident := func(seq uint64, id, op, body string) Event {
		return newEvent(seq, "_incidents", "incident", id, op, body)
	}
	insertOnly(t, conn,
		incident(1, "f1-1", "created", `{"service":"shop","environment":"production","started_at":"2026-03-01T10:00:00.250Z","resolved_at":"","title":"down","source":"alertmanager","severity":"critical","url":"https://p.example/g"}`),
		incident(2, "f1-1", "changed", `{"service":"shop","environment":"production","started_at":"2026-03-01T10:00:00.250Z","resolved_at":"2026-03-01T10:30:00.000Z","title":"down","source":"alertmanager","severity":"critical","url":"https://p.example/g"}`),
		incident(3, "OPS-7", "created", `{"service":"","started_at":"2026-03-01T11:00:00.000Z","deployment":{"run_id":"r1","stage":"prod"},"source":"json"}`),
		incident(4, "OPS-8", "created", `{"service":"shop","started_at":"2026-03-01T12:00:00.000Z","source":"json"}`),
		incident(5, "OPS-8", "changed", `{"service":"shop","started_at":"2026-03-01T12:00:00.000Z","source":"json","withdrawn":true}`))
	got := queryRows(t, conn, "SELECT * EXCEPT (ver) FROM incidents ORDER BY started_at")
	want := `[{"deployment_run_id":"","deployment_stage":"","environment":"production","incident_id":"f1-1","resolved_at":"2026-03-01 10:30:00.000","service":"shop","severity":"critical","source":"alertmanager","started_at":"2026-03-01 10:00:00.250","tenant":"acme","title":"down","url":"https://p.example/g"},` +
		`{"deployment_run_id":"r1","deployment_stage":"prod","environment":"","incident_id":"OPS-7","resolved_at":null,"service":"","severity":"","source":"json","started_at":"2026-03-01 11:00:00.000","tenant":"acme","title":"","url":""}]`
	if s := marshal(t, got); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	history := queryRows(t, conn, "SELECT incident_id, op, resolved_at IS NULL AS open, withdrawn FROM incident_states FINAL ORDER BY ver")
	if len(history) != 5 || history[0]["open"] != 1.0 || history[1]["open"] != 0.0 || history[4]["withdrawn"] != true {
		t.Errorf("history: %v", history)
	}
}

func TestCommits(t *testing.T) {
	conn := migratedDB(t)
	zoned := newEvent(2, testProject, "commit", "7-b", "created", `{"repository_id":"7","commit_id":"b","commit":{"id":"b","committed_date":"2026-03-01T10:00:00","authored_date":null}}`)
	zoned.Zone = "-05:30"
	insertOnly(t, conn,
		newEvent(1, testProject, "commit", "7-a", "created", `{"repository_id":"7","commit_id":"a","commit":{"id":"a","committed_date":"2026-03-01T10:00:00.500+08:00","authored_date":"2026-02-28T00:00:00Z","title":"one","author_name":"li"}}`),
		zoned,
		newEvent(3, testProject, "commit", "7-x", "created", `{"repository_id":"7","commit_id":"x","absent":"not found","commit":null}`),
		newEvent(4, testProject, "commit", "7-y", "created", `{"repository_id":"7","commit_id":"y","commit":{"id":"y","committed_date":"yesterday"}}`),
		newEvent(5, testProject, "commit_range", "7-a-d", "created", `{"repository_id":"7","from_commit":"a","to_commit":"d","complete":true,"total":2,"commits":[{"id":"d","committed_date":"2026-03-02T10:00:00Z","title":"four"},{"id":"c","committed_date":"2026-03-02T09:00:00Z"}]}`),
		newEvent(6, testProject, "commit_range", "7-d-a", "created", `{"repository_id":"7","from_commit":"d","to_commit":"a","complete":true,"total":0,"commits":[]}`),
		// Another project asked for the same and may not see it: what is known stays known.
		newEvent(7, "other", "commit", "7-a", "created", `{"repository_id":"7","commit_id":"a","absent":"not found","commit":null}`),
		newEvent(8, "other", "commit_range", "7-a-d", "created", `{"repository_id":"7","from_commit":"a","to_commit":"d","absent":"not found","commits":null}`))
	got := marshal(t, queryRows(t, conn, "SELECT repository_id, commit_id, committed_at, authored_at, title, author_name FROM commits ORDER BY commit_id"))
	want := `[{"author_name":"li","authored_at":"2026-02-28 00:00:00.000","commit_id":"a","committed_at":"2026-03-01 02:00:00.500","repository_id":"7","title":"one"},` +
		`{"author_name":"","authored_at":null,"commit_id":"b","committed_at":"2026-03-01 15:30:00.000","repository_id":"7","title":""},` +
		`{"author_name":"","authored_at":null,"commit_id":"c","committed_at":"2026-03-02 09:00:00.000","repository_id":"7","title":""},` +
		`{"author_name":"","authored_at":null,"commit_id":"d","committed_at":"2026-03-02 10:00:00.000","repository_id":"7","title":"four"}]`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got = marshal(t, queryRows(t, conn, "SELECT from_commit, to_commit, commit_id, complete FROM commit_ranges ORDER BY commit_id"))
	want = `[{"commit_id":"c","complete":true,"from_commit":"a","to_commit":"d"},{"commit_id":"d","complete":true,"from_commit":"a","to_commit":"d"}]`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got = marshal(t, queryRows(t, conn, "SELECT commit_id, answer FROM commit_states FINAL WHERE NOT found ORDER BY commit_id"))
	if want = `[{"answer":"not found","commit_id":"a"},{"answer":"not found","commit_id":"x"}]`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
