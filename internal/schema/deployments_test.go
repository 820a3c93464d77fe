package schema

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// killedConn is the connection of a loader that is killed before its statement number left.
type killedConn struct {
	driver.Conn
	left int
}

var errKilled = errors.New("killed")

func (c *killedConn) Exec(ctx context.Context, query string, args ...any) error {
	if c.left--; c.left < 0 {
		return errKilled
	}
	return c.Conn.Exec(ctx, query, args...)
}

// isSettled checks that what is kept is what the rules in force say of the tables as they are.
func isSettled(t *testing.T, conn driver.Conn, what string) (rows int) {
	t.Helper()
	kept := queryRows(t, conn, "SELECT * EXCEPT (start_month) FROM deployments ORDER BY ALL")
	want := queryRows(t, conn, "SELECT * FROM deployments_by(rules = (SELECT rules FROM deployment_rules_in_force), run = '') ORDER BY ALL")
	if a, b := marshal(t, kept), marshal(t, want); a != b {
		t.Errorf("%s: kept are\n%s\nwant\n%s", what, a, b)
	}
	return len(kept)
}

// settled settles until nothing is left.
func settled(t *testing.T, conn driver.Conn) {
	t.Helper()
	for range 5 {
		if n, err := SettleDeployments(t.Context(), conn); err != nil {
			t.Fatal(err)
		} else if n == 0 {
			return
		}
	}
	t.Error("there is always something to settle")
}

// A loader that is killed between any two statements of a change of rules leaves the deployments of before, or those of
// after, never a part; and the next look brings those of after.
func TestSettleKilled(t *testing.T) {
	conn := migratedDB(t)
	rulesWorld(t, conn)
	sets := []*RuleSet{&shopRules, nil}
	for left := 1; ; left++ {
		mustActivate(t, conn, sets[0], 0)
		before := deploymentRows(t, conn)
		_, err := ActivateRules(t.Context(), &killedConn{conn, left}, sets[1], 0)
		cut := deploymentRows(t, conn)
		settled(t, conn)
		isSettled(t, conn, fmt.Sprint("killed after ", left))
		if after := deploymentRows(t, conn); before == after || cut != before && cut != after {
			t.Errorf("killed after %d: %s, then %s, settled %s", left, before, cut, after)
		}
		if err == nil {
			if left < 5 {
				t.Errorf("a change of rules is %d statements", left)
			}
			break
		}
		sets[0], sets[1] = sets[1], sets[0]
	}
	if n := len(queryRows(t, conn, "SELECT DISTINCT generation FROM deployment_attempts")); n != 1 {
		t.Errorf("%d generations are left", n)
	}
}

// deploymentLife draws what may happen to the rows that deployments are made of.
type deploymentLife struct {
	*rand.Rand
	seq    uint64
	stored [][]Event
}

func (l *deploymentLife) one(of ...string) string { return of[l.IntN(len(of))] }

func (l *deploymentLife) event(kind, id, body string) Event {
	l.seq++
	return newEvent(l.seq, testProject, kind, id, "changed", body)
}

// batch is some runs, of whatever state, with what a list shows of their pipelines and groups now and then.
func (l *deploymentLife) batch() (events []Event) {
	for range 3 + l.IntN(6) {
		pipeline := l.one("p1", "p2", "p3")
		switch l.IntN(7) {
		case 0:
			events = append(events, l.event("pipeline", pipeline, fmt.Sprintf(`{"name":%q,"project_name":%q}`, l.one("shop-release", "cart-release", "{stage}", "other"), l.one("Web shop", "Back office"))))
		case 1:
			events = append(events, l.event("pipeline_group", "g1", fmt.Sprintf(`{"name":%q,"path_id":"g1"}`, l.one("Services", "Old"))),
				l.event("run_detail", fmt.Sprint("r", l.IntN(9)), fmt.Sprintf(`{"pipeline_id":%q,"group_id":"g1"}`, pipeline)))
		default:
			// A run may be seen with another branch later; its stages start at one of two times.
			events = append(events, l.event("run", fmt.Sprint("r", l.IntN(9)), fmt.Sprintf(
				`{"pipeline_id":%q,"run_number":1,"status":"x","build_params":{"commit_id":"c","target_branch":%q,"tag":%q,"message":%q},"stage_status_list":[%s,%s]}`,
				pipeline, l.one("main", "hotfix/1"), l.one("", "v1"), l.one("a", "a hotfix"),
				stage(l.one("deploy shop", "deploy cart", "production", "build"), l.one("COMPLETED", "FAILED", "RUNNING"), l.one("2026-03-01 10:00:00", "2021-03-01 11:00:00", "soon"), l.one("", "2026-03-01 12:00:00")),
				stage("deploy staging", "COMPLETED", "2026-03-01 10:00:00", "2026-03-01 10:01:00"))))
		}
	}
	return events
}

// loading is what a loader inserts before it settles, after how many statements it is killed then, and the rules that it puts in force,
// if it does.
type loading struct {
	events []Event
	killed int
	acts   bool
	set    *RuleSet
}

// loadTogether has two loaders at once do what is drawn for each, and settles what they leave.
func loadTogether(t *testing.T, conn driver.Conn, draw func() loading) {
	t.Helper()
	var wg sync.WaitGroup
	for range 2 {
		l := draw()
		wg.Go(func() {
			sendAgain(t, conn, l.events...)
			loader := &killedConn{conn, l.killed}
			_, err := SettleDeployments(t.Context(), loader)
			if l.acts && err == nil {
				_, err = ActivateRules(t.Context(), loader, l.set, 0)
			}
			if err != nil && !errors.Is(err, errKilled) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	settled(t, conn)
}

// Whatever is inserted, repeated, renamed and put in force, by two loaders at once of which some are killed: in the end
// the deployments that are kept are those that the rules say.
func TestDeploymentsAreThoseOfTheRules(t *testing.T) {
	shop := RuleSet{Rules: shopRules.Rules[:2], Markers: shopRules.Markers}
	group := RuleSet{Zone: "UTC", Rules: []DeploymentRule{{Name: "g", Group: "^Services$", Stage: "deploy|prod", Service: "{project} {pipeline} {stage}", Environment: "e"}}}
	for seed := range uint64(2) {
		conn := migratedDB(t)
		l := deploymentLife{Rand: rand.New(rand.NewPCG(seed, 29))}
		rows := 0
		for step := range 6 {
			loadTogether(t, conn, func() loading {
				batch := l.batch()
				if l.stored = append(l.stored, batch); l.IntN(3) == 0 {
					batch = l.stored[l.IntN(len(l.stored))]
				}
				return loading{batch, 1 + l.IntN(8), l.IntN(2) == 0, []*RuleSet{&shop, &shopRules, &group, {}, nil}[l.IntN(5)]}
			})
			rows += isSettled(t, conn, fmt.Sprintf("seed %d, step %d", seed, step))
		}
		if rows == 0 {
			t.Errorf("seed %d: there never was a deployment", seed)
		}
	}
}
