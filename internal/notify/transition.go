package notify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// failing is the state of a stage that began to fail.
const failing = "newly failing"

// Transition is a stage that began to fail or recovered: a row of the query notify_transitions.
type Transition struct {
	ID         string    `json:"id" ch:"-"`
	State      string    `json:"state" ch:"state"` // newly failing or recovered
	At         time.Time `json:"at" ch:"at"`       // end of the attempt of the stage that made it so
	Tenant     string    `json:"tenant" ch:"tenant"`
	ProjectID  string    `json:"project_id" ch:"project_id"`
	Project    string    `json:"project" ch:"project"`
	PipelineID string    `json:"pipeline_id" ch:"pipeline_id"`
	Pipeline   string    `json:"pipeline" ch:"pipeline"`
	Branch     string    `json:"branch" ch:"branch"`
	Position   uint16    `json:"position" ch:"position"`
	Stage      string    `json:"stage" ch:"stage"`
	RunID      string    `json:"run_id" ch:"run_id"`
	RunNumber  uint32    `json:"run_number" ch:"run_number"` // 0: not known
	StartText  string    `json:"-" ch:"start_text"`
	Commit     string    `json:"commit" ch:"commit"`
	Executor   string    `json:"executor" ch:"executor"`
	Reason     `ch:"-"`
}

// Reason is what is known of a transition beside itself when it is planned: a row of the query notify_reasons. Its length is
// bounded there. What is not known, or is of no failure, is left out: what waits in an outbox of before has none of it, and stays the
// same message.
type Reason struct {
	URL     string `json:"url,omitempty" ch:"url"`         // page of the run in CodeArts
	Step    string `json:"step,omitempty" ch:"step"`       // that failed first
	Message string `json:"message,omitempty" ch:"message"` // what CodeArts says of it
	Log     string `json:"log,omitempty" ch:"log"`         // the end of its log
	Settled bool   `json:"-" ch:"settled"`                 // nothing more will be known of the step
}

// identify sets the id: a pure function of what happened to whom, by which attempt. Names and what CodeArts may still
// correct are not in it, so that a transition that is read again is the same one.
func (t *Transition) identify() {
	t.ID = digest(t.Tenant, t.ProjectID, t.PipelineID, t.Branch, fmt.Sprint(t.Position), t.Stage, t.RunID, t.StartText, t.State)
}

// digest is a short hash of texts. Their lengths are in it, so that no two lists are the same.
func digest(texts ...string) string {
	h := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(h, "%d:%s", len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// Message is what the receiver gets, as JSON. Its id is that of its transition, or a hash of those of several.
type Message struct {
	ID string `json:"id"`
	// Text says it in words. Chat systems show it.
	Text        string       `json:"text"`
	Transitions []Transition `json:"transitions"`
}

func newMessage(all []Transition) Message {
	var ids, lines []string
	for _, t := range all {
		ids, lines = append(ids, t.ID), append(lines, t.text())
	}
	if len(all) == 1 && all[0].Log != "" { // those of several would bury what happened
		lines = append(lines, all[0].Log)
	}
	m := Message{ID: ids[0], Text: strings.Join(lines, "\n"), Transitions: all}
	if len(ids) > 1 {
		m.ID = digest(ids...)
	}
	return m
}

func (t Transition) text() string {
	line := fmt.Sprintf("%s / %s: stage %s is %s", t.Project, t.Pipeline, t.Stage, t.State)
	if t.Branch != "" {
		line += " on " + t.Branch
	}
	if t.RunNumber != 0 {
		line += fmt.Sprintf(", run %d", t.RunNumber)
	}
	if t.Commit != "" {
		line += fmt.Sprintf(", commit %.10s", t.Commit)
	}
	if t.Executor != "" {
		line += ", started by " + t.Executor
	}
	if t.Step != "" {
		line += "\n" + t.Step + ": " + cmp.Or(t.Message, "CodeArts gives no message")
	}
	if t.URL != "" {
		line += "\n" + t.URL
	}
	return line
}
