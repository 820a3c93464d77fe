package schema

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Settings is what the configuration says of how things are read.
type Settings struct {
	Production []string          `json:"production"` // environments whose failures are told at once
	Limits     []AlertLimit      `json:"limits"`     // of each name the first that holds counts
	RunPages   map[string]string `json:"run_pages"`  // by tenant: the form of the address of a run's page
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
