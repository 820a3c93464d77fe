// Package deploytest tests what ships beside the programs: docker-compose.yml is read by Docker's own parser, and the
// Helm chart is checked and rendered by Helm as a library. It is a module of its own, so that neither is a dependency of
// Artery.
//
// `go test . -update` writes the rendered configuration of the chart to testdata; a test in cmd/internal/service puts it
// before the services' own validation.
package deploytest
