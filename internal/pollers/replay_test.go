package pollers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/codearts"
	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
	"artery/internal/stream/streamtest"

	"github.com/prometheus/client_golang/prometheus"
)

// replay serves the examples that the documents print, and lies about them. It shares nothing with the simulated tenant.
type replay struct {
	examples http.Handler
	lie      func(status int, body []byte) (int, []byte) // nil: none
	total    func(n int) int                             // of lists; nil: as printed
	lasts    int                                         // calls that a token is good for; 0: any

	mu      sync.Mutex // details are asked for side by side
	signIns int
	used    int // calls with the present token
}

func (s *replay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, "/auth/tokens") {
		s.signIns, s.used = s.signIns+1, 0
		w.Header().Set("X-Subject-Token", "token-"+strconv.Itoa(s.signIns))
		w.WriteHeader(http.StatusCreated)
		w.Write([]byte(`{"token":{"expires_at":"2099-02-13T06:52:13.855000Z","methods":["password"],"catalog":[]}}`))
		return
	}
	if s.used++; s.lasts > 0 && s.used > s.lasts || r.Header.Get("X-Auth-Token") != "token-"+strconv.Itoa(s.signIns) {
		w.WriteHeader(http.StatusUnauthorized)
		w.Write([]byte(`{"error_msg":"The token must be updated.","error_code":"APIGW.0307","request_id":"r"}`))
		return
	}
	answer := httptest.NewRecorder()
	s.examples.ServeHTTP(answer, r)
	status, body := answer.Code, answer.Body.Bytes()
	if s.total != nil {
		body = totals.ReplaceAllFunc(body, func(m []byte) []byte {
			n, _ := strconv.Atoi(string(totals.FindSubmatch(m)[2]))
			return fmt.Appendf(nil, `"total" : %d`, s.total(n))
		})
		if n, err := strconv.Atoi(answer.Header().Get("X-Total")); err == nil {
			answer.Header().Set("X-Total", strconv.Itoa(s.total(n)))
		}
	}
	if s.lie != nil {
		status, body = s.lie(status, body)
	}
	for key, values := range answer.Header() {
		w.Header()[key] = values
	}
	w.WriteHeader(status)
	w.Write(body)
}

var totals = regexp.MustCompile(`"(total)"\s*:\s*(\d+)`)

// emptied is an answer without its rows.
func emptied(body []byte) []byte {
	var rows []json.RawMessage
	if json.Unmarshal(body, &rows) == nil {
		return []byte("[]")
	}
	var o map[string]json.RawMessage
	if json.Unmarshal(body, &o) != nil {
		return body
	}
	for key, value := range o {
		if json.Unmarshal(value, &rows) == nil && key != "review_info" {
			o[key] = []byte("[]")
		}
	}
	body, _ = json.Marshal(o)
	return body
}

// lists are the pollers whose rows go missing when a list lacks them.
var lists = []string{
	"pipelines", "rule_sets", "project_rule_sets", "open_source", "project_open_source", "rules", "repositories", "pipeline_groups", "build_groups",
	"build_tenants", "templates", "publishers", "available_publishers", "plugins", "basic_plugins", "stage_plugins", "optional_plugins",
}

