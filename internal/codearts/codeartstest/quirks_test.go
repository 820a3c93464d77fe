package codeartstest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// quirkTests has a test of every quirk: it drives the switch over HTTP and sees the quirk.
var quirkTests = map[Quirk]func(*quirky){
	QuirkSpelling: func(q *quirky) {
		q.swaps("GET", "/v2/"+q.truth.TenantID+"/rules/"+q.truth.Rules[0].ID+"/detail", "", `"updater":"`, `"update":"`)
		plain, quirk := q.both("GET", q.groups(), "")
		if a, b := strings.Count(plain, `"update":`), strings.Count(quirk, `"updater":`); a == 0 || a != b {
			q.t.Errorf("%d groups with update, %d with updater", a, b)
		}
		plain, quirk = q.both("POST", "/v5/"+q.truth.TenantID+"/api/pipeline-templates/list", "{}")
		if a, b := strings.Count(plain, `"update_id":`), strings.Count(quirk, `"updater_id":`); a == 0 || a != b {
			q.t.Errorf("%d templates with update_id, %d with updater_id", a, b)
		}
	},
	QuirkParent: func(q *quirky) {
		q.swaps("GET", q.groups(), "", `"parent_id":""`, `"parent_id":null`)
		q.swaps("GET", "/v1/job/"+q.project+"/group/tree", "", `"parent_id":null`, `"parent_id":""`)
	},
	QuirkSequence: func(q *quirky) {
		for _, run := range q.history("payment-gateway") {
			stages := run["stage_status_list"].([]any)
			if stages[0].(object)["sequence"] != stages[1].(object)["sequence"] {
				q.t.Errorf("stages %v", stages)
			}
		}
	},
	QuirkNoBuildParams: func(q *quirky) {
		for _, run := range q.history("payment-gateway") {
			if even := int(run["run_number"].(float64))%2 == 0; even != (run["build_params"] == nil) {
				q.t.Errorf("build_params of run %v are %v", run["run_number"], run["build_params"])
			}
		}
	},
	QuirkNoLatestRun: func(q *quirky) {
		q.project = q.pipelineOf("New Pipeline - 20260101").ProjectID
		plain, quirk := q.both("POST", q.list(), "{}")
		if strings.ReplaceAll(plain, `,"latest_run":null`, "") != quirk || plain == quirk {
			q.t.Errorf("%s\nwith the quirk\n%s", plain, quirk)
		}
	},
	QuirkStageIDs: func(q *quirky) {
		id := `"id":"` + q.truth.Runs[0].Stages[0].ID + `"`
		run := q.truth.Runs[0]
		path := "/v5/" + run.ProjectID + "/api/pipelines/"
		if plain, quirk := q.both("POST", path+run.PipelineID+"/pipeline-runs/list", `{"limit":50}`); strings.Contains(plain, id) || !strings.Contains(quirk, id) {
			q.t.Errorf("%s has no %s", quirk, id)
		}
		if plain, quirk := q.both("POST", path+"status", `["`+run.PipelineID+`"]`); plain != quirk {
			q.t.Errorf("4.2.2 says %s instead of %s", quirk, plain)
		}
		q.swaps("POST", path+"list", `{"limit":50}`, `"end_time":`, `,"id":"`)
	},
	QuirkTextTimes: func(q *quirky) {
		for _, run := range q.history("payment-gateway") {
			_, start := run["start_time"].(string)
			_, end := run["end_time"].(string)
			if !start || !end && run["end_time"] != nil {
				q.t.Errorf("times are %v and %v", run["start_time"], run["end_time"])
			}
		}
	},
	QuirkForeignRows: func(q *quirky) {
		foreign := 0
		for _, row := range q.pipelines(q.project, 50) {
			if row["project_id"] != q.project {
				foreign++
			}
		}
		if foreign != 1 {
			q.t.Errorf("%d rows of another project", foreign)
		}
	},
	QuirkMissingStatus: func(q *quirky) {
		var asked []string
		for _, p := range q.truth.Pipelines {
			if p.ProjectID == q.project && p.LatestRunID != "" {
				asked = append(asked, p.ID)
			}
		}
		body, _ := json.Marshal(asked) // of texts
		seen := map[any]int{}
		for range 3 {
			var rows []object
			q.get("POST", "/v5/"+q.project+"/api/pipelines/status", string(body), &rows)
			if len(rows) >= len(asked) {
				q.t.Errorf("%d rows for %d pipelines", len(rows), len(asked))
			}
			for _, row := range rows {
				seen[row["pipeline_id"]]++
			}
		}
		for _, id := range asked {
			if seen[id] != 2 {
				q.t.Errorf("pipeline %s came %d times of 3", id, seen[id])
			}
		}
	},
	QuirkSmallPages: func(q *quirky) {
		rows := func(method, path, body, field string) int {
			_, data := q.send(method, path, body, nil)
			var list []any
			if json.Unmarshal(data, &list) == nil {
				return len(list)
			}
			var page map[string]any
			if err := json.Unmarshal(data, &page); err != nil {
				q.t.Fatalf("%s: %v", data, err)
			}
			list, _ = page[field].([]any)
			return len(list)
		}
		domain, run := q.truth.TenantID, q.pipelineOf("payment-gateway")
		for path, n := range map[string]int{
			q.list(): rows("POST", q.list(), `{"limit":50}`, "pipelines"),
			"runs":   rows("POST", "/v5/"+q.project+"/api/pipelines/"+run.ID+"/pipeline-runs/list", `{"limit":50}`, "pipeline_runs"),
			"rules":  rows("GET", "/v2/"+domain+"/rules/query?offset=0&limit=50", "", "data"),
			"repos":  rows("GET", "/v4/tenant/repositories?limit=100", "", ""),
		} {
			if n != quirkPage {
				q.t.Errorf("%s gives %d rows", path, n)
			}
		}
	},
	QuirkEchoedLimit: func(q *quirky) {
		q.swaps("POST", q.list(), `{"limit":77}`, `"limit":50,`, `"limit":77,`)
		q.swaps("POST", "/v5/"+q.project+"/api/pipelines/"+q.pipelineOf("payment-gateway").ID+"/pipeline-runs/list", `{"limit":777}`, `"limit":100,`, `"limit":777,`)
	},
	QuirkVersionPages: func(q *quirky) {
		q.swaps("GET", "/v1/"+q.truth.TenantID+"/agent-plugin/all-version?plugin_name=notify_release", "", `["0.0.2","0.0.1"]`, `{"offset":0,"limit":10,"total":2,"data":["0.0.2","0.0.1"]}`)
	},
	QuirkLogReversed: func(q *quirky) {
		plain, quirk := q.bothLogs(`{"limit":3,"sort":"desc"}`)
		slices.Reverse(plain.lines)
		if !slices.Equal(plain.lines, quirk.lines) || len(quirk.lines) != 3 {
			q.t.Errorf("%q, without the quirk and turned around %q", quirk.lines, plain.lines)
		}
		if plain, quirk := q.bothLogs(`{"limit":3,"sort":"asc"}`); !slices.Equal(plain.lines, quirk.lines) {
			q.t.Errorf("in ascending order %q", quirk.lines)
		}
	},
	QuirkLogMore: func(q *quirky) {
		for limit, more := range map[int]bool{3: true, 5000: false} {
			plain, quirk := q.bothLogs(fmt.Sprintf(`{"limit":%d,"sort":"desc"}`, limit))
			if plain.HasMore != more || !quirk.HasMore || !slices.Equal(plain.lines, quirk.lines) {
				q.t.Errorf("limit %d: has_more %t, with the quirk %t", limit, plain.HasMore, quirk.HasMore)
			}
		}
	},
	QuirkNoFilter: func(q *quirky) {
		q.swaps("POST", q.list(), `{"status":["QUEUED"],"limit":50}`, `"total":0,"pipelines":[]`, `"pipelines":[{"pipeline_id"`)
	},
	QuirkPathOnly: func(q *quirky) {
		other := q.tenant.World().ProjectIDs()[1]
		q.swaps("POST", q.list(), `{"project_ids":["`+other+`"],"limit":50}`, `"project_id":"`+other+`"`, `"project_id":"`+q.project+`"`)
	},
	QuirkAnyProject: func(q *quirky) {
		listed := map[any]bool{}
		for _, row := range q.pipelines(q.project, 50) {
			listed[row["project_id"]] = true
		}
		if len(listed) != len(q.tenant.World().ProjectIDs()) {
			q.t.Errorf("the list of one project shows pipelines of %d", len(listed))
		}
	},
	QuirkShiftingRows: func(q *quirky) {
		all := q.plain.pipelines(q.project, 50)
		names := func(rows []object) (names []any) {
			for _, row := range rows {
				names = append(names, row["name"])
			}
			return names
		}
		page := func(offset int) (total int, got []any) {
			var page struct {
				Total     int
				Pipelines []object
			}
			q.get("POST", q.list(), fmt.Sprintf(`{"offset":%d,"limit":2,"sort_key":"create_time","sort_dir":"asc"}`, offset), &page)
			return page.Total, names(page.Pipelines)
		}
		n := len(all)
		for walk, want := range [][2]struct {
			total int
			rows  []object
		}{
			{{n - 1, all[1:3]}, {n, all[2:4]}}, // a row was added: one is shown twice
			{{n, all[0:2]}, {n - 1, all[3:]}},  // a row was removed: one is shown in neither
			{{n, all[0:2]}, {n, all[2:4]}},
		} {
			for i, offset := range []int{0, 2} {
				total, got := page(offset)
				if wanted := names(want[i].rows[:min(2, len(want[i].rows))]); total != want[i].total || !slices.Equal(got, wanted) {
					q.t.Errorf("walk %d, offset %d: %v of %d, want %v of %d", walk, offset, got, total, wanted, want[i].total)
				}
			}
		}
	},
	QuirkAPIG: func(q *quirky) {
		q.token = "nonsense"
		if status, code := q.refused("GET", q.groups(), ""); status != 401 || code != "APIG.0301" {
			q.t.Errorf("%d %s", status, code)
		}
		if status, code := q.refused("GET", "/nowhere", ""); status != 404 || code != "APIG.0101" {
			q.t.Errorf("%d %s", status, code)
		}
	},
	QuirkGzip: func(q *quirky) {
		header := http.Header{"X-Auth-Token": {q.token}, "Accept-Encoding": {"identity"}}
		reply, body := q.send("GET", q.groups(), "", header)
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil || reply.Header.Get("Content-Encoding") != "gzip" {
			q.t.Fatalf("%v, %v", reply.Header, err)
		}
		plain, _ := q.both("GET", q.groups(), "")
		if unpacked, err := io.ReadAll(z); err != nil || string(unpacked) != plain {
			q.t.Errorf("%s, %v", unpacked, err)
		}
	},
	QuirkLongToken: func(q *quirky) {
		if len(q.token) != 8192 {
			q.t.Errorf("a token of %d characters", len(q.token))
		}
		if status, _ := q.refused("GET", q.groups(), ""); status != 200 {
			q.t.Errorf("it is answered with %d", status)
		}
	},
	QuirkShortToken: func(q *quirky) {
		_, body := q.send("POST", "/v3/auth/tokens", loginBody, nil)
		if want := `"expires_at":"2026-03-05T06:00:00.000000Z"`; !strings.Contains(string(body), want) {
			q.t.Errorf("%s has no %s", body, want)
		}
		for _, test := range []struct {
			at   time.Duration
			want int
		}{{10*time.Minute - time.Second, 200}, {10 * time.Minute, 401}} {
			q.clock.set(instant.Add(test.at))
			if status, _ := q.refused("GET", q.groups(), ""); status != test.want {
				q.t.Errorf("after %s: %d, want %d", test.at, status, test.want)
			}
		}
	},
	QuirkBusy:       func(q *quirky) { q.fails(200, `{"error_code":"DEVPIPE.00011127","error_msg":"`) },
	QuirkBusyNested: func(q *quirky) { q.fails(200, `{"error":{"code":"DEVPIPE.00011127","message":"`) },
	QuirkThrottle: func(q *quirky) {
		if after := q.fails(429, `"error_code":"APIGW.0308"`).Get("Retry-After"); after != "1" {
			q.t.Errorf("Retry-After is %q", after)
		}
	},
	QuirkThrottleDate: func(q *quirky) {
		if after := q.fails(429, `"error_code":"APIGW.0308"`).Get("Retry-After"); after != "Wed, 04 Mar 2026 06:00:01 GMT" {
			q.t.Errorf("Retry-After is %q", after)
		}
	},
	QuirkFrequent: func(q *quirky) {
		q.fails(500, `{"error_code":"COCT.0070003","error_msg":"Frequent access. Please wait."}`)
	},
	QuirkGateway:   func(q *quirky) { q.fails(502, `"error_code":"APIGW.0602","request_id":"`) },
	QuirkTruncated: func(q *quirky) { q.breaks(100, io.ErrUnexpectedEOF) },
	QuirkDropped:   func(q *quirky) { q.breaks(0, nil) },
	QuirkHungBody:  func(q *quirky) { q.breaks(100, context.DeadlineExceeded) },
	QuirkHung:      func(q *quirky) { q.breaks(0, context.DeadlineExceeded) },
	QuirkCutJSON: func(q *quirky) {
		_, whole := q.plain.send("GET", q.groups(), "", nil)
		if status, _, body, err := q.seventh(); status != 200 || err != nil || string(body) != string(whole[:len(whole)/2]) {
			q.t.Errorf("%d %s %v", status, body, err)
		}
	},
	QuirkSlowBody: func(q *quirky) {
		_, whole := q.plain.send("GET", q.groups(), "", nil)
		if status, header, body, err := q.seventh(); status != 200 || err != nil || string(body) != string(whole) || header.Get("Content-Length") != "" {
			q.t.Errorf("%d %s %s %v", status, header, body, err)
		}
	},
	QuirkRevoked: func(q *quirky) {
		q.fails(401, `"error_code":"APIGW.0307"`)
		q.token = q.login()
		if status, _ := q.refused("GET", q.groups(), ""); status != 200 {
			q.t.Errorf("a new token is answered with %d", status)
		}
	},
	QuirkRetried: func(q *quirky) {
		before := q.history(string(QuirkRetried))
		q.clock.set(instant.Add(4 * time.Minute))
		during := q.history(string(QuirkRetried))
		q.clock.set(instant.Add(time.Hour))
		after := q.history(string(QuirkRetried))
		if len(before) != 2 || len(after) != 2 || before[0]["pipeline_run_id"] != after[0]["pipeline_run_id"] || before[0]["status"] != StatusFailed ||
			during[0]["status"] != StatusRunning || after[0]["status"] != StatusCompleted || after[1]["status"] != StatusCompleted {
			q.t.Errorf("before %s\nafter %s", text(before), text(after))
		}
	},
	QuirkOverlapping: func(q *quirky) {
		q.clock.set(instant.Add(5 * time.Minute))
		runs := q.history(string(QuirkOverlapping))
		if len(runs) != 4 || runs[0]["status"] != StatusRunning || runs[3]["status"] != StatusCompleted {
			q.t.Errorf("runs %s", text(runs))
		}
	},
	QuirkPaused: func(q *quirky) {
		for _, test := range []struct {
			at   time.Duration
			want string
		}{{-90 * time.Hour, StatusPaused}, {29 * time.Minute, StatusPaused}, {time.Hour, StatusCompleted}} {
			q.clock.set(instant.Add(test.at))
			q.token = q.login()
			if runs := q.history(string(QuirkPaused)); len(runs) != 1 || runs[0]["status"] != test.want {
				q.t.Errorf("after %s: %s, want %s", test.at, text(runs), test.want)
			}
		}
	},
	QuirkShortRuns: func(q *quirky) {
		q.clock.set(instant.Add(10*time.Minute - time.Second))
		before := len(q.history(string(QuirkShortRuns)))
		q.clock.set(instant.Add(10*time.Minute + 30*time.Second))
		after := q.history(string(QuirkShortRuns))
		if len(after) != before+5 || after[len(after)-1]["status"] != StatusCompleted {
			q.t.Errorf("%d runs, then %s", before, text(after))
		}
	},
	QuirkExpiring: func(q *quirky) {
		before := q.history(string(QuirkExpiring))
		q.clock.set(instant.Add(10 * time.Minute))
		if after := q.history(string(QuirkExpiring)); len(before) != 9 || len(after) != 6 {
			q.t.Errorf("%d runs before, %d after", len(before), len(after))
		}
	},
	QuirkLostMembership: func(q *quirky) {
		projects := q.tenant.World().ProjectIDs()
		q.project = projects[len(projects)-1]
		for _, test := range []struct {
			at    time.Duration
			shown bool
		}{{9 * time.Minute, true}, {11 * time.Minute, false}, {26 * time.Minute, true}} {
			q.clock.set(instant.Add(test.at))
			if _, body := q.send("POST", q.list(), "{}", nil); strings.Contains(string(body), `"total":0,"pipelines":[]`) == test.shown {
				q.t.Errorf("after %s: %s", test.at, body)
			}
		}
	},
	QuirkZone: func(q *quirky) {
		q.swaps("GET", "/v2/"+q.truth.TenantID+"/rules/"+q.truth.Rules[0].ID+"/detail", "",
			q.truth.Rules[0].Created.Add(8*time.Hour).Format(policyTime), q.truth.Rules[0].Created.Add(-3*time.Hour).Format(policyTime))
		q.swaps("GET", "/v4/tenant/repositories", "", `+08:00"`, `-03:00"`)
	},
	QuirkSkew: func(q *quirky) {
		for _, test := range []struct {
			off  time.Duration
			code string
		}{{0, "APIGW.0303"}, {6 * time.Minute, ""}} {
			request, _ := http.NewRequestWithContext(q.t.Context(), "GET", q.url+q.groups(), nil) // the address is a constant
			request.Header.Set("X-Sdk-Date", instant.Add(test.off).Format(signTime))
			signed := signature{headers: []string{"host", "x-sdk-date"}}
			request.Header.Set("Authorization", "SDK-HMAC-SHA256 Access=SIMAK, SignedHeaders=host;x-sdk-date, Signature="+signed.sign(request, nil, "SIMSK"))
			reply, body := q.send("GET", q.groups(), "", request.Header)
			if strings.Contains(string(body), "APIGW") != (test.code != "") || !strings.Contains(string(body), test.code) {
				q.t.Errorf("%s later: %s", test.off, body)
			}
			if date := reply.Header.Get("Date"); date != "Wed, 04 Mar 2026 06:20:00 GMT" {
				q.t.Errorf("the date is %s", date)
			}
		}
	},
	QuirkMissingAPI: func(q *quirky) {
		for _, path := range []string{
			"/v2/" + q.truth.TenantID + "/tenant/open-source/rule-sets/query", "/v2/" + q.truth.TenantID + "/tenant/open-source/rule-sets/x/detail",
			"/v2/" + q.project + "/open-source/rule-sets/query", "/v2/" + q.project + "/open-source/rule-sets/x/detail",
		} {
			if status, code := q.refused("GET", path, ""); status != 404 || code != "APIGW.0101" {
				q.t.Errorf("%s: %d %s", path, status, code)
			}
		}
		if status, _ := q.refused("GET", "/v2/"+q.truth.TenantID+"/rules/query?offset=0&limit=1", ""); status != 200 {
			q.t.Errorf("rules are answered with %d", status)
		}
	},
}

func TestEveryQuirk(t *testing.T) {
	for _, quirk := range Quirks() {
		t.Run(string(quirk.Name), func(t *testing.T) {
			test := quirkTests[quirk.Name]
			if test == nil || quirk.What == "" {
				t.Fatal("a quirk without a test or a description")
			}
			test(newQuirky(t, quirk.Name))
		})
	}
	if len(quirkTests) != len(Quirks()) {
		t.Errorf("%d tests of %d quirks", len(quirkTests), len(Quirks()))
	}
}

func TestParseQuirks(t *testing.T) {
	for text, want := range map[string]int{"": 0, "gzip": 1, " gzip , busy ": 2, "all": len(Quirks()), "harmless": len(Quirks()) - 3} {
		if quirks, err := ParseQuirks(text); err != nil || len(quirks) != want {
			t.Errorf("%q: %v, %v", text, quirks, err)
		}
	}
	if _, err := ParseQuirks("gzip,lost-brackets"); err == nil || err.Error() != `there is no quirk "lost-brackets"` {
		t.Errorf("%v", err)
	}
}
