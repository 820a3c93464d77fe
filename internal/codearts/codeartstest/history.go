package codeartstest

import (
	"slices"
	"time"
)

// version is a value that holds from a time on.
type version[T any] struct {
	at    time.Time
	value T
}

// history is the life of a value, in order of time.
type history[T any] []version[T]

// at is the value that holds at t; false before the first.
func (h history[T]) at(t time.Time) (T, bool) {
	v, ok := h.last(t)
	return v.value, ok
}

// last is the value that holds at t, with the time since when; false before the first.
func (h history[T]) last(t time.Time) (version[T], bool) {
	for i := len(h) - 1; i >= 0; i-- {
		if !h[i].at.After(t) {
			return h[i], true
		}
	}
	return version[T]{}, false
}

// set adds a value from a time on.
func (h *history[T]) set(at time.Time, value T) {
	i, found := slices.BinarySearchFunc(*h, at, func(v version[T], at time.Time) int { return v.at.Compare(at) })
	if found {
		(*h)[i].value = value
		return
	}
	*h = slices.Insert(*h, i, version[T]{at, value})
}
