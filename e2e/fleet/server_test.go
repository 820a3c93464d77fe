package fleet

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"artery/internal/codearts/codeartstest"
)

// server is a tenant of CodeArts as a client meets it: it has limits, and troubles by its timetable. It counts the calls that
// were above its limits.
type server struct {
	world    *world
	sim      *codeartstest.Tenant
	projects []string
	troubles []trouble // one after the other
	victims  int       // pipelines that are deleted while their list is walked

	mu      sync.Mutex
	next    int       // trouble that is not over yet; guarded by mu
	on      bool      // it has begun; guarded by mu
	odd     int       // calls during the present trouble; guarded by mu
	shifted time.Time // last time that rows went while a list was walked; guarded by mu
	shifts  int       // how often they did; guarded by mu
	refused []refusal // guarded by mu
}

// refusal is a call above the limits.
type refusal struct {
	at  time.Time
	api string // the end of its path: what lists and what the lists are of
}

// The limits of the server, in calls a second of one API; those of the client are lower.
const serverRate, clientRate, clientTotal = 20, 10, 50

func newServer(w *world, o codeartstest.Options) *server {
	s := &server{world: w, sim: codeartstest.New(o), shifted: w.begin.Add(untroubled)}
	s.limit(serverRate)
	return s
}

// limit sets the calls a second of each API that the call plan uses.
func (s *server) limit(perSecond float64) {
	for _, api := range []codeartstest.API{codeartstest.APIPipelines, codeartstest.APIStatuses, codeartstest.APIRuns, codeartstest.APIDetail} {
		s.sim.SetLimit(api, codeartstest.Limit{PerSecond: perSecond})
	}
}

// RoundTrip implements http.RoundTripper, without a network.
func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	now := time.Now()
	kind, n := s.trouble(now)
	list := strings.HasSuffix(r.URL.Path, "/api/pipelines/list")
	switch kind {
	case down:
		return say(http.StatusServiceUnavailable, `{"error_msg":"Backend unavailable.","error_code":"APIGW.0602","request_id":"0"}`), nil
	case hangs:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case drops:
		if n%3 != 0 {
			return nil, io.ErrUnexpectedEOF
		}
	case lies200:
		if n%2 == 0 {
			return say(http.StatusOK, `{"error_code":"DEVPIPE.00011127","error_msg":"The system is busy. Try again later."}`), nil
		}
		return say(http.StatusOK, `{"error":{"code":"DEVCP.00014004","message":"The parameter is invalid."}}`), nil
	case empty:
		if list {
			return say(http.StatusOK, `{"offset":0,"limit":100,"total":0,"pipelines":[]}`), nil
		}
	}
	if list {
		s.shift(r, now)
	}
	answer := s.ask(r)
	if answer.StatusCode == http.StatusTooManyRequests {
		s.mu.Lock()
		s.refused = append(s.refused, refusal{now, path.Base(path.Dir(r.URL.Path)) + "/" + path.Base(r.URL.Path)})
		s.mu.Unlock()
	}
	switch {
	case kind == throttlesBare:
		answer.Header.Del("Retry-After")
	case kind == throttlesDate && answer.Header.Get("Retry-After") != "":
		answer.Header.Set("Retry-After", now.Add(3*time.Second).UTC().Format(http.TimeFormat))
	case list && kind == half:
		return cut(answer, func(rows int) int { return rows / 2 }, false), nil
	case list && kind == halfOfAll:
		return cut(answer, func(rows int) int { return rows / 2 }, true), nil
	case list && kind == fewLess:
		return cut(answer, func(rows int) int { return rows - 3 }, true), nil
	}
	return answer, nil
}

// recorder takes an answer without copying it.
type recorder struct {
	status int
	header http.Header
	body   []byte
}

func (w *recorder) Header() http.Header    { return w.header }
func (w *recorder) WriteHeader(status int) { w.status = status }

func (w *recorder) Write(b []byte) (int, error) {
	if w.body == nil {
		w.body = b
	} else {
		w.body = append(w.body[:len(w.body):len(w.body)], b...)
	}
	return len(b), nil
}

func (s *server) ask(r *http.Request) *http.Response {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := recorder{status: http.StatusOK, header: http.Header{}}
	s.sim.ServeHTTP(&w, r)
	return answered(w.status, w.header, w.body)
}

func answered(status int, header http.Header, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
}

func say(status int, body string) *http.Response {
	return answered(status, http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}}, []byte(body))
}

// cut leaves rows of a page of the list out. With all of it the total says nothing of them.
func cut(answer *http.Response, keep func(rows int) int, all bool) *http.Response {
	body, err := io.ReadAll(answer.Body)
	var page struct {
		Offset    int               `json:"offset"`
		Limit     int               `json:"limit"`
		Total     int               `json:"total"`
		Pipelines []json.RawMessage `json:"pipelines"`
	}
	if err == nil {
		err = json.Unmarshal(body, &page)
	}
	if err != nil || answer.StatusCode != http.StatusOK {
		return answered(answer.StatusCode, answer.Header, body)
	}
	n := max(0, keep(len(page.Pipelines)))
	page.Pipelines = page.Pipelines[:n]
	if all { // whoever believes it does not ask for a second page
		page.Total = page.Offset + n
	}
	if body, err = json.Marshal(page); err != nil {
		panic("fleet: a page is always JSON: " + err.Error())
	}
	return answered(answer.StatusCode, answer.Header, body)
}

// shift lets rows go while a list is walked: a pipeline of its first page is deleted before the second page is asked for. Every
// other time another one comes at the end, so that the total does not tell.
func (s *server) shift(r *http.Request, now time.Time) {
	project, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v5/"), "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := s.world.end.Add(-finding); project != s.projects[0] || now.After(last) ||
		now.Sub(s.shifted) < last.Sub(s.world.begin)/time.Duration(s.victims+1) {
		return
	}
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body) // of this process, it does not fail
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	var query struct {
		Offset int `json:"offset"`
	}
	if json.Unmarshal(body, &query) != nil || query.Offset == 0 {
		return
	}
	s.shifted = now
	if s.world.shift(now) {
		s.shifts++
	}
}
