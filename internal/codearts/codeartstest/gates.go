package codeartstest

import (
	"net/http"
	"slices"
	"time"
)

// GateItem is one threshold of a Check gate. The compare type is always ≤.
type GateItem struct {
	Name    string // as Check spells it, "Member of major issues." included
	Enabled bool
	Value   int
}

// defaultGate is the gate that the tenant and every project begin with.
func defaultGate() []GateItem {
	return []GateItem{
		{"Number of critical issues.", true, 0},
		{"Member of major issues.", true, 3},
		{"Number of minor issues.", true, 20},
		{"Number of suggestions.", false, 50},
	}
}

// SetGate gives the tenant (projectID "") or a project a gate configuration from a time on.
func (w *World) SetGate(projectID string, at time.Time, items []GateItem) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.setGate(projectID, at, items)
}

func (w *World) setGate(projectID string, at time.Time, items []GateItem) {
	gate := &w.tenantGate
	if projectID != "" {
		gate = &w.mustProject(projectID).gate
	}
	gate.set(at.UTC(), slices.Clone(items))
}

// gateRow is a row of Check: Querying Tenant or Project Gate Configuration.
type gateRow struct {
	CompareType string `json:"compareType"`
	IsCheck     int    `json:"isCheck"`
	Name        string `json:"name"`
	Value       int    `json:"value"`
}

// gate answers Check: Querying Tenant or Project Gate Configuration.
func (t *Tenant) gate(r *request) response {
	var gate history[[]GateItem]
	switch r.query.Get("is_check_project") {
	case "0":
		if domain := r.query.Get("domain_id"); domain != "" && domain != t.world.tenant {
			return gateParameter()
		}
		gate = t.world.tenantGate
	case "1":
		p := t.world.findProject(r.query.Get("project_id"))
		if p == nil || !p.existsAt(r.now) {
			return gateParameter()
		}
		if !p.joinedAt(r.now) {
			return failure(http.StatusForbidden, "CC.00000005", "No permission.")
		}
		gate = p.gate
	default:
		return gateParameter()
	}
	items, _ := gate.at(r.now)
	rows := []gateRow{}
	for _, item := range items {
		row := gateRow{CompareType: "≤", Name: item.Name, Value: item.Value}
		if item.Enabled {
			row.IsCheck = 1
		}
		rows = append(rows, row)
	}
	type result struct {
		ReviewInfo []gateRow `json:"review_info"`
	}
	return answer(http.StatusOK, struct {
		HTTPStatus string `json:"httpStatus"`
		Result     result `json:"result"`
		Status     string `json:"status"`
	}{"OK", result{rows}, "success"})
}

func gateParameter() response {
	return failure(http.StatusBadRequest, "CC.00000000.400", "Verify request parameter failed. Check whether the request parameters are correct.")
}
