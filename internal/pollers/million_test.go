package pollers

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"artery/internal/embedded"
	"artery/internal/events"
	"artery/internal/stream"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// knownRuns is less in `make bench`, which is no test of patience.
var knownRuns = flag.Int("known-runs", 1_000_000, "runs in the log of BenchmarkMillionRuns")

// A tenant with so many runs has many projects, and pipelines that have run many times.
const (
	restartProjects = 50
	restartBatch    = 400 // runs of a batch, with their details
	restartTail     = 16  // a checkpoint comes after an eighth of the runs, so that there is a sixteenth on the average
	runsPerPipeline = 200
)

func restartProject(i int) string { return fmt.Sprintf("%032x", 0xa000+i) }

// restarted is what a collector that has restored every scope says of itself.
type restarted struct {
	Heads   int
	Read    int     // messages
	Seconds float64 // until all scopes were known
	CPU     float64 // seconds of computing meanwhile
	After   float64 // resident set, MiB, when all scopes were known
	Live    float64 // heap after a garbage collection, MiB
	Keeping float64 // seconds of computing for the checkpoints that it has written then
	Peak    float64 // resident set, MiB: the highest of all that
}

// restartEnv holds the address of the server in the process that restores.
const restartEnv = "ARTERY_TEST_RESTART"

