package report

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// Cell is a value as it is shown, with its notes: good, bad or unknown where it
// is a verdict.
type Cell struct {
	Text, Verdict string
	Number        bool
	Beside, Notes []Cell
}

// Short is a text that stays on one line: names may be long, words and intervals are not.
func (c Cell) Short() bool { return utf8.RuneCountInString(c.Text) <= 24 }

// Cells are the rows of a table as they are shown, at most its limit.
func (p Part) Cells() (rows [][]Cell) {
	for _, row := range p.answer.rows[:len(p.answer.rows)-p.More()] {
		var cells []Cell
		for _, c := range p.columns {
			cells = append(cells, p.cell(row, c))
		}
		rows = append(rows, cells)
	}
	return rows
}

// Facts are the values of a one-row answer.
func (p Part) Facts() []Cell { return p.Cells()[0] }

// Why says what keeps the first of the facts unknown; it is empty if it is known.
func (p Part) Why() string {
	if p.answer.at(p.answer.rows[0], p.columns[0].name) != nil {
		return ""
	}
	return p.About
}

// More is how many rows the limit hides.
func (p Part) More() int {
	if p.limit == 0 {
		return 0
	}
	return max(0, len(p.answer.rows)-p.limit)
}

func (p Part) cell(row []any, c column) Cell {
	v := p.answer.at(row, c.name)
	said := c.say(v)
	cell := Cell{Text: said, Verdict: verdicts[said], Number: c.unit.number() && c.notes == nil}
	if x, known := v.(float64); known && c.bad != nil && c.bad(x) {
		cell.Verdict = "bad"
	}
	for _, n := range c.notes {
		v := p.answer.at(row, n.name)
		if v == nil || v == "" {
			continue
		}
		// What the value says itself is not said twice.
		switch word := (column{unit: n.unit}).say(v); {
		case word == said:
		case n.says == "":
			cell.Beside = append(cell.Beside, Cell{Text: word, Verdict: verdicts[word]})
		default:
			cell.Notes = append(cell.Notes, Cell{Text: fmt.Sprintf(n.says, word)})
		}
	}
	return cell
}

// Head is the titles of a table.
func (p Part) Head() (cells []Cell) {
	for _, c := range p.columns {
		cells = append(cells, Cell{Text: c.Title, Number: c.unit.number() && c.notes == nil})
	}
	return cells
}

// ofTenants puts the tenant before the rows of a table that tells them apart.
func (p *Part) ofTenants() {
	if p.form == table && p.columns[0].name != "tenant" && slices.Contains(p.answer.names, "tenant") {
		p.columns = slices.Insert(p.columns, 0, column{name: "tenant", Title: "Tenant"})
	}
}
