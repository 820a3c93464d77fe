package codeartstest

import (
	"fmt"
	"time"
)

// generate lays out the generated tenant: everything but the runs and the growth, which follow hour by hour.
func (w *World) generate() {
	o := w.options
	for i := range o.Projects {
		name := projectNames[i%len(projectNames)]
		if round := i / len(projectNames); round > 0 {
			name = fmt.Sprintf("%s %d", name, round+1)
		}
		p := w.addProject(name, w.begin.Add(-time.Duration(500-i*40)*24*time.Hour))
		w.generateGroups(p)
		if i == 2 {
			p.renames.set(o.Origin.Add(6*time.Minute), name+" Engineering")
		}
	}
	w.generateGates()
	w.generatePolicies()
	w.generateExtensions()
	w.generateBuildTenants()
	total := 0.0
	for i := range o.Pipelines {
		total += blueprints[i%len(blueprints)].weight
	}
	repositories := map[string]*repository{}
	for i := range o.Pipelines {
		b, round := blueprints[i%len(blueprints)], i/len(blueprints)
		project := w.projects[(b.project+round)%len(w.projects)]
		suffix := ""
		if round > 0 {
			suffix = fmt.Sprintf("-%d", round+1)
		}
		created := w.createdAt(i, b.kind)
		repo := repositories[b.repository+suffix]
		if repo == nil {
			repo = w.generateRepository(project, b.repository+suffix, len(repositories), created)
			repositories[b.repository+suffix] = repo
		}
		p := w.addPipeline(PipelineSpec{
			ProjectID: project.id, Name: b.name + suffix, RepositoryID: repo.ID, GroupID: w.id("group", project.id, groupOf(b.kind)), Creator: w.user(i),
			IsPublish: b.kind == kindChange, Created: created, Stages: stagesOf(b.kind),
		})
		if total > 0 {
			w.generators = append(w.generators, newGenerator(w, p, b.kind, b.weight/total))
		}
	}
	if o.NewProject > 0 {
		w.generateNewProject(o.Origin.Add(o.NewProject))
	}
}

// generateNewProject is a project that somebody creates while others watch, with its groups, repositories and pipelines, one
// after the other.
func (w *World) generateNewProject(at time.Time) {
	p := w.addProject("Mobile", at)
	group := w.addGroup(&p.groups, "group", GroupSpec{ProjectID: p.id, Name: "Apps", Creator: w.user(5), Created: at.Add(20 * time.Second)})
	w.addGroup(&p.buildGroups, "buildgroup", GroupSpec{ProjectID: p.id, Name: "App builds", Creator: w.user(5), Created: at.Add(30 * time.Second)})
	for i, name := range []string{"android-app", "ios-app"} {
		created := at.Add(time.Duration(i+1) * time.Minute)
		repo := w.generateRepository(p, name, len(w.repositories), created)
		pipeline := w.addPipeline(PipelineSpec{
			ProjectID: p.id, Name: name, RepositoryID: repo.ID, GroupID: group, Creator: w.user(5), Created: created, Stages: stagesOf(kindService),
		})
		w.generators = append(w.generators, newGenerator(w, pipeline, kindService, 0.1))
	}
}

// createdAt is when the i-th pipeline is created: most before the history begins, a few in its course, the late ones
// after Origin.
func (w *World) createdAt(i int, kind pipelineKind) time.Time {
	switch {
	case kind == kindLate:
		return w.options.Origin.Add(10 * time.Minute)
	case kind == kindIdle:
		return w.options.Origin.Add(-6 * time.Hour)
	case i%13 == 11:
		return w.begin.Add(w.options.History / 4)
	}
	return w.begin.Add(-time.Duration(1+i*29%400) * 24 * time.Hour).Add(time.Duration(i) * 733 * time.Second)
}

// groupNames are the groups of each project; the last two are children of the first.
var groupNames = []string{"Services", "Checks", "Releases 发布", "Libraries", "Nightly"}

// groupOf is the group, by place in groupNames, of a kind.
func groupOf(kind pipelineKind) int {
	switch kind {
	case kindMerge, kindChange:
		return 1
	case kindRelease:
		return 2
	case kindLibrary:
		return 3
	case kindNightly:
		return 4
	}
	return 0
}

