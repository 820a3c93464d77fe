package pollers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// open reads open runs: "project: pipeline status ..." for each project, the pipeline also being the run. A status ends with ! if
// the run is due, and with ? if it is in doubt. "project: 150 RUNNING!" stands for so many.
func open(text string) (all []openRuns) {
	for line := range strings.SplitSeq(text, ";") {
		project, rest, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		o := openRuns{project: project}
		words := strings.Fields(rest)
		for i := 0; i < len(words); i += 2 {
			r := openRun{pipeline: words[i], id: words[i], status: strings.TrimRight(words[i+1], "!?"), due: strings.Contains(words[i+1], "!"), doubted: strings.Contains(words[i+1], "?")}
			var n int
			if _, err := fmt.Sscanf(words[i], "%d", &n); err != nil {
				o.latest = append(o.latest, r)
				continue
			}
			for range n {
				r.pipeline = fmt.Sprint(project, len(o.latest))
				r.id = r.pipeline
				o.latest = append(o.latest, r)
			}
		}
		all = append(all, o)
	}
	return all
}

// said writes a plan: "list p,q RUNNING,QUEUED", "try ..." for one that is only verified, "ask p a,b", with numbers in the place of
// more than three names.
func said(plan lookPlan) (out []string) {
	some := func(names []string) string {
		if len(names) > 3 {
			return fmt.Sprint(len(names))
		}
		return strings.Join(names, ",")
	}
	for _, l := range plan.lists {
		word := "list"
		if plan.trial {
			word = "try"
		}
		out = append(out, fmt.Sprintf("%s %s %d", word, some(l.projects), len(l.status)))
	}
	return append(out, questions(plan.ask)...)
}

func questions(all []statusQuestion) (out []string) {
	for _, q := range all {
		names := strings.Join(q.pipelines, ",")
		if len(q.pipelines) > 3 {
			names = fmt.Sprint(len(q.pipelines))
		}
		out = append(out, "ask "+q.project+" "+names)
	}
	return out
}

// TestPlanLooks: the way with the fewest calls. The numbers of calls are counted by hand: a list or a question takes a hundred.
func TestPlanLooks(t *testing.T) {
	good, unknown, doubtful := worth{trusted: true}, worth{tried: true}, worth{}
	projects := []string{"p", "q", "r"}
	var many, manyOpen []string
	for i := range 120 {
		many = append(many, fmt.Sprintf("m%03d", i))
		manyOpen = append(manyOpen, many[i]+": a RUNNING!")
	}
	for _, c := range []struct {
		name     string
		open     string
		projects []string
		worth    worth
		want     []string
	}{
		{"nothing open", "", projects, good, nil},
		{"nothing due", "p: a RUNNING; q: b RUNNING", projects, good, nil},
		{"one project: 1 question, 1 list", "p: a RUNNING!; q: b PAUSED", projects, good, []string{"ask p a"}},
		{"the others share the question", "p: a RUNNING! b PAUSED c RUNNING", projects, good, []string{"ask p a,b,c"}},
		{"two projects: 2 questions, 1 list; it is asked for all projects", "p: a RUNNING!; q: b QUEUED", projects, good, []string{"list p,q,r 4"}},
		{"two projects, but one question follows each list", "p: a RUNNING!; q: b RUNNING!", projects, worth{trusted: true, followed: 1}, []string{"ask p a", "ask q b"}},
		{"three projects, and one question follows each list", "p: a RUNNING!; q: b RUNNING!; r: c RUNNING", projects, worth{trusted: true, followed: 1}, []string{"list p,q,r 4"}},
		{"two projects, the filter is to be verified", "p: a RUNNING!; q: b RUNNING", projects, unknown, []string{"try p,q,r 4", "ask p a"}},
		{"two projects, the filter was wrong", "p: a RUNNING!; q: b RUNNING!", projects, doubtful, []string{"ask p a", "ask q b"}},
		{"nothing to verify with one project", "p: a RUNNING!", projects, unknown, []string{"ask p a"}},
		{"what waits and is not due costs no questions", "p: a RUNNING!; q: b PAUSED; r: c SUSPEND", projects, good, []string{"ask p a"}},
		{"what waits needs no page more", "p: a RUNNING!; q: b RUNNING! c PAUSED", projects, good, []string{"list p,q,r 4"}},
		{"what waits would need a page more", "p: 60 RUNNING!; q: 30 RUNNING! 60 PAUSED", projects, good, []string{"list p,q,r 2"}},
		{"one that waits is due: 2 pages, 2 questions", "p: 60 RUNNING!; q: 30 RUNNING! 60 PAUSED!", projects, good, []string{"ask p 60", "ask q 90"}},
		{"200 in two projects: 2 pages, 2 questions", "p: 100 RUNNING!; q: 100 RUNNING", projects, good, []string{"ask p 100"}},
		{"150 in three projects: 2 pages, 3 questions", "p: 50 RUNNING!; q: 50 RUNNING; r: 50 RUNNING", projects, good, []string{"list p,q,r 4"}},
		{"statuses that the filter does not know", "p: a INIT!; q: b THINKING!", projects, good, []string{"ask p a", "ask q b"}},
		{"in doubt", "p: a RUNNING!?; q: b RUNNING!?", projects, good, []string{"ask p a", "ask q b"}},
		{"120 projects in three lists", strings.Join(manyOpen, ";"), many, good, []string{"list 50 4", "list 50 4", "list 20 4"}},
	} {
		if got := said(planLooks(open(c.open), c.projects, c.worth)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestPlanRest: a list proves that a run is open and nothing else.
func TestPlanRest(t *testing.T) {
	four, two := listedStatuses(true), listedStatuses(false)
	for _, c := range []struct {
		name  string
		open  string
		lists []statusList
		shown []string
		over  []listedOver
		want  []string
	}{
		{"all shown", "p: a RUNNING!; q: b PAUSED", []statusList{{[]string{"p", "q"}, four}}, []string{"a", "b"}, nil, nil},
		{"what lacks is asked for, due or not", "p: a RUNNING! b RUNNING c RUNNING!; q: d PAUSED", []statusList{{[]string{"p", "q"}, four}}, []string{"a"}, nil, []string{"ask p b,c", "ask q d"}},
		{"what was not asked for lacks nothing", "p: a RUNNING! b PAUSED", []statusList{{[]string{"p"}, two}}, []string{"a"}, nil, nil},
		{"what can not be shown is asked for when it is due", "p: a INIT! b INIT c RUNNING!? d RUNNING", []statusList{{[]string{"p"}, four}}, []string{"c", "d"}, nil, []string{"ask p a,c"}},
		{"of a list that was not read, what is due", "p: a RUNNING!; q: b RUNNING! c RUNNING", []statusList{{[]string{"p"}, four}}, []string{"a"}, nil, []string{"ask q b"}},
		{"what was over is asked for", "p: a RUNNING!", []statusList{{[]string{"p", "q"}, four}}, []string{"a"}, []listedOver{{"q", "x", "r"}, {"p", "y", "s"}}, []string{"ask p y", "ask q x"}},
		{"in doubt and shown as open: asked for once", "p: a RUNNING!?", []statusList{{[]string{"p"}, four}}, nil, []listedOver{{"p", "a", "a"}}, []string{"ask p a"}},
	} {
		got := questions(planRest(open(c.open), c.lists, c.over, func(run string) bool { return slices.Contains(c.shown, run) }))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
