package e2e

import (
	"fmt"
	"strings"

	"artery/internal/codearts/codeartstest"
)

// shownLines is how many of the last lines of a log are compared: fewer than the tail of 64 KiB has.
const shownLines = 300

type stepLog struct {
	ID       string `ch:"step_id"`
	Job      string `ch:"job_id"`
	Run      string `ch:"run_id"`
	Pipeline string `ch:"pipeline_id"`
	Project  string `ch:"project_id"`
	State    string `ch:"state"`
	Start    int64  `ch:"started_at"`
	End      int64  `ch:"ended_at"`
	Log      string `ch:"log"`
}

// shown is the end of a log, each line that held a secret cut behind its time stamp.
func shown(lines []string, secret func(i int) bool) string {
	from := max(0, len(lines)-shownLines)
	out := make([]string, 0, shownLines)
	for i, line := range lines[from:] {
		if stamp, _, _ := strings.Cut(line, "] "); secret(from + i) {
			line = stamp + "] (masked)"
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// stepLogs compares the logs of failed steps of finished runs, line by line. A row beyond them must be that of a step that has
// failed before: in an attempt that has been superseded, or in a run that goes on again.
func (c *comparison) stepLogs() {
	pipelines, past := map[string]codeartstest.RunTruth{}, map[string]bool{}
	for _, r := range c.now.Runs {
		pipelines[r.ID] = r
	}
	for _, s := range c.now.Steps {
		past[s.ID] = s.Status == "FAILED" && (s.Superseded || !c.terminal[s.RunID])
	}
	want := func() (rows []stepLog) {
		for _, s := range c.now.Steps {
			if s.Status != "FAILED" || s.Superseded || !c.terminal[s.RunID] {
				continue
			}
			run, truth := pipelines[s.RunID], c.now.StepLog(s)
			row := stepLog{ID: s.ID, Job: s.JobID, Run: s.RunID, Pipeline: run.PipelineID, Project: run.ProjectID, State: "expired", Start: ms(s.Start), End: ms(s.End)}
			if !truth.Gone {
				var lines []string
				for _, line := range truth.Lines {
					lines = append(lines, line.Text)
				}
				row.State, row.Log = "have", shown(lines, func(i int) bool { return truth.Lines[i].Secret != "" })
			}
			rows = append(rows, row)
		}
		return rows
	}
	// The expression is shown, in SQL.
	const lines = `arrayStringConcat(arrayMap(line -> if(position(line, '[redacted]') > 0, concat(substring(line, 1, position(line, '] ') - 1), '] (masked)'), line),
		arraySlice(splitByChar('\n', log), -%d)), '\n') AS log`
	table(c, "step_logs", `SELECT step_id, job_id, run_id, pipeline_id, project_id, state, `+millis("started_at")+`, `+millis("ended_at")+`,
		`+fmt.Sprintf(lines, shownLines)+` FROM step_logs FINAL`, func(l stepLog) string { return l.ID }, want, func(l stepLog) bool { return past[l.ID] })
	if n := c.number("SELECT count() FROM step_logs FINAL WHERE length(log) > 65536"); n != 0 {
		c.fault("step_logs: %d are longer than the tail", n)
	}
	if n, m := c.number("SELECT count() FROM failed_steps WHERE log_state = 'have'"), c.number("SELECT count() FROM step_logs FINAL WHERE state = 'have'"); n != m {
		c.fault("failed_steps has %d logs, step_logs %d", n, m)
	}
	c.unseen()
}

// secrets are all that the logs of failed steps hold, each of 32 hexadecimal digits.
func secrets(truth codeartstest.Truth) map[string]bool {
	all := map[string]bool{}
	for _, s := range truth.Steps {
		if s.Status == "FAILED" {
			for _, line := range truth.StepLog(s).Lines {
				if n := len(line.Secret); n > 0 {
					all[line.Secret[n-32:]] = true
				}
			}
		}
	}
	return all
}

// unseen looks for the secrets of the logs in everything that is stored (I12): events has every byte. Ids look like secrets,
// so what looks like one is read, in one pass over each table, and compared.
func (c *comparison) unseen() {
	planted := secrets(c.now)
	for _, column := range []string{"body FROM events", "log FROM step_logs", "body FROM quarantine"} {
		text, from, _ := strings.Cut(column, " ")
		var seen []string
		err := c.conn.QueryRow(c.ctx, "SELECT groupUniqArrayArray(arrayMap(hex -> right(hex, 32), extractAll("+text+", '[0-9a-f]{32,}'))) "+from).Scan(&seen)
		if err != nil || text == "body" && from == "FROM events" && len(seen) == 0 {
			c.fault("step_logs: %d words of %s look like an id: %v", len(seen), column, err)
		}
		for _, hex := range seen {
			if planted[hex] {
				c.fault("step_logs: %s holds the secret %s", column, hex)
			}
		}
	}
}
