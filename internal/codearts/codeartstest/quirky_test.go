package codeartstest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// quirky is a generated tenant with one quirk, and the same tenant without.
type quirky struct {
	*caller
	plain   *caller
	truth   Truth
	project string // the first
}

func newQuirky(t *testing.T, q Quirk) *quirky {
	options := TestOptions(1, instant)
	plain := newCaller(t, options)
	options.Quirks = []Quirk{q}
	c := newCaller(t, options)
	return &quirky{caller: c, plain: plain, truth: c.tenant.Truth(instant), project: c.tenant.World().ProjectIDs()[0]}
}

// both returns what the tenant without the quirk and the one with it answer.
func (q *quirky) both(method, path, body string) (plain, quirk string) {
	q.t.Helper()
	_, a := q.plain.send(method, path, body, nil)
	_, b := q.send(method, path, body, nil)
	return string(a), string(b)
}

func (q *quirky) list() string   { return "/v5/" + q.project + "/api/pipelines/list" }
func (q *quirky) groups() string { return "/v5/" + q.project + "/api/pipeline-group/tree" }

// swaps checks that a text is in the plain answer and another one in its place in the quirk's.
func (q *quirky) swaps(method, path, body, without, with string) {
	q.t.Helper()
	plain, quirk := q.both(method, path, body)
	if !strings.Contains(plain, without) || strings.Contains(plain, with) || !strings.Contains(quirk, with) {
		q.t.Errorf("%s %s: %s\ninstead of %s\nshall have %s for %s", method, path, quirk, plain, with, without)
	}
}

// pipelineOf is a pipeline of the world by its name.
func (q *quirky) pipelineOf(name string) PipelineTruth {
	q.t.Helper()
	for _, p := range q.truth.Pipelines {
		if p.Name == name {
			return p
		}
	}
	q.t.Fatalf("there is no pipeline %q", name)
	return PipelineTruth{}
}

// history are the execution records of a pipeline as rows, the oldest first.
func (q *quirky) history(name string) []object {
	q.t.Helper()
	return q.runs(q.project, q.pipelineOf(name).ID, 50)
}

// seventh makes seven calls of the group tree and returns the last answer as far as it came; six must be good.
func (q *quirky) seventh() (status int, header http.Header, body []byte, err error) {
	q.t.Helper()
	// A connection that was used before is one on which the transport itself would try again.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for i := range quirkPeriod {
		ctx, cancel := context.WithTimeout(q.t.Context(), time.Second)
		defer cancel()
		request, _ := http.NewRequestWithContext(ctx, "GET", q.url+q.groups(), nil) // the address is a constant
		request.Header.Set("X-Auth-Token", q.token)
		var reply *http.Response
		if reply, err = client.Do(request); err == nil {
			defer reply.Body.Close()
			status, header = reply.StatusCode, reply.Header
			body, err = io.ReadAll(reply.Body)
		}
		if i < quirkPeriod-1 && (err != nil || status != 200 || !json.Valid(body)) {
			q.t.Fatalf("call %d: %d %s %v", i, status, body, err)
		}
	}
	return status, header, body, err
}

// fails checks the seventh call.
func (q *quirky) fails(status int, body string) http.Header {
	q.t.Helper()
	gotStatus, header, got, err := q.seventh()
	if err != nil || gotStatus != status || !strings.Contains(string(got), body) {
		q.t.Errorf("%d %s %v, want %d %s", gotStatus, got, err, status, body)
	}
	return header
}

// breaks checks that the seventh call gives no whole answer, but what at least and the kind of error.
func (q *quirky) breaks(least int, want error) {
	q.t.Helper()
	if _, _, body, err := q.seventh(); err == nil || want != nil && !errors.Is(err, want) || len(body) < least {
		q.t.Errorf("%d bytes and %v, want %v", len(body), err, want)
	}
}
