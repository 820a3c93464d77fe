package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"artery/cmd/internal/service"
	"artery/internal/codearts/codeartstest"
	"artery/internal/daemon"

	"golang.org/x/sync/errgroup"
)

// demoTenant is the tenant's name in the demo.
const demoTenant = "demo"

// world is what makes the demo's world the same at every start: it is kept beside the data.
type world struct {
	Seed   uint64    `json:"seed"`
	Origin time.Time `json:"origin"`
}

// runDemo watches a simulated CodeArts: 90 days of history at the first start, life from then on.
func runDemo(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	w, err := loadWorld(filepath.Join(dir, "world.json"))
	if err != nil {
		return err
	}
	logFile, err := os.OpenFile(filepath.Join(dir, "artery.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("opening the log file: %w", err)
	}
	defer logFile.Close()
	tenant := codeartstest.New(codeartstest.DemoOptions(w.Seed, w.Origin))
	l, err := listenNear("127.0.0.1:8180")
	if err != nil {
		return err
	}
	cfg, err := demoConfig(dir, "http://"+l.Addr().String(), tenant)
	if err != nil {
		return err
	}
	f := service.NewFrame(cfg, daemon.Version(version))
	f.Log = daemon.Logger(logFile, "info", "text")

	// The simulated CodeArts outlives its watchers, so that stopping makes no errors.
	simulated, stop := context.WithCancel(context.WithoutCancel(ctx))
	g, simulated := errgroup.WithContext(simulated)
	g.Go(func() error { return serve(simulated, l, tenant) })
	g.Go(func() error {
		defer stop()
		return f.Serve(ctx, cfg.Listen, func(ctx context.Context) error {
			return runStack(ctx, cfg, f, logFile, func(ctx context.Context, s *stack) error {
				return show(ctx, s, "http://"+l.Addr().String(), logFile.Name())
			})
		})
	})
	g.Go(func() error {
		return reportIncidents(simulated, "http://"+cfg.Incidents.Listen+"/v1/"+demoTenant+"/incidents", tenant.Options().Password, tenant, f.Log)
	})
	return g.Wait()
}

// loadWorld reads the world of an earlier start, or makes one.
func loadWorld(path string) (world, error) {
	var w world
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		w = world{Seed: 1, Origin: time.Now().UTC().Truncate(time.Second)}
		if text, err = json.Marshal(w); err == nil {
			err = os.WriteFile(path, append(text, '\n'), 0o644)
		}
		if err != nil {
			return w, fmt.Errorf("keeping the demo's world: %w", err)
		}
		return w, nil
	}
	if err != nil {
		return w, fmt.Errorf("reading the demo's world: %w", err)
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return w, fmt.Errorf("reading the demo's world from %s: %w (remove the data directory to start anew)", path, err)
	}
	return w, nil
}

// listenNear opens addr, or any free port when that one is taken: a demo must start beside whatever runs already.
func listenNear(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("opening an address for the demo: %w", err)
	}
	return l, nil
}

// addressNear is addr when it is free, else a free one.
func addressNear(addr string) (string, error) {
	l, err := listenNear(addr)
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// demoConfig is the configuration of the demo: that of any tenant, with limits that let 90 days in within a minute.
func demoConfig(dir, url string, tenant *codeartstest.Tenant) (service.Config, error) {
	o := tenant.Options()
	password := filepath.Join(dir, "simulated-password")
	if err := os.WriteFile(password, []byte(o.Password), 0o600); err != nil {
		return service.Config{}, fmt.Errorf("writing the simulated password: %w", err)
	}
	c := service.Default()
	c.Embedded.Dir = dir
	c.NATS.MaxBytes = 4 << 30                             // the server refuses a stream for which the disk has no room
	c.Loader.AckWait = service.Duration(10 * time.Second) // after a kill, what was not acknowledged comes again soon
	c.Incidents = service.IncidentsConfig{Listen: "127.0.0.1:9465", Token: service.Secret{File: password}}
	for _, a := range []*string{&c.Listen, &c.Incidents.Listen, &c.Embedded.NATS, &c.Embedded.ClickHouse} {
		near, err := addressNear(*a)
		if err != nil {
			return c, err
		}
		*a = near
	}
	c.Tenants = []service.TenantConfig{{
		Name: demoTenant, Region: o.Region, DomainID: tenant.World().TenantID(), Zone: "+08:00", Projects: service.ProjectsConfig{Discover: "true"},
		Endpoints: service.EndpointsConfig{IAM: url, Pipeline: url, Build: url, Check: url, Repo: url, Projectman: url},
		Auth: service.AuthConfig{Password: &service.PasswordConfig{
			User: o.User, Password: service.Secret{File: password}, Domain: o.Domain, Project: o.Region,
		}},
		BuildDomains: []string{}, // all that the account may see
		Limits:       service.LimitsConfig{PerSecond: 280, Tenant: 600},
		Logs:         service.LogsConfig{Mask: []string{codeartstest.VendorKey + "[0-9a-f]+"}},
		Schedules: map[string]string{
			"pipelines": "@every 20s", "active": "@every 5s", "gates": "@every 30s", "tenant_gate": "@every 30s", "repositories": "@every 1m",
			"projects": "@every 20s", "pipeline_groups": "@every 1m", "build_groups": "@every 1m",
			"rules": "@every 30s", "rule_sets": "@every 30s", "project_rule_sets": "@every 30s", "open_source": "@every 30s", "project_open_source": "@every 30s",
			"commits": "@every 30s",
		},
	}}
	c.Complete()
	return c, nil
}
