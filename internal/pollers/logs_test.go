package pollers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// failures makes a world of n runs, one a minute, the newest first, each with one step, which failed.
func failures(t *testing.T, n int, front func(http.Handler) http.Handler) (w *world, runs []codeartstest.Run, step func(run, try int) codeartstest.StepTruth) {
	t.Helper()
	w = newWorld(t, codeartstest.Options{}, front)
	script := w.sim.World()
	project := script.AddProject("Alpha")
	pipeline := script.AddPipeline(codeartstest.PipelineSpec{ProjectID: project, Name: "p", Created: instant.Add(-time.Hour), Stages: []codeartstest.StageSpec{
		{Name: "Build", Jobs: []codeartstest.JobSpec{{Name: "Compile", Steps: []codeartstest.StepSpec{{Name: "maven_build", Task: "maven"}}}}},
	}})
	w.projects = script.ProjectIDs()
	for i := range n {
		runs = append(runs, script.AddRun(codeartstest.Run{PipelineID: pipeline, Start: instant.Add(-time.Duration(i+1) * time.Minute), Number: n - i,
			Stages: []codeartstest.StageAttempt{failedAt(instant.Add(-time.Duration(i+1) * time.Minute))}}))
	}
	w.start()
	return w, runs, func(run, try int) codeartstest.StepTruth {
		var of []codeartstest.StepTruth
		for _, s := range w.sim.Truth(w.clock.now()).Steps {
			if s.RunID == runs[run].ID && s.Status == "FAILED" {
				of = append(of, s)
			}
		}
		return of[try]
	}
}

func failedAt(start time.Time) codeartstest.StageAttempt {
	return codeartstest.StageAttempt{Start: start, End: start.Add(30 * time.Second), Status: "FAILED"}
}

// vendorMask is the pattern that an operator configures for the secret that no built-in rule knows.
func vendorMask(t *testing.T) *events.LogMask {
	t.Helper()
	mask, err := events.NewLogMask([]string{codeartstest.VendorKey + "[0-9a-f]+"})
	if err != nil {
		t.Fatal(err)
	}
	return mask
}

// stepLogs are the logs as they are stored, by step.
func (w *world) stepLogs() map[string]events.StepLogBody {
	w.Helper()
	found := map[string]events.StepLogBody{}
	bodies, _ := w.last(events.StepLog)
	for _, body := range bodies {
		raw, _ := json.Marshal(body) // of what was read as JSON
		var log events.StepLogBody
		if err := json.Unmarshal(raw, &log); err != nil {
			w.Fatal(err)
		}
		found[log.StepID] = log
	}
	return found
}

// attached compares a log with the truth: every line of its end, and no secret. It says whether there is one.
func (w *world) attached(log events.StepLogBody, truth codeartstest.StepLogTruth, tail int) bool {
	w.Helper()
	if truth.Gone {
		if log.State != events.LogExpired || log.Log != "" || log.Tries == 0 || !strings.Contains(log.Reason, "DEVCP.00012002") {
			w.Errorf("a log that is gone: %+v", log)
		}
		return false
	}
	lines := strings.Split(log.Log, "\n")
	if log.State != events.LogHave || len(lines) > len(truth.Lines) || log.Whole != (len(lines) == len(truth.Lines)) || len(log.Log) > tail || log.Location != "jenkins" {
		w.Errorf("%s, %d of %d lines, whole %t, %d bytes", log.State, len(lines), len(truth.Lines), log.Whole, len(log.Log))
		return false
	}
	first := len(truth.Lines) - len(lines)
	if first > 0 && len(log.Log)+1+len(truth.Lines[first-1].Text) <= tail {
		w.Errorf("line %d would have fitted", first-1)
	}
	for i, line := range lines {
		want := truth.Lines[first+i]
		if want.Secret == "" {
			if line != want.Text {
				w.Errorf("line %d is %q, want %q", i, line, want.Text)
			}
			continue
		}
		before, _, _ := strings.Cut(want.Text, want.Secret)
		before = strings.TrimSuffix(strings.TrimSuffix(before, "Bearer "), "deploy:") // masked as a whole
		if !strings.HasPrefix(line, before) || strings.Contains(line, want.Secret) || !strings.Contains(line, events.Redacted) {
			w.Errorf("line %d is %q, want %q without the secret", i, line, want.Text)
		}
	}
	return true
}

