package main

import (
	"fmt"
	"regexp"
	"testing"

	"artery/internal/schema"
)

// moved are the tables that a reader has to move sideways on a screen of 1920: evidence that has this many columns.
var moved = map[uint32]bool{662: true, 673: true, 681: true}

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
				have := room(p.width)
				need := columns.need(have)
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

// need is the least width with which Grafana shows all columns: those that flow get the same, and so each as much as the widest.
func (s sheet) need(points int) (need int) {
	widest, n := 0, 0
	for i, flows := range s.flows(points) {
		switch {
		case s[i].hidden:
		case flows:
			widest, n = max(widest, s[i].width()), n+1
		default:
			need += s[i].width()
		}
	}
	return need + n*widest
}

// A table shares the room among its long texts, else among all columns if that is enough for each, else among the names.
func TestRoomIsShared(t *testing.T) {
	number := column{name: "n", title: "n", unit: "none"}
	for _, c := range []struct {
		name    string
		columns sheet
		flows   []bool
	}{
		{"wide", sheet{{name: "tenant", title: "Tenant"}, number}, []bool{true, true}},
		{"narrow", sheet{{name: "tenant", title: "Tenant"}, {name: "pipeline", title: "Pipeline"}, number}, []bool{false, true, false}},
		{"texts", sheet{{name: "pipeline", title: "Pipeline"}, {name: "message", title: "Message"}, number}, []bool{false, true, false}},
	} {
		if got := c.columns.flows(300); fmt.Sprint(got) != fmt.Sprint(c.flows) {
			t.Errorf("%s: %v, want %v", c.name, got, c.flows)
		}
	}
}

// A title takes two lines where that is narrower; a text that is known to appear has room.
func TestWidths(t *testing.T) {
	for _, c := range []struct {
		column column
		want   int
	}{
		{column{name: "n", title: "n", unit: "none"}, 76},
		{column{name: "n", title: "aaaaaaaaaa bbbbbbbbbb", unit: "none"}, 74 + beside},
		{column{name: "n", title: "n", unit: "none", null: "aaaaaaaaaa"}, 74 + beside},
		{column{name: "status", title: "n", words: map[string]string{"AAAAAAAAAA": "red"}}, 98 + beside},
		{column{name: "level", title: "aaa", words: map[string]string{"insufficient (n < 10)": idle, "aaaaaaaaaa": idle}}, 74 + beside},
		{column{name: "seen_at", title: "Seen"}, instant},
	} {
		if got := c.column.width(); got != c.want {
			t.Errorf("%+v: %d, want %d", c.column, got, c.want)
		}
	}
}

// A number that says how much of its evidence is listed knows where the table of it ends.
func TestListedIsWhereTheTableEnds(t *testing.T) {
	listed := regexp.MustCompile(`least\(.+, (\d+)\) AS listed`)
	for number, table := range map[string]string{
		"dash_gate_directions": "dash_gate_changes", "dash_stage_transition_counts": "dash_stage_transitions", "dash_gate_weak_count": "dash_gate_weak_deployments",
	} {
		counts, err := schema.Query(number)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := schema.Query(table)
		if err != nil {
			t.Fatal(err)
		}
		says, ends := listed.FindStringSubmatch(counts), ends.FindAllStringSubmatch(rows, -1)
		if says == nil || len(ends) == 0 || says[1] != ends[len(ends)-1][1] {
			t.Errorf("%s says %q, %s ends at %q", number, says, table, ends)
		}
	}
}
