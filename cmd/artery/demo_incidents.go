package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"artery/internal/codearts/codeartstest"
)

// demoIncident is a report in the plain form of the endpoint for incidents.
type demoIncident struct {
	ID          string     `json:"id"`
	Service     string     `json:"service"`
	Environment string     `json:"environment"`
	StartedAt   time.Time  `json:"started_at"`
	ResolvedAt  *time.Time `json:"resolved_at"`
	Title       string     `json:"title"`
	Severity    string     `json:"severity"`
}

// demoIncidents are what somebody in the simulated tenant would have reported: a hotfix or a rollback mends what the release
// before it broke. The incident begins half way between the two, and is over when the remedy is out.
func demoIncidents(truth codeartstest.Truth) (out []demoIncident) {
	names, runs := map[string]string{}, map[string][]codeartstest.RunTruth{}
	for _, p := range truth.Pipelines {
		names[p.ID] = p.Name
	}
	for _, r := range truth.Runs {
		if names[r.PipelineID] != "" {
			runs[r.PipelineID] = append(runs[r.PipelineID], r)
		}
	}
	for pipeline, all := range runs {
		slices.SortFunc(all, func(a, b codeartstest.RunTruth) int { return a.Number - b.Number })
		var release codeartstest.RunTruth // the last one that went out
		for _, r := range all {
			remedy := strings.HasPrefix(r.Change.TargetBranch, "hotfix/") || strings.HasPrefix(r.Change.Message, "Roll back to")
			if remedy && release.ID != "" && release.End.Before(r.Start) {
				i := demoIncident{
					ID: "demo-" + r.ID, Service: names[pipeline], Environment: "production", Severity: "critical",
					StartedAt: release.End.Add(r.Start.Sub(release.End) / 2), Title: fmt.Sprintf("errors after release %d", release.Number),
				}
				if r.Status == "COMPLETED" {
					i.ResolvedAt = &r.End
				}
				out = append(out, i)
			}
			if r.Status == "COMPLETED" {
				release = r
			}
		}
	}
	slices.SortFunc(out, func(a, b demoIncident) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// reportIncidents reports what is new every minute until ctx ends, to url.
func reportIncidents(ctx context.Context, url, token string, tenant *codeartstest.Tenant, log *slog.Logger) error {
	sent := map[string]bool{} // by id and whether it is over
	for pause := time.Second; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = time.Minute
		var fresh []demoIncident
		state := func(i demoIncident) string { return fmt.Sprint(i.ID, i.ResolvedAt != nil) }
		for _, i := range demoIncidents(tenant.Truth(time.Now())) {
			if !sent[state(i)] {
				fresh = append(fresh, i)
			}
		}
		if len(fresh) == 0 {
			continue
		}
		if err := postIncidents(ctx, url, token, fresh); err != nil {
			pause = 5 * time.Second
			log.Info("the demo's incidents are reported again soon", "err", err)
			continue
		}
		for _, i := range fresh {
			sent[state(i)] = true
		}
	}
}

func postIncidents(ctx context.Context, url, token string, all []demoIncident) error {
	body, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("writing %d incidents: %w", len(all), err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("reporting %d incidents: %w", len(all), err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("reporting %d incidents: %w", len(all), err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(io.LimitReader(answer.Body, 1000)); answer.StatusCode != http.StatusOK {
		return fmt.Errorf("reporting %d incidents to %s: %s: %s", len(all), url, answer.Status, text)
	}
	return nil
}
