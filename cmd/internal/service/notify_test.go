package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"artery/internal/daemon"
	"artery/internal/embedded"
	"artery/internal/embedded/embeddedtest"
	"artery/internal/events"
	"artery/internal/notify"
)

func TestWrongNotify(t *testing.T) {
	t.Setenv("ARTERY_TEST_HIDDEN", "ftp://hidden-in-env")
	for text, want := range map[string]string{
		"notify: {url: {env: ARTERY_TEST_HIDDEN}}":    "notify.url: what is there is no URL",
		"notify: {token: {env: ARTERY_TEST_HIDDEN}}":  "notify.url: is missing",
		"notify: {max_age: 30s}":                      "notify.max_age: 30s is not between",
		"notify: {max_age: 1m, wait: 45s}":            "notify.wait: 45s is more than half of max_age",
		"notify: {wait: 2m}":                          "notify.wait: 2m0s is not between",
		"notify: {per_minute: 0}":                     "notify.per_minute: 0 is not between",
		`notify: {stages: "("}`:                       "notify.stages: ",
		"notify: {url: {file: /does/not/exist/hook}}": "/does/not/exist/hook",
	} {
		_, err := Parse([]byte(text), NeedClickHouse)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s gives %v, want %q", text, err, want)
		}
	}
}

// chat is a receiver that can be down.
type chat struct {
	mu       sync.Mutex
	down     bool
	tries    int
	messages []notify.Message
	keys     []string
}

func (c *chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tries++; c.down {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	var m notify.Message
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.messages, c.keys = append(c.messages, m), append(c.keys, r.Header.Get("Idempotency-Key"))
}

func (c *chat) set(down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down, c.tries = down, 0
}

// told are the transitions of all messages.
func (c *chat) told() string {
	var states []string
	for _, m := range c.messages {
		for _, t := range m.Transitions {
			states = append(states, fmt.Sprint(t.State, " ", t.RunNumber))
		}
	}
	return strings.Join(states, ", ")
}

// until waits for the receiver to be as it should.
func (c *chat) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(2 * time.Minute); ; {
		c.mu.Lock()
		done, state := ok(), fmt.Sprint(c.messages)
		c.mu.Unlock()
		if done {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%s: got %s", what, state)
		case <-tick.C:
		}
	}
}

