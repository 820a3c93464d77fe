package main

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/grafana/grafana-foundation-sdk/go/alerting"
)

// firing evaluates a rule as Grafana does: texts are labels, the one number is
// compared, and what holds is an alert; so is an answer without rows, if the rule
// says so. It returns the labels of each, and the annotations of the last.
func firing(t testing.TB, conn driver.Conn, g alertGroup, a alert) (alerts []string, told map[string]string) {
	t.Helper()
	rule, err := a.build(g)
	if err != nil {
		t.Fatal(err)
	}
	rows := numbers(t, conn, a.uid, rule.Data[0])
	if len(rows) == 0 && a.why != "" {
		t.Errorf("%s: an answer without rows, which says that a query failed", a.uid)
	}
	if len(rows) == 0 && rule.NoDataState == alarm {
		alerts = append(alerts, "no data")
	}
	var why []number
	if a.why != "" {
		if why = numbers(t, conn, a.uid, rule.Data[2]); len(why) == 0 {
			t.Errorf("%s: reasons without rows, which are taken for a query that failed", a.uid)
		}
	}
	for _, row := range rows {
		if row.Value <= 0 {
			continue
		}
		values := map[string]number{"A": row}
		for _, w := range why {
			if !includes(w.Labels, row.Labels) {
				continue
			}
			if _, twice := values["C"]; twice {
				t.Errorf("%s: two reasons of %v", a.uid, row.Labels)
			}
			values["C"] = w
		}
		if _, known := values["C"]; known != (a.why != "") {
			t.Errorf("%s: no reason of %v, among %v", a.uid, row.Labels, why)
		}
		alerts = append(alerts, fmt.Sprint(row.Labels))
		told = map[string]string{"team": expandTemplate(t, rule.Labels["team"], row.Labels, values)}
		for name, text := range rule.Annotations {
			told[name] = expandTemplate(t, text, row.Labels, values)
		}
	}
	slices.Sort(alerts)
	return alerts, told
}

// number is a row of a query of a rule, as templates have it.
type number struct {
	Labels map[string]string
	Value  float64
}

func (n number) String() string { return fmt.Sprintf("%.0f", n.Value) }

// numbers asks a query of a rule. No two rows have the same labels, or Grafana
// takes none of them.
func numbers(t testing.TB, conn driver.Conn, uid string, q alerting.Query) (all []number) {
	t.Helper()
	now := time.Now()
	answer := ask(t, conn, view{from: now.Add(-time.Hour), to: now}.expand(t, q.Model.(Query).RawSQL))
	checkNumberTable(t, uid, answer)
	seen := map[string]bool{}
	for _, row := range answer.rows {
		n := number{labelsOf(row), row["value"].(float64)}
		if name := fmt.Sprint(n.Labels); seen[name] {
			t.Errorf("%s: two rows have the labels %s", uid, name)
		} else {
			seen[name] = true
		}
		all = append(all, n)
	}
	return all
}

// includes says whether labels have all of some, as they are there.
func includes(labels, some map[string]string) bool {
	for name, v := range some {
		if got, ok := labels[name]; !ok || got != v {
			return false
		}
	}
	return true
}

// quiet fails for every rule that fires.
func quiet(t *testing.T, conn driver.Conn) {
	t.Helper()
	for _, g := range alerts() {
		for _, a := range g.rules {
			if list, _ := firing(t, conn, g, a); len(list) > 0 {
				t.Errorf("%s fires: %v", a.uid, list)
			}
		}
	}
}

func ruleOf(t testing.TB, uid string) (alertGroup, alert) {
	t.Helper()
	for _, g := range alerts() {
		for _, a := range g.rules {
			if a.uid == uid {
				return g, a
			}
		}
	}
	t.Fatalf("there is no rule %s", uid)
	return alertGroup{}, alert{}
}

// checkNumberTable holds an answer against what Grafana's expressions take for a
// table of numbers: one number, and else texts. An answer without rows has them
// too.
func checkNumberTable(t testing.TB, uid string, a answer) {
	t.Helper()
	numbers := 0
	for i, kind := range a.types {
		switch {
		case kind == "number" && a.names[i] == "value":
			numbers++
		case kind != "text":
			t.Errorf("%s: column %s is a %s", uid, a.names[i], kind)
		}
	}
	if numbers != 1 {
		t.Errorf("%s: columns %v %v, want one number, value", uid, a.names, a.types)
	}
}

