package events

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Op is what an event says of its entity.
type Op string

// The operations. Only created, changed and restored carry an observed body; the others carry the last one known.
const (
	Created   Op = "created"
	Changed   Op = "changed"
	Deleted   Op = "deleted"
	Missing   Op = "missing"
	Restored  Op = "restored"
	Expired   Op = "expired"
	Completed Op = "completed" // a poll record
)

// Gone says whether the entity is not there any more, as far as we know.
func (o Op) Gone() bool { return o == Deleted || o == Missing || o == Expired }

// The headers of a message: CloudEvents 1.0 in binary mode, and our extensions. NATS headers are case-sensitive.
const (
	HeaderSpecVersion = "ce-specversion"
	HeaderID          = "ce-id"
	HeaderSource      = "ce-source"
	HeaderType        = "ce-type"
	HeaderSubject     = "ce-subject"
	HeaderTime        = "ce-time"
	HeaderSchema      = "ce-dataschema"
	HeaderContentType = "content-type"
	HeaderOp          = "ce-op"
	HeaderPrevHash    = "ce-prevhash"
	HeaderStateHash   = "ce-statehash"
	HeaderPollID      = "ce-pollid"
	HeaderMark        = "ce-mark"
	HeaderZone        = "ce-zone" // of zone-less times in the body, a fixed offset such as +08:00
)

// Event is one change event, or the poll record at the head of a batch.
type Event struct {
	Key      Key
	Op       Op
	At       time.Time // observed, our clock
	PrevHash Hash      // state hash of the entity's previous event
	Hash     Hash
	Mark     Mark
	Body     []byte
}

// Origin is what the events of one poll round share.
type Origin struct {
	Tenant string
	Region string
	Scope  string
	PollID string
	Zone   string
	At     time.Time // of the poll record
}

// Older says whether a snapshot was asked for before the head was: two polls may overlap, and the older answer may come
// last. A head from the future of the round says nothing of the kind: a clock was wrong, and may not hide what happens from
// now on.
func Older(head Head, s Snapshot, o Origin) bool {
	return s.At.UnixMilli() < head.At && head.At <= o.At.UnixMilli()
}

// Diff compares what is known of an entity with what was seen and returns the event that says so, or false for no
// change. known is false for an entity that has no event yet. An older snapshot is no change. What is attached once
// (Rules.Once) stays.
func Diff(head Head, known bool, s Snapshot, o Origin) (Event, bool) {
	if known {
		settled := RulesOf(s.Kind).Once && (head.Mark.Status == LogHave || s.Mark.Status == LogPending)
		if Older(head, s, o) || settled || head.Hash == s.Hash && !head.Op.Gone() {
			return Event{}, false
		}
	}
	op := Changed
	switch {
	case !known:
		op = Created
	case head.Op.Gone():
		op = Restored
	}
	return Event{
		Key: Key{Tenant: o.Tenant, Scope: o.Scope, Kind: s.Kind, ID: s.ID},
		Op:  op, At: s.At, PrevHash: head.Hash, Hash: s.Hash, Mark: s.Mark, Body: s.body(),
	}, true
}

// Absence is what a round says of an entity that it did not see.
type Absence struct {
	Entity EntityID
	Seq    uint64    // of the head that was judged: whatever came after it is newer than this
	Op     Op        // missing, deleted or expired
	At     time.Time // when the round began to look
	Answer string    // what CodeArts said when asked for this entity alone; "" = it was not asked
}

// Gone makes the event of an absence. The body is the last known one. What an expired entity is marked with stays, the
// others carry their proof (Mark), which grows from sweep to sweep. It returns false if the head has moved on.
func Gone(head Head, a Absence, body []byte, o Origin) (Event, bool) {
	if head.Seq != a.Seq {
		return Event{}, false
	}
	mark := head.Mark
	if a.Op != Expired {
		proof := Mark{Parent: o.PollID, Number: 1, Status: a.Answer, From: a.At.UnixMilli(), To: a.At.UnixMilli()}
		if head.Op == Missing {
			proof.Parent, proof.Number, proof.From = mark.Parent+","+o.PollID, mark.Number+1, mark.From
		}
		mark = proof
	}
	return Event{
		Key: Key{Tenant: o.Tenant, Scope: o.Scope, Kind: a.Entity.Kind, ID: a.Entity.ID},
		Op:  a.Op, At: a.At, PrevHash: head.Hash, Hash: head.Hash, Mark: mark, Body: body,
	}, true
}

