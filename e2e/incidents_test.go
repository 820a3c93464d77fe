package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Incidents are reported while nats-server and the collector are killed under it. The reporter does what Alertmanager does:
// without a 2xx it sends the same again. In the end the table has every incident as it was reported last, and its history
// each state once.
func TestIncidents(t *testing.T) {
	w := newWorld(t, 3, time.Now().Add(-time.Hour), nil)
	a := newApart(t, w.tenant())
	post := a.takesIncidents(t)
	a.start(t)

	report := func(form, body string) {
		t.Helper()
		eventually(t, form, time.Minute, func() []string {
			status := post(form, body)
			return unless(status == http.StatusOK, "reporting answers %d", status)
		})
	}
	start := time.Now().UTC().Add(-time.Hour).Truncate(time.Millisecond)
	alert := func(i int, status string, end string) string {
		return fmt.Sprintf(`{"version":"4","alerts":[{"status":%q,"labels":{"service":"s%d","env":"production"},"annotations":{"summary":"down"},"startsAt":%q,"endsAt":%q,"fingerprint":"f%d"}]}`,
			status, i, start.Format(time.RFC3339Nano), end, i)
	}
	const n = 6
	var want, history []string
	for i := range n {
		report("alertmanager", alert(i, "firing", "0001-01-01T00:00:00Z"))
		switch i {
		case 1: // this request meets a log that is not there
			a.nats.kill(t)
			post("alertmanager", alert(i, "resolved", start.Add(time.Minute).Format(time.RFC3339Nano)))
			a.nats.start(t)
		case 3:
			a.collector.kill(t)
			a.collector.start(t)
		}
		report("alertmanager", alert(i, "resolved", start.Add(time.Minute).Format(time.RFC3339Nano)))
		report("alertmanager", alert(i, "resolved", start.Add(time.Minute).Format(time.RFC3339Nano)))
		id := fmt.Sprintf("f%d-%d", i, start.UnixMilli())
		want = append(want, fmt.Sprintf("%s s%d production %d %d down", id, i, start.UnixMilli(), start.Add(time.Minute).UnixMilli()))
		history = append(history, id+" created", id+" changed")
	}
	report("incidents", fmt.Sprintf(`{"id":"OPS-1","service":"s1","environment":"production","started_at":%q,"title":"by hand","deployment":{"run_id":"r1"}}`, start.Format(time.RFC3339Nano)))
	want, history = append([]string{fmt.Sprintf("OPS-1 s1 production %d 0 by hand", start.UnixMilli())}, want...), append([]string{"OPS-1 created"}, history...)
	if status := post("incidents", `{"id":"OPS-2"}`); status != http.StatusBadRequest {
		t.Errorf("an odd report is answered %d", status)
	}

	eventually(t, "incidents", load, func() []string {
		var faults []string
		for query, want := range map[string][]string{
			"SELECT concat(incident_id, ' ', service, ' ', environment, ' ', toString(toUnixTimestamp64Milli(started_at)), ' ', toString(ifNull(toUnixTimestamp64Milli(resolved_at), 0)), ' ', title) FROM incidents ORDER BY incident_id": want,
			"SELECT concat(incident_id, ' ', op) FROM incident_states FINAL ORDER BY incident_id, ver":                                                                                                                                     history,
		} {
			var got []string
			if err := a.conn.QueryRow(t.Context(), "SELECT groupArray(*) FROM ("+query+")").Scan(&got); err != nil {
				return []string{err.Error()}
			}
			faults = append(faults, unless(strings.Join(got, "\n") == strings.Join(want, "\n"), "the tables have\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))...)
		}
		return faults
	})
	a.collector.interrupt(t)
	stored(t, a)
	checkLog(t, a.conn, a.natsURL)
}

// takesIncidents gives the collector an endpoint for incidents, and returns what sends it a body of one of its forms: the
// status of the answer, 0 without one.
func (a *apart) takesIncidents(t *testing.T) func(form, body string) int {
	t.Helper()
	addr, token := freeAddress(t), filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("s3cr3t\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a.configure(t, "incidents", map[string]any{"listen": addr, "token": map[string]any{"file": token}})
	return func(form, body string) int {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/v1/"+tenantName+"/"+form, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer s3cr3t")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0
		}
		answer.Body.Close()
		return answer.StatusCode
	}
}
