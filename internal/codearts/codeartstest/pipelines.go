package codeartstest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxStatusIDs is the most ids that a call of Pipeline API 4.2.2 may name; the documents give no number.
const maxStatusIDs = 100

// pipelineRow is a row of Pipeline API 4.2.4. LatestRun holds null, or is left out with QuirkNoLatestRun.
type pipelineRow struct {
	ID          string          `json:"pipeline_id"`
	Name        string          `json:"name"`
	ProjectID   string          `json:"project_id"`
	ComponentID *string         `json:"component_id"`
	IsPublish   bool            `json:"is_publish"`
	IsCollect   bool            `json:"is_collect"`
	Manifest    string          `json:"manifest_version"`
	CreateTime  int64           `json:"create_time"`
	LatestRun   json.RawMessage `json:"latest_run,omitempty"`
}

// pipelinePage is the answer of Pipeline API 4.2.4.
type pipelinePage struct {
	Offset, Limit, Total int
	Rows                 [][]byte // encoded pipelineRows
}

// answer writes the page around its rows. The encoder would read every row again, and a fleet asks for little else.
func (p pipelinePage) answer() response {
	body := fmt.Appendf(nil, `{"offset":%d,"limit":%d,"total":%d,"pipelines":[`, p.Offset, p.Limit, p.Total)
	body = append(append(body, bytes.Join(p.Rows, []byte(","))...), "]}"...)
	return response{status: http.StatusOK, header: http.Header{}, body: body}
}

// pipelineQuery is the body of Pipeline API 4.2.4.
type pipelineQuery struct {
	ProjectID   string          `json:"project_id"`
	ProjectIDs  []string        `json:"project_ids"`
	Name        string          `json:"name"`
	Status      []string        `json:"status"`
	IsPublish   *bool           `json:"is_publish"`
	CreatorIDs  []string        `json:"creator_ids"`
	ExecutorIDs []string        `json:"executor_ids"`
	StartTime   json.RawMessage `json:"start_time"`
	EndTime     json.RawMessage `json:"end_time"`
	GroupPath   string          `json:"group_path_id"`
	Offset      int             `json:"offset"`
	Limit       int             `json:"limit"`
	SortKey     string          `json:"sort_key"`
	SortDir     string          `json:"sort_dir"`

	from, to time.Time
}

// pipelineList answers Pipeline API 4.2.4. A project that the user is no member of has total 0, which is no error.
func (t *Tenant) pipelineList(r *request) response {
	query := pipelineQuery{Limit: 10}
	err := decodeBody(r, &query)
	if err == nil {
		query.from, err = t.moment(query.StartTime)
	}
	if err == nil {
		query.to, err = t.moment(query.EndTime)
	}
	if err != nil || query.Offset < 0 || query.Limit < 1 {
		return invalidBody()
	}
	asked := query.ProjectIDs
	if query.ProjectID != "" {
		asked = append(asked, query.ProjectID)
	}
	if len(asked) == 0 || t.options.has(QuirkPathOnly) {
		asked = []string{r.PathValue("project")}
	}
	if t.options.has(QuirkNoFilter) {
		query.Status = nil
	}
	var found []*pipeline
	for _, project := range t.world.projects {
		own := slices.Contains(asked, project.id) || t.options.has(QuirkAnyProject) && !t.options.has(QuirkPathOnly)
		if !project.joinedAt(r.now) || !own && !t.options.has(QuirkForeignRows) {
			continue
		}
		for i, p := range project.pipelines {
			if (own || i == 0) && p.existsAt(r.now) && t.matches(&query, p, r.now) {
				found = append(found, p)
			}
		}
	}
	if !sortPipelines(found, query, r.now) {
		return invalidBody()
	}
	limit := min(query.Limit, t.options.MaxPipelinePage)
	found = asFound(t, r, found, query.Offset, limit)
	reply := pipelinePage{Offset: query.Offset, Limit: t.limit(query.Limit, limit), Total: len(found)}
	for _, p := range page(found, query.Offset, limit) {
		reply.Rows = append(reply.Rows, t.shows(p, r.now).body)
	}
	return reply.answer()
}

