// Package chdb binds the ClickHouse engine of libchdb 26.7 without cgo.
//
// A Library is one loaded engine. It opens connections to one data directory;
// every connection is a ClickHouse session with its own settings and current
// database. The engine takes a lock on the directory, so a second process is
// refused.
//
// The engine is C++ in this address space: when it aborts, the process ends.
// Run it in a process that may die. It also reads INSERT data from file
// descriptor 0 if that has any; the caller points it to /dev/null before Open.
package chdb

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Library is a loaded libchdb. It cannot be unloaded.
type Library struct {
	signals *signalTable

	version    func() string
	connect    func(argc int32, argv unsafe.Pointer) *unsafe.Pointer
	closeConn  func(conn *unsafe.Pointer)
	shutdown   func() int32
	setSignals func(enabled int32)

	query       queryCall
	streamQuery queryCall
	streamFetch func(conn, stream unsafe.Pointer) unsafe.Pointer
	streamStop  func(conn, stream unsafe.Pointer)

	resultError   func(result unsafe.Pointer) string
	resultBuffer  func(result unsafe.Pointer) unsafe.Pointer
	resultLength  func(result unsafe.Pointer) uintptr
	resultWritten func(result unsafe.Pointer) uint64
	storageRows   func(result unsafe.Pointer) uint64
	storageBytes  func(result unsafe.Pointer) uint64
	destroyResult func(result unsafe.Pointer)

	insertOpen    queryCall
	insertAppend  func(stream unsafe.Pointer, data *byte, size uintptr) int32
	insertDone    func(stream unsafe.Pointer) unsafe.Pointer
	insertCancel  func(stream unsafe.Pointer)
	insertError   func(stream unsafe.Pointer) string
	insertDestroy func(stream unsafe.Pointer)
}

// queryCall is the shape of the three calls that take a statement: text,
// format, and four parallel arrays of parameter names and values.
type queryCall func(conn unsafe.Pointer, sql *byte, sqlSize uintptr, format *byte, formatSize uintptr,
	names **byte, nameSizes *uintptr, values **byte, valueSizes *uintptr, count uintptr) unsafe.Pointer

// Open loads the shared library at path. The Go runtime keeps its signal
// handlers.
func Open(path string) (*Library, error) {
	if path == "" {
		return nil, fmt.Errorf("loading libchdb: no path given")
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return nil, fmt.Errorf("loading %s: the embedded ClickHouse engine exists for linux/amd64 only, this is %s/%s",
			path, runtime.GOOS, runtime.GOARCH)
	}
	signals, err := newSignalTable()
	if err != nil {
		return nil, err
	}
	before := signals.save()
	defer signals.restore(before)
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("loading libchdb: %w", err)
	}
	l := &Library{signals: signals}
	for _, f := range []struct {
		name string
		ptr  any
	}{
		{"chdb_version", &l.version},
		{"chdb_connect", &l.connect},
		{"chdb_close_conn", &l.closeConn},
		{"chdb_shutdown", &l.shutdown},
		{"chdb_set_signal_handlers_enabled", &l.setSignals},
		{"chdb_query_with_params_n", &l.query},
		{"chdb_stream_query_with_params_n", &l.streamQuery},
		{"chdb_stream_fetch_result", &l.streamFetch},
		{"chdb_stream_cancel_query", &l.streamStop},
		{"chdb_result_error", &l.resultError},
		{"chdb_result_buffer", &l.resultBuffer},
		{"chdb_result_length", &l.resultLength},
		{"chdb_result_rows_written", &l.resultWritten},
		{"chdb_result_storage_rows_read", &l.storageRows},
		{"chdb_result_storage_bytes_read", &l.storageBytes},
		{"chdb_destroy_query_result", &l.destroyResult},
		{"chdb_stream_insert_with_params_n", &l.insertOpen},
		{"chdb_stream_append", &l.insertAppend},
		{"chdb_stream_done", &l.insertDone},
		{"chdb_stream_cancel_insert", &l.insertCancel},
		{"chdb_stream_insert_error", &l.insertError},
		{"chdb_destroy_insert_stream", &l.insertDestroy},
	} {
		address, err := purego.Dlsym(handle, f.name)
		if err != nil {
			return nil, fmt.Errorf("loading libchdb: %w: the library must be version 26.7 or newer", err)
		}
		purego.RegisterFunc(f.ptr, address)
	}
	l.setSignals(0)
	return l, nil
}

// Version is libchdb's own version; the engine's is SELECT version().
func (l *Library) Version() string { return l.version() }

// Shutdown stops the engine's threads for the rest of the process. Every
// connection must be closed before. The engine reports a non-zero status once
// a MergeTree table existed although all is on disk, so it is not returned.
func (l *Library) Shutdown() { l.shutdown() }
