package pollers

import (
	"iter"

	"artery/internal/codearts"
)

// sweep proves that a listing is complete: every page was good, the total the same on each, no id twice, and as many ids
// as the total says. That no row was left out is the pass's to know. Rows that shift between pages break at least one of these.
type sweep struct {
	ids     map[string]bool
	total   int
	pages   int
	twice   bool
	shifted bool // the total changed between pages
	failed  bool
}

func newSweep() *sweep { return &sweep{ids: map[string]bool{}} }

func (s *sweep) id(id string) {
	if s.ids[id] {
		s.twice = true
	}
	s.ids[id] = true
}

func (s *sweep) complete() bool {
	return !s.failed && !s.twice && !s.shifted && s.pages > 0 && len(s.ids) == s.total
}

// watch passes pages on and notes what they claim.
func (s *sweep) watch(pages iter.Seq2[codearts.Page, error]) iter.Seq2[codearts.Page, error] {
	return func(yield func(codearts.Page, error) bool) {
		for page, err := range pages {
			switch {
			case err != nil:
				s.failed = true
			case s.pages > 0 && page.Total != s.total:
				s.shifted = true
			}
			s.pages, s.total = s.pages+1, page.Total
			if !yield(page, err) {
				s.failed = true
				return
			}
		}
	}
}
