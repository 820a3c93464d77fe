package main

import (
	_ "embed"

	"github.com/grafana/grafana-foundation-sdk/go/alerting"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
)

// Where alerts go. Who wants it otherwise leaves this file out and routes by
// the labels severity, team, tenant, project and service.
const (
	toTeam   = "artery-team"
	toOnCall = "artery-on-call"
	weekends = "artery-weekends"
)

// messages are the templates of what contact points send. Grafana's own print
// all labels and annotations of an alert, one a line. A message stays below the
// 4096 bytes of WeCom, which says yes to longer ones and drops them.
//
//go:embed messages.tmpl
var messages string

type routingFile struct {
	APIVersion    int            `json:"apiVersion"`
	Templates     []messageFile  `json:"templates"`
	ContactPoints []contactPoint `json:"contactPoints"`
	Policies      []policy       `json:"policies"`
	MuteTimes     []muteTime     `json:"muteTimes"`
}

type contactPoint struct {
	OrgID     int64      `json:"orgId"`
	Name      string     `json:"name"`
	Receivers []receiver `json:"receivers"`
}

// receiver is what the file has of a contact point: the name belongs to its
// parent there.
type receiver struct {
	alerting.ContactPoint
	Name *string `json:"name,omitempty"`
}

type messageFile struct {
	OrgID int64 `json:"orgId"`
	alerting.NotificationTemplate
}

type policy struct {
	OrgID int64 `json:"orgId"`
	alerting.NotificationPolicy
}

// muteTime has days as words: the SDK's numbers are not what the file takes.
type muteTime struct {
	OrgID         int64          `json:"orgId"`
	Name          string         `json:"name"`
	TimeIntervals []timeInterval `json:"time_intervals"`
}

type timeInterval struct {
	Weekdays []string `json:"weekdays"`
}

// alertRouting is the file of templates, contact points, notification policies
// and mute timings. Grafana puts environment variables into the contact points,
// each of a type that wants a url: webhook, slack, teams, dingding, wecom,
// discord, ...
func alertRouting() (routingFile, error) {
	file := routingFile{
		APIVersion: 1,
		Templates:  []messageFile{{OrgID: 1, NotificationTemplate: alerting.NotificationTemplate{Name: cog.ToPtr("artery"), Template: &messages}}},
		MuteTimes:  []muteTime{{OrgID: 1, Name: weekends, TimeIntervals: []timeInterval{{Weekdays: []string{"saturday", "sunday"}}}}},
	}
	const title, message = `{{ template "artery.title" . }}`, `{{ template "artery.message" . }}`
	for _, c := range []struct{ name, kind, url string }{
		{toTeam, "$ARTERY_ALERT_TYPE", "$ARTERY_ALERT_URL"},
		{toOnCall, "$ARTERY_ONCALL_TYPE", "$ARTERY_ONCALL_URL"},
	} {
		// Slack calls its message text; only in this form of DingTalk's its links can be
		// opened. A type leaves out what it does not know.
		p, err := alerting.NewContactPointBuilder().Uid(c.name).Type(alerting.ContactPointType(c.kind)).
			Settings(map[string]string{"url": c.url, "title": title, "message": message, "text": message, "msgType": "actionCard"}).Build()
		if err != nil {
			return routingFile{}, err
		}
		file.ContactPoints = append(file.ContactPoints, contactPoint{OrgID: 1, Name: c.name, Receivers: []receiver{{ContactPoint: p}}})
	}
	// One message for each rule and project; of stages one for each stage. Who
	// was told is told again after four days: Grafana forgets what it sent after
	// five, and would then repeat it anyhow.
	severity := func(is string) alerting.ObjectMatchers { return alerting.ObjectMatchers{{"severity", "=", is}} }
	p, err := alerting.NewNotificationPolicyBuilder().Receiver(toTeam).GroupBy([]string{"grafana_folder", "alertname", "tenant", "project"}).
		GroupWait("30s").GroupInterval("5m").RepeatInterval("4d").
		Routes([]cog.Builder[alerting.NotificationPolicy]{
			alerting.NewNotificationPolicyBuilder().ObjectMatchers(severity(critical)).Receiver(toOnCall).GroupWait("10s").GroupInterval("1m").
				GroupBy([]string{"grafana_folder", "alertname", "tenant", "project", "service", "pipeline", "stage", "branch"}),
			alerting.NewNotificationPolicyBuilder().ObjectMatchers(severity(info)).MuteTimeIntervals([]string{weekends}),
		}).Build()
	if err != nil {
		return routingFile{}, err
	}
	file.Policies = []policy{{OrgID: 1, NotificationPolicy: p}}
	return file, nil
}
