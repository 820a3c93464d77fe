package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Bucket is the KV bucket of the outbox. Its only key is outboxKey.
const Bucket = "ARTERY_NOTIFY"

const outboxKey = "outbox"

// KV keeps the outbox in a bucket of the log's server. It is there and not in ClickHouse because a planned message must
// be planned once by all loaders, and ClickHouse can not refuse a second writer.
type KV struct{ kv jetstream.KeyValue }

// OpenKV opens the bucket, and makes it when it is missing.
func OpenKV(ctx context.Context, nc *nats.Conn, replicas int) (KV, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return KV{}, fmt.Errorf("opening the outbox: %w", err)
	}
	kv, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "Artery: what the notifier has told and has to tell", Storage: jetstream.FileStorage, Replicas: max(replicas, 1),
	})
	if err != nil {
		return KV{}, fmt.Errorf("opening the outbox, bucket %s: %w", Bucket, err)
	}
	return KV{kv}, nil
}

// Load implements Store.
func (s KV) Load(ctx context.Context) (o Outbox, revision uint64, err error) {
	entry, err := s.kv.Get(ctx, outboxKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return Outbox{}, 0, nil
	}
	if err == nil {
		err = json.Unmarshal(entry.Value(), &o)
	}
	if err != nil {
		return Outbox{}, 0, fmt.Errorf("reading the outbox, bucket %s: %w", Bucket, err)
	}
	return o, entry.Revision(), nil
}

// Save implements Store. The server refuses it when the revision is no longer the last one; 0 is none.
func (s KV) Save(ctx context.Context, o Outbox, revision uint64) error {
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("writing the outbox: %w", err)
	}
	if _, err := s.kv.Update(ctx, outboxKey, text, revision); err != nil {
		return fmt.Errorf("writing the outbox, bucket %s: %w", Bucket, err)
	}
	return nil
}
