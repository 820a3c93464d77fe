package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"artery/internal/daemon"
	"artery/internal/loader"
	"artery/internal/schema"
	"artery/internal/stream"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

// Frame is what every part of a process shares.
type Frame struct {
	Log      *slog.Logger
	Registry *prometheus.Registry
	Health   *daemon.Health
	Version  string
}

// connectFrom and connectTo bound the pause between two tries to reach a server at the start: services may start in any
// order.
const connectFrom, connectTo = 250 * time.Millisecond, 10 * time.Second

// persist tries until try succeeds, has a refusal, or ctx ends. The part is not ready meanwhile.
func (f Frame) persist(ctx context.Context, part string, try func() error) error {
	for pause := connectFrom; ; pause = min(2*pause, connectTo) {
		err := try()
		f.Health.Set(part, err)
		if err == nil || ctx.Err() != nil || errors.As(err, new(refusal)) {
			return err
		}
		f.Log.Warn("not ready, trying again", "part", part, "pause", pause, "err", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// refusal is an error of the start that waiting does not mend.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// unlessLost makes an error a refusal, but not that of a server that went away: it may be back at the next try.
func unlessLost(err error) error {
	if err == nil || errors.As(err, new(net.Error)) {
		return err
	}
	for _, lost := range []error{
		io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrConnectionClosed,
		nats.ErrDisconnected, nats.ErrConnectionReconnecting, jetstream.ErrNoStreamResponse,
	} {
		if errors.Is(err, lost) {
			return err
		}
	}
	return refusal{err}
}

// connectNATS opens the connection. It reconnects for ever by itself.
func connectNATS(c NATSConfig, name string, f Frame) (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name(name), nats.MaxReconnects(-1), nats.ReconnectWait(500 * time.Millisecond),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err == nil {
				return // closed by us
			}
			f.Health.Set("nats", fmt.Errorf("disconnected: %w", err))
			f.Log.Warn("nats connection lost", "err", err)
		}),
		nats.ReconnectHandler(func(*nats.Conn) {
			f.Health.Set("nats", nil)
			f.Log.Info("nats connection is back")
		}),
	}
	password, err := c.Password.Read()
	if err != nil {
		return nil, fmt.Errorf("nats.password: %w", err)
	}
	switch {
	case c.Credentials != "":
		options = append(options, nats.UserCredentials(c.Credentials))
	case c.User != "":
		options = append(options, nats.UserInfo(c.User, password))
	}
	nc, err := nats.Connect(c.URL, options...)
	if err != nil {
		return nil, fmt.Errorf("connecting to nats at %s: %w", c.URL, err)
	}
	return nc, nil
}

// openLog connects to NATS, however long it takes, and opens the stream. The caller closes the connection.
func openLog(ctx context.Context, c NATSConfig, name string, f Frame) (nc *nats.Conn, log *stream.Log, err error) {
	err = f.persist(ctx, "nats", func() error {
		if nc, err = connectNATS(c, name, f); err != nil {
			return err
		}
		if err = stream.Ready(ctx, nc); err == nil {
			log, err = stream.Open(ctx, nc, c.stream(f))
			err = unlessLost(err)
		}
		if err != nil {
			nc.Close()
		}
		return err
	})
	return nc, log, err
}

func (c NATSConfig) stream(f Frame) stream.Config {
	return stream.Config{Replicas: c.Replicas, MaxBytes: c.MaxBytes, TTL: time.Duration(c.TTL), Epoch: c.Epoch, Slog: f.Log}
}

// options reads the DSN. The password comes from its own place.
func (c ClickHouseConfig) options() (*clickhouse.Options, error) {
	o, err := clickhouse.ParseDSN(c.DSN)
	if err != nil {
		return nil, fmt.Errorf("clickhouse.dsn: %w", err)
	}
	if o.Auth.Database == "" {
		o.Auth.Database = "artery"
	}
	if o.Auth.Password, err = c.Password.Read(); err != nil {
		return nil, fmt.Errorf("clickhouse.password: %w", err)
	}
	o.Auth.Username = c.User
	o.ClientInfo.Products = append(o.ClientInfo.Products, struct{ Name, Version string }{"artery", "1"})
	return o, nil
}

// OpenClickHouse connects, however long it takes, and migrates. The caller closes the connection.
func OpenClickHouse(ctx context.Context, c ClickHouseConfig, f Frame) (driver.Conn, error) {
	o, err := c.options()
	if err != nil {
		return nil, err
	}
	var conn driver.Conn
	err = f.persist(ctx, "clickhouse", func() error {
		if err := schema.EnsureDatabase(ctx, o); err != nil {
			return err
		}
		if conn, err = clickhouse.Open(o); err != nil {
			return refusal{fmt.Errorf("connecting to clickhouse: %w", err)}
		}
		if _, err = schema.Migrate(ctx, conn, f.Log); err != nil {
			conn.Close()
		}
		return unlessLost(err)
	})
	return conn, err
}

// ReadClickHouse connects once, to read: it makes no database and migrates nothing, and refuses a schema that is not this
// program's. The caller closes the connection.
func ReadClickHouse(ctx context.Context, c ClickHouseConfig) (driver.Conn, error) {
	o, err := c.options()
	if err != nil {
		return nil, err
	}
	conn, err := clickhouse.Open(o)
	if err != nil {
		return nil, fmt.Errorf("connecting to clickhouse: %w", err)
	}
	pending, err := schema.Pending(ctx, conn)
	if err == nil && pending > 0 {
		err = fmt.Errorf("%d migrations are missing in the database %s: start the loader first, it migrates", pending, o.Auth.Database)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// checkEpoch refuses a stream that is younger than the rows of its own incarnation: it was lost and made anew, and its
// sequences would be taken for those of other events.
func checkEpoch(ctx context.Context, log *stream.Log, table loader.ClickHouse) error {
	stored, err := table.LastSeq(ctx, log.Epoch())
	if err != nil {
		return err
	}
	_, last, _, err := log.Info(ctx)
	if err != nil {
		return err
	}
	if last < stored {
		return fmt.Errorf("the stream ends at %d but the table events has %d under the same epoch %d: the stream was made anew; "+
			"delete it, set nats.epoch to %d and start again", last, stored, log.Epoch(), log.Epoch()+1)
	}
	return nil
}
