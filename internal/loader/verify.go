package loader

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"artery/internal/events"
	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/cespare/xxhash/v2"
)

// bucketSize is how many sequences are compared as one.
const bucketSize = 10_000

// Difference is a bucket of sequences in which the table is not what the log says.
type Difference struct {
	From, To uint64   // the bucket
	Missing  []uint64 // in the log, in neither events nor quarantine
	Altered  []uint64 // in both, and not the same
	Extra    []uint64 // in the table alone: never in the log, or taken out of it
	Expired  []uint64 // in the table alone, as the log forgets them
	Doubled  []uint64 // under two keys: one message gave two rows
}

// Fault says that the bucket is not as it should be: messages that expired are no fault.
func (d Difference) Fault() bool {
	return len(d.Missing)+len(d.Altered)+len(d.Extra)+len(d.Doubled) > 0
}

// sums is a bucket on one side.
type sums struct {
	count, unique uint64
	xor           uint64
}

// Verify compares the table with the retained log, from <= sequence <= to (invariant I8): count, number of different
// sequences and xor of the hashes of each bucket, then message by message where they differ. It returns the buckets that
// are not equal. Messages of expiring kinds that were stored before forgotten may have left the log. to must not be beyond
// what is acknowledged: the loader is not done with what comes after.
func Verify(ctx context.Context, log Replayer, conn driver.Conn, epoch uint16, from, to uint64, forgotten time.Time) ([]Difference, error) {
	inLog, poison := map[uint64]sums{}, map[uint64]bool{}
	err := log.Replay(ctx, from, to, func(r events.Record) error {
		e, err := row(r)
		if err != nil {
			poison[r.Seq] = true
			return nil
		}
		s := inLog[r.Seq/bucketSize]
		inLog[r.Seq/bucketSize] = sums{s.count + 1, s.unique + 1, s.xor ^ hashRow(e)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("verifying: %w", err)
	}
	inTable, err := tableSums(ctx, conn, epoch, from, to)
	if err != nil {
		return nil, fmt.Errorf("verifying: %w", err)
	}
	quarantined, err := quarantinedSeqs(ctx, conn, epoch, from, to)
	if err != nil {
		return nil, fmt.Errorf("verifying: %w", err)
	}
	suspect := map[uint64]bool{}
	for _, side := range []map[uint64]sums{inLog, inTable} {
		for bucket := range side {
			if inLog[bucket] != inTable[bucket] {
				suspect[bucket] = true
			}
		}
	}
	for seq := range poison {
		if !quarantined[seq] {
			suspect[seq/bucketSize] = true
		}
	}
	var out []Difference
	for _, bucket := range slices.Sorted(maps.Keys(suspect)) {
		d, err := compare(ctx, log, conn, epoch, max(from, bucket*bucketSize), min(to, bucket*bucketSize+bucketSize-1), quarantined, forgotten)
		if err != nil {
			return out, fmt.Errorf("verifying sequences %d to %d: %w", d.From, d.To, err)
		}
		out = append(out, d)
	}
	return out, nil
}

// hashRow is the hash of what a row says, as rowHash computes it in ClickHouse.
func hashRow(e schema.Event) uint64 {
	d := xxhash.New()
	for _, s := range []string{
		strconv.FormatInt(e.StoredAt.UnixNano(), 10), strconv.FormatInt(e.ObservedAt.UnixMilli(), 10), e.Subject, e.Op,
		e.CEID, e.CEType, e.CESource, e.PrevHash, e.StateHash, e.PollID, e.Mark, e.Zone,
	} {
		_, _ = d.WriteString(s)
		_, _ = d.Write([]byte{0})
	}
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) {
		_, _ = d.WriteString(name + "\x01" + e.Headers[name] + "\x00")
	}
	_, _ = d.Write(e.Body)
	return d.Sum64()
}

const rowHash = `xxHash64(concat(toString(toUnixTimestamp64Nano(stored_at)), '\0', toString(toUnixTimestamp64Milli(observed_at)), '\0',
	subject, '\0', op, '\0', ce_id, '\0', ce_type, '\0', ce_source, '\0', prev_hash, '\0', state_hash, '\0', poll_id, '\0', mark, '\0', zone, '\0',
	arrayStringConcat(arrayMap((k, v) -> concat(k, '\x01', v, '\0'), mapKeys(headers), mapValues(headers))), body))`

func tableSums(ctx context.Context, conn driver.Conn, epoch uint16, from, to uint64) (map[uint64]sums, error) {
	rows, err := conn.Query(ctx, `SELECT intDiv(seq, ?), count(), uniqExact(seq), groupBitXor(`+rowHash+`)
		FROM events FINAL WHERE epoch = ? AND seq BETWEEN ? AND ? GROUP BY 1`, bucketSize, epoch, from, to)
	if err != nil {
		return nil, fmt.Errorf("reading the sums of events: %w", err)
	}
	defer rows.Close()
	out := map[uint64]sums{}
	for rows.Next() {
		var bucket uint64
		var s sums
		if err := rows.Scan(&bucket, &s.count, &s.unique, &s.xor); err != nil {
			return nil, fmt.Errorf("reading the sums of events: %w", err)
		}
		out[bucket] = s
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the sums of events: %w", err)
	}
	return out, nil
}

func quarantinedSeqs(ctx context.Context, conn driver.Conn, epoch uint16, from, to uint64) (map[uint64]bool, error) {
	var seqs []uint64
	err := conn.QueryRow(ctx, `SELECT groupUniqArray(seq) FROM quarantine WHERE epoch = ? AND seq BETWEEN ? AND ?`, epoch, from, to).Scan(&seqs)
	if err != nil {
		return nil, fmt.Errorf("reading the quarantine: %w", err)
	}
	out := make(map[uint64]bool, len(seqs))
	for _, seq := range seqs {
		out[seq] = true
	}
	return out, nil
}

// compare looks at every message of a bucket.
func compare(ctx context.Context, log Replayer, conn driver.Conn, epoch uint16, from, to uint64, quarantined map[uint64]bool, forgotten time.Time) (Difference, error) {
	d := Difference{From: from, To: to}
	rows, err := conn.Query(ctx, `SELECT seq, kind, stored_at, `+rowHash+` FROM events FINAL WHERE epoch = ? AND seq BETWEEN ? AND ? ORDER BY seq`, epoch, from, to)
	if err != nil {
		return d, fmt.Errorf("reading the hashes of events: %w", err)
	}
	defer rows.Close()
	hashes, expires := map[uint64]uint64{}, map[uint64]bool{}
	for rows.Next() {
		var seq, hash uint64
		var kind string
		var stored time.Time
		if err := rows.Scan(&seq, &kind, &stored, &hash); err != nil {
			return d, fmt.Errorf("reading the hashes of events: %w", err)
		}
		rules := events.RulesOf(events.Kind(kind))
		expires[seq] = rules != nil && rules.Expires && stored.Before(forgotten)
		if _, twice := hashes[seq]; twice {
			d.Doubled = append(d.Doubled, seq)
		}
		hashes[seq] = hash
	}
	if err := rows.Err(); err != nil {
		return d, fmt.Errorf("reading the hashes of events: %w", err)
	}
	err = log.Replay(ctx, from, to, func(r events.Record) error {
		e, fault := row(r)
		hash, stored := hashes[r.Seq]
		delete(hashes, r.Seq)
		switch {
		case fault != nil && stored:
			d.Altered = append(d.Altered, r.Seq)
		case fault != nil && !quarantined[r.Seq], fault == nil && !stored:
			d.Missing = append(d.Missing, r.Seq)
		case fault == nil && hash != hashRow(e):
			d.Altered = append(d.Altered, r.Seq)
		}
		return nil
	})
	for _, seq := range slices.Sorted(maps.Keys(hashes)) {
		if expires[seq] {
			d.Expired = append(d.Expired, seq)
		} else {
			d.Extra = append(d.Extra, seq)
		}
	}
	return d, err
}
