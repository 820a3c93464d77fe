// Command dashboards writes the Grafana dashboards and alert rules as JSON: `go
// run ./dashboards` at the root of the repository. The same source gives the same
// bytes; CI fails when the files in the tree differ from what it writes.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("out", "dashboards/grafana", "directory for the dashboards' JSON")
	alerting := flag.String("alerting", "dashboards/provisioning/alerting", "directory for the provisioning of alerts")
	flag.Parse()
	if err := write(*out, *alerting); err != nil {
		fmt.Fprintln(os.Stderr, "dashboards:", err)
		os.Exit(1)
	}
}
