package streamtest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"artery/internal/events"
)

// byCheckpoint lets scopes live, and keeps checkpoints of them at random moments, some of them older than the last one that was
// kept: whatever is kept, a restore gives the same, and reads only what came after it.
func (t logTest) byCheckpoint() {
	const scopes, rounds = 3, 60
	rng := rand.New(rand.NewPCG(5, 1))
	type past struct {
		checkpoint []byte
		messages   int // that the scope had
	}
	var states [scopes]events.ScopeState
	var messages [scopes]int
	var kept [scopes]past
	var made [scopes][]past
	for round := range rounds {
		i := rng.IntN(scopes)
		st, scope := &states[i], fmt.Sprint("s", i)
		changes := map[string]string{}
		for range rng.IntN(6) {
			kind := []events.Kind{events.Run, events.RunDetail, events.StepLog, events.Gate}[rng.IntN(4)]
			changes[fmt.Sprintf("%s/%032x", kind, rng.IntN(20))] = fmt.Sprint(rng.IntN(3))
		}
		b := t.append(st, "acme", scope, fmt.Sprint("p", round), changes)
		messages[i] += 1 + len(b.Events)
		made[i] = append(made[i], past{st.AppendCheckpoint(nil), messages[i]})
		if rng.IntN(4) == 0 {
			kept[i] = made[i][max(0, len(made[i])-1-rng.IntN(4))]
			if err := t.log.Keep(t.Context(), "acme", scope, kept[i].checkpoint); err != nil {
				t.Fatal(err)
			}
		}
		got := t.restore("acme", scope)
		t.same(got, *st)
		if kept[i].messages > 0 && got.Read != messages[i]-kept[i].messages {
			t.Errorf("round %d: %d messages were read, want the %d that came after the checkpoint", round, got.Read, messages[i]-kept[i].messages)
		}
	}
	for i := range scopes {
		if kept[i].messages == 0 {
			t.Errorf("no checkpoint was kept of scope %d", i)
		}
	}
}

// unfitCheckpoints: what is no checkpoint of what the log has is as if it were not there.
func (t logTest) unfitCheckpoints() {
	var st, other events.ScopeState
	t.append(&other, "acme", "s2", "p1", map[string]string{"run/x": "1"})
	t.append(&st, "acme", "s1", "p1", map[string]string{"run/a": "1", "gate/b": "1"})
	good := st.AppendCheckpoint(nil)
	t.append(&st, "acme", "s1", "p2", map[string]string{"run/a": "2"})
	wrong := func(change func(*events.ScopeState)) []byte {
		lie := events.ScopeState{PollSeq: st.PollSeq, PollID: st.PollID, N: st.N, Heads: events.NewHeads()}
		lie.Heads.Set(events.EntityID{Kind: events.Run, ID: "never"}, events.Head{Seq: 1, Op: events.Created})
		change(&lie)
		return lie.AppendCheckpoint(nil)
	}
	for name, checkpoint := range map[string][]byte{
		"nothing":               nil,
		"garbage":               []byte("garbage"),
		"a part of one":         good[:len(good)-1],
		"of another scope":      other.AppendCheckpoint(nil),
		"of no round":           wrong(func(st *events.ScopeState) { st.PollSeq, st.PollID, st.N = 0, "", 0 }),
		"of another round":      wrong(func(st *events.ScopeState) { st.PollID = "p9" }),
		"of another batch":      wrong(func(st *events.ScopeState) { st.N++ }),
		"of no poll record":     wrong(func(st *events.ScopeState) { st.PollSeq++ }),
		"newer than the log":    wrong(func(st *events.ScopeState) { st.PollSeq += 1000 }),
		"of a version to come":  slices.Concat([]byte{99}, good[1:]),
		"with something behind": slices.Concat(good, []byte{0}),
	} {
		if err := t.log.Keep(t.Context(), "acme", "s1", checkpoint); err != nil {
			t.Fatal(err)
		}
		got := t.restore("acme", "s1")
		if t.same(got, st); got.Read != 3 {
			t.Errorf("%s: %d messages were read, want all 3: the last of each subject", name, got.Read)
		}
	}
	if err := t.log.Keep(t.Context(), "acme", "s1", good); err != nil {
		t.Fatal(err)
	}
	if got := t.restore("acme", "s1"); got.Read != 2 {
		t.Errorf("a checkpoint that fits is not used: %d messages were read, want 2", got.Read)
	}
}
