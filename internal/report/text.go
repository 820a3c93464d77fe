package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	prettytable "github.com/jedib0t/go-pretty/v6/table"
	prettytext "github.com/jedib0t/go-pretty/v6/text"
)

// Text writes the report for a terminal: tables, and a sparkline for each
// series.
func (r Report) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Artery, %s to %s %s%s\n", r.From.Format(time.DateOnly), r.To.Format("2006-01-02 15:04"), clock(r.To), r.whose())
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
	if p.About != "" {
		for line := range strings.SplitSeq(prettytext.WrapSoft(p.About, 100), "\n") {
			fmt.Fprintf(b, "  %s\n", strings.TrimRight(line, " "))
		}
	}
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
	if more := p.More(); more > 0 {
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
	said := strings.Join(list, ", ")
	if why := p.Why(); why != "" {
		said += " (" + why + ")"
	}
	return said
}

func (p Part) tabulate(t prettytable.Writer) {
	head := prettytable.Row{}
	var align []prettytable.ColumnConfig
	for i, c := range p.columns {
		head = append(head, c.Title)
		cfg := prettytable.ColumnConfig{Number: i + 1, WidthMax: 40, WidthMaxEnforcer: prettytext.Trim}
		switch {
		case c.notes != nil:
			cfg.WidthMaxEnforcer = nil
			t.Style().Options.SeparateRows = true
		case c.unit.number():
			cfg.Align, cfg.AlignHeader = prettytext.AlignRight, prettytext.AlignRight
		}
		align = append(align, cfg)
	}
	t.AppendHeader(head)
	t.SetColumnConfigs(align)
	for _, cells := range p.Cells() {
		row := prettytable.Row{}
		for _, c := range cells {
			row = append(row, c.packed(30))
		}
		t.AppendRow(row)
	}
}

// packed is a cell with its notes, as many on a line as there is room for.
func (c Cell) packed(width int) string {
	lines := []string{c.Text}
	for _, n := range slices.Concat(c.Beside, c.Notes) {
		last := &lines[len(lines)-1]
		if together := *last + ", " + n.Text; prettytext.StringWidthWithoutEscSequences(together) <= width {
			*last = together
			continue
		}
		lines = append(lines, n.Text)
	}
	return strings.Join(lines, "\n")
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
