package codeartstest

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

// TestRepositories walks the list in pages of seven and compares it with the truth, before and after Origin.
func TestRepositories(t *testing.T) {
	options := DemoOptions(3, instant)
	options.Limits = nil
	c := newCaller(t, options)
	for _, now := range []time.Time{instant.Add(-24 * time.Hour), instant, instant.Add(9 * time.Hour)} {
		c.clock.set(now)
		want := map[int64]RepositoryTruth{}
		for _, r := range c.tenant.Truth(now).Repositories {
			want[r.ID] = r
		}
		total := len(want)
		var created []string
		for offset := 0; offset < total; offset += 7 {
			var rows []object
			reply := c.get("GET", fmt.Sprintf("/v4/tenant/repositories?offset=%d&limit=7", offset), "", &rows)
			if got := reply.Header.Get("X-Total"); got != fmt.Sprint(total) {
				t.Fatalf("X-Total is %s, want %d", got, total)
			}
			for _, row := range rows {
				r := want[int64(row["repository_id"].(float64))]
				delete(want, r.ID)
				same := object{
					"owner": r.Owner, "capacity": r.SizeMB, "status": 0.0, "moderation_result": true,
					"create_time": r.Created.Add(8*time.Hour).Format("2006-01-02T15:04:05") + ".000+08:00", "member_number": float64(r.Members),
					"repository_id": float64(r.ID), "repository_name": r.Name, "project_name": r.ProjectName, "project_id": r.ProjectID,
				}
				if !reflect.DeepEqual(row, same) {
					t.Fatalf("repository is %v, want %v", row, same)
				}
				created = append(created, row["create_time"].(string))
			}
		}
		if len(want) != 0 || total < 20 {
			t.Errorf("%d of %d repositories are not listed", len(want), total)
		}
		if !slices.IsSortedFunc(created, func(a, b string) int { return cmp.Compare(b, a) }) {
			t.Errorf("not newest first: %v", created)
		}
	}
}

// TestRepositoryQuery tries the documented parameters on three repositories.
func TestRepositoryQuery(t *testing.T) {
	c := newCaller(t, Options{})
	w := c.tenant.World()
	project := w.AddProject("Alpha")
	for i, size := range []float64{30, 10.004, 20} {
		w.AddRepository(RepositorySpec{
			ID: int64(i + 1), ProjectID: project, Name: []string{"beta", "Alpha", "gamma"}[i], Owner: []string{"x", "y", "x"}[i], Members: 3 - i,
			Created: instant.Add(time.Duration(i) * time.Hour),
		}, size)
	}
	w.SetRepositorySize(2, instant.Add(10*time.Hour), 40)
	c.clock.set(instant.Add(5 * time.Hour))
	tests := []struct {
		query string
		ids   []int
	}{
		{"", []int{3, 2, 1}},
		{"sort=asc", []int{3, 2, 1}}, // sort is used together with sort_field
		{"sort=asc&sort_field=create_time", []int{1, 2, 3}},
		{"sort=desc&sort_field=capacity", []int{1, 3, 2}},
		{"sort=asc&sort_field=member_number", []int{3, 2, 1}},
		{"sort=asc&sort_field=repository_name", []int{2, 1, 3}},
		{"repository_name=A", []int{3, 2, 1}},
		{"repository_name=alph", []int{2}},
		{"owner=x", []int{3, 1}},
		{"member_number=2", []int{2}},
		{"status=3", nil},
		{"locked=true", nil},
		{"created_after=2026-03-04T06:00:00Z", []int{3, 2}},
		{"created_before=2026-03-04T16:00:00%2B08:00", []int{2, 1}},
		{"offset=1&limit=1", []int{2}},
		{"offset=3", nil},
	}
	for _, test := range tests {
		var rows []struct {
			ID int `json:"repository_id"`
		}
		c.get("GET", "/v4/tenant/repositories?"+test.query, "", &rows)
		var ids []int
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		if !slices.Equal(ids, test.ids) {
			t.Errorf("%s: %v, want %v", test.query, ids, test.ids)
		}
	}
	r := c.tenant.Truth(instant.Add(11 * time.Hour)).Repositories[1]
	if want := []SizeTruth{{instant.Add(time.Hour), 10}, {instant.Add(10 * time.Hour), 40}}; r.SizeMB != 40 || !reflect.DeepEqual(r.Sizes, want) {
		t.Errorf("sizes are %v, want %v", r.Sizes, want)
	}
}

