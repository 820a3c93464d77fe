package events

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The states of a StepLog, the Status of its mark. It begins as pending and ends as had; between them CodeArts may have
// answered that it does not have the log, or does not give it.
const (
	LogPending     = "pending"
	LogHave        = "have"
	LogExpired     = "expired"
	LogUnavailable = "unavailable"
)

// StepLogBody is the body of a StepLog entity: one execution of a step that has failed, and the end of its log (CodeArts
// Pipeline API 4.2.13). It is written as pending in the round of the detail that shows the step.
type StepLogBody struct {
	RunID      string `json:"run_id"`
	PipelineID string `json:"pipeline_id"`
	JobID      string `json:"job_id"`
	StepID     string `json:"step_id"`
	StartedAt  int64  `json:"started_at"` // of the step, epoch ms; 0 = none
	EndedAt    int64  `json:"ended_at"`
	State      string `json:"state"`
	Tries      int    `json:"tries"`    // how often it was asked for in vain
	Reason     string `json:"reason"`   // why there is no log
	Log        string `json:"log"`      // whole lines, without secrets
	Whole      bool   `json:"whole"`    // Log is not only the end
	Location   string `json:"location"` // where CodeArts keeps it
}

// ID names the execution: a retry of the run may give a step the same id, but another end.
func (b *StepLogBody) ID() string { return fmt.Sprintf("%s/%s/%d", b.RunID, b.StepID, b.EndedAt) }

// MaxLogTail is the longest tail of a log, in bytes. Whatever it holds, it fits into one message (MaxBody).
const MaxLogTail = 256 << 10

// maxLogText is how much of a body the log may be, as JSON.
const maxLogText = MaxBody - 8<<10

// LogTail cuts a text to its last lines, of at most n bytes. Of a last line that is longer it is the end. Where much has to
// be escaped in JSON it is less, so that the body fits.
func LogTail(text string, n int) string {
	size, from := 0, len(text)
	for from > 0 && len(text)-from < n {
		r, w := utf8.DecodeLastRuneInString(text[:from])
		switch {
		case r == '"' || r == '\\' || r < ' ' && strings.ContainsRune("\b\f\n\r\t", r):
			size += 2
		case r < ' ':
			size += 6
		default:
			size += w
		}
		if size > maxLogText || len(text)-from+w > n {
			break
		}
		from -= w
	}
	tail := text[from:]
	if from > 0 && text[from-1] != '\n' {
		if _, whole, more := strings.Cut(tail, "\n"); more {
			return whole
		}
	}
	return tail
}
