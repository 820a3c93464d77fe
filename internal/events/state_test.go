package events

import (
	"strings"
	"testing"
	"time"
)

var instant = time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC)

func snapshot(t *testing.T, kind Kind, body string) Snapshot {
	t.Helper()
	s, err := NewSnapshot(kind, "x", []byte(body), Mark{}, instant)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestStateHash compares with SHA-256 of the normal form, calculated by sha256sum.
func TestStateHash(t *testing.T) {
	for _, c := range []struct {
		kind       Kind
		body, want string
	}{
		// {"capacity":18.0,"repository_id":7}
		{Repository, `{"repository_id":7, "capacity":18.0}`, "3af523ddabb3adaf6fa942e425eb26ab"},
		// {"pipeline_id":"p1","pipeline_run_id":"r1","run_number":2,"stage_status_list":[{"end_time":"2023-03-04 16:50:11",
		// "name":"Phase_1","sequence":0,"start_time":"2023-03-04 16:48:09","status":"FAILED"}],"start_time":1677919688000,
		// "status":"FAILED"}
		{Run, `{"pipeline_run_id":"r1","pipeline_id":"p1","status":"FAILED","run_number":2,"start_time":1677919688000,"end_time":null,"modify_url":"https://h/m",
			"artifact_params":{"version":"","package_name":null},"build_params":{"git_url":"https://h/r.git"},
			"stage_status_list":[{"id":"s1","name":"Phase_1","sequence":0,"status":"FAILED","start_time":"2023-03-04 16:48:09","end_time":"2023-03-04 16:50:11"}]}`,
			"3d841ff06cdca2d242cfc490b332d892"},
	} {
		if got := snapshot(t, c.kind, c.body).Hash.String(); got != c.want {
			t.Errorf("%s: hash %s, want %s", c.kind, got, c.want)
		}
	}
}

// TestOneRunThreeShapes is the run of the example of Pipeline API 4.2.2, as 4.2.4 and 4.2.7 may show it: their tables name
// members that no example has, and leave out what is null.
func TestOneRunThreeShapes(t *testing.T) {
	latestStatus := `{"pipeline_id":"d19799d619424b2bb2625ec2d93ea087","pipeline_run_id":"ad6b7f66283a45be9c1f82b06c831e59",
		"executor_id":"847a5317086c41798469d0868535943a","executor_name":"Beta environment account",
		"stage_status_list":[{"name":"Phase_1","sequence":0,"status":"FAILED","start_time":"2023-03-04 16:48:09","end_time":"2023-03-04 16:50:11"},
			{"name":"Phase_2","sequence":1,"status":"INIT","start_time":null,"end_time":null}],
		"status":"FAILED","run_number":2,"trigger_type":"Manual",
		"build_params":{"action":null,"build_type":"branch","commit_id":"fc93c34f906aeb1cc031e3f6f8b2baeac078ae4b","event_type":"Manual","merge_id":null,
			"message":"init","source_branch":null,"tag":null,"target_branch":"test-lbdsb11","codehub_id":"2111699716","git_url":"https://example.com/clsyz00001/111.git"},
		"artifact_params":null,"start_time":1677919688000,"end_time":1677919811000}`
	list := `{"pipeline_id":"d19799d619424b2bb2625ec2d93ea087","pipeline_run_id":"ad6b7f66283a45be9c1f82b06c831e59",
		"executor_id":"847a5317086c41798469d0868535943a","executor_name":"Beta environment account",
		"stage_status_list":[{"id":"1f2e","name":"Phase_1","sequence":0,"status":"FAILED","start_time":"2023-03-04 16:48:09","end_time":"2023-03-04 16:50:11"},
			{"id":"3d4c","name":"Phase_2","sequence":1,"status":"INIT"}],
		"status":"FAILED","run_number":2,"trigger_type":"Manual",
		"build_params":{"build_type":"branch","commit_id":"fc93c34f906aeb1cc031e3f6f8b2baeac078ae4b","event_type":"Manual",
			"message":"init","target_branch":"test-lbdsb11","codehub_id":"2111699716"},
		"start_time":1677919688000,"end_time":1677919811000,"modify_url":"","detail_url":""}`
	records := `{"modify_url":"https://console.example.com/m","detail_url":"https://console.example.com/d",
		"end_time":1677919811000,"start_time":1677919688000,"artifact_params":{"version":null,"branch_filter":"","package_name":null,"organization":null},
		"build_params":{"source_codehub_id":"","source_codehub_url":null,"source_codehub_http_url":"https://example.com/fork.git","git_url":null,
			"codehub_id":"2111699716","target_branch":"test-lbdsb11","tag":"","source_branch":"","message":"init","merge_id":"","event_type":"Manual",
			"commit_id":"fc93c34f906aeb1cc031e3f6f8b2baeac078ae4b","build_type":"branch","action":""},
		"trigger_type":"Manual","run_number":2,"status":"FAILED",
		"stage_status_list":[{"status":"FAILED","sequence":0,"name":"Phase_1","end_time":"2023-03-04 16:50:11","start_time":"2023-03-04 16:48:09","id":""},
			{"name":"Phase_2","sequence":1,"status":"INIT","start_time":"","end_time":""}],
		"executor_name":"Beta environment account","executor_id":"847a5317086c41798469d0868535943a",
		"pipeline_run_id":"ad6b7f66283a45be9c1f82b06c831e59","pipeline_id":"d19799d619424b2bb2625ec2d93ea087"}`
	want := snapshot(t, Run, latestStatus)
	for name, body := range map[string]string{"4.2.4": list, "4.2.7": records} {
		if got := snapshot(t, Run, body); got.Hash != want.Hash {
			a, _ := normal(nil, got.Body, RulesOf(Run))
			b, _ := normal(nil, want.Body, RulesOf(Run))
			t.Errorf("%s is another state than 4.2.2:\n%s\n%s", name, a, b)
		}
	}
	for _, change := range [][2]string{
		{`"status":"FAILED","run_number"`, `"status":"RUNNING","run_number"`},
		{`"end_time":1677919811000`, `"end_time":1677919812000`},
		{`"2023-03-04 16:50:11"`, `"2023-03-04 16:50:12"`},
		{`"status":"INIT"`, `"status":"RUNNING"`},
		{`"message":"init"`, `"message":"other"`},
		{`"artifact_params":null`, `"artifact_params":{"version":"1"}`},
	} {
		if !strings.Contains(latestStatus, change[0]) {
			t.Fatalf("the run has no %s", change[0])
		}
		if snapshot(t, Run, strings.Replace(latestStatus, change[0], change[1], 1)).Hash == want.Hash {
			t.Errorf("%s instead of %s is the same state", change[1], change[0])
		}
	}
}

func TestNormalForm(t *testing.T) {
	for _, c := range []struct {
		kind       Kind
		body, want string
	}{
		{Pipeline, `{"pipeline_id":"p","latest_run":{"status":"RUNNING"},"component_id":null,"project_name":"n","is_publish":false,"name":""}`, `{"is_publish":false,"name":"","pipeline_id":"p"}`},
		{PipelineGroup, `{"id":"g","children":[{"id":"h"}],"update":"u","parent_id":""}`, `{"id":"g","updater":"u"}`},
		{PipelineGroup, `{"id":"g","updater":"u"}`, `{"id":"g","updater":"u"}`},
		{Gate, `{"httpStatus":"OK","result":{"httpStatus":1},"status":"success"}`, `{"result":{"httpStatus":1},"status":"success"}`},
		{RunDetail, `{"current_system_time":"1","status":"FAILED","artifacts":null,"description":"","stages":[{"end_time":null}]}`, `{"stages":[{"end_time":null}],"status":"FAILED"}`},
		{Repository, `{"x":null,"y":""}`, `{"x":null,"y":""}`},
	} {
		body := canonical(t, c.body, RulesOf(c.kind))
		got, err := normal(nil, []byte(body), RulesOf(c.kind))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: normal form %s, %v; want %s", c.kind, got, err, c.want)
		}
	}
	s := snapshot(t, Pipeline, `{"latest_run":{"a":1},"project_name":"n"}`)
	if string(s.Body) != `{"project_name":"n"}` {
		t.Errorf("the body is %s; what is volatile stays and what is cut goes", s.Body)
	}
}

