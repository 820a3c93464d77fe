package codearts

import (
	"net/http"
	"strings"
	"testing"
)

func TestRefusedOptions(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"two kinds of auth", func(o *Options) { o.Auth.Password = &PasswordAuth{} }, "both password and keys"},
		{"no secret key", func(o *Options) { o.Auth.Keys.SecretKey = Secret{} }, "needs an access key and a secret key"},
		{"no domain", func(o *Options) { *o = passwordOptions(); o.Auth.Password.Domain = "" }, "needs user, password, domain"},
		{"no IAM for a password", func(o *Options) { *o = passwordOptions(); o.Endpoints.IAM = "" }, "endpoint iam: is missing"},
		{"not a URL", func(o *Options) { o.Endpoints.Build = "https://%zz" }, "endpoint build: is not a URL"},
		{"query", func(o *Options) { o.Endpoints.Build = "https://h.example.test/?a=b" }, "endpoint build: holds a query"},
		{"rate of zero", func(o *Options) { o.Limits.PerAPI = map[string]float64{"RunDetail": 0} }, "rate of RunDetail must be above 0"},
	} {
		o := keyOptions()
		tt.change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestKeysNeedNoIAM(t *testing.T) {
	o := keyOptions()
	o.Endpoints.IAM = ""
	if _, err := New(o); err != nil {
		t.Error(err)
	}
}

// A gateway may serve CodeArts below a path of its own.
func TestEndpointWithPath(t *testing.T) {
	for _, base := range []string{"https://gateway.example.test/codearts", "https://gateway.example.test/codearts/"} {
		o := keyOptions()
		o.Endpoints.Build = base
		var asked string
		c := newTestClient(t, o, func(req *http.Request, _ string) *http.Response {
			asked = req.URL.String()
			return reply(200, `{"status":"success","result":[]}`)
		})
		if _, err := c.BuildGroups(t.Context(), "a/b"); err != nil {
			t.Fatal(err)
		}
		if want := "https://gateway.example.test/codearts/v1/job/a%2Fb/group/tree"; asked != want {
			t.Errorf("asked %s, want %s", asked, want)
		}
	}
}

func TestAPIs(t *testing.T) {
	want := "Pipelines PipelineStatuses PipelineRuns RunDetail StepLog PipelineGroups Repositories Commit Comparison TenantGate ProjectGate BuildTenants BuildGroups " +
		"PipelineTemplates PipelineTemplate Rules Rule RuleSets RuleSet ProjectRuleSets ProjectRuleSet " +
		"OpenSourceRuleSets OpenSourceRuleSet ProjectOpenSourceRuleSets ProjectOpenSourceRuleSet Projects IAMProjects " +
		"Publishers AvailablePublishers PublisherDetails StagePlugins OptionalPlugins Plugins PluginVersions PluginVersion PluginVersionNumbers " +
		"PluginMetrics PluginInputs PluginOutputs BasicPlugins BasicPlugin"
	if got := strings.Join(APIs(), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
