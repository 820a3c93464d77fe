package events

import (
	"slices"
	"strings"
	"time"
)

// unproved says what the proof of an absence lacks, "" for nothing. Every sweep that lacks an entity leaves one event, so
// that the proof is a chain: each event names the sweeps of the one before it and its own, and stands in a round that has
// seen everything. before is the entity's previous event, if known; round is the batch that holds this one, empty where its
// poll record has expired.
func unproved(kind Kind, now, before state, known bool, round batch) string {
	rules := RulesOf(kind)
	if rules == nil {
		return "the kind is not known"
	}
	if now.gone == Expired {
		start := now.mark.From
		if start == 0 {
			start = before.at
		}
		switch {
		case kind != Run:
			return "CodeArts forgets only runs"
		case before.gone != "":
			return "it was gone before"
		case now.at < start+Retention.Milliseconds():
			return "CodeArts still keeps it"
		}
		return ""
	}
	sweeps := strings.Split(now.mark.Parent, ",")
	switch {
	case rules.Proof == ProofNone:
		return "this kind is never deleted"
	case now.mark.Number != int64(len(sweeps)):
		return "it does not name as many sweeps as it counts"
	}
	if round.pollID != "" {
		switch {
		case !round.sweep.Complete || !slices.Contains(round.sweep.Kinds, kind):
			return "its round has not seen everything"
		case round.sweep.Total == 0 && !round.sweep.Confirmed:
			return "its round has seen nothing at all"
		case sweeps[len(sweeps)-1] != round.pollID:
			return "it does not name its own round"
		}
	}
	if known {
		earlier := before.gone == Missing && len(sweeps) > 1 && now.mark.From == before.mark.From && now.mark.To > before.mark.To &&
			before.mark.Parent == strings.Join(sweeps[:len(sweeps)-1], ",")
		if first := before.gone == "" && len(sweeps) == 1; !earlier && !first {
			return "the sweeps before it are not those of the previous event"
		}
	}
	if now.gone == Missing {
		return ""
	}
	switch span := time.Duration(now.mark.To-now.mark.From) * time.Millisecond; {
	case now.mark.Number < rules.Proof.Sweeps():
		return "too few sweeps"
	case rules.Proof == ProofLook && now.mark.Status == "":
		return "CodeArts has not said so"
	case rules.Proof == ProofTime && span < ProofSpan:
		return "too soon"
	}
	return ""
}
