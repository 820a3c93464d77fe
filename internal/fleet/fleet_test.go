package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"artery/internal/embedded"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

// term is short, and long enough for a busy machine: a member that can not renew for two thirds of it loses its leases.
const term = 6 * time.Second

// collectors are the fleet of one test on one real server.
type collectors struct {
	t       *testing.T
	server  *embedded.NATS
	tenants []string

	mu      sync.Mutex
	cond    *sync.Cond
	working map[string][]string // by tenant: who works on it now
	most    int                 // collectors at once on one tenant
	begun   int                 // how often somebody began to work on a tenant
}

func newCollectors(t *testing.T, tenants int) *collectors {
	server, err := embedded.StartNATS(embedded.NATSOptions{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	c := &collectors{t: t, server: server, working: map[string][]string{}}
	c.cond = sync.NewCond(&c.mu)
	for i := range tenants {
		c.tenants = append(c.tenants, fmt.Sprintf("tenant-%d", i))
	}
	return c
}

// start runs a member until the test ends or stop is called; die cuts its connection and lets it live on. Something may stand
// between the member and its bucket.
func (c *collectors) start(id string, between ...func(jetstream.KeyValue) jetstream.KeyValue) (stop func() error, die func()) {
	nc, err := nats.Connect(c.server.URL(), nats.NoReconnect())
	if err != nil {
		c.t.Fatal(err)
	}
	m, err := Join(c.t.Context(), nc, Options{ID: id, Term: term, Log: slog.New(slog.DiscardHandler), Metrics: NewMetrics(prometheus.NewRegistry())})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, b := range between {
		m.kv = b(m.kv)
	}
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() {
		result <- m.Run(ctx, c.tenants, func(ctx context.Context, tenant string) error { return c.work(ctx, id, tenant) })
	}()
	stop = sync.OnceValue(func() error {
		cancel()
		err := <-result
		nc.Close()
		return err
	})
	c.t.Cleanup(func() { _ = stop() })
	return stop, nc.Close
}

func (c *collectors) work(ctx context.Context, id, tenant string) error {
	c.change(func() {
		c.working[tenant] = append(c.working[tenant], id)
		c.most = max(c.most, len(c.working[tenant]))
		c.begun++
	})
	<-ctx.Done()
	c.change(func() {
		c.working[tenant] = slices.DeleteFunc(c.working[tenant], func(x string) bool { return x == id })
	})
	return nil
}

func (c *collectors) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	c.cond.Broadcast()
}

// wait returns once every tenant is worked on by whom Owner names among the members, by nobody else.
func (c *collectors) wait(within time.Duration, members ...string) (took time.Duration) {
	c.t.Helper()
	there := map[string]bool{}
	for _, id := range members {
		there[id] = true
	}
	began := time.Now()
	late := false
	timer := time.AfterFunc(within, func() { c.change(func() { late = true }) })
	defer timer.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		settled := true
		for _, tenant := range c.tenants {
			settled = settled && slices.Equal(c.working[tenant], []string{Owner(there, tenant)})
		}
		if settled {
			return time.Since(began)
		}
		if late {
			c.t.Fatalf("after %s the members %v work on %v", within, members, c.working)
		}
		c.cond.Wait()
	}
}

func TestTenantsAreShared(t *testing.T) {
	c := newCollectors(t, 12)
	stopA, _ := c.start("a")
	c.wait(term, "a")
	_, dieB := c.start("b")
	c.wait(term, "a", "b")
	stopC, _ := c.start("c")
	c.wait(term, "a", "b", "c")

	// Who leaves gives away at once: no lease has to end for that.
	if err := stopC(); err != nil {
		t.Fatal(err)
	}
	c.wait(term, "a", "b")

	// Who dies is followed within a term, and has stopped by itself before that.
	dieB()
	took := c.wait(term+2*time.Second, "a")
	t.Logf("the tenants of a dead collector were taken over after %s, the term is %s", took, term)
	if err := stopA(); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.most != 1 {
		t.Errorf("%d collectors worked on one tenant at once", c.most)
	}
	for tenant, ids := range maps.All(c.working) {
		if len(ids) > 0 {
			t.Errorf("%s is still worked on by %v", tenant, ids)
		}
	}
}

func TestWorkThatFailsEndsTheMember(t *testing.T) {
	c := newCollectors(t, 1)
	nc, err := nats.Connect(c.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	m, err := Join(t.Context(), nc, Options{ID: "a", Term: term, Log: slog.New(slog.DiscardHandler), Metrics: NewMetrics(prometheus.NewRegistry())})
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := m.Run(t.Context(), c.tenants, func(context.Context, string) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("Run returned %v, want the error of the work", err)
	}
	// Its key is gone: the next one begins at once.
	c.start("b")
	c.wait(term/2, "b")
}

func TestJoinRefusesAShortTerm(t *testing.T) {
	if _, err := Join(t.Context(), nil, Options{Term: time.Second}); err == nil {
		t.Error("a term of a second was taken")
	}
}
