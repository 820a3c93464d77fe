package pollers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"artery/internal/events"
)

// oddRecords returns the records of odd rows in the log, whole, and how many messages they are.
func (w *world) oddRecords() (records map[string]events.OddRowBody, messages int) {
	w.Helper()
	records = map[string]events.OddRowBody{}
	err := w.log.Replay(w.Context(), 1, math.MaxUint64, func(r events.Record) error {
		key, err := events.ParseSubject(r.Subject)
		if err != nil || key.Kind != events.OddRowKind {
			return err
		}
		var b events.OddRowBody
		if err := json.Unmarshal(r.Body, &b); err != nil {
			return err
		}
		messages++
		b.Raw = append(records[b.Digest].Raw, b.Raw...)
		records[b.Digest] = b
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
	return records, messages
}

// answering replaces the answers of one path.
func answering(suffix, total string, body func() string) func(http.Handler) http.Handler {
	return func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, suffix) {
				sim.ServeHTTP(rw, r)
				return
			}
			rw.Header().Set("X-Total", total)
			io.WriteString(rw, body())
		})
	}
}

// TestOddRowsReachTheLog: what becomes no snapshot is kept with its bytes, once, and keeps no other row from being stored.
func TestOddRowsReachTheLog(t *testing.T) {
	rows := []string{
		`{"repository_id": 1 ,"repository_name":"good"}`,
		`{ "repository_name":"no id",  "b":1,"a":2 }`,
		`{"repository_id":"seven"}`,
		`{"repository_id":8,"deep":` + strings.Repeat(`[`, 200) + strings.Repeat(`]`, 200) + `}`,
		`{"repository_id":9,"large":"` + strings.Repeat("x", 3<<20) + `"}`,
		`[1]`, `null`, `"text"`, `7`,
		`{"repository_id":[],"token":"hunter2hunter2","git":"https://u:hunter2hunter2@h"}`,
	}
	w, _, _ := scripted(t, 1, answering("/tenant/repositories", fmt.Sprint(len(rows)), func() string { return "[" + strings.Join(rows, ",") + "]" }))
	w.quiet()
	records, messages := w.oddRecords()
	if len(records) != len(rows)-1 || messages != len(rows)-1+12 { // 3 MiB are 13 parts of 256 KiB
		t.Errorf("%d records in %d messages", len(records), messages)
	}
	rows[9] = `{"repository_id":[],"token":"[redacted]","git":"https://[redacted]@h"}`
	for _, r := range records {
		if r.RowKind != events.Repository || r.API != "Repositories" || r.Poller != "repositories" || r.Reason == "" || string(r.Raw) != rows[r.Position] {
			t.Errorf("the row at %d is kept as %.100s of %s for %q", r.Position, r.Raw, r.API, r.Reason)
		}
	}
	if stored, _ := w.last(events.Repository); len(stored) != 1 || stored["1"] == nil {
		t.Errorf("the good rows: %v", stored)
	}
	for range 3 { // the same rows again, and in another order
		rows[0], rows[2] = rows[2], rows[0]
		w.clock.forward(time.Hour)
		w.quiet()
	}
	w.start() // a new process knows them from the log
	w.quiet()
	if _, now := w.oddRecords(); now != messages {
		t.Errorf("the same rows seen again: %d messages, before %d", now, messages)
	}
	for _, p := range w.polls("repositories") {
		if p.Complete || p.Errors != len(rows)-1 || p.Total != 1 {
			t.Errorf("a sweep with odd rows says %+v", p.Sweep)
		}
	}
}

// TestLargeDetail: a detail over the limit is stored in parts, is known afterwards, and a stage that does not fit is kept too.
func TestLargeDetail(t *testing.T) {
	stage := func(i, size int) string {
		return fmt.Sprintf(`{"id":"s%d","name":"stage %d","jobs":[{"id":"j","message":%q}]}`, i, i, strings.Repeat("m", size))
	}
	body := `{"id":"x","pipeline_id":"p","current_system_time":1,"stages":[` + stage(0, 400<<10) + "," + stage(1, 700<<10) + "," + stage(2, 400<<10) + `]}`
	asked := 0
	w, _, runs := scripted(t, 1, answering("/pipeline-runs/detail", "", func() string { asked++; return body }))
	w.quiet()
	parts, _ := w.last(events.RunDetailStage)
	detail, _ := w.last(events.RunDetail)
	if len(parts) != 2 || parts[runs[0].ID+"/0"] == nil || parts[runs[0].ID+"/2"]["first_stage"] != 2.0 || detail[runs[0].ID]["split_stages"] != 3.0 {
		t.Errorf("%d parts, detail %v", len(parts), detail[runs[0].ID])
	}
	records, _ := w.oddRecords()
	if len(records) != 1 {
		t.Fatalf("%d odd rows, want the large stage", len(records))
	}
	for _, r := range records {
		if !bytes.Contains(r.Raw, []byte(`"first_stage":1`)) || r.Size < 700<<10 || r.API != "RunDetail" {
			t.Errorf("the large stage is kept as %d bytes of %s: %.100s", r.Size, r.API, r.Raw)
		}
	}
	w.start()
	w.quiet()
	if asked != 1 || !w.collector.Progress().Done() {
		t.Errorf("the detail was asked for %d times", asked)
	}
}
