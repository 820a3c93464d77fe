// Package grafanatest judges the generated dashboards and alert rules as Grafana would: every query goes through Grafana's own
// engine for SQL data sources (sqlds, the one that its ClickHouse data source is built on) to a real ClickHouse, and the
// frames that come back are held against what the panels say of them, and get their texts from Grafana's own front-end library
// (testdata/frontend, run by Node.js); make pictures draws them with its component library (testdata/drawing). It has tests only.
//
// It is a module of its own: the engine brings some ninety modules that shall never be dependencies of the product. The data
// source itself cannot be imported, so its macros are written again here (source_test.go), as they were measured, and so is
// what Grafana's front end does to a query before it is sent (frontend_test.go).
package grafanatest
