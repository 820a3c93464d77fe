package pollers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"artery/internal/events"
)

// number is an integer that some answers write as a string and some as null (Pipeline API 4.2.7, Repo API).
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	b = bytes.Trim(b, `"`)
	if len(b) == 0 || string(b) == "null" {
		*n = 0
		return nil
	}
	v, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no integer", b)
	}
	*n = number(v)
	return nil
}

// pipelineIdentity is what is decoded of a row of the pipeline list (4.2.4).
type pipelineIdentity struct {
	PipelineID string          `json:"pipeline_id"`
	ProjectID  string          `json:"project_id"`
	LatestRun  json.RawMessage `json:"latest_run"`
}

// runIdentity is what is decoded of a run summary: identity, order and whether it goes on. The rest stays raw.
type runIdentity struct {
	RunID      string `json:"pipeline_run_id"`
	PipelineID string `json:"pipeline_id"`
	RunNumber  number `json:"run_number"`
	Status     string `json:"status"`
	StartTime  number `json:"start_time"`
	EndTime    number `json:"end_time"`
}

func (r runIdentity) mark() events.Mark {
	return events.Mark{Parent: r.PipelineID, Number: int64(r.RunNumber), Status: r.Status, From: int64(r.StartTime), To: int64(r.EndTime)}
}

// identify decodes the identity of a row into v, which must be a pointer.
func identify(raw []byte, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("reading the identity of a row: %w", err)
	}
	return nil
}

// terminal are the run statuses after which nothing happens unless somebody retries the run (CodeArts Pipeline API
// 4.2.7). PAUSED and SUSPEND can last for days and are not among them; an unknown status counts as active.
func terminal(status string) bool {
	switch status {
	case "COMPLETED", "FAILED", "CANCELED", "IGNORED":
		return true
	}
	return false
}

// waiting are the statuses of an open run that goes on only when somebody says so.
func waiting(status string) bool { return status == "PAUSED" || status == "SUSPEND" }

// knownStatus lists every run status of the documents; others are counted.
func knownStatus(status string) bool {
	switch status {
	case "RUNNING", "PAUSED", "SUSPEND", "QUEUED", "INIT":
		return true
	}
	return terminal(status)
}
