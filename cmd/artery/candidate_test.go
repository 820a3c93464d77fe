package main

import (
	"strings"
	"testing"
	"time"

	"artery/internal/schema"
)

// The tenant stands in a row only where there are several; what is not known is called so, and nothing moves the cursor.
func TestWriteTable(t *testing.T) {
	a := schema.Answer{Names: []string{"tenant", "stage", "at", "stages"}, Rows: [][]any{
		{"acme", "de\x1bploy", time.Date(2026, 3, 1, 8, 0, 0, 0, time.FixedZone("", 8*3600)), []string{"a", "b"}}, {"globex", "build", nil, []string{}}}}
	for alone, want := range map[bool]string{
		true: "" +
			"  stage    at                   stages\n" +
			"  de�ploy  2026-03-01 00:00:00  a, b\n" +
			"  build    unknown              \n\n",
		false: "" +
			"  tenant  stage    at                   stages\n" +
			"  acme    de�ploy  2026-03-01 00:00:00  a, b\n" +
			"  globex  build    unknown              \n\n",
	} {
		var b strings.Builder
		if err := writeTable(&b, a, alone); err != nil || b.String() != want {
			t.Errorf("alone %t: %v\n%s, want\n%s", alone, err, b.String(), want)
		}
	}
}