// matches applies the filters of the body. Those about runs are on the latest run.
func (t *Tenant) matches(q *pipelineQuery, p *pipeline, now time.Time) bool {
	if q.Name != "" && !strings.Contains(strings.ToLower(p.Name), strings.ToLower(q.Name)) ||
		q.IsPublish != nil && *q.IsPublish != p.IsPublish ||
		len(q.CreatorIDs) > 0 && !slices.Contains(q.CreatorIDs, p.Creator.ID) ||
		q.GroupPath != "" && !p.inGroup(q.GroupPath, now) {
		return false
	}
	if len(q.Status) == 0 && len(q.ExecutorIDs) == 0 && q.from.IsZero() && q.to.IsZero() {
		return true
	}
	shown := t.shows(p, now)
	latest := shown.latest
	return latest != nil &&
		(len(q.Status) == 0 || slices.Contains(q.Status, shown.status)) &&
		(len(q.ExecutorIDs) == 0 || slices.Contains(q.ExecutorIDs, latest.Executor.ID)) &&
		!latest.Start.Before(q.from) && (q.to.IsZero() || !latest.Start.After(q.to))
}

// sortPipelines orders a list as asked, newest first if nothing is asked; false for an unknown key.
func sortPipelines(list []*pipeline, query pipelineQuery, now time.Time) bool {
	var order func(a, b *pipeline) int
	switch query.SortKey {
	case "", "create_time":
		order = func(a, b *pipeline) int { return a.Created.Compare(b.Created) }
	case "name":
		order = func(a, b *pipeline) int { return cmp.Compare(a.Name, b.Name) }
	case "update_time":
		order = func(a, b *pipeline) int { return a.lastChange(now).Compare(b.lastChange(now)) }
	default:
		return false
	}
	descending := !strings.EqualFold(query.SortDir, "asc")
	sorted := func(a, b *pipeline) int {
		c := order(a, b)
		if c == 0 {
			c = cmp.Compare(a.ID, b.ID)
		}
		if descending {
			return -c
		}
		return c
	}
	if !slices.IsSortedFunc(list, sorted) { // it mostly is, in the order of creation
		slices.SortFunc(list, sorted)
	}
	return true
}

// shownRow is what the list shows of a pipeline for a while: until its latest run changes, or another one starts.
type shownRow struct {
	from, until time.Time // it holds from one, and not any more at the other; a zero until is never
	latest      *Run      // nil if it had never run
	status      string    // of the latest run
	body        []byte
}

// shows is what the list shows of a pipeline as of a time.
func (t *Tenant) shows(p *pipeline, now time.Time) *shownRow {
	if s := p.shown.Load(); s != nil && !now.Before(s.from) && (s.until.IsZero() || now.Before(s.until)) {
		return s
	}
	s := &shownRow{from: now, latest: p.latest(now), until: p.nextChange(now)}
	if s.latest != nil {
		s.status = s.latest.stateAt(now, len(p.Stages)).status
	}
	s.body = answer(http.StatusOK, t.rowOf(p, s.latest, now)).body
	p.shown.Store(s)
	return s
}

func (t *Tenant) rowOf(p *pipeline, latest *Run, now time.Time) pipelineRow {
	row := pipelineRow{ID: p.ID, Name: p.Name, ProjectID: p.project.id, IsPublish: p.IsPublish, Manifest: "3.0", CreateTime: p.Created.UnixMilli()}
	if p.IsPublish {
		row.ComponentID = orNull(t.world.id("component", p.ID))
	}
	switch {
	case latest != nil:
		row.LatestRun = answer(http.StatusOK, t.runRow(p, latest, now)).body
	case !t.options.has(QuirkNoLatestRun):
		row.LatestRun = json.RawMessage("null")
	}
	return row
}

// statuses answers Pipeline API 4.2.2: only pipelines of the path's project that have run, in no promised order.
func (t *Tenant) statuses(r *request) response {
	project, refused := t.project(r)
	if refused != nil {
		return *refused
	}
	var ids []string
	if err := json.Unmarshal(r.body, &ids); err != nil || len(ids) > maxStatusIDs {
		return invalidBody()
	}
	rows := []runRow{}
	for _, id := range ids {
		p := t.world.byID[id]
		if p == nil || p.project != project || !p.existsAt(r.now) {
			continue
		}
		if latest := p.latest(r.now); latest != nil {
			row := t.runRow(p, latest, r.now)
			for i := range row.Stages {
				row.Stages[i].ID = "" // not in the table of 4.2.2
			}
			rows = append(rows, row)
		}
	}
	// By name of the run, so that no client relies on the order of its question.
	slices.SortFunc(rows, func(a, b runRow) int { return cmp.Compare(a.RunID, b.RunID) })
	rows = slices.CompactFunc(rows, func(a, b runRow) bool { return a.RunID == b.RunID })
	return answer(http.StatusOK, t.missingStatuses(rows))
}
