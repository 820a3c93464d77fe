package codeartstest

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Publisher is somebody under whose name plug-ins are published.
type Publisher struct {
	Name        string
	EnglishName string
	Description string
	Website     string
	SupportURL  string
	AuthStatus  string // such as processing
	Available   bool   // the tenant may publish under its name
}

func (p Publisher) clone() Publisher { return p }

// SetPublisher adds a publisher (id "") or edits it from a time on, and returns its id.
func (w *World) SetPublisher(id string, at time.Time, by User, publisher Publisher) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return setPolicy(w, &w.publishers, "publisher", id, "", at, by, publisher)
}

// DeletePublisher takes a publisher away from a time on.
func (w *World) DeletePublisher(id string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	deletePolicy(w.publishers, id, at)
}

// publisherRow is a PublisherVO of Pipeline API 4.9.12, 4.9.13 and 4.9.25. The form of last_update_time is not printed; here
// it is that of op_time.
type publisherRow struct {
	ID          string `json:"publisher_unique_id"`
	UserID      string `json:"user_id"`
	TenantID    string `json:"tenant_id"`
	Description string `json:"description"`
	LogoURL     string `json:"logo_url"`
	Website     string `json:"website"`
	SupportURL  string `json:"support_url"`
	SourceURL   string `json:"source_url"`
	EnglishName string `json:"en_name"`
	Name        string `json:"name"`
	AuthStatus  string `json:"auth_status"`
	IsDelete    int    `json:"is_delete"`
	UpdaterName string `json:"last_update_user_name"`
	UpdaterID   string `json:"last_update_user_id"`
	UpdateTime  string `json:"last_update_time"`
}

func (t *Tenant) publisherRow(s policyState[Publisher]) publisherRow {
	return publisherRow{
		ID: s.id, UserID: s.creator.ID, TenantID: t.world.tenant, Description: s.value.Description, Website: s.value.Website,
		SupportURL: s.value.SupportURL, EnglishName: s.value.EnglishName, Name: s.value.Name, AuthStatus: s.value.AuthStatus,
		UpdaterName: s.updater.Name, UpdaterID: s.updater.ID, UpdateTime: opTime(s.updated),
	}
}

// opTime is a time as plug-ins and publishers print it: milliseconds in a text.
func opTime(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }

// publisherList answers Pipeline API 4.9.12.
func (t *Tenant) publisherList(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	found := listPolicies(t.world.publishers, r.now, func(s policyState[Publisher]) bool { return contains(s.value.Name, r.query.Get("name")) })
	return answerExtensions(t, r, found, t.publisherRow)
}

// availablePublishers answers Pipeline API 4.9.13: a bare array.
func (t *Tenant) availablePublishers(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	rows := []publisherRow{}
	for _, s := range listPolicies(t.world.publishers, r.now, func(s policyState[Publisher]) bool { return s.value.Available }) {
		rows = append(rows, t.publisherRow(s))
	}
	return answer(http.StatusOK, rows)
}

// publisherDetails answers Pipeline API 4.9.25; who does not exist is left out.
func (t *Tenant) publisherDetails(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	var ids []string
	if err := decodeBody(r, &ids); err != nil || len(ids) > t.options.MaxBatch {
		return invalidBody()
	}
	details := map[string]publisherRow{}
	for _, s := range listPolicies(t.world.publishers, r.now, func(s policyState[Publisher]) bool { return slices.Contains(ids, s.id) }) {
		details[s.id] = t.publisherRow(s)
	}
	return answer(http.StatusOK, map[string]any{"publisher_detail_map": details})
}

// extensionPage is the answer of the lists of Pipeline API 4.9.
type extensionPage[R any] struct {
	Offset int `json:"offset"`
	Limit  int `json:"limit"`
	Total  int `json:"total"`
	Data   []R `json:"data"`
}

// answerExtensions answers with the part of a list that the query asks for, in texts; the limit may be smaller than asked.
func answerExtensions[S, R any](t *Tenant, r *request, found []S, row func(S) R) response {
	offset, asked, ok := extent(r)
	if !ok {
		return invalidBody()
	}
	limit := min(asked, t.options.MaxPolicyPage)
	found = asFound(t, r, found, offset, limit)
	reply := extensionPage[R]{Offset: offset, Limit: t.limit(asked, limit), Total: len(found), Data: []R{}}
	for _, s := range page(found, offset, limit) {
		reply.Data = append(reply.Data, row(s))
	}
	return answer(http.StatusOK, reply)
}

// extent is the part of a list that a query asks for; both numbers may be left out.
func extent(r *request) (offset, limit int, ok bool) {
	limit = 10
	for key, n := range map[string]*int{"offset": &offset, "limit": &limit} {
		if text := r.query.Get(key); text != "" {
			var err error
			if *n, err = strconv.Atoi(text); err != nil {
				return 0, 0, false
			}
		}
	}
	return offset, limit, offset >= 0 && limit >= 1
}
