package embedded

import (
	"syscall"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A stream may be as large as its configuration says or as the disk allows, and one that may grow beyond the disk's free
// space is made all the same, and is there after a restart.
func TestStreamsAndTheDisk(t *testing.T) {
	dir := t.TempDir()
	start := func() *NATS {
		t.Helper()
		n, err := StartNATS(NATSOptions{Dir: dir, Listen: "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		t.Fatal(err)
	}
	free := int64(disk.Bavail) * disk.Bsize
	n := start()
	if got, err := n.Fit(1 << 20); got != 1<<20 || err != nil {
		t.Errorf("a stream of 1 MiB may have %d: %v", got, err)
	}
	// Others write to the disk meanwhile, so the bound is known roughly.
	if got, err := n.Fit(4 * free); got > free || got < free/2 || err != nil {
		t.Errorf("with %d free, a stream of four times that may have %d: %v", free, got, err)
	}
	config := jetstream.StreamConfig{Name: "BIG", Subjects: []string{"big"}, MaxBytes: 4 * free}
	for _, when := range []string{"first", "restarted"} {
		nc, err := nats.Connect(n.URL())
		if err != nil {
			t.Fatal(err)
		}
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		if when == "first" {
			_, err = js.CreateStream(t.Context(), config)
		} else {
			_, err = js.Stream(t.Context(), "BIG")
		}
		if err != nil {
			t.Errorf("%s: %v", when, err)
		}
		nc.Close()
		n.Close()
		if when == "first" {
			n = start()
		}
	}
}
