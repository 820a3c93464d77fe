package pollers

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/http"
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

// The flags of `make fleet`, which watches simulated fleets for weeks on a fake clock.
var (
	fleetSizes = flag.String("fleet", "100", "numbers of pipelines of the simulated fleets, joined by commas")
	fleetDays  = flag.Float64("fleet-days", 0.25, "days that each of them is watched")
)

// TestFleet watches simulated fleets as a collector does, and reports what it costs and what it sees.
//
// A run that is retried under its own id after it was over, while a newer run exists, is not held against it before
// reconcile has looked again.
func TestFleet(t *testing.T) {
	var report []string
	for text := range strings.SplitSeq(*fleetSizes, ",") {
		size, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(text, func(t *testing.T) {
			began := time.Now()
			synctest.Test(t, func(t *testing.T) { report = append(report, watchFleet(t, size)) })
			t.Logf("took %s", time.Since(began).Round(time.Second))
		})
	}
	t.Log("\n" + strings.Join(report, "\n"))
}

// fleetLog is a log that remembers when each run was first seen, and when its present state was.
type fleetLog struct {
	*streamtest.Memory
	mu   sync.Mutex
	seen map[string]sighting // by run
}

type sighting struct {
	first, last time.Time
	mark        events.Mark
}

func (l *fleetLog) Append(ctx context.Context, b events.Batch) (uint64, error) {
	seq, err := l.Memory.Append(ctx, b)
	if err != nil {
		return seq, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range b.Events {
		if e.Key.Kind != events.Run {
			continue
		}
		s, known := l.seen[e.Key.ID]
		if !known {
			s.first = e.At
		}
		if s.mark != e.Mark {
			s.last, s.mark = e.At, e.Mark
		}
		l.seen[e.Key.ID] = s
	}
	return seq, nil
}

// perTenant is the most pipelines that CodeArts lets a tenant have.
const perTenant = 5000

// projectsOf is a usual number of projects of so many pipelines: the larger the tenant, the larger its projects.
func projectsOf(pipelines int) int {
	if pipelines > 1000 {
		return pipelines / 200
	}
	return max(2, pipelines/100)
}

func watchFleet(t *testing.T, size int) string {
	origin := time.Now()
	days := time.Duration(*fleetDays * 24 * float64(time.Hour))
	log := &fleetLog{Memory: streamtest.NewMemory(), seen: map[string]sighting{}}
	log.Forgetful = true
	calls := map[string]int{}
	var mu sync.Mutex
	var tenants []Tenant
	var sims []*codeartstest.Tenant
	for left := size; left > 0; left -= perTenant {
		n := min(left, perTenant)
		sim := codeartstest.New(codeartstest.Options{
			Seed: uint64(len(sims) + 1), Origin: origin, History: 24 * time.Hour, Projects: projectsOf(n), Pipelines: n,
			RunsPerDay: 6 * float64(n), LiveRunsPerHour: 6 * float64(n) / 24,
		})
		o := sim.Options()
		name := fmt.Sprint("tenant-", len(sims))
		api, err := codearts.New(codearts.Options{
			Tenant: name, Region: o.Region,
			Endpoints:  codearts.Endpoints{IAM: "http://iam.test", Pipeline: "http://pipeline.test", Build: "http://build.test", Check: "http://check.test", Repo: "http://repo.test"},
			Auth:       codearts.Auth{Password: &codearts.PasswordAuth{User: o.User, Password: codearts.NewSecret(o.Password), Domain: o.Domain, Project: o.Region}},
			Limits:     codearts.Limits{PerSecond: 10, Tenant: 50},
			HTTPClient: &http.Client{Transport: direct{sim}},
			Observe: func(c codearts.Call) {
				mu.Lock()
				defer mu.Unlock()
				calls[c.API]++
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		sims = append(sims, sim)
		tenants = append(tenants, Tenant{
			Name: name, Region: o.Region, DomainID: sim.World().TenantID(), Projects: Projects{IDs: sim.World().ProjectIDs()},
			BuildDomains: []string{sim.World().TenantID()}, Zone: "+08:00", API: api, Schedules: map[string]string{"projects": Off, "iam_projects": Off},
		})
	}
	n := ids{name: "poll"}
	c := New(Options{Log: log, Tenants: tenants, Now: time.Now, NewID: n.next, Slog: silent, Metrics: NewMetrics(prometheus.NewRegistry(), "test")})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	time.Sleep(days)
	end := time.Now()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}

	var news, ends []time.Duration
	lost, wrong, runs := 0, 0, 0
	for _, sim := range sims {
		for _, r := range sim.Truth(end).Runs {
			if r.Start.After(end.Add(-time.Minute)) || r.End.After(end.Add(-time.Minute)) {
				continue // not to be known yet
			}
			runs++
			s, ok := log.seen[r.ID]
			if !ok {
				lost++
				continue
			}
			if !r.Start.Before(origin.Add(time.Minute)) {
				news = append(news, s.first.Sub(r.Start))
			}
			if !r.End.IsZero() && terminal(r.Status) && r.End.After(origin.Add(time.Minute)) {
				if s.mark.Status != r.Status || s.mark.To != r.End.UnixMilli() {
					if r.Tries == 1 { // what was retried under its own id is found by reconcile
						wrong++
					}
					continue
				}
				if s.first.Before(r.End) { // else its being new is late, not its end
					ends = append(ends, s.last.Sub(r.End))
				}
			}
		}
	}
	if lost+wrong > 0 || quantile(news, 1) > time.Minute {
		t.Errorf("%d runs are lost, %d wrong, a new run was seen after %s", lost, wrong, quantile(news, 1))
	}
	minutes := days.Minutes()
	rate := func(apis ...string) (sum float64) {
		for _, a := range apis {
			sum += float64(calls[a])
		}
		return sum / minutes
	}
	naive := float64(size) * 4
	plan := rate("Pipelines", "PipelineStatuses", "PipelineRuns")
	return fmt.Sprintf("pipelines %6d  days %4.2f  runs %7d  lost %d  wrong %d  new p50 %s p99 %s max %s  end p50 %s p99 %s max %s  list %.1f active %.1f records %.1f detail %.1f other %.1f /min  1/%.0f of naive",
		size, *fleetDays, runs, lost, wrong, quantile(news, .5), quantile(news, .99), quantile(news, 1), quantile(ends, .5), quantile(ends, .99), quantile(ends, 1),
		rate("Pipelines"), rate("PipelineStatuses"), rate("PipelineRuns"), rate("RunDetail"), total(calls)/minutes-plan-rate("RunDetail"), naive/plan)
}

func total(calls map[string]int) (sum float64) {
	for _, n := range calls {
		sum += float64(n)
	}
	return sum
}

func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.SortFunc(d, cmp.Compare)
	return d[min(len(d)-1, int(q*float64(len(d))))].Round(100 * time.Millisecond)
}
