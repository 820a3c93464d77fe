// Package service is the wiring of the two services: what the commands share. It alone joins the pollers and the loader
// with the stream, so that `artery run` and the separate services run the same code.
package service

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"artery/internal/events"
	"artery/internal/pollers"
)

// Config is the whole configuration: one file serves the collector, the loader and `artery run`; each reads what it
// needs. Secrets are never in it, only where they are.
type Config struct {
	// Log is how the program logs, to standard error.
	Log LogConfig `yaml:"log"`
	// Listen is the address of /metrics, /healthz and /readyz. Default 127.0.0.1:9464.
	Listen string `yaml:"listen"`
	// NATS is the log.
	NATS NATSConfig `yaml:"nats"`
	// ClickHouse is where the rows go.
	ClickHouse ClickHouseConfig `yaml:"clickhouse"`
	// Collector is how collectors share the tenants.
	Collector CollectorConfig `yaml:"collector"`
	// Incidents is the endpoint to which incidents are reported.
	Incidents IncidentsConfig `yaml:"incidents"`
	// Loader is how rows get there.
	Loader LoaderConfig `yaml:"loader"`
	// Notify is who is told of stages that begin to fail and that recover.
	Notify NotifyConfig `yaml:"notify"`
	// Deployments are the rules that say what a deployment is.
	Deployments DeploymentsConfig `yaml:"deployments"`
	// Prices are what failing and waiting cost.
	Prices PricesConfig `yaml:"prices"`
	// Alerts say what production is, and from where on alerts fire.
	Alerts AlertsConfig `yaml:"alerts"`
	// Embedded is what `artery run` starts itself.
	Embedded EmbeddedConfig `yaml:"embedded"`
	// Tenants are the CodeArts accounts to watch.
	Tenants []TenantConfig `yaml:"tenants"`
}

// LogConfig is how the program logs.
type LogConfig struct {
	Level  string `yaml:"level"`  // debug, info, warn or error; default info
	Format string `yaml:"format"` // text or json; default text
}

// NATSConfig is the NATS server and the stream on it.
type NATSConfig struct {
	URL         string   `yaml:"url"`         // nats:// or tls://, several joined by commas; default nats://127.0.0.1:4222
	User        string   `yaml:"user"`        // user name, when the server asks for one
	Password    Secret   `yaml:"password"`    // of the user
	Credentials string   `yaml:"credentials"` // path of a .creds file, instead of user and password
	Replicas    int      `yaml:"replicas"`    // of the stream and the buckets beside it: 1, 3 or 5; default 1
	MaxBytes    int64    `yaml:"max_bytes"`   // of the stream; default 50 GiB; -1 = no bound
	TTL         Duration `yaml:"ttl"`         // of runs, details and poll records in the log; default 4320h (180 days)
	Epoch       uint16   `yaml:"epoch"`       // incarnation of the stream; raise it by one when a lost stream is made anew; default 1
}

// ClickHouseConfig is the ClickHouse server.
type ClickHouseConfig struct {
	// DSN is clickhouse://host:9000/database for the native protocol, http://host:8123/database or https:// for HTTP. The
	// database is made when it is missing. Default http://127.0.0.1:8123/artery.
	DSN      string `yaml:"dsn"`
	User     string `yaml:"user"` // default "default"
	Password Secret `yaml:"password"`
}

// CollectorConfig is how collectors share the tenants.
type CollectorConfig struct {
	// Lease is the term within which another collector takes over the tenants of one that is gone; default 15s, at least 3s;
	// 0 = this collector is the only one. `artery run` is always the only one.
	Lease Duration `yaml:"lease"`
}

// LoaderConfig is how the loader works.
type LoaderConfig struct {
	Name    string   `yaml:"name"`     // of its durable consumer; default loader
	Batch   int      `yaml:"batch"`    // rows of one insert at most; default 10000
	Linger  Duration `yaml:"linger"`   // how long a started batch waits for more; default 20ms
	AckWait Duration `yaml:"ack_wait"` // until an unacknowledged message is delivered again; default 60s
}

// EmbeddedConfig is what `artery run` starts on this machine.
type EmbeddedConfig struct {
	Dir        string `yaml:"dir"`        // of the log and the tables; default ./artery-data
	NATS       string `yaml:"nats"`       // listen address of nats-server; default 127.0.0.1:4222
	ClickHouse string `yaml:"clickhouse"` // listen address of the ClickHouse engine; default 127.0.0.1:8123
}

// TenantConfig is one CodeArts account.
type TenantConfig struct {
	// Name names the tenant in subjects, rows and dashboards. It can not be changed later without a new history.
	Name     string `yaml:"name"`
	Region   string `yaml:"region"`    // such as eu-west-101
	DomainID string `yaml:"domain_id"` // account id, 32 hex digits
	// Zone is the offset of times that CodeArts writes without a zone (stage times). Default +08:00.
	Zone      string          `yaml:"zone"`
	Endpoints EndpointsConfig `yaml:"endpoints"`
	Auth      AuthConfig      `yaml:"auth"`
	// Projects are the CodeArts projects to watch: discover, a list of ids, or both with patterns.
	Projects ProjectsConfig `yaml:"projects"`
	// Pages are the forms of the addresses of CodeArts' own pages, by kind (pageIDs), with ids in braces. Without one there is no
	// link, but for runs: of those CodeArts may say the page, and else it is that of the international console. The loader puts
	// them in force.
	Pages map[string]string `yaml:"pages"`
	// BuildDomains are account ids whose CodeArts Build state is asked for. Default: domain_id.
	BuildDomains []string     `yaml:"build_domains"`
	Limits       LimitsConfig `yaml:"limits"`
	// AlertLabels says which labels of an alert name the service and the rest of an incident.
	AlertLabels AlertLabelsConfig `yaml:"alert_labels"`
	Logs        LogsConfig        `yaml:"logs"`
	// Schedules are cron specs by poller, or off; the README lists the pollers and their defaults.
	Schedules map[string]string `yaml:"schedules"`
	// Depth is how far back and how deep things are fetched. Default: everything.
	Depth DepthConfig `yaml:"depth"`
	// Freshness is how old what is known may be, by kind.
	Freshness FreshnessConfig `yaml:"freshness"`
	// ConfirmDeletions says until when the listings of a poller are believed however much they lack.
	ConfirmDeletions map[string]time.Time `yaml:"confirm_deletions"`
	// Jitter is the longest delay of a scheduled poll. Each poller of each project has one of its own, which stays the same.
	// Default 10m, and never more than the pause between two polls; 0s = none.
	Jitter *Duration `yaml:"jitter"`
}

