package oracle

import (
	"strconv"
	"strings"
	"testing"

	"artery/internal/codearts/codeartstest"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartspipeline/v2/model"
)

// TestStepLogs: 4.2.13 of every failed step, page by page from its beginning, is the truth's log, and the product's client reads
// the same from its end. The SDK takes the answer about a log that is gone for an empty one.
func TestStepLogs(t *testing.T) {
	w := newTenant(t)
	runs := map[string]codeartstest.RunTruth{}
	for _, r := range w.truth.Runs {
		runs[r.ID] = r
	}
	read, gone := 0, 0
	for _, s := range w.truth.Steps {
		if s.Status != "FAILED" {
			continue
		}
		run, log := runs[s.RunID], w.truth.StepLog(s)
		var want []string
		for _, line := range log.Lines {
			want = append(want, line.Text)
		}
		ours, err := w.ours().StepLog(t.Context(), run.ProjectID, run.PipelineID, run.ID, s.JobID, s.ID, 1<<20)
		var got []string
		for start, more := int64(0), true; more; {
			answer, err := w.pipeline.ShowPipelineLog(&model.ShowPipelineLogRequest{
				ProjectId: run.ProjectID, PipelineId: run.PipelineID, PipelineRunId: run.ID, JobRunId: s.JobID, StepRunId: s.ID,
				Body: &model.LogQuery{StartOffset: to(start), EndOffset: to(int64(0)), Limit: 500, Sort: "asc"},
			})
			page := again[object](w, must(w, answer, err))
			text, _ := page["log"].(string)
			if more, _ = page["has_more"].(bool); text != "" {
				got = append(got, text)
			}
			end, _ := page["end_offset"].(string)
			start, _ = strconv.ParseInt(end, 10, 64)
		}
		if log.Gone {
			if gone++; err == nil || len(got) > 0 {
				t.Errorf("a log that is gone: the SDK reads %d pages, our client says %v", len(got), err)
			}
			continue
		}
		read++
		if text := strings.Join(want, "\n"); strings.Join(got, "\n") != text || err != nil || ours.Text != text || !ours.Whole {
			t.Errorf("the log of step %s has %d lines; the SDK reads %d pages, our client %d bytes of %d, %v", s.ID, len(want), len(got), len(ours.Text), len(text), err)
		}
	}
	if read < 5 || gone == 0 {
		t.Errorf("%d logs were compared, %d are gone", read, gone)
	}
}
