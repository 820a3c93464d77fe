package chdb

import "testing"

func TestNewError(t *testing.T) {
	for _, c := range []struct {
		text    string
		code    int
		message string
	}{
		{"Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE)\n", 60, "Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE)"},
		{"Code: 47. DB::Exception: Code: 47. DB::Exception: Unknown. (UNKNOWN_IDENTIFIER)", 47, "Code: 47. DB::Exception: Unknown. (UNKNOWN_IDENTIFIER)"},
		{"Error on processing query: Code: 210. DB::NetException: refused. (NETWORK_ERROR)", 210, "Code: 210. DB::NetException: refused. (NETWORK_ERROR)"},
		{"something else", 1002, "Code: 1002. DB::Exception: something else"},
		{"Code: 5", 1002, "Code: 1002. DB::Exception: Code: 5"},
	} {
		if e := newError(c.text); e.Code != c.code || e.Message != c.message {
			t.Errorf("%q: %d, %q", c.text, e.Code, e.Message)
		}
	}
}