// config is that of a loader with a log and a database of its own that tells c.
func (c *chat) config(t *testing.T, notifier, tenant string) Config {
	t.Helper()
	embeddedtest.RequireLibrary(t)
	hook := httptest.NewServer(c)
	t.Cleanup(hook.Close)
	server, err := embedded.StartNATS(embedded.NATSOptions{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	t.Setenv("ARTERY_TEST_HOOK", hook.URL+"/hidden-in-path")
	cfg, err := Parse([]byte("nats: {url: "+server.URL()+"}\nnotify: {url: {env: ARTERY_TEST_HOOK}, "+notifier+"}\ntenants: ["+tenant+"]"), NeedNATS)
	if err != nil {
		t.Fatal(err)
	}
	cfg.ClickHouse.DSN = embeddedtest.ClickHouse(t)
	return cfg
}

// loading starts a loader.
func loading(t *testing.T, cfg Config, logged io.Writer) (l *Loader, stop func()) {
	t.Helper()
	l, err := NewLoader(t.Context(), cfg, Frame{Log: slog.New(slog.NewTextHandler(logged, nil)), Registry: daemon.Registry(), Health: &daemon.Health{}, Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	return l, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		l.Close()
	}
}

// seen appends one run as a round of its own.
func seen(t *testing.T, l *Loader, number int, status string, ended time.Time) {
	t.Helper()
	local := func(at time.Time) string { return at.In(time.FixedZone("", 8*3600)).Format(time.DateTime) }
	ran(t, l, number, status, fmt.Sprintf(`{"name":"deploy-prod","sequence":0,"status":%q,"start_time":%q,"end_time":%q}`, status, local(ended.Add(-time.Second)), local(ended)))
}

// ran appends one run with its stages.
func ran(t *testing.T, l *Loader, number int, status, stages string) {
	t.Helper()
	body := fmt.Sprintf(`{"pipeline_id":"p1","run_number":%d,"status":%q,"executor_name":"o'hara \\ \"a\"","build_params":{"commit_id":"c%d","target_branch":"main"},"stage_status_list":[%s]}`, number, status, number, stages)
	appended(t, l, events.Run, fmt.Sprint("run-", number), body, events.Mark{Parent: "p1", Number: int64(number)})
}

// explained appends the detail of a run whose only step failed, and the end of its log.
func explained(t *testing.T, l *Loader, number int) {
	t.Helper()
	run := fmt.Sprint("run-", number)
	appended(t, l, events.RunDetail, run, fmt.Sprintf(`{"pipeline_id":"p1","run_number":%d,"status":"FAILED","stages":[{"id":"s0","name":"deploy-prod","status":"FAILED",`+
		`"jobs":[{"id":"j1","name":"job","status":"FAILED","steps":[{"id":"t1","name":"roll out","status":"FAILED","message":"no space left"}]}]}]}`, number), events.Mark{Parent: "p1", Number: int64(number)})
	appended(t, l, events.StepLog, run+"-log", fmt.Sprintf(`{"pipeline_id":"p1","run_id":%q,"job_id":"j1","step_id":"t1","state":"have","log":"write: ENOSPC","whole":true}`, run), events.Mark{Parent: "p1"})
}

// appended appends one event as a round of its own.
func appended(t *testing.T, l *Loader, kind events.Kind, id, body string, mark events.Mark) {
	t.Helper()
	at := time.Now()
	o := events.Origin{Tenant: "acme", Region: "eu", Scope: strings.Repeat("a", 32), PollID: fmt.Sprint("poll ", kind, id), Zone: "+08:00", At: at}
	snap, err := events.NewSnapshot(kind, id, []byte(body), mark, at)
	if err != nil {
		t.Fatal(err)
	}
	e, differs := events.Diff(events.Head{}, false, snap, o)
	if !differs {
		t.Fatalf("a new %s is no event", kind)
	}
	_, last, _, err := l.Stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := events.Batch{Origin: o, Record: events.PollRecord{PollID: o.PollID}, Events: []events.Event{e}, Prev: []uint64{0}}
	if last > 0 {
		b.Record.PrevPollSeq = last - 1 // each round is a poll record and one event
	}
	if _, err := l.Stream.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// From the log through the loader and ClickHouse to a webhook: a stage that begins to fail is told within seconds and
// once, a restart and a further failure tell nothing, and a receiver that was down is told of the recovery once.
func TestNotifyTellsAWebhook(t *testing.T) {
	var c chat
	cfg := c.config(t, "wait: 3s, stages: ^deploy", "{name: acme, pages: {run: 'https://ca.example.com/{project_id}/{pipeline_id}/{run_id}'}}")
	var logged bytes.Buffer
	start := func() (*Loader, func()) { return loading(t, cfg, &logged) }
	now := time.Now()
	l, stop := start()
	seen(t, l, 1, "COMPLETED", now.Add(-50*time.Minute))
	seen(t, l, 2, "FAILED", now.Add(-5*time.Minute))
	explained(t, l, 2)
	stored := time.Now()
	c.until(t, "a stage began to fail", func() bool { return len(c.messages) == 1 })
	t.Logf("told %s after the log had it", time.Since(stored).Round(time.Millisecond))
	m := c.messages[0]
	if m.ID != c.keys[0] || len(m.Transitions) != 1 || m.Transitions[0].State != "newly failing" || m.Transitions[0].RunNumber != 2 || m.Transitions[0].Branch != "main" {
		t.Errorf("got %+v under the key %s", m, c.keys[0])
	}
	page := "https://ca.example.com/" + strings.Repeat("a", 32) + "/p1/run-"
	if got, want := m.Transitions[0].Reason, (notify.Reason{URL: page + "2", Step: "roll out", Message: "no space left", Log: "write: ENOSPC"}); got != want {
		t.Errorf("the reason is %+v, want %+v", got, want)
	}
	if want := `deploy-prod is newly failing on main, run 2, commit c2, started by o'hara \ "a"` + "\nroll out: no space left\n" + page + "2\nwrite: ENOSPC"; !strings.HasSuffix(m.Text, want) {
		t.Errorf("the text is\n%s\nwant\n... %s", m.Text, want)
	}
	stop()

	c.set(true)
	l, stop = start()
	seen(t, l, 3, "FAILED", now.Add(-3*time.Minute))    // still failing
	seen(t, l, 4, "COMPLETED", now.Add(-2*time.Minute)) // recovered
	c.until(t, "somebody tries to tell of the recovery", func() bool { return c.tries > 0 })
	c.set(false)
	c.until(t, "the receiver is back", func() bool { return len(c.messages) == 2 })
	stop()
	l, stop = start()
	seen(t, l, 5, "COMPLETED", now.Add(-time.Minute)) // passing
	seen(t, l, 6, "FAILED", now)                      // and red again, which is the next that is told
	c.until(t, "it fails again", func() bool { return len(c.messages) == 3 })
	stop()
	for i, want := range []string{page + "4", page + "6"} { // nothing is known of the step of run 6
		if got := c.messages[i+1].Transitions[0].Reason; got != (notify.Reason{URL: want}) {
			t.Errorf("the reason is %+v, want the page %s alone", got, want)
		}
	}
	if got := c.told(); got != "newly failing 2, recovered 4, newly failing 6" {
		t.Errorf("told: %s", got)
	}
	if strings.Contains(logged.String(), "hidden") {
		t.Errorf("the log holds the URL:\n%s", logged.String())
	}
}
