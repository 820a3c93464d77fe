package schema

import (
	"testing"
	"time"
)

func TestEventsRoundTrip(t *testing.T) {
	conn := migratedDB(t)
	e := newEvent(1<<40, testProject, "run", "a.b c/ü", "changed", "{\"x\":\"\\u0000\"}\xff")
	e.Headers = map[string]string{"z": "1", "m": "3", "a": "2"}
	e.Zone = "+08:00"
	e.StoredAt = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	e.ObservedAt = time.Date(2026, 3, 1, 11, 59, 59, 987e6, time.UTC)
	insertOnly(t, conn, e)
	rows := queryRows(t, conn, "SELECT * EXCEPT (body), hex(body) AS body_hex, mapKeys(headers) AS names FROM events")
	want := `[{"body_hex":"7B2278223A225C7530303030227DFF","ce_id":"ce-1","ce_source":"/codearts/eu/acme/` + testProject + `",` +
		`"ce_type":"dev.cdeventsx.codearts-run.changed.0.1.0","epoch":1,"headers":{"a":"2","m":"3","z":"1"},"id":"a.b c/ü","kind":"run","mark":"m",` +
		`"names":["a","m","z"],"observed_at":"2026-03-01 11:59:59.987","op":"changed","poll_id":"p1","prev_hash":"aa",` +
		`"scope":"` + testProject + `","seq":1099511627776,"state_hash":"bb","stored_at":"2026-03-01 12:00:00.123456789","stream":"ARTERY",` +
		`"subject":"artery.acme.` + testProject + `.run.a.b c/ü","tenant":"acme","zone":"+08:00"}]`
	if got := marshal(t, rows); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	if r := queryRows(t, conn, "SELECT ver FROM runs"); len(r) != 1 || r[0]["ver"] != float64(1<<48+1<<40) {
		t.Errorf("ver: %v", r)
	}
}

