package main

import (
	"fmt"
	"testing"
)

// moved are the tables that a reader has to move sideways on a screen of 1920: evidence that has this many columns.
var moved = map[uint32]bool{673: true, 681: true}

// Every other table has its columns in view there.
func TestTablesFitTheScreen(t *testing.T) {
	n := 0
	for _, page := range pages() {
		for _, row := range page.rows {
			for _, p := range row.panels {
				columns, ok := p.view.(sheet)
				if !ok {
					continue
				}
				n++
				need, have := 0, room(p.width)
				for _, c := range columns {
					if !c.hidden {
						need += c.width()
					}
				}
				if at := fmt.Sprintf("%s, %s: %d points in %d", page.title, p.title, need, have); need > have && !moved[p.id] {
					t.Error(at)
				} else if need <= have && moved[p.id] {
					t.Errorf("%s: it fits", at)
				}
			}
		}
	}
	if n < 40 {
		t.Errorf("%d tables", n)
	}
}

// A table shares the room among its long texts, else among all columns if that is enough for each, else among the names.
func TestRoomIsShared(t *testing.T) {
	number := column{name: "n", title: "n", unit: "none"}
	for _, c := range []struct {
		name    string
		columns sheet
		fixed   []bool
	}{
		{"wide", sheet{{name: "tenant", title: "Tenant"}, number}, []bool{false, false}},
		{"narrow", sheet{{name: "tenant", title: "Tenant"}, {name: "pipeline", title: "Pipeline"}, number}, []bool{true, false, true}},
		{"texts", sheet{{name: "pipeline", title: "Pipeline"}, {name: "message", title: "Message"}, number}, []bool{true, false, true}},
	} {
		if got := c.columns.fixed(300); fmt.Sprint(got) != fmt.Sprint(c.fixed) {
			t.Errorf("%s: %v, want %v", c.name, got, c.fixed)
		}
	}
}

// A title takes two lines where that is narrower; a text that is known to appear has room.
func TestWidths(t *testing.T) {
	for _, c := range []struct {
		column column
		want   int
	}{
		{column{name: "n", title: "n", unit: "none"}, 66},
		{column{name: "n", title: "aaaaaaaaaa bbbbbbbbbb", unit: "none"}, 74 + beside},
		{column{name: "n", title: "n", unit: "none", null: "aaaaaaaaaa"}, 74 + beside},
		{column{name: "status", title: "n", words: map[string]string{"AAAAAAAAAA": "red"}}, 98 + beside},
		{column{name: "level", title: "aaaaaaaaaa", words: levelColors}, 96 + beside}, // "not recovered"
		{column{name: "seen_at", title: "Seen"}, instant},
	} {
		if got := c.column.width(); got != c.want {
			t.Errorf("%+v: %d, want %d", c.column, got, c.want)
		}
	}
}
