package schema

import (
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Quarantined is one row of the table quarantine: a message that could not
// become a row of events.
type Quarantined struct {
	Epoch         uint16
	Seq           uint64
	Stream        string
	StoredAt      time.Time // JetStream's time stamp, ns
	Subject       string
	Headers       string // the header block as a JSON object of arrays
	Body          []byte
	Error         string // what is wrong with it
	LoaderVersion string
}

// InsertQuarantine is the statement for a batch of quarantined messages.
const InsertQuarantine = "INSERT INTO quarantine (epoch, seq, stream, stored_at, subject, headers, body, error, loader_version)"

// AppendTo adds the row to a batch that was prepared with InsertQuarantine.
func (q Quarantined) AppendTo(batch driver.Batch) error {
	return batch.Append(q.Epoch, q.Seq, q.Stream, q.StoredAt, q.Subject, q.Headers, q.Body, q.Error, q.LoaderVersion)
}
