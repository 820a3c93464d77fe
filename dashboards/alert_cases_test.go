package main

import (
	"time"

	"artery/internal/schema"
)

// alertCase is a rule with what fires it.
type alertCase struct {
	uid                   string
	plant, again, recover func(w *world)    // again changes nothing that the alert is about
	told, says            map[string]string // says is what is told after again
}

const days = 24 * time.Hour

// alertCases have a tenant each, all in one database.
func alertCases() []alertCase {
	return []alertCase{
		{
			uid: "artery-stage-newly-failing",
			plant: func(w *world) {
				w.shop()
				w.pages = true
				w.deploy(1, "deploy-prod", "COMPLETED", lately(3*time.Hour))
				w.deploy(2, "deploy-prod", "FAILED", lately(2*time.Hour))
				w.pages = false
				w.detailOf("deploy-prod", 2, "no space left")
			},
			again: func(w *world) { // it fails otherwise when it is retried, fails again in the next run, and is tried once more
				w.detailOf("deploy-prod", 2, "no route to host")
				w.deploy(3, "deploy-prod", "FAILED", lately(time.Hour))
				w.detailOf("deploy-prod", 3, "no space left, still")
				w.run(w.tenant, alpha, "p-shop", 4, "RUNNING", lately(5*time.Minute), time.Time{}, "created", stage{"deploy-prod", "RUNNING", lately(5 * time.Minute), time.Time{}})
			},
			says:    map[string]string{"log": "roll out: no route to host"},
			recover: func(w *world) { w.deploy(5, "deploy-prod", "COMPLETED", lately(time.Minute)) },
			told: map[string]string{
				"summary":   "shop: stage deploy-prod of shop fails since run 2, commit c2, branch main, started by ada",
				"log":       "roll out: no space left",
				"codearts":  "https://codearts.example.com/p-shop/2",
				"dashboard": "https://grafana.example.com/d/artery-failed-stages?viewPanel=212&var-tenant=artery-stage-newly-failing&var-project=" + alpha,
				"team":      "Alpha",
			},
		},
		{
			uid: "artery-stage-red", // of a stage that is no deployment, and without a reason
			plant: func(w *world) {
				w.shop()
				w.deploy(1, "test", "FAILED", lately(25*time.Hour))
			},
			again:   func(w *world) { w.deploy(2, "test", "FAILED", lately(time.Hour)) },
			recover: func(w *world) { w.deploy(3, "test", "COMPLETED", lately(time.Minute)) },
			told: map[string]string{
				"summary":  "Stage test of shop is red for 9e+04 since run 1, commit c1", // 25 hours, in our stand-in for humanizeDuration
				"log":      "CodeArts gives no message.",
				"codearts": "https://devcloud.huaweicloud.com/cicd/project/" + alpha + "/pipeline/detail/p-shop/p-shop-1",
			},
		},
		{
			uid: "artery-queue-wait", // five runs that waited ten minutes; then sixty that did not
			plant: func(w *world) {
				w.shop()
				for i := range 5 {
					w.queued(i+1, 10*time.Minute)
				}
			},
			again: func(w *world) { w.queued(6, 10*time.Minute) },
			recover: func(w *world) {
				for i := range 60 {
					w.queued(i+7, time.Second)
				}
			},
			told: map[string]string{"summary": "Runs of Alpha wait 600 in the queue (90th percentile of the last hour)", "runbook": "Look at what runs now and at the build package: too few parallel builds, or runs that hold them for long. It fires by the limit queue of the configuration (alerts.limits)."},
		},
		{
			uid: "artery-repository-full",
			plant: func(w *world) {
				w.repository(w.tenant, alpha, "Alpha", 1, "web", "created", lately(time.Hour), 28000)
				w.pagesOf("repository", "{repository_id}")
			},
			again: func(w *world) {
				w.repository(w.tenant, alpha, "Alpha", 1, "web", "changed", lately(time.Minute), 28001)
			},
			recover: func(w *world) { w.repository(w.tenant, alpha, "Alpha", 1, "web", "changed", lately(0), 20000) },
			told:    map[string]string{"summary": "web uses 0.911 of the 30,720 MB that CodeArts allows", "codearts": "https://ca.example.com/1"}, // 28000 / 30720
		},
		{
			uid: "artery-repository-soon", // 1000 MB a day, 20000 MB now: 10.7 days; cleaned to 1000 MB: 29.7
			plant: func(w *world) {
				for i := range 11 {
					w.repository(w.tenant, alpha, "Alpha", 1, "web", "changed", lately(10*days-time.Duration(i)*days), float64(10000+1000*i))
				}
			},
			again: func(w *world) {
				w.repository(w.tenant, alpha, "Alpha", 1, "web", "changed", lately(0), 30720)
			},
			says:    map[string]string{"summary": "web is at its limit"},
			recover: func(w *world) { w.repository(w.tenant, alpha, "Alpha", 1, "web", "changed", lately(0), 1000) },
			told:    map[string]string{"summary": "web reaches its limit in 10.7 days if it grows on", "codearts": ""}, // without a form
		},
		{
			uid: "artery-gate-weakened",
			plant: func(w *world) {
				w.gate(w.tenant, alpha, "created", lately(3*time.Hour), item("critical", 1, 0), item("major", 1, 3))
				w.gate(w.tenant, alpha, "changed", ago(2*time.Hour), item("critical", 1, 5), item("major", 1, 3))
				w.pagesOf("gate", "{project_id}")
			},
			again: func(w *world) {
				w.gate(w.tenant, alpha, "changed", lately(time.Hour), item("critical", 1, 5), item("major", 1, 2))
			},
			recover: func(w *world) {
				w.gate(w.tenant, alpha, "changed", lately(time.Minute), item("critical", 1, 0), item("major", 1, 2))
			},
			told: map[string]string{
				"summary":  "code check gate of " + alpha + ": critical value went from 0 to 5, by unknown, " + ago(2*time.Hour).Format("2006-01-02 15:04:05 UTC"),
				"codearts": "https://ca.example.com/" + alpha,
			},
		},
		{
			uid: "artery-completeness", // CodeArts counted two runs in the window, one is stored
			plant: func(w *world) {
				w.shop()
				w.deploy(1, "build", "COMPLETED", lately(3*time.Hour))
				w.covered(2)
			},
			recover: func(w *world) { w.deploy(2, "build", "COMPLETED", lately(2*time.Hour)) },
			told: map[string]string{
				"summary":   "Run numbers of Alpha that are missing or not looked for yet: 1",
				"dashboard": "https://grafana.example.com/d/artery-collector-health?viewPanel=34&from=now-90d/d&to=now&var-tenant=artery-completeness&var-project=" + alpha,
			},
		},
		{
			uid:     "artery-quarantine",
			plant:   func(w *world) { quarantined(w.t, w.conn); w.shop() },
			again:   func(w *world) { quarantined(w.t, w.conn) },
			recover: func(w *world) { w.exec("TRUNCATE TABLE quarantine") },
		},
		{
			uid: "artery-odd-rows", // one of today; the one of the day before yesterday is history
			plant: func(w *world) {
				w.odd("old", "Repositories", lately(2*days))
				w.odd("new", "Pipelines", lately(time.Hour))
			},
			again:   func(w *world) { w.odd("newer", "Pipelines", lately(time.Minute)) },
			recover: func(w *world) { w.exec("TRUNCATE TABLE odd_row_parts") },
			told:    map[string]string{"summary": "Pipelines gave rows (pipeline) that can not be read"},
		},
		{
			uid: "artery-last-message", // a poller that may be three days old
			plant: func(w *world) {
				w.poll(w.tenant, "_tenant", "iam_projects", lately(20*time.Minute), true, 1, 0, "iam_project")
			},
			recover: func(w *world) {
				w.poll(w.tenant, "_tenant", "iam_projects", lately(time.Second), true, 1, 0, "iam_project")
			},
			told: map[string]string{"team": "platform"},
		},
		{
			uid: "artery-judging", // a loader that inserted twenty minutes ago, and nobody who judges
			plant: func(w *world) {
				w.exec("INSERT INTO line_touches VALUES (7, '" + w.tenant + "', '" + alpha + "', 'p', now64(6) - INTERVAL 20 MINUTE)")
			},
			recover: func(w *world) { settle(w.t, w.conn) },
			told:    map[string]string{"team": "platform"},
		},
		{
			uid: "artery-pipeline-silent", // a week of nights until 20 days ago, under a list that was read until the collector stood still
			plant: func(w *world) {
				w.shop()
				for i := range 7 {
					w.deploy(i+1, "build", "COMPLETED", lately(27*days-time.Duration(i)*days))
				}
				w.poll(w.tenant, alpha, "pipelines", lately(5*time.Minute), true, 1, 0, "pipeline", "run")
				w.pagesOf("pipeline", "{pipeline_id}")
			},
			again: func(w *world) {
				w.poll(w.tenant, alpha, "pipelines", lately(time.Second), true, 1, 0, "pipeline", "run")
			},
			recover: func(w *world) { w.deploy(8, "build", "COMPLETED", lately(time.Minute)) },
			told: map[string]string{ // silent for 21 days, usually for one
				"summary":  "shop has not started a run for 21.0 times its usual pause",
				"codearts": "https://ca.example.com/p-shop",
			},
		},
		{
			uid: "artery-freshness",
			plant: func(w *world) {
				w.poll(w.tenant, alpha, "gates", lately(2*time.Hour), true, 1, 0, "gate")
				w.poll(w.tenant, alpha, "gates", lately(5*time.Minute), false, 0, 1, "gate")
			},
			again:   func(w *world) { w.poll(w.tenant, alpha, "gates", lately(time.Minute), false, 0, 1, "gate") },
			recover: func(w *world) { w.poll(w.tenant, alpha, "gates", lately(time.Second), true, 1, 0, "gate") },
			told:    map[string]string{"summary": "Last good round of gates for " + alpha + ": too old"},
		},
	}
}

