package codeartstest

import (
	"net/http"
	"strings"
	"time"
)

// passing is the fault that the quirks give to this call, if it is its turn.
func (t *Tenant) passing(api API) *Fault {
	var on []Quirk
	for _, q := range Quirks() {
		if q.Kind == QuirkOfPassing && t.options.has(q.Name) {
			on = append(on, q.Name)
		}
	}
	if len(on) == 0 {
		return nil
	}
	t.mu.Lock()
	t.turns[string(api)]++
	hit := t.turns[string(api)]%quirkPeriod == 0
	if hit {
		t.passed++
	}
	quirk := on[t.passed%len(on)]
	t.mu.Unlock()
	if !hit {
		return nil
	}
	switch quirk {
	case QuirkBusy:
		return &Fault{Kind: FaultErrorCode}
	case QuirkBusyNested:
		return &Fault{Kind: FaultErrorNested, Code: "DEVPIPE.00011127"}
	case QuirkThrottle:
		return &Fault{Kind: FaultStatus, Status: http.StatusTooManyRequests, Code: "APIGW.0308", RetryAfter: "1"}
	case QuirkThrottleDate:
		return &Fault{Kind: FaultStatus, Status: http.StatusTooManyRequests, Code: "APIGW.0308", RetryAfter: t.now().Add(time.Second).UTC().Format(http.TimeFormat)}
	case QuirkFrequent:
		return &Fault{Kind: FaultStatus, Status: http.StatusInternalServerError, Body: `{"error_code":"COCT.0070003","error_msg":"Frequent access. Please wait."}`}
	case QuirkGateway:
		return &Fault{Kind: FaultStatus, Status: http.StatusBadGateway}
	case QuirkTruncated:
		return &Fault{Kind: FaultTruncate}
	case QuirkCutJSON:
		return &Fault{Kind: FaultCut}
	case QuirkDropped:
		return &Fault{Kind: FaultDrop}
	case QuirkSlowBody:
		return &Fault{Kind: FaultSlow}
	case QuirkHungBody:
		return &Fault{Kind: FaultHangBody}
	case QuirkHung:
		return &Fault{Kind: FaultHang}
	case QuirkRevoked:
		t.RevokeTokens()
	}
	return nil
}

// now is the clock that the server shows and compares signatures with; the world follows Options.Now alone.
func (t *Tenant) now() time.Time {
	now := t.options.Now()
	if t.options.has(QuirkSkew) {
		now = now.Add(quirkSkew)
	}
	return now
}

// published tells whether the region has an API.
func (t *Tenant) published(api API) bool {
	return !t.options.has(QuirkMissingAPI) || !strings.Contains(string(api), "open-source")
}

// turn counts the calls of an API, or of one of its lists, that a quirk is about.
func (t *Tenant) turn(name string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turns[name]++
	return t.turns[name]
}

// asFound is a list as the page that begins at offset finds it: with QuirkShiftingRows not every page of a walk finds the same.
// A list of hardly more than a page is left alone, for its first page would be all of a wrong list.
func asFound[T any](t *Tenant, r *request, rows []T, offset, limit int) []T {
	if !t.options.has(QuirkShiftingRows) || len(rows) < limit+2 {
		return rows
	}
	list := "list " + r.URL.Path
	var walk int
	if offset == 0 {
		walk = t.turn(list)
	} else {
		t.mu.Lock()
		walk = t.turns[list]
		t.mu.Unlock()
	}
	switch added, removed := walk%3 == 1, walk%3 == 2; {
	case added && offset == 0, removed && offset > 0:
		return rows[1:]
	}
	return rows
}

// missingStatuses leaves every third row out, other ones each time.
func (t *Tenant) missingStatuses(rows []runRow) []runRow {
	if !t.options.has(QuirkMissingStatus) {
		return rows
	}
	turn := t.turn("missing statuses")
	shown := []runRow{}
	for i, row := range rows {
		if (i+turn)%3 != 0 {
			shown = append(shown, row)
		}
	}
	return shown
}

// limit is the limit that a list says it has used.
func (t *Tenant) limit(asked, used int) int {
	if t.options.has(QuirkEchoedLimit) {
		return asked
	}
	return used
}
