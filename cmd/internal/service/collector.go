package service

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"artery/internal/codearts"
	"artery/internal/daemon"
	"artery/internal/events"
	"artery/internal/fleet"
	"artery/internal/pollers"
	"artery/internal/schema"

	"github.com/nats-io/nuid"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// Collector is the collecting service, ready to run.
type Collector struct {
	*pollers.Collector
	member    *fleet.Member // nil for the only collector
	tenants   []string
	incidents *daemon.Server // nil if there is no endpoint for them
	close     func()
}

// NewCollector connects to NATS and makes the collector. It waits for a server that is not there yet.
func NewCollector(ctx context.Context, c Config, f Frame) (*Collector, error) {
	tenants, err := newTenants(c, f)
	if err != nil {
		return nil, err
	}
	nc, log, err := openLog(ctx, c.NATS, "artery-collector", f)
	if err != nil {
		return nil, err
	}
	collector := &Collector{
		Collector: pollers.New(pollers.Options{
			Log: log, Tenants: tenants, Now: time.Now, NewID: nuid.Next, Slog: f.Log, Metrics: pollers.NewMetrics(f.Registry, f.Version),
		}),
		close: nc.Close,
	}
	for _, t := range tenants {
		collector.tenants = append(collector.tenants, t.Name)
	}
	if collector.incidents, err = newIncidents(c, collector.Collector, f); err != nil {
		nc.Close()
		return nil, err
	}
	if c.Collector.Lease != 0 {
		metrics := fleet.NewMetrics(f.Registry)
		err = f.persist(ctx, "fleet", func() (err error) {
			collector.member, err = fleet.Join(ctx, nc, fleet.Options{
				ID: nuid.Next(), Term: time.Duration(c.Collector.Lease), Replicas: c.NATS.Replicas, Log: f.Log, Metrics: metrics,
			})
			return unlessLost(err)
		})
		if err != nil {
			nc.Close()
			return nil, err
		}
	}
	return collector, nil
}

// Run polls until ctx ends: every tenant, or those that are this collector's share. Incidents are taken of every tenant,
// whoever polls it.
func (c *Collector) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return c.poll(ctx) })
	if c.incidents != nil {
		g.Go(func() error { return c.incidents.Run(ctx) })
	}
	return g.Wait()
}

func (c *Collector) poll(ctx context.Context) error {
	if c.member == nil {
		return c.Collector.Run(ctx)
	}
	return c.member.Run(ctx, c.tenants, c.RunTenant)
}

// Close ends the connection; Run must have returned.
func (c *Collector) Close() { c.close() }

func newTenants(c Config, f Frame) ([]pollers.Tenant, error) {
	calls := newCallMetrics(f.Registry)
	var out []pollers.Tenant
	for _, t := range c.Tenants {
		api, err := newClient(t, f, calls)
		if err != nil {
			return nil, err
		}
		logs, err := t.Logs.logs()
		if err != nil {
			return nil, fmt.Errorf("reading the patterns of logs.mask of tenant %s: %w", t.Name, err)
		}
		selects, err := c.Deployments.RuleSet().Selector(t.Name)
		if err != nil {
			return nil, err
		}
		f.Registry.MustRegister(clockSkew(t.Name, api))
		out = append(out, pollers.Tenant{
			Name: t.Name, Region: t.Region, DomainID: t.DomainID, Projects: t.Projects.choice(), BuildDomains: t.BuildDomains,
			Zone: t.Zone, API: api, Schedules: t.schedules(), Confirmed: t.ConfirmDeletions, Jitter: t.jitter(),
			Freshness: t.Freshness.objectives(), Depth: t.Depth.depth(), Logs: logs,
			Prefers: func(f pollers.RunFacts) bool { return selects(schema.RunFacts(f)) },
		})
	}
	return out, nil
}

func newClient(t TenantConfig, f Frame, calls callMetrics) (*codearts.Client, error) {
	auth, err := t.Auth.read()
	if err != nil {
		return nil, fmt.Errorf("reading the credentials of tenant %s: %w", t.Name, err)
	}
	api, err := codearts.New(codearts.Options{
		Tenant: t.Name, Region: t.Region, Auth: auth, Version: f.Version, Log: f.Log, Redact: events.RedactBytes,
		Endpoints: codearts.Endpoints{
			IAM: t.Endpoints.IAM, Pipeline: t.Endpoints.Pipeline, Build: t.Endpoints.Build, Check: t.Endpoints.Check, Repo: t.Endpoints.Repo,
			Projectman: t.Endpoints.Projectman,
		},
		Limits:  codearts.Limits{PerSecond: t.Limits.PerSecond, PerAPI: t.Limits.PerAPI, Tenant: t.Limits.Tenant},
		Observe: calls.observer(t.Name),
	})
	if err != nil {
		return nil, fmt.Errorf("making the client of tenant %s: %w", t.Name, err)
	}
	calls.budgets.add(t.Name, api)
	return api, nil
}

func (a AuthConfig) read() (codearts.Auth, error) {
	read := func(s Secret, err *error) codearts.Secret {
		text, e := s.Read()
		if e != nil {
			*err = e
		}
		return codearts.NewSecret(text)
	}
	var err error
	if p := a.Password; p != nil {
		return codearts.Auth{Password: &codearts.PasswordAuth{User: p.User, Password: read(p.Password, &err), Domain: p.Domain, Project: p.Project}}, err
	}
	k := a.Keys
	access, err := k.AccessKey.Read()
	return codearts.Auth{Keys: &codearts.KeyAuth{
		AccessKey: access, SecretKey: read(k.SecretKey, &err), SecurityToken: read(k.SecurityToken, &err),
		ProjectID: k.ProjectID, DomainID: k.DomainID,
	}}, err
}

// clockSkew is the metric of a tenant's clock, NaN before the first answer.
func clockSkew(tenant string, api *codearts.Client) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "artery_clock_skew_seconds", Help: "CodeArts' clock minus this machine's; from 900 on signed calls are refused.",
		ConstLabels: prometheus.Labels{"tenant": tenant},
	}, func() float64 {
		skew, known := api.ClockSkew()
		if !known {
			return math.NaN()
		}
		return skew.Seconds()
	})
}

// callMetrics count the calls to CodeArts.
type callMetrics struct {
	calls    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	budgets  *budgets
}

func newCallMetrics(r prometheus.Registerer) callMetrics {
	m := callMetrics{
		calls:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "artery_api_calls_total", Help: "HTTP exchanges with CodeArts."}, []string{"tenant", "api", "status", "class"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "artery_api_seconds", Help: "Duration of an exchange.", Buckets: prometheus.ExponentialBuckets(0.005, 4, 7)}, []string{"api"}),
		budgets:  newBudgets(),
	}
	r.MustRegister(m.calls, m.duration, m.budgets)
	return m
}

func (m callMetrics) observer(tenant string) func(codearts.Call) {
	return func(c codearts.Call) {
		m.calls.WithLabelValues(tenant, c.API, strconv.Itoa(c.Status), string(c.Class)).Inc()
		m.duration.WithLabelValues(c.API).Observe(c.Duration.Seconds())
	}
}
