package codeartstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stageTime is the layout of the zone-less stage times.
const stageTime = "2006-01-02 15:04:05"

// runRow is a run as Pipeline API 4.2.2, 4.2.4 (latest_run) and 4.2.7 print it.
type runRow struct {
	PipelineID   string     `json:"pipeline_id"`
	RunID        string     `json:"pipeline_run_id"`
	ExecutorID   string     `json:"executor_id"`
	ExecutorName string     `json:"executor_name"`
	Stages       []stageRow `json:"stage_status_list"`
	Status       string     `json:"status"`
	Number       int        `json:"run_number"`
	Trigger      string     `json:"trigger_type"`
	BuildParams  *buildRow  `json:"build_params"`
	Artifact     *struct{}  `json:"artifact_params"`
	StartTime    any        `json:"start_time"` // a number, with QuirkTextTimes a text
	EndTime      any        `json:"end_time"`   // the same, or null
}

// stageRow is an entry of stage_status_list.
type stageRow struct {
	Name      string  `json:"name"`
	Sequence  int     `json:"sequence"`
	Status    string  `json:"status"`
	StartTime *string `json:"start_time"`
	EndTime   *string `json:"end_time"`
	ID        string  `json:"id,omitempty"`
}

// buildRow is build_params.
type buildRow struct {
	Action       *string `json:"action"`
	BuildType    string  `json:"build_type"`
	CommitID     string  `json:"commit_id"`
	EventType    string  `json:"event_type"`
	MergeID      *string `json:"merge_id"`
	Message      string  `json:"message"`
	SourceBranch *string `json:"source_branch"`
	Tag          *string `json:"tag"`
	TargetBranch string  `json:"target_branch"`
	CodehubID    string  `json:"codehub_id"` // a number as a string
	GitURL       string  `json:"git_url,omitempty"`
}

// runRow makes the row of a run as of a time.
func (t *Tenant) runRow(p *pipeline, r *Run, now time.Time) runRow {
	state := r.stateAt(now, len(p.Stages))
	row := runRow{
		PipelineID: p.ID, RunID: r.ID, ExecutorID: r.Executor.ID, ExecutorName: r.Executor.Name, Stages: []stageRow{},
		Status: state.status, Number: r.Number, Trigger: r.Trigger, BuildParams: t.buildRow(r, true),
		StartTime: t.summaryTime(r.Start), EndTime: t.summaryTime(state.end),
	}
	for i, stage := range state.stages {
		s := stageRow{
			Name: p.Stages[i].Name, Sequence: p.Stages[i].Sequence, Status: stage.status,
			StartTime: t.zoneless(stage.start), EndTime: t.zoneless(stage.end),
		}
		if t.options.has(QuirkStageIDs) {
			s.ID = t.world.stageID(r, i)
		}
		row.Stages = append(row.Stages, s)
	}
	return row
}

// buildRow makes build_params; null for a run without a repository.
func (t *Tenant) buildRow(r *Run, withURL bool) *buildRow {
	c := r.Change
	repo := t.world.findRepository(c.RepositoryID)
	if repo == nil || t.options.has(QuirkNoBuildParams) && r.Number%2 == 0 {
		return nil
	}
	row := &buildRow{
		Action: orNull(c.Action), BuildType: c.BuildType, CommitID: c.CommitID, EventType: r.Trigger, MergeID: orNull(c.MergeID), Message: c.Message,
		SourceBranch: orNull(c.SourceBranch), Tag: orNull(c.Tag), TargetBranch: c.TargetBranch, CodehubID: strconv.FormatInt(repo.ID, 10),
	}
	if withURL {
		row.GitURL = "https://codehub.example.com/" + repo.path()
	}
	return row
}

// summaryTime is a time of a run summary; null when zero.
func (t *Tenant) summaryTime(at time.Time) any {
	switch {
	case at.IsZero():
		return nil
	case t.options.has(QuirkTextTimes):
		return strconv.FormatInt(at.UnixMilli(), 10)
	}
	return at.UnixMilli()
}

// zoneless prints a stage time in the site's zone; null when zero.
func (t *Tenant) zoneless(at time.Time) *string {
	if at.IsZero() {
		return nil
	}
	text := at.In(t.options.Zone).Format(stageTime)
	return &text
}

// moment is a time of a request: a number or a string of epoch milliseconds, or `yyyy-MM-dd HH:mm:ss`. The zero time is none.
func (t *Tenant) moment(raw json.RawMessage) (time.Time, error) {
	text := strings.Trim(string(raw), `"`)
	if text == "" || text == "null" {
		return time.Time{}, nil
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms), nil
	}
	at, err := time.ParseInLocation(stageTime, text, t.options.Zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading time %s: %w", text, err)
	}
	return at, nil
}

// runQuery is the body of Pipeline API 4.2.7.
type runQuery struct {
	Status    []string        `json:"status"`
	StartTime json.RawMessage `json:"start_time"`
	EndTime   json.RawMessage `json:"end_time"`
	Offset    int             `json:"offset"`
	Limit     int             `json:"limit"`
	SortKey   string          `json:"sort_key"`
	SortDir   string          `json:"sort_dir"`
}

// runPage is the answer of Pipeline API 4.2.7.
type runPage struct {
	Offset int      `json:"offset"`
	Limit  int      `json:"limit"`
	Total  int      `json:"total"`
	Runs   []runRow `json:"pipeline_runs"`
}

// runList answers Pipeline API 4.2.7. The window is on the run's start, both ends included.
func (t *Tenant) runList(r *request) response {
	p, refused := t.pipeline(r)
	if refused != nil {
		return *refused
	}
	query := runQuery{Limit: 10}
	if err := decodeBody(r, &query); err != nil || query.Offset < 0 || query.Limit < 1 {
		return invalidBody()
	}
	from, err := t.moment(query.StartTime)
	if err != nil {
		return invalidBody()
	}
	to, err := t.moment(query.EndTime)
	if err != nil {
		return invalidBody()
	}
	descending := !strings.EqualFold(query.SortDir, "asc")
	var found []*Run
	for _, run := range p.kept(r.now) {
		if run.Start.Before(from) {
			continue
		}
		if !to.IsZero() && run.Start.After(to) {
			break
		}
		if len(query.Status) == 0 || slices.Contains(query.Status, run.stateAt(r.now, len(p.Stages)).status) {
			found = append(found, run)
		}
	}
	switch query.SortKey {
	case "", "start_time":
	case "update_time":
		slices.SortStableFunc(found, func(a, b *Run) int { return a.lastChange(r.now).Compare(b.lastChange(r.now)) })
	default:
		return invalidBody()
	}
	if descending {
		slices.Reverse(found)
	}
	limit := min(query.Limit, t.options.MaxRunPage)
	found = asFound(t, r, found, query.Offset, limit)
	reply := runPage{Offset: query.Offset, Limit: t.limit(query.Limit, limit), Total: len(found), Runs: []runRow{}}
	for _, run := range page(found, query.Offset, limit) {
		reply.Runs = append(reply.Runs, t.runRow(p, run, r.now))
	}
	return answer(http.StatusOK, reply)
}

// decodeBody reads a JSON body; an empty one leaves the defaults.
func decodeBody(r *request, into any) error {
	if len(r.body) == 0 {
		return nil
	}
	return json.Unmarshal(r.body, into)
}

// invalidBody is the documented answer to a request that cannot be understood.
func invalidBody() response {
	return failure(http.StatusOK, "DEVCP.00014004", "The parameter is invalid.")
}