func labelsOf(row map[string]any) map[string]string {
	labels := map[string]string{}
	for name, v := range row {
		if text, ok := v.(string); ok {
			labels[name] = text
		}
	}
	return labels
}

// expandTemplate is what Grafana does with an annotation, with the functions
// that ours use. A label that the query does not give is an error here.
func expandTemplate(t testing.TB, text string, labels map[string]string, values map[string]number) string {
	t.Helper()
	human := func(v float64) string { return fmt.Sprintf("%.3g", v) }
	parsed, err := template.New("").Option("missingkey=invalid").Funcs(template.FuncMap{
		"externalURL": func() string { return "https://grafana.example.com/" }, "humanizeDuration": human, "humanizePercentage": human,
	}).Parse(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var b strings.Builder
	data := struct {
		Labels map[string]string
		Values map[string]number
	}{labels, values}
	if err := parsed.Execute(&b, data); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if strings.Contains(b.String(), "<no value>") {
		t.Errorf("a label of %q is not among %v", text, slices.Sorted(maps.Keys(labels)))
	}
	return b.String()
}

// world is a log that is stored bit by bit.
type world struct {
	log
	conn   driver.Conn
	tenant string
}

// lately is ago for tests that take a while: it counts back from now.
func lately(d time.Duration) time.Time { return time.Now().UTC().Truncate(time.Second).Add(-d) }

func (w *world) deploy(number int, stageName, status string, end time.Time) {
	start := end.Add(-10 * time.Minute)
	w.run(w.tenant, alpha, "p-shop", number, status, start, end, "created", stage{stageName, status, start, end})
}

func (w *world) shop() { w.pipeline(w.tenant, alpha, "Alpha", "p-shop", "shop", lately(40*days)) }

func (w *world) exec(sql string) {
	w.t.Helper()
	if err := w.conn.Exec(w.t.Context(), sql); err != nil {
		w.t.Fatal(err)
	}
}

// Of each rule: nothing fires on an empty database, a planted failure fires it
// once, what changes nothing changes no label, and the recovery ends it. In the
// end all have recovered.
func TestAlertsFireAndRecover(t *testing.T) {
	w := &world{conn: migratedDB(t)}
	quiet(t, w.conn)
	for _, c := range alertCases() {
		t.Run(c.uid, func(t *testing.T) {
			w.t, w.tenant = t, c.uid
			g, a := ruleOf(t, c.uid)
			c.plant(w)
			w.store(w.conn)
			alerts, told := firing(t, w.conn, g, a)
			if len(alerts) != 1 {
				t.Fatalf("fires %v, want one alert", alerts)
			}
			for name, want := range c.told {
				if got := told[name]; got != want {
					t.Errorf("%s says\n%q, want\n%q", name, got, want)
				}
			}
			if link, err := url.Parse(told["dashboard"]); err != nil || !strings.HasPrefix(link.Path, "/d/artery-") {
				t.Errorf("the link %v, %v", link, err)
			}
			if c.again != nil {
				c.again(w)
				w.store(w.conn)
				same, says := firing(t, w.conn, g, a)
				if !slices.Equal(same, alerts) {
					t.Errorf("nothing changed, but now %v fires instead of %v", same, alerts)
				}
				for name, want := range c.says {
					if says[name] != want {
						t.Errorf("%s then says %q, want %q", name, says[name], want)
					}
				}
			}
			c.recover(w)
			w.store(w.conn)
			if after, _ := firing(t, w.conn, g, a); len(after) > 0 {
				t.Errorf("after the recovery %v fires", after)
			}
		})
	}
	w.t = t
	// What the cases left a few minutes ago would be late by now.
	w.exec("TRUNCATE TABLE polls")
	w.exec("TRUNCATE TABLE newest_polls")
	quiet(t, w.conn)
	w.exec("INSERT INTO newest_polls (tenant, scope, poller, what, observed_at, stored_at) SELECT 'acme', '_tenant', 'projects', 'round', now() - INTERVAL 31 DAY AS at, at")
	w.fires("artery-last-message", "nothing has come for 31 days, of nobody", 1)
}

// A stage that has just failed is told with its reason, or after three minutes
// without.
func TestANewFailureWaitsForItsReason(t *testing.T) {
	w := &world{log{t: t}, migratedDB(t), "acme"}
	g, a := ruleOf(t, "artery-stage-newly-failing")
	w.shop()
	w.deploy(1, "deploy-prod", "FAILED", lately(time.Minute))
	w.store(w.conn)
	if alerts, _ := firing(t, w.conn, g, a); len(alerts) > 0 {
		t.Errorf("%v fires without the reason, a minute after the failure", alerts)
	}
	w.detailOf("deploy-prod", 1, "no space left")
	w.store(w.conn)
	if alerts, _ := firing(t, w.conn, g, a); len(alerts) > 0 {
		t.Errorf("%v fires without the log, a minute after the failure", alerts)
	}
	w.add("acme", alpha, "step_log", "a1", "created", lately(0), object{
		"pipeline_id": "p-shop", "run_id": "p-shop-1", "job_id": "j", "step_id": "t", "state": "have", "log": strings.Repeat("x", 2000) + "\nwrite: ENOSPC", "whole": true})
	w.store(w.conn)
	alerts, told := firing(t, w.conn, g, a)
	if len(alerts) != 1 || told["log"] != "roll out: no space left\n"+strings.Repeat("x", 286)+"\nwrite: ENOSPC" { // the last 300 characters
		t.Errorf("with the reason %v fires and says %q", alerts, told["log"])
	}
}

// Two rules of one name are weakened at once. Who did it is known later, and
// neither ends an alert nor makes another one.
func TestWhoWeakenedAGateIsToldLater(t *testing.T) {
	w := &world{log{t: t}, migratedDB(t), "acme"}
	g, a := ruleOf(t, "artery-gate-weakened")
	detail := func(id, version, op, ratio string) {
		w.add("acme", "_tenant", "rule_detail", id, op, lately(time.Hour), object{"name": "unit tests", "version": version,
			"content": []object{{"group_name": "tests", "properties": []object{{"key": "ratio", "name": "the ratio", "operator": ">=", "value": ratio}}}}})
	}
	for _, id := range []string{"r1", "r2"} {
		detail(id, "v1", "created", "0.9")
		detail(id, "v2", "changed", "0.8")
	}
	w.store(w.conn)
	before, told := firing(t, w.conn, g, a)
	for _, id := range []string{"r1", "r2"} {
		w.add("acme", "_tenant", "rule", id, "created", lately(0), object{"name": "unit tests", "version": "v2", "operator": "bert", "operate_time": 1772363045000}) // 2026-03-01 11:04:05Z
	}
	w.store(w.conn)
	after, later := firing(t, w.conn, g, a)
	if len(before) != 2 || !slices.Equal(before, after) {
		t.Errorf("at first %v fires, then %v", before, after)
	}
	const what = "unit tests of (tenant): tests / the ratio value went from 0.9 to 0.8, by "
	if !strings.HasPrefix(told["summary"], what+"unknown, ") || later["summary"] != what+"bert, 2026-03-01 11:04:05 UTC" {
		t.Errorf("it says %q, then %q", told["summary"], later["summary"])
	}
}

func (w *world) detailOf(stageName string, number int, message string) {
	w.add(w.tenant, alpha, "run_detail", fmt.Sprintf("p-shop-%d", number), "created", lately(0), object{
		"pipeline_id": "p-shop", "run_number": number, "status": "FAILED",
		"stages": []object{{"id": "s0", "name": stageName, "status": "FAILED", "jobs": []object{{"id": "j", "name": "job", "status": "FAILED",
			"steps": []object{{"id": "t", "name": "roll out", "status": "FAILED", "message": message}}}}}},
	})
}

func quarantined(t testing.TB, conn driver.Conn) {
	t.Helper()
	batch, err := conn.PrepareBatch(t.Context(), schema.InsertQuarantine)
	if err != nil {
		t.Fatal(err)
	}
	q := schema.Quarantined{Epoch: 1, Seq: 9999, Stream: "ARTERY", StoredAt: ago(time.Hour), Subject: "artery.acme.x", Headers: "{}", Body: []byte("{"), Error: "the header ce-time is missing", LoaderVersion: "test"}
	if err := q.AppendTo(batch); err != nil {
		t.Fatal(err)
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
}
