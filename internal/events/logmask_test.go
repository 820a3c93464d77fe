package events

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// secretsInLogs are forms in which logs show secrets. %s is the secret; what is not the secret has to stay.
var secretsInLogs = []struct{ name, line, stays string }{
	{"assignment", `[2023/11/24 21:49:36.548 GMT+08:00] [INFO] export DB_PASSWORD=%s`, "[2023/11/24 21:49:36.548 GMT+08:00] [INFO] export DB_PASSWORD="},
	{"yaml", `  secret_key: %s`, "  secret_key: "},
	{"quoted assignment", `bash -c "PGPASSWORD=%s psql -h db"`, `psql -h db"`},
	{"escaped JSON", `body: "{\"user\":\"a\",\"password\":\"%s\"}"`, `body: "{\"user\":\"a\",\"password\":\"`},
	{"JSON", `{"level":"info","apiKey":"%s","message":"m"}`, `{"level":"info","apiKey":"[redacted]","message":"m"}`},
	{"single quotes", `{'token': '%s', 'user': 'a'}`, `{'token': `},
	{"an open quote before", `it "opens and password=%s`, `it "opens and password=`},
	{"header", `curl -H "Authorization: Bearer %s" https://example.com/x`, `" https://example.com/x`},
	{"basic", `> authorization: basic %s`, "> authorization: "},
	{"cookie", `Cookie: session=%s; theme=dark`, "Cookie: "},
	{"token header", `X-Auth-Token: %s`, "X-Auth-Token: "},
	{"flag", `docker login -u ci --password %s registry.example.com`, "registry.example.com"},
	{"flag with a sign", `mvn -Dsonar.login=x -Drepo.password=%s deploy`, "mvn -Dsonar.login=x -Drepo.password="},
	{"curl user", `curl -s -u ci:%s https://example.com`, "https://example.com"},
	{"address", `git clone https://deploy:%s@codehub.example.com/team/app.git`, "@codehub.example.com/team/app.git"},
	{"address in a quote", `remote "https://%s@codehub.example.com/team/app.git" added`, "@codehub.example.com/team/app.git"},
	{"several signs", `	password := "%s" // of the test`, " // of the test"},
	{"arrow", `:api_key => "%s", :user => "a"`, `:user => "a"`},
	{"spaces around", `"password" : "%s", "user" : "a"`, `"user" : "a"`},
	{"configured", `licence vnd-%s accepted`, "licence [redacted] accepted"},
	{"configured group", `pin is <%s> today`, "pin is <[redacted]> today"},
}

