package service

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// everyFault has one fault of every kind. What must never be printed contains the word hidden.
const everyFault = `
log: {level: loud, format: xml}
listen: nowhere
colour: blue
nats:
  url: "nats://user:hidden-in-url@127.0.0.1:4222"
  password: {env: ARTERY_TEST_UNSET}
  user: artery
  replicas: 2
  max_bytes: 0
  ttl: 24h
  credentials: /does/not/exist.creds
clickhouse:
  dsn: ftp://127.0.0.1/artery
  password: {env: ARTERY_TEST_HIDDEN, file: /does/not/exist}
incidents: {listen: everywhere}
loader: {name: "a b", batch: 0, linger: 2m, ack_wait: soon}
embedded: {dir: "", nats: here, clickhouse: "127.0.0.1"}
tenants:
  - name: acme
    region: ""
    domain_id: not-hex
    zone: Asia/Shanghai
    endpoints: {iam: "https://user:hidden-in-iam@iam.example.com", pipeline: "pipeline.example.com", build: "", check: "ftp://check.example.com", repo: "http://[::1"}
    auth:
      password: {user: reader, domain: "", project: "", password: {file: /does/not/exist}}
    projects: [00000000000000000000000000000010, 00000000000000000000000000000010, short]
    build_domains: [x, x]
    limits: {per_second: -1, tenant: -2, per_api: {Teleport: 1, RunDetail: 0}}
    jitter: 25h
    depth: {history_days: 91, details: some, plugins: names}
    logs: {enabled: false, tail_bytes: 300000, mask: ["a(", "b*"]}
    freshness: {open_runs: 1s, paused_runs: 2h, inventory: 8760h}
    schedules: {pipelines: "every minute", logs: "@hourly", teleport: "@every 1m", gates: "61 * * * *"}
  - name: acme
    region: eu-west-101
    domain_id: 00000000000000000000000000000001
    endpoints: {pipeline: "https://p.example.com", build: "https://b.example.com", check: "https://c.example.com", repo: "https://r.example.com"}
    auth:
      password: {user: reader, domain: a, project: b, password: {env: ARTERY_TEST_HIDDEN}}
      keys: {access_key: {env: ARTERY_TEST_HIDDEN}, secret_key: {env: ARTERY_TEST_UNSET}}
    projects: []
  - name: "two words"
    region: eu-west-101
    domain_id: 00000000000000000000000000000001
    endpoints: {pipeline: "https://p.example.com", build: "https://b.example.com", check: "https://c.example.com", repo: "https://r.example.com"}
    auth:
      keys: {access_key: {file: "` + "@empty@" + `"}}
    projects: [00000000000000000000000000000010]
  - name: finder
    region: eu-west-101
    domain_id: 00000000000000000000000000000001
    endpoints: {pipeline: "https://p.example.com", build: "https://b.example.com", check: "https://c.example.com", repo: "https://r.example.com"}
    auth: {keys: {access_key: {env: ARTERY_TEST_HIDDEN}, secret_key: {env: ARTERY_TEST_HIDDEN}}}
    projects: {discover: joined, include: ["*-prod"], exclude: ["("], only: [x]}
    schedules: {projects: off, iam_projects: "@daily"}
  - name: chooser
    region: eu-west-101
    domain_id: 00000000000000000000000000000001
    endpoints: {pipeline: "https://p.example.com", build: "https://b.example.com", check: "https://c.example.com", repo: "https://r.example.com", projectman: "https://user:hidden-in-projectman@r.example.com", iam: nonsense}
    auth: {keys: {access_key: {env: ARTERY_TEST_HIDDEN}, secret_key: {env: ARTERY_TEST_HIDDEN}}}
    projects: {ids: [00000000000000000000000000000010], discover: everything, include: [x]}
  - name: guesser
    region: eu-west-101
    domain_id: 00000000000000000000000000000001
    endpoints: {pipeline: "https://p.example.com", build: "https://b.example.com", check: "https://c.example.com", repo: "https://r.example.com"}
    auth: {keys: {access_key: {env: ARTERY_TEST_HIDDEN}, secret_key: {env: ARTERY_TEST_HIDDEN}}}
    projects: all
  - name: nobody
    region: eu-west-101
    domain_id: 00000000000000000000000000000001
    endpoints: {pipeline: "https://p.example.com", build: "https://b.example.com", check: "https://c.example.com", repo: "https://r.example.com"}
    projects: [00000000000000000000000000000010]
`

