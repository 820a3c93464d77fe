package oracle

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"

	sdk "github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	build "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3"
	pipeline "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartspipeline/v2"
	repo "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsrepo/v4"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	projectman "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/projectman/v4"
)

// The SDK writes an id of its own into the home directory.
func TestMain(m *testing.M) {
	home, err := os.MkdirTemp("", "oracle")
	if err != nil {
		panic(err)
	}
	os.Setenv("HOME", home)
	code := m.Run()
	os.RemoveAll(home)
	os.Exit(code)
}

// tenant is a simulated tenant whose clock stands at the present, and the SDK's clients of it. Every call is signed by the
// SDK, and the simulator verifies the signature.
type tenant struct {
	*testing.T
	sim   *codeartstest.Tenant
	truth codeartstest.Truth
	url   string

	pipeline   *pipeline.CodeArtsPipelineClient
	build      *build.CodeArtsBuildClient
	repo       *repo.CodeArtsRepoClient
	iam        *iam.IamClient
	projectman *projectman.ProjectManClient
}

func newTenant(t *testing.T, quirks ...codeartstest.Quirk) *tenant {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	world := func(seed uint64) *codeartstest.Tenant {
		o := codeartstest.TestOptions(seed, now)
		o.Quirks = quirks
		return codeartstest.New(o)
	}
	sim := world(1)
	for seed := uint64(2); !losesLogs(sim.Truth(now)); seed++ { // which steps fail depends on the time at which the world begins
		sim = world(seed)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	o := sim.Options()
	w := &tenant{T: t, sim: sim, truth: sim.Truth(now), url: server.URL}
	regional, err := basic.NewCredentialsBuilder().WithAk(o.AccessKey).WithSk(o.SecretKey).WithProjectId("an-iam-project").SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := global.NewCredentialsBuilder().WithAk(o.AccessKey).WithSk(o.SecretKey).WithDomainId(w.truth.TenantID).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	w.pipeline = pipeline.NewCodeArtsPipelineClient(w.client(pipeline.CodeArtsPipelineClientBuilder(), regional))
	w.build = build.NewCodeArtsBuildClient(w.client(build.CodeArtsBuildClientBuilder(), regional))
	w.repo = repo.NewCodeArtsRepoClient(w.client(repo.CodeArtsRepoClientBuilder(), regional))
	w.iam = iam.NewIamClient(w.client(iam.IamClientBuilder(), whole))
	w.projectman = projectman.NewProjectManClient(w.client(projectman.ProjectManClientBuilder(), regional))
	return w
}

// losesLogs tells whether CodeArts has lost the log of a failed step.
func losesLogs(truth codeartstest.Truth) bool {
	return slices.ContainsFunc(truth.Steps, func(s codeartstest.StepTruth) bool {
		return s.Status == codeartstest.StatusFailed && truth.StepLog(s).Gone
	})
}

func (w *tenant) client(b *sdk.HcHttpClientBuilder, credential auth.ICredential) *sdk.HcHttpClient {
	w.Helper()
	c, err := b.WithEndpoints([]string{w.url}).WithCredential(credential).SafeBuild()
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// object is what the SDK has decoded, as JSON again: what it does not know is gone, and so is null.
type object = map[string]any

// again writes a decoded answer as JSON and reads it without the SDK's types.
func again[T any](w *tenant, v any) (out T) {
	w.Helper()
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// must stops at an error of the SDK.
func must[T any](w *tenant, v T, err error) T {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	return v
}

// walk reads a list page by page and checks its total. rows are the SDK's.
func (w *tenant) walk(what string, want, limit int, page func(offset, limit int) (rows any, total int)) []object {
	w.Helper()
	var all []object
	for {
		rows, total := page(len(all), limit)
		got := again[[]object](w, rows)
		if total != want || len(got) != min(limit, want-len(all)) {
			w.Fatalf("%s: %d rows of %d at %d, the truth has %d", what, len(got), total, len(all), want)
		}
		if all = append(all, got...); len(all) >= total {
			return all
		}
	}
}

// byKey indexes rows by a field, which must be unique.
func (w *tenant) byKey(rows []object, key string) map[string]object {
	w.Helper()
	found := map[string]object{}
	for _, row := range rows {
		id, _ := row[key].(string)
		if found[id] != nil {
			w.Errorf("%s %q came twice", key, id)
		}
		found[id] = row
	}
	return found
}

// equal compares the fields of a row with the truth. A zero time and nil are null, which the SDK does not tell from absent.
func (w *tenant) equal(what string, row, want object) {
	w.Helper()
	for key, value := range want {
		switch v := value.(type) {
		case time.Time:
			value = nil
			if !v.IsZero() {
				value = float64(v.UnixMilli())
			}
		case int:
			value = float64(v)
		case int64:
			value = float64(v)
		}
		if got := row[key]; !reflect.DeepEqual(got, value) {
			w.Errorf("%s: the SDK reads %s as %v, the truth is %v", what, key, got, value)
		}
	}
}

// orNil is an empty text as null.
func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func to[T any](v T) *T { return &v }
