package service

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"artery/internal/notify"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
)

// NotifyConfig is the webhook that is told of stages. Without a URL nobody is.
type NotifyConfig struct {
	// URL of the receiver. It is a secret: chat systems put their key into it.
	URL Secret `yaml:"url"`
	// Token is sent as Authorization: Bearer.
	Token Secret `yaml:"token"`
	// MaxAge is the age from which on a transition is history, which nobody is told. Default 1h.
	MaxAge Duration `yaml:"max_age"`
	// Wait is for how long a failure is not told while its step or log is not known yet. Default 10s; 0s = it is told without.
	Wait Duration `yaml:"wait"`
	// PerMinute is how many messages may be sent; what comes faster is told in one. Default 6.
	PerMinute int `yaml:"per_minute"`
	// Stages is an expression on the name of the stage. Default: all.
	Stages string `yaml:"stages"`
}

func (n *NotifyConfig) validate(f *faults) {
	const where = "notify"
	f.secret(where+".url", n.URL, n.Token != Secret{})
	f.secret(where+".token", n.Token, false)
	if address, err := n.URL.Read(); err == nil && address != "" {
		if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			f.add(where+".url", "what is there is no URL such as https://host/path")
		}
	}
	if v := time.Duration(n.MaxAge); v < time.Minute || v > 24*time.Hour {
		f.add(where+".max_age", "%s is not between 1m and 24h", v)
	}
	if v := time.Duration(n.Wait); v < 0 || v > time.Minute {
		f.add(where+".wait", "%s is not between 0s and 1m", v)
	} else if v > time.Duration(n.MaxAge)/2 {
		f.add(where+".wait", "%s is more than half of max_age: what waits so long may be too old to be told", v)
	}
	if n.PerMinute < 1 || n.PerMinute > 600 {
		f.add(where+".per_minute", "%d is not between 1 and 600", n.PerMinute)
	}
	f.expressions(where, map[string]string{"stages": n.Stages})
}

// newNotifier makes the notifier, or none when nobody is to be told.
func newNotifier(ctx context.Context, c Config, nc *nats.Conn, conn driver.Conn, f Frame) (*notify.Notifier, error) {
	address, err := c.Notify.URL.Read()
	if err != nil {
		return nil, fmt.Errorf("notify.url: %w", err)
	}
	if address == "" {
		return nil, nil
	}
	token, err := c.Notify.Token.Read()
	if err != nil {
		return nil, fmt.Errorf("notify.token: %w", err)
	}
	stages, err := regexp.Compile(c.Notify.Stages)
	if err != nil {
		return nil, fmt.Errorf("notify.stages: %w", err)
	}
	var store notify.KV
	err = f.persist(ctx, "notifier", func() error {
		store, err = notify.OpenKV(ctx, nc, c.NATS.Replicas)
		return unlessLost(err)
	})
	if err != nil {
		return nil, err
	}
	return notify.New(notify.Options{
		Name: nuid.Next(), Store: store, Read: notify.Reader(conn), Reasons: notify.Reasons(conn), Post: notify.NewWebhook(address, token, f.Version).Post,
		MaxAge: time.Duration(c.Notify.MaxAge), Wait: time.Duration(c.Notify.Wait), PerMinute: c.Notify.PerMinute, Stages: stages,
		Slog: f.Log, Metrics: notify.NewMetrics(f.Registry),
	}), nil
}
