package schema

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// keptRows are all rows of the views on kept rows, as of an hour.
func keptRows(t *testing.T, conn driver.Conn, asOf float64) string {
	t.Helper()
	var all string
	for _, view := range []string{"dora_changes", "dora_deployments", "dora_incidents", "dora_undeployed"} {
		all += view + marshal(t, queryRows(t, conn, fmt.Sprintf("SELECT * FROM %s(since = %s, as_of = %s) ORDER BY ALL", view, hourSQL(0), hourSQL(asOf)))) + "\n"
	}
	return all
}

// isJudged checks that the rows that are read are those that the plain views give of everything as it is now. It returns how
// many there are.
func isJudged(t *testing.T, conn driver.Conn, what string) (rows int) {
	t.Helper()
	exec(t, conn, "INSERT INTO judging_units (batch, unit) SELECT DISTINCT 1, unit FROM (SELECT unit FROM delivery_sources UNION ALL SELECT line FROM line_touches)")
	for kept, plain := range map[string]string{"judged_deployments": "judged_rows_now", "shipped_changes": "shipped_changes_now", "judged_red_times": "red_times_now", "judged_flaky_commits": "flaky_commits_now"} {
		got := queryRows(t, conn, "SELECT * EXCEPT (generation, batch) FROM "+kept+" WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force) ORDER BY ALL")
		want := queryRows(t, conn, "SELECT * FROM "+plain+"(batch = 1) ORDER BY ALL")
		if a, b := marshal(t, got), marshal(t, want); a != b {
			t.Errorf("%s: %s differs: %s", what, kept, firstDifference(a, b))
		}
		rows += len(got)
	}
	return rows
}

// sendAgain inserts events as a loader does: an insert that fails may have reached some of its tables, and is repeated until
// all have it.
func sendAgain(t *testing.T, conn driver.Conn, events ...Event) {
	t.Helper()
	for range 5 {
		err := send(t.Context(), conn, events...)
		if err == nil {
			return
		}
		t.Log(err)
	}
	t.Error("no insert succeeds")
}

// deliveryLife draws what may happen to deployments of some services from one repository, whose commits are on one line.
type deliveryLife struct {
	*rand.Rand
	log    doraLog
	stored []doraLog
}

func (l *deliveryLife) hour() float64 { return float64(l.IntN(200)) / 2 }

func (l *deliveryLife) commit() string { return fmt.Sprint("c", l.IntN(6)) }

// batch is some runs in whatever state, commits, comparisons and incidents. A run that is drawn again has changed.
func (l *deliveryLife) batch() doraLog {
	before := len(l.log)
	for range 4 + l.IntN(6) {
		switch l.IntN(6) {
		case 0:
			id := l.commit()
			l.log.add("_tenant", "commit", "77/"+id, fmt.Sprintf(`{"repository_id":"77","commit_id":%q,"commit":{"id":%q,"committed_date":%q}}`, id, id, hourText(l.hour()-5)))
		case 1:
			from, to := l.commit(), l.commit()
			l.log.add("_tenant", "commit_range", "77/"+from+to, fmt.Sprintf(`{"repository_id":"77","from_commit":%q,"to_commit":%q,"complete":%t,"total":2,"commits":[{"id":%q,"committed_date":%q},{"id":%q}]}`,
				from, to, l.IntN(3) > 0, to, hourText(l.hour()-5), l.commit()))
		case 2:
			run := ""
			if l.IntN(3) == 0 {
				run = fmt.Sprint("r", l.IntN(12))
			}
			l.log.incident(fmt.Sprint("i", l.IntN(5)), fmt.Sprint("p", l.IntN(3)), run, l.hour(), "")
		default:
			r := l.IntN(12) // a run has one start, and so one row
			l.log.run(r+1, doraRun{
				id: fmt.Sprint("r", r), service: fmt.Sprint("p", r%3), end: float64(r * 7),
				status: []string{"COMPLETED", "COMPLETED", "COMPLETED", "FAILED", "RUNNING", "CANCELED"}[l.IntN(6)], commit: l.commit(),
				branch: []string{"main", "hotfix/1"}[l.IntN(2)], message: []string{"a", `Revert "a"`}[l.IntN(2)],
			})
		}
	}
	return l.log[before:]
}

