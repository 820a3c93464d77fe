package schema

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// PriceTable says what failing and waiting cost.
type PriceTable struct {
	Currency string  `json:"currency"`
	Table    []Price `json:"table"` // the first that holds counts
}

// Price is what the minutes of some pipelines cost. What is empty is no condition; the others must all hold. A price that is
// nil is not known.
type Price struct {
	Tenant        string   `json:"tenant" yaml:"tenant"`                 // the name of a tenant
	Project       string   `json:"project" yaml:"project"`               // an expression on the project's name
	Pipeline      string   `json:"pipeline" yaml:"pipeline"`             // an expression on the pipeline's name
	MachineMinute *float64 `json:"machine_minute" yaml:"machine_minute"` // of an attempt of a stage that failed or was cancelled
	WaitingMinute *float64 `json:"waiting_minute" yaml:"waiting_minute"` // of a run in the queue or before an approval
}

// Expressions are the RE2 expressions of a price, by the names of their keys.
func (p Price) Expressions() map[string]string {
	return map[string]string{"project": p.Project, "pipeline": p.Pipeline}
}

// ActivatePrices puts a price table in force, if it is not yet, and says whether it did. The owner is the configuration: of
// two loaders with different ones the one that started last wins. A call that is repeated after a lost reply finds it there.
func ActivatePrices(ctx context.Context, conn driver.Conn, t PriceTable) (bool, error) {
	return putInForce(ctx, conn, "prices", "price_tables", t, len(t.Table) == 0)
}

// putInForce puts a part of the configuration in force: a row of JSON in a table of the column name, by the query that has its
// name. None is not written where there has been none.
func putInForce(ctx context.Context, conn driver.Conn, name, table string, part any, none bool) (bool, error) {
	text, err := json.Marshal(part)
	if err != nil {
		return false, fmt.Errorf("writing the %s as json: %w", name, err)
	}
	var now string
	if err := conn.QueryRow(ctx, fmt.Sprintf("SELECT argMax(%s, activated_at) FROM %s", name, table)).Scan(&now); err != nil {
		return false, fmt.Errorf("reading the %s in force: %w", name, err)
	}
	if now == string(text) || now == "" && none {
		return false, nil
	}
	err = run(ctx, conn, name+"_activate", clickhouse.Named(name, string(text)))
	return err == nil, err
}