// The faults of everyFault, one line each: beginning and a part that says what is wrong.
var itsFaults = [][2]string{
	{"line 4: unknown key colour", ""},
	{`line 17: "soon" is no duration`, "90s"},
	{"log.level: ", `"loud" is not debug`},
	{"log.format: ", `"xml" is not text or json`},
	{"listen: ", `"nowhere" is not host:port`},
	{"nats.url: ", "holds a user or password"},
	{"nats.replicas: ", "2 is not 1, 3 or 5"},
	{"nats.max_bytes: ", "0 is no size"},
	{"nats.ttl: ", "24h0m0s is shorter than 2400h0m0s"},
	{"nats.password: ", "ARTERY_TEST_UNSET is not set"},
	{"nats.credentials: ", "/does/not/exist.creds"},
	{"clickhouse.dsn: ", `the scheme "ftp" is not one of clickhouse, http, https`},
	{"clickhouse.password: ", "has env and file"},
	{"incidents.listen: ", `"everywhere" is not host:port`},
	{"incidents.token: ", "is missing: give env"},
	{"loader.batch: ", "0 is not between"},
	{"loader.name: ", `"a b" is not a name`},
	{"loader.linger: ", "2m0s is not between"},
	{"embedded.nats: ", `"here" is not host:port`},
	{"embedded.clickhouse: ", `"127.0.0.1" is not host:port`},
	{"embedded.dir: ", "is empty"},
	{"tenants[0] (acme).region: ", "is missing"},
	{"tenants[0] (acme).domain_id: ", `"not-hex" is not an account id`},
	{"tenants[0] (acme).zone: ", `"Asia/Shanghai" is not an offset such as +08:00`},
	{"tenants[0] (acme).endpoints.pipeline: ", `"pipeline.example.com" is no URL`},
	{"tenants[0] (acme).endpoints.build: ", "is missing"},
	{"tenants[0] (acme).endpoints.check: ", `the scheme "ftp"`},
	{"tenants[0] (acme).endpoints.repo: ", "is no URL"},
	{"tenants[0] (acme).endpoints.iam: ", "holds a user or password"},
	{"tenants[0] (acme).auth.password.domain: ", "is missing"},
	{"tenants[0] (acme).auth.password.project: ", "is missing"},
	{"tenants[0] (acme).auth.password.password: ", "/does/not/exist"},
	{"tenants[0] (acme).projects: ", "00000000000000000000000000000010 stands there twice"},
	{"tenants[0] (acme).projects: ", `"short" is not a CodeArts project id`},
	{"tenants[0] (acme).build_domains: ", `"x" is not an account id`},
	{"tenants[0] (acme).build_domains: ", `"x" is not an account id`},
	{"tenants[0] (acme).build_domains: ", "x stands there twice"},
	{"tenants[0] (acme).limits.per_second: ", "-1 is not above 0"},
	{"tenants[0] (acme).limits.tenant: ", "-2 is below 0"},
	{"tenants[0] (acme).limits.per_api: ", `"Teleport" is no API; these are: Pipelines, `},
	{"tenants[0] (acme).limits.per_api.RunDetail: ", "0 is not above 0"},
	{"tenants[0] (acme).jitter: ", "25h0m0s is not between 0s and 24h"},
	{"tenants[0] (acme).depth.history_days: ", "91 is not between 1 and 90: CodeArts keeps a run for 90 days"},
	{"tenants[0] (acme).depth.details: ", `"some" is not all or failed`},
	{"tenants[0] (acme).depth.plugins: ", `"names" is not details or lists`},
	{"tenants[0] (acme).logs.tail_bytes: ", "300000 is not between 1 and 262144"},
	{"tenants[0] (acme).logs.mask: ", `"a(" is no RE2 expression`},
	{"tenants[0] (acme).logs.mask: ", `"b*" finds the empty text too`},
	{"tenants[0] (acme).schedules.logs: ", "is set, and logs.enabled is false"},
	{"tenants[0] (acme).freshness.open_runs: ", "1s is not between 5s and 10m0s"},
	{"tenants[0] (acme).freshness.paused_runs: ", "2h0m0s is not between 15s and 1h0m0s"},
	{"tenants[0] (acme).freshness.inventory: ", "8760h0m0s is not between 1h0m0s and 168h0m0s"},
	{"tenants[0] (acme).schedules.pipelines: ", `schedule "every minute"`},
	{"tenants[0] (acme).schedules: ", `"teleport" is no poller; these are: projects, `},
	{"tenants[0] (acme).schedules.gates: ", `schedule "61 * * * *"`},
	{"tenants[1] (acme): ", `the name "acme" is used twice`},
	{"tenants[1] (acme).auth: ", "has password and keys"},
	{"tenants[1] (acme).projects: ", "is empty"},
	{"tenants[2] (two words).name: ", `"two words" is not a name`},
	{"tenants[2] (two words).auth.keys.access_key: ", "is empty"},
	{"tenants[2] (two words).auth.keys.secret_key: ", "is missing: give env"},
	{"line 55: unknown key projects.only", ""},
	{"tenants[3] (finder).endpoints.projectman: ", "is missing"},
	{"tenants[3] (finder).projects.include: ", `"*-prod" is no regular expression`},
	{"tenants[3] (finder).projects.exclude: ", `"(" is no regular expression`},
	{"tenants[3] (finder).schedules.projects: ", "is off; projects can not be discovered without it"},
	{"tenants[3] (finder).schedules.iam_projects: ", "needs an endpoint that is not configured: iam"},
	{"tenants[4] (chooser).endpoints.projectman: ", "holds a user or password"},
	{"tenants[4] (chooser).endpoints.iam: ", "is no URL"},
	{"tenants[4] (chooser).projects.discover: ", `"everything" is not true, joined or false`},
	{"tenants[4] (chooser).projects.include: ", "chooses among discovered projects"},
	{`line 68: "all" is not discover`, "a list of project ids"},
	{"tenants[5] (guesser).projects: ", "is empty"},
	{"tenants[6] (nobody).auth: ", "is missing"},
}

