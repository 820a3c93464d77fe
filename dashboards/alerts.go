package main

// Severities: critical wakes somebody, warning is for today, info for this week.
const (
	critical = "critical"
	warning  = "warning"
	info     = "info"
)

const (
	ofProject  = "{{ with .Labels.project }}{{ . }}{{ end }}" // the team of what belongs to a project
	ofPlatform = "platform"                                   // the team of what Artery itself needs
)

// firstBad names the first bad run as far as it is known: a queued one has no number, and not every one a commit.
const firstBad = "{{ with .Values.C.Labels.first_bad_run }} since run {{ . }}{{ end }}{{ with .Values.C.Labels.first_bad_commit }}, commit {{ . }}{{ end }}"

// reason are the annotations of a red stage.
var reason = map[string]string{
	"log":      "{{ with .Values.C.Labels.step }}{{ . }}: {{ end }}{{ with .Values.C.Labels.message }}{{ . }}{{ else }}CodeArts gives no message.{{ end }}{{ with .Values.C.Labels.log }}\n{{ . }}{{ end }}",
	"codearts": "{{ with .Values.C.Labels.url }}{{ . }}{{ end }}",
}

// own is the annotation of what has a page of its own, empty where the tenant has no form for it.
var own = map[string]string{"codearts": "{{ .Labels.url }}"}

