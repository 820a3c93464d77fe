package codeartstest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// LogLine is a line of the log of a step.
type LogLine struct {
	Text   string
	Secret string // the part of Text that nobody may see; "" for most lines
}

// StepLogTruth is the log of a step that has ended.
type StepLogTruth struct {
	Lines []LogLine
	Gone  bool // CodeArts does not have it any more, and says so
}

// VendorKey is what the secret begins with that no general rule knows: whoever collects the logs has to configure it.
const VendorKey = "vnd-"

// longLog is the share of failed steps, as one in so many, that wrote thousands of lines; goneLog of those whose log is lost.
const longLog, goneLog = 8, 16

// StepLog tells the log of a step of the truth. It is written when it is asked for: a truth with all of them would be large.
func (v Truth) StepLog(step StepTruth) StepLogTruth {
	return stepLog(v.Seed, step.ID, step.Name, step.Status, step.Start, step.End, time.FixedZone("", v.Offset))
}

// stepLog writes the log of a step: the same at every call. A step that failed says much, secrets among it, near the end.
func stepLog(seed uint64, id, name, status string, start, end time.Time, zone *time.Location) StepLogTruth {
	sum := digest(seed, "log", id)
	failed := status == StatusFailed
	count := 20 + int(sum[0])%60
	if failed && int(sum[1])%longLog == 0 {
		count = 1200 + int(sum[2])*4
	}
	log := StepLogTruth{Gone: failed && int(sum[3])%goneLog == 0}
	total := count + 10
	add := func(secret, format string, args ...any) {
		at := start.Add(end.Sub(start) * time.Duration(len(log.Lines)) / time.Duration(total)).In(zone)
		stamp := at.Format("[2006/01/02 15:04:05.000 GMT-07:00] ")
		log.Lines = append(log.Lines, LogLine{Text: stamp + fmt.Sprintf(format, args...), Secret: secret})
	}
	secret := func(of string) string {
		sum := digest(seed, "secret", of, id)
		return hex.EncodeToString(sum[:16])
	}
	add("", "[INFO] [real_stage: %s]: This step starts to be executed.", name)
	for i := range count {
		switch i % 5 {
		case 0:
			add("", "[INFO] 测试用例 %d：通过 ✓", i)
		case 3:
			add("", "[DEBUG] com.example.%s.Worker$%d - {\"attempt\": %d, \"state\": \"<ready>\"}", name, i, i%7)
		default:
			add("", "[INFO] [frame] %s is at %d of %d", name, i, count)
		}
	}
	if failed {
		add(secret("form"), "[INFO] export DB_PASSWORD=%s", secret("form"))
		add(secret("quoted"), "[INFO] curl -s -H \"Authorization: Bearer %s\" https://api.example.com/v1/deploy", secret("quoted"))
		add(secret("url"), "[INFO] git clone https://deploy:%s@codehub.example.com/team/app.git", secret("url"))
		add(VendorKey+secret("vendor"), "[INFO] licence %s accepted", VendorKey+secret("vendor"))
		add("", "[ERROR] 部署失败：%s did not become ready", name)
		add("", "[ERROR] [real_stage: %s]: the step ends with exit code 1", name)
	} else {
		add("", "[INFO] [real_stage: %s]: This step is complete.", name)
	}
	return log
}

// logQuery is the body of Pipeline API 4.2.13.
type logQuery struct {
	Start int    `json:"start_offset"`
	End   int    `json:"end_offset"`
	Limit int    `json:"limit"`
	Sort  string `json:"sort"`
}

// logRow is the answer of Pipeline API 4.2.13: the offsets are texts.
type logRow struct {
	HasMore  bool   `json:"has_more"`
	End      string `json:"end_offset"`
	Start    string `json:"start_offset"`
	Log      string `json:"log"`
	Location string `json:"location"`
	StepID   string `json:"step_run_id"`
}

// stepLogs answers Pipeline API 4.2.13. An offset counts the bytes before a line, and one; in descending order the last lines
// come, as they stand in the log.
func (t *Tenant) stepLogs(r *request) response {
	p, refused := t.pipeline(r)
	if refused != nil {
		return *refused
	}
	var query logQuery
	if err := json.Unmarshal(r.body, &query); err != nil || query.Limit < 1 || query.Start < 0 || query.End < 0 || query.Sort != "asc" && query.Sort != "desc" {
		return invalidBody()
	}
	step, found := t.findStep(p, r)
	if !found {
		return failure(http.StatusOK, "DEVCP.00012002", "The related record does not exist in the database.")
	}
	log := stepLog(t.options.Seed, step.id, step.spec.Name, step.status, step.start, step.end, t.options.Zone)
	if log.Gone {
		return failure(http.StatusOK, "DEVCP.00012002", "The related record does not exist in the database.")
	}
	offsets := []int{1} // of each line, and of the end
	for _, line := range log.Lines {
		offsets = append(offsets, offsets[len(offsets)-1]+len(line.Text)+1)
	}
	last := len(log.Lines)
	from, _ := slices.BinarySearch(offsets, query.Start)
	to, exact := slices.BinarySearch(offsets, query.End)
	if query.End == 0 {
		to = last
	} else if !exact {
		to-- // a line that is cut is not in the window
	}
	from = min(from, last)
	to = max(from, min(to, last))
	reply := logRow{HasMore: to-from > query.Limit || t.options.has(QuirkLogMore), Location: "jenkins", StepID: step.id}
	if query.Sort == "asc" {
		to = min(to, from+query.Limit)
	} else {
		from = max(from, to-query.Limit)
	}
	var lines []string
	for _, line := range log.Lines[from:to] {
		lines = append(lines, line.Text)
	}
	if query.Sort == "desc" && t.options.has(QuirkLogReversed) {
		slices.Reverse(lines)
	}
	reply.Start, reply.End, reply.Log = strconv.Itoa(offsets[from]), strconv.Itoa(offsets[to]), strings.Join(lines, "\n")
	return answer(http.StatusOK, reply)
}

// findStep finds the step of the path among those of all attempts that CodeArts keeps. Only what is over has a log here.
func (t *Tenant) findStep(p *pipeline, r *request) (stepPlan, bool) {
	run := p.byRun[r.PathValue("run")]
	if run == nil || run.Start.After(r.now) || run.Start.Before(r.now.Add(-Retention)) {
		return stepPlan{}, false
	}
	for i := range run.Stages {
		a := &run.Stages[i]
		for _, job := range t.world.jobsOf(p, run, a.Position, run.attemptNumber(i), a) {
			for _, step := range job.steps {
				if job.id == r.PathValue("job") && step.id == r.PathValue("step") {
					return step, !step.start.IsZero() && !step.end.IsZero() && !step.end.After(r.now)
				}
			}
		}
	}
	return stepPlan{}, false
}
