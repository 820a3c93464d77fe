package codearts

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Many account ids go out in batches, joined by commas; a batch that the
// server refuses is halved, and the size that it takes is remembered.
func TestBuildTenantsInBatches(t *testing.T) {
	var all []string
	for i := range 230 {
		all = append(all, fmt.Sprintf("%032x", i))
	}
	for _, test := range []struct {
		most  int // ids that the server takes at once
		sizes []int
	}{
		{1000, []int{100, 100, 30}},
		{60, []int{100, 50, 50, 50, 50, 30}},
	} {
		var sizes []int
		c := newTestClient(t, keyOptions(), func(_ *http.Request, body string) *http.Response {
			var asked struct {
				DomainIDs string `json:"domain_ids"`
			}
			if err := json.Unmarshal([]byte(body), &asked); err != nil {
				t.Error(err)
			}
			ids := strings.Split(asked.DomainIDs, ",")
			if sizes = append(sizes, len(ids)); len(ids) > test.most {
				return reply(400, `{"error_code":"DEV.CB.0500010","error_msg":"too many"}`)
			}
			var rows []string
			for _, id := range ids {
				if id != all[7] { // one that does not exist is left out
					rows = append(rows, `{"domain_id":"`+id+`"}`)
				}
			}
			return reply(200, `{"status":"success","error":null,"result":[`+strings.Join(rows, ",")+`]}`)
		})
		rows, err := c.BuildTenants(t.Context(), all)
		if err != nil || len(rows) != len(all)-1 || !slices.Equal(sizes, test.sizes) {
			t.Errorf("%d rows, %v; the calls had %v ids, want %v", len(rows), err, sizes, test.sizes)
		}
	}
}
