// Package report is the overview for those without Grafana: the dashboards'
// own named queries, read once, as text for a terminal or as one HTML page
// that needs nothing beside itself.
//
// The way is: chapters (blocks.go, delivery.go, what is asked) -> Read (read.go, the
// answers) -> Text (text.go) or Page (page.go, with chart.go). What a value
// looks like is in words.go, the same for both.
package report

import "time"

// Report is the answers of all blocks over one range of time.
type Report struct {
	From, To time.Time
	Tenants  []string // none is all
	Chapters []Chapter
}

// Chapter is a titled group of answered blocks.
type Chapter struct {
	Title string
	Parts []Part
}

// Part is one block with what ClickHouse answered.
type Part struct {
	block
	Formula string // how it is computed: the comment of the query
	answer  answer
}

// answer is rows of nil, float64, string or time.Time, by the names of their columns.
type answer struct {
	names []string
	rows  [][]any
}

// form is how an answer is shown.
type form int

const (
	// stats shows the columns of the only row as numbers with a title.
	stats form = iota
	// table shows rows in the order of the query.
	table
	// lines shows columns over days, or one column for each value of a label.
	lines
	// bars shows the same as stacked counts.
	bars
)

// block is one query and how its answer is shown.
type block struct {
	Title, About, query string // About is for who reads no formulas; of stats it says what keeps the first one unknown
	form                form
	columns             []column // of stats and tables: what is shown, in this order; of charts: the curves, or the only one when there is a label
	label               string   // of charts: the text column whose values are the curves
	holds               bool     // of lines: a value holds until the next one, so a day between has it too
	limit               int      // of tables: rows shown
	none                string   // said when there is no row: why
}

// column is one column of an answer: its name in the query, its title here,
// what its numbers measure, and what NULL means if that is not "unknown".
type column struct {
	name, Title string
	unit        unit
	null        string
	bad         func(float64) bool // of stats: which numbers ask for a look
	notes       []note             // of tables: what stands below the value
}

// note is another column of the answer, said in a few words (%s is its value)
// below the one that it belongs to; a verdict stands beside it, and needs no
// words. NULL and an empty text say nothing.
type note struct {
	name, says string
	unit       unit
}

type unit int

const (
	text   unit = iota
	commit      // the first characters of its id
	count
	daily
	ratio
	seconds
	days
	megabytes
	factor
	moment
	day
)

func (b block) empty() string {
	if b.none == "" {
		return "no data"
	}
	return "no data because " + b.none
}
