package schema

import (
	"maps"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Event is one row of the table events: one message of the stream.
type Event struct {
	Epoch      uint16            // incarnation of the stream
	Seq        uint64            // stream sequence
	Stream     string            // stream name
	StoredAt   time.Time         // JetStream's time stamp of the message, ns
	Subject    string            // subject as stored, escaped
	Tenant     string            // tenant, not escaped
	Scope      string            // project id, or _tenant
	Kind       string            // events.Kind, or poll
	ID         string            // entity id, not escaped; empty for poll records
	Op         string            // ce-op
	ObservedAt time.Time         // ce-time, ms
	CEID       string            // ce-id
	CEType     string            // ce-type
	CESource   string            // ce-source
	PrevHash   string            // ce-prevhash
	StateHash  string            // ce-statehash
	PollID     string            // ce-pollid
	Mark       string            // ce-mark
	Zone       string            // ce-zone
	Headers    map[string]string // headers that have no field above and say what they do not
	Body       []byte            // the body, untouched
}

// InsertEvents is the statement for a batch of events. Its columns are in the
// order of Columns.AppendTo.
const InsertEvents = "INSERT INTO events (epoch, seq, stream, stored_at, subject, tenant, scope, kind, id, op, observed_at, " +
	"ce_id, ce_type, ce_source, prev_hash, state_hash, poll_id, mark, zone, headers, body)"

// Columns is a block of events in the making, one slice per column. The zero
// value is empty and ready. It is not safe for concurrent use.
type Columns struct {
	epoch                                               []uint16
	seq                                                 []uint64
	stream, subject, tenant, scope, kind, id, op        []string
	ceID, ceType, ceSource, prevHash, stateHash, pollID []string
	mark, zone                                          []string
	storedAt, observedAt                                []time.Time
	headers                                             []*sortedMap
	body                                                [][]byte
	bytes                                               int
}

// Append adds a row. It keeps e.Body, which must not change until Reset.
func (c *Columns) Append(e Event) {
	c.epoch = append(c.epoch, e.Epoch)
	c.seq = append(c.seq, e.Seq)
	c.stream = append(c.stream, e.Stream)
	c.storedAt = append(c.storedAt, e.StoredAt)
	c.subject = append(c.subject, e.Subject)
	c.tenant = append(c.tenant, e.Tenant)
	c.scope = append(c.scope, e.Scope)
	c.kind = append(c.kind, e.Kind)
	c.id = append(c.id, e.ID)
	c.op = append(c.op, e.Op)
	c.observedAt = append(c.observedAt, e.ObservedAt)
	c.ceID = append(c.ceID, e.CEID)
	c.ceType = append(c.ceType, e.CEType)
	c.ceSource = append(c.ceSource, e.CESource)
	c.prevHash = append(c.prevHash, e.PrevHash)
	c.stateHash = append(c.stateHash, e.StateHash)
	c.pollID = append(c.pollID, e.PollID)
	c.mark = append(c.mark, e.Mark)
	c.zone = append(c.zone, e.Zone)
	c.headers = append(c.headers, newSortedMap(e.Headers))
	c.body = append(c.body, e.Body)
	c.bytes += len(e.Body) + len(e.Subject)
}

// Len is the number of rows.
func (c *Columns) Len() int { return len(c.seq) }

// Bytes is the size of all bodies and subjects, for limits on a block.
func (c *Columns) Bytes() int { return c.bytes }

// Reset empties c and keeps its memory.
func (c *Columns) Reset() {
	c.bytes = 0
	c.epoch, c.seq = c.epoch[:0], c.seq[:0]
	c.storedAt, c.observedAt = c.storedAt[:0], c.observedAt[:0]
	for _, s := range []*[]string{&c.stream, &c.subject, &c.tenant, &c.scope, &c.kind, &c.id, &c.op,
		&c.ceID, &c.ceType, &c.ceSource, &c.prevHash, &c.stateHash, &c.pollID, &c.mark, &c.zone} {
		clear(*s)
		*s = (*s)[:0]
	}
	clear(c.headers)
	clear(c.body)
	c.headers, c.body = c.headers[:0], c.body[:0]
}

// AppendTo adds all rows to a batch that was prepared with InsertEvents.
func (c *Columns) AppendTo(batch driver.Batch) error {
	return appendColumns(batch, c.epoch, c.seq, c.stream, c.storedAt, c.subject, c.tenant, c.scope, c.kind, c.id, c.op, c.observedAt,
		c.ceID, c.ceType, c.ceSource, c.prevHash, c.stateHash, c.pollID, c.mark, c.zone, c.headers, c.body)
}

func appendColumns(batch driver.Batch, columns ...any) error {
	for i, values := range columns {
		if err := batch.Column(i).Append(values); err != nil {
			return err
		}
	}
	return nil
}

// sortedMap hands a map to the driver in the order of its keys: the same event
// must give the same bytes whenever it is inserted, and a Go map has no order.
type sortedMap struct {
	keys   []string
	values map[string]string
	next   int
}

func newSortedMap(m map[string]string) *sortedMap {
	return &sortedMap{keys: slices.Sorted(maps.Keys(m)), values: m}
}

// Put is for reading rows, which this type does not do.
func (m *sortedMap) Put(any, any) { panic("schema: sortedMap is for writing only") }

// Iterator starts a pass over the map.
func (m *sortedMap) Iterator() column.MapIterator { return &sortedMap{m.keys, m.values, -1} }

// Next moves to the next key.
func (m *sortedMap) Next() bool { m.next++; return m.next < len(m.keys) }

// Key is the current key.
func (m *sortedMap) Key() any { return m.keys[m.next] }

// Value is the value of the current key.
func (m *sortedMap) Value() any { return m.values[m.keys[m.next]] }
