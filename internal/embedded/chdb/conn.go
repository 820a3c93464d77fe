package chdb

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

// ErrConnect is returned when the engine refuses a connection. libchdb gives
// no reason: usually another process holds the data directory, or an option
// is unknown.
var ErrConnect = errors.New("the engine refused the connection: the data directory is in use by another process or not writable, or an option is unknown")

// Params are the values of {name:Type} placeholders, in ClickHouse's escaped
// text form (as param_name of the HTTP interface).
type Params map[string]string

// Conn is one session. It runs one statement at a time; the caller serialises.
type Conn struct {
	lib    *Library
	handle *unsafe.Pointer
}

// Connect opens a session. args are engine options like "--path=/absolute/dir".
// All connections of one process must name the same absolute path.
func (l *Library) Connect(args ...string) (*Conn, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	argv := make([]*byte, 0, len(args)+2)
	for _, a := range append([]string{"clickhouse"}, args...) {
		p := &append([]byte(a), 0)[0]
		pin.Pin(p)
		argv = append(argv, p)
	}
	argv = append(argv, nil)
	before := l.signals.save()
	handle := l.connect(int32(len(argv)-1), unsafe.Pointer(&argv[0]))
	l.signals.restore(before)
	runtime.KeepAlive(argv)
	if handle == nil || *handle == nil {
		return nil, ErrConnect
	}
	return &Conn{lib: l, handle: handle}, nil
}

// Close ends the session. The last session's end releases the data directory.
func (c *Conn) Close() {
	if c.handle != nil {
		c.lib.closeConn(c.handle)
		c.handle = nil
	}
}

func (c *Conn) call(f queryCall, sql, format string, params Params) unsafe.Pointer {
	var pin runtime.Pinner
	defer pin.Unpin()
	var names, values []*byte
	var nameSizes, valueSizes []uintptr
	text := func(s string) *byte {
		p := &append([]byte(s), 0)[0]
		pin.Pin(p)
		return p
	}
	for name, value := range params {
		names, nameSizes = append(names, text(name)), append(nameSizes, uintptr(len(name)))
		values, valueSizes = append(values, text(value)), append(valueSizes, uintptr(len(value)))
	}
	return f(*c.handle, text(sql), uintptr(len(sql)), text(format), uintptr(len(format)),
		unsafe.SliceData(names), unsafe.SliceData(nameSizes), unsafe.SliceData(values), unsafe.SliceData(valueSizes), uintptr(len(names)))
}

// Query runs one statement and returns its whole result.
func (c *Conn) Query(sql, format string, params Params) (*Result, error) {
	return c.lib.result(c.call(c.lib.query, sql, format, params))
}

// Exec runs a statement without a result.
func (c *Conn) Exec(sql string) error {
	r, err := c.Query(sql, "TabSeparated", nil)
	if err != nil {
		return err
	}
	r.Free()
	return nil
}

// Stream runs a SELECT and hands its result to each in chunks as the engine
// produces them; each chunk is a complete document of the format, so only
// formats without header and footer (Native, RowBinary, ...) join to one. The
// chunk's memory belongs to the engine and ends with the call. An error of
// each stops the statement and is returned.
func (c *Conn) Stream(sql, format string, params Params, each func(chunk []byte) error) error {
	stream, err := c.lib.result(c.call(c.lib.streamQuery, sql, format, params))
	if err != nil {
		return err
	}
	defer stream.Free()
	for {
		chunk, err := c.lib.result(c.lib.streamFetch(*c.handle, stream.handle))
		if err != nil {
			return err
		}
		if len(chunk.Bytes()) == 0 {
			chunk.Free()
			return nil
		}
		err = each(chunk.Bytes())
		chunk.Free()
		if err != nil {
			c.lib.streamStop(*c.handle, stream.handle)
			return err
		}
	}
}

// Result is a finished statement's output in the engine's memory.
type Result struct {
	lib    *Library
	handle unsafe.Pointer
}

func (l *Library) result(handle unsafe.Pointer) (*Result, error) {
	if handle == nil {
		return nil, fmt.Errorf("the engine returned no result")
	}
	if text := l.resultError(handle); text != "" {
		l.destroyResult(handle)
		return nil, newError(text)
	}
	return &Result{l, handle}, nil
}

// Bytes is the output. It is valid until Free.
func (r *Result) Bytes() []byte {
	n := r.lib.resultLength(r.handle)
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(r.lib.resultBuffer(r.handle)), n)
}

// RowsWritten is the number of rows that the statement inserted.
func (r *Result) RowsWritten() uint64 { return r.lib.resultWritten(r.handle) }

// RowsRead and BytesRead count what the statement read from tables.
func (r *Result) RowsRead() uint64 { return r.lib.storageRows(r.handle) }

// BytesRead is the number of uncompressed bytes read from tables.
func (r *Result) BytesRead() uint64 { return r.lib.storageBytes(r.handle) }

// Free releases the output.
func (r *Result) Free() {
	if r.handle != nil {
		r.lib.destroyResult(r.handle)
		r.handle = nil
	}
}