// alerts are all alert rules. From where on they fire, the configuration says.
func alerts() []alertGroup {
	return []alertGroup{
		{"Artery stages", "1m", ofProject, []alert{
			{
				uid: "artery-stage-newly-failing", title: "Production stage began to fail", query: "alert_stage_newly_failing", why: "alert_red_stages_why",
				hold: "0s", severity: critical,
				summary: "{{ .Labels.service }}: stage {{ .Labels.stage }} of {{ .Labels.pipeline }} fails" + firstBad +
					"{{ with .Labels.branch }}, branch {{ . }}{{ end }}{{ with .Values.C.Labels.executor }}, started by {{ . }}{{ end }}",
				runbook: "Read the failed step and its message, then the run in CodeArts. Compare the first bad commit with the last green one. Roll back or correct, and run again: the alert ends with the next success of the stage on this branch. A cancelled run does not end it.",
				details: reason, page: failuresUID, panel: 212,
			},
			{
				uid: "artery-stage-red", title: "Stage stays red", query: "alert_stage_red", why: "alert_red_stages_why",
				hold: "0s", severity: warning,
				summary: "Stage {{ .Labels.stage }} of {{ .Labels.pipeline }} is red for {{ with .Values.A }}{{ humanizeDuration .Value }}{{ end }}" + firstBad,
				limit:   "red",
				runbook: "A stage that stays red hides the next failure. Correct it, or take the stage out of the pipeline. What has not failed for 30 days is no longer told. Told are stages on the main branch of their pipeline (the one with attempts on most of the last 30 days), and on any branch those that deploy to production: a feature branch that is left red is not.",
				details: reason, page: failuresUID, panel: 212,
			},
		}},
		{"Artery pipelines", "5m", ofProject, []alert{
			{
				uid: "artery-queue-wait", title: "Runs wait long for a worker", query: "alert_queue_wait",
				hold: "10m", severity: warning,
				summary: "Runs of {{ .Labels.project }} wait {{ with .Values.A }}{{ humanizeDuration .Value }}{{ end }} in the queue (90th percentile of the last hour)",
				limit:   "queue",
				runbook: "Look at what runs now and at the build package: too few parallel builds, or runs that hold them for long.",
				page:    pipelinesUID, panel: 332,
			},
			{
				uid: "artery-pipeline-silent", title: "Pipeline is silent", query: "alert_silent_pipeline",
				hold: "15m", severity: info,
				summary: "{{ .Labels.pipeline }} has not started a run for {{ with .Values.A }}{{ printf \"%.1f\" .Value }}{{ end }} times its usual pause",
				limit:   "silent",
				runbook: "See whether its trigger (webhook, timer, another pipeline) still works, and whether somebody switched it off.",
				details: own, page: pipelinesUID, panel: 323,
			},
			{
				uid: "artery-repository-full", title: "Repository is near its limit", query: "alert_repository_full",
				hold: "0s", severity: warning,
				summary: "{{ .Labels.repository }} uses {{ with .Values.A }}{{ humanizePercentage .Value }}{{ end }} of the 30,720 MB that CodeArts allows",
				limit:   "repository_percent",
				runbook: "CodeArts takes no push beyond the limit. Move large files to LFS or out of the repository and clean its history.",
				details: own, page: capacityUID, panel: 421,
			},
			{
				uid: "artery-repository-soon", title: "Repository reaches its limit soon", query: "alert_repository_soon",
				hold: "1h", severity: warning,
				summary: "{{ .Labels.repository }} {{ with .Values.A }}{{ if le .Value 0.01 }}is at its limit{{ else }}reaches its limit in {{ printf \"%.1f\" .Value }} days if it grows on{{ end }}{{ end }}",
				limit:   "repository_days",
				runbook: "The days come from the median slope of the last month. Look for what is pushed every day: build results, archives, dumps.",
				details: own, page: capacityUID, panel: 421,
			},
			{
				uid: "artery-gate-weakened", title: "Gate was weakened", query: "alert_gate_weakened", why: "alert_gate_weakened_why",
				hold: "0s", severity: warning,
				summary: "{{ .Labels.config }} of {{ .Labels.project }}: {{ .Labels.item }} {{ .Labels.field }} went from {{ .Labels.before }} to {{ .Labels.after }}{{ with .Values.C.Labels.changed_by }}, by {{ . }}{{ end }}{{ with .Values.C.Labels.changed_at }}, {{ . }}{{ end }}",
				limit:   "gate_weakened",
				runbook: "Ask who changed it whether it is meant. If so, silence it or wait; if not, set it back, which ends the alert. Deployments since then are on the dashboard, where a gate of a project is weaker than its baseline.",
				details: map[string]string{"codearts": reason["codearts"]}, page: gatesUID, panel: 512,
			},
		}},
		{"Artery trust", "1m", ofPlatform, []alert{
			{
				uid: "artery-last-message", title: "Nothing arrives", query: "alert_last_message",
				hold: "5m", severity: critical, noData: alarm, fails: outage,
				summary: "Nothing new from CodeArts{{ with .Labels.tenant }} tenant {{ . }}{{ end }} is in ClickHouse: the collector, the log, the loader or ClickHouse stands still",
				limit:   "last_message",
				runbook: "Ask /readyz and /metrics of collector and loader. Nothing is lost while the log stands: the loader goes on where it was, the collector reads what it missed from CodeArts for 90 days. All other alerts are blind meanwhile.",
				page:    healthUID, panel: 43,
			},
			{
				uid: "artery-freshness", title: "Poller is late", query: "alert_freshness",
				hold: "15m", severity: warning,
				summary: "Last good round of {{ .Labels.poller }} for {{ .Labels.project }}: {{ .Labels.good_round }}",
				runbook: "The collector's log says why: permission, throttling, an API that the region does not publish, a listing that is not believed. Numbers that rest on this poller are old.",
				page:    healthUID, panel: 11,
			},
			{
				uid: "artery-judging", title: "Stages and deployments are not judged", query: "alert_judging",
				hold: "5m", severity: warning,
				summary: "What came {{ with .Values.A }}{{ humanizeDuration .Value }}{{ end }} ago is not judged yet: red stages, their alerts and DORA numbers are those of before",
				limit:   "judging",
				runbook: "The loader judges what it has stored, within seconds. Its log says what fails (settling). After a change of the deployment rules or a rebuild everything is judged anew, which takes minutes where there are millions of runs. Nothing is lost: what waits is judged when the loader can.",
				page:    healthUID, panel: 45,
			},
		}},
		{"Artery completeness", "10m", ofPlatform, []alert{
			{
				uid: "artery-completeness", title: "Runs are missing", query: "alert_completeness",
				hold: "1h", severity: warning,
				summary: "Run numbers of {{ .Labels.project }} that are missing or not looked for yet: {{ with .Values.A }}{{ . }}{{ end }}",
				runbook: "Look at the certificate for the pipeline and day. Pending numbers are fetched by the poller gaps: is it late, or is the budget of calls too small? Unexplained ones come with the next reconciliation.",
				page:    healthUID, panel: 34, from: "now-90d/d",
			},
			{
				uid: "artery-quarantine", title: "Quarantine is not empty", query: "alert_quarantine",
				hold: "0s", severity: warning,
				summary: "Messages of the log could not become rows",
				runbook: "Read table quarantine: error says why, body is the whole message. Somebody else writes to the stream, or a newer collector writes for an older loader. Delete the rows when it is clear.",
				page:    healthUID, panel: 51,
			},
			{
				uid: "artery-odd-rows", title: "CodeArts answers with rows that can not be read", query: "alert_odd_rows",
				hold: "0s", severity: warning,
				summary: "{{ .Labels.api }} gave rows ({{ .Labels.row_kind }}) that can not be read",
				runbook: "Read view odd_rows: reason says why, raw is what CodeArts sent. Other rows of the page are stored. Report it with these; a corrected collector reads the row at its next listing.",
				page:    healthUID, panel: 52,
			},
		}},
	}
}
