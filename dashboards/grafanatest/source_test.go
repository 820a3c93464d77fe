package grafanatest

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/data/sqlutil"
	"github.com/grafana/sqlds/v5"
)

// plugin is the part of the ClickHouse data source that the engine asks for: how to connect, and what macros mean.
type plugin struct{ dsn string }

// Connect opens the database behind the DSN.
func (p plugin) Connect(context.Context, backend.DataSourceInstanceSettings, json.RawMessage) (*sql.DB, error) {
	options, err := clickhouse.ParseDSN(p.dsn)
	if err != nil {
		return nil, err
	}
	return clickhouse.OpenDB(options), nil
}

// Settings are those of the plug-in: a point that a series lacks is null, and no zero.
func (plugin) Settings(context.Context, backend.DataSourceInstanceSettings) sqlds.DriverSettings {
	return sqlds.DriverSettings{Timeout: time.Minute, FillMode: &data.FillMissing{Mode: data.FillModeNull}}
}

// Converters are those of the plug-in for the types that our queries give and the engine does not know by itself.
func (plugin) Converters() []sqlutil.Converter {
	return []sqlutil.Converter{
		nullable[string]("String"), nullable[bool]("Bool"), nullable[time.Time]("DateTime"), nullable[time.Time]("Date"),
		nullable[float64]("Float64"), nullable[float32]("Float32"),
		nullable[int64]("Int64"), nullable[int32]("Int32"), nullable[int16]("Int16"), nullable[int8]("Int8"),
		nullable[uint64]("UInt64"), nullable[uint32]("UInt32"), nullable[uint16]("UInt16"), nullable[uint8]("UInt8"),
	}
}

// nullable keeps a value or null of a type and of its variants, such as DateTime64(3, 'UTC').
func nullable[T any](name string) sqlutil.Converter {
	return sqlutil.Converter{
		Name: name, InputScanType: reflect.TypeFor[**T](), InputTypeRegex: regexp.MustCompile(`^(LowCardinality\()?Nullable\(` + name + `(64)?(\(.*\))?\)+$`),
		FrameConverter: sqlutil.FrameConverter{
			FieldType: data.FieldTypeFor(*new(T)).NullableType(),
			ConverterFunc: func(in any) (any, error) {
				value := *in.(**T)
				if value == nil {
					return value, nil
				}
				kept := *value // the engine reads the next row into the same place
				return &kept, nil
			},
		},
	}
}

// Macros are those that our queries use, with the text that the plug-in (4.14.1) was seen to give.
func (plugin) Macros() sqlds.Macros {
	from := func(q *sqlutil.Query) string { return fmt.Sprintf("toDateTime(%d)", q.TimeRange.From.Unix()) }
	to := func(q *sqlutil.Query) string { return fmt.Sprintf("toDateTime(%d)", q.TimeRange.To.Unix()) }
	seconds := func(q *sqlutil.Query) string { return fmt.Sprint(max(1, int(q.Interval.Seconds()))) }
	column := func(args []string) (string, error) {
		if len(args) != 1 || args[0] == "" {
			return "", fmt.Errorf("%w: %q is no column", sqlutil.ErrorBadArgumentCount, args)
		}
		return args[0], nil
	}
	return sqlds.Macros{
		"fromTime":   func(q *sqlutil.Query, _ []string) (string, error) { return from(q), nil },
		"toTime":     func(q *sqlutil.Query, _ []string) (string, error) { return to(q), nil },
		"interval_s": func(q *sqlutil.Query, _ []string) (string, error) { return seconds(q), nil },
		"timeFilter": func(q *sqlutil.Query, args []string) (string, error) {
			c, err := column(args)
			return c + " >= " + from(q) + " AND " + c + " <= " + to(q), err
		},
		"timeInterval": func(q *sqlutil.Query, args []string) (string, error) {
			c, err := column(args)
			return "toStartOfInterval(toDateTime(" + c + "), INTERVAL " + seconds(q) + " second)", err
		},
	}
}

// source is a data source as Grafana's back end has it.
type source struct {
	dsn    string
	engine *sqlds.SQLDatasource
	known  map[string]answer // the trust row is on every dashboard
	grows  bool              // the database may change between two queries
}

type answer struct {
	frame *data.Frame
	err   error
}

func open(t *testing.T, dsn string) *source {
	t.Helper()
	engine := sqlds.NewDatasource(plugin{dsn})
	if _, err := engine.NewDatasource(t.Context(), backend.DataSourceInstanceSettings{Name: "ClickHouse", UID: "artery-clickhouse"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Dispose)
	return &source{dsn: dsn, engine: engine, known: map[string]answer{}}
}

// span is the time range of a query, and the width of a point of its panel.
type span struct {
	from, to time.Time
	interval time.Duration
}

// Formats of a target: what the engine makes of the rows.
const (
	timeSeries = 0
	table      = 1
)

// ask is one query of Grafana's back end.
func (s *source) ask(t *testing.T, rawSQL string, format int, over span) (*data.Frame, error) {
	t.Helper()
	key := fmt.Sprint(rawSQL, format, over)
	if a, ok := s.known[key]; ok {
		return a.frame, a.err
	}
	f, err := s.query(t, rawSQL, format, over)
	s.known[key] = answer{f, err}
	return f, err
}

func (s *source) query(t *testing.T, rawSQL string, format int, over span) (*data.Frame, error) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"refId": "A", "rawSql": rawSQL, "format": format})
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.engine.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", JSON: body, Interval: over.interval, MaxDataPoints: int64(over.to.Sub(over.from) / over.interval), TimeRange: backend.TimeRange{From: over.from, To: over.to},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	got := response.Responses["A"]
	if got.Error != nil {
		return nil, got.Error
	}
	if len(got.Frames) != 1 {
		return nil, fmt.Errorf("%d frames", len(got.Frames))
	}
	return got.Frames[0], nil
}