const everything = NeedTenants | NeedNATS | NeedClickHouse | NeedEmbedded

func TestAllFaultsAtOnce(t *testing.T) {
	t.Setenv("ARTERY_TEST_HIDDEN", "hidden-in-env")
	os.Unsetenv("ARTERY_TEST_UNSET")
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Parse([]byte(strings.ReplaceAll(everyFault, "@empty@", empty)), everything)
	if err == nil {
		t.Fatal("a configuration with every fault is accepted")
	}
	lines := strings.Split(err.Error(), "\n")
	for _, want := range itsFaults {
		i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, want[0]) && strings.Contains(line, want[1]) })
		if i < 0 {
			t.Errorf("no line says %q ... %q", want[0], want[1])
			continue
		}
		lines = slices.Delete(lines, i, i+1)
	}
	if len(lines) > 0 {
		t.Errorf("lines that nobody expects:\n%s", strings.Join(lines, "\n"))
	}
	if strings.Contains(err.Error(), "hidden") {
		t.Errorf("a secret is in the message:\n%v", err)
	}
}

// A command reads what it needs and is content with the rest as it is.
func TestFaultsOfOtherParts(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		need Need
	}{
		"the collector needs no ClickHouse": {"clickhouse: {dsn: nonsense}\ntenants: [" + goodTenant + "]", NeedTenants | NeedNATS},
		"the loader needs no tenant":        {"tenants: [{name: x}]", NeedNATS | NeedClickHouse},
		"the loader takes no incidents":     {"incidents: {listen: nonsense}", NeedNATS | NeedClickHouse},
		"artery run needs no servers":       {"nats: {url: nonsense}\nclickhouse: {dsn: nonsense}\ntenants: [" + goodTenant + "]", NeedTenants | NeedEmbedded},
	} {
		t.Setenv("ARTERY_TEST_HIDDEN", "hidden")
		if _, err := Parse([]byte(test.text), test.need); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Parse([]byte(test.text), everything); err == nil {
			t.Errorf("%s: who needs it is content as well", name)
		}
	}
}

const goodTenant = `{name: acme, region: r, domain_id: "00000000000000000000000000000001", projects: ["00000000000000000000000000000010"],
  endpoints: {pipeline: "https://p.example.com", build: "https://b.example.com", check: "https://c.example.com", repo: "https://r.example.com"},
  auth: {keys: {access_key: {env: ARTERY_TEST_HIDDEN}, secret_key: {env: ARTERY_TEST_HIDDEN}}}}`

