package report

import (
	_ "embed"
	"html/template"
	"io"
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

// Rows are the parts of a chapter in their order, with numbers that follow
// one another beside each other.
func (c Chapter) Rows() (rows [][]Part) {
	for i, p := range c.Parts {
		if i > 0 && p.Stat() == c.Parts[i-1].Stat() {
			rows[len(rows)-1] = append(rows[len(rows)-1], p)
			continue
		}
		rows = append(rows, []Part{p})
	}
	return rows
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
