package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// NATSOptions is the embedded nats-server.
type NATSOptions struct {
	Dir    string // JetStream's store, made when missing
	Listen string // host:port; port 0 picks a free one
}

// NATS is a nats-server with JetStream inside this process. Every message is on disk before it is acknowledged.
type NATS struct {
	s   *server.Server
	dir string
}

// unbounded is the size of the whole store: as much as the disk takes. By itself the server counts what a stream may
// grow to as used already, and refuses a stream that may grow beyond three quarters of the disk's free space, at every
// start anew; a log would then not come back on a disk that has filled up meanwhile.
const unbounded = 1 << 60

// natsStart bounds the start: a store of a million subjects takes seconds to read back.
const natsStart = 2 * time.Minute

// StartNATS starts the server and waits until it accepts clients.
func StartNATS(o NATSOptions) (*NATS, error) {
	host, p, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("starting nats-server: the address %q is not host:port", o.Listen)
	}
	port, err := strconv.Atoi(p)
	if err != nil || port < 0 || port > 65535 {
		return nil, fmt.Errorf("starting nats-server: the address %q has no valid port", o.Listen)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	s, err := server.NewServer(&server.Options{
		ServerName: "artery", Host: host, Port: port, StoreDir: o.Dir, JetStreamMaxStore: unbounded,
		JetStream: true, SyncAlways: true, NoSigs: true, NoLog: true, DontListen: false,
	})
	if err != nil {
		return nil, fmt.Errorf("starting nats-server: %w", err)
	}
	go s.Start()
	if !s.ReadyForConnections(natsStart) {
		s.Shutdown()
		return nil, fmt.Errorf("starting nats-server on %s with the store %s: not ready (is the address or the store in use?)", o.Listen, o.Dir)
	}
	if !s.JetStreamEnabled() {
		s.Shutdown()
		return nil, errors.New("starting nats-server: JetStream did not start; see whether the store's directory can be written")
	}
	return &NATS{s, o.Dir}, nil
}

// URL is the address for clients.
func (n *NATS) URL() string { return n.s.ClientURL() }

// Fit is the size that a stream may have: max bytes, or three quarters of what the disk of the store can hold, with what
// the store holds already, if that is less. A stream that is full refuses messages; a disk that is full stops the server.
func (n *NATS) Fit(max int64) (int64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(n.dir, &disk); err != nil {
		return 0, fmt.Errorf("reading the free space of %s: %w", n.dir, err)
	}
	room := int64(disk.Bavail) * disk.Bsize
	err := filepath.WalkDir(n.dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		// The server removes files while they are counted.
		if info, err := d.Info(); err == nil {
			room += info.Size()
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("reading the size of %s: %w", n.dir, err)
	}
	return min(max, room/4*3), nil
}

// Close stops the server; what it acknowledged is on disk.
func (n *NATS) Close() {
	n.s.Shutdown()
	n.s.WaitForShutdown()
}
