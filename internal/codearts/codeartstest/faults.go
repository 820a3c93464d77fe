package codeartstest

import (
	"bytes"
	"compress/gzip"
	"net/http"
)

// FaultKind is what goes wrong with a call.
type FaultKind int

// The vocabulary of faults.
const (
	FaultStatus      FaultKind = iota // answer Status with Body, or an APIGW error body if Body is ""
	FaultErrorCode                    // HTTP 200 with {"error_code":Code,"error_msg":..}
	FaultErrorNested                  // HTTP 200 with {"error":{"code":Code,"message":..}}
	FaultEmptyList                    // HTTP 200 with total 0 and no rows, as for a lost membership; for 4.2.4, 4.2.7 and the lists of 4.1 and 4.4 to 4.8
	FaultHang                         // no answer until the caller gives up
	FaultTruncate                     // the connection ends in the middle of the answer's body
	FaultGzip                         // the answer is compressed, asked for or not
	FaultDrop                         // the call is processed, then the connection ends without an answer
)

// Fault is a scripted fault of one API.
type Fault struct {
	Kind       FaultKind
	Times      int    // how many calls it hits; 0 means one, below 0 every call until Heal
	Status     int    // of FaultStatus
	Code       string // error code; "" means one that fits
	Body       string // of FaultStatus
	RetryAfter string // header of FaultStatus: seconds or an HTTP date; "" means none
}

// Inject adds a fault to an API, behind those that are there.
func (t *Tenant) Inject(api API, fault Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if fault.Times == 0 {
		fault.Times = 1
	}
	t.faults[api] = append(t.faults[api], fault)
}

// Heal removes all faults of all APIs.
func (t *Tenant) Heal() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.faults)
}

// nextFault takes the fault for the next call of an API; nil if there is none.
func (t *Tenant) nextFault(api API) *Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	waiting := t.faults[api]
	if len(waiting) == 0 {
		return nil
	}
	fault := waiting[0]
	if waiting[0].Times > 0 {
		waiting[0].Times--
	}
	if waiting[0].Times == 0 {
		t.faults[api] = waiting[1:]
	}
	return &fault
}

// faulty is the answer that a fault puts in the place of the right one, if it does.
func (t *Tenant) faulty(api API, fault Fault) (response, bool) {
	code := func(fallback string) string {
		if fault.Code != "" {
			return fault.Code
		}
		return fallback
	}
	switch fault.Kind {
	case FaultStatus:
		reply := t.gateway(fault.Status, code("APIGW.0602"), "Backend unavailable.")
		if fault.Body != "" {
			reply.body = []byte(fault.Body)
		}
		if fault.RetryAfter != "" {
			reply.header.Set("Retry-After", fault.RetryAfter)
		}
		return reply, true
	case FaultErrorCode:
		return failure(http.StatusOK, code("DEVPIPE.00011127"), "The system is busy. Try again later."), true
	case FaultErrorNested:
		type inner struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		}
		return answer(http.StatusOK, struct {
			Error inner `json:"error"`
		}{inner{code("DEV_21_100169"), "The project does not exist."}}), true
	case FaultEmptyList:
		switch api {
		case APIRuns:
			return answer(http.StatusOK, runPage{Limit: 10, Runs: []runRow{}}), true
		case APITemplates:
			return answer(http.StatusOK, templatePage{Limit: 10, Templates: []templateRow{}}), true
		case APIRules, APIRuleSets, APIProjectRuleSets, APIOpenSourcePolicies, APIProjectOpenSourcePolicies:
			return answer(http.StatusOK, policyPage[struct{}]{Data: []struct{}{}}), true
		}
		return pipelinePage{Limit: 10}.answer(), true
	}
	return response{}, false
}

// deliver writes an answer, or fails to in the way of the fault.
func (t *Tenant) deliver(w http.ResponseWriter, r *http.Request, reply response, fault *Fault) {
	if fault == nil {
		t.write(w, reply)
		return
	}
	switch fault.Kind {
	case FaultHang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case FaultDrop:
		panic(http.ErrAbortHandler)
	case FaultTruncate:
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.WriteHeader(reply.status)
		w.Write(reply.body[:len(reply.body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case FaultGzip:
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		z.Write(reply.body) // a bytes.Buffer does not fail
		z.Close()
		reply.body = packed.Bytes()
		reply.header.Set("Content-Encoding", "gzip")
	}
	t.write(w, reply)
}
