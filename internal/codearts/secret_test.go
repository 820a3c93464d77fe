package codearts

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretNeverPrints(t *testing.T) {
	const text = "open-sesame"
	s := NewSecret(text)
	type holder struct {
		Public  Secret
		private Secret
		pointer *Secret
		auth    *KeyAuth
	}
	h := holder{s, s, &s, &KeyAuth{AccessKey: "ak", SecretKey: s}}
	encoded, err := json.Marshal(map[string]any{"secret": s, "pointer": &s, "holder": h})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("m", "secret", s, "pointer", &s, "holder", h)
	}
	printed := []string{string(encoded), log.String(), s.String(), fmt.Sprint(s)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed = append(printed, fmt.Sprintf(verb, s), fmt.Sprintf(verb, &s), fmt.Sprintf(verb, h), fmt.Sprintf(verb, *h.auth))
	}
	for _, p := range printed {
		if strings.Contains(p, text) || strings.Contains(p, fmt.Sprintf("%x", text)) {
			t.Errorf("the secret appears in %s", p)
		}
	}
	if s.Reveal() != text || s.IsZero() || !(Secret{}).IsZero() || (Secret{}).Reveal() != "" {
		t.Error("the secret itself is lost")
	}
}
