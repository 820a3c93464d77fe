package events

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// OddRow is a row of an answer of CodeArts that became no snapshot, or an answer that could not be read.
type OddRow struct {
	Kind     Kind   // what it should have been
	API      string // endpoint function whose answer it stood in
	Poller   string
	Reason   string // why it became no snapshot
	Position int    // rows before it in the listing
	At       time.Time
	Raw      []byte // as CodeArts sent it
}

// OddRowBody is the body of an odd_row entity: a record of the row, or a part of one.
type OddRowBody struct {
	RowKind  Kind   `json:"row_kind"`
	API      string `json:"api"`
	Poller   string `json:"poller"`
	Reason   string `json:"reason"`
	Position int    `json:"position"`
	Digest   string `json:"digest"` // names the record: of kind, API and bytes
	Size     int    `json:"size"`   // bytes of the row without its secrets
	Part     int    `json:"part"`   // from 0
	Parts    int    `json:"parts"`
	Raw      []byte `json:"raw"` // the bytes of this part, in base64
}

const (
	// oddPart is how many bytes of a row one message takes; base64 makes a third more of them.
	oddPart = 256 << 10
	// maxReason bounds the text, which may quote the row.
	maxReason = 500
)

// Snapshots are the record of an odd row: its bytes without secrets, in as many parts as the log needs. The record is named
// by what it holds, so that the same row seen again is no change, wherever it stands in the listing then.
func (o OddRow) Snapshots() ([]Snapshot, error) {
	raw := RedactBytes(o.Raw)
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", o.Kind, o.API)
	h.Write(raw)
	digest := hex.EncodeToString(h.Sum(nil)[:16])
	reason := string(RedactBytes([]byte(o.Reason)))
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "") + "..."
	}
	parts := max(1, (len(raw)+oddPart-1)/oddPart)
	var out []Snapshot
	for part := range parts {
		piece := raw[part*oddPart : min(len(raw), (part+1)*oddPart)]
		body, err := json.Marshal(OddRowBody{
			RowKind: o.Kind, API: o.API, Poller: o.Poller, Reason: reason, Position: o.Position,
			Digest: digest, Size: len(raw), Part: part, Parts: parts, Raw: piece,
		})
		if err != nil {
			return nil, fmt.Errorf("writing the record of an odd row: %w", err)
		}
		snap, err := NewSnapshot(OddRowKind, fmt.Sprintf("%s/%d", digest, part), body, Mark{}, o.At)
		if err != nil {
			return nil, fmt.Errorf("writing the record of an odd row: %w", err)
		}
		out = append(out, snap)
	}
	return out, nil
}
