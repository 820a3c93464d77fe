package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func onDay(n int) time.Time { return start.AddDate(0, 0, n) }

// example is a report of four days by hand: one block of each form, one
// without an answer, and texts that would be markup if nobody took care.
func example() Report {
	return Report{From: start, To: onDay(3).Add(7 * time.Hour), Tenants: []string{"acme"}, Chapters: []Chapter{{"All forms", []Part{
		{
			block:   block{Title: "Completeness", About: "nothing was read", columns: []column{{name: "share", Title: "stored", unit: ratio}, {name: "n", Title: "of n", unit: count}}},
			Formula: "stored & expected",
			answer:  answer{[]string{"n", "share"}, [][]any{{4.0, nil}}},
		},
		{
			block: block{Title: "Stages", form: table, limit: 2, columns: []column{
				{name: "state", Title: "State"}, {name: "stage", Title: "Stage"}, {name: "for", Title: "For", unit: seconds}}},
			answer: answer{[]string{"state", "stage", "for"}, [][]any{
				{"newly failing", "部署 <b>", 90.0}, {"still failing", "Build", 86400.0}, {"still failing", "Test", nil}}},
		},
		{
			block: block{Title: "Runs", form: bars, label: "status", columns: []column{{name: "runs", Title: "runs", unit: count}}},
			answer: answer{[]string{"time", "status", "runs"}, [][]any{
				{onDay(0), "FAILED", 1.0}, {onDay(0), "COMPLETED", 7.0}, {onDay(2), "COMPLETED", 14.0}, {onDay(2), "<script>\x1balert(1)</script>", 2.0}}},
		},
		{
			block: block{Title: "Size", form: lines, label: "tenant", holds: true, columns: []column{{name: "mb", Title: "total", unit: megabytes}}},
			answer: answer{[]string{"time", "tenant", "mb"}, [][]any{
				{onDay(1), "acme", 100.0}, {onDay(3), "acme", 2048.0}}},
		},
		{
			block: block{Title: "Services", About: "How long it takes.", form: table, columns: []column{
				{name: "service", Title: "Service", notes: []note{{name: "project", says: "%s"}}},
				{name: "lead", Title: "Lead time", unit: seconds, null: "no data", notes: []note{
					{name: "level"}, {"interval", "95 %%: %s", text}, {"n", "n = %s changes", count}, {"before", "before: %s", seconds}}}}},
			answer: answer{[]string{"service", "project", "lead", "level", "interval", "n", "before"}, [][]any{
				{"shop", "Web", 3600.0, "elite", "1 – 2 h", 1000.0, 60.0}, {"cart", "Web", nil, "no data", "", 0.0, nil}}},
		},
		{block: block{Title: "Gates", form: table, none: "no gate changed"}},
	}}}}
}

// Worked by hand: 7 of 14 is the fifth of eight steps, 1 of 1 and 2 of 2 the last one.
const exampleText = `Artery, 2026-03-01 to 2026-03-04 07:00 UTC, acme

ALL FORMS
  Completeness: unknown stored, 4 of n (nothing was read)

  Stages
    State          Stage            For
    newly failing  部署 <b>  1 min 30 s
    still failing  Build            1 d
    and 1 more

  Runs
                                a day each  last  lowest  highest
    COMPLETED                   ▅·█·          14       7       14
    <script>�alert(1)</script>  ··█·           2       2        2
    FAILED                      █···           1       1        1

  Size
          a day each  last     lowest     highest
    acme  ·▁▁█        2.0 GiB  100.0 MiB  2.0 GiB

  Services
  How long it takes.
    Service    Lead time
    shop, Web  1 h, elite, 95 %: 1 – 2 h
               n = 1,000 changes
               before: 1 min
   ──────────────────────────────────────
    cart, Web  no data, n = 0 changes

  Gates
    no data because no gate changed
`

func TestText(t *testing.T) {
	var b strings.Builder
	if err := example().Text(&b); err != nil {
		t.Fatal(err)
	}
	if b.String() != exampleText {
		t.Errorf("got\n%s\nwant\n%s", b.String(), exampleText)
	}
}

func TestPage(t *testing.T) {
	var b bytes.Buffer
	if err := example().Page(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		`1 March 2026 to 4 March 2026, 07:00 UTC, acme`, `<dd class="unknown">unknown</dd>`, `<td class="bad whole">newly failing</td>`,
		`部署 &lt;b&gt;`, `<p class="none">nothing was read</p>`, `no data because no gate changed`, `and 1 more`, `<p class="about">How long it takes.</p>`,
		`<span class="value">1 h</span> <span class="beside good">elite</span><div><span class="note">95 %: 1 – 2 h</span> <span class="note">n = 1,000 changes</span> <span class="note">before: 1 min</span> </div>`,
		`<span class="value">no data</span><div><span class="note">n = 0 changes</span> </div>`, `stored &amp; expected`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if n := strings.Count(page, "<svg"); n != 4 {
		t.Errorf("%d drawings, want two charts in two themes", n)
	}
	if bad := regexp.MustCompile(`(?i)<script|<link|\ssrc=|href=|url\(|@import|<b>`).FindString(page); bad != "" {
		t.Errorf("the page holds %q: it runs nothing and asks for nothing", bad)
	}
}
