package chhttp

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/compress"

	"artery/internal/embedded/chdb"
)

// maxStatement is the longest SQL text, in bytes, without the data of an
// INSERT. A server's default for max_query_size is the same.
const maxStatement = 256 << 10

// setting is one ClickHouse setting of a request.
type setting struct{ name, value string }

// request is a parsed HTTP request.
type request struct {
	statement
	data io.Reader // rows of an INSERT

	id         string
	database   string
	settings   []setting
	logComment string
	params     chdb.Params
	revision   int // client_protocol_version

	outFormat     string
	compress      bool   // answer in ClickHouse's own compressed frames
	compressor    string // of these frames
	contentCoding string // of the answer, "" or gzip or deflate
	buffered      bool   // wait_end_of_query
}

// interfaceNames are URL parameters of the HTTP interface that are not
// settings.
var interfaceNames = []string{
	"add_http_cors_header", "buffer_size", "client_protocol_version", "compress", "database", "decompress",
	"default_format", "enable_http_compression", "http_zlib_compression_level", "log_comment",
	"network_compression_method", "network_zstd_compression_level", "password", "query", "query_id", "quota_key",
	"readonly", "role", "session_check", "session_id", "session_timeout", "stacktrace", "user", "wait_end_of_query",
}

var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func parseRequest(r *http.Request) (*request, error) {
	values := r.URL.Query()
	if values.Get("session_id") != "" {
		return nil, exception(48, "NOT_IMPLEMENTED", "The embedded engine has no HTTP sessions, session_id is not supported")
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		return nil, exception(48, "NOT_IMPLEMENTED", "The embedded engine does not support external tables")
	}
	q := &request{
		id:         cmp.Or(values.Get("query_id"), rand.Text()),
		database:   cmp.Or(r.Header.Get("X-ClickHouse-Database"), values.Get("database")),
		logComment: values.Get("log_comment"),
		params:     chdb.Params{},
		compress:   isSet(values, "compress"),
		compressor: strings.ToUpper(values.Get("network_compression_method")),
		buffered:   isSet(values, "wait_end_of_query"),
	}
	q.revision, _ = strconv.Atoi(values.Get("client_protocol_version"))
	for name, value := range values {
		if p, ok := strings.CutPrefix(name, "param_"); ok {
			q.params[p] = value[0]
		} else if settingName.MatchString(name) && !slices.Contains(interfaceNames, name) {
			q.settings = append(q.settings, setting{name, value[0]})
		}
	}
	slices.SortFunc(q.settings, func(a, b setting) int { return cmp.Compare(a.name, b.name) })
	// readonly comes last: nothing can be set after it.
	switch readonly := values.Get("readonly"); {
	case readonly != "" && readonly != "0":
		q.settings = append(q.settings, setting{"readonly", readonly})
	case r.Method != http.MethodPost:
		q.settings = append(q.settings, setting{"readonly", "2"})
	}
	if !q.compress && values.Get("enable_http_compression") != "0" {
		q.contentCoding = acceptedCoding(r.Header.Get("Accept-Encoding"))
	}
	if err := q.readStatement(r, values); err != nil {
		return nil, err
	}
	q.outFormat = cmp.Or(q.format, r.Header.Get("X-ClickHouse-Format"), values.Get("default_format"), "TabSeparated")
	return q, nil
}

func isSet(values url.Values, name string) bool {
	v := values.Get(name)
	return v == "1" || strings.EqualFold(v, "true")
}

func acceptedCoding(header string) string {
	for part := range strings.SplitSeq(header, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" || name == "deflate" {
			return name
		}
	}
	return ""
}

// readStatement reads the SQL text: the query parameter and then the body are
// one text, whose rest behind an INSERT statement is data and is not read yet.
func (q *request) readStatement(r *http.Request, values url.Values) error {
	body, err := decodeBody(r, isSet(values, "decompress"))
	if err != nil {
		return err
	}
	if head := values.Get("query"); head != "" {
		body = io.MultiReader(strings.NewReader(head+"\n"), body)
	}
	text := bufio.NewReaderSize(body, maxStatement)
	head, err := text.Peek(maxStatement)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the request: %w", err)
	}
	q.statement, err = parse(string(head))
	if err != nil {
		return err
	}
	if q.hasData {
		if _, err := text.Discard(q.dataStart); err != nil {
			return fmt.Errorf("reading the request: %w", err)
		}
		q.data = text
		return nil
	}
	if len(head) == maxStatement {
		return exception(62, "SYNTAX_ERROR", "Max query size exceeded (%d bytes)", maxStatement)
	}
	return nil
}

func decodeBody(r *http.Request, frames bool) (io.Reader, error) {
	var body io.Reader = r.Body
	var err error
	switch coding := r.Header.Get("Content-Encoding"); coding {
	case "", "identity":
	case "gzip":
		body, err = gzip.NewReader(body)
	case "deflate":
		body, err = zlib.NewReader(body)
	default:
		return nil, exception(48, "NOT_IMPLEMENTED", "Unknown HTTP content encoding: %s", coding)
	}
	if err != nil {
		return nil, exception(354, "ZLIB_INFLATE_FAILED", "Cannot decompress the request: %v", err)
	}
	if frames {
		body = &frameReader{r: compress.NewReader(body)}
	}
	return body, nil
}

// frameReader turns the wrapped io.EOF that compress.Reader returns behind the
// last frame into a plain one. A frame that is cut off stays an error.
type frameReader struct{ r io.Reader }

func (f *frameReader) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && errors.Is(err, io.EOF) {
		err = io.EOF
	}
	return n, err
}
