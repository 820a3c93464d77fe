package pollers

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"artery/internal/events"
)

// Compared are the commits of runs that passed a stage after each other, whatever became of the runs. A line below is what the
// log tells of a run: number, commit, branch, status, and of each stage its status with the minute of its end. Commits are named
// by a digit, and pairs come in the order of the runs.
func TestPairsOfRuns(t *testing.T) {
	sha := func(digit string) string { return strings.Repeat(digit, 40) }
	for name, tt := range map[string]struct{ runs, want string }{
		"every stage of every run": {`
			1 1 main COMPLETED build=COMPLETED/11 prod=COMPLETED/12
			2 2 main COMPLETED build=COMPLETED/13 prod=COMPLETED/14
			3 3 main COMPLETED build=COMPLETED/15 prod=COMPLETED/16`, "1-2 2-3"},
		"production is left out three times": {`
			1 1 main COMPLETED build=COMPLETED/11 prod=COMPLETED/12
			2 2 main COMPLETED build=COMPLETED/13 prod=SKIPPED
			3 3 main COMPLETED build=COMPLETED/14 prod=IGNORED
			4 4 main CANCELED build=COMPLETED/15 prod=CANCELED/16
			5 5 main COMPLETED build=COMPLETED/17 prod=COMPLETED/18`, "1-2 2-3 3-4 1-5 4-5"},
		"a later stage fails": {`
			1 1 main COMPLETED prod=COMPLETED/11 verify=COMPLETED/12
			2 2 main FAILED prod=COMPLETED/13 verify=FAILED/14
			3 3 main COMPLETED prod=COMPLETED/15 verify=COMPLETED/16`, "1-2 1-3 2-3"},
		"a run goes on": {`
			1 1 main COMPLETED build=COMPLETED/11 prod=COMPLETED/12
			2 2 main PAUSED build=COMPLETED/13 prod=PAUSED`, "1-2"},
		"nothing is passed": {`
			1 1 main COMPLETED build=COMPLETED/11
			2 2 main FAILED build=FAILED/12
			3 3 main COMPLETED build=COMPLETED`, ""},
		"production is approved in another order": {`
			1 1 main COMPLETED build=COMPLETED/11 prod=COMPLETED/12
			2 2 main COMPLETED build=COMPLETED/13 prod=COMPLETED/30
			3 3 main COMPLETED build=COMPLETED/14 prod=COMPLETED/20`, "1-2 3-2 1-3 2-3"},
		"a stage is repeated": {`
			1 1 main COMPLETED prod=COMPLETED/11
			2 2 main FAILED prod=FAILED/13
			2 2 main COMPLETED prod=COMPLETED/14
			2 2 main RUNNING prod=INIT
			2 2 main COMPLETED prod=COMPLETED/16
			3 3 main COMPLETED prod=COMPLETED/15`, "3-2 1-3"},
		"two stages of one name": {`
			1 1 main COMPLETED prod=COMPLETED/11 prod=COMPLETED/12
			2 2 main COMPLETED prod=COMPLETED/13 prod=FAILED/14`, "1-2"},
		"a hotfix between": {`
			1 1 main COMPLETED prod=COMPLETED/11
			2 2 hotfix COMPLETED prod=COMPLETED/12
			3 3 main COMPLETED prod=COMPLETED/13`, "1-2 1-3 2-3"},
		"the same commit again": {`
			1 1 main COMPLETED prod=COMPLETED/11
			2 1 main COMPLETED prod=COMPLETED/12
			3 2 main COMPLETED prod=COMPLETED/13`, "1-2"},
		"times with a zone": {`
			1 1 main COMPLETED prod=COMPLETED/12Z
			2 2 main COMPLETED prod=COMPLETED/11Z`, "2-1"},
		"stages of another form": {`
			1 1 main COMPLETED prod=COMPLETED/11
			2 2 main COMPLETED
			3 3 main COMPLETED prod=COMPLETED/13`, "1-3"},
	} {
		b := newBuilt()
		for _, text := range strings.Split(strings.TrimSpace(tt.runs), "\n") {
			f := strings.Fields(text)
			var number int64
			fmt.Sscan(f[0], &number)
			var stages any = "none"
			var rows []map[string]any
			for _, stage := range f[4:] {
				title, rest, _ := strings.Cut(stage, "=")
				status, minute, ended := strings.Cut(rest, "/")
				row := map[string]any{"name": title, "status": status, "end_time": nil}
				if zoned := strings.TrimSuffix(minute, "Z"); zoned != minute {
					row["end_time"] = fmt.Sprintf("2026-03-04T14:%s:00+08:00", zoned)
				} else if ended {
					row["end_time"] = fmt.Sprintf("2026-03-04 14:%s:00", minute)
				}
				rows = append(rows, row)
				stages = rows
			}
			body, err := json.Marshal(map[string]any{"build_params": map[string]any{"codehub_id": "7", "commit_id": sha(f[1]), "target_branch": f[2]}, "stage_status_list": stages})
			if err != nil {
				t.Fatal(err)
			}
			b.add(events.Mark{Parent: "p", Number: number, Status: f[3]}, body)
		}
		var got []string
		for _, p := range b.lines[line{"p", "7"}].pairs() {
			if pair := p.from[:1] + "-" + p.to[:1]; !slices.Contains(got, pair) {
				got = append(got, pair)
			}
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
