package oracle

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"artery/internal/codearts"
	"artery/internal/codearts/codeartstest"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	check "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartscheck/v2"
	pipeline "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartspipeline/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartspipeline/v2/model"
)

// This file shows what the SDK cannot do, which is why the product has a client of its own. A test that fails here says that
// a later version of the SDK has learnt it.

// ours is the product's client of the same tenant.
func (w *tenant) ours() *codearts.Client {
	w.Helper()
	o := w.sim.Options()
	c, err := codearts.New(codearts.Options{
		Endpoints: codearts.Endpoints{Pipeline: w.url, Build: w.url, Check: w.url, Repo: w.url},
		Auth:      codearts.Auth{Keys: &codearts.KeyAuth{AccessKey: o.AccessKey, SecretKey: codearts.NewSecret(o.SecretKey)}},
		Limits:    codearts.Limits{PerSecond: 1e6, Burst: 1000}, Attempts: 1,
	})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// TestErrorWithStatus200: the SDK takes an error that comes with status 200, in both shapes, for an empty success: read as a
// list it says that every pipeline is gone.
func TestErrorWithStatus200(t *testing.T) {
	w := newTenant(t)
	project := w.truth.Projects[0].ID
	for _, kind := range []codeartstest.FaultKind{codeartstest.FaultErrorCode, codeartstest.FaultErrorNested} {
		w.sim.Inject(codeartstest.APIPipelines, codeartstest.Fault{Kind: kind, Code: "DEVCP.00014031", Times: 2})
		answer, err := w.pipeline.ListPipelines(&model.ListPipelinesRequest{ProjectId: project})
		if err != nil || answer.Pipelines != nil || answer.Total != nil || answer.HttpStatusCode != 200 {
			t.Errorf("the SDK has learnt to see it: %v, %v", answer, err)
		}
		var e *codearts.Error
		for _, err := range w.ours().Pipelines(t.Context(), project) {
			if !errors.As(err, &e) || e.Class != codearts.ClassPermission || e.Status != 200 {
				t.Errorf("our client says %v", err)
			}
		}
	}
}

// TestLostMembership: total 0 is no error, for neither client.
func TestLostMembership(t *testing.T) {
	w := newTenant(t)
	project := w.truth.Projects[0].ID
	w.sim.World().SetMember(project, w.truth.At, false)
	answer, err := w.pipeline.ListPipelines(&model.ListPipelinesRequest{ProjectId: project})
	if must(w, answer, err); *answer.Total != 0 || len(*answer.Pipelines) != 0 {
		t.Errorf("the list of a project that is lost is %v", answer)
	}
	for page, err := range w.ours().Pipelines(t.Context(), project) {
		if err != nil || page.Total != 0 {
			t.Errorf("our client sees %+v, %v", page, err)
		}
	}
}

// fixed is a client of the SDK for a server that gives one answer to everything.
func fixed(t *testing.T, body string) (*pipeline.CodeArtsPipelineClient, string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	credential, err := basic.NewCredentialsBuilder().WithAk(accessKey).WithSk(secretKey).WithProjectId("p").SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	w := &tenant{T: t, url: server.URL}
	return pipeline.NewCodeArtsPipelineClient(w.client(pipeline.CodeArtsPipelineClientBuilder(), credential)), server.URL
}

// TestOneOddRow: one row of another type than declared costs the SDK its page. Ours hands it on.
func TestOneOddRow(t *testing.T) {
	for _, odd := range []string{`{"pipeline_id":"b","create_time":"1677060745000"}`, `{"pipeline_id":["b"]}`} {
		body := fmt.Sprintf(`{"offset":0,"limit":10,"total":2,"pipelines":[{"pipeline_id":"a"},%s]}`, odd)
		theirs, url := fixed(t, body)
		if answer, err := theirs.ListPipelines(&model.ListPipelinesRequest{ProjectId: "p"}); err == nil {
			t.Errorf("the SDK has learnt to read %s: %v", odd, answer)
		}
		c, err := codearts.New(codearts.Options{
			Endpoints: codearts.Endpoints{Pipeline: url, Build: url, Check: url, Repo: url},
			Auth:      codearts.Auth{Keys: &codearts.KeyAuth{AccessKey: accessKey, SecretKey: codearts.NewSecret(secretKey)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for page, err := range c.Pipelines(t.Context(), "p") {
			if err != nil || len(page.Items) != 2 || string(page.Items[1]) != odd {
				t.Errorf("our client hands on %q, %v", page.Items, err)
			}
		}
	}
}

// TestTextTimes: where times come as texts, as the tables of 4.2.7 have them, the SDK loses every page.
func TestTextTimes(t *testing.T) {
	w := newTenant(t, codeartstest.QuirkTextTimes)
	if answer, err := w.pipeline.ListPipelines(&model.ListPipelinesRequest{ProjectId: w.truth.Projects[0].ID}); err == nil {
		t.Errorf("the SDK has learnt to read times in texts: %v", answer)
	}
}

// TestBareVersions: the document prints the answer of 4.9.23 as a bare array; the SDK reads only the object of its table.
func TestBareVersions(t *testing.T) {
	w := newTenant(t)
	domain, p := w.truth.TenantID, w.truth.Plugins[0]
	if answer, err := w.pipeline.ListPluginVersionNumber(&model.ListPluginVersionNumberRequest{DomainId: domain, PluginName: p.Value.Name, Offset: "0", Limit: "999"}); err == nil {
		t.Errorf("the SDK has learnt to read an array: %v", answer)
	}
	var ours, want []string
	for page, err := range w.ours().PluginVersionNumbers(t.Context(), domain, p.Value.Name) {
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Items {
			ours = append(ours, string(row))
		}
	}
	for _, v := range p.Versions {
		want = append(want, strconv.Quote(v.Value.Number))
	}
	if !slices.Equal(ours, want) || len(want) < 2 {
		t.Errorf("our client reads %q, the truth is %q", ours, want)
	}
}

// TestRetryAfterIsHidden: the SDK's error has no place for the time after which to ask again.
func TestRetryAfterIsHidden(t *testing.T) {
	w := newTenant(t)
	w.sim.Inject(codeartstest.APIGroups, codeartstest.Fault{Kind: codeartstest.FaultStatus, Status: 429, Code: "APIGW.0308", RetryAfter: "77"})
	_, err := w.pipeline.ShowPipelineGroupTree(&model.ShowPipelineGroupTreeRequest{ProjectId: w.truth.Projects[0].ID})
	if err == nil || !strings.Contains(err.Error(), "APIGW.0308") || strings.Contains(fmt.Sprintf("%+v", err), "77") {
		t.Errorf("the error is %+v", err)
	}
}

// TestMissingMethods: the SDK has no method for these; they are compared with the documents' examples alone.
func TestMissingMethods(t *testing.T) {
	var methods []string
	for _, client := range []any{&pipeline.CodeArtsPipelineClient{}, &check.CodeArtsCheckClient{}} {
		for i := range reflect.TypeOf(client).NumMethod() {
			methods = append(methods, reflect.TypeOf(client).Method(i).Name)
		}
	}
	for _, word := range []string{
		"OpenSource", // 4.7.3, 4.7.4, 4.8.1 and 4.8.2
		"ReviewData", // Check: Querying Tenant or Project Gate Configuration
	} {
		if i := slices.IndexFunc(methods, func(m string) bool { return strings.Contains(m, word) }); i >= 0 {
			t.Errorf("the SDK has learnt %s", methods[i])
		}
	}
	if len(methods) < 200 {
		t.Errorf("only %d methods were looked at", len(methods))
	}
}