// TestGate follows a gate that somebody weakens, in the wire form that Check documents.
func TestGate(t *testing.T) {
	c := newCaller(t, Options{})
	w := c.tenant.World()
	project := w.AddProject("Alpha")
	weak := defaultGate()
	weak[0].Value, weak[1].Enabled = 5, false
	w.SetGate(project, at(60), weak)
	const form = `{"httpStatus":"OK","result":{"review_info":[{"compareType":"≤","isCheck":1,"name":"Number of critical issues.","value":%d},` +
		`{"compareType":"≤","isCheck":%d,"name":"Member of major issues.","value":3},{"compareType":"≤","isCheck":1,"name":"Number of minor issues.","value":20},` +
		`{"compareType":"≤","isCheck":0,"name":"Number of suggestions.","value":50}]},"status":"success"}`
	own := "/v2/transmission/review-data?is_check_project=1&domain_id=&project_id=" + project
	tenant := "/v2/transmission/review-data?is_check_project=0&project_id=&domain_id=" + w.TenantID() + "&"
	for _, test := range []struct {
		second int
		path   string
		want   string
	}{
		{59, own, fmt.Sprintf(form, 0, 1)},
		{60, own, fmt.Sprintf(form, 5, 0)},
		{60, tenant, fmt.Sprintf(form, 0, 1)},
	} {
		c.clock.set(at(test.second))
		if _, body := c.send("GET", test.path, "", nil); string(body) != test.want {
			t.Errorf("second %d: %s\nwant %s", test.second, body, test.want)
		}
	}
	for _, gate := range c.tenant.Truth(at(60)).Gates {
		if gate.ProjectID == project && (len(gate.Changes) != 2 || !reflect.DeepEqual(gate.Items, weak)) {
			t.Errorf("the truth of the gate is %+v", gate)
		}
	}
}

// TestGroups compares both trees with what the documents print for a root and a child.
func TestGroups(t *testing.T) {
	c := newCaller(t, Options{})
	w := c.tenant.World()
	project := w.AddProject("Alpha")
	li, bo := User{"0000000000000000000000000000001a", "li"}, User{"0000000000000000000000000000001b", "bo"}
	for _, add := range []func(GroupSpec) string{w.AddGroup, w.AddBuildGroup} {
		root := add(GroupSpec{ProjectID: project, Name: "G2", Ordinal: 1, Creator: li, Created: at(0)})
		child := add(GroupSpec{ProjectID: project, ParentID: root, Name: "组 3", Ordinal: 0, Creator: li, Created: at(1)})
		add(GroupSpec{ProjectID: project, Name: "G9", Ordinal: 9, Creator: li, Created: at(2)})
		w.RenameGroup(child, "组 4", bo, at(3600))
		w.DeleteGroup(root, at(7200))
	}
	ids := func(groups []GroupTruth) (root, child, nine string) { return groups[1].ID, groups[2].ID, groups[0].ID }
	truth := c.tenant.Truth(at(3600))
	root, child, nine := ids(truth.PipelineGroups)
	row := func(id, name, parent, path, ordinal, updater, created, updated, children string) string {
		return `{"id":"` + id + `","domain_id":"` + w.TenantID() + `","project_id":"` + project + `","name":"` + name + `","parent_id":` + parent + `,"path_id":"` + path +
			`","ordinal":` + ordinal + `,` + updater + `,"create_time":` + created + `,"update_time":` + updated + `,"children":` + children + `}`
	}
	creator := `"creator":"` + li.ID + `",`
	inner := row(child, "组 4", `"`+root+`"`, root+"."+child, "0", creator+`"update":"`+bo.ID+`"`, "1772604001000", "1772607600000", "null")
	want := `[` + row(nine, "G9", `""`, nine, "9", creator+`"updater":null`, "1772604002000", "null", "null") + `,` +
		row(root, "G2", `""`, root, "1", creator+`"updater":null`, "1772604000000", "null", "["+inner+"]") + `]`
	c.clock.set(at(3600))
	if _, body := c.send("GET", "/v5/"+project+"/api/pipeline-group/tree", "", nil); string(body) != want {
		t.Errorf("pipeline groups are\n%s\nwant\n%s", body, want)
	}
	pipeline := w.AddPipeline(PipelineSpec{ProjectID: project, Name: "p", GroupID: child, Created: at(2), Stages: []StageSpec{{Name: "S"}}})
	w.AddRun(Run{PipelineID: pipeline, Start: at(3), Stages: []StageAttempt{done(0, 3, 4)}})
	var detail struct {
		ID   string `json:"group_id"`
		Name string `json:"group_name"`
	}
	if c.get("GET", "/v5/"+project+"/api/pipelines/"+pipeline+"/pipeline-runs/detail", "", &detail); detail.ID != child || detail.Name != "组 4" {
		t.Errorf("the detail of a run names the group %+v, want %s", detail, child)
	}
	root, child, nine = ids(truth.BuildGroups)
	creator = `"create_user":"li",`
	inner = row(child, "组 4", `"`+root+`"`, root+"."+child, "0", creator+`"update_user":"bo"`, `"2026-03-04T14:00:01+0800"`, `"2026-03-04T15:00:00+0800"`, "null")
	want = `{"result":[` + row(nine, "G9", "null", nine, "9", creator+`"update_user":null`, `"2026-03-04T14:00:02+0800"`, "null", "null") + `,` +
		row(root, "G2", "null", root, "1", creator+`"update_user":null`, `"2026-03-04T14:00:00+0800"`, "null", "["+inner+"]") + `],"error":null,"status":"success"}`
	if _, body := c.send("GET", "/v1/job/"+project+"/group/tree", "", nil); string(body) != want {
		t.Errorf("build groups are\n%s\nwant\n%s", body, want)
	}
	if after := c.tenant.Truth(at(7200)); len(after.PipelineGroups) != 1 || len(after.BuildGroups) != 1 {
		t.Errorf("after the root's end there are %v and %v", after.PipelineGroups, after.BuildGroups)
	}
}

