package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"artery/internal/codearts/codeartstest"
)

// siteZone is the zone in which the simulated site writes stage times (the documents' +08:00).
var siteZone = time.FixedZone("", 8*3600)

type run struct {
	ID           string `ch:"run_id"`
	Project      string `ch:"project_id"`
	Pipeline     string `ch:"pipeline_id"`
	Number       int64  `ch:"number"`
	Status       string `ch:"status"`
	Trigger      string `ch:"trigger_type"`
	ExecutorID   string `ch:"executor_id"`
	Executor     string `ch:"executor_name"`
	Start        int64  `ch:"started_at"`
	End          int64  `ch:"ended_at"`
	BuildType    string `ch:"build_type"`
	Event        string `ch:"event_type"`
	Action       string `ch:"action"`
	Commit       string `ch:"commit_id"`
	Message      string `ch:"message"`
	Source       string `ch:"source_branch"`
	Target       string `ch:"target_branch"`
	Tag          string `ch:"tag"`
	Merge        string `ch:"merge_id"`
	Codehub      int64  `ch:"codehub"`
	StageNames   string `ch:"names"`
	StageStatus  string `ch:"statuses"`
	StageOrdinal string `ch:"sequences"`
}

func (c *comparison) runs() {
	expired := map[string]bool{}
	for _, r := range c.now.Runs {
		expired[r.ID] = r.Expired
	}
	want := func() (rows []run) {
		for _, r := range c.now.Runs {
			if !r.Expired {
				rows = append(rows, runOf(r))
			}
		}
		return rows
	}
	table(c, "runs", `SELECT run_id, project_id, pipeline_id, toInt64(ifNull(run_number, 0)) AS number, status, trigger_type,
		executor_id, executor_name, `+millis("started_at")+`, `+millis("ended_at")+`, build_type, event_type, action, commit_id, message,
		source_branch, target_branch, tag, merge_id, toInt64(ifNull(codehub_id, 0)) AS codehub, arrayStringConcat(stage_names, '|') AS names,
		arrayStringConcat(stage_statuses, '|') AS statuses, arrayStringConcat(arrayMap(s -> toString(s), stage_sequences), '|') AS sequences
		FROM runs FINAL`, func(r run) string { return r.ID }, want, func(r run) bool { return expired[r.ID] })
}

func runOf(r codeartstest.RunTruth) run {
	row := run{
		ID: r.ID, Project: r.ProjectID, Pipeline: r.PipelineID, Number: int64(r.Number), Status: r.Status, Trigger: r.Trigger,
		ExecutorID: r.ExecutorID, Executor: r.ExecutorName, Start: ms(r.Start), End: ms(r.End),
	}
	if r.Change.RepositoryID != 0 {
		b := r.Change
		row.BuildType, row.Event, row.Action, row.Commit, row.Message = b.BuildType, r.Trigger, b.Action, b.CommitID, b.Message
		row.Source, row.Target, row.Tag, row.Merge, row.Codehub = b.SourceBranch, b.TargetBranch, b.Tag, b.MergeID, b.RepositoryID
	}
	var names, statuses, sequences []string
	for _, s := range r.Stages {
		names, statuses, sequences = append(names, s.Name), append(statuses, s.Status), append(sequences, strconv.Itoa(s.Sequence))
	}
	row.StageNames, row.StageStatus, row.StageOrdinal = strings.Join(names, "|"), strings.Join(statuses, "|"), strings.Join(sequences, "|")
	return row
}

type attempt struct {
	Run       string `ch:"run_id"`
	Project   string `ch:"project_id"`
	Pipeline  string `ch:"pipeline_id"`
	Position  int64  `ch:"place"`
	Name      string `ch:"name"`
	Sequence  int64  `ch:"ordinal"`
	Status    string `ch:"status"`
	StartText string `ch:"start_text"`
	Start     int64  `ch:"started_at"`
	End       int64  `ch:"ended_at"`
	Number    int64  `ch:"number"`
	Commit    string `ch:"commit_id"`
	Target    string `ch:"target_branch"`
}

func (a attempt) key() string { return fmt.Sprintf("%s/%d at %s", a.Run, a.Position, a.StartText) }

// life is what of an attempt can be right at some time.
func (a attempt) life() attempt {
	a.Status, a.End = "", 0
	return a
}

// attempts compares the executions of stages. Each that the API showed at one of the seen times must be there: in its last
// state if it still shows, else in one that it had. An extra row must be an attempt that has been superseded.
func (c *comparison) attempts() {
	want := func() []attempt { return shownAttempts(c.now) }
	shown := map[string]bool{}
	for _, truth := range c.seen {
		for _, row := range shownAttempts(truth) {
			shown[row.key()] = true
		}
	}
	runs := map[string]codeartstest.RunTruth{}
	for _, r := range c.now.Runs {
		runs[r.ID] = r
	}
	past := map[string]codeartstest.AttemptTruth{}
	for _, a := range c.now.Attempts {
		if r := runs[a.RunID]; a.Superseded || r.Expired {
			past[attemptOf(r, a.Position, a.Name, a.Sequence, a.Status, a.Start, a.End).key()] = a
		}
	}
	stored := map[string]bool{}
	table(c, "stage_attempts", `SELECT run_id, project_id, pipeline_id, toInt64(position) AS place, name, toInt64(sequence) AS ordinal,
		status, start_text, `+millis("started_at")+`, `+millis("ended_at")+`, toInt64(ifNull(run_number, 0)) AS number, commit_id, target_branch
		FROM stage_attempts FINAL`, attempt.key, want, func(got attempt) bool {
		a, ok := past[got.key()]
		if !ok {
			return false
		}
		stored[got.key()] = true
		last := attemptOf(runs[a.RunID], a.Position, a.Name, a.Sequence, a.Status, a.Start, a.End)
		before := got.End == 0 && (got.Status == codeartstest.StatusRunning || got.Status == codeartstest.StatusPaused)
		return got == last || before && got.life() == last.life()
	})
	for key := range past {
		if shown[key] && !stored[key] {
			c.fault("stage_attempts: %s is missing: it was seen and then superseded", key)
		}
	}
}

// shownAttempts are the executions that the API shows: of each stage the latest.
func shownAttempts(truth codeartstest.Truth) (rows []attempt) {
	for _, r := range truth.Runs {
		for _, s := range r.Stages {
			if !s.Start.IsZero() && !r.Expired {
				rows = append(rows, attemptOf(r, s.Position, s.Name, s.Sequence, s.Status, s.Start, s.End))
			}
		}
	}
	return rows
}

func attemptOf(r codeartstest.RunTruth, position int, name string, sequence int, status string, start, end time.Time) attempt {
	return attempt{
		Run: r.ID, Project: r.ProjectID, Pipeline: r.PipelineID, Position: int64(position), Name: name, Sequence: int64(sequence), Status: status,
		StartText: start.In(siteZone).Format(time.DateTime), Start: ms(start), End: ms(end), Number: int64(r.Number),
		Commit: r.Change.CommitID, Target: r.Change.TargetBranch,
	}
}
