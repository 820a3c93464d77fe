package schema

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// try is an attempt of the stage of a branch of a pipeline, as it was seen last, in a run of which the other stage is not there or
// has not begun.
type try struct {
	pipeline, branch, stage, run, commit, status, runStatus string
	number                                                  int
	whole                                                   bool
	begin, end, runEnd                                      time.Time
}

// place of the stage in its run: in every third run one that does not begin is before it.
func (a try) place() int { return a.number % 3 / 2 }

func (a try) event(seq uint64) Event {
	text := func(at time.Time) string { return at.Format(time.DateTime) }
	other := ""
	if a.whole {
		other = "," + stage(map[string]string{"test": "build", "build": "test"}[a.stage], "SKIPPED", "", "")
	}
	return newEvent(seq, testProject, "run", a.run, "changed", fmt.Sprintf(
		`{"pipeline_id":%q,"run_number":%d,"status":%q,"end_time":%d,"executor_name":"e%s","build_params":{"commit_id":%q,"target_branch":%q},"stage_status_list":[%s%s]}`,
		a.pipeline, a.number, a.runStatus, a.runEnd.Add(-8*time.Hour).UnixMilli(), a.run, a.commit, a.branch,
		strings.Repeat(stage("check", "INIT", "", "")+",", a.place())+stage(a.stage, a.status, text(a.begin), text(a.end)), other))
}

// stageLife draws attempts: many of them end in the same second, some begin together too, and some are told again with another end.
// runs has the last word on each run, over says of which it was seen that they completed or failed.
type stageLife struct {
	*rand.Rand
	seen map[string]try
	runs map[string]try
	over map[string]bool
	seq  uint64
}

func (l *stageLife) batch() (events []Event) {
	for range 4 + l.IntN(16) {
		run := l.IntN(20)
		a := try{
			pipeline: fmt.Sprint("p", run%2), branch: []string{"main", "x"}[run/2%2], stage: []string{"test", "build"}[l.IntN(2)], run: fmt.Sprint("r", run),
			commit: []string{"", "c1", "c2", "c3"}[run/3%4], status: []string{"COMPLETED", "FAILED", "FAILED", "CANCELED"}[l.IntN(4)], number: run + 1,
			begin: time.Date(2026, 3, 1, 10, 0, l.IntN(6), 0, time.UTC),
		}
		a.end = a.begin.Add(time.Duration(1+l.IntN(4)) * time.Second)
		a.runStatus, a.runEnd, a.whole = []string{"COMPLETED", "FAILED", "RUNNING", "CANCELED"}[l.IntN(4)], a.end.Add(time.Duration(run+l.IntN(12))*time.Second), l.IntN(3) == 0
		l.seq++
		l.seen[a.run+a.stage+a.begin.String()], l.runs[a.run] = a, a
		l.over[a.run] = l.over[a.run] || a.runStatus == "COMPLETED" || a.runStatus == "FAILED"
		events = append(events, a.event(l.seq))
	}
	return events
}

// judged works out by hand, of the attempts as they were seen last, what red_times and flaky_commits hold.
func (l *stageLife) judged() (reds, flaky []string) {
	lives, commits := map[string][]try{}, map[string][]try{}
	for _, a := range l.seen {
		if a.status == "CANCELED" {
			continue
		}
		life := a.pipeline + " " + a.branch + " " + a.stage
		lives[life] = append(lives[life], a)
		if a.commit != "" {
			of := a.pipeline + " " + a.stage + " " + a.commit
			commits[of] = append(commits[of], a)
		}
	}
	second := func(a try) string { return a.end.Format("05") }
	// In the order of ends, then of beginnings. No run has two attempts of a stage that begin together.
	inOrder := func(tries []try, tie func(a, b try) int) {
		slices.SortFunc(tries, func(a, b try) int {
			return cmp.Or(a.end.Compare(b.end), a.begin.Compare(b.begin), tie(a, b), strings.Compare(a.run, b.run))
		})
	}
	for life, tries := range lives {
		inOrder(tries, func(a, b try) int { return 0 })
		before, red := "", []try(nil)
		tell := func(green string, until time.Time) {
			var failures, by []string
			for _, a := range red {
				failures = append(failures, second(a)+a.run+fmt.Sprint("#", a.number)+a.commit)
				by = append(by, fmt.Sprintf("e%s at %d", a.run, a.place()))
			}
			reds = append(reds, fmt.Sprintf("%s after %q: %s first e%s at %d of %s, green %s, gone %s", life, before, strings.Join(failures, ","), red[0].run, red[0].place(), strings.Join(by, ","), green, l.gone(red, until)))
		}
		for _, a := range tries {
			switch {
			case a.status == "FAILED":
				red = append(red, a)
			case len(red) > 0:
				tell(second(a)+a.run+fmt.Sprint("#", a.number)+a.commit, a.end)
				red = nil
				fallthrough
			default:
				before = second(a)
			}
		}
		if len(red) > 0 {
			tell("", time.Now())
		}
	}
	for of, tries := range commits {
		inOrder(tries, func(a, b try) int { return strings.Compare(a.status, b.status) }) // COMPLETED before FAILED
		if i := slices.IndexFunc(tries, func(a try) bool { return a.status == "FAILED" }); i >= 0 {
			if n := slices.IndexFunc(tries[i:], func(a try) bool { return a.status == "COMPLETED" }); n > 0 {
				lost, passed, spent := tries[i:i+n], tries[i+n], time.Duration(0)
				for _, a := range lost {
					spent += a.end.Sub(a.begin)
				}
				retried := slices.ContainsFunc(lost, func(a try) bool { return a.run == passed.run })
				flaky = append(flaky, fmt.Sprintf("%s: %s to %s of %s, %d lost %v s, retried %t", of, second(lost[0]), second(passed), second(tries[len(tries)-1]), n, spent.Seconds(), retried))
			}
		}
	}
	slices.Sort(reds)
	slices.Sort(flaky)
	return reds, flaky
}

