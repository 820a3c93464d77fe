package incidents

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"artery/internal/events"
)

// Mapping says where an alert has what an incident needs: names of labels (or, without such a label, annotations), of which
// the first that the alert has counts.
type Mapping struct {
	Service     []string
	Environment []string
	Severity    []string
	RunID       []string // of the CodeArts run that caused it
	Stage       []string // of that run
}

// alertmanagerVersion is the version of the webhook's payload.
const alertmanagerVersion = "4"

// notification is what Alertmanager's webhook sends: alerts that it has grouped.
type notification struct {
	Version   string            `json:"version"`
	Truncated int               `json:"truncatedAlerts"` // left out for the receiver's max_alerts
	Alerts    []json.RawMessage `json:"alerts"`
}

type alert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"` // the zero time while it fires
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"` // of the labels
}

// readNotification reads the alerts of a notification, each raw.
func readNotification(body []byte) ([]json.RawMessage, error) {
	var n notification
	if err := json.Unmarshal(body, &n); err != nil {
		return nil, fmt.Errorf("the body is no webhook notification of Alertmanager: %w", err)
	}
	if n.Version != alertmanagerVersion {
		return nil, fmt.Errorf("the notification has version %q, known is %q; send it with Alertmanager's webhook_configs, or use the plain form", n.Version, alertmanagerVersion)
	}
	if n.Truncated > 0 {
		return n.Alerts, truncated(n.Truncated)
	}
	return n.Alerts, nil
}

// truncated is the number of alerts that Alertmanager left out: they are known nowhere else.
type truncated int

func (t truncated) Error() string {
	return fmt.Sprintf("alertmanager left out %d alerts; set max_alerts of the receiver to 0", int(t))
}

// readAlert makes the report of an alert. The fingerprint names the labels, and with its first start one time that they fired.
func (m Mapping) readAlert(raw json.RawMessage) (report, error) {
	var a alert
	if err := json.Unmarshal(raw, &a); err != nil {
		return report{}, fmt.Errorf("it is no alert: %w", err)
	}
	if a.Fingerprint == "" {
		return report{}, fmt.Errorf("it has no fingerprint, which names the incident; Alertmanager sends one since 0.18")
	}
	r := report{id: a.Fingerprint + "-" + strconv.FormatInt(a.StartsAt.UnixMilli(), 10), started: a.StartsAt, fingerprint: a.Fingerprint}
	switch a.Status {
	case "firing":
	case "resolved":
		if r.resolved = a.EndsAt; a.EndsAt.IsZero() {
			return report{}, fmt.Errorf("it is resolved and has no endsAt; give the time at which it was over")
		}
	default:
		return report{}, fmt.Errorf("its status %.40q is not firing or resolved", a.Status)
	}
	r.body = events.IncidentBody{
		Service: a.first(m.Service), Environment: a.first(m.Environment), Severity: a.first(m.Severity),
		Title: cmp.Or(a.Annotations["summary"], a.Annotations["title"], a.Labels["alertname"]), URL: a.GeneratorURL, Source: "alertmanager",
		Deployment: events.IncidentDeployment{RunID: a.first(m.RunID), Stage: a.first(m.Stage)},
	}
	return r, nil
}

// first is the first of the named labels or annotations that the alert has.
func (a alert) first(names []string) string {
	for _, name := range names {
		if v := cmp.Or(a.Labels[name], a.Annotations[name]); v != "" {
			return v
		}
	}
	return ""
}