// TestReplay: the documents' examples become rows once, and whatever the server says after that for four days, nothing is
// invented: no row changes, none is missing, none is deleted. Every list says what is wrong. When the server is well again
// nothing has happened.
func TestReplay(t *testing.T) {
	says := func(status int, body string) func(int, []byte) (int, []byte) {
		return func(int, []byte) (int, []byte) { return status, []byte(body) }
	}
	class := func(c codearts.Class) func(error) bool {
		return func(err error) bool { var e *codearts.Error; return errors.As(err, &e) && e.Class == c }
	}
	short := func(err error) bool { return errors.Is(err, codearts.ErrShortList) }
	// Not every list has a total: the trees, statuses and what may be published come whole.
	counted := slices.DeleteFunc(slices.Clone(lists), func(p string) bool {
		return slices.Contains([]string{"pipeline_groups", "build_groups", "build_tenants", "available_publishers", "stage_plugins"}, p)
	})
	for _, tt := range []struct {
		name   string
		server func(*replay)
		fails  []string         // pollers that have to say so
		with   func(error) bool // how
	}{
		{"an error with status 200", func(s *replay) {
			s.lie = says(200, `{"error_code":"DEVCP.00014031","error_msg":"Insufficient permission."}`)
		}, lists, class(codearts.ClassPermission)},
		{"a nested error with status 200", func(s *replay) {
			s.lie = says(200, `{"error":{"code":"DEVPIPE.00011127","message":"The system is busy."}}`)
		}, lists, class(codearts.ClassRetry)},
		{"an error beside the rows", func(s *replay) {
			s.lie = func(status int, body []byte) (int, []byte) {
				if body[0] == '{' {
					body = append([]byte(`{"error_code":"DEVCP.00014031","error_msg":"no",`), body[1:]...)
				} else {
					body = []byte(`{"error_code":"DEVCP.00014031","error_msg":"no"}`)
				}
				return status, body
			}
		}, lists, class(codearts.ClassPermission)},
		{"the envelope of an error", func(s *replay) { s.lie = says(200, `{"result":null,"error":"boom","status":"fail"}`) }, lists, class(codearts.ClassBadRequest)},
		{"half an answer", func(s *replay) {
			s.lie = func(status int, body []byte) (int, []byte) { return status, body[:len(body)/2] }
		}, lists, class(codearts.ClassRetry)},
		{"a page of a proxy", func(s *replay) { s.lie = says(200, `<html>sign in</html>`) }, lists, class(codearts.ClassUnusable)},
		{"everything is missing", func(s *replay) { s.lie = says(404, `{"error_code":"DEVPIPE.00011401","error_msg":"does not exist"}`) }, lists, class(codearts.ClassNotFound)},
		{"totals that are too large", func(s *replay) { s.total = func(n int) int { return n + 7 } }, counted, short},
		{"totals that are too small", func(s *replay) { s.total = func(n int) int { return max(0, n-1) } }, nil, nil},
		{"totals of 0", func(s *replay) { s.total = func(int) int { return 0 } }, nil, nil},
		{"every list is empty", func(s *replay) {
			s.total = func(int) int { return 0 }
			s.lie = func(status int, body []byte) (int, []byte) { return status, emptied(body) }
		}, nil, nil},
		{"rows without their ids", func(s *replay) {
			ids := regexp.MustCompile(`"(\w*_)?(id|name)"\s*:`)
			s.lie = func(status int, body []byte) (int, []byte) {
				if bytes.Contains(body, []byte("review_info")) { // a gate has no id: its items have names, and a change of these is one
					return status, body
				}
				return status, ids.ReplaceAll(body, []byte(`"gone" :`))
			}
		}, nil, nil},
		{"tokens that end after three calls", func(s *replay) { s.lasts = 3 }, nil, nil},
		{"tokens that are never taken", func(s *replay) { s.lie, s.signIns = says(401, `{"error_msg":"m","error_code":"APIGW.0307"}`), 1e6 }, lists, class(codearts.ClassAuth)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newReplayed(t)
				w.rounds(2, nil, nil)
				known := w.states()
				if len(known) < 60 {
					t.Fatalf("only %d entities came from the examples", len(known))
				}
				tt.server(w.server)
				w.rounds(4, tt.fails, tt.with)
				if now := w.states(); !slices.Equal(now, known) {
					t.Errorf("while the server lied this came to be:\n%s", strings.Join(slices.DeleteFunc(now, func(s string) bool { return slices.Contains(known, s) }), "\n"))
				}
				*w.server = replay{examples: w.server.examples, signIns: w.server.signIns}
				w.rounds(2, nil, nil)
				if now := w.states(); !slices.Equal(now, known) {
					t.Errorf("when the server was well again this came to be:\n%s", strings.Join(slices.DeleteFunc(now, func(s string) bool { return slices.Contains(known, s) }), "\n"))
				}
				for _, err := range events.Check(w.log.Records(), true) {
					t.Error(err)
				}
			})
		})
	}
}

// replayed is a collector before a server that replays.
type replayed struct {
	*testing.T
	server    *replay
	clock     *ticking
	log       *streamtest.Memory
	collector *Collector
}

func newReplayed(t *testing.T) *replayed {
	t.Helper()
	const domain = "60021bab32fd450aa2cb89226f425e06"
	w := &replayed{T: t, server: &replay{examples: codeartstest.ExampleServer()}, log: streamtest.NewMemory()}
	w.clock = &ticking{at: time.Date(2023, 3, 7, 0, 0, 0, 0, time.UTC)} // when the printed runs are kept
	w.log.Now = w.clock.now
	api, err := codearts.New(codearts.Options{
		Tenant: "acme", Attempts: 1, Now: w.clock.now,
		Endpoints:  codearts.Endpoints{IAM: "http://i.test", Pipeline: "http://p.test", Build: "http://b.test", Check: "http://c.test", Repo: "http://r.test", Projectman: "http://m.test"},
		Auth:       codearts.Auth{Password: &codearts.PasswordAuth{User: "reader", Password: codearts.NewSecret("example"), Domain: "account", Project: "eu-west-101"}},
		Limits:     codearts.Limits{PerSecond: 1e6, Burst: 1e6, Tenant: 1e7},
		HTTPClient: &http.Client{Transport: direct{w.server}},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := ids{name: "poll"}
	w.collector = New(Options{
		Log: w.log, Now: w.clock.now, NewID: n.next, Slog: silent, Metrics: NewMetrics(prometheus.NewRegistry(), "test"),
		Tenants: []Tenant{{Name: "acme", DomainID: domain, Projects: Projects{IDs: []string{"6428c2e2b4b64affa14ec80896695c49"}}, BuildDomains: []string{domain}, Zone: "+08:00", API: api}},
	})
	return w
}

// rounds polls everything so many times, a bit more than a day apart: three complete lists over a day prove a deletion where
// nothing else can. fails are the pollers that must fail each time, with tells how.
func (w *replayed) rounds(n int, fails []string, with func(error) bool) {
	w.Helper()
	for range n {
		w.clock.forward(25 * time.Hour)
		for _, j := range w.collector.jobs() {
			err := w.collector.poll(w.Context(), j)
			switch {
			case slices.Contains(fails, j.poller.Name) && (err == nil || !with(err)):
				w.Errorf("%s says %v", j.poller.Name, err)
			case with == nil && err != nil:
				w.Errorf("%s says %v", j.poller.Name, err)
			}
		}
	}
}

// states are all changes of the log, but for what a collector says of its own reading and of odd rows.
func (w *replayed) states() (all []string) {
	w.Helper()
	for _, r := range w.log.Records() {
		key, err := events.ParseSubject(r.Subject)
		if err != nil {
			w.Fatal(err)
		}
		if key.Kind != events.Poll && key.Kind != events.Coverage && key.Kind != events.OddRowKind {
			all = append(all, fmt.Sprintf("%s %s %s %s %s", key.Scope, key.Kind, key.ID, r.Header[events.HeaderOp][0], r.Body))
		}
	}
	return all
}
