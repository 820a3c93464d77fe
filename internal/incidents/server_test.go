package incidents_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"artery/internal/events"
	"artery/internal/incidents"
	"artery/internal/pollers"
	"artery/internal/stream/streamtest"

	"github.com/prometheus/client_golang/prometheus"
)

const token = "s3cr3t"

// endpoint is a collector's endpoint over a log in memory, on a clock of its own.
type endpoint struct {
	http.Handler
	log   *streamtest.Memory
	clock time.Time
}

func newEndpoint(t *testing.T, log *streamtest.Memory) *endpoint {
	t.Helper()
	e := &endpoint{log: log, clock: time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC)}
	now, n := func() time.Time { return e.clock }, 0
	discard := slog.New(slog.NewTextHandler(io.Discard, nil))
	registry := prometheus.NewRegistry()
	c := pollers.New(pollers.Options{
		Log: log, Tenants: []pollers.Tenant{{Name: "acme", Region: "eu"}}, Now: now, Slog: discard,
		NewID: func() string { n++; return fmt.Sprintf("%p-%d", e, n) }, Metrics: pollers.NewMetrics(registry, "test"),
	})
	inbox, err := c.Incidents("acme")
	if err != nil {
		t.Fatal(err)
	}
	e.Handler = incidents.Handler(incidents.Options{
		Token: token, Now: now, Slog: discard, Metrics: incidents.NewMetrics(registry),
		Tenants: map[string]incidents.Tenant{"acme": {
			Mapping: incidents.Mapping{
				Service: []string{"service", "app"}, Environment: []string{"env"}, Severity: []string{"severity"}, RunID: []string{"codearts_run_id"},
			},
			Take: inbox.Take,
		}},
	})
	return e
}

// post sends a body and returns the status and the body of the answer.
func (e *endpoint) post(t *testing.T, form, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/acme/"+form, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func (e *endpoint) want(t *testing.T, form, body string, status int, answer string) {
	t.Helper()
	if gotStatus, got := e.post(t, form, body); gotStatus != status || got != answer {
		t.Errorf("%d %s\nwant %d %s", gotStatus, got, status, answer)
	}
}

// history is what the log says happened, "id op status" in order, if all invariants hold.
func (e *endpoint) history(t *testing.T) (out []string) {
	t.Helper()
	for _, err := range events.Check(e.log.Records(), true) {
		t.Error(err)
	}
	for _, r := range e.log.Records() {
		key, err := events.ParseSubject(r.Subject)
		if err != nil {
			t.Fatal(err)
		}
		head, err := events.ParseHead(r.Seq, r.Header)
		if err != nil {
			t.Fatal(err)
		}
		if key.Scope != events.IncidentScope || key.Tenant != "acme" {
			t.Errorf("message %d is on %s", r.Seq, r.Subject)
		}
		if key.Kind != events.Poll {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", key.ID, head.Op, head.Mark.Status)))
		}
	}
	return out
}

func (e *endpoint) wantHistory(t *testing.T, want ...string) {
	t.Helper()
	if got := e.history(t); !slices.Equal(got, want) {
		t.Errorf("the log says %q, want %q", got, want)
	}
}