func TestLogMask(t *testing.T) {
	m, err := NewLogMask([]string{`vnd-[0-9a-z]+`, `pin is <([^>]+)>`})
	if err != nil {
		t.Fatal(err)
	}
	const secret = "s3cr3tp4ss0fth1sl0g"
	for _, tt := range secretsInLogs {
		text := "before: 1\n" + fmt.Sprintf(tt.line, secret) + "\nafter: \"2\n"
		got := m.Mask(text)
		if strings.Contains(got, secret) || !strings.Contains(got, tt.stays) || !strings.Contains(got, Redacted) {
			t.Errorf("%s: %q, want %q in it", tt.name, got, tt.stays)
		}
		if !strings.HasPrefix(got, "before: 1\n") || !strings.HasSuffix(got, "\nafter: \"2\n") {
			t.Errorf("%s: the lines beside are %q", tt.name, got)
		}
	}
	for _, text := range []string{
		"", "\n", "[2023/11/24 21:49:36.548 GMT+08:00] [INFO] 第3行 <ready> {\"attempt\": 3}\r\n[ERROR] exit code 1",
		"password authentication failed for user \"app\"", "FAIL: TestToken/valid (0.00s)", "2 tests, 1 failure: see https://example.com/report?id=1#a",
		"expected -----BEGIN RSA PRIVATE KEY----- in key.pem", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	} {
		if got := m.Mask(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	for _, token := range []string{
		"ghp_0123456789abcdefghijABCDEFGHIJ012345", "glpat-0123456789abcdefghij", "xoxb-0123456789-abcdef", "AKIAIOSFODNN7EXAMPLE",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
	} {
		if got := (*LogMask)(nil).Mask("with " + token + " it works"); got != "with [redacted] it works" {
			t.Errorf("%s: %q", token, got)
		}
	}
}

// A key in PEM form is masked from its first line to its last, also where the log begins or ends inside of it.
func TestLogMaskOfKeys(t *testing.T) {
	const stamp = "[2023/11/24 21:49:36.548 GMT+08:00] "
	begin, end := stamp+"-----BEGIN RSA PRIVATE KEY-----\n", stamp+"-----END RSA PRIVATE KEY-----\n"
	body := stamp + "MIIEowIBAAKCAQEA0Z3VS5JJcds3\n" + stamp + "xfn/ygWyF8PbnGy0AHB7MaQ==\n"
	for name, text := range map[string]string{"whole": begin + body + end, "its end": body + end, "its begin": begin + body} {
		got := (*LogMask)(nil).Mask("one\n" + text + "[ERROR] exit code 1\n")
		if strings.Contains(got, "MIIE") || strings.Contains(got, "xfn/") || !strings.HasPrefix(got, "one\n") || !strings.HasSuffix(got, "[ERROR] exit code 1\n") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestNewLogMask(t *testing.T) {
	_, err := NewLogMask([]string{`a(`, `x*`, `fine-\d+`})
	if err == nil || !strings.Contains(err.Error(), `"a(" is no RE2 expression`) || !strings.Contains(err.Error(), `"x*" finds the empty text`) || strings.Contains(err.Error(), "fine") {
		t.Error(err)
	}
}

// FuzzLogMask: whatever stands before and after, a secret on a line of its own is masked, and nothing but secrets changes.
func FuzzLogMask(f *testing.F) {
	for _, tt := range secretsInLogs {
		f.Add(tt.line, "'")
	}
	f.Add("-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA0Z3VS5JJcds3", "-----END PRIVATE KEY-----")
	f.Add("\x00\xff\"", "{[\\")
	const secret = "s3cr3tp4ss0fth1sl0g"
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+after, secret) {
			return
		}
		got := (*LogMask)(nil).Mask(before + "\nexport DB_PASSWORD=" + secret + "\n" + after)
		if strings.Contains(got, secret) || utf8.ValidString(before) && utf8.ValidString(after) && !utf8.ValidString(got) {
			t.Fatalf("%q between %q and %q", got, before, after)
		}
	})
}

func TestLogTail(t *testing.T) {
	for _, tt := range []struct {
		text string
		n    int
		want string
	}{
		{"", 10, ""}, {"a\nb\nc", 0, ""}, {"a\nb\nc", 5, "a\nb\nc"}, {"a\nb\nc", 4, "b\nc"}, {"a\nb\nc", 3, "b\nc"}, {"a\nb\nc", 2, "c"},
		{"a long line", 4, "line"}, {"第一行", 4, "行"}, {"x\n第一行", 10, "第一行"}, {"x\n第一行", 8, "一行"}, {"a\n", 1, ""},
	} {
		if got := LogTail(tt.text, tt.n); got != tt.want {
			t.Errorf("LogTail(%q, %d) = %q, want %q", tt.text, tt.n, got, tt.want)
		}
	}
}

// FuzzLogTail: a tail is whole lines from the end or the end of one line, and makes a body that fits.
func FuzzLogTail(f *testing.F) {
	f.Add("a\nb", 2, 1)
	f.Add("第\n\x1b[31m", 7, 100_000)
	f.Add("\"\\\"", MaxLogTail, 200_000)
	f.Fuzz(func(t *testing.T, text string, n, times int) {
		if n < 0 || n > MaxLogTail || times < 1 || len(text)*times > 2<<20 {
			return
		}
		text = strings.Repeat(strings.ToValidUTF8(text, ""), times)
		got := LogTail(text, n)
		if !strings.HasSuffix(text, got) || len(got) > n || !utf8.ValidString(got) {
			t.Fatalf("%q is no tail of %q", got, text)
		}
		before := strings.TrimSuffix(text, got)
		if before != "" && !strings.HasSuffix(before, "\n") && strings.Contains(got, "\n") {
			t.Fatalf("%q begins inside of a line", got)
		}
		raw := fmt.Appendf(nil, `{"log":%s}`, appendString(nil, []byte(got)))
		if _, err := NewSnapshot(StepLog, "r/s/1", raw, Mark{}, time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	})
}

// A log is attached once: nothing takes the place of one that is there, and what is pending takes no place at all.
func TestLogIsAttachedOnce(t *testing.T) {
	at := time.Unix(1700000000, 0)
	o := Origin{At: at.Add(time.Hour)}
	snap := func(state, log string, tries int64, at time.Time) Snapshot {
		s, err := NewSnapshot(StepLog, "r/s/1", fmt.Appendf(nil, `{"state":%q,"log":%q,"tries":%d}`, state, log, tries), Mark{Parent: "r", Number: tries, Status: state}, at)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var head Head
	known := false
	for i, step := range []struct {
		snap Snapshot
		want bool
	}{
		{snap(LogPending, "", 0, at), true},
		{snap(LogPending, "", 0, at.Add(time.Second)), false},
		{snap(LogExpired, "", 1, at.Add(2*time.Second)), true},
		{snap(LogPending, "", 0, at.Add(3*time.Second)), false}, // the detail is read again
		{snap(LogUnavailable, "", 2, at.Add(4*time.Second)), true},
		{snap(LogHave, "the log", 0, at.Add(5*time.Second)), true},
		{snap(LogHave, "the log and more", 0, at.Add(6*time.Second)), false},
		{snap(LogPending, "", 0, at.Add(7*time.Second)), false},
		{snap(LogExpired, "", 1, at.Add(8*time.Second)), false},
	} {
		e, changed := Diff(head, known, step.snap, o)
		if changed != step.want {
			t.Errorf("step %d: changed is %t", i, changed)
		}
		if changed {
			head, known = e.Head(uint64(i+1)), true
		}
	}
}
