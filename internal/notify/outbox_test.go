package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// change is a transition of a stage, n of them apart.
func change(n int, at time.Time) Transition {
	t := Transition{State: "newly failing", At: at, Tenant: "acme", Project: "web", PipelineID: "p", Pipeline: "shop", Stage: "deploy", RunID: fmt.Sprint("r", n), RunNumber: uint32(n), Commit: "0123456789abcdef"}
	t.identify()
	return t
}

func TestIDsNameWhatHappened(t *testing.T) {
	a := change(1, noon)
	same := a
	same.Project, same.Executor, same.At, same.Commit = "renamed", "ada", noon.Add(time.Second), "f00"
	same.identify()
	if same.ID != a.ID {
		t.Error("a name that changed makes another transition")
	}
	for name, edit := range map[string]func(*Transition){
		"tenant": func(t *Transition) { t.Tenant = "x" }, "project": func(t *Transition) { t.ProjectID = "x" }, "pipeline": func(t *Transition) { t.PipelineID = "x" },
		"branch": func(t *Transition) { t.Branch = "x" }, "position": func(t *Transition) { t.Position = 1 }, "stage": func(t *Transition) { t.Stage = "x" },
		"run": func(t *Transition) { t.RunID = "x" }, "attempt": func(t *Transition) { t.StartText = "x" }, "state": func(t *Transition) { t.State = "recovered" },
		"border of two texts": func(t *Transition) { t.Tenant, t.ProjectID = "acm", "e" },
	} {
		other := a
		edit(&other)
		if other.identify(); other.ID == a.ID {
			t.Errorf("another %s has the same id", name)
		}
	}
}

func TestOutbox(t *testing.T) {
	var o Outbox
	o.advance(noon.Add(-time.Hour))
	all := []Transition{change(1, noon.Add(-2*time.Hour)), change(2, noon), change(3, noon)}
	fresh := o.fresh(all)
	if len(fresh) != 2 || fresh[0].ID != all[1].ID {
		t.Fatalf("fresh are %v, want the two that are young", fresh)
	}
	if dropped := o.plan(fresh); dropped != 0 || len(o.Waiting) != 1 || len(o.fresh(all)) != 0 {
		t.Fatalf("%d dropped, %d messages, %d still fresh; want one message of two", dropped, len(o.Waiting), len(o.fresh(all)))
	}
	m, ok := o.claim("a", noon, noon.Add(term))
	if _, other := o.claim("b", noon.Add(term-1), noon.Add(2*term)); !ok || other {
		t.Errorf("a has it: %v, b too before a's term ends: %v", ok, other)
	}
	if again, mine := o.claim("a", noon.Add(1), noon.Add(term)); !mine || again.ID != m.ID {
		t.Error("who has a message can not go on with it")
	}
	if taken, ok := o.claim("b", noon.Add(term), noon.Add(2*term)); !ok || taken.ID != m.ID {
		t.Error("nobody takes over a message whose term has ended")
	}
	o.delivered(m.ID)
	o.advance(noon.Add(-30 * time.Minute))
	if len(o.Waiting) != 0 || len(o.Told) != 2 || len(o.fresh(all)) != 0 {
		t.Errorf("%d wait, %d are known; want none and two", len(o.Waiting), len(o.Told))
	}
	// A longer memory, configured later, does not bring back what was told and forgotten.
	o.advance(noon.Add(time.Minute))
	o.advance(noon.Add(-24 * time.Hour))
	if len(o.Told) != 0 || len(o.fresh(all)) != 0 {
		t.Errorf("%d are known, %d fresh, want none", len(o.Told), len(o.fresh(all)))
	}
}