// TestLogsOfFailedSteps: each failed step of the small world gets the end of its log, once, and a restart asks for nothing again.
func TestLogsOfFailedSteps(t *testing.T) {
	const tail = 9000 // less than most logs, and the long ones are pages of 500 lines
	for _, quirks := range [][]codeartstest.Quirk{nil, {codeartstest.QuirkLogReversed}} {
		o := codeartstest.TestOptions(3, instant)
		o.Quirks = quirks
		w := newWorld(t, o, nil)
		start := func() {
			w.start()
			w.collector.Tenants[0].Logs = Logs{TailBytes: tail, Mask: vendorMask(t)}
		}
		start()
		w.quiet()
		check := func() (have, gone int) {
			stored := w.stepLogs()
			truth := w.sim.Truth(w.clock.now())
			over := map[string]bool{}
			for _, r := range truth.Runs {
				over[r.ID] = terminal(r.Status) && !r.Expired
			}
			for _, s := range truth.Steps {
				if s.Status != "FAILED" || s.Superseded || !over[s.RunID] {
					continue
				}
				log := truth.StepLog(s)
				switch {
				case w.attached(stored[s.ID], log, tail):
					have++
				case log.Gone:
					gone++
				}
			}
			return have, gone
		}
		if have, gone := check(); have < 10 || gone == 0 {
			t.Errorf("%d logs, %d are gone: this world does not show what it should", have, gone)
		}
		start()
		if calls := w.calls(w.quiet)[string(codeartstest.APIStepLog)]; calls != 0 {
			t.Errorf("%d calls for logs after a restart", calls)
		}
		for range 4 { // life goes on, with retries
			w.clock.forward(9 * time.Minute)
			w.quiet()
		}
		check()
		for _, r := range w.log.Records() {
			if bytes.Contains(r.Body, []byte(codeartstest.VendorKey)) {
				t.Fatalf("a secret is in %s", r.Subject)
			}
		}
	}
}

// TestLogOfARetry: a run that is retried and whose step fails again has two logs.
func TestLogOfARetry(t *testing.T) {
	w, runs, step := failures(t, 1, nil)
	w.collector.Tenants[0].Logs.Mask = vendorMask(t)
	w.quiet()
	first := step(0, 0)
	again := runs[0]
	again.Stages = append(slices.Clone(again.Stages), failedAt(instant.Add(time.Minute)))
	w.sim.World().AddRun(again)
	w.clock.forward(10 * time.Minute)
	w.quiet()
	stored := w.stepLogs()
	second := step(0, 1)
	if first.ID == second.ID || len(stored) != 2 {
		t.Fatalf("%d logs of the steps %s and %s", len(stored), first.ID, second.ID)
	}
	for _, s := range []codeartstest.StepTruth{first, second} {
		log := stored[s.ID]
		if w.attached(log, w.sim.Truth(w.clock.now()).StepLog(s), DefaultLogTail); log.EndedAt != s.End.UnixMilli() || log.StartedAt != s.Start.UnixMilli() || log.JobID != s.JobID {
			t.Errorf("the log of %+v: %+v", s, log)
		}
	}
}

// answeringLogs stands before the simulator and answers for 4.2.13.
func answeringLogs(answer func(http.ResponseWriter, *http.Request) bool) func(http.Handler) http.Handler {
	return func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/logs") || !answer(w, r) {
				sim.ServeHTTP(w, r)
			}
		})
	}
}

// TestLogsThatAreNotGiven: what CodeArts does not give is recorded with the reason, and asked for again after ever longer
// waits, across restarts, until it gives it; then never again. What it quotes is nowhere.
func TestLogsThatAreNotGiven(t *testing.T) {
	for _, tt := range []struct{ answer, state, reason string }{
		{`{"error_code":"DEVCP.00012002","error_msg":"x"}`, events.LogExpired, "not found, code DEVCP.00012002"},
		{`{"error_code":"DEVPIPE.00011301","error_msg":"x"}`, events.LogUnavailable, "permission, code DEVPIPE.00011301"},
		{`{"error_code":"DEVCP.00014004","error_msg":"x"}`, events.LogUnavailable, "bad request, code DEVCP.00014004"},
		{`password hunter2hunter2`, events.LogUnavailable, "unusable"},
		{`{"log":{"secret line":"hunter2hunter2"}}`, events.LogUnavailable, "unusable"},
		{`{"has_more":false,"start_offset":"1","end_offset":"1","log":""}`, events.LogUnavailable, "the log is empty"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			var asked, given atomic.Int32
			w, _, _ := failures(t, 1, answeringLogs(func(w http.ResponseWriter, _ *http.Request) bool {
				asked.Add(1)
				if given.Load() == 1 {
					io.WriteString(w, `{"has_more":false,"start_offset":"1","end_offset":"9","log":"at last"}`)
				} else {
					io.WriteString(w, tt.answer)
				}
				return true
			}))
			only := func() (log events.StepLogBody) {
				for _, log = range w.stepLogs() {
				}
				return log
			}
			w.quiet()
			if log := only(); log.State != tt.state || log.Reason != tt.reason || log.Tries != 1 || asked.Load() != 1 {
				t.Errorf("%+v after %d calls", log, asked.Load())
			}
			for tries, wait := 1, logAgain; tries <= 4; tries, wait = tries+1, 2*wait {
				w.clock.forward(wait - time.Second)
				w.start() // nothing of this is forgotten
				w.quiet()
				if int(asked.Load()) != tries {
					t.Fatalf("asked for %d times before %s have passed", asked.Load(), wait)
				}
				w.clock.forward(time.Second)
				w.quiet()
				if log := only(); int(asked.Load()) != tries+1 || log.Tries != tries+1 {
					t.Fatalf("asked for %d times after %s: %+v", asked.Load(), wait, log)
				}
			}
			given.Store(1)
			w.clock.forward(40 * 24 * time.Hour)
			w.quiet()
			if log := only(); log.State != events.LogHave || log.Log != "at last" || log.Reason != "" || !log.Whole {
				t.Errorf("%+v", log)
			}
			calls := asked.Load()
			w.clock.forward(40 * 24 * time.Hour)
			w.quiet()
			if asked.Load() != calls {
				t.Error("asked for again though it is there")
			}
			for _, r := range w.log.Records() {
				if bytes.Contains(r.Body, []byte("hunter2")) {
					t.Errorf("%s quotes the answer", r.Subject)
				}
			}
		})
	}
}

