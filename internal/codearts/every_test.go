package codearts

import (
	"bytes"
	"compress/gzip"
	"context"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// everyEndpoint calls each endpoint function of the client once, found by reflection: one that is added is tested too.
func everyEndpoint(t *testing.T, c *Client, f func(name string, err error)) {
	t.Helper()
	v := reflect.ValueOf(c)
	for i := range v.NumMethod() {
		name, m := v.Type().Method(i).Name, v.Method(i)
		if m.Type().NumIn() == 0 || m.Type().In(0) != reflect.TypeFor[context.Context]() || strings.HasPrefix(name, "Probe") {
			continue
		}
		args := []reflect.Value{reflect.ValueOf(t.Context())}
		for j := 1; j < m.Type().NumIn(); j++ {
			arg := reflect.New(m.Type().In(j)).Elem()
			switch arg.Kind() {
			case reflect.String:
				arg.SetString(project)
			case reflect.Slice:
				arg = reflect.MakeSlice(arg.Type(), 1, 1)
				if arg.Index(0).Kind() == reflect.String {
					arg.Index(0).SetString(pipeline)
				}
			}
			args = append(args, arg)
		}
		out := m.Call(args)
		if pages, ok := out[0].Interface().(iter.Seq2[Page, error]); ok {
			_, err := collect(pages)
			f(name, err)
			continue
		}
		err, _ := out[len(out)-1].Interface().(error)
		f(name, err)
	}
}

// TestEveryEndpointTellsErrors: no endpoint takes an error for data, whatever form the error has.
func TestEveryEndpointTellsErrors(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(`{"error_code":"DEVCP.00014031","error_msg":"no"}`))
	_ = z.Close()
	for _, tt := range []struct {
		name, body string
		status     int
		header     string
		class      Class
	}{
		{"flat", `{"error_code":"DEVCP.00014031","error_msg":"no"}`, 200, "", ClassPermission},
		{"flat beside data", `{"total":1,"data":[{}],"result":[{}],"status":"success","error_code":"DEVPIPE.00011401"}`, 200, "", ClassNotFound},
		{"nested", `{"error":{"code":"DEV_21_100169","message":"no"}}`, 200, "", ClassNotFound},
		{"iam", `{"error":{"code":400,"message":"m","title":"t"}}`, 200, "", ClassBadRequest},
		{"build", `{"result":null,"error":"boom","status":"fail"}`, 200, "", ClassBadRequest},
		{"gateway with 200", `{"error_msg":"m","error_code":"APIGW.0301","request_id":"r"}`, 200, "", ClassAuth},
		{"no json", `<html>login</html>`, 200, "", ClassUnusable},
		{"a text", `"ok"`, 200, "", ClassUnusable},
		{"null", `null`, 200, "", ClassUnusable},
		{"cut off object", `{"total":1,"data":[{"id`, 200, "", ClassRetry},
		{"cut off array", `[{"id":"a"},`, 200, "", ClassRetry},
		{"empty", ``, 200, "", ClassRetry},
		{"no content", ``, 204, "", ClassRetry},
		{"too large", `{"a":"` + strings.Repeat("x", 1<<20) + `"}`, 200, "", ClassUnusable},
		{"zipped error", zipped.String(), 200, "Content-Encoding: gzip", ClassPermission},
		{"broken zip", `[]`, 200, "Content-Encoding: gzip", ClassRetry},
		{"redirect", ``, 302, "Location: https://elsewhere/", ClassBadRequest},
		{"bad gateway page", `<html>502</html>`, 502, "", ClassRetry},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opts := keyOptions()
			opts.Attempts, opts.MaxBody = 1, 1<<19
			opts.Endpoints.IAM = "https://iam.example.test"
			c := newTestClient(t, opts, func(*http.Request, string) *http.Response {
				if tt.header == "" {
					return reply(tt.status, tt.body)
				}
				return reply(tt.status, tt.body, tt.header)
			})
			var names []string
			everyEndpoint(t, c, func(name string, err error) {
				if e := wantAPIError(t, name, err); e.Class != tt.class {
					t.Errorf("%s: class %q, want %q: %v", name, e.Class, tt.class, err)
				} else {
					names = append(names, e.API)
				}
			})
			for _, api := range APIs() {
				if !slices.Contains(names, api) {
					t.Errorf("%s was not called", api)
				}
			}
		})
	}
}

// TestEveryEndpointEnds: a server that does not answer costs the timeout of an exchange.
func TestEveryEndpointEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := keyOptions()
		opts.Attempts, opts.Timeout = 1, 7*time.Second
		opts.Endpoints.IAM = "https://iam.example.test"
		opts.HTTPClient = &http.Client{Transport: hung{}}
		c, err := New(opts)
		if err != nil {
			t.Fatal(err)
		}
		everyEndpoint(t, c, func(name string, err error) {
			if e := wantAPIError(t, name, err); e.Class != ClassRetry || !strings.Contains(e.Error(), "gave no complete answer in time") {
				t.Errorf("%s: %v", name, err)
			}
		})
	})
}

// hung answers when the caller has given up.
type hung struct{}

func (hung) RoundTrip(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}