// Whatever is inserted, late or again, and put in force, by two loaders at once of which some are killed: in the end the rows
// that are read are those of the plain views. And as of an hour they are those of a database that knows nothing later.
func TestJudgedAreThoseOfThePlainViews(t *testing.T) {
	const day = 24 * 3600_000
	together := RuleSet{AttributionMS: day, RollbackMS: 2 * day, Zone: "UTC", Rules: []DeploymentRule{{Name: "all", Stage: "prod", Service: "p0", Environment: "production"}}}
	for seed := range uint64(2) {
		conn := migratedDB(t)
		l := deliveryLife{Rand: rand.New(rand.NewPCG(seed, 40))}
		rows := 0
		for step := range 5 {
			loadTogether(t, conn, func() loading {
				batch := l.batch()
				if l.stored = append(l.stored, batch); l.IntN(4) == 0 {
					batch = l.stored[l.IntN(len(l.stored))]
				}
				return loading{batch, 1 + l.IntN(12), l.IntN(3) == 0, []*RuleSet{&together, nil}[l.IntN(2)]}
			})
			rows += isJudged(t, conn, fmt.Sprintf("seed %d, step %d", seed, step))
		}
		if rows < 30 {
			t.Errorf("seed %d: only %d rows", seed, rows)
		}
	}
}

// As of an hour the rows are those of a database in which nothing was deployed later.
func TestJudgedAsOf(t *testing.T) {
	const asOf = 45
	l := deliveryLife{Rand: rand.New(rand.NewPCG(7, 40))}
	for range 8 {
		l.batch()
	}
	var known doraLog
	ends := map[string]float64{}
	for r := range 12 {
		ends[fmt.Sprint("r", r)] = float64(r * 7)
	}
	for _, e := range l.log {
		if e.Kind != "run" || ends[e.ID] <= asOf {
			known = append(known, e)
		}
	}
	all, then := migratedDB(t), migratedDB(t)
	insert(t, all, l.log...)
	insert(t, then, known...)
	got, want := keptRows(t, all, asOf), keptRows(t, then, asOf)
	if got != want {
		t.Errorf("as of hour %d\n%s\nwant\n%s", asOf, got, want)
	}
	if later := keptRows(t, all, 200); later == got {
		t.Error("nothing happened later")
	}
}

// A loader that is killed between any two statements leaves the rows of before or of after, never a part.
func TestJudgeKilled(t *testing.T) {
	conn := migratedDB(t)
	doraGolden(t, conn)
	var l doraLog
	doraOdd(&l)
	insert(t, conn, l...)
	for left := 1; ; left++ {
		before := keptRows(t, conn, 300)
		l.run(left, doraRun{id: fmt.Sprint("late", left), service: "shop", status: "COMPLETED", commit: "c12", end: 3 * float64(left)})
		sendAgain(t, conn, l[len(l)-1])
		_, err := SettleDeployments(t.Context(), &killedConn{conn, left})
		cut := keptRows(t, conn, 300)
		settled(t, conn)
		isJudged(t, conn, fmt.Sprint("killed after ", left))
		if after := keptRows(t, conn, 300); before == after || cut != before && cut != after {
			t.Errorf("killed after %d: %s, then %s, settled %s", left, before, cut, after)
		}
		if err == nil {
			if left < 4 {
				t.Errorf("judging is %d statements", left)
			}
			break
		}
	}
}

// What ClickHouse merges changes no number: a commit whose newest state tells no time has none, before and after.
func TestJudgeKnowsNoFormerTime(t *testing.T) {
	conn := migratedDB(t)
	var l doraLog
	l.run(1, doraRun{id: "r1", service: "shop", status: "COMPLETED", commit: "c1", end: 7})
	l.add("_tenant", "commit", "77/c1", fmt.Sprintf(`{"repository_id":"77","commit_id":"c1","commit":{"id":"c1","committed_date":%q}}`, hourText(1)))
	insert(t, conn, l...)
	settled(t, conn)
	known := keptRows(t, conn, 300)
	l.add("_tenant", "commit_range", "77/c0c1", `{"repository_id":"77","from_commit":"c0","to_commit":"c1","complete":true,"commits":[{"id":"c1"}]}`)
	sendAgain(t, conn, l[len(l)-1])
	settled(t, conn)
	before := keptRows(t, conn, 300)
	isJudged(t, conn, "not merged")
	exec(t, conn, "OPTIMIZE TABLE commit_states FINAL")
	isJudged(t, conn, "merged")
	if before == known {
		t.Errorf("the commit has a time that it had: %s", before)
	}
}

