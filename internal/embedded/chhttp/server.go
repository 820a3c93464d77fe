// Package chhttp serves ClickHouse's HTTP interface over a libchdb engine.
//
// clickhouse-go over HTTP, and with it Grafana's ClickHouse data source, works
// with it as with a server. Not implemented, and refused: session_id, external
// tables, users other than "default", files of the host. Progress headers are
// not sent.
package chhttp

import (
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"artery/internal/embedded/chdb"
)

// patience is how long a client may take to send or to receive the next piece.
const patience = time.Minute

// Options of a Server.
type Options struct {
	Library  *chdb.Library
	Dir      string   // absolute path of the data directory
	Settings []string // further engine options, "name=value"
	Sessions int      // statements that run at the same time; further requests wait
	Password string   // of the user "default"; empty admits everyone
	Log      *slog.Logger
}

// Server is the handler. It keeps one connection to the engine open, so the
// directory's lock is held from New to Close.
type Server struct {
	lib      *chdb.Library
	args     []string
	password string
	log      *slog.Logger
	version  string
	timezone string
	slots    chan struct{}
	requests atomic.Uint64

	controlMu sync.Mutex
	control   *chdb.Conn // kills statements
}

// New opens the data directory. It returns chdb.ErrConnect while another
// process holds it.
func New(o Options) (*Server, error) {
	s := &Server{lib: o.Library, password: o.Password, log: o.Log, slots: make(chan struct{}, max(1, o.Sessions))}
	s.args = []string{
		"--path=" + o.Dir,
		// libchdb differs from a server in these defaults.
		"--async_insert=0", "--implicit_select=0", "--allow_introspection_functions=0",
		// A day: libchdb takes a streamed INSERT for interrupted when a subquery of a
		// materialized view asks after this time, by default after 100 ms.
		"--interactive_delay=86400000000",
	}
	for _, v := range o.Settings {
		s.args = append(s.args, "--"+v)
	}
	control, err := s.lib.Connect(s.args...)
	if err != nil {
		return nil, fmt.Errorf("opening the data directory %s: %w", o.Dir, err)
	}
	s.control = control
	r, err := control.Query("SELECT version(), timezone()", "TabSeparated", nil)
	if err != nil {
		control.Close()
		return nil, fmt.Errorf("asking the engine for its version: %w", err)
	}
	defer r.Free()
	s.version, s.timezone, _ = strings.Cut(strings.TrimSpace(string(r.Bytes())), "\t")
	return s, nil
}

// Version is the engine's version, as SELECT version().
func (s *Server) Version() string { return s.version }

// Close waits for the running statements and closes the engine's directory.
// No request may arrive any more.
func (s *Server) Close() {
	for range cap(s.slots) {
		s.slots <- struct{}{}
	}
	s.controlMu.Lock()
	defer s.controlMu.Unlock()
	s.control.Close()
	s.control = nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A client that stands still must not keep a session for ever. The write
	// deadline of an earlier request on this connection has no meaning any more.
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{})
	switch {
	case r.URL.Path == "/ping" || r.URL.Path == "/replicas_status",
		r.URL.Path == "/" && r.Method == http.MethodGet && r.URL.RawQuery == "":
		_, _ = io.WriteString(w, "Ok.\n")
		return
	case r.URL.Path != "/":
		http.NotFound(w, r)
		return
	}
	w.Header().Set("X-ClickHouse-Server-Display-Name", displayName)
	w.Header().Set("X-ClickHouse-Timezone", s.timezone)
	r.Body = &patientBody{ReadCloser: r.Body, control: control}
	q, err := s.admit(r)
	if err != nil {
		e := asException(err)
		writeException(w, e.Code, e.Message)
		return
	}
	a := newAnswer(w, q)
	if err := s.serve(r.Context(), w.Header(), a, q); err != nil {
		a.fail(err)
		return
	}
	if err := a.finish(); err != nil && r.Context().Err() == nil {
		s.log.Debug("writing an answer failed", "err", err)
	}
}

// patientBody gives a client patience for every piece of the request.
type patientBody struct {
	io.ReadCloser
	control *http.ResponseController
}

func (b *patientBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(patience))
	n, err := b.ReadCloser.Read(p)
	// The server reads on behind the body to see whether the client goes away;
	// that wait has no limit.
	_ = b.control.SetReadDeadline(time.Time{})
	return n, err
}

