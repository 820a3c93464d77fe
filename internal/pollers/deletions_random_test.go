package pollers

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// TestRandomDeletions runs many short lives of a world in which things come and go, also between two pages of one walk, before
// a server that lies for up to an hour at a time. Two collectors look at it by turns, and are started anew at times. Nothing
// that is there is ever called deleted; what is not there is, a bounded number of honest sweeps later.
func TestRandomDeletions(t *testing.T) {
	lives := 100
	if testing.Short() {
		lives = 10
	}
	total := map[string]int{}
	for seed := range lives {
		g := newGraveyard(t, uint64(seed))
		g.live()
		for what, n := range g.tally {
			total[what] += n
		}
		if t.Failed() {
			t.Fatalf("seed %d failed", seed)
		}
	}
	t.Logf("%d lives: %v", lives, total)
	for _, what := range append(lies, "deleted", "missing", "restored", "shifted", "restarts", "confirmed", "shared") {
		if total[what] < lives/10 {
			t.Errorf("only %d times %s in %d lives: the test has lost its teeth", total[what], what, lives)
		}
	}
}

// lies are what the server says for a while.
var lies = []string{"empty", "half", "error", "throttled", "no member", "bare 404", "denied", "stale"}

type graveyard struct {
	*world
	rng        *rand.Rand
	alive      map[string]time.Time // "kind id" to when it was deleted; the zero time while it is there
	lie        string
	until      time.Time // the lie ends
	shift      bool      // something may go between two pages
	collectors []*Collector
	read       int // records that were checked
	tally      map[string]int
}

func newGraveyard(t *testing.T, seed uint64) *graveyard {
	g := &graveyard{rng: rand.New(rand.NewPCG(seed, 11)), alive: map[string]time.Time{}, tally: map[string]int{}}
	pages := []int{3, 100}[seed%2]
	g.world = newWorld(t, codeartstest.Options{Seed: seed, MaxPipelinePage: pages, MaxPolicyPage: pages}, func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { g.serve(sim, rw, r) })
	})
	g.schedules = map[string]string{}
	for _, p := range All() {
		if p.Name != "pipelines" && p.Name != "rules" && p.Name != "repositories" {
			g.schedules[p.Name] = Off
		}
	}
	for _, name := range []string{"Alpha", "Beta", "Gamma"}[:1+2*(seed/2%2)] {
		g.projects = append(g.projects, g.sim.World().AddProject(name))
	}
	for range 4 + g.rng.IntN(8) {
		for kind := range 3 {
			g.create(kind)
		}
	}
	for range 2 {
		g.start()
		g.collectors = append(g.collectors, g.collector)
	}
	return g
}

func (g *graveyard) create(kind int) {
	script, now, project := g.sim.World(), g.clock.now(), g.projects[g.rng.IntN(len(g.projects))]
	switch kind {
	case 0:
		g.alive["pipeline "+g.addPipeline(project, fmt.Sprint("p", len(g.alive)))] = time.Time{}
	case 1:
		id := script.AddRepository(codeartstest.RepositorySpec{ProjectID: project, Name: fmt.Sprint("r", len(g.alive)), Created: now}, 1)
		g.alive["repository "+strconv.FormatInt(id, 10)] = time.Time{}
	case 2:
		g.alive["rule "+script.SetRule("", now, codeartstest.User{}, codeartstest.Rule{Name: fmt.Sprint("rule", len(g.alive))})] = time.Time{}
	}
}

// remove deletes something of a kind, "" for any.
func (g *graveyard) remove(of string) {
	script, now := g.sim.World(), g.clock.now()
	things := slices.Sorted(maps.Keys(g.alive))
	for _, i := range g.rng.Perm(len(things)) {
		what := things[i]
		kind, id, _ := strings.Cut(what, " ")
		if !g.alive[what].IsZero() || of != "" && of != kind {
			continue
		}
		switch kind {
		case "pipeline":
			script.DeletePipeline(id, now)
		case "repository":
			n, _ := strconv.ParseInt(id, 10, 64)
			script.DeleteRepository(n, now)
		case "rule":
			script.DeleteRule(id, now)
		}
		g.alive[what] = now
		return
	}
}

// serve answers as the simulator does, or lies.
func (g *graveyard) serve(sim http.Handler, rw http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	list := strings.HasSuffix(path, "/pipelines/list") || strings.HasSuffix(path, "/rules/query") || strings.HasSuffix(path, "/tenant/repositories")
	look := strings.HasSuffix(path, "/pipeline-runs/list") || strings.HasSuffix(path, "/detail")
	if g.shift && strings.HasSuffix(path, "/rules/query") && r.URL.Query().Get("offset") != "0" && g.rng.IntN(4) == 0 {
		g.remove("rule")
		g.tally["shifted"]++
	}
	say := func(status int, body string) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		_, _ = rw.Write([]byte(body))
	}
	switch {
	case !list && !look:
		sim.ServeHTTP(rw, r)
	case g.lie == "empty" && list:
		rw.Header().Set("X-Total", "0")
		say(http.StatusOK, map[bool]string{true: `[]`, false: `{"total":0,"pipelines":[],"data":[]}`}[strings.HasSuffix(path, "/tenant/repositories")])
	case g.lie == "error":
		say(http.StatusOK, `{"error_code":"DEVCP.00014004","error_msg":"The parameter is invalid."}`)
	case g.lie == "throttled":
		g.lie = "" // once: the pace is that of a real clock
		say(http.StatusTooManyRequests, `{"error_code":"APIGW.0308","error_msg":"policy user over ratelimit"}`)
	case g.lie == "bare 404" && look:
		say(http.StatusNotFound, `{"message":"Not Found"}`)
	case g.lie == "denied" && look:
		say(http.StatusOK, `{"error_code":"DEVCP.00014031","error_msg":"Insufficient permission."}`)
	case list && (g.lie == "half" || g.lie == "bare 404" || g.lie == "denied"):
		halfAPage(sim, rw, r, func(n int) int { return max(n/2, n-3) }) // few enough to be believed, or too many
	default:
		sim.ServeHTTP(rw, r)
	}
}

