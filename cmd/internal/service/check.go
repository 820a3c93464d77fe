package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"
	"artery/internal/schema"
	"artery/internal/stream"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/nats-io/nats.go"
)

// errCheck says that a check found something that does not work; the report has said what.
var errCheck = errors.New("the check found faults")

// checkTimeout bounds the check of one server or project.
const checkTimeout = time.Minute

// Check tries everything that a command needs, once, and prints what it found: what works, what does not and what to do,
// and what can not be seen from here.
func Check(ctx context.Context, c Config, need Need, f Frame, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	r := report{w: w}
	if need&NeedNATS != 0 {
		r.nats(ctx, c.NATS, f)
	}
	if need&NeedClickHouse != 0 {
		r.clickHouse(ctx, c.ClickHouse)
	}
	if need&NeedEmbedded != 0 {
		r.address("embedded.nats", c.Embedded.NATS)
		r.address("embedded.clickhouse", c.Embedded.ClickHouse)
	}
	if text := c.Unalerted(); text != "" && need&(NeedClickHouse|NeedEmbedded) != 0 { // a matter of the loader
		r.line("warning", "alerts.production", text)
	}
	if need&NeedTenants != 0 {
		r.tenants(ctx, c, f)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("printing the report: %w", err)
	}
	if r.failed {
		return errCheck
	}
	return nil
}

// report prints one line for each thing that was tried.
type report struct {
	w      io.Writer
	failed bool
}

func (r *report) line(verdict, part, text string) {
	fmt.Fprintf(r.w, "%s\t%s\t%s\n", verdict, part, strings.ReplaceAll(text, "\n", "; "))
}

func (r *report) ok(part, format string, args ...any) {
	r.line("ok", part, fmt.Sprintf(format, args...))
}

func (r *report) fail(part string, err error, advice string) {
	r.failed = true
	if advice != "" {
		advice = " -> " + advice
	}
	r.line("FAIL", part, err.Error()+advice)
}

// address says whether an address is free to listen on.
func (r *report) address(part, addr string) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		r.fail(part, err, "stop what listens there, or choose another address")
		return
	}
	l.Close()
	r.ok(part, "%s is free", addr)
}

func (r *report) nats(ctx context.Context, c NATSConfig, f Frame) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	nc, err := connectNATS(c, "artery-check", f)
	if err != nil {
		r.fail("nats", err, "start nats-server 2.12 or later with JetStream, or correct nats.url")
		return
	}
	defer nc.Close()
	r.ok("nats", "connected to %s, version %s", nc.ConnectedUrlRedacted(), nc.ConnectedServerVersion())
	if !atLeast(nc, 2, 12) {
		r.fail("nats", fmt.Errorf("version %s has no atomic batches", nc.ConnectedServerVersion()), "use 2.12 or later")
	}
	if size := nc.MaxPayload(); size < events.MaxBody+64<<10 {
		r.fail("nats max_payload", fmt.Errorf("%d bytes", size), fmt.Sprintf("set it to at least %d", 1<<20))
	} else {
		r.ok("nats max_payload", "%d bytes", size)
	}
	found, err := stream.Inspect(ctx, nc)
	switch {
	case err != nil:
		r.fail("nats stream", err, "")
	case found == "":
		r.ok("nats stream", "%s does not exist yet and will be made", events.Stream)
	default:
		r.ok("nats stream", "%s", found)
	}
	r.line("not visible", "nats sync_interval", "a client can not see it; set `sync_interval: always` in the jetstream block of the server")
}

func atLeast(nc *nats.Conn, major, minor int) bool {
	var a, b int
	if _, err := fmt.Sscanf(nc.ConnectedServerVersion(), "%d.%d", &a, &b); err != nil {
		return false
	}
	return a > major || a == major && b >= minor
}

func (r *report) clickHouse(ctx context.Context, c ClickHouseConfig) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	o, err := c.options()
	if err != nil {
		r.fail("clickhouse", err, "")
		return
	}
	database := o.Auth.Database
	o.Auth.Database = "default"
	conn, err := clickhouse.Open(o)
	if err != nil {
		r.fail("clickhouse", err, "")
		return
	}
	defer conn.Close()
	version, err := conn.ServerVersion()
	if err != nil {
		r.fail("clickhouse", err, "start ClickHouse, or correct clickhouse.dsn, user and password")
		return
	}
	r.ok("clickhouse", "connected by %s, version %s", o.Protocol, version.Version)
	var exists uint64
	if err := conn.QueryRow(ctx, "SELECT count() FROM system.databases WHERE name = ?", database).Scan(&exists); err != nil {
		r.fail("clickhouse schema", err, "")
		return
	}
	if exists == 0 {
		r.ok("clickhouse schema", "database %s does not exist yet and will be made", database)
		return
	}
	o.Auth.Database = database
	there, err := clickhouse.Open(o)
	if err != nil {
		r.fail("clickhouse schema", err, "")
		return
	}
	defer there.Close()
	pending, err := schema.Pending(ctx, there)
	if err != nil {
		r.fail("clickhouse schema", err, "")
		return
	}
	r.ok("clickhouse schema", "database %s: %d migrations to apply at the start of the loader", database, pending)
}

