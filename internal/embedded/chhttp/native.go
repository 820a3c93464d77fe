package chhttp

import (
	"strings"

	"github.com/ClickHouse/ch-go/proto"

	"artery/internal/embedded/chdb"
)

// helloQuery is the statement with which clickhouse-go opens an HTTP
// connection. The revision in its answer decides how the client reads every
// later Native block.
const helloQuery = "SELECT displayName(), version(), revision(), timezone()"

const displayName = "artery"

// helloBlock answers helloQuery. It is encoded in the revision that the client
// offers and reports revision 0, because libchdb writes Native blocks in
// revision 0 only.
func helloBlock(clientRevision int, version, timezone string) ([]byte, error) {
	text := func(s string) *proto.ColStr {
		c := new(proto.ColStr)
		c.Append(s)
		return c
	}
	var b proto.Buffer
	block := proto.Block{Info: proto.BlockInfo{BucketNum: -1}, Columns: 4, Rows: 1}
	err := block.EncodeBlock(&b, clientRevision, []proto.InputColumn{
		{Name: "displayName()", Data: text(displayName)},
		{Name: "version()", Data: text(version)},
		{Name: "revision()", Data: &proto.ColUInt32{0}},
		{Name: "timezone()", Data: text(timezone)},
	})
	return b.Buf, err
}

// column is a result column's name and ClickHouse type.
type column struct{ name, kind string }

// headerBlock is a Native block of revision 0 with columns and no rows. A
// server sends one for an empty result; libchdb sends nothing.
func headerBlock(columns []column) []byte {
	var b proto.Buffer
	b.PutInt(len(columns))
	b.PutInt(0)
	for _, c := range columns {
		b.PutString(c.name)
		b.PutString(c.kind)
	}
	return b.Buf
}

// columns finds the result columns of a statement that returned no rows.
// DESCRIBE does not run the query; the other statements are cheap and run
// again in a format that carries names and types.
func columns(conn *chdb.Conn, s statement, params chdb.Params) ([]column, error) {
	if s.selects() {
		r, err := conn.Query("DESCRIBE ("+s.unformat+"\n)", "TabSeparated", params)
		if err != nil {
			return nil, err
		}
		defer r.Free()
		var out []column
		for line := range strings.Lines(string(r.Bytes())) {
			fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
			out = append(out, column{unescape.Replace(fields[0]), unescape.Replace(fields[1])})
		}
		return out, nil
	}
	r, err := conn.Query(s.unformat, "TabSeparatedWithNamesAndTypes", params)
	if err != nil {
		return nil, err
	}
	defer r.Free()
	lines := strings.SplitN(string(r.Bytes()), "\n", 3)
	if len(lines) < 3 {
		return nil, nil
	}
	names, kinds := strings.Split(lines[0], "\t"), strings.Split(lines[1], "\t")
	out := make([]column, len(names))
	for i := range out {
		out[i] = column{unescape.Replace(names[i]), unescape.Replace(kinds[i])}
	}
	return out, nil
}

// unescape undoes the escapes of TabSeparated. A Replacer tries its pairs in
// order at each byte, so an escaped backslash is consumed whole.
var unescape = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r", `\b`, "\b", `\f`, "\f", `\0`, "\x00", `\'`, "'")
