package chhttp

import (
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/compress"
)

// maxFrame is the largest piece of an answer in one compressed frame, in bytes.
const maxFrame = 1 << 20

// answer writes the response body in the coding that the request asked for.
type answer struct {
	w       http.ResponseWriter
	control *http.ResponseController
	out     io.Writer
	coding  string         // of the content
	coder   io.WriteCloser // of that coding
	frames  *compress.Writer
	tag     string // marks this answer's exception block
	started bool
}

func newAnswer(w http.ResponseWriter, q *request) *answer {
	a := &answer{w: w, control: http.NewResponseController(w), out: w, coding: q.contentCoding, tag: rand.Text()[:16]}
	h := w.Header()
	h.Set("X-ClickHouse-Format", q.outFormat)
	h.Set("X-ClickHouse-Query-Id", q.id)
	h.Set("X-ClickHouse-Exception-Tag", a.tag)
	h.Set("Content-Type", contentType(q.outFormat))
	switch {
	case q.compress && q.compressor == "ZSTD":
		a.frames = compress.NewWriter(compress.LevelZero, compress.ZSTD)
	case q.compress:
		a.frames = compress.NewWriter(compress.LevelZero, compress.LZ4)
	case a.coding == "gzip":
		a.coder = gzip.NewWriter(w)
	case a.coding == "deflate":
		a.coder = zlib.NewWriter(w)
	}
	if a.coder != nil {
		a.out = a.coder
	}
	return a
}

func contentType(format string) string {
	switch {
	case format == "JSON" || format == "JSONCompact" || format == "JSONStrings" || format == "JSONColumns":
		return "application/json; charset=UTF-8"
	case strings.HasPrefix(format, "JSON"):
		return "application/x-ndjson; charset=UTF-8"
	case strings.HasPrefix(format, "CSV"):
		return "text/csv; charset=UTF-8"
	case strings.HasPrefix(format, "TabSeparated"), strings.HasPrefix(format, "TSV"):
		return "text/tab-separated-values; charset=UTF-8"
	case format == "Native", format == "Parquet", strings.HasPrefix(format, "RowBinary"), strings.HasPrefix(format, "Arrow"):
		return "application/octet-stream"
	}
	return "text/plain; charset=UTF-8"
}

func (a *answer) Write(p []byte) (int, error) {
	if !a.started && a.coder != nil {
		a.w.Header().Set("Content-Encoding", a.coding)
	}
	a.started = true
	_ = a.control.SetWriteDeadline(time.Now().Add(patience))
	if a.frames == nil {
		return a.out.Write(p)
	}
	for rest := p; len(rest) > 0; {
		n := min(len(rest), maxFrame)
		if err := a.frame(a.frames, rest[:n]); err != nil {
			return 0, err
		}
		rest = rest[n:]
	}
	return len(p), nil
}

func (a *answer) frame(w *compress.Writer, p []byte) error {
	if err := w.Compress(p); err != nil {
		return fmt.Errorf("compressing the answer: %w", err)
	}
	_, err := a.out.Write(w.Data)
	return err
}

// finish ends a complete answer. One without any byte says so in its length:
// clickhouse-go takes it for a statement without a result.
func (a *answer) finish() error {
	if !a.started {
		a.w.Header().Set("Content-Length", "0")
		return nil
	}
	if a.coder != nil {
		return a.coder.Close()
	}
	return nil
}

// fail ends an answer with an error. Before the first byte that is a status and
// the engine's text. After it, it is ClickHouse's exception block, and then the
// connection is cut so that a client that does not know the block sees an
// incomplete answer instead of a short one.
func (a *answer) fail(err error) {
	e := asException(err)
	if !a.started {
		writeException(a.w, e.Code, e.Message)
		return
	}
	block := fmt.Sprintf("\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", a.tag, e.Message, len(e.Message)+1, a.tag)
	if a.frames != nil {
		// Stored, not compressed: a client looks for the marker in the raw bytes.
		err = a.frame(compress.NewWriter(compress.LevelZero, compress.None), []byte(block))
	} else {
		_, err = io.WriteString(a.out, block)
	}
	if err == nil && a.coder != nil {
		err = a.coder.Close()
	}
	if err == nil {
		_ = a.control.Flush()
	}
	panic(http.ErrAbortHandler)
}

func writeException(w http.ResponseWriter, code int, message string) {
	h := w.Header()
	h.Del("Content-Encoding")
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("X-ClickHouse-Exception-Code", strconv.Itoa(code))
	w.WriteHeader(httpStatus(code))
	_, _ = io.WriteString(w, message+"\n")
}
