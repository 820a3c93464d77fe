package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	prettytable "github.com/jedib0t/go-pretty/v6/table"
	prettytext "github.com/jedib0t/go-pretty/v6/text"
)

// Text writes the report for a terminal: tables, and a sparkline for each
// series.
func (r Report) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Artery, %s to %s UTC%s\n", r.From.Format(time.DateOnly), r.To.Format("2006-01-02 15:04"), r.whose())
	for _, c := range r.Chapters {
		fmt.Fprintf(&b, "\n%s\n", strings.ToUpper(c.Title))
		for _, p := range c.Parts {
			r.text(&b, p)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Report) whose() string {
	if len(r.Tenants) == 0 {
		return ""
	}
	return ", " + strings.Join(r.Tenants, ", ")
}

func (r Report) text(b *strings.Builder, p Part) {
	if p.form == stats {
		fmt.Fprintf(b, "  %s: %s\n", p.Title, p.facts())
		return
	}
	fmt.Fprintf(b, "\n  %s\n", p.Title)
	if len(p.answer.rows) == 0 {
		fmt.Fprintf(b, "    %s\n", p.empty())
		return
	}
	t := prettytable.NewWriter()
	t.SetStyle(prettytable.StyleLight)
	t.Style().Options = prettytable.OptionsNoBordersAndSeparators
	t.Style().Format.Header = prettytext.FormatDefault
	if p.form == table {
		p.tabulate(t)
	} else {
		r.sparks(t, p)
	}
	for line := range strings.SplitSeq(t.Render(), "\n") {
		fmt.Fprintf(b, "   %s\n", strings.TrimRight(line, " "))
	}
	if more := p.more(); more > 0 {
		fmt.Fprintf(b, "    and %d more\n", more)
	}
}

// facts are the values of a one-row answer, each with its title.
func (p Part) facts() string {
	if len(p.answer.rows) == 0 {
		return p.empty()
	}
	var list []string
	for i, c := range p.Facts() {
		list = append(list, c.Text+" "+p.columns[i].Title)
	}
	return strings.Join(list, ", ")
}

func (p Part) tabulate(t prettytable.Writer) {
	head := prettytable.Row{}
	var align []prettytable.ColumnConfig
	for i, c := range p.columns {
		head = append(head, c.Title)
		cfg := prettytable.ColumnConfig{Number: i + 1, WidthMax: 40, WidthMaxEnforcer: prettytext.Trim}
		if c.unit.number() {
			cfg.Align, cfg.AlignHeader = prettytext.AlignRight, prettytext.AlignRight
		}
		align = append(align, cfg)
	}
	t.AppendHeader(head)
	t.SetColumnConfigs(align)
	for _, cells := range p.Cells() {
		row := prettytable.Row{}
		for _, c := range cells {
			row = append(row, c.Text)
		}
		t.AppendRow(row)
	}
}

func (r Report) sparks(t prettytable.Writer, p Part) {
	t.AppendHeader(prettytable.Row{"", "a day each", "last", "lowest", "highest"})
	t.SetColumnConfigs([]prettytable.ColumnConfig{
		{Number: 3, Align: prettytext.AlignRight}, {Number: 4, Align: prettytext.AlignRight}, {Number: 5, Align: prettytext.AlignRight}})
	for _, c := range p.curves(r.days()) {
		last, low, high := c.last()
		t.AppendRow(prettytable.Row{c.name, sparkline(c.values, p.form == bars), c.unit.say(last), c.unit.say(low), c.unit.say(high)})
	}
}

// sparkline draws one character for each value, a dot where there is none. The
// lowest bar is zero for counts, else the lowest value.
func sparkline(values []float64, fromZero bool) string {
	_, low, high := curve{values: values}.last()
	if fromZero {
		low = 0
	}
	steps := []rune("▁▂▃▄▅▆▇█")
	line := make([]rune, len(values))
	for i, v := range values {
		switch {
		case math.IsNaN(v):
			line[i] = '·'
		case high == low:
			line[i] = steps[len(steps)/2]
		default:
			line[i] = steps[int(math.Round((v-low)/(high-low)*float64(len(steps)-1)))]
		}
	}
	return string(line)
}

// Cell is one cell of a table: its text, and good, bad or unknown where its
// word is a verdict.
type Cell struct {
	Text, Verdict string
	Number        bool
}

// Cells are the rows of a table as they are shown, at most its limit.
func (p Part) Cells() (rows [][]Cell) {
	for _, row := range p.answer.rows[:len(p.answer.rows)-p.more()] {
		var cells []Cell
		for _, c := range p.columns {
			said := c.say(p.answer.at(row, c.name))
			cells = append(cells, Cell{Text: said, Verdict: verdicts[said], Number: c.unit.number()})
		}
		rows = append(rows, cells)
	}
	return rows
}

// more is how many rows the limit hides.
func (p Part) more() int {
	if p.limit == 0 {
		return 0
	}
	return max(0, len(p.answer.rows)-p.limit)
}
