package codearts

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestSplit(t *testing.T) {
	body := ` { "error" : null ,"status":"a\\\"b" , "\u0065rror_code":"X.1","total" : 12,
	 "pipelines" : [ {"a":"]}\\"} , [1,[2]] ,"x, y" , -1.5e3,null, {} ,[],true ] , "empty":{}}  `
	if !json.Valid([]byte(body)) {
		t.Fatal("the test's own JSON is wrong")
	}
	o := split([]byte(body), "pipelines")
	if o.state != `a\"b` || o.code != "X.1" || o.total != (total{12, true}) || string(o.nested) != "null" {
		t.Errorf("%+v", o)
	}
	want := []string{`{"a":"]}\\"}`, `[1,[2]]`, `"x, y"`, `-1.5e3`, `null`, `{}`, `[]`, `true`}
	if got := elements(o.rows); fmt.Sprintf("%s", got) != fmt.Sprintf("%s", want) || len(got) != len(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, empty := range []string{`{}`, ` { } `} {
		for key := range members([]byte(empty)) {
			t.Errorf("%q has the member %q", empty, key)
		}
	}
	if rows := elements([]byte(` [ ] `)); len(rows) != 0 {
		t.Errorf("an empty array has %d elements", len(rows))
	}
}
