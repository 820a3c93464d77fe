package codeartstest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Template is a pipeline template.
type Template struct {
	Name        string
	Icon        string // sent as null when empty
	Language    string
	Description string
	System      bool // comes with CodeArts
	Collected   bool // a favourite
	Stages      []StageSpec
}

func (t Template) clone() Template {
	t.Stages = slices.Clone(t.Stages)
	return t
}

// SetTemplate adds a template (id "") or edits it from a time on, and returns its id.
func (w *World) SetTemplate(id string, at time.Time, by User, template Template) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.setTemplate(id, at, by, template)
}

func (w *World) setTemplate(id string, at time.Time, by User, template Template) string {
	return setPolicy(w, &w.templates, "template", id, "", at, by, template)
}

// DeleteTemplate takes a template away from a time on.
func (w *World) DeleteTemplate(id string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	deletePolicy(w.templates, id, at)
}

// templateHead is what both answers about a template begin with.
type templateHead struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Icon        *string `json:"icon"`
	Manifest    string  `json:"manifest_version"`
	Language    string  `json:"language"`
	Description string  `json:"description"`
	System      bool    `json:"is_system"`
	Region      string  `json:"region"`
	DomainID    string  `json:"domain_id"`
	CreatorID   string  `json:"creator_id"`
	UpdaterID   *string `json:"updater_id,omitempty"`
	UpdateID    *string `json:"update_id,omitempty"`
	CreateTime  int64   `json:"create_time"`
	UpdateTime  int64   `json:"update_time"`
}

// templateRow is a row of Pipeline API 4.1.1.
type templateRow struct {
	templateHead
	CreatorName string             `json:"creator_name"`
	Collect     bool               `json:"is_collect"`
	ShowSource  *bool              `json:"is_show_source"`
	Stages      []templateStageRow `json:"stages"`
}

type templateStageRow struct {
	Name     string `json:"name"`
	Sequence int    `json:"sequence"`
}

// templateDetail is the answer of Pipeline API 4.1.3. Its is_collect is null, its is_show_source is not: the reverse of 4.1.1.
type templateDetail struct {
	templateHead
	Variables  []struct{} `json:"variables"`
	Collect    *bool      `json:"is_collect"`
	ShowSource bool       `json:"is_show_source"`
	Definition string     `json:"definition"` // JSON in a text
}

// templatePage is the answer of Pipeline API 4.1.1.
type templatePage struct {
	Offset    int           `json:"offset"`
	Limit     int           `json:"limit"`
	Total     int           `json:"total"`
	Templates []templateRow `json:"templates"`
}

// templateList answers Pipeline API 4.1.1. The printed request has "" for is_system, which means both sorts.
func (t *Tenant) templateList(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	query := struct {
		Language string `json:"language"`
		System   any    `json:"is_system"`
		Name     string `json:"name"`
		Offset   int    `json:"offset"`
		Limit    int    `json:"limit"`
		SortKey  string `json:"sort_key"`
		SortDir  string `json:"sort_dir"`
	}{Limit: 10}
	if err := decodeBody(r, &query); err != nil || query.Offset < 0 || query.Limit < 1 {
		return invalidBody()
	}
	system, chosen := query.System.(bool)
	found := listPolicies(t.world.templates, r.now, func(s policyState[Template]) bool {
		return (query.Language == "" || s.value.Language == query.Language) && contains(s.value.Name, query.Name) && (!chosen || s.value.System == system)
	})
	slices.SortStableFunc(found, func(a, b policyState[Template]) int {
		c := a.created.Compare(b.created)
		if query.SortKey == "name" {
			c = cmp.Compare(a.value.Name, b.value.Name)
		}
		if c = cmp.Or(c, cmp.Compare(a.id, b.id)); !strings.EqualFold(query.SortDir, "asc") {
			return -c
		}
		return c
	})
	limit := min(query.Limit, t.options.MaxPolicyPage)
	found = asFound(t, r, found, query.Offset, limit)
	reply := templatePage{Offset: query.Offset, Limit: t.limit(query.Limit, limit), Total: len(found), Templates: []templateRow{}}
	for i, s := range page(found, query.Offset, limit) {
		// The printed page has both spellings: two of three rows `update_id`.
		printed := SpellingUpdate
		if (query.Offset+i)%3 == 2 {
			printed = SpellingUpdater
		}
		row := templateRow{templateHead: t.templateHead(s, printed), CreatorName: s.creator.Name, Collect: s.value.Collected, Stages: []templateStageRow{}}
		for i, stage := range s.value.Stages {
			row.Stages = append(row.Stages, templateStageRow{stage.Name, i})
		}
		reply.Templates = append(reply.Templates, row)
	}
	return answer(http.StatusOK, reply)
}

func (t *Tenant) templateHead(s policyState[Template], printed Spelling) templateHead {
	row := templateHead{
		ID: s.id, Name: s.value.Name, Icon: orNull(s.value.Icon), Manifest: "3.0", Language: s.value.Language, Description: s.value.Description,
		System: s.value.System, Region: t.options.Region, DomainID: t.world.tenant, CreatorID: s.creator.ID,
		CreateTime: s.created.UnixMilli(), UpdateTime: s.updated.UnixMilli(),
	}
	if s.value.System {
		row.Region, row.DomainID = "system", "system"
	}
	row.UpdaterID, row.UpdateID = t.editor(s.updater.ID, printed)
	return row
}

// templateDetail answers Pipeline API 4.1.3.
func (t *Tenant) templateDetail(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	s, ok := findPolicy(t.world.templates, "", r.PathValue("id"), r.now)
	if !ok {
		return missing()
	}
	return answer(http.StatusOK, templateDetail{
		templateHead: t.templateHead(s, SpellingUpdater), Variables: []struct{}{}, ShowSource: true, Definition: t.definition(s),
	})
}

// definition is the orchestration of a template: the sequence of a stage is a text, that of a job a number.
func (t *Tenant) definition(s policyState[Template]) string {
	type object = map[string]any
	stages := []object{}
	for i, stage := range s.value.Stages {
		jobs := []object{}
		for j, job := range stage.Jobs {
			steps := []object{}
			for k, step := range job.Steps {
				steps = append(steps, object{"name": step.Name, "task": step.Task, "sequence": k})
			}
			jobs = append(jobs, object{
				"stage_id": strconv.FormatInt(s.created.UnixMilli()+int64(i), 10), "identifier": t.world.id("job", s.id, i, j), "name": job.Name,
				"depends_on": []string{}, "timeout": "", "timeout_unit": "", "steps": steps, "exec_type": "AGENTLESS_JOB", "sequence": j,
			})
		}
		stages = append(stages, object{
			"name": stage.Name, "sequence": strconv.Itoa(i), "identifier": strconv.Itoa(i), "jobs": jobs,
			"pre": []object{{"task": "official_devcloud_autoTrigger", "sequence": 0}}, "post": nil, "depends_on": []string{}, "run_always": false,
		})
	}
	text, err := json.Marshal(object{"stages": stages})
	if err != nil {
		panic("codeartstest: encoding a definition: " + err.Error())
	}
	return string(text)
}
