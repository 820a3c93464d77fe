package incidents

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"artery/internal/events"
)

// Options are what the endpoint is made of.
type Options struct {
	Token   string            // that every request has to bear
	Tenants map[string]Tenant // by name
	Now     func() time.Time
	Slog    *slog.Logger
	Metrics *Metrics
}

// Tenant is where the incidents of a tenant go.
type Tenant struct {
	Mapping Mapping
	// Take returns once the log has what was sent: how much of it was new. What is sent depends on the incidents that are known.
	Take func(ctx context.Context, sent func(known iter.Seq2[string, events.Head]) []events.Snapshot) (changed int, err error)
}

const (
	// maxBody bounds a request. An alert has a few kilobytes.
	maxBody = 4 << 20
	// patience bounds the append; Alertmanager gives up after its group_interval, and sends again.
	patience = 20 * time.Second
)

// Handler is the endpoint:
//
//	POST /v1/<tenant>/alertmanager   a webhook notification of Alertmanager, version 4
//	POST /v1/<tenant>/incidents      one incident in the plain form, or a list of them
func Handler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/{tenant}/alertmanager", func(w http.ResponseWriter, r *http.Request) {
		o.serve(w, r, form{name: "alertmanager", items: readNotification, keep: true, item: func(t Tenant, raw json.RawMessage) (report, error) {
			return t.Mapping.readAlert(raw)
		}})
	})
	mux.HandleFunc("POST /v1/{tenant}/incidents", func(w http.ResponseWriter, r *http.Request) {
		o.serve(w, r, form{name: "plain", items: readPlain, item: func(_ Tenant, raw json.RawMessage) (report, error) {
			return readIncident(raw)
		}})
	})
	return o.authorized(mux)
}

// form is a form of reports.
type form struct {
	name  string
	items func(body []byte) ([]json.RawMessage, error)
	item  func(Tenant, json.RawMessage) (report, error)
	keep  bool // what is refused is kept as an odd row, because the sender reads no answer
}

// reply is the body of an answer.
type reply struct {
	Taken   int       `json:"taken"`   // reports of the request that the log has now
	Changed int       `json:"changed"` // of which said something new
	Refused []refusal `json:"refused,omitempty"`
	Error   string    `json:"error,omitempty"`
}

type refusal struct {
	Item   int    `json:"item"` // its place in the request, from 0
	Reason string `json:"reason"`
}

// authorized lets nobody through without the token. The digests are compared, so that the time tells nothing of it.
func (o Options) authorized(next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(o.Token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, bears := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(token))
		if !bears || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			o.answer(w, http.StatusUnauthorized, reply{Error: "the request bears another token than incidents.token of the collector's configuration; send it as Authorization: Bearer ..."})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (o Options) serve(w http.ResponseWriter, r *http.Request, f form) {
	at := o.Now() // of two reports of an incident the later request counts, however long each waits for the log
	name := r.PathValue("tenant")
	tenant, known := o.Tenants[name]
	if !known {
		o.answer(w, http.StatusNotFound, reply{Error: "there is no tenant of this name; the path is /v1/<name of a tenant in the configuration>/" + strings.TrimPrefix(r.URL.Path, "/v1/"+name+"/")})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		o.answer(w, http.StatusRequestEntityTooLarge, reply{Error: "the request has more than " + strconv.Itoa(maxBody) + " bytes; send fewer incidents at once"})
		return
	case err != nil:
		o.answer(w, http.StatusBadRequest, reply{Error: "reading the request: " + err.Error()})
		return
	}
	log := o.Slog.With("tenant", name, "form", f.name)
	items, err := f.items(body)
	var left truncated
	switch {
	case errors.As(err, &left):
		log.Warn("incidents are missing from a notification", "err", left)
		o.Metrics.reports.WithLabelValues(name, f.name, "left out").Add(float64(left))
	case err != nil:
		o.answer(w, http.StatusBadRequest, reply{Error: err.Error()})
		return
	}
	out, reports, odd := f.read(tenant, items, at, log)
	if len(reports)+len(odd) > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		if out.Changed, err = tenant.Take(ctx, send(reports, odd)); err != nil {
			log.Warn("incidents could not be appended; the sender is to send them again", "err", err)
			o.Metrics.reports.WithLabelValues(name, f.name, "failed").Add(float64(len(items)))
			w.Header().Set("Retry-After", "10")
			o.answer(w, http.StatusServiceUnavailable, reply{Error: "the log does not take it now; send the same again, nothing is doubled"})
			return
		}
	}
	o.Metrics.reports.WithLabelValues(name, f.name, "taken").Add(float64(out.Taken))
	o.Metrics.reports.WithLabelValues(name, f.name, "refused").Add(float64(len(out.Refused)))
	switch {
	case len(out.Refused) == 0:
		o.answer(w, http.StatusOK, out)
	case out.Taken > 0:
		o.answer(w, http.StatusMultiStatus, out)
	default:
		o.answer(w, http.StatusBadRequest, out)
	}
}

// read makes reports of the items; those that are refused hold up no others.
func (f form) read(t Tenant, items []json.RawMessage, at time.Time, log *slog.Logger) (out reply, reports []report, refused []events.Snapshot) {
	for i, raw := range items {
		r, err := f.item(t, raw)
		if err == nil {
			r.raw, r.at = raw, at
			_, err = r.snapshot()
		}
		if err == nil {
			out.Taken++
			reports = append(reports, r)
			continue
		}
		log.Warn("an incident was refused", "item", i, "err", err)
		out.Refused = append(out.Refused, refusal{i, err.Error()})
		if !f.keep {
			continue
		}
		odd, err := events.OddRow{Kind: events.Incident, API: f.name, Poller: "incidents", Reason: err.Error(), Position: i, At: at, Raw: raw}.Snapshots()
		if err != nil {
			log.Warn("a refused incident could not be kept", "item", i, "err", err)
		}
		refused = append(refused, odd...)
	}
	return out, reports, refused
}

// send makes the snapshots of reports, each of the incident that is known already, and adds those of odd rows.
func send(reports []report, odd []events.Snapshot) func(iter.Seq2[string, events.Head]) []events.Snapshot {
	return func(known iter.Seq2[string, events.Head]) []events.Snapshot {
		sent, fired := slices.Clone(odd), firings(known, reports)
		for _, r := range reports {
			// It was checked as it came, and what is known is neither longer nor before 2000.
			if s, err := r.recognise(fired[r.fingerprint]).snapshot(); err == nil {
				sent = append(sent, s)
			}
		}
		return sent
	}
}

func (o Options) answer(w http.ResponseWriter, status int, r reply) {
	o.Metrics.requests.WithLabelValues(strconv.Itoa(status)).Inc()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(r) // the sender is gone: it sends again
}
