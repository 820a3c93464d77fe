package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"artery/internal/pollers"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// show draws the progress of the first minutes, prints the summary when history is stored, and then waits for ctx.
func show(ctx context.Context, s *stack, codearts, logFile string) error {
	started := time.Now()
	fmt.Printf("Artery demo: a simulated CodeArts tenant with 90 days of history.\n\n")
	if err := progress(ctx, s, os.Stdout); err != nil || ctx.Err() != nil {
		return err
	}
	fmt.Printf("\nReady after %s.\n\n", time.Since(started).Round(time.Second))
	if err := summary(ctx, s.loader.Conn, os.Stdout); err != nil {
		s.frame.Log.Warn("the summary failed", "err", err)
		fmt.Println("The summary failed:", err)
	}
	fmt.Printf(`
Addresses
  ClickHouse          http://%s   database artery, for example:
                      curl -s 'http://%s/?database=artery' -d 'SELECT * FROM gate_changes ORDER BY changed_at FORMAT Vertical'
  NATS                %s   stream ARTERY
  metrics, health     http://%s/metrics  /healthz  /readyz
  simulated CodeArts  %s
  log                 %s

It lives on: new runs appear every minute; a project is created four minutes after the first start, and is watched at once; within a quarter of an hour somebody weakens gates and moves groups. Ctrl-C stores what is left and ends; the next start resumes.
`, s.engine.Addr(), s.engine.Addr(), s.nats.URL(), s.cfg.Listen, codearts, logFile)
	<-ctx.Done()
	fmt.Println("\nstopping: storing what is left")
	return nil
}

// stage is one bar: how much of how much.
type stage struct {
	name string
	of   func() (have, want int)
}

// progress shows how far the fetching and storing of history is, until it is done: bars on a terminal, else a line every
// few seconds.
func progress(ctx context.Context, s *stack, out *os.File) error {
	var p pollers.Progress
	var waiting, stored int
	stages := []stage{
		{"pollers", func() (int, int) { return p.Polled, p.Jobs }},
		{"pipeline histories", func() (int, int) { return p.Covered, p.Pipelines }},
		{"run details", func() (int, int) { return p.Detailed, p.Over }},
		{"logs of failed steps", func() (int, int) { return p.Logged, p.Failed }},
		{"events stored", func() (int, int) { return stored, stored + waiting }},
	}
	view := newView(ctx, out, stages)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		p = s.collector.Progress()
		// A busy log may not answer in time; it is asked again at the next tick.
		if floor, err := s.loader.Floor(ctx); err == nil {
			waiting, stored = int(floor.Waiting)+floor.Pending, int(floor.Seq)
			done := p.Done() && waiting == 0
			view(done)
			if done {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// plainEvery is how often progress is said where there is no terminal.
const plainEvery = 5 * time.Second

// newView returns a function that shows the stages as they are.
func newView(ctx context.Context, out *os.File, stages []stage) func(done bool) {
	if info, err := out.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		var last time.Time
		return func(done bool) {
			if !done && time.Since(last) < plainEvery {
				return
			}
			last = time.Now()
			for _, st := range stages {
				have, want := st.of()
				fmt.Fprintf(out, "%s %d/%d  ", st.name, have, want)
			}
			fmt.Fprintln(out)
		}
	}
	ui := mpb.NewWithContext(ctx, mpb.WithOutput(out), mpb.WithWidth(48))
	var bars []*mpb.Bar
	for _, st := range stages {
		// A total of 0 keeps a bar open until it is closed below: what there is to fetch grows while it is fetched.
		bars = append(bars, ui.AddBar(0, mpb.PrependDecorators(decor.Name(st.name, decor.WC{W: 20, C: decor.DindentRight})),
			mpb.AppendDecorators(decor.CountersNoUnit(" %d / %d "), decor.Elapsed(decor.ET_STYLE_GO))))
	}
	return func(done bool) {
		for i, st := range stages {
			have, want := st.of()
			bars[i].SetCurrent(int64(have))
			bars[i].SetTotal(int64(max(want, have, 1)), done)
		}
		if done {
			ui.Wait()
		}
	}
}