// gone are the seconds at which the stage of a red time was gone, and those at which it was there again: second by second, what was
// told last before its end holds, of a failure and of runs that prove it.
func (l *stageLife) gone(red []try, until time.Time) string {
	var turns []string
	is := false
	for at := red[0].end.Add(time.Second); at.Before(until) && at.Before(red[0].end.Add(time.Minute)); at = at.Add(time.Second) {
		lacks, has := false, slices.ContainsFunc(red, func(a try) bool { return a.end.Equal(at) })
		for id, run := range l.runs {
			if run.runEnd.Equal(at) && l.proves(id, red[0]) {
				lacks, has = lacks || run.stage != red[0].stage && !run.whole, has || run.stage == red[0].stage || run.whole
			}
		}
		if lacks && !is {
			is, turns = true, append(turns, at.Format("05"))
		}
		if has && is {
			is, turns = false, append(turns, at.Format("05"))
		}
	}
	return strings.Join(turns, ",")
}

// proves says whether the list of a run holds for a stage: the run is of its branch and ended, before any later one.
func (l *stageLife) proves(id string, of try) bool {
	run, overtaken := l.runs[id], false
	for other, later := range l.runs {
		overtaken = overtaken || l.over[other] && later.pipeline == run.pipeline && later.branch == run.branch && later.number > run.number && later.runEnd.Before(run.runEnd)
	}
	return l.over[id] && !overtaken && run.pipeline == of.pipeline && run.branch == of.branch
}

func keptStages(t *testing.T, conn driver.Conn) (reds, flaky []string) {
	t.Helper()
	at := func(column string) string { return "formatDateTime(" + column + ", '%S', 'Asia/Shanghai')" }
	run := func(at, run, number, commit string) string {
		return "concat(" + at + ", " + run + ", '#', toString(assumeNotNull(" + number + ")), " + commit + ")"
	}
	reds = lines(t, queryRows(t, conn, "SELECT concat(pipeline_id, ' ', target_branch, ' ', stage, ' after \"', ifNull("+at("last_green_at")+", ''), '\": ', arrayStringConcat(arrayPushFront("+
		"arrayMap(f -> "+run(at("f.1"), "f.2", "f.3", "f.4")+", later), "+run(at("red_since"), "first_run_id", "first_run_number", "first_commit_id")+"), ','), ' first ', first_executor_name, ' at ', toString(position), ' of ', "+
		"arrayStringConcat(arrayMap(f -> concat(f.2, ' at ', toString(f.1)), failed_by), ','), ', green ', "+
		"if(toYear(green_at) = 2100, '', "+run(at("green_at"), "green_run_id", "ifNull(green_run_number, 0)", "green_commit_id")+"), ', gone ', arrayStringConcat(arrayMap(g -> "+at("g")+", gone_and_back), ',')) AS line FROM red_times ORDER BY line"), "line")
	flaky = lines(t, queryRows(t, conn, "SELECT concat(pipeline_id, ' ', stage, ' ', commit_id, ': ', "+at("failed_at")+", ' to ', "+at("passed_at")+", ' of ', "+at("finished_at")+
		", ', ', toString(failures), ' lost ', toString(failed_s), ' s, retried ', toString(toBool(passed_by = 'retry'))) AS line FROM flaky_commits ORDER BY line"), "line")
	return reds, flaky
}

// Whatever is seen of attempts, in whatever order and with what corrections: the red times and flaky commits that are kept are
// those that a plain program works out of the attempts as they are.
func TestRedTimes(t *testing.T) {
	total, returns := 0, 0
	for seed := range uint64(3) {
		conn := migratedDB(t)
		l := stageLife{Rand: rand.New(rand.NewPCG(seed, 52)), seen: map[string]try{}, runs: map[string]try{}, over: map[string]bool{}}
		for step := range 4 {
			events := l.batch()
			l.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			insertOnly(t, conn, events...)
			if l.IntN(2) == 0 {
				insertOnly(t, conn, events[:1]...)
			}
			settled(t, conn)
			reds, flaky := keptStages(t, conn)
			wantReds, wantFlaky := l.judged()
			if !slices.Equal(reds, wantReds) {
				t.Errorf("seed %d, step %d\n%s\nwant\n%s", seed, step, strings.Join(reds, "\n"), strings.Join(wantReds, "\n"))
			}
			if !slices.Equal(flaky, wantFlaky) {
				t.Errorf("seed %d, step %d\n%s\nwant\n%s", seed, step, strings.Join(flaky, "\n"), strings.Join(wantFlaky, "\n"))
			}
			total += len(reds) + len(flaky)
			for _, red := range reds {
				if _, turns, _ := strings.Cut(red, "gone "); strings.Contains(turns, ",") {
					returns++
				}
			}
		}
	}
	if total < 60 || returns < 10 {
		t.Errorf("only %d rows, in %d of which a stage was gone and came back", total, returns)
	}
}
