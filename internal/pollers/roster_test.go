package pollers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"artery/internal/events"
)

// knownProjects are heads of projects, "id=name"; a name of "-" is one that is gone.
func knownProjects(projects ...string) Known {
	heads := events.NewHeads()
	heads.Set(events.EntityID{Kind: events.Pipeline, ID: "p"}, events.Head{Op: events.Created})
	for _, p := range projects {
		id, name, _ := strings.Cut(p, "=")
		h := events.Head{Op: events.Changed, Mark: events.Mark{Parent: name}}
		if name == "-" {
			h.Op = events.Deleted
		}
		heads.Set(events.EntityID{Kind: events.Project, ID: id}, h)
	}
	return Known{heads: heads}
}

func patterns(texts ...string) (all []*regexp.Regexp) {
	for _, t := range texts {
		all = append(all, regexp.MustCompile(t))
	}
	return all
}

func TestChosen(t *testing.T) {
	k := knownProjects("a1=Pay in", "b2=Pay out", "c3=Sandbox", "d4=支付", "e5=-")
	for _, test := range []struct {
		choice Projects
		want   string
	}{
		{Projects{Discover: true}, "a1 b2 c3 d4"},
		{Projects{Discover: true, Include: patterns("^Pay")}, "a1 b2"},
		{Projects{Discover: true, Include: patterns("^Pay", "付$")}, "a1 b2 d4"},
		{Projects{Discover: true, Exclude: patterns("(?i)sand")}, "a1 b2 d4"},
		{Projects{Discover: true, Include: patterns("Pay"), Exclude: patterns("^b2$")}, "a1"}, // an id is found as well, and exclude wins
		{Projects{Discover: true, Include: patterns("^nothing$")}, ""},
		{Projects{Discover: true, IDs: []string{"z9", "b2"}, Exclude: patterns(".")}, "z9 b2"}, // named ones need no list
	} {
		if got := strings.Join(newRoster(test.choice).projects(k), " "); got != test.want {
			t.Errorf("%+v: %q, want %q", test.choice, got, test.want)
		}
	}
}

// TestVanish: what a list no longer shows is left only after two complete sweeps, and never when much is gone at once.
func TestVanish(t *testing.T) {
	var many []string
	for i := range 400 {
		many = append(many, fmt.Sprintf("m%03d=n", i))
	}
	ids := func(k Known, without ...string) map[string]bool {
		listed := map[string]bool{}
		for id := range k.Of(events.Project) {
			if !slices.Contains(without, id) {
				listed[id] = true
			}
		}
		return listed
	}
	few, lots := knownProjects("a=A", "b=B", "c=C", "d=D", "e=E", "f=F", "g=G"), knownProjects(many...)
	const none = "every one"
	for _, test := range []struct {
		name   string
		known  Known
		sweeps [][]string // what each is missing
		left   int
	}{
		{"one sweep is no proof", few, [][]string{{"a"}}, 7},
		{"two are", few, [][]string{{"a"}, {"a"}}, 6},
		{"they must be in a row", few, [][]string{{"a"}, {}, {"a"}}, 7},
		{"back", few, [][]string{{"a"}, {"a"}, {"a"}, {}}, 7},
		{"each has its own proof", few, [][]string{{"a"}, {"b"}, {"b", "a"}}, 6},
		{"an empty list", few, [][]string{{none}, {none}, {none}}, 7},
		{"five may go", few, [][]string{{"a", "b", "c", "d", "e"}, {"a", "b", "c", "d", "e"}}, 2},
		{"six at once may not", few, [][]string{{"a", "b", "c", "d", "e", "f"}, {"a", "b", "c", "d", "e", "f"}}, 7},
		{"but one after the other", few, [][]string{{"a", "b", "c"}, {"a", "b", "c"}, {"a", "b", "c", "d", "e", "f"}, {"a", "b", "c", "d", "e", "f"}}, 1},
		{"the last one may not", few, [][]string{{"a", "b", "c"}, {"a", "b", "c"}, {none}, {none}}, 4},
		{"2 % of many", lots, [][]string{{"m000", "m001", "m002", "m003", "m004", "m005", "m006", "m007"}, {"m000", "m001", "m002", "m003", "m004", "m005", "m006", "m007"}}, 392},
		{"more than 2 %", lots, [][]string{{"m000", "m001", "m002", "m003", "m004", "m005", "m006", "m007", "m008"}, {"m000", "m001", "m002", "m003", "m004", "m005", "m006", "m007", "m008"}}, 400},
	} {
		r := newRoster(Projects{Discover: true})
		for _, missing := range test.sweeps {
			listed := ids(test.known, missing...)
			if slices.Contains(missing, none) {
				clear(listed)
			}
			r.swept(listed, test.known)
		}
		if got := len(r.projects(test.known)); got != test.left {
			t.Errorf("%s: %d are watched, want %d", test.name, got, test.left)
		}
	}
}
