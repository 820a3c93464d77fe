package embedded

import (
	"errors"
	"fmt"
	"net"
	"strconv"
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
	s *server.Server
}

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
		ServerName: "artery", Host: host, Port: port, StoreDir: o.Dir,
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
	return &NATS{s}, nil
}

// URL is the address for clients.
func (n *NATS) URL() string { return n.s.ClientURL() }

// Close stops the server; what it acknowledged is on disk.
func (n *NATS) Close() {
	n.s.Shutdown()
	n.s.WaitForShutdown()
}
