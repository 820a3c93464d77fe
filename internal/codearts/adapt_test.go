package codearts_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/codearts"
	"artery/internal/codearts/codeartstest"
)

// refusals hands calls to a simulated tenant without a network and notes which ones are above its limits.
type refusals struct {
	tenant *codeartstest.Tenant
	mu     sync.Mutex
	at     []time.Time
	calls  int
}

func (r *refusals) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		req.Body = http.NoBody
	}
	time.Sleep(20 * time.Millisecond) // of the way
	w := httptest.NewRecorder()
	r.tenant.ServeHTTP(w, req)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if w.Code == http.StatusTooManyRequests {
		r.at = append(r.at, time.Now())
	}
	return w.Result(), nil
}

// refused tells how many calls were above the limits, and when the last of them was.
func (r *refusals) refused() (n int, last time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n = len(r.at); n > 0 {
		last = r.at[n-1]
	}
	return n, last
}

// A back-fill uses all that the server gives, far less than what is configured, while open runs are looked at every 15
// seconds by the same API. The client learns the limit, keeps below it, finds out when it has risen, and the open runs
// never wait.
func TestAdaptsToTheLimitsOfTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		o := codeartstest.TestOptions(1, origin)
		o.Now = func() time.Time { return origin.Add(time.Since(start)) }
		o.RecordRequests = false
		o.Limits = map[codeartstest.API]codeartstest.Limit{codeartstest.APIGroups: {PerSecond: 2, Burst: 2}}
		r := &refusals{tenant: codeartstest.New(o)}
		o = r.tenant.Options()
		client, err := codearts.New(codearts.Options{
			Tenant:    "acme",
			Endpoints: codearts.Endpoints{IAM: "http://iam.test", Pipeline: "http://pipeline.test", Build: "http://build.test", Check: "http://check.test", Repo: "http://repo.test", Projectman: "http://projectman.test"},
			Auth:      codearts.Auth{Keys: &codearts.KeyAuth{AccessKey: o.AccessKey, SecretKey: codearts.NewSecret(o.SecretKey)}},
			Limits:    codearts.Limits{PerSecond: 10}, HTTPClient: &http.Client{Transport: r}, Now: o.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		project := r.tenant.World().ProjectIDs()[0]
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 40 { // the back-fill: thousands of calls that are all due
			wg.Go(func() {
				for ctx.Err() == nil {
					if _, err := client.As(codearts.PriorityBackfill).PipelineGroups(ctx, project); err != nil && ctx.Err() == nil {
						t.Error(err)
					}
				}
			})
		}
		var slowest time.Duration
		adapted := make(chan struct{})
		wg.Go(func() { // the open runs
			for ctx.Err() == nil {
				asked := time.Now()
				if _, err := client.As(codearts.PriorityOpenRuns).PipelineGroups(ctx, project); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				select {
				case <-adapted:
					slowest = max(slowest, time.Since(asked))
				default:
				}
				select {
				case <-ctx.Done():
				case <-time.After(15*time.Second - time.Since(asked)):
				}
			}
		})
		rate := func() float64 { return client.Budgets()[1].Present }

		time.Sleep(9 * time.Minute)
		close(adapted)
		first, learned := r.refused()
		if first == 0 || first > 15 {
			t.Errorf("%d calls were refused until the limit was known", first)
		}
		if got := rate(); got < 1.4 || got > 2 {
			t.Errorf("the rate is %v under a limit of 2", got)
		}
		time.Sleep(time.Until(learned.Add(10 * time.Minute)))
		if n, _ := r.refused(); n > first {
			t.Errorf("%d calls above the limit within ten minutes after it was known", n-first)
		}
		time.Sleep(2 * time.Hour)
		trials, _ := r.refused()
		if trials -= first; trials > 4 { // after 10, 20, 40 and 80 minutes
			t.Errorf("%d calls above the limit in two hours of trials", trials)
		}
		r.tenant.SetLimit(codeartstest.APIGroups, codeartstest.Limit{PerSecond: 100, Burst: 100})
		rose := time.Now()
		for rate() < 10 && time.Since(rose) < 4*time.Hour {
			time.Sleep(time.Minute)
		}
		if got := rate(); got != 10 {
			t.Errorf("%s after the limit rose the rate is %v, want the configured 10", time.Since(rose), got)
		}
		stop()
		wg.Wait()
		if slowest > 5*time.Second {
			t.Errorf("a look at the open runs took %s beside the back-fill", slowest)
		}
		t.Logf("%d calls, %d refused (%d until the limit was known, %d in trials), the rise was found after %s, slowest look at open runs %s", r.calls, len(r.at), first, trials, time.Since(rose), slowest)
	})
}
