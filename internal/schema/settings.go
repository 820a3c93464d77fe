package schema

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Settings is what the configuration says of how things are read.
type Settings struct {
	Production   []string                     `json:"production"`              // environments whose failures are told at once
	ProductionOf []Production                 `json:"production_of,omitempty"` // the first that holds counts instead
	Limits       []AlertLimit                 `json:"limits"`                  // of each name the first that holds counts
	Pages        map[string]map[string]string `json:"pages"`                   // by tenant and kind: the form of the address of a page in CodeArts
}

// Production are the environments that are production in some projects. What is empty is no condition.
type Production struct {
	Tenant       string   `json:"tenant"`  // the name of a tenant
	Project      string   `json:"project"` // an expression on the project's name
	Environments []string `json:"environments"`
}

// AlertLimit is from where on an alert fires. What is empty is no condition; the others must all hold.
type AlertLimit struct {
	Name    string  `json:"name"`    // of the limit (queries/limit_of.sql)
	Tenant  string  `json:"tenant"`  // the name of a tenant
	Project string  `json:"project"` // an expression on the project's name
	Value   float64 `json:"value"`   // times are seconds
}

// ActivateSettings puts settings in force as ActivatePrices does.
func ActivateSettings(ctx context.Context, conn driver.Conn, s Settings) (bool, error) {
	return putInForce(ctx, conn, "settings", "settings", s, false)
}
