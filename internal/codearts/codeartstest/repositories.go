package codeartstest

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// RepositorySpec describes a code repository.
type RepositorySpec struct {
	ID        int64 // 0 means derived
	ProjectID string
	Name      string
	Owner     string
	Members   int
	Status    int // 0 normal, 3 frozen, 4 closed
	Created   time.Time
	Deleted   time.Time // zero means never
}

// repository is a repository with the sizes it had, in MB.
type repository struct {
	RepositorySpec
	project *project
	sizes   history[float64]
}

// AddRepository adds a repository of a first size in MB and returns its id.
func (w *World) AddRepository(spec RepositorySpec, size float64) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addRepository(spec, size).ID
}

func (w *World) addRepository(spec RepositorySpec, size float64) *repository {
	if spec.ID == 0 {
		spec.ID = w.nextRepository
		w.nextRepository += 17
	}
	spec.Created = spec.Created.UTC().Truncate(time.Second)
	r := &repository{RepositorySpec: spec, project: w.mustProject(spec.ProjectID)}
	r.sizes.set(spec.Created, size)
	w.repositories = append(w.repositories, r)
	return r
}

// SetRepositorySize gives a repository a size in MB from a time on.
func (w *World) SetRepositorySize(id int64, at time.Time, size float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mustRepository(id).sizes.set(at.UTC().Truncate(time.Second), size)
}

// DeleteRepository takes a repository away from a time on.
func (w *World) DeleteRepository(id int64, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mustRepository(id).Deleted = at.UTC().Truncate(time.Second)
}

func (w *World) findRepository(id int64) *repository {
	for _, r := range w.repositories {
		if r.ID == id {
			return r
		}
	}
	return nil
}

func (w *World) mustRepository(id int64) *repository {
	if r := w.findRepository(id); r != nil {
		return r
	}
	panic("codeartstest: no such repository: " + strconv.FormatInt(id, 10))
}

// existsAt tells whether a repository is listed at t.
func (r *repository) existsAt(t time.Time) bool {
	return !r.Created.After(t) && (r.Deleted.IsZero() || t.Before(r.Deleted))
}

// sizeAt is the capacity at t in MB, with two decimal places.
func (r *repository) sizeAt(t time.Time) float64 {
	size, _ := r.sizes.at(t)
	return math.Round(size*100) / 100
}

// path is the part of the repository's addresses behind the host.
func (r *repository) path() string {
	return strings.ReplaceAll(strings.ToLower(r.project.name), " ", "-") + "/" + r.Name + ".git"
}

// repositoryRow is a row of Repo: Obtaining the Tenant Repository List.
type repositoryRow struct {
	Owner      string  `json:"owner"`
	Capacity   float64 `json:"capacity"`
	Status     int     `json:"status"`
	Moderation bool    `json:"moderation_result"`
	CreateTime string  `json:"create_time"`
	Members    int     `json:"member_number"`
	ID         int64   `json:"repository_id"`
	Name       string  `json:"repository_name"`
	Project    string  `json:"project_name"`
	ProjectID  string  `json:"project_id"`
}

// repositoryList answers Repo: Obtaining the Tenant Repository List: a bare array, the total in a header.
func (t *Tenant) repositoryList(r *request) response {
	number := func(key string, fallback, least, most int) (int, bool) {
		text := r.query.Get(key)
		if text == "" {
			return fallback, true
		}
		n, err := strconv.Atoi(text)
		return n, err == nil && n >= least && n <= most
	}
	invalid := func(key string) response {
		return failure(http.StatusBadRequest, "DEV-23-50002", "Invalid parameter: "+key+".")
	}
	offset, ok := number("offset", 0, 0, math.MaxInt32)
	if !ok {
		return invalid("offset")
	}
	limit, ok := number("limit", 20, 1, 100)
	if !ok {
		return invalid("limit")
	}
	members, ok := number("member_number", -1, 1, math.MaxInt32)
	if !ok {
		return invalid("member_number")
	}
	status, ok := number("status", -1, 0, 99)
	if !ok {
		return invalid("status")
	}
	// A bound that is not asked for is zero and never excludes a row.
	var after, before time.Time
	for key, bound := range map[string]*time.Time{"created_after": &after, "created_before": &before} {
		if text := r.query.Get(key); text != "" {
			var err error
			if *bound, err = time.Parse(time.RFC3339, text); err != nil {
				return invalid(key)
			}
		}
	}
	var found []*repository
	for _, repo := range t.world.repositories {
		switch {
		case !repo.existsAt(r.now), !repo.project.existsAt(r.now),
			!strings.Contains(strings.ToLower(repo.Name), strings.ToLower(r.query.Get("repository_name"))),
			r.query.Get("owner") != "" && r.query.Get("owner") != repo.Owner,
			r.query.Get("locked") == "true",
			members >= 0 && repo.Members != members,
			status >= 0 && repo.Status != status,
			!after.IsZero() && !repo.Created.After(after),
			!before.IsZero() && !repo.Created.Before(before):
			continue
		}
		found = append(found, repo)
	}
	order, ok := repositoryOrder(r.query.Get("sort_field"), r.now)
	if !ok {
		return invalid("sort_field")
	}
	slices.SortStableFunc(found, func(a, b *repository) int {
		c := order(a, b)
		if c == 0 {
			c = int(a.ID - b.ID)
		}
		if r.query.Get("sort_field") == "" || r.query.Get("sort") != "asc" {
			return -c
		}
		return c
	})
	limit = min(limit, t.options.MaxRepositoryPage)
	found = asFound(t, r, found, offset, limit)
	rows := []repositoryRow{}
	for _, repo := range page(found, offset, limit) {
		rows = append(rows, repositoryRow{
			Owner: repo.Owner, Capacity: repo.sizeAt(r.now), Status: repo.Status, Moderation: true,
			CreateTime: repo.Created.In(t.options.Zone).Format("2006-01-02T15:04:05.000-07:00"), Members: repo.Members,
			ID: repo.ID, Name: repo.Name, Project: repo.project.nameAt(r.now), ProjectID: repo.project.id,
		})
	}
	reply := answer(http.StatusOK, rows)
	reply.header.Set("X-Total", strconv.Itoa(len(found)))
	return reply
}

// repositoryOrder is the comparison of a documented sort field; create_time when none is asked for.
func repositoryOrder(field string, now time.Time) (func(a, b *repository) int, bool) {
	switch field {
	case "", "create_time":
		return func(a, b *repository) int { return a.Created.Compare(b.Created) }, true
	case "capacity":
		return func(a, b *repository) int { return cmp.Compare(a.sizeAt(now), b.sizeAt(now)) }, true
	case "owner":
		return func(a, b *repository) int { return strings.Compare(a.Owner, b.Owner) }, true
	case "repository_name":
		return func(a, b *repository) int { return strings.Compare(a.Name, b.Name) }, true
	case "member_number":
		return func(a, b *repository) int { return a.Members - b.Members }, true
	case "status":
		return func(a, b *repository) int { return a.Status - b.Status }, true
	}
	return nil, false
}