// pagesOf puts a form of the addresses of a kind of page in force.
func (w *world) pagesOf(kind, ids string) {
	w.put(schema.Settings{Pages: map[string]map[string]string{w.tenant: {kind: "https://ca.example.com/" + ids}}})
}

// queued is a run of which a stage started half an hour ago, after a wait.
func (w *world) queued(number int, wait time.Duration) {
	begin := lately(30 * time.Minute)
	w.run(w.tenant, alpha, "p-shop", number, "COMPLETED", begin.Add(-wait), begin.Add(time.Minute), "created", stage{"build", "COMPLETED", begin, begin.Add(time.Minute)})
}

// covered says that the execution records have been read, and that there are
// total ones.
func (w *world) covered(total int) {
	w.add(w.tenant, alpha, "coverage", "p-shop", "created", lately(time.Minute), object{
		"pipeline_id": "p-shop", "from": lately(90 * days).UnixMilli(), "to": lately(time.Minute).UnixMilli(), "through": total,
		"window_from": lately(90 * days).UnixMilli(), "window_to": lately(time.Minute).UnixMilli(), "total": total, "seen": total, "complete": true})
}

func (w *world) odd(digest, api string, at time.Time) {
	w.add(w.tenant, "_tenant", "odd_row", digest, "created", at, object{
		"row_kind": "pipeline", "api": api, "poller": "pipelines", "reason": "no id", "digest": digest, "size": 2, "part": 0, "parts": 1, "raw": "e30="})
}