// EndpointsConfig are base URLs. They differ by region in ways that can not be derived.
type EndpointsConfig struct {
	IAM        string `yaml:"iam"` // for sign-in by password, and for the poller iam_projects
	Pipeline   string `yaml:"pipeline"`
	Build      string `yaml:"build"`
	Check      string `yaml:"check"`
	Repo       string `yaml:"repo"`
	Projectman string `yaml:"projectman"` // of CodeArts Req; for discovery, and for the poller projects (names of projects)
}

// AuthConfig is one of two ways to sign in.
type AuthConfig struct {
	Password *PasswordConfig `yaml:"password"` // IAM user: a token of 24 hours
	Keys     *KeysConfig     `yaml:"keys"`     // access key and secret key: every request is signed
}

// PasswordConfig is an IAM user.
type PasswordConfig struct {
	User     string `yaml:"user"`
	Password Secret `yaml:"password"`
	Domain   string `yaml:"domain"`  // account name
	Project  string `yaml:"project"` // name of the region's IAM project, such as eu-west-101
}

// KeysConfig is an access key.
type KeysConfig struct {
	AccessKey     Secret `yaml:"access_key"`
	SecretKey     Secret `yaml:"secret_key"`
	SecurityToken Secret `yaml:"security_token"` // of temporary keys
	ProjectID     string `yaml:"project_id"`     // IAM project id, sent as X-Project-Id
	DomainID      string `yaml:"domain_id"`      // sent as X-Domain-Id
}

// LimitsConfig bounds the calls to CodeArts.
type LimitsConfig struct {
	PerSecond float64            `yaml:"per_second"` // of each API; default 2
	PerAPI    map[string]float64 `yaml:"per_api"`    // exceptions by API name
	Tenant    float64            `yaml:"tenant"`     // of all APIs together; default 10 times per_second
}

// tenant is the limit of all APIs together.
func (l LimitsConfig) tenant() float64 {
	if l.Tenant == 0 {
		return 10 * l.PerSecond
	}
	return l.Tenant
}

// of is the limit of one API.
func (l LimitsConfig) of(api string) float64 {
	if rate, known := l.PerAPI[api]; known {
		return rate
	}
	return l.PerSecond
}

// String says what the limits come to.
func (l LimitsConfig) String() string {
	text := fmt.Sprintf("%v calls a second of each API, %v of all together", l.PerSecond, l.tenant())
	for _, api := range slices.Sorted(maps.Keys(l.PerAPI)) {
		text += fmt.Sprintf(", %s %v", api, l.PerAPI[api])
	}
	return text + "; when calls wait, open runs go first and history last"
}

// Secret says where a secret is.
type Secret struct {
	Env  string `yaml:"env"`  // name of an environment variable
	File string `yaml:"file"` // path of a file; a line end at its end is cut
}

// Default is the configuration of an empty file.
func Default() Config {
	return Config{
		Log:        LogConfig{Level: "info", Format: "text"},
		Listen:     "127.0.0.1:9464",
		NATS:       NATSConfig{URL: "nats://127.0.0.1:4222", Replicas: 1, MaxBytes: 50 << 30, TTL: Duration(events.DefaultTTL), Epoch: 1},
		ClickHouse: ClickHouseConfig{DSN: "http://127.0.0.1:8123/artery", User: "default"},
		Collector:  CollectorConfig{Lease: Duration(15 * time.Second)},
		Loader:     LoaderConfig{Name: "loader", Batch: 10_000, Linger: Duration(20 * time.Millisecond), AckWait: Duration(time.Minute)},
		Notify:     NotifyConfig{MaxAge: Duration(time.Hour), Wait: Duration(10 * time.Second), PerMinute: 6},
		Deployments: DeploymentsConfig{
			Attribution: Duration(24 * time.Hour), Rollback: Duration(24 * time.Hour), Zone: "UTC",
		},
		Alerts:   AlertsConfig{Production: []string{defaultEnvironment}},
		Embedded: EmbeddedConfig{Dir: "./artery-data", NATS: "127.0.0.1:4222", ClickHouse: "127.0.0.1:8123"},
	}
}

func (t *TenantConfig) defaults() {
	if t.Zone == "" {
		t.Zone = "+08:00"
	}
	if t.BuildDomains == nil && t.DomainID != "" {
		t.BuildDomains = []string{t.DomainID}
	}
	if t.Limits.PerSecond == 0 {
		t.Limits.PerSecond = 2
	}
	t.AlertLabels.defaults()
	t.Depth.defaults()
	if t.Logs.TailBytes == 0 {
		t.Logs.TailBytes = pollers.DefaultLogTail
	}
}

func (t *TenantConfig) jitter() time.Duration {
	if t.Jitter == nil {
		return pollers.DefaultJitter
	}
	return time.Duration(*t.Jitter)
}