// TestLogsWithoutMembership: an account that has lost a project is told so once a round, and that is no answer about a step.
func TestLogsWithoutMembership(t *testing.T) {
	var asked atomic.Int32
	w, _, _ := failures(t, 40, answeringLogs(func(w http.ResponseWriter, _ *http.Request) bool {
		asked.Add(1)
		io.WriteString(w, `{"error_code":"DEVPIPE.00011412","error_msg":"x"}`)
		return true
	}))
	if err := w.collector.RunOnce(t.Context()); err == nil || asked.Load() > detailsParallel {
		t.Errorf("%v after %d calls", err, asked.Load())
	}
	for id, log := range w.stepLogs() {
		if log.State != events.LogPending {
			t.Errorf("%s: %+v", id, log)
		}
	}
}

// TestLogsOfALargeDetail: a detail that is stored in parts has no stages, and its failed steps are known all the same.
func TestLogsOfALargeDetail(t *testing.T) {
	body := `{"id":"x","pipeline_id":"p","stages":[{"name":"a","jobs":[{"id":"j0","message":"` + strings.Repeat("m", 600<<10) + `","steps":[{"id":"s0","status":"FAILED","end_time":5}]}]},
		{"name":"b","jobs":[{"id":"j1","steps":[{"id":"s1","status":"COMPLETED"},{"id":"s2","status":"FAILED","end_time":"1700000000000"},{"id":"s3","status":["FAILED"]}]}]}]}`
	large := answering("/pipeline-runs/detail", "", func() string { return body })
	var paths []string
	w, runs, _ := failures(t, 1, func(sim http.Handler) http.Handler {
		return large(answeringLogs(func(w http.ResponseWriter, r *http.Request) bool {
			paths = append(paths, r.URL.Path)
			fmt.Fprintf(w, `{"has_more":false,"log":%q}`, "log of "+r.URL.Path)
			return true
		})(sim))
	})
	w.quiet()
	w.start()
	w.quiet()
	slices.Sort(paths)
	base := "/v5/" + w.projects[0] + "/api/pipelines/" + runs[0].PipelineID + "/pipeline-runs/" + runs[0].ID + "/jobs/"
	want := []string{base + "j0/steps/s0/logs", base + "j1/steps/s2/logs"}
	if !slices.Equal(paths, want) {
		t.Errorf("asked %q, want %q", paths, want)
	}
	if logs := w.stepLogs(); len(logs) != 2 || logs["s2"].EndedAt != 1700000000000 || logs["s2"].Log != "log of "+want[1] {
		t.Errorf("%+v", logs)
	}
}

