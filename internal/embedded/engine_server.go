package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"artery/internal/embedded/chdb"
	"artery/internal/embedded/chhttp"
)

const (
	// lockTimeout bounds the wait for the data directory: the engine of a parent
	// that was killed may still be closing it.
	lockTimeout  = 30 * time.Second
	lockInterval = 200 * time.Millisecond
	// listenTimeout bounds the wait for the address, for the same reason.
	listenTimeout = 5 * time.Second
	// drainTimeout bounds the wait for running requests at the end; then their
	// statements are killed. Service managers often allow 10 s in all.
	drainTimeout = 3 * time.Second
)

// smallMachine are server settings for one machine with a few cores, shared
// with the rest of Artery. libchdb's own defaults allow 5 GiB for each cache.
var smallMachine = []string{
	"mark_cache_size=134217728",
	"primary_index_cache_size=134217728",
	"index_mark_cache_size=67108864",
	"vector_similarity_index_cache_size=67108864",
	"text_index_tokens_cache_size=67108864",
	"text_index_header_cache_size=67108864",
	"text_index_postings_cache_size=67108864",
	"parquet_metadata_cache_size=16777216",
	"iceberg_metadata_files_cache_size=16777216",
	"query_condition_cache_size=33554432",
	"background_pool_size=2",
}

// ServeEngine runs the ClickHouse engine in this process until ctx ends or the
// parent is gone. It closes the data directory before it returns, and can run
// once in a process. Standard input is replaced by /dev/null, because libchdb
// would read INSERT data from it.
func ServeEngine(ctx context.Context, o EngineOptions, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.ParentPipe != nil {
		go func() {
			_, _ = io.Copy(io.Discard, o.ParentPipe)
			log.Info("the parent process is gone, closing the engine")
			cancel()
		}()
	}
	if err := emptyStdin(); err != nil {
		return err
	}
	if err := o.complete(); err != nil {
		return err
	}
	lib, err := chdb.Open(o.Library)
	if err != nil {
		return err
	}
	server, err := openServer(ctx, lib, o, log)
	if err != nil {
		return err
	}
	defer func() {
		server.Close()
		lib.Shutdown()
	}()
	listener, err := o.listener(ctx)
	if err != nil {
		return err
	}
	log.Info("engine ready", "addr", listener.Addr().String(), "version", server.Version(), "libchdb", lib.Version(), "dir", o.Dir)
	return serveHTTP(ctx, listener, server)
}

func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler) error {
	web := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving HTTP: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	if err := web.Shutdown(drain); err != nil {
		// Cut connections end their requests' contexts, and these their statements.
		_ = web.Close()
	}
	return nil
}

// complete fills in defaults, makes Dir absolute and creates it. libchdb takes
// a relative path but then fails on tables with fsync_after_insert.
func (o *EngineOptions) complete() (err error) {
	if o.Library == "" {
		if o.Library, err = FindLibrary(); err != nil {
			return err
		}
	}
	if o.Dir == "" {
		return errors.New("starting the engine: no data directory given")
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return fmt.Errorf("starting the engine: %w", err)
	}
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return fmt.Errorf("creating the engine's data directory: %w", err)
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:8123"
	}
	if o.Sessions == 0 {
		o.Sessions = 8
	}
	if o.Memory == 0 {
		o.Memory = machineMemory() / 2
	}
	return nil
}

// machineMemory is the memory of the machine in bytes, or 4 GiB if unknown.
func machineMemory() int64 {
	text, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "MemTotal:" {
			if kib, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return kib << 10
			}
		}
	}
	return 4 << 30
}

// listen retries for a short time: the child of a killed parent frees the
// address as soon as it notices.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	deadline := time.Now().Add(listenTimeout)
	for {
		l, err := net.Listen("tcp", addr)
		if err == nil {
			return l, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(deadline) {
			return nil, fmt.Errorf("starting the engine: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("starting the engine: %w", err)
		case <-time.After(lockInterval):
		}
	}
}

func (o *EngineOptions) listener(ctx context.Context) (net.Listener, error) {
	if o.Listener == nil {
		return listen(ctx, o.Listen)
	}
	defer o.Listener.Close()
	l, err := net.FileListener(o.Listener)
	if err != nil {
		return nil, fmt.Errorf("taking over the parent's socket: %w", err)
	}
	return l, nil
}

func openServer(ctx context.Context, lib *chdb.Library, o EngineOptions, log *slog.Logger) (*chhttp.Server, error) {
	settings := append([]string{"max_server_memory_usage=" + strconv.FormatInt(o.Memory, 10)}, smallMachine...)
	deadline := time.Now().Add(lockTimeout)
	for {
		server, err := chhttp.New(chhttp.Options{
			Library: lib, Dir: o.Dir, Settings: append(settings, o.Settings...),
			Sessions: o.Sessions, Password: o.Password, Log: log,
		})
		if err == nil || !errors.Is(err, chdb.ErrConnect) || time.Now().After(deadline) {
			return server, err
		}
		log.Info("the data directory is in use, waiting", "dir", o.Dir)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockInterval):
		}
	}
}

func emptyStdin() error {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return fmt.Errorf("starting the engine: %w", err)
	}
	defer null.Close()
	if err := unix.Dup2(int(null.Fd()), 0); err != nil {
		return fmt.Errorf("starting the engine: %w", err)
	}
	return nil
}
