package events

import (
	"strings"
	"testing"
)

func TestSubjects(t *testing.T) {
	for _, c := range []struct {
		key  Key
		want string
	}{
		{Key{"acme", "6428c2e2b4b64affa14ec80896695c49", Pipeline, "cd65d6f2"}, "artery.acme.6428c2e2b4b64affa14ec80896695c49.pipeline.cd65d6f2"},
		{Key{"acme", TenantScope, Gate, "check.review-data"}, "artery.acme._tenant.gate.check%2Ereview-data"},
		{Key{"a b", "*", RunDetail, "é>%"}, "artery.a%20b.%2A.run_detail.%C3%A9%3E%25"},
		{Key{"", "", Run, ""}, "artery.%.%.run.%"},
		{Key{"acme", "poll", Repository, "poll"}, "artery.acme.poll.repository.poll"},
		{PollKey("acme", TenantScope), "artery.acme._tenant.poll"},
	} {
		if got := c.key.Subject(); got != c.want {
			t.Errorf("%+v: subject %s, want %s", c.key, got, c.want)
		}
		back, err := ParseSubject(c.want)
		if err != nil || back != c.key {
			t.Errorf("ParseSubject(%s) = %+v, %v; want %+v", c.want, back, err, c.key)
		}
	}
	if got := ScopeFilter("a.b", "s"); got != "artery.a%2Eb.s.>" {
		t.Errorf("ScopeFilter = %s", got)
	}
}

func TestParseSubjectErrors(t *testing.T) {
	for _, s := range []string{
		"", "artery", "artery.a.s", "artery.a.s.run", "artery.a.s.poll.x.y", "other.a.s.run.x", "artery.a.s.run.x.y",
		"artery.a.s.run.%4", "artery.a.s.run.%zz", "artery.a.s.run.%2e", "artery.a%.s.poll",
	} {
		if k, err := ParseSubject(s); err == nil {
			t.Errorf("ParseSubject(%q) = %+v, want an error", s, k)
		}
	}
}

func FuzzSubject(f *testing.F) {
	f.Add("acme", "_tenant", "gate", "check.review-data")
	f.Add("", "%", "poll ", "\x00>*\xff")
	f.Fuzz(func(t *testing.T, tenant, scope, kind, id string) {
		k := Key{tenant, scope, Kind(kind), id}
		if k.Kind == Poll {
			k.ID = ""
		}
		s := k.Subject()
		if strings.ContainsAny(s, " \t\r\n*>") || strings.Contains(s, "..") || strings.HasSuffix(s, ".") {
			t.Fatalf("%+v: %q is no NATS subject", k, s)
		}
		back, err := ParseSubject(s)
		if err != nil || back != k {
			t.Fatalf("%+v -> %q -> %+v, %v", k, s, back, err)
		}
		if filter := strings.TrimSuffix(ScopeFilter(tenant, scope), ">"); !strings.HasPrefix(s, filter) {
			t.Fatalf("%q does not match %q", s, filter)
		}
	})
}