func TestSnapshotRefuses(t *testing.T) {
	for want, f := range map[string]func() (Snapshot, error){
		"unknown kind":    func() (Snapshot, error) { return NewSnapshot("nothing", "x", []byte(`{}`), Mark{}, instant) },
		"the id is empty": func() (Snapshot, error) { return NewSnapshot(Run, "", []byte(`{}`), Mark{}, instant) },
		"the id has 257 bytes": func() (Snapshot, error) {
			return NewSnapshot(Run, strings.Repeat("x", 257), []byte(`{}`), Mark{}, instant)
		},
		"offset 1": func() (Snapshot, error) { return NewSnapshot(Run, "x", []byte(`{`), Mark{}, instant) },
		"524289 bytes": func() (Snapshot, error) {
			return NewSnapshot(Run, "x", []byte(`"`+strings.Repeat("x", MaxBody-1)+`"`), Mark{}, instant)
		},
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if _, err := NewSnapshot(Run, "x", []byte(`"`+strings.Repeat("x", MaxBody-2)+`"`), Mark{}, instant); err != nil {
		t.Errorf("a body of exactly %d bytes: %v", MaxBody, err)
	}
}

func TestRulesAreComplete(t *testing.T) {
	for _, k := range append(Kinds(), Poll) {
		if RulesOf(k) == nil {
			t.Errorf("kind %s has no rules", k)
		}
	}
	if len(rules) != len(Kinds())+1 {
		t.Errorf("%d kinds have rules, %d are listed", len(rules), len(Kinds())+1)
	}
}

func TestHashText(t *testing.T) {
	const text = "0123456789abcdef0123456789abcdef"
	h, err := ParseHash(text)
	if err != nil || h.String() != text || h[1] != 0x23 {
		t.Errorf("ParseHash(%s) = %v, %v", text, h, err)
	}
	if h, err := ParseHash(""); err != nil || h != (Hash{}) || h.String() != "" {
		t.Errorf("the zero hash: %v, %v", h, err)
	}
	for _, bad := range []string{"0", text[:30], text + "00", text[:31], text[:31] + "g", strings.Repeat("0", 1000)} {
		if _, err := ParseHash(bad); err == nil {
			t.Errorf("ParseHash(%q) gave no error", bad)
		}
	}
}

func TestMarkText(t *testing.T) {
	for _, c := range []struct {
		mark Mark
		want string
	}{
		{Mark{}, ""},
		{Mark{Parent: "p1", Number: 11, Status: "COMPLETED", From: 1678066487000, To: 1678066488000}, "p1|11|COMPLETED|1678066487000|1678066488000"},
		{Mark{Status: "partial", From: -1}, "|0|partial|-1|0"},
		{Mark{Parent: " a|b\r\n%7C ", Status: "é\x00"}, "%20a%7Cb%0D%0A%257C%20|0|%C3%A9%00|0|0"},
	} {
		if got := c.mark.String(); got != c.want {
			t.Errorf("%+v is written %q, want %q", c.mark, got, c.want)
		}
		if back, err := ParseMark(c.want); err != nil || back != c.mark {
			t.Errorf("ParseMark(%q) = %+v, %v", c.want, back, err)
		}
	}
	for _, bad := range []string{"x", "a|b|c|d", "a|1|b|2|3|4", "a|x|b|2|3", "a|1|b||3", "%zz|1|b|2|3", "a|1|%|2|3"} {
		if m, err := ParseMark(bad); err == nil {
			t.Errorf("ParseMark(%q) = %+v, want an error", bad, m)
		}
	}
}

func TestFormatTime(t *testing.T) {
	at := time.Date(2026, 3, 4, 14, 0, 0, 123999999, time.FixedZone("", 8*3600))
	if got := FormatTime(at); got != "2026-03-04T06:00:00.123Z" {
		t.Errorf("FormatTime = %s", got)
	}
	if got := FormatTime(time.Time{}); got != "" {
		t.Errorf("the zero time is %q", got)
	}
}
