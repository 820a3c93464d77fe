package codearts

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestClockSkew(t *testing.T) {
	local := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	var logged bytes.Buffer
	opts := keyOptions()
	opts.Now = func() time.Time { return local }
	opts.Log = slog.New(slog.NewTextHandler(&logged, nil))
	date, status := "", 200
	c := newTestClient(t, opts, func(*http.Request, string) *http.Response {
		if date == "" {
			return reply(status, `[]`)
		}
		return reply(status, `[]`, "Date: "+date)
	})
	ask := func() error {
		_, err := c.PipelineGroups(t.Context(), project)
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	if _, known := c.ClockSkew(); known {
		t.Error("a skew is known without a Date header")
	}
	for _, tt := range []struct {
		date     string
		skew     time.Duration
		warnings int
	}{
		{"Sun, 22 Nov 2026 10:00:30 GMT", 30 * time.Second, 0},
		{"Sun, 22 Nov 2026 09:53:00 GMT", -7 * time.Minute, 1},
		{"Sun, 22 Nov 2026 10:20:00 GMT", 20 * time.Minute, 1}, // said once
	} {
		date = tt.date
		if err := ask(); err != nil {
			t.Fatal(err)
		}
		skew, known := c.ClockSkew()
		if off := skew - tt.skew; !known || off.Abs() > time.Second {
			t.Errorf("%s: skew %s, want %s", tt.date, skew, tt.skew)
		}
		if got := strings.Count(logged.String(), "level=WARN"); got != tt.warnings {
			t.Errorf("%s: %d warnings, want %d:\n%s", tt.date, got, tt.warnings, logged.String())
		}
	}
	status = 401
	e := wantClass(t, ask(), ClassAuth)
	if !strings.Contains(e.Error(), "local clock is off by -20m") {
		t.Errorf("a refused signature does not name the clock: %v", e)
	}
}
