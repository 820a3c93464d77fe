package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ErrTooLarge says that a body is over MaxBody.
var ErrTooLarge = errors.New("the body is too large")

// Unfit is a part of a body that is too large even by itself.
type Unfit struct {
	Raw []byte
	Err error
}

// SplitRunDetail makes the snapshots of a run detail (Pipeline API 4.2.3) whose body is over MaxBody: one run_detail_stage for
// each stage, and the run_detail without its stages. The last one's hash is that of the whole detail, so it changes with
// every part; it comes after them, so that a detail is not believed to be known before its parts are. A stage that does not
// fit is given back. The error is that of a detail that does not fit without its stages, or is none.
func SplitRunDetail(id string, raw []byte, mark Mark, at time.Time) ([]Snapshot, []Unfit, error) {
	whole, err := newSnapshot(RunDetail, id, raw, mark, at)
	if err != nil {
		return nil, nil, err
	}
	var detail map[string]json.RawMessage
	var stages []json.RawMessage
	if err := json.Unmarshal(whole.Body, &detail); err != nil {
		return nil, nil, fmt.Errorf("splitting run_detail %s: %w", id, err)
	}
	if err := json.Unmarshal(detail["stages"], &stages); err != nil {
		return nil, nil, fmt.Errorf("splitting run_detail %s: its stages: %w", id, err)
	}
	detail["stages"], detail["split_stages"] = json.RawMessage("[]"), json.RawMessage(fmt.Sprint(len(stages)))
	rest, err := json.Marshal(detail)
	if err != nil {
		return nil, nil, fmt.Errorf("splitting run_detail %s: %w", id, err)
	}
	run, err := NewSnapshot(RunDetail, id, rest, mark, at)
	if err != nil {
		return nil, nil, err
	}
	run.Hash = whole.Hash
	var parts []Snapshot
	var unfit []Unfit
	for i, stage := range stages {
		body, err := json.Marshal(struct {
			Run      string            `json:"run_id"`
			Pipeline json.RawMessage   `json:"pipeline_id,omitempty"`
			First    int               `json:"first_stage"`
			Stages   []json.RawMessage `json:"stages"`
		}{id, detail["pipeline_id"], i, []json.RawMessage{stage}})
		if err != nil {
			return nil, nil, fmt.Errorf("splitting run_detail %s: %w", id, err)
		}
		part, err := NewSnapshot(RunDetailStage, fmt.Sprintf("%s/%d", id, i), body, Mark{Parent: id, Number: int64(i)}, at)
		if err != nil {
			unfit = append(unfit, Unfit{body, err})
			continue
		}
		parts = append(parts, part)
	}
	return append(parts, run), unfit, nil
}
