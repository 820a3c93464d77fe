package schema

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Verdict is how the rows of a projection compare with what events say. A row is the newest version of its key.
type Verdict struct {
	Rows    uint64 // keys on either side
	Missing uint64 // events say a row that the table does not have, or a newer version of it
	Altered uint64 // the version is the same, the content is not
	Extra   uint64 // the table has a row, or a version of one, that no event says
}

// Fault says that the table is not what events say. Rebuild mends it.
func (v Verdict) Fault() bool { return v.Missing+v.Altered+v.Extra > 0 }

// VerifyProjection computes a projection again from events, without storing it, and compares it with the table. It changes
// nothing, and takes about as long as a Rebuild. It may run while the loader does: versions after (epoch, seq) are left out.
func VerifyProjection(ctx context.Context, conn driver.Conn, p Projection, epoch uint16, seq uint64) (v Verdict, err error) {
	_, history, err := viewQuery(ctx, conn, p)
	if err == nil {
		var key string
		var names, types []string
		// What a table computes itself follows from the rest.
		err = conn.QueryRow(ctx, `SELECT any(t.sorting_key), groupArray(c.name), groupArray(c.type)
			FROM system.columns AS c INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
			WHERE c.database = currentDatabase() AND c.table = ? AND c.default_kind != 'MATERIALIZED'`, p.Table).Scan(&key, &names, &types)
		table := quote(p.Table)
		if folds := folded(names, types); len(folds) > 0 {
			fold := "SELECT " + key + ", " + strings.Join(folds, ", ") + " FROM "
			table, history = "("+fold+table+" GROUP BY "+key+")", fold+"(SELECT * FROM ("+history+") WHERE ver <= {up_to:UInt64}) GROUP BY "+key
		}
		// What an insert does to a value that has not the column's type is done here too.
		for i, name := range names {
			names[i] = "CAST(" + quote(name) + " AS " + types[i] + ")"
		}
		if err == nil {
			err = verifyRows(ctx, conn, table, history, key, strings.Join(names, ", "), uint64(epoch)<<48+seq, &v)
		}
	}
	if err != nil {
		return Verdict{}, fmt.Errorf("verifying %s: %w", p.Table, err)
	}
	return v, nil
}

// folded are the columns of a table whose rows of one key are folded into one, each by the function of its type; none of a table
// that keeps the newest row.
func folded(names, types []string) (columns []string) {
	for i, name := range names {
		if f, ok := strings.CutPrefix(types[i], "SimpleAggregateFunction("); ok {
			f, _, _ = strings.Cut(f, ",")
			columns = append(columns, f+"("+quote(name)+") AS "+quote(name))
		}
	}
	return columns
}

func verifyRows(ctx context.Context, conn driver.Conn, table, history, key, columns string, upTo uint64, v *Verdict) error {
	side := func(name, from, where string) string {
		return "SELECT " + key + ", ver, '" + name + "' AS side, sipHash64(toString(tuple(" + columns + "))) AS hash FROM " + from + where
	}
	// One event may give two rows of one key. Which of them is kept is not said; it is one of them.
	query := `SELECT count(), countIf(want > 0 AND have < want), countIf(want > 0 AND have = want AND NOT hasAll(want_rows, have_rows)),
			countIf(have > want AND have <= {up_to:UInt64})
		FROM
		(
			SELECT maxIf(ver, side = 'events') AS want, maxIf(ver, side = 'table') AS have,
				argMaxIf(hashes, ver, side = 'events') AS want_rows, argMaxIf(hashes, ver, side = 'table') AS have_rows
			FROM
			(
				SELECT ` + key + `, ver, side, groupUniqArray(hash) AS hashes
				FROM (` + side("events", "("+history+")", " WHERE ver <= {up_to:UInt64}") + " UNION ALL " + side("table", table, "") + `)
				GROUP BY ` + key + `, ver, side
			)
			GROUP BY ` + key + `
		)
		WHERE want > 0 OR have <= {up_to:UInt64}`
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"up_to": fmt.Sprint(upTo)}),
		clickhouse.WithSettings(clickhouse.Settings{"max_bytes_before_external_group_by": 1 << 30}))
	return conn.QueryRow(ctx, query).Scan(&v.Rows, &v.Missing, &v.Altered, &v.Extra)
}
