package codeartstest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"
)

// World holds everything of the tenant, past and future. The generated part is planned ahead as the asked time advances;
// the scripted part is added by the Add and Set methods. A mistake in a script panics: a script is test code.
type World struct {
	options Options
	tenant  string // domain_id
	begin   time.Time

	mu           sync.RWMutex
	planned      time.Time // everything that starts before this time is planned
	slot         int       // next hour to plan, counted from begin
	projects     []*project
	pipelines    []*pipeline // in order of creation
	byID         map[string]*pipeline
	repositories []*repository
	committed    map[string]time.Time // when a commit claims to be made, where that is scripted
	lost         map[string]bool      // commits that are in no history any more
	tenantGate   history[[]GateItem]
	buildTenants []*buildTenant
	rules        []*policy[Rule]
	ruleSets     []*policy[RuleSet] // of the tenant and of the projects
	openSource   []*policy[OpenSourcePolicy]
	templates    []*policy[Template]
	publishers   []*policy[Publisher]
	plugins      []*policy[Plugin] // their ids are their names
	generators   []*generator
	growers      []*grower

	nextRepository int64
}

func newWorld(options Options) *World {
	w := &World{options: options, byID: map[string]*pipeline{}, committed: map[string]time.Time{}, lost: map[string]bool{}, nextRepository: 2111600001}
	w.begin = options.Origin.Add(-options.History.Truncate(time.Hour))
	w.planned = w.begin
	w.tenant = w.id("domain")
	w.tenantGate.set(time.Time{}, defaultGate())
	if options.Projects > 0 {
		w.generate()
		w.generateQuirks()
	}
	return w
}

// digest derives deterministic bytes from the seed and a path of names.
func (w *World) digest(path ...any) [sha256.Size]byte { return digest(w.options.Seed, path...) }

func digest(seed uint64, path ...any) [sha256.Size]byte {
	return sha256.Sum256(fmt.Append(binary.BigEndian.AppendUint64(nil, seed), path...))
}

// id derives a 32 hex id. Ids of projects and pipelines depend on the seed only, so that a config file can name them.
func (w *World) id(path ...any) string {
	sum := w.digest(path...)
	return hex.EncodeToString(sum[:16])
}

// runID derives the id of a run or a commit, which differs between worlds of different origins.
func (w *World) runID(path ...any) string {
	sum := w.digest(append(path, "@", w.options.Origin.Unix())...)
	return hex.EncodeToString(sum[:20])
}

// view makes sure that everything up to t is planned and calls f under the read lock.
func (w *World) view(t time.Time, f func()) {
	w.mu.RLock()
	if len(w.generators) > 0 && !t.Before(w.planned) {
		w.mu.RUnlock()
		w.mu.Lock()
		w.plan(t)
		w.mu.Unlock()
		w.mu.RLock()
	}
	defer w.mu.RUnlock()
	f()
}

// TenantID is the account's domain_id, 32 hex.
func (w *World) TenantID() string { return w.tenant }

// ProjectIDs are the ids of all projects, in order of creation.
func (w *World) ProjectIDs() []string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var ids []string
	for _, p := range w.projects {
		ids = append(ids, p.id)
	}
	return ids
}

// AddPipeline adds a pipeline and returns its id.
func (w *World) AddPipeline(spec PipelineSpec) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addPipeline(spec).ID
}

func (w *World) addPipeline(spec PipelineSpec) *pipeline {
	if spec.ID == "" {
		spec.ID = w.id("pipeline", len(w.pipelines))
	}
	if spec.Creator == (User{}) {
		spec.Creator = w.user(0)
	}
	spec.Created = spec.Created.UTC().Truncate(time.Second)
	if _, double := w.byID[spec.ID]; double {
		panic("codeartstest: pipeline added twice: " + spec.ID)
	}
	if w.options.has(QuirkSequence) {
		spec.Stages = slices.Clone(spec.Stages)
		for i := range spec.Stages {
			spec.Stages[i].Sequence = i / 2
		}
	}
	p := &pipeline{PipelineSpec: spec, project: w.mustProject(spec.ProjectID), byRun: map[string]*Run{}}
	w.pipelines = append(w.pipelines, p)
	p.project.pipelines = append(p.project.pipelines, p)
	w.byID[p.ID] = p
	return p
}

// DeletePipeline deletes a pipeline, with its runs, from a time on.
func (w *World) DeletePipeline(id string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mustPipeline(id).Deleted = at.UTC().Truncate(time.Second)
}

// AddRun adds a run to a scripted pipeline and returns it with its derived fields. Runs of generated pipelines come from
// the generator only. Adding an existing id replaces that run: so a test gives a run a retry that it did not plan.
func (w *World) AddRun(run Run) Run {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.mustPipeline(run.PipelineID)
	for _, g := range w.generators {
		if g.pipeline == p {
			panic("codeartstest: runs of a generated pipeline cannot be scripted: " + p.Name)
		}
	}
	if run.Number == 0 {
		for _, other := range p.runs {
			run.Number = max(run.Number, other.Number)
		}
		run.Number++
	}
	return *w.addRun(p, run)
}

func (w *World) addRun(p *pipeline, run Run) *Run {
	if run.ID == "" {
		run.ID = w.runID("run", p.ID, run.Number)[:32]
	}
	if run.Executor == (User{}) {
		run.Executor = p.Creator
	}
	if run.Trigger == "" {
		run.Trigger = "Manual"
	}
	run.PipelineID = p.ID
	run.Start = run.Start.UTC().Truncate(time.Second)
	run.Stages = slices.Clone(run.Stages)
	for i := range run.Stages {
		s := &run.Stages[i]
		if s.Position < 0 || s.Position >= len(p.Stages) {
			panic(fmt.Sprintf("codeartstest: pipeline %s has no stage at position %d", p.Name, s.Position))
		}
		for _, t := range []*time.Time{&s.Start, &s.End, &s.PausedFrom, &s.PausedUntil} {
			*t = t.UTC().Truncate(time.Second)
		}
	}
	run.sortStages()
	if _, known := p.byRun[run.ID]; known {
		p.runs = slices.DeleteFunc(p.runs, func(r *Run) bool { return r.ID == run.ID })
	}
	r := &run
	i, _ := slices.BinarySearchFunc(p.runs, r, func(a, b *Run) int {
		if c := a.Start.Compare(b.Start); c != 0 {
			return c
		}
		return a.Number - b.Number
	})
	// Readers hold no slice over the lock, so inserting in place is safe.
	p.runs = slices.Insert(p.runs, i, r)
	p.shown.Store(nil)
	p.byRun[r.ID] = r
	return r
}

func (w *World) mustPipeline(id string) *pipeline {
	if p := w.byID[id]; p != nil {
		return p
	}
	panic("codeartstest: no such pipeline: " + id)
}

// user is the n-th person of the tenant.
func (w *World) user(n int) User {
	n %= len(userNames)
	return User{ID: w.id("user", n), Name: userNames[n]}
}