func TestColumnsReset(t *testing.T) {
	var c Columns
	c.Append(newEvent(1, testProject, "run", "a", "created", "{}"))
	if c.Len() != 1 || c.Bytes() == 0 {
		t.Errorf("%d rows, %d bytes", c.Len(), c.Bytes())
	}
	c.Reset()
	c.Append(newEvent(2, testProject, "run", "b", "created", "{}"))
	conn := migratedDB(t)
	batch, err := conn.PrepareBatch(t.Context(), InsertEvents)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AppendTo(batch); err != nil {
		t.Fatal(err)
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	if got := marshal(t, queryRows(t, conn, "SELECT seq, id FROM events")); got != `[{"id":"b","seq":2}]` {
		t.Errorf("got %s", got)
	}
}

func TestQuarantine(t *testing.T) {
	conn := migratedDB(t)
	q := Quarantined{Epoch: 1, Seq: 7, Stream: "ARTERY", StoredAt: time.Date(2026, 3, 1, 12, 0, 0, 1, time.UTC), Subject: "artery.x",
		Headers: `{"a":["1","2"]}`, Body: []byte{0, 255, '{'}, Error: "no ce-op", LoaderVersion: "v1"}
	for range 2 {
		batch, err := conn.PrepareBatch(t.Context(), InsertQuarantine)
		if err != nil {
			t.Fatal(err)
		}
		if err := q.AppendTo(batch); err != nil {
			t.Fatal(err)
		}
		if err := batch.Send(); err != nil {
			t.Fatal(err)
		}
	}
	want := `[{"body_hex":"00FF7B","epoch":1,"error":"no ce-op","headers":"{\"a\":[\"1\",\"2\"]}","loader_version":"v1","seq":7,` +
		`"stored_at":"2026-03-01 12:00:00.000000001","stream":"ARTERY","subject":"artery.x"}]`
	if got := marshal(t, queryRows(t, conn, "SELECT * EXCEPT (body), hex(body) AS body_hex FROM quarantine FINAL")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPollsAndCoverage(t *testing.T) {
	conn := migratedDB(t)
	insertOnly(t, conn,
		newEvent(5, testProject, "poll", "", "completed", `{"poll_id":"x","prev_poll_seq":3,"n":2,"part":1,"last":true,"poller":"pipelines","complete":true,"total":41,
			"pages":2,"calls":3,"errors":1,"held":6,"confirmed":true,"started_at":"2026-03-01T12:00:00.250Z","finished_at":"2026-03-01T12:00:01.500Z","api_date":"2026-03-01T12:00:01Z","version":"v1","kinds":["pipeline","run"]}`),
		newEvent(6, testProject, "poll", "", "completed", `{"poller":"runs","started_at":"","finished_at":"","api_date":""}`),
		newEvent(7, testProject, "coverage", "p1", "changed", `{"pipeline_id":"p1","from":1677513600000,"to":1678118399000,"through":9,"window_from":1677513600000,"window_to":1677513601000,"total":11,"seen":10,"complete":true}`))
	want := `[{"api_at":"2026-03-01 12:00:01.000","calls":3,"complete":true,"confirmed":true,"errors":1,"events":2,"every_s":null,"finished_at":"2026-03-01 12:00:01.500","held":6,"kinds":["pipeline","run"],"last":true,"pages":2,` +
		`"part":1,"poll_id":"x","poller":"pipelines","prev_poll_seq":3,"scope":"` + testProject + `","seq":5,"started_at":"2026-03-01 12:00:00.250","total":41,"version":"v1"},` +
		`{"api_at":null,"calls":0,"complete":false,"confirmed":false,"errors":0,"events":0,"every_s":null,"finished_at":null,"held":0,"kinds":[],"last":false,"pages":0,` +
		`"part":0,"poll_id":"","poller":"runs","prev_poll_seq":0,"scope":"` + testProject + `","seq":6,"started_at":null,"total":0,"version":""}]`
	if got := marshal(t, queryRows(t, conn, "SELECT * EXCEPT (tenant, epoch, stored_at, op, observed_at, ver) FROM polls FINAL ORDER BY seq")); got != want {
		t.Errorf("polls\n%s, want\n%s", got, want)
	}
	insertOnly(t, conn,
		newEvent(8, testProject, "poll", "", "completed", `{"poller":"pipelines","part":0,"last":true,"every_s":600}`),
		newEvent(9, testProject, "poll", "", "completed", `{"poller":"pipelines","part":0,"last":false}`)) // of a part that carries no facts
	want = `[{"every_s":600,"poller":"pipelines","scope":"` + testProject + `"}]`
	if got := marshal(t, queryRows(t, conn, "SELECT scope, poller, every_s FROM freshness")); got != want {
		t.Errorf("schedules\n%s, want\n%s", got, want)
	}
	want = `[{"complete":true,"from_at":"2023-02-27 16:00:00.000","pipeline_id":"p1","project_id":"` + testProject + `","seen":10,"through":9,"to_at":"2023-03-06 15:59:59.000","total":11,` +
		`"window_from":"2023-02-27 16:00:00.000","window_to":"2023-02-27 16:00:01.000"}]`
	if got := marshal(t, queryRows(t, conn, "SELECT * EXCEPT (tenant, op, is_deleted, observed_at, ver) FROM coverage FINAL")); got != want {
		t.Errorf("coverage\n%s, want\n%s", got, want)
	}
	want = `[{"complete":true,"from_at":"2023-02-27 16:00:00.000","gone":false,"pipeline_id":"p1","project_id":"` + testProject + `","to_at":"2023-03-06 15:59:59.000","total":11}]`
	if got := marshal(t, queryRows(t, conn, "SELECT * EXCEPT (line, tenant, observed_at, ver) FROM coverage_states FINAL")); got != want {
		t.Errorf("states of coverage\n%s, want\n%s", got, want)
	}
}
