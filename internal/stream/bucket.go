package stream

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Bucket is the object store of checkpoints. An object is named by what the subjects of its scope begin with, and holds the
// epoch of the stream (a varint), its own name (a text), and the checkpoint. It is a cache: what is in it is used only if the
// log agrees, and may be taken away at any time.
const Bucket = "ARTERY_CHECKPOINTS"

// keptFor is how long an object is kept: those of scopes that nobody watches any more go, and what is left of an upload that
// was cut off.
const keptFor = 30 * 24 * time.Hour

// checkpointChunk is the size of one message of an object; each is synced. mostCheckpoint bounds an object, to be read and to be
// written: five million heads. checkpointTimeout bounds reading and writing one.
const (
	checkpointChunk   = 512 << 10
	mostCheckpoint    = 256 << 20
	checkpointTimeout = time.Minute
)

// Keep keeps a checkpoint of a scope (events.ScopeState.AppendCheckpoint) in the place of an older one: Restore then reads what
// the log has after it. An error means nothing but that it may not be there.
func (l *Log) Keep(ctx context.Context, tenant, scope string, checkpoint []byte) error {
	prefix := scopePrefix(tenant, scope)
	ctx, cancel := context.WithTimeout(ctx, checkpointTimeout)
	defer cancel()
	b, err := l.bucket(ctx, true)
	if err == nil && len(checkpoint) > mostCheckpoint {
		err = fmt.Errorf("it has %d bytes, more than %d", len(checkpoint), mostCheckpoint)
	}
	if err == nil {
		meta := jetstream.ObjectMeta{Name: prefix, Opts: &jetstream.ObjectMetaOptions{ChunkSize: checkpointChunk}}
		_, err = b.Put(ctx, meta, io.MultiReader(bytes.NewReader(checkpointHead(l.epoch, prefix)), bytes.NewReader(checkpoint)))
	}
	if err != nil {
		l.opening.Lock()
		l.made = false // the next try makes it, should it be gone
		l.opening.Unlock()
		return fmt.Errorf("keeping a checkpoint of %s in the bucket %s: %w", prefix, Bucket, err)
	}
	return nil
}

// bucketTimeout bounds the opening of the bucket, and bucketRest is how long nobody tries again after it failed: a user without the
// permission gets no answer.
const bucketTimeout, bucketRest = 10 * time.Second, time.Minute

// bucket is the object store, opened once; create has it made, with as many replicas as the stream has.
func (l *Log) bucket(ctx context.Context, create bool) (b jetstream.ObjectStore, err error) {
	l.opening.Lock()
	defer l.opening.Unlock()
	switch {
	case l.made || l.objects != nil && !create:
		return l.objects, nil
	case l.refused != nil && time.Since(l.refusedAt) < bucketRest:
		return nil, l.refused
	}
	asking, cancel := context.WithTimeout(ctx, bucketTimeout)
	defer cancel()
	if create {
		b, err = l.js.CreateOrUpdateObjectStore(asking, jetstream.ObjectStoreConfig{
			Bucket: Bucket, Description: "Artery: what a collector knows of a scope, so that it need not read all of the log",
			TTL: keptFor, Storage: jetstream.FileStorage, Replicas: l.replicas,
		})
	} else if b, err = l.js.ObjectStore(asking, Bucket); errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil, errNoCheckpoint
	}
	if err != nil {
		if err = fmt.Errorf("opening the bucket: %w", err); ctx.Err() == nil {
			l.refused, l.refusedAt = err, time.Now()
		}
		return nil, err
	}
	l.objects, l.made = b, create
	return b, nil
}

// loadTries bounds how often an object is read that another process replaces meanwhile.
const loadTries = 3

// load reads an object: by its messages, for the library waits for those of an object that was replaced.
func (l *Log) load(ctx context.Context, prefix string) ([]byte, error) {
	b, err := l.bucket(ctx, false)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		info, err := b.GetInfo(ctx, prefix)
		if errors.Is(err, jetstream.ErrObjectNotFound) {
			return nil, errNoCheckpoint
		}
		if err == nil && info.Size > mostCheckpoint+1<<10 {
			err = fmt.Errorf("it has %d bytes, more than %d", info.Size, mostCheckpoint)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the checkpoint: %w", err)
		}
		out := make([]byte, 0, info.Size)
		err = l.each(ctx, "OBJ_"+Bucket, jetstream.OrderedConsumerConfig{
			FilterSubjects: []string{"$O." + Bucket + ".C." + info.NUID}, DeliverPolicy: jetstream.DeliverAllPolicy,
		}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			if out = append(out, m.Data()...); uint64(len(out)) > info.Size {
				return errors.New("it is longer than it says")
			}
			return nil
		})
		digest := sha256.New()
		digest.Write(out)
		switch {
		case err != nil:
			return nil, fmt.Errorf("reading the checkpoint: %w", err)
		case jetstream.GetObjectDigestValue(digest) == info.Digest:
			return out, nil
		case try == loadTries:
			return nil, errors.New("reading the checkpoint: its digest is another one")
		}
	}
}
