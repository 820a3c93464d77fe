package e2e

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
)

// checked is one program whose -check is tried, and what its report is about.
type checked struct {
	name                       string
	args                       []string
	nats, clickhouse, codearts bool
}

func checks(t *testing.T, config string) []checked {
	return []checked{
		{program(t, "collector"), []string{"-check", "-config", config}, true, false, true},
		{program(t, "loader"), []string{"-check", "-config", config}, true, true, false},
		{program(t, "artery"), []string{"check", "-config", config}, true, true, true},
	}
}

// apis are the names under which the check reports on the documented APIs.
var apis = []string{
	"Pipelines", "PipelineStatuses", "PipelineRuns", "RunDetail", "PipelineGroups", "Repositories", "TenantGate", "ProjectGate", "BuildTenants", "BuildGroups",
}

// The check says of every part whether it works, and of one that does not what is wrong.
func TestCheck(t *testing.T) {
	w := newWorld(t, 9, time.Now(), nil)
	w.run()
	a := newApart(t, w.tenant())
	a.nats.start(t)
	a.engine.start(t)
	eventually(t, "the engine", time.Minute, func() []string {
		status, body := get(a.clickhouse, "/ping")
		return unless(status == http.StatusOK, "%d %s", status, body)
	})

	t.Run("all works", func(t *testing.T) {
		for _, c := range checks(t, a.config) {
			lines := c.run(t, 0)
			if c.nats {
				expect(t, lines, `^ok +nats +connected to nats://127.0.0.1:\d+, version 2\.1\d`, `^ok +nats max_payload +1048576 bytes`,
					`^ok +nats stream +ARTERY does not exist yet`, `^not visible +nats sync_interval `)
			}
			if c.clickhouse {
				expect(t, lines, `^ok +clickhouse +connected by http, version 26\.`, `^ok +clickhouse schema +database artery does not exist yet`)
			}
			if c.codearts {
				for _, api := range apis {
					expect(t, lines, `^ok +acme `+api+` +project [0-9a-f]{32}`)
				}
				expect(t, lines, `^ok +acme discovery +2 projects found, 2 of them chosen \(\w+, \w+\); 2 are tried$`, `^ok +acme Projects `, `^ok +acme IAMProjects `)
				expect(t, lines, `^calls +acme +a day of 2 projects with about \d+ pipelines`, `^calls +acme pipelines +[1-9]\d* \(@every \w+\)$`, `^calls +acme all +\d+, \d+\.\d+ a second where the limits allow`)
				expect(t, lines, `^ok +acme clock +-?\d+(\.\d+)?m?s off`)
			}
		}
		if a.collector.running() || w.Calls()[string(codeartstest.APIPipelines)] > 8 {
			t.Errorf("a check makes one cheap call per API, these were made: %v", w.Calls())
		}
	})
	t.Run("a missing permission", func(t *testing.T) {
		w.Inject(codeartstest.APIDetail, codeartstest.Fault{Kind: codeartstest.FaultErrorCode, Code: "DEVPIPE.00011301", Times: -1})
		defer w.Heal()
		lines := checks(t, a.config)[0].run(t, 1)
		expect(t, lines, `^FAIL +acme RunDetail +permission: .*project [0-9a-f]{32}.*DEVPIPE\.00011301.*give the account read access`, `^ok +acme PipelineRuns `)
	})
	t.Run("an API that the region does not have", func(t *testing.T) {
		w.Inject(codeartstest.APIBuildGroups, codeartstest.Fault{Kind: codeartstest.FaultStatus, Status: http.StatusNotFound, Code: "APIGW.0101", Times: -1})
		defer w.Heal()
		lines := checks(t, a.config)[2].run(t, 0)
		expect(t, lines, `^warning +acme BuildGroups +not in this region: .*APIGW\.0101.*region eu-west-101 does not publish this API: switch its poller off or correct the endpoint$`, `^ok +acme BuildTenants `)
	})
	t.Run("a clock that is wrong", func(t *testing.T) {
		w.stop()
		w.move(20 * time.Minute)
		defer w.run()
		expect(t, checks(t, a.config)[0].run(t, 1), `^FAIL +acme clock +this machine is (20m0|19m5\d)s off`) // the world's clock stands, that of the machine goes on
	})
	t.Run("a wrong password", func(t *testing.T) {
		right, err := os.ReadFile(w.password)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(w.password, []byte("not-the-password"), 0o600); err != nil {
			t.Fatal(err)
		}
		defer os.WriteFile(w.password, right, 0o600)
		lines := checks(t, a.config)[0].run(t, 1)
		expect(t, lines, `^FAIL +acme discovery +.*SignIn.*check the`, `^FAIL +acme Repositories +error: .*SignIn.*check the`)
		if strings.Contains(lines, "not-the-password") {
			t.Errorf("the password is in the report:\n%s", lines)
		}
	})
	t.Run("no nats and no clickhouse", func(t *testing.T) {
		a.nats.interrupt(t)
		a.engine.interrupt(t)
		lines := checks(t, a.config)[2].run(t, 1)
		expect(t, lines, `^FAIL +nats +connecting to nats at nats://127\.0\.0\.1:\d+: .* -> start nats-server 2\.12 or later`,
			`^FAIL +clickhouse +.*connection refused.* -> start ClickHouse, or correct clickhouse\.dsn`, `^ok +acme Pipelines `)
	})
}