func (r *report) tenants(ctx context.Context, c Config, f Frame) {
	calls := newCallMetrics(f.Registry)
	for _, t := range c.Tenants {
		r.tenant(ctx, t, f, calls)
	}
}

func (r *report) tenant(ctx context.Context, t TenantConfig, f Frame, calls callMetrics) {
	api, err := newClient(t, f, calls)
	if err != nil {
		r.fail(t.Name, err, "")
		return
	}
	projects, c := r.projects(ctx, t, api)
	ctx, cancel := context.WithTimeout(ctx, time.Duration(len(projects))*checkTimeout)
	defer cancel()
	asked := t.asked()
	for i, project := range projects {
		var results []codearts.ProbeResult
		if i == 0 {
			results = api.Probe(ctx, project, t.DomainID)
		} else {
			results = api.ProbeProject(ctx, project)
		}
		for _, p := range results {
			r.probe(t.Name+" "+p.API, project, p, asked[p.API])
		}
		c.add(results)
	}
	r.demands(t, c)
	r.line("limits", t.Name, t.Limits.String())
	skew, known := api.ClockSkew()
	off := fmt.Errorf("this machine is %s off; CodeArts refuses signatures from %s on", skew.Round(time.Second), codearts.MaxSkew)
	switch {
	case !known:
		r.line("unknown", t.Name+" clock", "no answer carried a date")
	case skew.Abs() >= codearts.MaxSkew:
		r.fail(t.Name+" clock", off, "set the clock")
	case skew.Abs() > codearts.SkewWarning:
		r.line("warning", t.Name+" clock", off.Error()+" -> set the clock")
	default:
		r.ok(t.Name+" clock", "%s off", skew.Round(time.Millisecond))
	}
}

// checkDiscovered is how many of the discovered projects a check tries; they are alike.
const checkDiscovered = 3

// projects returns the projects to try: those of the configuration, and a few of those that are discovered. Without any, the
// APIs of the tenant are tried all the same.
func (r *report) projects(ctx context.Context, t TenantConfig, api *codearts.Client) (projects []string, c census) {
	projects = slices.Clone(t.Projects.IDs)
	c.watched = len(projects)
	if t.Projects.discovers() {
		first, found, chosen := r.discover(ctx, t, api)
		projects, c.listed, c.watched = append(projects, first...), found, c.watched+chosen
	}
	if len(projects) == 0 {
		return []string{""}, c
	}
	return projects, c
}

// discover says which projects are found and chosen, and returns the first of them and how many there are.
func (r *report) discover(ctx context.Context, t TenantConfig, api *codearts.Client) (first []string, found, chosen int) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	choice, part := t.Projects.choice(), t.Name+" discovery"
	var names []string
	for page, err := range api.Projects(ctx, choice.Joined) {
		if err != nil {
			r.fail(part, err, "")
			return first, found, len(names)
		}
		for _, raw := range page.Items {
			var row struct {
				ID   string `json:"project_id"`
				Name string `json:"project_name"`
			}
			if found++; json.Unmarshal(raw, &row) != nil || !choice.Chosen(row.ID, row.Name) || slices.Contains(choice.IDs, row.ID) {
				continue
			}
			if names = append(names, row.Name); len(names) <= checkDiscovered {
				first = append(first, row.ID)
			}
		}
	}
	if len(names) == 0 {
		r.fail(part, fmt.Errorf("%d projects found, none chosen", found), "correct include and exclude, or look whether the account is a member of a project")
		return nil, found, 0
	}
	list := strings.Join(names[:min(len(names), 20)], ", ")
	if len(names) > 20 {
		list += ", ..."
	}
	r.ok(part, "%d projects found, %d of them chosen (%s); %d are tried", found, len(names), list, len(first))
	return first, found, len(names)
}

// probe reports on an API. One that no poller asks may fail: nothing misses it.
func (r *report) probe(part, project string, p codearts.ProbeResult, asked bool) {
	text := "project " + project
	if project == "" {
		text = "no project"
	}
	if p.Err != nil {
		text = p.Err.Error() // it names the project, and mostly says what to do
	}
	if !strings.Contains(text, p.Advice) {
		text += " -> " + p.Advice
	}
	switch p.Verdict {
	case codearts.Works:
		r.line("ok", part, text)
	case codearts.Skipped:
		r.line("not tried", part, text)
	case codearts.Unpublished:
		r.line("warning", part, string(p.Verdict)+": "+text) // its poller rests, everything else works
	default:
		if !asked {
			r.line("warning", part, string(p.Verdict)+": "+text+"; its poller is off")
			return
		}
		r.failed = true
		r.line("FAIL", part, string(p.Verdict)+": "+text)
	}
}
