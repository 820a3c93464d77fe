package events

import (
	"encoding/json"
	"strings"
	"testing"
)

var noRules = &Rules{}

func canonical(t *testing.T, in string, r *Rules) string {
	t.Helper()
	out, err := Canonical(nil, []byte(in), r)
	if err != nil {
		t.Fatalf("Canonical(%s): %v", in, err)
	}
	if !json.Valid(out) {
		t.Fatalf("Canonical(%s) = %s, which is no JSON", in, out)
	}
	return string(out)
}

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"scalars", ` true `, `true`},
		{"empty containers", ` { "b" : [ ] , "a" : { } } `, `{"a":{},"b":[]}`},
		{"members sorted at every depth", `{"b":{"z":1,"y":2},"a":[{"d":1,"c":2}]}`, `{"a":[{"c":2,"d":1}],"b":{"y":2,"z":1}}`},
		{"byte order, not alphabetical", `{"a":1,"B":2,"_":3,"é":4}`, `{"B":2,"_":3,"a":1,"é":4}`},
		{"a name before the longer one", `{"ab":1,"a":2,"":3}`, `{"":3,"a":2,"ab":1}`},
		{"order is of the decoded names", `{"b":1,"\u0061":2}`, `{"a":2,"b":1}`},
		{"many members", `{"z":0,"y":1,"x":2,"w":3,"v":4,"u":5,"t":6,"s":7,"r":8,"q":9,"p":10,"o":11,"n":12,"m":13,"l":14,"k":15,"j":16,"i":17,"h":18,"g":19,"f":20,"e":21,"d":22,"c":23,"b":24,"a":25}`,
			`{"a":25,"b":24,"c":23,"d":22,"e":21,"f":20,"g":19,"h":18,"i":17,"j":16,"k":15,"l":14,"m":13,"n":12,"o":11,"p":10,"q":9,"r":8,"s":7,"t":6,"u":5,"v":4,"w":3,"x":2,"y":1,"z":0}`},
		{"arrays keep their order", `[3,1,2]`, `[3,1,2]`},
		{"numbers stay as written", `[18.0,18,-0,1E5,1e+05,0.10,12345678901234567890]`, `[18.0,18,-0,1E5,1e+05,0.10,12345678901234567890]`},
		{"the ends of what ClickHouse reads", `[18446744073709551615,-9223372036854775808,1.7976931348623157e308,1e-999,99999999999999999999.0]`,
			`[18446744073709551615,-9223372036854775808,1.7976931348623157e308,1e-999,99999999999999999999.0]`},
		{"numbers beyond them are spelt", `[18446744073709551616,-9223372036854775809,1e309,-1E+999,123456789012345678901]`,
			`["18446744073709551616","-9223372036854775809","1e309","-1E+999","123456789012345678901"]`},
		{"needless escapes go", `"\u0041\/\u00e9\u20ac"`, `"A/é€"`},
		{"needed escapes stay", `"\u0022\\\b\f\n\r\t\u0000\u001F"`, `"\"\\\b\f\n\r\t\u0000\u001f"`},
		{"surrogate pair", `"\ud83d\ude00 \uD83D\uDE00"`, `"😀 😀"`},
		{"lone surrogates are spelt", `"\ud800 \uDC00x \ud83d\u0041"`, `"\\ud800 \\udc00x \\ud83dA"`},
		{"bytes that are not UTF-8 are spelt", "\"a\xffb\xed\xa0\x80\"", `"a\\xffb\\xed\\xa0\\x80"`},
		{"U+FFFD itself is a character", "\"\ufffd\"", "\"\ufffd\""},
		{"DEL and U+2028 need no escape", "\"\x7f\u2028\"", "\"\x7f\u2028\""},
		{"duplicate names keep their order", `{"b":1,"a":2,"b":0,"a":1}`, `{"a":2,"a":1,"b":1,"b":0}`},
	} {
		if got := canonical(t, c.in, noRules); got != c.want {
			t.Errorf("%s: Canonical(%s)\n got %s\nwant %s", c.name, c.in, got, c.want)
		}
	}
}

func TestCanonicalAppends(t *testing.T) {
	out, err := Canonical([]byte(`{"z":1},`), []byte(`{"b":1,"a":2}`), noRules)
	if err != nil || string(out) != `{"z":1},{"a":2,"b":1}` {
		t.Errorf("got %s, %v", out, err)
	}
}

