package pollers

import (
	"maps"
	"slices"
)

// This file decides which calls look at the open runs of a tenant: pure functions from the open runs, and from what the filter by
// status is worth, to the fewest calls.
//
// Two calls show the latest runs of pipelines: a question for up to a hundred pipelines of one project (CodeArts Pipeline API
// 4.2.2), and the list of the pipelines of any projects whose latest run has one of some statuses (4.2.4). The question says
// everything about what it is asked for. The list proves that a run is open, never that it is not: what it lacks is asked for.

// onePage is how many pipelines a question or a page takes, listedProjects how many projects a list is asked for. No document
// gives a number; the client asks for less where CodeArts refuses so many.
const onePage, listedProjects = 100, 50

// worth is what is known of lists by status.
type worth struct {
	trusted  bool    // what they show has been verified
	tried    bool    // they are to be tried, so that it can be
	followed float64 // questions that followed a round of lists on average, for runs that had ended
}

// lookPlan is what a round asks.
type lookPlan struct {
	lists []statusList
	trial bool             // the lists are only verified; what they show is not handed over
	ask   []statusQuestion // beside a trial or without lists; what trusted lists leave to ask says planRest
}

// statusList asks for the pipelines of some projects whose latest run has one of some statuses.
type statusList struct{ projects, status []string }

// statusQuestion asks for the latest runs of pipelines of one project.
type statusQuestion struct {
	project   string
	pipelines []string
	due       []string // runs that it is asked for
}

// listedStatuses are the statuses of open runs that the documents name for the filter, with or without those of runs that wait.
func listedStatuses(withWaiting bool) []string {
	if withWaiting {
		return []string{"RUNNING", "QUEUED", "PAUSED", "SUSPEND"}
	}
	return []string{"RUNNING", "QUEUED"}
}

// listable says whether a list by some statuses is to show the run.
func (r openRun) listable(status []string) bool {
	return !r.doubted && slices.Contains(status, r.status)
}

// planLooks plans a round for what is due. A list looks at all projects at once and has them due together again; questions are
// asked as each project is due. So what is compared is what either way costs until everything that goes on has been looked at.
func planLooks(open []openRuns, projects []string, w worth) (plan lookPlan) {
	questions := 0
	for _, o := range open {
		if slices.ContainsFunc(o.latest, func(r openRun) bool { return r.due || !waiting(r.status) }) {
			questions += pagesOf(len(o.latest))
		}
	}
	plan.ask = questionsFor(open, func(o openRuns, _ openRun) bool {
		return slices.ContainsFunc(o.latest, func(r openRun) bool { return r.due }) // the others share its call
	})
	if len(plan.ask) == 0 || !w.trusted && !w.tried {
		return plan
	}
	lists, cost := planLists(open, projects)
	if float64(cost)+w.followed < float64(questions) {
		plan.lists, plan.trial = lists, !w.trusted
	}
	if w.trusted && plan.lists != nil {
		plan.ask = nil
	}
	return plan
}

// planLists plans lists that show every listable run, and what they cost. Projects without any fill up what is asked for: a
// list shows what begins there at no cost. Runs that wait are asked for when one is due, or when they need no page more.
func planLists(open []openRuns, projects []string) (lists []statusList, cost int) {
	goOn, wait, waitDue := map[string]int{}, map[string]int{}, false
	var chosen []string
	for _, o := range open {
		for _, r := range o.latest {
			switch {
			case r.listable(listedStatuses(false)):
				goOn[o.project]++
			case r.listable(listedStatuses(true)):
				wait[o.project]++
				waitDue = waitDue || r.due
			}
		}
		if goOn[o.project]+wait[o.project] > 0 {
			chosen = append(chosen, o.project)
		}
	}
	for _, p := range projects {
		if len(chosen)%listedProjects != 0 && !slices.Contains(chosen, p) {
			chosen = append(chosen, p)
		}
	}
	for some := range slices.Chunk(chosen, listedProjects) {
		few, all := 0, 0
		for _, p := range some {
			few, all = few+goOn[p], all+goOn[p]+wait[p]
		}
		with := waitDue || pagesOf(all) == pagesOf(few)
		if with {
			few = all
		}
		lists = append(lists, statusList{projects: some, status: listedStatuses(with)})
		cost += pagesOf(few)
	}
	return lists, cost
}

// planRest plans what is left to ask after trusted lists have shown runs: what is due that they can not show, whatever they were to
// show and did not, and what they show although it was over.
func planRest(open []openRuns, lists []statusList, over []listedOver, shown func(run string) bool) []statusQuestion {
	open = slices.Clone(open)
	for _, run := range over {
		open = append(open, openRuns{project: run.project, latest: []openRun{{pipeline: run.pipeline, id: run.id, due: true, doubted: true}}})
	}
	return questionsFor(open, func(o openRuns, r openRun) bool {
		for _, l := range lists {
			if slices.Contains(l.projects, o.project) && r.listable(l.status) {
				return !shown(r.id)
			}
		}
		return r.due
	})
}

// questionsFor plans a question for each project of which runs are chosen.
func questionsFor(open []openRuns, chosen func(openRuns, openRun) bool) (questions []statusQuestion) {
	of := map[string]*statusQuestion{}
	for _, o := range open {
		for _, r := range o.latest {
			if !chosen(o, r) {
				continue
			}
			q := of[o.project]
			if q == nil {
				q = &statusQuestion{project: o.project}
				of[o.project] = q
			}
			if !slices.Contains(q.pipelines, r.pipeline) {
				q.pipelines = append(q.pipelines, r.pipeline)
			}
			if r.due {
				q.due = append(q.due, r.id)
			}
		}
	}
	for _, project := range slices.Sorted(maps.Keys(of)) {
		questions = append(questions, *of[project])
	}
	return questions
}

// pagesOf is how many pages so many rows are.
func pagesOf(rows int) int { return int(pages(float64(rows), onePage)) }