func TestMain(m *testing.M) {
	if url := os.Getenv(restartEnv); url != "" {
		if err := restart(context.Background(), url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// BenchmarkMillionRuns starts a collector, in a process of its own, on a log that knows a million runs and their details: first
// without checkpoints, then with those that the first one has left, and as much after them as there is on the average. The
// server runs in this process: its memory does not count, and its computing is told apart. The goals are 30 s on two cores
// and 512 MiB.
func BenchmarkMillionRuns(b *testing.B) {
	server, err := embedded.StartNATS(embedded.NATSOptions{Dir: b.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	start := func(heads int) (r restarted, served float64) {
		before := cpu(b)
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), restartEnv+"="+server.URL())
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err == nil {
			err = json.Unmarshal(out, &r)
		}
		if err != nil || r.Heads != heads {
			b.Fatalf("%+v of %d heads: %v", r, heads, err)
		}
		return r, (cpu(b) - before).Seconds()
	}
	per := *knownRuns / restartProjects
	last := make([]uint64, restartProjects)
	heads := writeRuns(b, server.URL(), 0, per, restartBatch, last)
	first, firstServed := start(heads)
	heads += writeRuns(b, server.URL(), per, per+per/restartTail, 10, last)
	var sum restarted
	var served float64
	for b.Loop() {
		r, s := start(heads)
		served += s
		sum = restarted{r.Heads, r.Read, sum.Seconds + r.Seconds, sum.CPU + r.CPU, max(sum.After, r.After), max(sum.Live, r.Live), r.Keeping, max(sum.Peak, r.Peak)}
	}
	b.ReportMetric(first.Seconds, "s/first")
	b.ReportMetric(first.CPU, "s-cpu/first")
	b.ReportMetric(firstServed, "s-cpu-server/first")
	b.ReportMetric(first.Peak, "MiB-peak-first")
	b.ReportMetric(first.Keeping, "s-cpu/checkpoints")
	b.ReportMetric(float64(sizeOfCheckpoints(b, server.URL()))/(1<<20), "MiB-checkpoints")
	b.ReportMetric(served/float64(b.N), "s-cpu-server/restore")
	b.ReportMetric(sum.Seconds/float64(b.N), "s/restore")
	b.ReportMetric(sum.CPU/float64(b.N), "s-cpu/restore")
	b.ReportMetric(sum.Peak, "MiB-peak")
	b.ReportMetric(sum.After, "MiB-after")
	b.ReportMetric(sum.Live*(1<<20)/float64(*knownRuns), "B-live/run")
	b.ReportMetric(float64(sum.Read), "messages-read")
	b.ReportMetric(float64(heads), "heads")
}

func sizeOfCheckpoints(b *testing.B, url string) uint64 {
	nc, err := nats.Connect(url)
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	bucket, err := js.ObjectStore(b.Context(), stream.Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return 0 // too few runs for one
	}
	if err != nil {
		b.Fatal(err)
	}
	status, err := bucket.Status(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return status.Size()
}

// writeRuns fills the log with runs and their details, pipelines and coverages, the scopes by turns: of each the runs from a number
// on up to another one, so many in a batch. last are the poll records of the scopes.
func writeRuns(b *testing.B, url string, from, to, size int, last []uint64) (heads int) {
	nc, err := nats.Connect(url)
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	log, err := stream.Open(b.Context(), nc, stream.Config{})
	if err != nil {
		b.Fatal(err)
	}
	g, ctx := errgroup.WithContext(b.Context())
	const writers = 5
	for w := range writers {
		g.Go(func() error {
			rng := rand.New(rand.NewPCG(uint64(w), uint64(from)))
			for from := from; from < to; from += size {
				for p := w; p < restartProjects; p += writers {
					o := events.Origin{Tenant: "acme", Region: "r", Scope: restartProject(p), PollID: fmt.Sprint("poll-", p, "-", from), Zone: "+08:00", At: time.Now()}
					batch := events.Batch{Origin: o, Record: events.PollRecord{PollID: o.PollID, PrevPollSeq: last[p], Last: true}}
					batch.Events = runEvents(rng, o, from, min(size, to-from))
					batch.Prev = make([]uint64, len(batch.Events))
					seq, err := log.Append(ctx, batch)
					if err != nil {
						return err
					}
					last[p] = seq
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	pipelines := func(runs int) int { return (runs + runsPerPipeline - 1) / runsPerPipeline }
	return restartProjects * 2 * (to - from + pipelines(to) - pipelines(from))
}

// runEvents are n runs of a scope from a number on, with what comes with them.
func runEvents(rng *rand.Rand, o events.Origin, from, n int) (evs []events.Event) {
	id := func() string { return fmt.Sprintf("%016x%016x", rng.Uint64(), rng.Uint64()) }
	add := func(kind events.Kind, id string, mark events.Mark, body string) {
		var hash events.Hash
		for i := range hash {
			hash[i] = byte(rng.Uint32())
		}
		evs = append(evs, events.Event{Key: events.Key{Tenant: o.Tenant, Scope: o.Scope, Kind: kind, ID: id}, Op: events.Created, At: o.At, Hash: hash, Mark: mark, Body: []byte(body)})
	}
	for i := from; i < from+n; i++ {
		pipeline := fmt.Sprintf("%s%016x", o.Scope[16:], i/runsPerPipeline)
		start := o.At.AddDate(0, 0, -80).Add(time.Duration(i) * time.Second).UnixMilli()
		run, mark := id(), events.Mark{Parent: pipeline, Number: int64(i%runsPerPipeline + 1), Status: "COMPLETED", From: start, To: start + 60_000}
		if i%runsPerPipeline == 0 {
			add(events.Pipeline, pipeline, events.Mark{}, `{"pipeline_id":"`+pipeline+`"}`)
			add(events.Coverage, pipeline, events.Mark{Number: runsPerPipeline, Status: coverageComplete, From: start, To: o.At.UnixMilli()}, `{}`)
		}
		row := strings.NewReplacer("@pipeline", pipeline, "@run", run, "@state", id()).Replace(benchRow)
		add(events.Run, run, mark, row)
		add(events.RunDetail, run, mark, `{"id":"`+run+`","stages":[`+strings.Repeat(`{"id":"`+id()+`","jobs":[{"id":"`+id()+`","status":"COMPLETED","steps":[{"id":"`+id()+`","name":"build","status":"COMPLETED"}]}]},`, 4)+`{}]}`)
	}
	return evs
}

// restart is the process that restores.
func restart(ctx context.Context, url string) error {
	debug.SetGCPercent(GCPercent)
	nc, err := nats.Connect(url)
	if err != nil {
		return err
	}
	log, err := stream.Open(ctx, nc, stream.Config{})
	if err != nil {
		return err
	}
	var projects []string
	for i := range restartProjects {
		projects = append(projects, restartProject(i))
	}
	c := New(Options{
		Log: log, Now: time.Now, NewID: (&ids{name: "poll"}).next, Slog: silent, Metrics: NewMetrics(prometheus.NewRegistry(), "test"),
		Tenants: []Tenant{{Name: "acme", Projects: Projects{IDs: projects}}},
	})
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for _, j := range c.hands()[0].jobsOf("pipelines") { // each project has jobs that all begin at once
		g.Go(func() error {
			_, err := j.scopes.get(j.scope()).begin(ctx)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	r := restarted{Seconds: time.Since(began).Seconds(), CPU: computed()}
	for _, s := range c.hands()[0].scopes.all {
		r.Heads, r.Read = r.Heads+s.state.Heads.Len(), r.Read+s.state.Read
	}
	r.After = resident("VmRSS")
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.Live = float64(m.HeapAlloc) / (1 << 20)
	before := computed()
	for keeper := c.hands()[0].scopes.keeper; len(keeper.due) > 0; {
		(<-keeper.due).keep(context.WithoutCancel(ctx))
	}
	r.Keeping, r.Peak = computed()-before, resident("VmHWM")
	runtime.KeepAlive(c)
	return json.NewEncoder(os.Stdout).Encode(r)
}

// computed is the computing time of this process, in seconds.
func computed() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// resident reads a line of /proc/self/status, in MiB.
func resident(name string) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kib / 1024
		}
	}
	return 0
}