func TestCanonicalCuts(t *testing.T) {
	r := &Rules{Cut: []string{"latest_run", "list.id"}}
	got := canonical(t, `{"latest_run":{"a":[1]},"list":[{"id":1,"n":2},{"id":3}],"id":4,"sub":{"latest_run":5}}`, r)
	want := `{"id":4,"list":[{"n":2},{}],"sub":{"latest_run":5}}`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := canonical(t, `{"latest_run":null}`, r); got != `{}` {
		t.Errorf("got %s, want {}", got)
	}
}

func TestCanonicalDepth(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	if _, err := Canonical(nil, []byte(deep(128)), noRules); err != nil {
		t.Errorf("128 levels: %v", err)
	}
	_, err := Canonical(nil, []byte(deep(129)), noRules)
	if err == nil || !strings.Contains(err.Error(), "offset 128: nested deeper than 128") {
		t.Errorf("129 levels: %v", err)
	}
	if _, err := Canonical(nil, []byte(strings.Repeat(`{"a":`, 1<<20)), noRules); err == nil {
		t.Error("a million open objects gave no error")
	}
}

func TestCanonicalErrors(t *testing.T) {
	for in, want := range map[string]string{
		``:                   "offset 0: the document ends",
		`  `:                 "offset 2: the document ends",
		`{"a":1} x`:          "offset 8: data after the value",
		`[1,]`:               "offset 3: ']' begins no JSON value",
		`[1 2]`:              "offset 4: want , or ]",
		`[1`:                 "offset 2: want , or ]",
		`{"a":1,}`:           "offset 7: want a member name",
		`{a:1}`:              "offset 1: want a member name",
		`{"a" 1}`:            "offset 6: want : after",
		`{"a":1 "b":2}`:      "offset 8: want , or }",
		`{"a":}`:             "offset 5: '}' begins no JSON value",
		`nulL`:               "offset 0: 'n' begins no JSON value",
		`nullx`:              "offset 4: data after the value",
		`01`:                 `offset 0: "01" is no JSON number`,
		`[-]`:                `offset 1: "-" is no JSON number`,
		`1.`:                 `is no JSON number`,
		`.5`:                 `'.' begins no JSON value`,
		`1e`:                 `is no JSON number`,
		`1-2`:                `is no JSON number`,
		`+1`:                 `'+' begins no JSON value`,
		`"abc`:               "offset 0: the string does not end",
		`"abc\`:              "offset 0: the string does not end",
		`"abc\"`:             "offset 0: the string does not end",
		"\"a\nb\"":           "offset 2: control character",
		`"\x"`:               "offset 0: bad escape",
		`[1,"\u12"]`:         "offset 3: bad escape",
		`"\u12g4"`:           "bad escape",
		`"\u+123"`:           "bad escape",
		`{"\q":1}`:           "offset 1: bad escape",
		"\xef\xbb\xbf{}":     "offset 0:",
		`{"a":{"b":[1,{]}}}`: "offset 14: want a member name",
	} {
		_, err := Canonical(nil, []byte(in), noRules)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Canonical(%q) = %v, want an error with %q", in, err, want)
		}
	}
}

