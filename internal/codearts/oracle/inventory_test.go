package oracle

import (
	"strconv"
	"testing"

	buildmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3/model"
	repomodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsrepo/v4/model"
	iammodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
	projectmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/projectman/v4/model"
)

// TestBuildTenants: Build: Querying the Status of Other Tenants, of all and of one.
func TestBuildTenants(t *testing.T) {
	w := newTenant(t)
	for _, asked := range []string{"", w.truth.BuildTenants[0].DomainID} {
		answer, err := w.build.ShowDomainsStatuses(&buildmodel.ShowDomainsStatusesRequest{Body: &buildmodel.DomainsStatusesRequestBody{DomainIds: &asked}})
		if must(w, answer, err); *answer.Status != "success" || answer.Error != nil {
			t.Errorf("the envelope is %v", answer)
		}
		rows := w.byKey(again[[]object](w, answer.Result), "domain_id")
		for _, b := range w.truth.BuildTenants {
			if asked != "" && b.DomainID != asked {
				continue
			}
			w.equal(b.DomainName, rows[b.DomainID], object{
				"domain_name": b.DomainName, "free_quota": b.FreeQuota, "free_package_quota": b.FreePackageQuota, "status": b.Status,
				"is_federation": b.IsFederation, "is_whitelist": b.IsWhitelist, "package_type": b.PackageType, "domain_type": b.DomainType,
				"domain_business_type": b.BusinessType, "allow_custom_env": b.AllowCustomEnv, "spec_threshold": b.SpecThreshold, "service_name": "CodeCI",
			})
			delete(rows, b.DomainID)
		}
		if len(rows) != 0 {
			t.Errorf("asked for %q, and there are %v too", asked, rows)
		}
	}
}

// TestBuildGroups: Build: Querying a Group Tree.
func TestBuildGroups(t *testing.T) {
	w := newTenant(t)
	compared := 0
	for _, project := range w.truth.Projects {
		answer, err := w.build.ListGroupTree(&buildmodel.ListGroupTreeRequest{ProjectId: project.ID})
		rows := w.byKey(flat(again[[]any](w, must(w, answer, err).Result)), "id")
		for _, g := range w.truth.BuildGroups {
			if g.ProjectID != project.ID {
				continue
			}
			compared++
			want := object{
				"name": g.Name, "parent_id": orNil(g.ParentID), "path_id": g.PathID, "ordinal": g.Ordinal, "create_user": g.Creator.Name,
				"update_user": orNil(g.Updater.Name), "create_time": g.Created.In(china).Format("2006-01-02T15:04:05-0700"), "update_time": nil,
			}
			if !g.Updated.IsZero() {
				want["update_time"] = g.Updated.In(china).Format("2006-01-02T15:04:05-0700")
			}
			w.equal("group "+g.Name, rows[g.ID], want)
			delete(rows, g.ID)
		}
		if len(rows) != 0 {
			t.Errorf("groups that the truth does not have: %v", rows)
		}
	}
	if compared != len(w.truth.BuildGroups) || compared == 0 {
		t.Errorf("%d groups of %d were compared", compared, len(w.truth.BuildGroups))
	}
}

// TestRepositories: Repo: Obtaining the Tenant Repository List in pages, whose total is in a header.
func TestRepositories(t *testing.T) {
	w := newTenant(t)
	rows := w.byKey(w.walk("repositories", len(w.truth.Repositories), 2, func(offset, limit int) (any, int) {
		answer, err := w.repo.ListTenantRepositories(&repomodel.ListTenantRepositoriesRequest{Offset: to(int32(offset)), Limit: to(int32(limit))})
		total, err2 := strconv.Atoi(*must(w, answer, err).XTotal)
		return answer.Body, must(w, total, err2)
	}), "repository_name")
	for _, r := range w.truth.Repositories {
		w.equal(r.Name, rows[r.Name], object{
			"repository_id": r.ID, "project_id": r.ProjectID, "project_name": r.ProjectName, "owner": r.Owner, "member_number": r.Members,
			"status": r.Status, "capacity": r.SizeMB, "create_time": r.Created.In(china).Format("2006-01-02T15:04:05.000-07:00"),
		})
	}
}

// TestProjects: Req: Querying the Project List in pages.
func TestProjects(t *testing.T) {
	w := newTenant(t)
	rows := w.byKey(w.walk("projects", len(w.truth.Projects), 1, func(offset, limit int) (any, int) {
		answer, err := w.projectman.ListProjectsV4(&projectmodel.ListProjectsV4Request{Offset: int32(offset), Limit: int32(limit)})
		return must(w, answer, err).Projects, int(*answer.Total)
	}), "project_id")
	for _, p := range w.truth.Projects {
		row := rows[p.ID]
		w.equal(p.Name, row, object{"project_name": p.Name, "project_num_id": p.Number, "project_type": p.Type, "created_time": p.Created, "updated_time": p.Updated})
		creator, _ := row["creator"].(object)
		w.equal("creator of "+p.Name, creator, object{"user_id": p.Creator.ID, "user_name": p.Creator.Name, "domain_id": w.truth.TenantID})
	}
}

// TestIAM: the sign-in, whose token is in a header, and Querying the IAM Projects.
func TestIAM(t *testing.T) {
	w := newTenant(t)
	o := w.sim.Options()
	answer, err := w.iam.KeystoneCreateUserTokenByPassword(&iammodel.KeystoneCreateUserTokenByPasswordRequest{Body: &iammodel.KeystoneCreateUserTokenByPasswordRequestBody{
		Auth: &iammodel.PwdAuth{
			Identity: &iammodel.PwdIdentity{
				Methods: []iammodel.PwdIdentityMethods{iammodel.GetPwdIdentityMethodsEnum().PASSWORD},
				Password: &iammodel.PwdPassword{User: &iammodel.PwdPasswordUser{
					Name: o.User, Password: o.Password, Domain: &iammodel.PwdPasswordUserDomain{Name: o.Domain},
				}},
			},
			Scope: &iammodel.AuthScope{Project: &iammodel.AuthScopeProject{Name: &o.Region}},
		},
	}})
	if must(w, answer, err); len(*answer.XSubjectToken) != o.TokenLength || answer.HttpStatusCode != 201 {
		t.Errorf("%d, a token of %d characters", answer.HttpStatusCode, len(*answer.XSubjectToken))
	}
	w.equal("token", again[object](w, answer.Token), object{"expires_at": w.truth.At.Add(o.TokenLife).Format("2006-01-02T15:04:05.000000Z"), "methods": []any{"password"}})
	projects, err := w.iam.KeystoneListProjects(&iammodel.KeystoneListProjectsRequest{})
	rows := again[[]object](w, must(w, projects, err).Projects)
	if len(rows) != 1 {
		t.Fatalf("projects %v", rows)
	}
	w.equal("iam project", rows[0], object{"name": o.Region, "domain_id": w.truth.TenantID, "enabled": true, "is_domain": false})
}
