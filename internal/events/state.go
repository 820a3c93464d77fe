package events

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Hash names a state: the first 128 bits of the SHA-256 of the normal form.
type Hash [16]byte

// String is the hash as 32 hex digits; the zero hash, before the first event, is "".
func (h Hash) String() string {
	if h == (Hash{}) {
		return ""
	}
	return hex.EncodeToString(h[:])
}

// ParseHash is the inverse of Hash.String.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if s == "" {
		return h, nil
	}
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(h) {
		return Hash{}, fmt.Errorf("parsing state hash %q: want 32 hex digits", s)
	}
	return Hash(b), nil
}

func hashOf(b []byte) (h Hash) {
	sum := sha256.Sum256(b)
	copy(h[:], sum[:])
	return h
}

// Mark is what a poll plan needs to know of an entity without its body. It travels in a header, so that a restore reads
// headers only. The fields mean what their kind says:
//
//	run, run_detail  Parent = pipeline id, Number = run_number, Status, From/To = start and end of the run
//	run_detail_stage Parent = run id, Number = position of the stage
//	step_log         Parent = run id, Number = how often it was asked for in vain, Status = LogPending and so on, From = when it was last asked for, To = end of the step
//	coverage         Number = highest run number when it was read, Status = complete or partial, From/To = the window
//	template, rule, rule_set, open_source_rule_set and their details: Status = version, To = last edit, both of the list's row
//	project          Parent = name, From/To = when it was created and updated
//	plugin, plugin_version and their details: Parent = plug-in, Number = active, Status = version, To = last edit
//	basic_plugin and its details, publisher and its detail: Parent = plug-in, Status = state hash of the list's row
//	incident         Parent = service, Status = open or resolved, From/To = its start and its end
//	commit           Parent = repository id, Status = commit id
//	commit_range     Parent = repository id, Status = from..to
//	missing, deleted of every kind: the proof so far. Parent = poll ids of the sweeps that lack it, joined by commas,
//	                 Number = how many, Status = what CodeArts answered when asked for it, From/To = when the first and last began
//	poll             Parent = poll id, Number = events that follow, From = sequence of the previous poll record
type Mark struct {
	Parent   string
	Number   int64
	Status   string
	From, To int64 // epoch milliseconds; 0 = none
}

// String is the header form, `parent|number|status|from|to`, the texts escaped as in a URL's path: a header carries
// neither line ends nor spaces at its ends. The zero mark is "".
func (m Mark) String() string {
	if m == (Mark{}) {
		return ""
	}
	return url.PathEscape(m.Parent) + "|" + strconv.FormatInt(m.Number, 10) + "|" + url.PathEscape(m.Status) + "|" +
		strconv.FormatInt(m.From, 10) + "|" + strconv.FormatInt(m.To, 10)
}

// ParseMark is the inverse of Mark.String.
func ParseMark(s string) (Mark, error) {
	if s == "" {
		return Mark{}, nil
	}
	f := strings.Split(s, "|")
	if len(f) != 5 {
		return Mark{}, fmt.Errorf("parsing mark %q: want parent|number|status|from|to", s)
	}
	var m Mark
	for _, t := range []struct {
		to   *string
		text string
	}{{&m.Parent, f[0]}, {&m.Status, f[2]}} {
		v, err := url.PathUnescape(t.text)
		if err != nil {
			return Mark{}, fmt.Errorf("parsing mark %q: %w", s, err)
		}
		*t.to = v
	}
	for _, n := range []struct {
		to   *int64
		text string
	}{{&m.Number, f[1]}, {&m.From, f[3]}, {&m.To, f[4]}} {
		v, err := strconv.ParseInt(n.text, 10, 64)
		if err != nil {
			return Mark{}, fmt.Errorf("parsing mark %q: %q is no number", s, n.text)
		}
		*n.to = v
	}
	return m, nil
}

// MaxBody is the largest body of one event, in bytes. NATS takes 1 MiB by default, headers included.
const MaxBody = 512 << 10

// MaxID is the longest id of an entity, in bytes. Ids of CodeArts have 32; NATS closes the connection of whoever sends a
// protocol line over 4 KiB, and the subject is on it, escaped.
const MaxID = 256

// MaxMark is the longest mark, in bytes of its header form. A row may not make a message too large by its status.
const MaxMark = 2 << 10

// Snapshot is one entity as a poller saw it: its canonical body without secrets, and the hash of its state.
type Snapshot struct {
	Kind Kind
	ID   string
	At   time.Time // when the API was asked: the state is at least as new
	Mark Mark
	Body []byte // nil: made of raw when an event needs it
	Hash Hash

	raw []byte // as the API gave it
}

// Again is the snapshot of the same bytes, seen at another time. It has no body: nearly always there is no event to carry it.
func (s Snapshot) Again(at time.Time) Snapshot {
	s.At, s.Body = at, nil
	return s
}

