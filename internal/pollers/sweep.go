package pollers

import (
	"errors"
	"iter"

	"artery/internal/codearts"
)

// sweep proves that a listing is complete: every page was good, the total the same on each, no id twice, and as many ids
// as the total says. That no row was left out is the pass's to know. Rows that shift between pages break one of these, unless
// as many go before the place reached as come behind it at once: only the next sweep shows what was not shown then.
type sweep struct {
	ids map[string]bool
	shape
	pages   int
	largest int // rows of the largest page
	failed  bool
}

// shape is what a walk through a listing looked like.
type shape struct {
	rows    int  // of all pages
	named   int  // those with an id
	ids     int  // different ids
	total   int  // as the last page says
	shifted bool // the total changed between pages
	short   bool // the pages ended before the total
}

// broken says that rows were doubled or lost on the way.
func (s shape) broken() bool {
	return s.shifted || s.short || s.ids < s.named || s.ids+s.rows-s.named != s.total
}

// again says whether a listing is to be walked once more at once. Rows have shifted while it was walked: the one that was
// lost would be missed until the next tick, of a daily inventory for a day. One more walk is all, and a listing that is
// always like that (known) is not walked twice every time.
func again(walked, known shape, walks int) bool {
	return walks == 1 && walked.broken() && walked != known
}

// roomy bounds how many ids room is made for before they come: a total may be wrong.
const roomy = 1 << 14

func newSweep() *sweep { return &sweep{ids: map[string]bool{}} }

func (s *sweep) id(id string) {
	if id == "" {
		return
	}
	s.ids[id] = true
	s.named++
	s.shape.ids = len(s.ids)
}

// whole says that what has been listed so far was one answer without pages.
func (s *sweep) whole() { s.pages, s.rows, s.total = 1, s.named, s.shape.ids }

func (s *sweep) complete() bool {
	return !s.failed && s.pages > 0 && !s.broken() && s.named == s.rows
}

// watch passes pages on and notes what they claim.
func (s *sweep) watch(pages iter.Seq2[codearts.Page, error]) iter.Seq2[codearts.Page, error] {
	return func(yield func(codearts.Page, error) bool) {
		for page, err := range pages {
			switch {
			case err != nil:
				s.failed, s.short = true, errors.Is(err, codearts.ErrShortList)
			default:
				if s.pages == 0 {
					s.ids = make(map[string]bool, min(page.Total, roomy))
				}
				s.shifted = s.shifted || s.pages > 0 && page.Total != s.total
				s.pages, s.rows, s.total = s.pages+1, s.rows+len(page.Items), page.Total
				s.largest = max(s.largest, len(page.Items))
			}
			if !yield(page, err) {
				s.failed = true
				return
			}
		}
	}
}

// list walks a listing and hands its rows on, all of them once more if they shifted meanwhile. The sweep is that of the last
// walk; what an earlier one showed is handed over all the same.
func (p *Pass) list(pages iter.Seq2[codearts.Page, error], row func(*sweep, Row)) (*sweep, error) {
	p.mu.Lock()
	total, odd := p.sweep.Total, p.sweep.Errors
	p.mu.Unlock()
	for walks := 1; ; walks++ {
		s := newSweep()
		err := p.each(s.watch(pages), func(r Row) { row(s, r) })
		if (err == nil || s.short) && again(s.shape, p.memo.shape(p.poller.Name), walks) {
			p.Log.Info("rows shifted between pages, walking again", "rows", s.rows, "ids", s.shape.ids, "total", s.total)
			p.recount(total, odd)
			continue
		}
		if err == nil && walks == 2 && s.broken() && !s.shifted {
			p.memo.shaped(p.poller.Name, s.shape)
		}
		return s, err
	}
}
