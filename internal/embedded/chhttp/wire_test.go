package chhttp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"artery/internal/embedded"
	"artery/internal/embedded/embeddedtest"
)

// call is one plain HTTP request, as curl would send it.
type call struct {
	method string
	query  string // of the URL
	header string // "Name: value", lines
	body   string
}

func (c call) do(t *testing.T, base string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), c.method, base+"?"+c.query, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(c.header) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		req.Header.Set(name, value)
	}
	client := http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// endpoint returns the root address and the database of a fresh test database.
func endpoint(t *testing.T) (base, database string) {
	u, err := url.Parse(embeddedtest.ClickHouse(t))
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + u.Host + "/", strings.TrimPrefix(u.Path, "/")
}

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.String()
}

func TestPlainRequests(t *testing.T) {
	base, database := endpoint(t)
	db := "&database=" + database
	q := func(sql string) string { return "query=" + url.QueryEscape(sql) }
	for _, c := range []struct {
		name string
		call
		status int
		want   string // the body; of an error, a part of it
	}{
		{"ping without query", call{method: "GET"}, 200, "Ok.\n"},
		{"create", call{method: "POST", query: q("CREATE TABLE t (a Int32, b String) ENGINE = MergeTree ORDER BY a") + db}, 200, ""},
		{"values in the body", call{method: "POST", query: "x" + db, body: ""}, 400, "Empty query"},
		{"statement in the body", call{method: "POST", query: db[1:], body: "INSERT INTO t VALUES (1, 'one'), (1 + 1, 'two');"}, 200, ""},
		{"statement in URL and values in body", call{method: "POST", query: q("INSERT INTO t (a, b) VALUES") + db, body: "(3, 'three')"}, 200, ""},
		{"rows behind FORMAT in the body", call{method: "POST", query: db[1:], body: "INSERT INTO t FORMAT JSONEachRow\n{\"a\": 4, \"b\": \"fo;ur\"}\n"}, 200, ""},
		{"gzip body", call{method: "POST", query: q("INSERT INTO t FORMAT TSV") + db, header: "Content-Encoding: gzip", body: gzipped("5\tfive\n")}, 200, ""},
		{"select by GET", call{method: "GET", query: q("SELECT * FROM t ORDER BY a") + db}, 200, "1\tone\n2\ttwo\n3\tthree\n4\tfo;ur\n5\tfive\n"},
		{"default format", call{method: "GET", query: q("SELECT a FROM t WHERE a < 3 ORDER BY a") + db + "&default_format=CSVWithNames"}, 200, "\"a\"\n1\n2\n"},
		{"format header", call{method: "GET", query: q("SELECT 1 AS x"), header: "X-ClickHouse-Format: JSONEachRow"}, 200, "{\"x\":1}\n"},
		{"FORMAT clause wins", call{method: "GET", query: q("SELECT 1 AS x FORMAT TSV") + "&default_format=JSON"}, 200, "1\n"},
		{"database header", call{method: "GET", query: q("SELECT currentDatabase()"), header: "X-ClickHouse-Database: " + database}, 200, database + "\n"},
		{"parameter", call{method: "GET", query: q("SELECT b FROM t WHERE a = {n:Int32}") + db + "&param_n=3"}, 200, "three\n"},
		{"setting", call{method: "GET", query: q("SELECT getSetting('max_block_size')") + "&max_block_size=55"}, 200, "55\n"},
		{"wait_end_of_query", call{method: "GET", query: q("SELECT 7") + "&wait_end_of_query=1"}, 200, "7\n"},
		{"empty with names", call{method: "GET", query: q("SELECT a, b FROM t WHERE a > 99") + db + "&default_format=TabSeparatedWithNamesAndTypes"}, 200, "a\tb\nInt32\tString\n"},
		{"comment in front", call{method: "POST", body: "/* a; */ -- b\nSELECT 1"}, 200, "1\n"},
		{"no write by GET", call{method: "GET", query: q("INSERT INTO t VALUES (6, 'six')") + db}, 403, "Code: 164."},
		{"no DDL by GET", call{method: "GET", query: q("DROP TABLE t") + db}, 403, "Code: 164."},
		{"readonly setting", call{method: "POST", query: q("DROP TABLE t") + db + "&readonly=1"}, 403, "Code: 164."},
		{"unknown database", call{method: "POST", query: "database=nowhere", body: "SELECT 1"}, 404, "Code: 81."},
		{"unknown setting", call{method: "POST", query: "no_such_setting=1", body: "SELECT 1"}, 404, "Code: 115."},
		{"bad row", call{method: "POST", query: q("INSERT INTO t FORMAT TSV") + db, body: "x\ty\n"}, 400, "Code: 27."},
		{"bad frames", call{method: "POST", query: q("INSERT INTO t FORMAT TSV") + db + "&decompress=1", body: strings.Repeat("x", 100)}, 500, "Code: 1002."},
		{"session", call{method: "POST", query: "session_id=1", body: "SELECT 1"}, 501, "Code: 48."},
		{"web page", call{method: "POST", header: "Origin: http://example.org", body: "SELECT 1"}, 403, "Code: 516."},
		{"web page of the same site", call{method: "GET", query: q("SELECT 1"), header: "Sec-Fetch-Site: same-origin"}, 403, "Code: 516."},
		{"rest is unharmed", call{method: "GET", query: q("SELECT count() FROM t") + db}, 200, "5\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp, body := c.do(t, base)
			if resp.StatusCode != c.status || c.status == 200 && body != c.want || !strings.Contains(body, c.want) {
				t.Fatalf("status %d, body %q; want %d, %q", resp.StatusCode, body, c.status, c.want)
			}
			if code := resp.Header.Get("X-ClickHouse-Exception-Code"); c.status != 200 && (code == "" || !strings.Contains(body, "Code: "+code+". DB::")) {
				t.Errorf("exception code header %q, body %q", code, body)
			}
		})
	}
}

