package oracle

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts"
	"artery/internal/codearts/codeartstest"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
	pipeline "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartspipeline/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartspipeline/v2/model"
)

const accessKey, secretKey = "AKORACLE", "SK oracle/+="

// signedBySDK is the Authorization header that the SDK's signer gives to a request which has arrived: over the same headers
// as the one that it carries.
func signedBySDK(t *testing.T, r *http.Request, body []byte) string {
	b := request.NewHttpRequestBuilder().WithMethod(r.Method).WithEndpoint("http://" + r.Host).WithPath(r.URL.Path)
	for key, values := range r.URL.Query() {
		b.AddQueryParam(key, reflect.ValueOf(values))
	}
	_, signed, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	signed, _, _ = strings.Cut(signed, ",")
	for name := range strings.SplitSeq(signed, ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		b.AddHeaderParam(http.CanonicalHeaderKey(name), value)
	}
	if len(body) > 0 {
		text := string(body) // the SDK signs a text as it is
		b.WithBody("body", &text)
	}
	header, err := signer.Sign(b.Build(), accessKey, secretKey)
	if err != nil {
		t.Fatal(err)
	}
	return header["Authorization"]
}

// texts draws ids and names as wild as an address may hold.
func texts(rng *rand.Rand) func() string {
	letters := []rune("abcXYZ019-_.~ %+&=?#:;,'\"()*!@$[]{}|\\<>^`äß流水线🚀")
	return func() string {
		text := make([]rune, 1+rng.IntN(24))
		for i := range text {
			text[i] = letters[rng.IntN(len(letters))]
		}
		return "x" + string(text)
	}
}

// TestOurSignatures: whatever the product's client signs, the SDK's signer signs in the same way.
func TestOurSignatures(t *testing.T) {
	compared := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if got, want := r.Header.Get("Authorization"), signedBySDK(t, r, body); got != want {
			t.Errorf("%s %s %s\nwe sign %s\nthe SDK %s", r.Method, r.URL, body, got, want)
		}
		compared[r.Method]++
		w.Write([]byte(`{"total":0,"status":"success"}`))
	}))
	defer server.Close()
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 1))
		text := texts(rng)
		keys := codearts.KeyAuth{AccessKey: accessKey, SecretKey: codearts.NewSecret(secretKey)}
		if rng.IntN(2) == 0 {
			keys.SecurityToken, keys.ProjectID = codearts.NewSecret("token-"+strings.Repeat("Ab9+/=", 30)), "an-iam-project"
		}
		if rng.IntN(2) == 0 {
			keys.DomainID = "a-domain"
		}
		c, err := codearts.New(codearts.Options{
			Endpoints: codearts.Endpoints{Pipeline: server.URL, Build: server.URL, Check: server.URL, Repo: server.URL},
			Auth:      codearts.Auth{Keys: &keys}, Limits: codearts.Limits{PerSecond: 1e6, Burst: 1000},
			Now: func() time.Time { return time.Unix(1e9+rng.Int64N(1e9), 0) },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		// The answers do not matter, the requests do.
		c.RunDetail(ctx, text(), text(), text()+"/"+text())
		c.PipelineStatuses(ctx, text(), []string{text(), text()})
		c.ProjectGate(ctx, text()+"/"+text())
		for range c.PipelineRuns(ctx, text(), text(), codearts.Window{Status: []string{text()}, From: time.Unix(rng.Int64N(1e9), 0)}) {
		}
		for range c.Rules(ctx, text()) {
		}
		for range c.Repositories(ctx) {
		}
	}
	if compared["GET"] < 150 || compared["POST"] < 70 {
		t.Errorf("only %v requests were compared", compared)
	}
}

// TestTheirSignatures: the simulator takes what the SDK signs with temporary keys too, and refuses it once it was changed.
func TestTheirSignatures(t *testing.T) {
	w := newTenant(t)
	o := w.sim.Options()
	credential := basic.NewCredentialsBuilder().WithAk(o.AccessKey).WithSk(o.SecretKey).WithProjectId("an-iam-project").WithSecurityToken("a-security-token")
	good, err := credential.SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := basic.NewCredentialsBuilder().WithAk(o.AccessKey).WithSk("another").WithProjectId("an-iam-project").SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	project := w.truth.Projects[0].ID
	question := &model.ShowPipelineGroupTreeRequest{ProjectId: project}
	if _, err := pipeline.NewCodeArtsPipelineClient(w.client(pipeline.CodeArtsPipelineClientBuilder(), good)).ShowPipelineGroupTree(question); err != nil {
		t.Errorf("temporary keys: %v", err)
	}
	if _, err := pipeline.NewCodeArtsPipelineClient(w.client(pipeline.CodeArtsPipelineClientBuilder(), wrong)).ShowPipelineGroupTree(question); err == nil || !strings.Contains(err.Error(), "APIGW.0301") {
		t.Errorf("a wrong secret key: %v", err)
	}
	w = newTenant(t, codeartstest.QuirkSkew)
	if _, err := w.pipeline.ShowPipelineGroupTree(question); err == nil || !strings.Contains(err.Error(), "APIGW.0303") {
		t.Errorf("a clock that is 20 minutes off: %v", err)
	}
}
