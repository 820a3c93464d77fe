package service

import (
	"strings"
	"testing"
)

func TestPrices(t *testing.T) {
	c, err := Parse([]byte("prices: {currency: EUR, table: [{tenant: acme, pipeline: ^nightly, machine_minute: 0.01}, {machine_minute: 0, waiting_minute: 1.5}]}"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Prices.Table; len(p) != 2 || *p[0].MachineMinute != 0.01 || p[0].WaitingMinute != nil || *p[1].MachineMinute != 0 || *p[1].WaitingMinute != 1.5 {
		t.Errorf("the prices are %+v", p)
	}
	for _, wrong := range []struct{ text, want string }{
		{"prices: {table: [{machine_minute: 1}]}", "prices.currency: is missing"},
		{"prices: {currency: EUR}", "prices.table: is empty"},
		{"prices: {currency: EUR, table: [{pipeline: x}]}", "prices.table[0]: has no price"},
		{"prices: {currency: EUR, table: [{pipeline: '(', machine_minute: 1}]}", `prices.table[0].pipeline: "(" is no RE2 expression`},
		{"prices: {currency: EUR, table: [{machine_minute: 1}, {waiting_minute: -2}]}", "prices.table[1].waiting_minute: -2 is no price"},
		{"prices: {currency: EUR, table: [{machine_minute: .nan}]}", "prices.table[0].machine_minute: NaN is no price"},
	} {
		if _, err := Parse([]byte(wrong.text), 0); err == nil || !strings.Contains(err.Error(), wrong.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q alone", wrong.text, err, wrong.want)
		}
	}
}
