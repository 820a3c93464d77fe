package schema

import (
	"context"
	"reflect"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Answer is the rows of any query. Types are ClickHouse's own names; a value is what clickhouse-go makes of it, and nil for NULL.
type Answer struct {
	Names, Types []string
	Rows         [][]any
}

// Ask runs a query whose columns nobody knows beforehand. Parameters are those of driver.Conn.Query.
func Ask(ctx context.Context, conn driver.Conn, sql string, parameters ...any) (Answer, error) {
	rows, err := conn.Query(ctx, sql, parameters...)
	if err != nil {
		return Answer{}, err
	}
	defer rows.Close()
	var a Answer
	types := rows.ColumnTypes()
	for _, c := range types {
		a.Names, a.Types = append(a.Names, c.Name()), append(a.Types, c.DatabaseTypeName())
	}
	for rows.Next() {
		row := make([]any, len(types))
		for i, c := range types {
			row[i] = reflect.New(c.ScanType()).Interface()
		}
		if err := rows.Scan(row...); err != nil {
			return Answer{}, err
		}
		for i := range row {
			row[i] = value(reflect.ValueOf(row[i]))
		}
		a.Rows = append(a.Rows, row)
	}
	return a, rows.Err()
}

func value(v reflect.Value) any {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	return v.Interface()
}