// Header writes the event's headers. prevSeq is the sequence of the entity's previous event, 0 for the first; it makes
// the id of A -> B -> A two ids.
func (e Event) Header(o Origin, prevSeq uint64) map[string][]string {
	name := strings.ReplaceAll(string(e.Key.Kind), "_", "")
	h := map[string][]string{
		HeaderSpecVersion: {"1.0"},
		HeaderID:          {eventID(e.Key.Subject(), prevSeq, e.Hash)},
		HeaderSource:      {"/codearts/" + o.Region + "/" + o.Tenant + "/" + o.Scope},
		HeaderType:        {"dev.cdeventsx.codearts-" + name + "." + string(e.Op) + ".0.1.0"},
		HeaderSubject:     {string(e.Key.Kind) + "/" + e.Key.ID},
		HeaderTime:        {FormatTime(e.At)},
		HeaderSchema:      {"urn:artery:" + string(e.Key.Kind) + ":1"},
		HeaderContentType: {"application/json"},
		HeaderOp:          {string(e.Op)},
		HeaderPollID:      {o.PollID},
	}
	for name, v := range map[string]string{
		HeaderPrevHash: e.PrevHash.String(), HeaderStateHash: e.Hash.String(), HeaderMark: e.Mark.String(), HeaderZone: o.Zone,
	} {
		if v != "" {
			h[name] = []string{v}
		}
	}
	return h
}

func eventID(subject string, prevSeq uint64, h Hash) string {
	sum := sha256.Sum256([]byte(subject + "\n" + strconv.FormatUint(prevSeq, 10) + "\n" + h.String()))
	return hex.EncodeToString(sum[:16])
}

// ParseHead reads the head of an entity from the headers of its last message.
func ParseHead(seq uint64, h map[string][]string) (Head, error) {
	hash, err := ParseHash(header(h, HeaderStateHash))
	if err != nil {
		return Head{}, fmt.Errorf("reading the headers of message %d: %w", seq, err)
	}
	mark, err := ParseMark(header(h, HeaderMark))
	if err != nil {
		return Head{}, fmt.Errorf("reading the headers of message %d: %w", seq, err)
	}
	at, err := time.Parse(time.RFC3339, header(h, HeaderTime))
	if err != nil {
		return Head{}, fmt.Errorf("reading the headers of message %d: %w", seq, err)
	}
	return Head{Seq: seq, At: at.UnixMilli(), Hash: hash, Op: Op(header(h, HeaderOp)), Mark: mark}, nil
}

// header is the first value of a header, "" without one.
func header(h map[string][]string, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Head is what is known of the entity once the event stands at seq.
func (e Event) Head(seq uint64) Head {
	return Head{Seq: seq, At: e.At.UnixMilli(), Hash: e.Hash, Op: e.Op, Mark: e.Mark}
}

// Sweep is what a poller says of its round: how much it asked and whether it saw everything.
type Sweep struct {
	Poller   string `json:"poller"`
	Kinds    []Kind `json:"kinds"`
	Complete bool   `json:"complete"` // every page was good, the total stable, the ids unique; false while Held
	Total    int    `json:"total"`    // entities seen
	Pages    int    `json:"pages"`
	Calls    int    `json:"calls"`
	Errors   int    `json:"errors"` // rows that became no snapshot
	// Allowed is how many calls a second the limits of the tenant allow at the end of the round.
	Allowed float64 `json:"allowed_per_s,omitempty"`
	// Every is the seconds between two ticks of the poller's schedule, as it is configured.
	Every float64 `json:"every_s,omitempty"`
	// Held counts entities that the listing lacks and that are kept all the same, because there are too many at once.
	Held int `json:"held,omitempty"`
	// Confirmed says that an operator has said that so many are really gone.
	Confirmed bool      `json:"confirmed,omitempty"`
	Started   time.Time `json:"-"`
	Finished  time.Time `json:"-"`
	APIDate   time.Time `json:"-"` // Date header of the last answer; zero = none
}

// PollRecord is the first message of every batch. It carries the expected last sequence of its own subject, which makes
// the batch all-or-nothing against every other writer of the scope.
type PollRecord struct {
	PollID      string `json:"poll_id"`
	PrevPollSeq uint64 `json:"prev_poll_seq"`
	N           int    `json:"n"`    // events that follow in this batch
	Part        int    `json:"part"` // a long round is a chain of batches
	Last        bool   `json:"last"` // only the last part carries all facts of the sweep
	Sweep
	StartedAt  string `json:"started_at"`
	FinishedAt string `json:"finished_at"`
	APIDateAt  string `json:"api_date"`
	Version    string `json:"version"`
}

// Limits of one batch. The server takes 1,000 messages (nats-server max_batch_size); the bytes keep a batch's memory and
// its fsync bounded.
const (
	MaxBatchEvents = 999
	MaxBatchBytes  = 4 << 20
)

// Event writes the poll record as the event that leads its batch. Its mark repeats n, so that a restore can prove itself
// from headers only.
func (p PollRecord) Event(o Origin) Event {
	p.StartedAt, p.FinishedAt, p.APIDateAt = FormatTime(p.Started), FormatTime(p.Finished), FormatTime(p.APIDate)
	body, err := json.Marshal(p)
	if err != nil {
		panic("events: a poll record is always JSON: " + err.Error()) // only numbers, strings and booleans
	}
	return Event{
		Key: PollKey(o.Tenant, o.Scope), Op: Completed, At: o.At, Hash: hashOf(body),
		Mark: Mark{Parent: p.PollID, Number: int64(p.N), From: int64(p.PrevPollSeq)}, Body: body,
	}
}
