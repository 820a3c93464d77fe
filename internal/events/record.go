package events

import "time"

// Record is one message as the stream holds it.
type Record struct {
	Stream   string
	Epoch    uint16 // incarnation of the stream
	Seq      uint64 // stream sequence
	StoredAt time.Time
	Subject  string
	Header   map[string][]string
	Body     []byte
}

// Delivery is a record on its way to a consumer.
type Delivery struct {
	Record
	Attempt uint64 // 1 = first delivery of this record
}

// Floor is how far a consumer is, all its readers together.
type Floor struct {
	Seq     uint64 // everything up to it is acknowledged
	First   uint64 // the first sequence after Seq that the stream holds; 0 = none
	Pending int    // delivered and not acknowledged
	Waiting uint64 // not delivered yet
}