// bodies are the bodies of the incidents, without what was received.
func (e *endpoint) bodies(t *testing.T) (out []string) {
	t.Helper()
	for _, r := range e.log.Records() {
		if key, _ := events.ParseSubject(r.Subject); key.Kind != events.Incident {
			continue
		}
		var body map[string]json.RawMessage
		if err := json.Unmarshal(r.Body, &body); err != nil {
			t.Fatal(err)
		}
		if len(body["received"]) < 10 {
			t.Errorf("message %d has received %s", r.Seq, body["received"])
		}
		delete(body, "received")
		text, _ := json.Marshal(body)
		out = append(out, string(text))
	}
	return out
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// alert is one alert of a notification, from ten minutes before six on.
func alert(fingerprint, status, starts, ends string) string {
	return fmt.Sprintf(`{"status":%q,"labels":{"alertname":"Down","service":"shop"},"annotations":{},"startsAt":%q,"endsAt":%q,"generatorURL":"","fingerprint":%q}`, status, starts, ends, fingerprint)
}

func notify(alerts ...string) string {
	return `{"version":"4","groupKey":"g","status":"firing","receiver":"artery","alerts":[` + strings.Join(alerts, ",") + `]}`
}

const (
	open  = "0001-01-01T00:00:00Z"
	first = "2026-03-04T05:50:00Z" // 1772603400 s
	again = "2026-03-04T05:58:00Z" // 1772603880 s
)

func TestNotification(t *testing.T) {
	e := newEndpoint(t, streamtest.NewMemory())
	e.want(t, "alertmanager", read(t, "notification.json"), http.StatusOK, `{"taken":2,"changed":2}`)
	// 2026-03-04T05:50:00.123Z is 1772603400123 ms, 13:20+08:00 is 05:20Z, 1772601600 s.
	e.wantHistory(t, "a1b2c3d4e5f60718-1772603400123 created open", "ffffffffffffffff-1772601600000 created resolved")
	want := []string{
		`{"deployment":{"run_id":"0123456789abcdef0123456789abcdef","stage":""},"environment":"production","resolved_at":"","service":"shop","severity":"critical","source":"alertmanager","started_at":"2026-03-04T05:50:00.123Z","title":"5 % of checkouts fail","url":"https://prometheus.example.test/graph?g0.expr=errors","withdrawn":false}`,
		`{"deployment":{"run_id":"","stage":""},"environment":"","resolved_at":"2026-03-04T05:41:00.500Z","service":"","severity":"critical","source":"alertmanager","started_at":"2026-03-04T05:20:00.000Z","title":"CheckoutErrors","url":"","withdrawn":false}`,
	}
	if got := e.bodies(t); !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// An alert fires, is repeated, is over, and fires again: three events, two incidents.
func TestLifeOfAnAlert(t *testing.T) {
	e := newEndpoint(t, streamtest.NewMemory())
	for _, step := range []struct{ alert, answer string }{
		{alert("f1", "firing", first, open), `{"taken":1,"changed":1}`},
		{alert("f1", "firing", first, open), `{"taken":1,"changed":0}`},
		{alert("f1", "resolved", first, "2026-03-04T05:55:00Z"), `{"taken":1,"changed":1}`},
		{alert("f1", "resolved", first, "2026-03-04T05:55:00Z"), `{"taken":1,"changed":0}`},
		{alert("f1", "firing", again, open), `{"taken":1,"changed":1}`},
	} {
		e.clock = e.clock.Add(time.Minute)
		e.want(t, "alertmanager", notify(step.alert), http.StatusOK, step.answer)
	}
	e.wantHistory(t, "f1-1772603400000 created open", "f1-1772603400000 changed resolved", "f1-1772603880000 created open")
}

func TestPlainForm(t *testing.T) {
	e := newEndpoint(t, streamtest.NewMemory())
	e.want(t, "incidents", `{"id":"OPS-7","service":"shop","environment":"production","started_at":"2026-03-04T05:00:00+01:00","title":"down","severity":"1","url":"https://u:p@ops.example.test/7","deployment":{"run_id":"r1","stage":"prod"}}`,
		http.StatusOK, `{"taken":1,"changed":1}`)
	e.clock = e.clock.Add(time.Minute)
	e.want(t, "incidents", `[{"id":"OPS-7","service":"shop","started_at":"2026-03-04T04:00:00Z","resolved_at":"2026-03-04T05:30:00Z"},{"id":"OPS-8","service":"shop","started_at":"2026-03-04T05:00:00Z","resolved_at":null}]`,
		http.StatusOK, `{"taken":2,"changed":2}`)
	e.clock = e.clock.Add(time.Minute)
	e.want(t, "incidents", `{"id":"OPS-8","service":"shop","started_at":"2026-03-04T05:00:00Z","withdrawn":true}`, http.StatusOK, `{"taken":1,"changed":1}`)
	e.want(t, "incidents", `[]`, http.StatusOK, `{"taken":0,"changed":0}`)
	e.wantHistory(t, "OPS-7 created open", "OPS-7 changed resolved", "OPS-8 created open", "OPS-8 changed open")
	got := e.bodies(t)
	want := `{"deployment":{"run_id":"r1","stage":"prod"},"environment":"production","resolved_at":"","service":"shop","severity":"1","source":"plain","started_at":"2026-03-04T04:00:00.000Z","title":"down","url":"https://[redacted]@ops.example.test/7","withdrawn":false}`
	if got[0] != want || !strings.Contains(got[3], `"withdrawn":true`) {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
	for _, r := range e.log.Records() {
		if strings.Contains(string(r.Body), "u:p@") {
			t.Errorf("message %d holds a password", r.Seq)
		}
	}
}

// What is odd is refused, each with its place and reason; the others of the request are kept.
func TestOddItems(t *testing.T) {
	e := newEndpoint(t, streamtest.NewMemory())
	good := `{"id":"a","service":"s","started_at":"2026-03-04T05:00:00Z"}`
	for body, reason := range map[string]string{
		`7`:                        "it is no incident",
		`{"service":"s"}`:          "it has no id",
		`{"id":"a","service":"s"}`: "it has no start",
		`{"id":"a","started_at":"2026-03-04T05:00:00Z"}`:                                                              "neither a service nor",
		`{"id":"a","service":"s","started_at":"2026-03-04 05:00"}`:                                                    "it is no incident: parsing time",
		`{"id":"a","service":"s","started_at":"1999-12-31T00:00:00Z"}`:                                                "before 2000",
		`{"id":"a","service":"s","started_at":"2026-03-06T05:00:00Z"}`:                                                "in the future",
		`{"id":"a","service":"s","started_at":"2026-03-04T05:00:00Z","resolved_at":"2026-03-04T04:00:00Z"}`:           "before its start",
		`{"id":"a","service":"s","started_at":"2026-03-04T05:00:00Z","resolved_at":"2026-03-06T04:00:00Z"}`:           "is in the future",
		`{"id":"a","service":"s","started_at":"2026-03-04T05:00:00Z","resolved_at":"0001-01-01T00:00:00Z"}`:           "leave it out",
		`{"id":"a","service":"s","started_at":"2026-03-04T05:00:00Z","resovled_at":"2026-03-04T05:30:00Z"}`:           `unknown field "resovled_at"`,
		`{"id":"a\nb","service":"s","started_at":"2026-03-04T05:00:00Z"}`:                                             "do not print",
		`{"id":"` + strings.Repeat("x", 201) + `","service":"s","started_at":"2026-03-04T05:00:00Z"}`:                 "over 200 bytes",
		`{"id":"a","service":"` + strings.Repeat("x", 3000) + `","started_at":"2026-03-04T05:00:00Z"}`:                "more than 2048",
		`{"id":"a","service":"s","started_at":"2026-03-04T05:00:00Z","title":"` + strings.Repeat("x", 600_000) + `"}`: "too large",
	} {
		status, answer := e.post(t, "incidents", "["+good+","+body+"]")
		if status != http.StatusMultiStatus || !strings.Contains(answer, `"taken":1`) || !strings.Contains(answer, `"item":1`) {
			t.Errorf("%.100s: %d %.200s", body, status, answer)
		}
		if !strings.Contains(strings.ReplaceAll(answer, `\"`, `"`), reason) {
			t.Errorf("%.100s: the answer %.300s does not say %q", body, answer, reason)
		}
	}
	e.wantHistory(t, "a created open")
	if status, answer := e.post(t, "incidents", `[{}]`); status != http.StatusBadRequest || !strings.Contains(answer, `"taken":0`) {
		t.Errorf("only odd items: %d %s", status, answer)
	}
}

// Alertmanager reads no answer: what is refused of it stays readable.
func TestOddAlertsAreKept(t *testing.T) {
	e := newEndpoint(t, streamtest.NewMemory())
	odd := []string{
		alert("", "firing", first, open), alert("f2", "on fire", first, open), alert("f3", "resolved", first, open),
		alert("f4", "firing", open, open), `"text"`,
	}
	status, answer := e.post(t, "alertmanager", notify(append(odd, alert("f1", "firing", first, open))...))
	if status != http.StatusMultiStatus || strings.Count(answer, `"item"`) != len(odd) || !strings.Contains(answer, `"taken":1`) {
		t.Errorf("%d %s", status, answer)
	}
	var kept []string
	for _, r := range e.log.Records() {
		if key, _ := events.ParseSubject(r.Subject); key.Kind == events.OddRowKind {
			var body events.OddRowBody
			if err := json.Unmarshal(r.Body, &body); err != nil {
				t.Fatal(err)
			}
			if body.RowKind != events.Incident || body.API != "alertmanager" || body.Reason == "" {
				t.Errorf("odd row %+v", body)
			}
			kept = append(kept, string(body.Raw))
		}
	}
	slices.Sort(kept)
	slices.Sort(odd)
	if !slices.Equal(kept, odd) {
		t.Errorf("kept %q, want %q", kept, odd)
	}
	for body, reason := range map[string]string{
		`{"version":"5","alerts":[]}`: "version", `no JSON`: "no webhook notification", `[]`: "no webhook notification",
	} {
		if status, answer := e.post(t, "alertmanager", body); status != http.StatusBadRequest || !strings.Contains(answer, reason) {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
}

func TestRequestsThatAreNotTaken(t *testing.T) {
	e := newEndpoint(t, streamtest.NewMemory())
	for _, tt := range []struct {
		name, method, path, authorization, body string
		status                                  int
	}{
		{"no token", "POST", "/v1/acme/incidents", "", "{}", http.StatusUnauthorized},
		{"another token", "POST", "/v1/acme/incidents", "Bearer " + token + "x", "{}", http.StatusUnauthorized},
		{"another scheme", "POST", "/v1/acme/incidents", "Basic " + token, "{}", http.StatusUnauthorized},
		{"unknown tenant", "POST", "/v1/other/incidents", "Bearer " + token, "{}", http.StatusNotFound},
		{"unknown path", "POST", "/v2/acme/incidents", "Bearer " + token, "{}", http.StatusNotFound},
		{"a question", "GET", "/v1/acme/incidents", "Bearer " + token, "", http.StatusMethodNotAllowed},
		{"too large", "POST", "/v1/acme/incidents", "Bearer " + token, strings.Repeat(" ", 4<<20) + "{}", http.StatusRequestEntityTooLarge},
		{"no JSON", "POST", "/v1/acme/incidents", "Bearer " + token, "{", http.StatusBadRequest},
	} {
		r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body))
		r.Header.Set("Authorization", tt.authorization)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if w.Code != tt.status || strings.Contains(w.Body.String(), token) {
			t.Errorf("%s: %d %s, want %d", tt.name, w.Code, w.Body, tt.status)
		}
	}
	e.wantHistory(t)
}

// Both failures of the write: the log does not take it, or takes it and the reply is lost. The sender gets a 5xx only for
// what may be lost, sends again, and each change is in the log once.
func TestFailuresOfTheLog(t *testing.T) {
	const rereads = 6 // more than one request tries
	for _, applied := range []bool{false, true} {
		for _, fault := range []error{events.ErrUnknown, io.ErrUnexpectedEOF} {
			for _, times := range []int{1, 2, rereads, rereads + 3} {
				t.Run(fmt.Sprintf("applied %v, %v, %d times", applied, fault, times), func(t *testing.T) {
					e := newEndpoint(t, streamtest.NewMemory())
					failed := 0
					e.log.Fault = func(events.Batch) (bool, error) {
						if failed++; failed <= times {
							return applied && fault == events.ErrUnknown, fault
						}
						return false, nil
					}
					for _, a := range []string{alert("f1", "firing", first, open), alert("f1", "resolved", first, "2026-03-04T05:55:00Z")} {
						e.clock = e.clock.Add(time.Minute)
						for tries := 0; ; tries++ {
							status, answer := e.post(t, "alertmanager", notify(a))
							if status == http.StatusOK {
								break
							}
							if status != http.StatusServiceUnavailable || tries > times {
								t.Fatalf("try %d: %d %s", tries, status, answer)
							}
						}
					}
					e.wantHistory(t, "f1-1772603400000 created open", "f1-1772603400000 changed resolved")
				})
			}
		}
	}
}

// Two collectors take the reports of one alert in turn. What one of them remembers is old each time, and nothing is lost:
// the second report of "firing" differs from what the log says, though not from what its receiver has seen last.
func TestTwoCollectors(t *testing.T) {
	log := streamtest.NewMemory()
	a, b := newEndpoint(t, log), newEndpoint(t, log)
	over := alert("f1", "resolved", first, "2026-03-04T05:55:00Z")
	for i, step := range []struct {
		at     *endpoint
		alert  string
		answer string
	}{
		{a, alert("f1", "firing", first, open), `{"taken":1,"changed":1}`},
		{b, alert("f1", "firing", first, open), `{"taken":1,"changed":0}`},
		{b, over, `{"taken":1,"changed":1}`},
		{a, alert("f1", "firing", first, open), `{"taken":1,"changed":1}`},
		{b, over, `{"taken":1,"changed":1}`},
		{a, over, `{"taken":1,"changed":0}`},
	} {
		step.at.clock = time.Date(2026, 3, 4, 6, i, 0, 0, time.UTC)
		step.at.want(t, "alertmanager", notify(step.alert), http.StatusOK, step.answer)
	}
	a.wantHistory(t, "f1-1772603400000 created open", "f1-1772603400000 changed resolved", "f1-1772603400000 changed open", "f1-1772603400000 changed resolved")
}

// Replicas of Alertmanager give one alert several starts: it is one incident from the earliest on, until it fires again after its end.
func TestAlertWhoseStartMoves(t *testing.T) {
	log := streamtest.NewMemory()
	a, b := newEndpoint(t, log), newEndpoint(t, log)
	const earlier, later, over = "2026-03-04T05:49:00Z", "2026-03-04T05:52:00Z", "2026-03-04T05:55:00Z"
	for i, step := range []struct {
		at      *endpoint
		alert   string
		changed int
	}{
		{a, alert("f1", "firing", first, open), 1},
		{b, alert("f1", "firing", later, open), 0},
		{a, alert("f1", "firing", earlier, open), 1},
		{b, alert("f1", "firing", later, open), 0},
		{b, alert("f1", "resolved", later, over), 1},
		{a, alert("f1", "resolved", earlier, over), 0},
		{a, alert("f1", "firing", again, open), 1},
		{b, alert("f1", "resolved", first, over), 0},
		{b, alert("f2", "firing", later, open), 1},
	} {
		step.at.clock = time.Date(2026, 3, 4, 6, i, 0, 0, time.UTC)
		step.at.want(t, "alertmanager", notify(step.alert), http.StatusOK, fmt.Sprintf(`{"taken":1,"changed":%d}`, step.changed))
	}
	a.wantHistory(t, "f1-1772603400000 created open", "f1-1772603400000 changed open", "f1-1772603400000 changed resolved", "f1-1772603880000 created open", "f2-1772603520000 created open")
	if ended := a.bodies(t)[2]; !strings.Contains(ended, `"started_at":"2026-03-04T05:49:00.000Z"`) || !strings.Contains(ended, `"resolved_at":"2026-03-04T05:55:00.000Z"`) {
		t.Errorf("in the end it is %s", ended)
	}
}

// The same at once: what one collector, or one request, has just written is what the next one is compared with.
func TestStartsThatMoveAtOnce(t *testing.T) {
	log := streamtest.NewMemory()
	a, b := newEndpoint(t, log), newEndpoint(t, log)
	a.clock = b.clock.Add(time.Minute)
	log.Fault = func(events.Batch) (bool, error) {
		log.Fault = nil
		b.want(t, "alertmanager", notify(alert("f1", "firing", "2026-03-04T05:52:00Z", open)), http.StatusOK, `{"taken":1,"changed":1}`)
		return false, events.ErrStale
	}
	a.want(t, "alertmanager", notify(alert("f1", "firing", first, open)), http.StatusOK, `{"taken":1,"changed":1}`)
	a.wantHistory(t, "f1-1772603520000 created open", "f1-1772603520000 changed open")

	var requests sync.WaitGroup
	for i := range 8 {
		requests.Go(func() {
			if status, answer := a.post(t, "alertmanager", notify(alert("f2", "firing", fmt.Sprintf("2026-03-04T05:52:%02dZ", i), open))); status != http.StatusOK {
				t.Errorf("%d %s", status, answer)
			}
		})
	}
	requests.Wait()
	created := slices.DeleteFunc(a.history(t), func(what string) bool { return !strings.HasPrefix(what, "f2-") || !strings.Contains(what, " created ") })
	if len(created) != 1 {
		t.Errorf("eight requests at once made %q", created)
	}
}

// A request that waited for the log is older than one that came after it: it changes nothing any more.
func TestLateRequest(t *testing.T) {
	e := newEndpoint(t, streamtest.NewMemory())
	late := e.clock
	e.log.Fault = func(events.Batch) (bool, error) {
		e.log.Fault = nil
		e.clock = late.Add(time.Minute)
		e.want(t, "alertmanager", notify(alert("f1", "firing", first, open), alert("f2", "firing", first, open)), http.StatusOK, `{"taken":2,"changed":2}`)
		return false, events.ErrStale
	}
	other := newEndpoint(t, e.log)
	next := other.Handler
	other.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = afterRead{r.Body, func() { other.clock = late.Add(2 * time.Minute) }}
		next.ServeHTTP(w, r)
	})
	other.want(t, "alertmanager", notify(alert("f1", "resolved", first, "2026-03-04T05:51:00Z")), http.StatusOK, `{"taken":1,"changed":0}`)
	e.wantHistory(t, "f1-1772603400000 created open", "f2-1772603400000 created open")
}

// afterRead calls done when the body is read.
type afterRead struct {
	io.ReadCloser
	done func()
}

func (a afterRead) Read(p []byte) (int, error) {
	a.done()
	return a.ReadCloser.Read(p)
}
