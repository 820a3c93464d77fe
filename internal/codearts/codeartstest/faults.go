package codeartstest

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"slices"
	"time"
)

// FaultKind is what goes wrong with a call.
type FaultKind int

// The vocabulary of faults.
const (
	FaultStatus      FaultKind = iota // answer Status with Body, or an APIGW error body if Body is ""
	FaultErrorCode                    // HTTP 200 with {"error_code":Code,"error_msg":..}
	FaultErrorNested                  // HTTP 200 with {"error":{"code":Code,"message":..}}
	FaultEmptyList                    // HTTP 200 with total 0 and no rows, as for a lost membership; for 4.2.4, 4.2.7 and the lists of 4.1, 4.4 to 4.8 and 4.9
	FaultHang                         // no answer until the caller gives up
	FaultHangBody                     // half of the answer's body, then nothing until the caller gives up
	FaultSlow                         // the answer's body comes in pieces with pauses
	FaultTruncate                     // the connection ends in the middle of the answer's body
	FaultCut                          // a complete answer whose body is the first half of the right one
	FaultGzip                         // the answer is compressed, asked for or not
	FaultDrop                         // the call is processed, then the connection ends without an answer
	FaultStale                        // the answer is as it was Behind ago, as from a replica that lags
)

// Fault is a scripted fault of one API.
type Fault struct {
	Kind       FaultKind
	Times      int           // how many calls it hits; 0 means one, below 0 every call until Heal
	Status     int           // of FaultStatus
	Code       string        // error code; "" means one that fits
	Body       string        // of FaultStatus
	RetryAfter string        // header of FaultStatus: seconds or an HTTP date; "" means none
	Behind     time.Duration // of FaultStale
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
		case APIPublishers, APIBasicPlugins, APIOptionalPlugins, APIPlugins, APIPluginVersions:
			return answer(http.StatusOK, extensionPage[struct{}]{Limit: 10, Data: []struct{}{}}), true
		}
		return pipelinePage{Limit: 10}.answer(), true
	}
	return response{}, false
}

// deliver writes an answer, or fails to in the way of the fault.
func (t *Tenant) deliver(w http.ResponseWriter, r *http.Request, reply response, fault *Fault) {
	if fault == nil {
		if t.options.has(QuirkGzip) {
			reply = t.packed(reply)
		}
		t.write(w, reply)
		return
	}
	switch fault.Kind {
	case FaultHang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case FaultHangBody:
		t.begin(w, reply, reply.body[:len(reply.body)/2])
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case FaultSlow:
		t.begin(w, reply, nil)
		for piece := range slices.Chunk(reply.body, len(reply.body)/slowPieces+1) {
			time.Sleep(slowPause)
			w.Write(piece)
			http.NewResponseController(w).Flush()
		}
		return
	case FaultCut:
		reply.body = reply.body[:len(reply.body)/2]
	case FaultDrop:
		panic(http.ErrAbortHandler)
	case FaultTruncate:
		t.begin(w, reply, reply.body[:len(reply.body)/2])
		panic(http.ErrAbortHandler)
	case FaultGzip:
		reply = t.packed(reply)
	}
	t.write(w, reply)
}

// The pieces of a slow answer and the pause before each.
const (
	slowPieces = 8
	slowPause  = 20 * time.Millisecond
)

// begin sends the head of an answer and the first part of its body, and leaves it open.
func (t *Tenant) begin(w http.ResponseWriter, reply response, part []byte) {
	t.head(w, reply)
	w.Write(part)
	http.NewResponseController(w).Flush()
}

// packed is an answer with its body compressed. A compressor is most of a megabyte: it is used again.
func (t *Tenant) packed(reply response) response {
	var body bytes.Buffer
	z, _ := t.packers.Get().(*gzip.Writer)
	if z == nil {
		z, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for an unknown level alone
	}
	defer t.packers.Put(z)
	z.Reset(&body)
	z.Write(reply.body) // a bytes.Buffer does not fail
	z.Close()
	reply.body = body.Bytes()
	reply.header.Set("Content-Encoding", "gzip")
	return reply
}