// What is taken puts aside what is older and was refused often enough, and nothing else.
func TestOutboxPutsAside(t *testing.T) {
	var o Outbox
	var ids []string
	for i := range 4 {
		o.plan([]Transition{change(i, noon)})
		ids = append(ids, o.Waiting[i].Message.ID)
	}
	past := func() string {
		m, _ := o.claimPast("a", noon, noon.Add(term))
		return m.ID
	}
	if got := past(); got != "" {
		t.Errorf("%q is tried, though the first is not refused yet", got)
	}
	if o.refused(ids[0], patience-1) || !o.refused(ids[0], 1) || o.refused("another", patience) {
		t.Error("a message holds up the others until it was refused often enough")
	}
	o.refused(ids[1], patience-1)
	if got := past(); got != ids[1] {
		t.Errorf("%q is tried behind the refused one, want %q", got, ids[1])
	}
	if aside := o.delivered(ids[2]); len(aside) != 1 || aside[0].ID != ids[0] || len(o.Waiting) != 2 {
		t.Fatalf("%v are put aside and %d wait, want the first, and two", aside, len(o.Waiting))
	}
	o.refused(ids[1], patience)
	o.refused(ids[3], patience)
	if got := past(); got != ids[3] {
		t.Errorf("%q is tried when all are refused, want %q", got, ids[3])
	}
	if aside := o.delivered(ids[1]); len(aside) != 0 || len(o.Waiting) != 1 {
		t.Errorf("%v are put aside: a younger one that is refused has its time before it", aside)
	}
	if got := past(); got != "" {
		t.Errorf("%q is tried behind itself", got)
	}
}

func TestABurstIsSplitAndBounded(t *testing.T) {
	var o Outbox
	var all []Transition
	for i := range 1250 {
		all = append(all, change(i, noon.Add(time.Duration(i))))
	}
	// 13 messages of 100, the last of 50; the first three go until no more than 1000 wait.
	if dropped := o.plan(all); dropped != 300 || len(o.Waiting) != 10 || len(o.Waiting[0].Message.Transitions) != 100 {
		t.Errorf("%d dropped, %d messages", dropped, len(o.Waiting))
	}
	text, err := json.Marshal(o)
	if err != nil || len(text) > 900_000 {
		t.Errorf("a full outbox has %d bytes, %v; the server takes 1 MiB", len(text), err)
	}
}

func TestMessage(t *testing.T) {
	a, b := change(7, noon), change(8, noon)
	b.State, b.Branch, b.Executor = "recovered", "main", "ada"
	one := newMessage([]Transition{a})
	if one.ID != a.ID || one.Text != "web / shop: stage deploy is newly failing, run 7, commit 0123456789" {
		t.Errorf("got %q %q", one.ID, one.Text)
	}
	two := newMessage([]Transition{a, b})
	if two.ID == a.ID || two.Text != one.Text+"\nweb / shop: stage deploy is recovered on main, run 8, commit 0123456789, started by ada" {
		t.Errorf("got %q %q", two.ID, two.Text)
	}
	var back Message
	text, _ := json.Marshal(two)
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if again, _ := json.Marshal(back); string(again) != string(text) {
		t.Errorf("a message that was stored is another one:\n%s\n%s", again, text)
	}
}

// Of transitions with long names fewer wait, so that the store takes the outbox: 1 MiB is the largest message of a NATS server.
func TestAnOutboxOfLongNamesFits(t *testing.T) {
	var all []Transition
	for n := range waitingLimit {
		c := change(n, noon.Add(time.Duration(n)*time.Second))
		c.Pipeline, c.Stage, c.Branch = strings.Repeat("流水线", 40), strings.Repeat("部署", 40), strings.Repeat("b", 200)
		all = append(all, c)
	}
	var o Outbox
	dropped := o.plan(all)
	if text, err := json.Marshal(o); err != nil || len(text) >= 1<<20 {
		t.Errorf("the outbox has %d bytes, %v", len(text), err)
	}
	kept := 0
	for _, p := range o.Waiting {
		kept += len(p.Message.Transitions)
	}
	if newest := o.Waiting[len(o.Waiting)-1].Message.Transitions; dropped == 0 || kept+dropped != len(all) || newest[len(newest)-1].ID != all[len(all)-1].ID {
		t.Errorf("%d of %d were dropped, %d wait", dropped, len(all), kept)
	}
}
