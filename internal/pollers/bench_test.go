package pollers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"artery/internal/codearts"
	"artery/internal/stream/streamtest"

	"github.com/prometheus/client_golang/prometheus"
)

// served answers requests with pages of a list of pipelines, by what the request says of its offset.
type served struct{ pages map[string][]byte }

// pipelinePages are n pipelines with a latest run each, as Pipeline API 4.2.4 shows them, 100 on a page. In each state some
// rows of 100 are another one's.
func pipelinePages(n, state, changed int) map[string][]byte {
	out := map[string][]byte{}
	for from := 0; from < n; from += 100 {
		var rows []string
		for i := from; i < from+100; i++ {
			seen := 0
			if i%100 < changed {
				seen = state
			}
			row := strings.NewReplacer("@pipeline", fmt.Sprintf("%032x", i), "@run", fmt.Sprintf("%032x", n+i), "@state", fmt.Sprint(seen))
			rows = append(rows, row.Replace(benchRow))
		}
		out[fmt.Sprintf(`"offset":%d,`, from)] = fmt.Appendf(nil, `{"offset":%d,"limit":100,"total":%d,"pipelines":[%s]}`, from, n, strings.Join(rows, ","))
	}
	return out
}

const benchProject = "54f90b75fc1447b1b65e8d3a9f77923d"

const benchRow = `{"pipeline_id":"@pipeline","name":"pipeline","project_id":"` + benchProject + `","project_name":"shop","component_id":null,` +
	`"is_publish":false,"is_collect":false,"manifest_version":"3.0","create_time":1677830965000,"convert_sign":0,"latest_run":{"pipeline_id":"@pipeline","pipeline_run_id":"@run","executor_id":"847a5317086c41798469d0868535943a","executor_name":"builder",` +
	`"stage_status_list":[{"id":null,"name":"build","sequence":0,"status":"COMPLETED","start_time":"2023-03-04 16:48:09","end_time":"2023-03-04 16:50:11"},` +
	`{"id":null,"name":"deploy","sequence":1,"status":"FAILED","start_time":"2023-03-04 16:50:11","end_time":"2023-03-04 16:51:02"}],"status":"FAILED",` +
	`"run_number":2,"trigger_type":"Manual","build_params":{"action":null,"build_type":"branch","commit_id":"fc93c34f906aeb1cc031e3f6f8b2baeac078ae4b",` +
	`"event_type":"Manual","merge_id":null,"message":"state @state","source_branch":null,"tag":null,"target_branch":"main","codehub_id":"2111699716"},` +
	`"artifact_params":null,"start_time":1677919688000,"end_time":1677919862000,"modify_url":"https://example.com/edit","detail_url":"https://example.com/view"}}`

func (s *served) RoundTrip(req *http.Request) (*http.Response, error) {
	asked, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	for offset, body := range s.pages {
		if bytes.Contains(asked, []byte(offset)) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body))}, nil
		}
	}
	return nil, fmt.Errorf("no page for %s", asked)
}

// cpu is the time that this process has computed: a busy machine lengthens everything else.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSweep walks a list of 2,000 pipelines, from the request to the log, when nothing has changed and when 2 of 100 runs
// have, and decodes the same answers as encoding/json does into maps. Its figures are computing time and allocations of a row.
func BenchmarkSweep(b *testing.B) {
	const rows = 2000
	perRow := func(b *testing.B, f func(i int)) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := cpu(b)
		for i := 0; b.Loop(); i++ {
			f(i)
		}
		spent := cpu(b) - began
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(spent)/rows/float64(b.N), "ns-cpu/row")
		b.ReportMetric(float64(after.Mallocs-before.Mallocs)/rows/float64(b.N), "allocs/row")
		b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/rows/float64(b.N), "B/row")
	}
	for _, changed := range []int{0, 2} {
		b.Run(fmt.Sprintf("changed=%d%%", changed), func(b *testing.B) {
			states := []map[string][]byte{pipelinePages(rows, 0, changed), pipelinePages(rows, 1, changed)}
			list := &served{}
			log := streamtest.NewMemory()
			log.Forgetful = true
			c := New(Options{
				Log: log, Now: time.Now, NewID: (&ids{name: "poll"}).next, Slog: silent, Metrics: NewMetrics(prometheus.NewRegistry(), "test"),
				Tenants: []Tenant{{Name: "acme", Projects: Projects{IDs: []string{benchProject}}, API: list.client(b)}},
			})
			job := c.hands()[0].jobsOf("pipelines")[0]
			sweep := func(i int) {
				list.pages = states[i%2]
				if err := c.poll(b.Context(), job); err != nil {
					b.Fatal(err)
				}
			}
			sweep(1)
			perRow(b, sweep)
			st, err := log.Restore(b.Context(), "acme", benchProject)
			if least := uint64(b.N * rows / 100 * changed); err != nil || st.Heads.Len() != 2*rows || st.PollSeq < least {
				b.Fatalf("%d heads, the last round is at %d, of at least %d changes: %v", st.Heads.Len(), st.PollSeq, least, err)
			}
		})
	}
	b.Run("decoding", func(b *testing.B) {
		bodies := pipelinePages(rows, 0, 0)
		perRow(b, func(int) {
			for _, body := range bodies {
				var page struct{ Pipelines []map[string]any }
				if err := json.Unmarshal(body, &page); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// client reads what is served, without limits.
func (s *served) client(t testing.TB) *codearts.Client {
	api, err := codearts.New(codearts.Options{
		Tenant: "acme", Region: "r", HTTPClient: &http.Client{Transport: s}, Limits: codearts.Limits{PerSecond: 1e6, Tenant: 1e6, Burst: 1e6},
		Endpoints: codearts.Endpoints{Pipeline: "http://pipeline.test", Build: "http://build.test", Check: "http://check.test", Repo: "http://repo.test"},
		Auth:      codearts.Auth{Keys: &codearts.KeyAuth{AccessKey: "id", SecretKey: codearts.NewSecret("key")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return api
}
