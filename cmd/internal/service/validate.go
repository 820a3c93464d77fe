package service

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"
	"artery/internal/fleet"
	"artery/internal/pollers"
)

// Need is the set of parts that a command uses. What it does not use is read but not asked for.
type Need int

// The parts.
const (
	NeedTenants Need = 1 << iota
	NeedNATS
	NeedClickHouse
	NeedEmbedded
)

var (
	hex32    = regexp.MustCompile(`^[0-9a-f]{32}$`)
	nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`)
	zoneForm = regexp.MustCompile(`^[+-](0\d|1[0-4]):[0-5]\d$`)
)

// faults collects what is wrong, each with its place in the file.
type faults []error

func (f *faults) add(where, format string, args ...any) {
	*f = append(*f, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

func (c *Config) validate(need Need) []error {
	var f faults
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		f.add("log.level", "%q is not debug, info, warn or error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		f.add("log.format", "%q is not text or json", c.Log.Format)
	}
	f.address("listen", c.Listen)
	c.Deployments.validate(&f)
	c.Prices.validate(&f)
	c.Alerts.validate(&f)
	for i, t := range c.Tenants { // the loader needs nothing else of them
		f.pages(fmt.Sprintf("tenants[%d] (%s).pages", i, t.Name), t.Pages)
	}
	if need&(NeedClickHouse|NeedEmbedded) != 0 {
		c.Notify.validate(&f)
	}
	if need&NeedNATS != 0 {
		c.NATS.validate(&f)
	}
	if need&NeedClickHouse != 0 {
		f.url("clickhouse.dsn", c.ClickHouse.DSN, "clickhouse", "http", "https")
		f.secret("clickhouse.password", c.ClickHouse.Password, false)
		c.Loader.validate(&f)
	}
	if need&NeedEmbedded != 0 {
		f.address("embedded.nats", c.Embedded.NATS)
		f.address("embedded.clickhouse", c.Embedded.ClickHouse)
		if c.Embedded.Dir == "" {
			f.add("embedded.dir", "is empty")
		}
	}
	if need&NeedTenants != 0 {
		if len(c.Tenants) == 0 {
			f.add("tenants", "is empty; there is nothing to watch")
		}
		if term := time.Duration(c.Collector.Lease); term != 0 && term < fleet.MinTerm {
			f.add("collector.lease", "%s is shorter than %s; 0s means that this collector is the only one", term, fleet.MinTerm)
		}
		c.Incidents.validate(&f)
		seen := map[string]bool{}
		for i := range c.Tenants {
			t := &c.Tenants[i]
			where := fmt.Sprintf("tenants[%d] (%s)", i, t.Name)
			if seen[t.Name] {
				f.add(where, "the name %q is used twice", t.Name)
			}
			seen[t.Name] = true
			t.validate(where, &f)
		}
	}
	return f
}

func (n *NATSConfig) validate(f *faults) {
	for _, u := range strings.Split(n.URL, ",") {
		f.url("nats.url", strings.TrimSpace(u), "nats", "tls", "ws", "wss")
	}
	if !slices.Contains([]int{1, 3, 5}, n.Replicas) {
		f.add("nats.replicas", "%d is not 1, 3 or 5", n.Replicas)
	}
	if n.MaxBytes == 0 || n.MaxBytes < -1 {
		f.add("nats.max_bytes", "%d is no size in bytes; -1 means no bound", n.MaxBytes)
	}
	if time.Duration(n.TTL) < events.MinTTL {
		f.add("nats.ttl", "%s is shorter than %s; CodeArts keeps a run for 90 days, and a log that forgets sooner reports it as new", time.Duration(n.TTL), events.MinTTL)
	}
	f.secret("nats.password", n.Password, n.User != "")
	if n.Credentials != "" {
		if _, err := os.Stat(n.Credentials); err != nil {
			f.add("nats.credentials", "%v", err)
		}
	}
}

func (l *LoaderConfig) validate(f *faults) {
	if l.Batch < 1 || l.Batch > 100_000 {
		f.add("loader.batch", "%d is not between 1 and 100000", l.Batch)
	}
	if !nameForm.MatchString(l.Name) {
		f.add("loader.name", "%q is not a name of letters, digits, - and _", l.Name)
	}
	if time.Duration(l.AckWait) < time.Second {
		f.add("loader.ack_wait", "%s is shorter than 1s", time.Duration(l.AckWait))
	}
	if l.Linger < 0 || l.Linger >= l.AckWait {
		f.add("loader.linger", "%s is not between 0s and ack_wait", time.Duration(l.Linger))
	}
}

func (t *TenantConfig) validate(where string, f *faults) {
	if !nameForm.MatchString(t.Name) {
		f.add(where+".name", "%q is not a name of letters, digits, - and _", t.Name)
	}
	if t.Region == "" {
		f.add(where+".region", "is missing")
	}
	if !hex32.MatchString(t.DomainID) {
		f.add(where+".domain_id", "%q is not an account id of 32 hex digits", t.DomainID)
	}
	if !zoneForm.MatchString(t.Zone) {
		f.add(where+".zone", "%q is not an offset such as +08:00", t.Zone)
	}
	for _, e := range []struct{ name, url string }{
		{"pipeline", t.Endpoints.Pipeline}, {"build", t.Endpoints.Build}, {"check", t.Endpoints.Check}, {"repo", t.Endpoints.Repo},
	} {
		f.url(where+".endpoints."+e.name, e.url, "http", "https")
	}
	if t.Endpoints.Projectman != "" || t.Projects.discovers() {
		f.url(where+".endpoints.projectman", t.Endpoints.Projectman, "http", "https")
	}
	t.Auth.validate(where, t.Endpoints.IAM, f)
	if t.Endpoints.IAM != "" && t.Auth.Password == nil {
		f.url(where+".endpoints.iam", t.Endpoints.IAM, "http", "https")
	}
	t.Projects.validate(where+".projects", f)
	if t.Projects.discovers() && t.Schedules["projects"] == pollers.Off {
		f.add(where+".schedules.projects", "is off; projects can not be discovered without it")
	}
	for poller, url := range t.optional() {
		if spec := t.Schedules[poller]; url == "" && spec != "" && spec != pollers.Off {
			f.add(where+".schedules."+poller, "needs an endpoint that is not configured: %s", map[string]string{"projects": "projectman", "iam_projects": "iam"}[poller])
		}
	}
	for i, d := range t.BuildDomains {
		if !hex32.MatchString(d) {
			f.add(where+".build_domains", "%q is not an account id of 32 hex digits", d)
		}
		if slices.Contains(t.BuildDomains[:i], d) {
			f.add(where+".build_domains", "%s stands there twice", d)
		}
	}
	t.Limits.validate(where+".limits", f)
	t.Depth.validate(where+".depth", f)
	t.Logs.validate(where+".logs", f)
	if spec := t.Schedules["logs"]; t.Logs.off() && spec != "" && spec != pollers.Off {
		f.add(where+".schedules.logs", "is set, and logs.enabled is false")
	}
	t.Freshness.validate(where+".freshness", f)
	if j := t.jitter(); j < 0 || j > 24*time.Hour {
		f.add(where+".jitter", "%s is not between 0s and 24h", j)
	}
	for name, spec := range t.Schedules {
		if !slices.Contains(pollerNames(), name) {
			f.add(where+".schedules", "%q is no poller; these are: %s", name, strings.Join(pollerNames(), ", "))
		}
		if err := pollers.ParseSchedule(spec); err != nil {
			f.add(where+".schedules."+name, "%v", err)
		}
	}
	for name := range t.ConfirmDeletions {
		if !slices.Contains(pollerNames(), name) {
			f.add(where+".confirm_deletions", "%q is no poller; these are: %s", name, strings.Join(pollerNames(), ", "))
		}
	}
}

func (l *LimitsConfig) validate(where string, f *faults) {
	for name, rate := range l.PerAPI {
		if !slices.Contains(codearts.APIs(), name) {
			f.add(where+".per_api", "%q is no API; these are: %s", name, strings.Join(codearts.APIs(), ", "))
		}
		if rate <= 0 {
			f.add(where+".per_api."+name, "%v is not above 0", rate)
		}
	}
	if l.PerSecond <= 0 {
		f.add(where+".per_second", "%v is not above 0", l.PerSecond)
	}
	if l.Tenant < 0 {
		f.add(where+".tenant", "%v is below 0", l.Tenant)
	}
}

func (a *AuthConfig) validate(tenant, iam string, f *faults) {
	where := tenant + ".auth"
	switch {
	case a.Password == nil && a.Keys == nil:
		f.add(where, "is missing: give password (IAM user) or keys (access key)")
	case a.Password != nil && a.Keys != nil:
		f.add(where, "has password and keys; give one")
	case a.Password != nil:
		f.url(tenant+".endpoints.iam", iam, "http", "https")
		for _, v := range []struct{ name, value string }{{"user", a.Password.User}, {"domain", a.Password.Domain}, {"project", a.Password.Project}} {
			if v.value == "" {
				f.add(where+".password."+v.name, "is missing")
			}
		}
		f.secret(where+".password.password", a.Password.Password, true)
	default:
		f.secret(where+".keys.access_key", a.Keys.AccessKey, true)
		f.secret(where+".keys.secret_key", a.Keys.SecretKey, true)
		f.secret(where+".keys.security_token", a.Keys.SecurityToken, false)
	}
}

func (f *faults) url(where, text string, schemes ...string) {
	u, err := url.Parse(text)
	switch {
	case text == "":
		f.add(where, "is missing; give a URL such as %s://host", schemes[len(schemes)-1])
	case strings.Contains(text, "@") && (err != nil || u.Host == ""): // not repeated: it may hold a password
		f.add(where, "is no URL; give one such as %s://host, and user and password by their own keys", schemes[len(schemes)-1])
	case err != nil || u.Host == "":
		f.add(where, "%q is no URL", events.RedactURLs(text))
	case !slices.Contains(schemes, u.Scheme):
		f.add(where, "the scheme %q is not one of %s", u.Scheme, strings.Join(schemes, ", "))
	case u.User != nil, u.Query().Has("username"), u.Query().Has("password"):
		f.add(where, "holds a user or password; give them by their own keys")
	}
}

func (f *faults) address(where, text string) {
	if _, port, err := net.SplitHostPort(text); err != nil || port == "" {
		f.add(where, "%q is not host:port", text)
	}
}

func (f *faults) secret(where string, s Secret, required bool) {
	if s == (Secret{}) {
		if required {
			f.add(where, "is missing: give env (an environment variable) or file (a path)")
		}
		return
	}
	if _, err := s.Read(); err != nil {
		f.add(where, "%v", err)
	}
}

// pollerNames are the keys that schedules may have.
func pollerNames() []string {
	var names []string
	for _, p := range pollers.All() {
		names = append(names, p.Name)
	}
	return names
}