// begin starts a lie that lasts for less than an hour.
func (g *graveyard) begin() {
	g.lie = lies[g.rng.IntN(len(lies))]
	g.until = g.clock.now().Add(time.Duration(1+g.rng.IntN(58)) * time.Minute)
	g.tally[g.lie]++
	switch g.lie {
	case "no member":
		g.sim.World().SetMember(g.projects[0], g.clock.now(), false)
	case "stale":
		for _, api := range []codeartstest.API{codeartstest.APIPipelines, codeartstest.APIRules, codeartstest.APIRepositories} {
			g.sim.Inject(api, codeartstest.Fault{Kind: codeartstest.FaultStale, Times: -1, Behind: time.Duration(1+g.rng.IntN(60)) * time.Minute})
		}
	}
}

func (g *graveyard) end() {
	if g.lie == "no member" {
		g.sim.World().SetMember(g.projects[0], g.clock.now(), true)
	}
	g.sim.Heal()
	g.lie, g.until = "", time.Time{}
}

func (g *graveyard) live() {
	for range 25 + g.rng.IntN(25) {
		if honest := g.until.IsZero(); honest {
			g.look()
			if g.rng.IntN(3) == 0 {
				g.begin()
			} else {
				g.clock.forward(time.Duration(1+g.rng.IntN(300)) * time.Minute)
			}
		} else {
			g.look()
			g.clock.forward(time.Duration(1+g.rng.IntN(20)) * time.Minute)
			if g.clock.now().After(g.until) {
				g.end()
			}
		}
		switch g.rng.IntN(6) {
		case 0, 1:
			g.create(g.rng.IntN(3))
		case 2, 3:
			g.remove("")
		case 4:
			g.start() // a process that remembers nothing
			g.collectors[g.rng.IntN(2)] = g.collector
			g.tally["restarts"]++
		}
		g.shift = g.rng.IntN(3) == 0
		if g.Failed() {
			return
		}
	}
	g.rest()
}

// look is one round of one of the collectors. Rounds fail while the server lies.
func (g *graveyard) look() {
	for _, j := range g.collectors[g.rng.IntN(2)].jobs() {
		_ = g.collector.poll(g.Context(), j)
	}
	g.verify()
}

// verify finds what is called deleted and was there.
func (g *graveyard) verify() {
	records := g.log.Records()
	for _, r := range records[g.read:] {
		key, err := events.ParseSubject(r.Subject)
		if err != nil {
			g.Fatal(err)
		}
		op := r.Header[events.HeaderOp][0]
		g.tally[op]++
		if deleted := g.alive[string(key.Kind)+" "+key.ID]; events.Op(op) == events.Deleted && deleted.IsZero() {
			g.Errorf("at %s %s %s was called deleted, and was there; the lie was %q", g.clock.now(), key.Kind, key.ID, g.lie)
		}
	}
	g.read = len(records)
}

// rest has honest sweeps: enough for every proof. What is too much at once an operator confirms.
func (g *graveyard) rest() {
	g.end()
	g.shift = false
	if g.rng.IntN(3) == 0 { // all of a kind at once
		for range g.alive {
			g.remove("rule")
		}
	}
	g.collectors[1] = g.collectors[0] // else every round but the first of a turn is dropped
	for _, pause := range []time.Duration{2 * time.Hour, 2 * time.Hour, 2 * time.Hour, time.Minute, 2 * time.Hour, 25 * time.Hour, time.Minute} {
		g.clock.forward(pause)
		g.look()
	}
	held := false
	for _, poller := range []string{"pipelines", "rules", "repositories"} {
		p := g.polls(poller)
		for _, last := range p[max(0, len(p)-len(g.projects)):] { // one of each project
			held = held || last.Held > 0
		}
	}
	if held {
		g.tally["confirmed"]++
		until := g.clock.now().Add(100 * time.Hour)
		g.confirmed = map[string]time.Time{"pipelines": until, "rules": until, "repositories": until}
		g.start()
		g.collectors = []*Collector{g.collector, g.collector}
		for _, pause := range []time.Duration{time.Minute, time.Minute, time.Minute, 25 * time.Hour} {
			g.clock.forward(pause)
			g.look()
		}
	}
	g.check()
	for _, p := range g.polls("pipelines") {
		if p.Complete && p.Pages == 0 {
			g.tally["shared"]++ // with a walk through all projects
		}
	}
	last := map[string]events.Op{}
	for _, r := range g.log.Records() {
		if key, _ := events.ParseSubject(r.Subject); key.Kind != events.Poll {
			last[string(key.Kind)+" "+key.ID] = events.Op(r.Header[events.HeaderOp][0])
		}
	}
	for what, deleted := range g.alive {
		op, known := last[what]
		if deleted.IsZero() && (!known || op.Gone()) || !deleted.IsZero() && known && op != events.Deleted {
			g.Errorf("%s was deleted at %q, the log says %q", what, events.FormatTime(deleted), op)
		}
	}
}