// TestBuildTenants follows a tenant whose package changes.
func TestBuildTenants(t *testing.T) {
	c := newCaller(t, Options{Region: "eu-west-101"})
	w := c.tenant.World()
	one := BuildTenant{
		DomainID: "82a38fff58f84bb4a39566235f2c14a3", DomainName: "one", FreeQuota: true, Status: 1, PackageType: "CODEARTS_FREE", DomainType: 1,
		BusinessType: "NORMAL", AllowCustomEnv: 1, SpecThreshold: `[{"spec":"a","threshold":1000}, {"spec":"b"}]`,
	}
	two := one
	two.DomainID, two.DomainName = "60021bab32fd450aa2cb89226f425e06", "two"
	w.SetBuildTenant(at(0), one)
	w.SetBuildTenant(at(0), two)
	one.PackageType = "CODEARTS_BASIC"
	w.SetBuildTenant(at(10), one)
	ask := func(body string) (ids []string, kind string) {
		var reply struct {
			Status string
			Result []object
		}
		c.get("POST", "/v1/domain/domains-statuses", body, &reply)
		for _, row := range reply.Result {
			ids = append(ids, row["domain_name"].(string))
			if row["domain_name"] == "one" {
				kind = row["package_type"].(string)
				want := object{
					"service_name": "CodeCI", "domain_id": one.DomainID, "domain_name": "one", "free_quota": true, "free_package_quota": false, "status": 1.0,
					"is_federation": 0.0, "is_whitelist": 0.0, "region": "eu-west-101", "package_type": kind, "domain_type": 1.0, "domain_business_type": "NORMAL",
					"domain_malicious_docker_args": nil, "allow_custom_env": 1.0, "spec_threshold": one.SpecThreshold,
				}
				if !reflect.DeepEqual(row, want) {
					t.Errorf("row is %v, want %v", row, want)
				}
			}
		}
		return ids, kind
	}
	if ids, kind := ask(""); !slices.Equal(ids, []string{"one", "two"}) || kind != "CODEARTS_FREE" {
		t.Errorf("all: %v %s", ids, kind)
	}
	c.clock.set(at(10))
	if ids, kind := ask(`{"domain_ids":"82a38fff58f84bb4a39566235f2c14a3, x"}`); !slices.Equal(ids, []string{"one"}) || kind != "CODEARTS_BASIC" {
		t.Errorf("one: %v %s", ids, kind)
	}
}