// An incident that comes, changes or is taken back touches the deployments that it speaks against, and those it spoke against before;
// one that is linked to a run touches that run's, whichever of the two is known first.
func TestIncidentsTouchDeployments(t *testing.T) {
	conn := migratedDB(t)
	var l doraLog
	for i, service := range []string{"shop", "lib"} {
		l.run(i+1, doraRun{id: "of-" + service, service: service, status: "COMPLETED", commit: fmt.Sprint("c", i), end: 7})
	}
	insert(t, conn, l...)
	settled(t, conn)
	incident := func(id, service, run string, withdrawn bool) {
		l.add("_incidents", "incident", id, fmt.Sprintf(`{"service":%q,"environment":"production","started_at":%q,"title":"down","deployment":{"run_id":%q},"withdrawn":%t}`,
			service, hourText(8), run, withdrawn))
	}
	for _, step := range []struct {
		what string
		tell func()
		want []string
	}{
		{"after shop", func() { incident("i1", "shop", "", false) }, []string{"of-shop: incident after it"}},
		{"after lib instead", func() { incident("i1", "lib", "", false) }, []string{"of-lib: incident after it"}},
		{"linked to shop instead", func() { incident("i1", "", "of-shop", false) }, []string{"of-shop: incident linked to it"}},
		{"taken back", func() { incident("i1", "", "of-shop", true) }, nil},
		{"linked to a run that is not known", func() { incident("i2", "", "of-pub", false) }, nil},
		{"which comes", func() {
			l.run(1, doraRun{id: "of-pub", service: "pub", status: "COMPLETED", commit: "c2", end: 7})
		}, []string{"of-pub: incident linked to it"}},
	} {
		t.Run(step.what, func(t *testing.T) {
			step.tell()
			sendAgain(t, conn, l[len(l)-1])
			settled(t, conn)
			isJudged(t, conn, step.what)
			rows := queryRows(t, conn, fmt.Sprintf("SELECT concat(run_id, ': ', arrayStringConcat(reasons, ', ')) AS line FROM dora_deployments(since = %s, as_of = %s) WHERE failed ORDER BY line", hourSQL(0), hourSQL(300)))
			equalLines(t, lines(t, rows, "line"), step.want)
		})
	}
}

// A loader whose inserts touch a unit again while it is judged leaves that to the next call.
func TestJudgeWhileInsertsGoOn(t *testing.T) {
	conn := migratedDB(t)
	var l doraLog
	deploy := func(n int) {
		l.run(n, doraRun{id: fmt.Sprint("r", n), service: "shop", status: "COMPLETED", commit: fmt.Sprint("c", n), end: float64(n)})
		sendAgain(t, conn, l[len(l)-1])
	}
	deploy(1)
	batches := 0
	busy := watched{conn, func(query string) error {
		if strings.Contains(query, "INSERT INTO judged_units ") && batches < 5 { // so that it ends in any case
			batches++
			deploy(1 + batches)
		}
		return nil
	}}
	if _, err := SettleDeployments(t.Context(), busy); err != nil || batches != 1 {
		t.Errorf("%d batches of one unit in one call: %v", batches, err)
	}
	settled(t, conn)
	if rows := isJudged(t, conn, "at rest"); rows != 4 { // two deployments, of a change each
		t.Errorf("%d rows, want 4", rows)
	}
}

// Judgements of which later ones are in force are deleted when they are many more than those in force can be, and no others.
func TestSupersededJudgementsAreDeleted(t *testing.T) {
	conn := migratedDB(t)
	var l doraLog
	l.run(1, doraRun{id: "r1", service: "shop", status: "COMPLETED", commit: "c1", end: 1})
	l.run(2, doraRun{id: "r2", service: "lib", status: "FAILED", commit: "c1", end: 1})
	insert(t, conn, l...)
	for table, inForce := range map[string]uint64{"judged_deployments": 2, "judged_red_times": 1} {
		before := isJudged(t, conn, table)
		old := func(n int) {
			exec(t, conn, fmt.Sprintf("INSERT INTO %s SELECT d.* REPLACE (1 AS batch) FROM %[1]s AS d CROSS JOIN numbers(%d) AS n WHERE d.batch > 1", table, n))
			settled(t, conn)
		}
		count := func() (n uint64) {
			if err := conn.QueryRow(t.Context(), "SELECT count() FROM "+table).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if old(1000); count() != 1001*inForce {
			t.Errorf("%s: %d rows, want 1,000 that are old of each in force", table, count())
		}
		if old(110_000); count() != inForce {
			t.Errorf("%s: %d rows, want those in force", table, count())
		}
		if after := isJudged(t, conn, table); after != before {
			t.Errorf("%s: %d rows are read, before %d", table, after, before)
		}
	}
}