// body is the canonical body.
func (s Snapshot) body() []byte {
	if s.Body != nil || s.raw == nil {
		return s.Body
	}
	body, err := Canonical(nil, s.raw, RulesOf(s.Kind))
	if err != nil {
		panic("events: what was canonical once is so again: " + err.Error())
	}
	return body
}

// NewSnapshot makes the snapshot of an entity from the API's own bytes. It fails on what is not JSON, on an id that is
// empty or over MaxID, on a mark over MaxMark, and with ErrTooLarge on a body over MaxBody; the caller keeps that as an OddRow
// and goes on, for one odd row may not lose the others.
func NewSnapshot(kind Kind, id string, raw []byte, mark Mark, at time.Time) (Snapshot, error) {
	s, err := newSnapshot(kind, id, raw, mark, at)
	if err == nil && len(s.Body) > MaxBody {
		return Snapshot{}, fmt.Errorf("taking a snapshot of %s %s: %w: %d bytes, more than %d", kind, id, ErrTooLarge, len(s.Body), MaxBody)
	}
	return s, err
}

// newSnapshot is NewSnapshot without a limit of the body.
func newSnapshot(kind Kind, id string, raw []byte, mark Mark, at time.Time) (Snapshot, error) {
	r := RulesOf(kind)
	if r == nil {
		return Snapshot{}, fmt.Errorf("taking a snapshot of %s %q: unknown kind", kind, id)
	}
	if id == "" {
		return Snapshot{}, fmt.Errorf("taking a snapshot of a %s: the id is empty", kind)
	}
	if len(id) > MaxID {
		return Snapshot{}, fmt.Errorf("taking a snapshot of a %s: the id has %d bytes, more than %d", kind, len(id), MaxID)
	}
	if n := len(mark.String()); n > MaxMark {
		return Snapshot{}, fmt.Errorf("taking a snapshot of %s %s: what orders it has %d bytes, more than %d", kind, id, n, MaxMark)
	}
	body, err := Canonical(make([]byte, 0, len(raw)), raw, r)
	if err != nil {
		return Snapshot{}, fmt.Errorf("taking a snapshot of %s %s: %w", kind, id, err)
	}
	state, err := normal(make([]byte, 0, len(body)), body, r)
	if err != nil {
		return Snapshot{}, fmt.Errorf("taking a snapshot of %s %s: %w", kind, id, err)
	}
	return Snapshot{Kind: kind, ID: id, At: at, Mark: mark, Body: body, Hash: hashOf(state), raw: raw}, nil
}

// Head is what is known of an entity: its last event, without the body.
type Head struct {
	Seq  uint64
	At   int64 // when it was observed, epoch milliseconds
	Hash Hash
	Op   Op
	Mark Mark
}

// CoverageBody is the body of a Coverage entity: how far the execution records (Pipeline API 4.2.7) of one pipeline have
// been read. It is written in the round of the rows it speaks of and never before them, so it is never ahead of them.
type CoverageBody struct {
	PipelineID string `json:"pipeline_id"`
	From       int64  `json:"from"`        // epoch ms: every run that started at or after it ...
	To         int64  `json:"to"`          // ... and before this has been read
	Through    int64  `json:"through"`     // highest run number known when it was read
	WindowFrom int64  `json:"window_from"` // the window that was read last, by start of the runs, epoch ms, both included
	WindowTo   int64  `json:"window_to"`
	Total      int64  `json:"total"`    // rows of that window, as CodeArts says
	Seen       int64  `json:"seen"`     // rows of that window, as received
	Complete   bool   `json:"complete"` // From lies before the oldest run that CodeArts keeps
}

// PluginVersionsBody is the body of a PluginVersionList or BasicPluginVersionList: the versions that are published, as of an
// edit of the plug-in. Edit is the Mark.String of the row that led to the question, so that an edit which leaves the versions
// as they are is known to have been looked at.
type PluginVersionsBody struct {
	Plugin   string            `json:"plugin_name"`
	Edit     string            `json:"edit"`
	Versions []json.RawMessage `json:"versions"` // as CodeArts gave them: texts
}

// PluginPartBody is the body of the metrics, inputs or outputs of a version of a plug-in, as of an edit of the version:
// CodeArts' answer names neither.
type PluginPartBody struct {
	Plugin  string          `json:"plugin_name"`
	Version string          `json:"version"`
	OpTime  int64           `json:"op_time"` // epoch milliseconds
	Answer  json.RawMessage `json:"answer"`  // the element of the answer that speaks of the plug-in
}

// millis is the text form of every time that we write.
const millis = "2006-01-02T15:04:05.000Z"

// FormatTime writes t as RFC 3339 in UTC with milliseconds; the zero time is "".
func FormatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(millis)
}