func TestDefaults(t *testing.T) {
	t.Setenv("ARTERY_TEST_HIDDEN", "hidden")
	c, err := Parse([]byte("tenants: ["+goodTenant+"]\nloader: {ack_wait: 90s}"), everything)
	if err != nil {
		t.Fatal(err)
	}
	tenant := c.Tenants[0]
	switch {
	case c.Listen != "127.0.0.1:9464", c.NATS.URL != "nats://127.0.0.1:4222", c.ClickHouse.DSN != "http://127.0.0.1:8123/artery":
		t.Errorf("addresses: %q, %q, %q", c.Listen, c.NATS.URL, c.ClickHouse.DSN)
	case time.Duration(c.NATS.TTL) != 180*24*time.Hour, time.Duration(c.Loader.AckWait) != 90*time.Second, c.Loader.Batch != 10_000:
		t.Errorf("times and sizes: %+v, %+v", c.NATS, c.Loader)
	case tenant.Zone != "+08:00", tenant.Limits.PerSecond != 2, !slices.Equal(tenant.BuildDomains, []string{tenant.DomainID}):
		t.Errorf("of the tenant: zone %q, limits %+v, build domains %v", tenant.Zone, tenant.Limits, tenant.BuildDomains)
	}
	if _, err := Parse(nil, NeedNATS|NeedClickHouse); err != nil {
		t.Errorf("an empty file is refused for a loader: %v", err)
	}
	if _, err := Parse([]byte("{not yaml"), 0); err == nil {
		t.Error("what is no YAML is accepted")
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "artery.yaml")
	if _, err := Load(path, 0); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a missing file gives %v", err)
	}
	if err := os.WriteFile(path, []byte("listen: x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path, 0); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `"x" is not host:port`) {
		t.Errorf("a wrong file gives %v", err)
	}
}

func TestSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("from a file \r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ARTERY_TEST_HIDDEN", " from the environment")
	for _, test := range []struct {
		s    Secret
		want string
	}{{Secret{}, ""}, {Secret{File: file}, "from a file "}, {Secret{Env: "ARTERY_TEST_HIDDEN"}, " from the environment"}} {
		if got, err := test.s.Read(); err != nil || got != test.want {
			t.Errorf("%+v gives %q, %v; want %q", test.s, got, err, test.want)
		}
	}
}

// The three forms of projects, and the pollers that run only where their endpoint is known.
func TestProjects(t *testing.T) {
	t.Setenv("ARTERY_TEST_HIDDEN", "hidden")
	const id = "00000000000000000000000000000010"
	for form, want := range map[string]ProjectsConfig{
		"discover":                             {Discover: "true"},
		`["` + id + `"]`:                       {IDs: []string{id}},
		`{discover: true, exclude: ["^Sand"]}`: {Discover: "true", Exclude: []string{"^Sand"}},
		`{discover: joined, ids: ["` + id + `"], include: [a, b]}`: {Discover: "joined", IDs: []string{id}, Include: []string{"a", "b"}},
	} {
		text := strings.Replace(goodTenant, `projects: ["`+id+`"]`, "projects: "+form, 1)
		text = strings.Replace(text, "endpoints: {", `endpoints: {projectman: "https://m.example.com", `, 1)
		c, err := Parse([]byte("tenants: ["+text+"]"), everything)
		if err != nil {
			t.Errorf("%s: %v", form, err)
			continue
		}
		got := c.Tenants[0]
		if !reflect.DeepEqual(got.Projects, want) {
			t.Errorf("%s is %+v, want %+v", form, got.Projects, want)
		}
		choice := got.Projects.choice()
		if choice.Discover != got.Projects.discovers() || choice.Joined != (want.Discover == "joined") || len(choice.Include) != len(want.Include) || len(choice.Exclude) != len(want.Exclude) {
			t.Errorf("%s becomes %+v", form, choice)
		}
		if s := got.schedules(); s["projects"] != "" || s["iam_projects"] != "off" {
			t.Errorf("schedules with projectman and without iam: %v", s)
		}
	}
	c, err := Parse([]byte("tenants: ["+goodTenant+"]"), everything)
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Tenants[0].schedules(); s["projects"] != "off" || s["gates"] != "" {
		t.Errorf("schedules without projectman: %v", s)
	}
}
