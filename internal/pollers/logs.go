package pollers

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"

	"golang.org/x/sync/errgroup"
)

// DefaultLogTail is how much of a log is kept, in bytes.
const DefaultLogTail = 64 << 10

// Logs says what is kept of the log of a step that has failed. The zero value keeps DefaultLogTail, without what is a secret
// by the built-in rules.
type Logs struct {
	TailBytes int
	Mask      *events.LogMask
}

const (
	// logsCommit is how many logs one round holds: as much as is lost when the process is killed.
	logsCommit = 32
	// logAgain is the wait after a log was asked for in vain; it doubles each time. While CodeArts keeps a run, that makes 14 tries.
	logAgain = 10 * time.Minute
)

// pollLogs attaches the end of its log to each failed step, once (CodeArts Pipeline API 4.2.13): those of failed runs first,
// newest first. The others take what the budget leaves. What is asked for is in the log as pending since the round that showed
// the step, so a restart goes on where it was.
func pollLogs(ctx context.Context, p *Pass) error {
	var plan []wantedLog
	p.Look(func(k Known) { plan = planLogs(k.runs, k.heads, p.Now) })
	rest := slices.IndexFunc(plan, func(w wantedLog) bool { return !w.failed })
	if rest < 0 {
		rest = len(plan)
	}
	for portion := range slices.Chunk(plan[:rest], logsCommit) {
		if err := p.fetchLogs(ctx, portion); err != nil {
			return err
		}
	}
	p.API = p.API.As(codearts.PriorityBackfill)
	for portion := range slices.Chunk(plan[rest:], logsCommit) {
		if err := p.fetchLogs(ctx, portion); err != nil {
			return err
		}
		if p.dueAgain() {
			break
		}
	}
	return nil
}

// fetchLogs asks for some logs and commits them. What is to be asked for is in the bodies of their last events.
func (p *Pass) fetchLogs(ctx context.Context, portion []wantedLog) error {
	seqs := make([]uint64, len(portion))
	for i, w := range portion {
		seqs[i] = w.seq
	}
	bodies, err := p.home.log.Bodies(ctx, seqs)
	if err != nil {
		return err
	}
	g, asking := errgroup.WithContext(ctx)
	g.SetLimit(detailsParallel)
	var without atomic.Int64
	for _, w := range portion {
		var step events.StepLogBody
		if err := json.Unmarshal(bodies[w.seq], &step); err != nil {
			continue // it has expired in the log since it was planned
		}
		g.Go(func() error {
			asked := p.now()
			if err := p.askLog(asking, &step); err != nil {
				return err
			}
			if step.State != events.LogHave {
				without.Add(1)
			}
			p.sawLog(step, asked)
			return nil
		})
	}
	err = g.Wait()
	if n := without.Load(); n > 0 {
		p.Log.Info("logs that codearts does not give", "steps", n)
	}
	return errors.Join(err, p.Commit(ctx))
}

// askLog asks for the log of a step and writes the answer into it. An error is one that is not about this step.
func (p *Pass) askLog(ctx context.Context, step *events.StepLogBody) error {
	log, err := p.API.StepLog(ctx, p.Project, step.PipelineID, step.RunID, step.JobID, step.StepID, p.Tenant.Logs.tail())
	var api *codearts.Error
	switch {
	case err == nil:
		for range log.Calls {
			p.Page()
		}
		text := p.Tenant.Logs.Mask.Mask(log.Text)
		step.Log = events.LogTail(text, p.Tenant.Logs.tail())
		step.Whole, step.Location = log.Whole && step.Log == text, log.Location
		step.State, step.Reason = events.LogHave, ""
		if text == "" {
			step.State, step.Whole, step.Reason = events.LogUnavailable, false, "the log is empty"
		}
	case !errors.As(err, &api) || !aboutOne(api) || api.HasCode(codearts.NoMember):
		return err
	default:
		p.called()
		step.State, step.Reason = events.LogUnavailable, string(api.Class)
		if api.Class == codearts.ClassNotFound {
			step.State = events.LogExpired
		}
		if api.Code != "" {
			step.Reason += ", code " + api.Code
		}
	}
	if step.State != events.LogHave {
		step.Tries++
	}
	return nil
}

func (l Logs) tail() int {
	if l.TailBytes > 0 {
		return l.TailBytes
	}
	return DefaultLogTail
}

// sawLog hands over what is known of the log of a step.
func (p *Pass) sawLog(step events.StepLogBody, asked time.Time) {
	mark := events.Mark{Parent: step.RunID, Number: int64(step.Tries), Status: step.State, To: step.EndedAt}
	if step.State != events.LogPending {
		mark.From = asked.UnixMilli()
	}
	raw, err := json.Marshal(step)
	if err != nil {
		panic("pollers: a step log is always JSON: " + err.Error()) // only numbers, strings and booleans
	}
	p.Saw("", events.StepLog, step.ID(), Row{Raw: raw, API: "StepLog", Asked: asked}, mark)
}

// sawFailedSteps hands over, as pending, the log of each step that has failed in a run detail. They go before the detail, and
// of an event that is there nothing changes, so a detail is not known before its failed steps are.
func (p *Pass) sawFailedSteps(run, pipeline string, detail []byte, asked time.Time) {
	for _, step := range failedSteps(detail) {
		step.RunID, step.PipelineID, step.State = run, pipeline, events.LogPending
		p.sawLog(step, asked)
	}
}

// failedSteps are the steps of jobs that have failed, with what names them. A step before or after the jobs of a stage
// belongs to no job: nothing can be asked about it.
func failedSteps(detail []byte) (failed []events.StepLogBody) {
	var run struct {
		Stages []struct {
			Jobs []struct {
				ID    text `json:"id"`
				Steps []struct {
					ID     text `json:"id"`
					Status text `json:"status"`
					Start  text `json:"start_time"`
					End    text `json:"end_time"`
				} `json:"steps"`
			} `json:"jobs"`
		} `json:"stages"`
	}
	// What has another form than documented is no failed step; the rest counts.
	_ = json.Unmarshal(detail, &run)
	for _, stage := range run.Stages {
		for _, job := range stage.Jobs {
			for _, step := range job.Steps {
				if (step.Status == "FAILED" || step.Status == "ASYNC_FAILED") && job.ID != "" && step.ID != "" {
					failed = append(failed, events.StepLogBody{
						JobID: string(job.ID), StepID: string(step.ID), StartedAt: step.Start.millis(), EndedAt: step.End.millis(),
					})
				}
			}
		}
	}
	return failed
}

// text is a JSON text or number, and "" for anything else: a member of another form than documented hides no other.
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		if s = string(b); len(b) == 0 || b[0] != '-' && (b[0] < '0' || b[0] > '9') {
			s = ""
		}
	}
	*t = text(s)
	return nil
}

func (t text) millis() int64 {
	n, _ := strconv.ParseInt(string(t), 10, 64)
	return n
}