// admit checks who asks and parses what is asked.
func (s *Server) admit(r *http.Request) (*request, error) {
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodHead:
	default:
		return nil, exception(48, "NOT_IMPLEMENTED", "HTTP method %s is not supported", r.Method)
	}
	if s.password == "" {
		// Without a password, a web page in a browser on this machine must not
		// become a client.
		site := r.Header.Get("Sec-Fetch-Site")
		if r.Header.Get("Origin") != "" || site != "" && site != "none" {
			return nil, exception(516, "AUTHENTICATION_FAILED", "Requests from web pages need a password")
		}
		return parseRequest(r)
	}
	user, password, ok := r.BasicAuth()
	if v := r.Header.Get("X-ClickHouse-User"); !ok && v != "" {
		user, password, ok = v, r.Header.Get("X-ClickHouse-Key"), true
	}
	if v := r.URL.Query(); !ok {
		user, password = v.Get("user"), v.Get("password")
	}
	if user == "" {
		user = "default"
	}
	if user != "default" || subtle.ConstantTimeCompare([]byte(password), []byte(s.password)) != 1 {
		return nil, exception(516, "AUTHENTICATION_FAILED", "%s: Authentication failed: password is incorrect, or there is no user with such name", user)
	}
	return parseRequest(r)
}

func (s *Server) serve(ctx context.Context, h http.Header, a *answer, q *request) error {
	x, err := s.open(ctx, q)
	if err != nil {
		return err
	}
	defer x.close()
	begin := time.Now()
	switch {
	case q.hasData:
		return insert(x, h, q, begin)
	case strings.TrimSpace(q.sql) == helloQuery && q.outFormat == "Native":
		block, err := helloBlock(q.revision, s.version, s.timezone)
		if err != nil {
			return err
		}
		_, err = a.Write(block)
		return err
	}
	return x.run(ctx, func() error {
		if q.selects() && !q.buffered && joins(q.outFormat) {
			return stream(ctx, x.conn, a, q)
		}
		return buffered(x.conn, h, a, q, begin)
	})
}

// insert copies the rows into the engine. When the client goes away before the
// last row the statement is dropped; after it, the commit goes on.
func insert(x *session, h http.Header, q *request, begin time.Time) error {
	in, err := x.conn.Insert(q.sql, q.format, q.params)
	if err != nil {
		return err
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{in}, struct{ io.Reader }{q.data}, make([]byte, 1<<20)); err != nil {
		in.Cancel()
		return err
	}
	rows, err := in.Done()
	if err != nil {
		return err
	}
	summary(h, 0, 0, rows, begin)
	return nil
}

// joins reports whether pieces of a format make one document.
func joins(format string) bool {
	switch format {
	case "Native", "RowBinary", "TabSeparated", "TSV", "CSV", "JSONEachRow", "JSONCompactEachRow":
		return true
	}
	return false
}

func stream(ctx context.Context, conn *chdb.Conn, a *answer, q *request) error {
	err := conn.Stream(q.sql, q.outFormat, q.params, func(chunk []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := a.Write(chunk)
		return err
	})
	if err != nil {
		return err
	}
	return emptyHeader(conn, a, q)
}

func buffered(conn *chdb.Conn, h http.Header, a *answer, q *request, begin time.Time) error {
	r, err := conn.Query(q.sql, q.outFormat, q.params)
	if err != nil {
		return err
	}
	defer r.Free()
	summary(h, r.RowsRead(), r.BytesRead(), r.RowsWritten(), begin)
	if len(r.Bytes()) > 0 {
		_, err := a.Write(r.Bytes())
		return err
	}
	return emptyHeader(conn, a, q)
}

// emptyHeader writes the columns of a Native result without rows. The other
// formats carry them already, or have no place for them.
func emptyHeader(conn *chdb.Conn, a *answer, q *request) error {
	if a.started || q.outFormat != "Native" || !q.answers() {
		return nil
	}
	c, err := columns(conn, q.statement, q.params)
	if err != nil || len(c) == 0 {
		return err
	}
	_, err = a.Write(headerBlock(c))
	return err
}

func summary(h http.Header, readRows, readBytes, written uint64, begin time.Time) {
	h.Set("X-ClickHouse-Summary", fmt.Sprintf(`{"read_rows":"%d","read_bytes":"%d","written_rows":"%d","written_bytes":"0","total_rows_to_read":"0","result_rows":"%d","result_bytes":"0","elapsed_ns":"%d"}`,
		readRows, readBytes, written, written, time.Since(begin).Nanoseconds()))
}
