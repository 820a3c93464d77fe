package codeartstest

import (
	"encoding/binary"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// project is a CodeArts project.
type project struct {
	id, name    string // name is the one it was created with
	creator     User
	created     time.Time
	deleted     time.Time // zero means never
	renames     history[string]
	member      history[bool] // is the IAM user a member
	gate        history[[]GateItem]
	pipelines   []*pipeline // in order of creation
	groups      []*group    // of pipelines
	buildGroups []*group
}

// AddProject adds a project that has been there for long, whose members include the IAM user, and returns its id.
func (w *World) AddProject(name string) string {
	return w.CreateProject(name, w.begin.Add(-500*24*time.Hour))
}

// CreateProject adds a project, whose members include the IAM user, from a time on and returns its id.
func (w *World) CreateProject(name string, at time.Time) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addProject(name, at).id
}

func (w *World) addProject(name string, at time.Time) *project {
	p := &project{id: w.id("project", len(w.projects)), name: name, creator: w.user(len(w.projects)), created: at.UTC().Truncate(time.Second)}
	p.member.set(time.Time{}, true)
	p.gate.set(time.Time{}, defaultGate())
	w.projects = append(w.projects, p)
	return p
}

// RenameProject gives a project another name from a time on.
func (w *World) RenameProject(id, name string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mustProject(id).renames.set(at.UTC().Truncate(time.Second), name)
}

// DeleteProject takes a project, with all that is in it, away from a time on.
func (w *World) DeleteProject(id string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mustProject(id).deleted = at.UTC().Truncate(time.Second)
}

// SetMember ends or restores the IAM user's membership of a project from a time on. Without it 4.2.4 answers total 0.
func (w *World) SetMember(projectID string, at time.Time, member bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mustProject(projectID).member.set(at, member)
}

func (w *World) findProject(id string) *project {
	for _, p := range w.projects {
		if p.id == id {
			return p
		}
	}
	return nil
}

func (w *World) mustProject(id string) *project {
	if p := w.findProject(id); p != nil {
		return p
	}
	panic("codeartstest: no such project: " + id)
}

// existsAt tells whether a project is there at t.
func (p *project) existsAt(t time.Time) bool {
	return !p.created.After(t) && (p.deleted.IsZero() || t.Before(p.deleted))
}

// joinedAt tells whether the IAM user sees what is in the project at t.
func (p *project) joinedAt(t time.Time) bool {
	member, _ := p.member.at(t)
	return member && p.existsAt(t)
}

// nameAt is the project's name at t.
func (p *project) nameAt(t time.Time) string {
	if name, renamed := p.renames.at(t); renamed {
		return name
	}
	return p.name
}

// updatedAt is when the project was last changed before t.
func (p *project) updatedAt(t time.Time) time.Time {
	if last, renamed := p.renames.last(t); renamed {
		return last.at
	}
	return p.created
}

// number is the project's number, which no other API uses.
func (p *project) number() int { return int(binary.BigEndian.Uint16([]byte(p.id))) + 3800000 }

func (p *project) truth(at time.Time) ProjectTruth {
	member, _ := p.member.at(at)
	row := ProjectTruth{
		ID: p.id, Name: p.nameAt(at), Number: p.number(), Type: "scrum", Creator: p.creator, Created: p.created, Updated: p.updatedAt(at),
		Names: []NameTruth{{p.created, p.name}}, Member: member,
	}
	for _, r := range p.renames {
		if !r.at.After(at) {
			row.Names = append(row.Names, NameTruth{r.at, r.value})
		}
	}
	return row
}

// projectRow is a row of Req: Querying the Project List.
type projectRow struct {
	Number      int        `json:"project_num_id"`
	ID          string     `json:"project_id"`
	Name        string     `json:"project_name"`
	Description string     `json:"description"`
	Created     int64      `json:"created_time"`
	Updated     int64      `json:"updated_time"`
	Type        string     `json:"project_type"`
	Creator     creatorRow `json:"creator"`
}

type creatorRow struct {
	Number     int    `json:"user_num_id"`
	ID         string `json:"user_id"`
	Name       string `json:"user_name"`
	DomainID   string `json:"domain_id"`
	DomainName string `json:"domain_name"`
	Nick       string `json:"nick_name"`
}

// projectList answers Req: Querying the Project List, the last created first: the projects that the user is a member of,
// with query_type those that it is not (absent) or all (domain_projects).
func (t *Tenant) projectList(r *request) response {
	offset, err := strconv.Atoi(r.query.Get("offset"))
	if err != nil || offset < 0 {
		return projectParameter("offset")
	}
	limit, err := strconv.Atoi(r.query.Get("limit"))
	if err != nil || limit < 1 || limit > 1000 {
		return projectParameter("limit")
	}
	kind := r.query.Get("query_type")
	if kind != "" && kind != "absent" && kind != "domain_projects" {
		return projectParameter("query_type")
	}
	var found []*project
	for _, p := range t.world.projects {
		if p.existsAt(r.now) && (kind == "domain_projects" || p.joinedAt(r.now) == (kind == "")) && contains(p.nameAt(r.now), r.query.Get("search")) {
			found = append(found, p)
		}
	}
	slices.SortStableFunc(found, func(a, b *project) int { return b.created.Compare(a.created) })
	limit = min(limit, t.options.MaxProjectPage)
	found = asFound(t, r, found, offset, limit)
	rows := []projectRow{}
	for _, p := range page(found, offset, limit) {
		rows = append(rows, projectRow{
			Number: p.number(), ID: p.id, Name: p.nameAt(r.now), Created: p.created.UnixMilli(), Updated: p.updatedAt(r.now).UnixMilli(), Type: "scrum",
			Creator: creatorRow{
				Number: 4090, ID: p.creator.ID, Name: p.creator.Name, DomainID: t.world.tenant, DomainName: t.options.Domain, Nick: p.creator.Name,
			},
		})
	}
	return answer(http.StatusOK, struct {
		Projects []projectRow `json:"projects"`
		Total    int          `json:"total"`
	}{rows, len(found)})
}

func projectParameter(name string) response {
	return failure(http.StatusBadRequest, "PM.02177303", "Invalid parameter: "+name+".")
}
