package codeartstest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// policyTime is the layout of the zone-less times of rules and rule sets.
const policyTime = "2006-01-02T15:04:05"

// systemUser is who made what CodeArts brings along.
var systemUser = User{ID: "system", Name: "system"}

// policy is something that people edit: a rule, a rule set, an open-source policy, a template, a publisher or a plug-in. Every
// edit gives it a new version.
type policy[T cloner[T]] struct {
	id        string
	projectID string // "" if it belongs to the tenant
	edits     history[edit[T]]
	deleted   time.Time // zero means never
}

// cloner is a value of which a script may keep and change its own copy.
type cloner[T any] interface{ clone() T }

// edit is one edit of a policy: what it became and who did that.
type edit[T any] struct {
	by      User
	version string
	value   T
}

// policyState is a policy as it is at a time.
type policyState[T any] struct {
	id, projectID    string
	version          string
	creator, updater User
	created, updated time.Time
	value            T
}

// stateAt is the policy at t; false if it does not exist then.
func (p *policy[T]) stateAt(t time.Time) (policyState[T], bool) {
	last, ok := p.edits.last(t)
	if !ok || !p.deleted.IsZero() && !t.Before(p.deleted) {
		return policyState[T]{}, false
	}
	first := p.edits[0]
	return policyState[T]{
		id: p.id, projectID: p.projectID, version: last.value.version, creator: first.value.by, updater: last.value.by,
		created: first.at, updated: last.at, value: last.value.value,
	}, true
}

// setPolicy adds a policy or edits it from a time on and returns its id. An empty id is derived from the kind.
func setPolicy[T cloner[T]](w *World, list *[]*policy[T], kind, id, project string, at time.Time, by User, value T) string {
	if by == (User{}) {
		by = w.user(0)
	}
	if id == "" {
		id = w.id(kind, project, len(*list))
	}
	at = at.UTC().Truncate(time.Second)
	i := slices.IndexFunc(*list, func(p *policy[T]) bool { return p.id == id })
	if i < 0 {
		i = len(*list)
		*list = append(*list, &policy[T]{id: id, projectID: project})
	}
	(*list)[i].edits.set(at, edit[T]{by, w.id("version", id, at.Unix()), value.clone()})
	return id
}

// deletePolicy takes a policy away from a time on.
func deletePolicy[T cloner[T]](list []*policy[T], id string, at time.Time) {
	i := slices.IndexFunc(list, func(p *policy[T]) bool { return p.id == id })
	if i < 0 {
		panic("codeartstest: no such rule, rule set, template, publisher or plug-in: " + id)
	}
	list[i].deleted = at.UTC().Truncate(time.Second)
}

// findPolicy is the policy of an id at t; false if there is none or it belongs elsewhere.
func findPolicy[T cloner[T]](list []*policy[T], project, id string, t time.Time) (policyState[T], bool) {
	for _, p := range list {
		if p.id == id && p.projectID == project {
			return p.stateAt(t)
		}
	}
	return policyState[T]{}, false
}

// listPolicies are the policies at t that pass a filter, the last edited first, as the printed lists have them.
func listPolicies[T cloner[T]](list []*policy[T], t time.Time, keep func(policyState[T]) bool) []policyState[T] {
	var found []policyState[T]
	for _, p := range list {
		if state, ok := p.stateAt(t); ok && keep(state) {
			found = append(found, state)
		}
	}
	slices.SortFunc(found, func(a, b policyState[T]) int {
		return cmp.Or(b.updated.Compare(a.updated), cmp.Compare(a.id, b.id))
	})
	return found
}

// policyPage is the answer of the lists of Pipeline API 4.4 to 4.8: neither offset nor limit is repeated.
type policyPage[R any] struct {
	Data  []R `json:"data"`
	Total int `json:"total"`
}

// answerPage answers with the part of a list that the query asks for. usual is the limit of a query that names none; if it
// is "", offset and limit are mandatory.
func answerPage[T cloner[T], R any](t *Tenant, r *request, usual string, found []policyState[T], row func(policyState[T]) R) response {
	first := ""
	if usual != "" {
		first = "0"
	}
	offset, err := strconv.Atoi(cmp.Or(r.query.Get("offset"), first))
	if err != nil || offset < 0 {
		return invalidBody()
	}
	limit, err := strconv.Atoi(cmp.Or(r.query.Get("limit"), usual))
	if err != nil || limit < 1 {
		return invalidBody()
	}
	limit = min(limit, t.options.MaxPolicyPage)
	found = asFound(t, r, found, offset, limit)
	reply := policyPage[R]{Data: []R{}, Total: len(found)}
	for _, state := range page(found, offset, limit) {
		reply.Data = append(reply.Data, row(state))
	}
	return answer(http.StatusOK, reply)
}

// missing is the answer to a detail of something that is not there.
func missing() response {
	return failure(http.StatusOK, "DEVCP.00012002", "The related record does not exist in the database.")
}

// foreign refuses a path of another tenant; nil if it is this one's.
func (t *Tenant) foreign(r *request) *response {
	if r.PathValue("domain") == t.world.tenant {
		return nil
	}
	refusal := failure(http.StatusOK, "DEVCP.00014031", "Insufficient permission.")
	return &refusal
}

// editor tells by which of two keys the last editor is sent.
func (t *Tenant) editor(id string, printed Spelling) (updater, update *string) {
	if t.spelling(printed) == SpellingUpdate {
		return nil, &id
	}
	return &id, nil
}

// spelling is the one that the API's example has, unless the options choose one for all or the other one.
func (t *Tenant) spelling(printed Spelling) Spelling {
	switch {
	case t.options.Spelling != SpellingMixed:
		return t.options.Spelling
	case !t.options.has(QuirkSpelling):
		return printed
	case printed == SpellingUpdate:
		return SpellingUpdater
	}
	return SpellingUpdate
}

// local is a time as rules and rule sets print it.
func (t *Tenant) local(at time.Time) string { return at.In(t.options.Zone).Format(policyTime) }