// TestLogAppendedOnce tries the write of logs in both failures, with a restart before the next round or without: each is in
// the log once, as it was given first, though CodeArts has more to say the second time.
func TestLogAppendedOnce(t *testing.T) {
	for _, apply := range []bool{false, true} {
		for _, outcome := range []error{events.ErrUnknown, errors.New("no space left")} {
			for _, restart := range []bool{false, true} {
				t.Run(fmt.Sprintf("applied %t, %v, restart %t", apply, outcome, restart), func(t *testing.T) {
					var asked atomic.Int32
					w, _, _ := failures(t, 3, answeringLogs(func(w http.ResponseWriter, _ *http.Request) bool {
						fmt.Fprintf(w, `{"has_more":false,"log":"line 1\nanswer %d"}`, asked.Add(1))
						return true
					}))
					w.log.Fault = func(b events.Batch) (bool, error) {
						if b.Record.Poller == "logs" && len(b.Events) > 0 {
							w.log.Fault = nil
							return apply, outcome
						}
						return false, nil
					}
					_ = w.collector.RunOnce(t.Context()) // a round that could not be written fails, the next one goes on
					if w.log.Fault != nil {
						t.Fatal("nothing was written")
					}
					if restart {
						w.start()
					}
					w.quiet()
					attached := map[string]int{}
					for _, r := range w.log.Records() {
						if key, _ := events.ParseSubject(r.Subject); key.Kind == events.StepLog {
							if head, err := events.ParseHead(r.Seq, r.Header); err == nil && head.Mark.Status == events.LogHave {
								attached[key.ID]++
							}
						}
					}
					for id, n := range attached {
						if n != 1 {
							t.Errorf("%s is attached %d times", id, n)
						}
					}
					if len(attached) != 3 {
						t.Errorf("%d logs", len(attached))
					}
				})
			}
		}
	}
}

func TestPlanLogs(t *testing.T) {
	known := events.NewHeads()
	seq := uint64(0)
	put := func(kind events.Kind, id string, m events.Mark) {
		seq++
		known.Set(events.EntityID{Kind: kind, ID: id}, events.Head{Seq: seq, Op: events.Created, Mark: m})
	}
	at := func(ago time.Duration) int64 { return instant.Add(-ago).UnixMilli() }
	for run, of := range map[string]struct {
		status string
		start  time.Duration
	}{"failed": {"FAILED", time.Hour}, "done": {"COMPLETED", time.Hour}, "old": {"FAILED", Retention + time.Hour}, "open": {"RUNNING", time.Hour}} {
		put(events.Run, run, events.Mark{Parent: "p", Number: int64(len(of.status)), Status: of.status, From: at(of.start)})
	}
	put(events.Run, "newest", events.Mark{Parent: "p", Number: 99, Status: "COMPLETED", From: at(time.Minute)})
	put(events.Run, "of a deleted pipeline", events.Mark{Parent: "gone", Number: 1, Status: "FAILED", From: at(time.Hour)})
	known.Set(events.EntityID{Kind: events.Pipeline, ID: "gone"}, events.Head{Op: events.Deleted})
	log := func(id, run, state string, tries int64, asked, ended time.Duration) {
		put(events.StepLog, id, events.Mark{Parent: run, Number: tries, Status: state, From: at(asked), To: at(ended)})
	}
	log("earlier", "failed", events.LogPending, 0, 0, 3*time.Hour)
	log("later", "failed", events.LogPending, 0, 0, time.Hour)
	log("of a run that passed", "done", events.LogPending, 0, 0, time.Minute)
	log("of a run that goes on", "open", events.LogPending, 0, 0, 2*time.Minute)
	log("there", "failed", events.LogHave, 0, 0, time.Hour)
	log("not kept any more", "old", events.LogPending, 0, 0, time.Hour)
	log("nobody to ask", "of a deleted pipeline", events.LogPending, 0, 0, time.Hour)
	log("a run that is forgotten", "unknown", events.LogPending, 0, 0, time.Hour)
	log("due again", "failed", events.LogExpired, 2, 20*time.Minute, 2*time.Hour) // 10 and then 20 minutes
	log("not due again", "failed", events.LogUnavailable, 3, 39*time.Minute, 2*time.Hour)
	var got []string
	for _, w := range planLogs(indexRuns(known), known, instant) {
		got = append(got, w.id)
	}
	want := []string{"later", "due again", "earlier", "of a run that passed", "of a run that goes on"}
	if !slices.Equal(got, want) {
		t.Errorf("planned %q, want %q", got, want)
	}
}

// TestLogsOff: without the poller nothing is asked for, and what is to be asked for is known when it is there.
func TestLogsOff(t *testing.T) {
	w, _, _ := failures(t, 2, nil)
	w.schedules = map[string]string{"logs": Off}
	w.start()
	w.quiet()
	for id, log := range w.stepLogs() {
		if log.State != events.LogPending {
			t.Errorf("%s: %+v", id, log)
		}
	}
	w.schedules = nil
	w.start()
	w.quiet()
	logs := w.stepLogs()
	for id, log := range logs {
		if log.State == events.LogPending {
			t.Errorf("%s is pending", id)
		}
	}
	if len(logs) != 2 {
		t.Errorf("%d logs", len(logs))
	}
}
