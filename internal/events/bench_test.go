package events

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// benchRun is a run summary of usual size, as Pipeline API 4.2.7 orders its members.
var benchRun = func() []byte {
	stages := ""
	for i := range 5 {
		stages += fmt.Sprintf(`{"name":"Phase_%d","sequence":%d,"status":"COMPLETED","start_time":"2023-03-04 16:48:09","end_time":"2023-03-04 16:50:11"},`, i, i)
	}
	return []byte(`{"pipeline_id":"d19799d619424b2bb2625ec2d93ea087","pipeline_run_id":"ad6b7f66283a45be9c1f82b06c831e59","executor_id":"847a5317086c41798469d0868535943a",
		"executor_name":"Beta environment account","stage_status_list":[` + stages[:len(stages)-1] + `],"status":"FAILED","run_number":2,"trigger_type":"Manual",
		"build_params":{"action":null,"build_type":"branch","commit_id":"fc93c34f906aeb1cc031e3f6f8b2baeac078ae4b","event_type":"Manual","merge_id":null,"message":"init",
		"source_branch":null,"tag":null,"target_branch":"test-lbdsb11","codehub_id":"2111699716","git_url":"https://example.com/clsyz00001/111.git"},
		"artifact_params":null,"start_time":1677919688000,"end_time":1677919811000}`)
}()

// BenchmarkSnapshot takes snapshots, and after each of them decodes the same bytes as encoding/json does into a struct of
// the documented members. Its figure x-decode is the ratio of the two, within one run.
func BenchmarkSnapshot(b *testing.B) {
	type stage struct {
		Name, Status string
		Sequence     int
		StartTime    *string `json:"start_time"`
		EndTime      *string `json:"end_time"`
	}
	type run struct {
		PipelineID    string            `json:"pipeline_id"`
		PipelineRunID string            `json:"pipeline_run_id"`
		ExecutorID    string            `json:"executor_id"`
		ExecutorName  string            `json:"executor_name"`
		Stages        []stage           `json:"stage_status_list"`
		Status        string            `json:"status"`
		RunNumber     int               `json:"run_number"`
		TriggerType   string            `json:"trigger_type"`
		BuildParams   map[string]string `json:"build_params"`
		StartTime     int64             `json:"start_time"`
		EndTime       *int64            `json:"end_time"`
	}
	b.SetBytes(int64(len(benchRun)))
	b.ReportAllocs()
	var ours, decode time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := NewSnapshot(Run, "x", benchRun, Mark{}, start); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		var r run
		if err := json.Unmarshal(benchRun, &r); err != nil {
			b.Fatal(err)
		}
		ours, decode = ours+middle.Sub(start), decode+time.Since(middle)
	}
	b.ReportMetric(float64(ours)/float64(decode), "x-decode")
}
