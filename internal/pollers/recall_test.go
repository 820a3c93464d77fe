package pollers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/events"
	"artery/internal/stream/streamtest"

	"github.com/prometheus/client_golang/prometheus"
)

// lister is a collector with nothing but a list of pipelines to poll.
type lister struct {
	*testing.T
	served
	collector *Collector
	job       *job
	now       time.Time
}

func newLister(t *testing.T, log Log, name string) *lister {
	l := &lister{T: t, now: instant}
	l.collector = New(Options{
		Log: log, Now: func() time.Time { return l.now }, NewID: (&ids{name: name}).next, Slog: silent, Metrics: NewMetrics(prometheus.NewRegistry(), "test"),
		Tenants: []Tenant{{Name: "acme", Projects: Projects{IDs: []string{benchProject}}, API: l.client(t)}},
	})
	l.job = l.collector.hands()[0].jobsOf("pipelines")[0]
	return l
}

// sweep walks the list of these rows, a minute after the last.
func (l *lister) sweep(rows ...string) error {
	l.Helper()
	l.now = l.now.Add(time.Minute)
	l.pages = map[string][]byte{`"offset":0,`: fmt.Appendf(nil, `{"total":%d,"pipelines":[%s]}`, len(rows), strings.Join(rows, ","))}
	return l.collector.poll(l.Context(), l.job)
}

const (
	rowA = `{"pipeline_id":"p","token":"geheim","latest_run":{"pipeline_run_id":"r","run_number":1,"status":"RUNNING","build_params":{"message":"A"}}}`
	rowB = `{"pipeline_id":"p","token":"geheim","latest_run":{"pipeline_run_id":"r","run_number":1,"status":"RUNNING","build_params":{"message":"B"}}}`
	rowQ = `{"pipeline_id":"q","latest_run":null}`
)

// TestRecall: rows that are as in the walk before are compared with what is known now, and make whole events.
func TestRecall(t *testing.T) {
	log := streamtest.NewMemory()
	a, b := newLister(t, log, "a"), newLister(t, log, "b")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.sweep(rowA, rowQ))
	must(a.sweep(rowA, rowQ))
	must(a.sweep(rowB, rowQ)) // A -> B -> A
	must(a.sweep(rowA, rowQ))
	b.now = a.now
	must(b.sweep(rowB, rowQ)) // another collector sees another state, of rows that are new to it
	if err := a.sweep(rowA, rowQ); !errors.Is(err, errSuperseded) {
		t.Fatal(err)
	}
	b.now = a.now
	must(b.sweep(rowB)) // a listing lacks q
	a.now = b.now
	must(a.sweep(rowA, rowQ))       // restored by bytes that have been the same for it all the time
	must(a.sweep(rowA, rowQ, rowB)) // shifted rows: one entity twice in one round, the later one counts
	must(a.sweep(rowA, rowQ, rowA))
	wantHistory(t, log,
		"p created ", "r created RUNNING", "q created ", "r changed RUNNING", "r changed RUNNING",
		"r changed RUNNING", "q missing ", "r changed RUNNING", "q restored ", "r changed RUNNING", "r changed RUNNING")

	bodies := map[string][]string{}
	for _, r := range log.Records() {
		key, err := events.ParseSubject(r.Subject)
		must(err)
		if bytes.Contains(r.Body, []byte("geheim")) {
			t.Errorf("a secret is in %s", r.Body)
		}
		if key.Kind != events.Poll {
			bodies[key.ID] = append(bodies[key.ID], string(r.Body))
		}
	}
	r := bodies["r"]
	if want := []string{r[0], r[1], r[0], r[1], r[0], r[1], r[0]}; !slices.Equal(r, want) || r[0] == r[1] || !strings.Contains(r[1], `"message":"B"`) {
		t.Errorf("states of the run %q", r)
	}
	if q := bodies["q"]; len(q) != 3 || q[0] != `{"pipeline_id":"q"}` || q[2] != q[0] {
		t.Errorf("states of q %q", q)
	}
}

func TestListedRows(t *testing.T) {
	var rows listedRows
	raw := `{"pipeline_id":"p","project_id":"o","latest_run":{"pipeline_run_id":"r","run_number":3,"status":"RUNNING"}}`
	row := func(at int) Row { return Row{Raw: json.RawMessage(raw), At: at} }
	rows.begin()
	shown := rows.of(row(4))
	if shown == nil || shown.owner != "o" || shown.id != "p" || shown.run.RunID != "r" || len(shown.snaps) > 0 {
		t.Fatalf("the row shows %+v", shown)
	}
	shown.snaps = []events.Snapshot{{Kind: events.Run, ID: "r"}}
	rows.keep(row(4), shown)
	rows.begin()
	if again := rows.of(row(0)); again == nil || len(again.snaps) != 1 {
		t.Errorf("at another place the row shows %+v", again)
	}
	rows.begin() // it was not listed any more
	if late := rows.of(row(0)); late == nil || len(late.snaps) > 0 {
		t.Errorf("two rounds later the row shows %+v", late)
	}
	for _, odd := range []string{`{"pipeline_id":"p"}`, `{"pipeline_id":"p","latest_run":7}`, `[]`} {
		if got := rows.of(Row{Raw: json.RawMessage(odd)}); got != nil {
			t.Errorf("%s shows %+v", odd, got)
		}
	}
}
