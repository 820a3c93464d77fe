package stream_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"artery/internal/events"
	"artery/internal/stream/streamtest"
)

// BenchmarkRestore reads the heads of 100,000 entities of one scope, of two versions each. It reports entities per second,
// the seconds of one restore, and how many times as long a replay of the whole log takes.
func BenchmarkRestore(b *testing.B) {
	const entities, round = 100_000, events.MaxBatchEvents
	l, _ := open(b)
	var st events.ScopeState
	for version := range 2 {
		for from := 0; from < entities; from += round {
			changes := map[string]string{}
			for i := from; i < min(from+round, entities); i++ {
				changes[fmt.Sprintf("run/%032x", i)] = fmt.Sprintf("state %d of a run, %0800d", version, i)
			}
			batch := streamtest.Batch(st, "acme", "bench", fmt.Sprint(version, from), changes)
			seq, err := l.Append(b.Context(), batch)
			if err != nil {
				b.Fatal(err)
			}
			streamtest.Apply(&st, batch, seq)
		}
	}
	for b.Loop() {
		got, err := l.Restore(b.Context(), "acme", "bench")
		if err != nil || got.Heads.Len() != entities || got.PollSeq != st.PollSeq {
			b.Fatalf("restored %d heads up to %d: %v", got.Heads.Len(), got.PollSeq, err)
		}
	}
	restore := b.Elapsed().Seconds() / float64(b.N)
	started, n := time.Now(), 0
	if err := l.Replay(b.Context(), 1, math.MaxUint64, func(events.Record) error { n++; return nil }); err != nil || n < 2*entities {
		b.Fatalf("replayed %d messages: %v", n, err)
	}
	b.ReportMetric(time.Since(started).Seconds()/restore, "replay/restore")
	b.ReportMetric(entities/restore, "entities/s")
	b.ReportMetric(restore, "s/restore")
}