func TestRedaction(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"secret names", `{"password":"a","Db_Password":"b","access-key":"c","SK":"d","x_token":"e","api.key":1}`,
			`{"Db_Password":"[redacted]","SK":"[redacted]","access-key":"[redacted]","api.key":"[redacted]","password":"[redacted]","x_token":"[redacted]"}`},
		{"names that only look like it", `{"task":"a","token_count":"b","secretary":"c","mask":"d","ask":"e","skip":"f"}`,
			`{"ask":"e","mask":"d","secretary":"c","skip":"f","task":"a","token_count":"b"}`},
		{"what can hold no secret", `{"password":null,"a_password":"","b_password":true,"c_password":{"d":1},"e_password":[],"f_password":[{"g":1}]}`,
			`{"a_password":"","b_password":true,"c_password":{"d":1},"e_password":[],"f_password":[{"g":1}],"password":null}`},
		{"lists of secrets", `{"passwords":["a","b"],"sk":[1]}`, `{"passwords":"[redacted]","sk":"[redacted]"}`},
		{"names nested under a secret's name", `{"credentials":{"password":"a","user":"b"}}`, `{"credentials":{"password":"[redacted]","user":"b"}}`},
		{"is_secret", `[{"key":"x","value":"a","is_secret":true},{"is_secret":"true","latest_value":"b","key":"x"},{"is_secret":1,"default_value":2},{"key":"x","value":"a","is_secret":false},{"isSecret":true,"value":"c"}]`,
			`[{"is_secret":true,"key":"x","value":"[redacted]"},{"is_secret":"true","key":"x","latest_value":"[redacted]"},{"default_value":"[redacted]","is_secret":1},{"is_secret":false,"key":"x","value":"a"},{"isSecret":true,"value":"[redacted]"}]`},
		{"is_secret with sorted members", `{"is_secret":true,"value":"a"}`, `{"is_secret":true,"value":"[redacted]"}`},
		{"pairs", `{"inputs":[{"key":"DB_PASSWORD","value":"a"},{"name":"api_key","runtime_value":"b","limits":[]},{"key":"branch","value":"c"}]}`,
			`{"inputs":[{"key":"DB_PASSWORD","value":"[redacted]"},{"limits":[],"name":"api_key","runtime_value":"[redacted]"},{"key":"branch","value":"c"}]}`},
		{"escaped names and keys", `{"p\u0061ssword":"a","v":{"\u006bey":"to\u006ben","value":"b"}}`, `{"password":"[redacted]","v":{"key":"token","value":"[redacted]"}}`},
		{"addresses", `{"a":"https://u:p@h/x","b":"http://tok@h","c":"ssh://git@h/x","d":"ssh://git:p@h/x","e":"HTTPS://tok@h"}`,
			`{"a":"https://[redacted]@h/x","b":"http://[redacted]@h","c":"ssh://git@h/x","d":"ssh://[redacted]@h/x","e":"HTTPS://[redacted]@h"}`},
		{"escaped address", `"https:\/\/u:p@h\/x"`, `"https://[redacted]@h/x"`},
		{"addresses in a text", `"see https://a.example/b?to=https://u:p@h and mail x@y"`, `"see https://a.example/b?to=https://[redacted]@h and mail x@y"`},
		{"parameters of addresses", `["https://h/x?access_token=a&b=c&Signature=d;X-Amz-Credential=e#sig=f","h?token=a","https://h/?q=token&sig=","obs://b/?a=1&sig=g?token=h"]`,
			`["https://h/x?access_token=[redacted]&b=c&Signature=[redacted];X-Amz-Credential=[redacted]#sig=[redacted]","h?token=a","https://h/?q=token&sig=","obs://b/?a=1&sig=[redacted]?token=[redacted]"]`},
		{"an address in a parameter", `"https://h/?token=a&to=https://u:p@i/?token=b c=d"`, `"https://h/?token=[redacted]&to=https://[redacted]@i/?token=[redacted] c=d"`},
		{"JSON in a text", `{"definition":"{\"steps\":[{\"key\":\"dockerPassword\",\"value\":\"a\"},{\"url\":\"https://u:p@h\"}],\"in\":\"[{\\\"is_secret\\\":true,\\\"value\\\":\\\"b\\\"}]\"}"}`,
			`{"definition":"{\"steps\":[{\"key\":\"dockerPassword\",\"value\":\"[redacted]\"},{\"url\":\"https://[redacted]@h\"}],\"in\":\"[{\\\"is_secret\\\":true,\\\"value\\\":\\\"[redacted]\\\"}]\"}"}`},
		{"a text that begins like JSON", `"[ABC-1] new password: see the wiki"`, `"[ABC-1] new password: see the wiki"`},
		{"short names of secrets", `{"DB_PWD":"a","gpg.passphrase":"b","cwd":"c"}`, `{"DB_PWD":"[redacted]","cwd":"c","gpg.passphrase":"[redacted]"}`},
		{"no user", `"https://h/x@y"`, `"https://h/x@y"`},
		{"@ in the password", `"https://u:p@q@h/"`, `"https://[redacted]@h/"`},
	} {
		got := canonical(t, c.in, noRules)
		if got != c.want {
			t.Errorf("%s: Canonical(%s)\n got %s\nwant %s", c.name, c.in, got, c.want)
		}
		if again := canonical(t, got, noRules); again != got {
			t.Errorf("%s: a second pass changes %s to %s", c.name, got, again)
		}
	}
}
