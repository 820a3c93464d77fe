package report

import (
	_ "embed"
	"html/template"
	"io"
	"unicode/utf8"
)

//go:embed page.html.tmpl
var pageText string

// pageData is what the template shows.
type pageData struct {
	Report
	Span string
}

// Page writes the report as one HTML page. It has no script and asks for
// nothing, so that it can be mailed; it follows the reader's light or dark
// theme.
func (r Report) Page(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{"charts": r.charts}).Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, pageData{r, span(r.From, r.To)})
}

// What the template asks of a part.

// Empty says why there is nothing; it is empty if there is something.
func (p Part) Empty() string {
	if len(p.answer.rows) > 0 {
		return ""
	}
	return p.empty()
}

// Stat, Table and Chart say how a part is shown.
func (p Part) Stat() bool  { return p.form == stats }
func (p Part) Table() bool { return p.form == table }

// Head is the titles of a table.
func (p Part) Head() (cells []Cell) {
	for _, c := range p.columns {
		cells = append(cells, Cell{Text: c.Title, Number: c.unit.number()})
	}
	return cells
}

// Short is a text that stays on one line: names may be long, words and intervals are not.
func (c Cell) Short() bool { return utf8.RuneCountInString(c.Text) <= 24 }

// Facts are the values of a one-row answer.
func (p Part) Facts() []Cell { return p.Cells()[0] }

// More is how many rows are not shown.
func (p Part) More() int { return p.more() }
