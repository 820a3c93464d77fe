package service

import (
	"fmt"
	"time"

	"artery/internal/daemon"
	"artery/internal/incidents"
	"artery/internal/pollers"
)

// IncidentsConfig is the endpoint to which incidents are reported.
type IncidentsConfig struct {
	// Listen is its address, on every collector. Default "": there is none.
	Listen string `yaml:"listen"`
	// Token is what every request has to bear.
	Token Secret `yaml:"token"`
}

// AlertLabelsConfig says which labels of an alert name what an incident needs, the first that the alert has.
type AlertLabelsConfig struct {
	Service     []string `yaml:"service"`     // default [service]
	Environment []string `yaml:"environment"` // default [environment, env]
	Severity    []string `yaml:"severity"`    // default [severity]
	RunID       []string `yaml:"run_id"`      // of the CodeArts run that caused it; default [codearts_run_id]
	Stage       []string `yaml:"stage"`       // of that run; default [codearts_stage]
}

func (a *AlertLabelsConfig) defaults() {
	for _, l := range []struct {
		names    *[]string
		fallback []string
	}{
		{&a.Service, []string{"service"}}, {&a.Environment, []string{"environment", "env"}}, {&a.Severity, []string{"severity"}},
		{&a.RunID, []string{"codearts_run_id"}}, {&a.Stage, []string{"codearts_stage"}},
	} {
		if *l.names == nil {
			*l.names = l.fallback
		}
	}
}

func (i *IncidentsConfig) validate(f *faults) {
	if i.Listen == "" {
		if i.Token != (Secret{}) {
			f.add("incidents.listen", "is missing; the token alone does nothing: give an address such as 127.0.0.1:9465, or remove the section")
		}
		return
	}
	f.address("incidents.listen", i.Listen)
	f.secret("incidents.token", i.Token, true)
}

// newIncidents opens the endpoint; nil if there is to be none.
func newIncidents(c Config, collector *pollers.Collector, f Frame) (*daemon.Server, error) {
	if c.Incidents.Listen == "" {
		return nil, nil
	}
	token, err := c.Incidents.Token.Read()
	if err != nil {
		return nil, fmt.Errorf("reading the token of the endpoint for incidents: %w", err)
	}
	o := incidents.Options{Token: token, Tenants: map[string]incidents.Tenant{}, Now: time.Now, Slog: f.Log, Metrics: incidents.NewMetrics(f.Registry)}
	for _, t := range c.Tenants {
		inbox, err := collector.Incidents(t.Name)
		if err != nil {
			return nil, err
		}
		o.Tenants[t.Name] = incidents.Tenant{Mapping: incidents.Mapping(t.AlertLabels), Take: inbox.Take}
	}
	server, err := daemon.Open("endpoint for incidents", c.Incidents.Listen, incidents.Handler(o))
	if err != nil {
		return nil, err
	}
	f.Log.Info("incidents may be reported", "url", "http://"+server.Addr()+"/v1/<tenant>/alertmanager")
	return server, nil
}
