package incidents

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"artery/internal/events"
)

// plain is the plain form of a report. Every report of an incident is a whole one: what it leaves out is not so any more.
type plain struct {
	ID          string                    `json:"id"`
	Service     string                    `json:"service"`
	Environment string                    `json:"environment"`
	StartedAt   time.Time                 `json:"started_at"`
	ResolvedAt  *time.Time                `json:"resolved_at"`
	Title       string                    `json:"title"`
	Severity    string                    `json:"severity"`
	URL         string                    `json:"url"`
	Deployment  events.IncidentDeployment `json:"deployment"`
	Withdrawn   bool                      `json:"withdrawn"`
}

// readPlain reads a body that is one report or a list of them, each raw.
func readPlain(body []byte) ([]json.RawMessage, error) {
	var items []json.RawMessage
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] == '{' {
		if !json.Valid(body) {
			return nil, fmt.Errorf("the body is no valid JSON; send one incident, or a list of them")
		}
		return []json.RawMessage{body}, nil
	}
	if err := json.Unmarshal(body, &items); err != nil {
		return nil, fmt.Errorf("the body is no JSON object or list: %w; send one incident, or a list of them", err)
	}
	return items, nil
}

// readIncident makes the report of an item of the plain form. A key that it does not know is refused: a misspelt one would
// be lost without a word.
func readIncident(raw json.RawMessage) (report, error) {
	var p plain
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return report{}, fmt.Errorf("it is no incident: %w; the keys are id, service, environment, started_at, resolved_at, title, severity, url, deployment {run_id, stage}, withdrawn, and times such as 2026-01-31T18:00:00Z", err)
	}
	if p.Service == "" && p.Deployment.RunID == "" {
		return report{}, fmt.Errorf("it names neither a service nor a deployment's run_id, so it could be counted for nothing; give one of them")
	}
	r := report{id: p.ID, started: p.StartedAt, body: events.IncidentBody{
		Service: p.Service, Environment: p.Environment, Severity: p.Severity, Title: p.Title, URL: p.URL, Source: "plain",
		Deployment: p.Deployment, Withdrawn: p.Withdrawn,
	}}
	if p.ResolvedAt != nil {
		if r.resolved = *p.ResolvedAt; r.resolved.IsZero() {
			return report{}, fmt.Errorf("its resolved_at is the year 1; leave it out, or null, while it is open")
		}
	}
	return r, nil
}