func TestAnswerHeaders(t *testing.T) {
	base, _ := endpoint(t)
	resp, _ := call{method: "POST", query: "query_id=mine&default_format=JSON", body: "SELECT 1"}.do(t, base)
	for name, want := range map[string]string{
		"X-Clickhouse-Query-Id": "mine", "X-Clickhouse-Format": "JSON", "Content-Type": "application/json; charset=UTF-8",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	var s struct {
		ReadRows string `json:"read_rows"`
	}
	if err := json.Unmarshal([]byte(resp.Header.Get("X-ClickHouse-Summary")), &s); err != nil || s.ReadRows != "1" {
		t.Errorf("summary %q: %v", resp.Header.Get("X-ClickHouse-Summary"), err)
	}
	for _, name := range []string{"X-Clickhouse-Timezone", "X-Clickhouse-Server-Display-Name", "X-Clickhouse-Exception-Tag"} {
		if resp.Header.Get(name) == "" {
			t.Errorf("no %s", name)
		}
	}
}

// TestJSONIsOneDocument has more rows than one block of the engine, which
// writes a document for each block of a stream.
func TestJSONIsOneDocument(t *testing.T) {
	base, _ := endpoint(t)
	for _, header := range []string{"", "Accept-Encoding: gzip"} {
		resp, body := call{method: "POST", query: "default_format=JSONCompact&enable_http_compression=1", header: header, body: "SELECT number FROM numbers(200000)"}.do(t, base)
		if header != "" {
			if resp.Header.Get("Content-Encoding") != "gzip" {
				t.Fatal("the answer is not gzip")
			}
			r, err := gzip.NewReader(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			plain, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			body = string(plain)
		}
		var doc struct{ Data [][]any }
		if err := json.Unmarshal([]byte(body), &doc); err != nil || len(doc.Data) != 200_000 {
			t.Errorf("%d rows, %v", len(doc.Data), err)
		}
	}
}

func TestPasswordAndMemoryLimit(t *testing.T) {
	embeddedtest.RequireLibrary(t)
	o := embeddedtest.Options(t.TempDir())
	o.Password, o.Memory = "secret", 600<<20
	e, err := embedded.StartEngine(t.Context(), o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := e.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	base := "http://" + e.Addr() + "/"
	for _, c := range []struct {
		name string
		call
		status int
	}{
		{"nothing", call{}, 403},
		{"URL", call{query: "user=default&password=secret"}, 200},
		{"wrong in URL", call{query: "user=default&password=Secret"}, 403},
		{"headers", call{header: "X-ClickHouse-User: default\nX-ClickHouse-Key: secret"}, 200},
		{"wrong in headers", call{header: "X-ClickHouse-User: default\nX-ClickHouse-Key: x"}, 403},
		{"another user", call{header: "X-ClickHouse-User: admin\nX-ClickHouse-Key: secret"}, 403},
		{"basic", call{header: "Authorization: Basic ZGVmYXVsdDpzZWNyZXQ="}, 200}, // default:secret
		{"wrong basic", call{header: "Authorization: Basic ZGVmYXVsdDo="}, 403},   // default:
		{"page with a password", call{query: "password=secret", header: "Origin: http://example.org"}, 200},
	} {
		c.method, c.body = "POST", "SELECT 1"
		if resp, body := c.do(t, base); resp.StatusCode != c.status {
			t.Errorf("%s: status %d, want %d: %s", c.name, resp.StatusCode, c.status, body)
		}
	}
	resp, body := call{method: "POST", query: "password=secret", body: "SELECT length(groupArray(repeat(toString(number), 20))) FROM numbers(12000000)"}.do(t, base)
	if resp.StatusCode != 500 || !strings.Contains(body, "Code: 241.") {
		t.Errorf("beyond the memory limit: status %d, %.300s", resp.StatusCode, body)
	}
}
