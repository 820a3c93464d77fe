package codearts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"sync"
)

// Page is one answer of a list, its rows as received.
type Page struct {
	API    string            // name of the endpoint function
	Items  []json.RawMessage // not to be written to: see Pipelines
	Offset int               // rows before this page
	Total  int               // rows of the whole list, as this answer says; it may differ from the page before
}

// ErrShortList says that the pages of a list ended before its total: rows went away while it was walked, or the total is wrong.
var ErrShortList = errors.New("the list is shorter than its total")

// pageSize is asked for first; the largest that a document allows (Repo) or
// that clients are known to use (Pipeline, where none is documented).
const (
	pageSize     = 100
	smallestPage = 25
)

// walk asks for pages from offset on until the total is reached: so many calls
// as the total needs, none for an empty page. It moves on by the rows received,
// because a server may give fewer than asked, and yields rows twice when the
// list shifts between two pages: whoever needs a complete sweep compares the
// totals and the ids. After an error the walk ends.
func (c *Client) walk(ctx context.Context, api string, offset, limit int, fetch func(ctx context.Context, offset, limit int) (Page, error)) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		for at := offset; ; {
			page, err := c.fetchPage(ctx, api, at, limit, fetch)
			page.API, page.Offset = api, at
			if err == nil && len(page.Items) == 0 && at < page.Total {
				err = &Error{
					Tenant: c.opts.Tenant, API: api, Class: ClassRetry,
					Message: fmt.Sprintf("the list ended after %d of %d rows", at, page.Total), cause: ErrShortList,
				}
			}
			if err != nil {
				yield(Page{Offset: at}, err)
				return
			}
			if !yield(page, nil) {
				return
			}
			if at += len(page.Items); at >= page.Total {
				return
			}
		}
	}
}

// fetchPage halves the page when its size may be what the server refuses.
func (c *Client) fetchPage(ctx context.Context, api string, offset, limit int, fetch func(ctx context.Context, offset, limit int) (Page, error)) (Page, error) {
	size := c.sizes.of(api, limit)
	page, err := fetch(ctx, offset, size)
	if !refusesSize(err) || size <= smallestPage {
		return page, err
	}
	for smaller := size / 2; smaller >= smallestPage; smaller /= 2 {
		page, retryErr := fetch(ctx, offset, smaller)
		if retryErr == nil {
			c.sizes.learn(api, smaller)
			return page, nil
		}
		if !refusesSize(retryErr) {
			return page, retryErr
		}
	}
	return Page{}, err
}

// inBatches asks for a list in batches of at most size. A size that the server
// refuses is halved and the one that it takes remembered.
func inBatches[T any](c *Client, api string, size int, list []T, ask func(batch []T) error) error {
	for len(list) > 0 {
		size := min(len(list), c.sizes.of(api, size))
		err := ask(list[:size])
		for refusesSize(err) && size > 1 {
			size /= 2
			if err = ask(list[:size]); err == nil {
				c.sizes.learn(api, size)
			}
		}
		if err != nil {
			if refusesSize(err) { // a single one: not the size was at fault
				c.sizes.forget(api)
			}
			return err
		}
		list = list[size:]
	}
	return nil
}

// refusesSize reports whether err may come from asking for too much.
func refusesSize(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Status == http.StatusRequestEntityTooLarge || e.HasCode("DEVCP.00014004") ||
		e.Status == http.StatusBadRequest && e.Class == ClassBadRequest
}

// sizes remembers how many rows or ids an API takes at once.
type sizes struct {
	mu    sync.Mutex
	known map[string]int
}

func (s *sizes) of(api string, wanted int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, known := s.known[api]; known {
		return min(n, wanted)
	}
	return wanted
}

func (s *sizes) learn(api string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]int{}
	}
	s.known[api] = n
}

func (s *sizes) forget(api string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, api)
}

// readPage reads the object that a Pipeline list answers with, its rows in the
// given field.
func readPage(body []byte, field string) (Page, error) {
	o, err := readObject(body, field, false)
	if err != nil {
		return Page{}, err
	}
	if !o.total.known {
		return Page{}, &Error{Class: ClassUnusable, Message: "the answer has no usable total, without which the list has no end"}
	}
	rows, err := o.list(field)
	return Page{Items: rows, Total: o.total.value}, err
}