// generateGroups makes both trees. After Origin a group is renamed, another one is added, and two are moved: one to the
// root, and one, with what is in it, under another one.
func (w *World) generateGroups(p *project) {
	origin := w.options.Origin
	created := w.begin.Add(-200 * 24 * time.Hour)
	for i, name := range groupNames {
		spec := GroupSpec{ProjectID: p.id, Name: name, Ordinal: i, Creator: w.user(i), Created: created.Add(time.Duration(i) * time.Hour)}
		build := spec
		build.Name = name + " builds"
		if i >= 3 {
			spec.ParentID, spec.Ordinal = p.groups[0].spec.ID, i-3
			build.ParentID, build.Ordinal = p.buildGroups[0].spec.ID, i-3
		}
		w.addGroup(&p.groups, "group", spec)
		w.addGroup(&p.buildGroups, "buildgroup", build)
	}
	w.addGroup(&p.groups, "group", GroupSpec{ProjectID: p.id, Name: "Experiments", Ordinal: 9, Creator: w.user(3), Created: origin.Add(12 * time.Minute)})
	p.groups[1].renames.set(origin.Add(-40*time.Hour), rename{"Merge checks", w.user(1)})
	p.groups[2].renames.set(origin.Add(20*time.Minute), rename{"Releases", w.user(2)})
	p.buildGroups[1].renames.set(origin.Add(-20*time.Hour), rename{"Check builds", w.user(1)})
	w.moveGroup(p.groups[3].spec.ID, "", 7, w.user(4), origin.Add(8*time.Minute))
	w.moveGroup(p.buildGroups[0].spec.ID, p.buildGroups[2].spec.ID, 0, w.user(4), origin.Add(10*time.Minute))
}

// generateGates weakens the first project's gate some hours before Origin and again soon after it.
func (w *World) generateGates() {
	origin := w.options.Origin
	for i, p := range w.projects {
		weak := defaultGate()
		switch i {
		case 0:
			weak[0].Value = 5
			w.setGate(p.id, origin.Add(-30*time.Hour), weak)
			weak[1].Value = 12
			w.setGate(p.id, origin.Add(7*time.Minute), weak)
		case 1:
			weak[1].Enabled = false
			w.setGate(p.id, origin.Add(25*time.Minute), weak)
		}
	}
}

// generateBuildTenants makes the account itself and a partner, whose package changes after Origin.
func (w *World) generateBuildTenants() {
	own := BuildTenant{
		DomainID: w.tenant, DomainName: w.options.Domain, FreePackageQuota: true, Status: 1, PackageType: "CODEARTS_BASIC", DomainType: 1,
		BusinessType: "NORMAL", AllowCustomEnv: 1, SpecThreshold: `[{"spec":"cbhost-X86-16U64G","threshold":1000}, {"spec":"cbhost-ARM-16U64G"}]`,
	}
	w.setBuildTenant(w.begin, own)
	partner := own
	partner.DomainID, partner.DomainName, partner.PackageType, partner.IsFederation = w.id("domain", "partner"), "partner-builds", "CODEARTS_FREE", 1
	partner.FreeQuota = true
	w.setBuildTenant(w.begin, partner)
	partner.PackageType, partner.FreeQuota = "CODEARTS_BASIC", false
	w.setBuildTenant(w.options.Origin.Add(15*time.Minute), partner)
}

// generateRepository makes the n-th repository, as old as its first pipeline.
func (w *World) generateRepository(p *project, name string, n int, created time.Time) *repository {
	sum := w.digest("repository", n)
	repo := w.addRepository(RepositorySpec{
		ID: 2112040001 + int64(n)*37, ProjectID: p.id, Name: name, Owner: w.user(n).Name, Members: 3 + int(sum[0])%20, Created: created.Add(-time.Hour),
	}, 0.5+float64(int(sum[1])<<8|int(sum[2]))/150)
	w.growers = append(w.growers, &grower{repository: repo, number: n, daily: 0.2 + float64(sum[3])/64})
	return repo
}

// plan plans whole hours until everything that starts by t is known. Its caller holds the write lock.
func (w *World) plan(t time.Time) {
	for !t.Before(w.planned) {
		from := w.planned
		for _, g := range w.generators {
			g.hour(w.slot, from)
		}
		for _, g := range w.growers {
			g.hour(w, w.slot, from)
		}
		w.slot++
		w.planned = from.Add(time.Hour)
	}
}