// run runs the check and returns its report.
func (c checked) run(t *testing.T, want int) (report string) {
	t.Helper()
	code, out := result(t, c.name, c.args...)
	if code != want {
		t.Errorf("%s %s ends with %d, want %d:\n%s", c.name, strings.Join(c.args, " "), code, want, out)
	}
	if want != 0 && !strings.Contains(out, "the check found faults") {
		t.Errorf("%s does not say that there are faults:\n%s", c.name, out)
	}
	return out
}

// expect looks for a line for each pattern.
func expect(t *testing.T, report string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		if !regexp.MustCompile("(?m)" + p).MatchString(report) {
			t.Errorf("the report has no line %s:\n%s", p, report)
		}
	}
}

func TestCommandLines(t *testing.T) {
	wrong := writeConfig(t, map[string]any{"listen": "nowhere", "clickhous": 1, "tenants": []any{}})
	for _, c := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"collector", []string{"-version"}, 0, []string{"collector e2e\n"}},
		{"loader", []string{"-version"}, 0, []string{"loader e2e\n"}},
		{"artery", []string{"-version"}, 0, []string{"artery e2e\n"}},
		{"artery", []string{"version"}, 0, []string{"artery e2e\n"}},
		{"collector", []string{"-h"}, 0, []string{"-config", "-check", "-version", "-listen"}},
		{"collector", []string{"-nonsense"}, 2, []string{"-nonsense"}},
		{"loader", []string{"-nonsense"}, 2, []string{"-nonsense"}},
		{"artery", []string{"run", "-nonsense"}, 2, []string{"-nonsense"}},
		{"artery", []string{"nonsense"}, 2, []string{"usage: artery", "rebuild"}},
		{"artery", nil, 2, []string{"usage: artery"}},
		{"collector", []string{"-config", "/does/not/exist.yaml"}, 1, []string{"reading the configuration", "/does/not/exist.yaml"}},
		{"collector", []string{"-config", wrong}, 1, []string{"unknown key clickhous", `listen: "nowhere" is not host:port`, "tenants: is empty"}},
		{"loader", []string{"-check", "-config", wrong}, 1, []string{"unknown key clickhous", `listen: "nowhere" is not host:port`}},
		{"artery", []string{"run", "-config", wrong}, 1, []string{"unknown key clickhous", "tenants: is empty"}},
	} {
		code, out := result(t, program(t, c.name), c.args...)
		if code != c.code {
			t.Errorf("%s %s ends with %d, want %d:\n%s", c.name, strings.Join(c.args, " "), code, c.code, out)
		}
		for _, text := range c.says {
			if !strings.Contains(out, text) {
				t.Errorf("%s %s does not say %q:\n%s", c.name, strings.Join(c.args, " "), text, out)
			}
		}
	}
}
