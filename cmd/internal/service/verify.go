package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"artery/internal/events"
	"artery/internal/loader"
	"artery/internal/schema"
	"artery/internal/stream"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// errVerify says that something is not as it should be; the report has said what.
var errVerify = errors.New("the tables are not what the log says, or the log is not what collectors write")

// mostFaults of the log are printed.
const mostFaults = 20

// Verify reads the log again and compares all there is with it, and prints what it finds: the log with its own rules, events
// with the log, the projections with events. It changes nothing, and may run while the services do: what the loader has not
// acknowledged yet is left out.
func Verify(ctx context.Context, c Config, f Frame, projections []schema.Projection, out io.Writer) error {
	conn, err := ReadClickHouse(ctx, c.ClickHouse)
	if err != nil {
		return err
	}
	defer conn.Close()
	nc, err := connectNATS(c.NATS, "artery-verify", f)
	if err != nil {
		return err
	}
	defer nc.Close()
	log, err := stream.Look(ctx, nc)
	if err != nil {
		return err
	}
	v := verification{report: report{w: untabbed{out}}, conn: conn, log: log}
	first, last, _, err := log.Info(ctx)
	if err == nil {
		v.acked, err = log.Acked(ctx, c.Loader.Name)
	}
	if err == nil {
		err = v.events(ctx, first, last, c.Loader.Name)
	}
	if err == nil {
		err = v.invariants(ctx, first, last)
	}
	for _, p := range projections {
		if err == nil {
			err = v.projection(ctx, p)
		}
	}
	if err == nil && v.failed {
		return errVerify
	}
	return err
}

// untabbed writes the columns of a report as they come: a long comparison is followed line by line.
type untabbed struct{ io.Writer }

func (u untabbed) Write(line []byte) (int, error) {
	fields := strings.SplitN(strings.TrimSuffix(string(line), "\n"), "\t", 3)
	if _, err := fmt.Fprintf(u.Writer, "%-7s  %-26s  %s\n", fields[0], fields[1], fields[2]); err != nil {
		return 0, err
	}
	return len(line), nil
}

type verification struct {
	report
	conn  driver.Conn
	log   *stream.Log
	acked uint64
}

// invariants reads the log by its own rules. What is being written while it is read ends in the middle of a batch.
func (v *verification) invariants(ctx context.Context, first, last uint64) error {
	rules, n := events.Invariants{}, 0
	for from := first; from <= last; {
		err := v.log.Replay(ctx, from, last, func(r events.Record) error {
			rules.Add(r)
			n++
			return nil
		})
		if err != nil {
			return err
		}
		if from = last + 1; rules.Unfinished() {
			if _, last, _, err = v.log.Info(ctx); err != nil {
				return err
			}
		}
	}
	faults := rules.Faults()
	for i, fault := range faults {
		if i == mostFaults {
			v.fail("log", fmt.Errorf("and %d more", len(faults)-i), "")
			break
		}
		v.fail("log", fault, "")
	}
	if len(faults) == 0 {
		v.ok("log", "%d messages, %d to %d of epoch %d: hashes are chained, batches are whole, nothing is gone without proof", n, first, last, v.log.Epoch())
	}
	return nil
}

// events compares the table with the log.
func (v *verification) events(ctx context.Context, first, last uint64, name string) error {
	stored, err := loader.ClickHouse{Conn: v.conn}.LastSeq(ctx, v.log.Epoch())
	if err != nil {
		return err
	}
	if stored > last {
		v.fail("events", fmt.Errorf("the table has message %d, the log ends at %d", stored, last), "the stream was made anew under the same nats.epoch, or this is another server's")
	}
	if v.acked < last {
		v.line("not yet", "events", fmt.Sprintf("messages after %d: loader %q has not acknowledged them", v.acked, name))
	}
	if v.acked < first {
		return nil
	}
	all, err := loader.Verify(ctx, v.log, v.conn, v.log.Epoch(), first, v.acked, time.Now().Add(-events.MinTTL))
	if err != nil {
		return err
	}
	expired, faults := 0, 0
	for _, d := range all {
		expired += len(d.Expired)
		if !d.Fault() {
			continue
		}
		faults++
		for _, part := range []struct {
			what   string
			seqs   []uint64
			advice string
		}{
			{"in the log, not in the table", d.Missing, "artery rebuild -from-stream"},
			{"another content in the table than in the log", d.Altered, "artery rebuild -from-stream"},
			{"in the table, not in the log", d.Extra, "nobody but the loader may write to events"},
			{"twice in the table", d.Doubled, "nobody but the loader may write to events"},
		} {
			if n := len(part.seqs); n > 0 {
				v.fail("events", fmt.Errorf("%d messages are %s, from %d to %d", n, part.what, part.seqs[0], part.seqs[n-1]), part.advice)
			}
		}
	}
	if faults == 0 {
		v.ok("events", "messages %d to %d: the table and quarantine have each, once, as it is in the log; %d have expired from the log and are kept", first, v.acked, expired)
	}
	return nil
}

// projection compares a typed table with events.
func (v *verification) projection(ctx context.Context, p schema.Projection) error {
	verdict, err := schema.VerifyProjection(ctx, v.conn, p, v.log.Epoch(), v.acked)
	switch {
	case err != nil:
		return err
	case verdict.Fault():
		v.fail(p.Table, fmt.Errorf("of %d rows %d are missing or old, %d altered, %d of no event", verdict.Rows, verdict.Missing, verdict.Altered, verdict.Extra), "artery rebuild -tables "+p.Table)
	default:
		v.ok(p.Table, "%d rows, each as events say", verdict.Rows)
	}
	return nil
}
