package codearts

import (
	"bytes"
	"encoding/json"
	"iter"
)

// The functions here take valid JSON only. Splitting it needs no second pass of
// a decoder, which would double the cost of a page. Only the endOf functions
// take what is none: their value is then none either, or ends with the bytes.

// members yields the members of an object.
func members(object []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		at := skipSpace(object, 0) + 1
		for {
			at = skipSpace(object, at)
			if object[at] == '}' {
				return
			}
			keyEnd := endOfString(object, at)
			key := string(object[at+1 : keyEnd-1])
			if bytes.IndexByte(object[at:keyEnd], '\\') >= 0 {
				_ = json.Unmarshal(object[at:keyEnd], &key)
			}
			at = skipSpace(object, keyEnd) + 1 // the colon
			at = skipSpace(object, at)
			end := endOfValue(object, at)
			if !yield(key, json.RawMessage(object[at:end])) {
				return
			}
			if at = skipSpace(object, end); object[at] == ',' {
				at++
			}
		}
	}
}

// elements returns copies of the elements of an array: a row that is kept must
// not keep its whole page.
func elements(array []byte) []json.RawMessage {
	rows := []json.RawMessage{}
	at := skipSpace(array, 0) + 1
	for {
		at = skipSpace(array, at)
		if array[at] == ']' {
			return rows
		}
		end := endOfValue(array, at)
		rows = append(rows, bytes.Clone(array[at:end]))
		if at = skipSpace(array, end); array[at] == ',' {
			at++
		}
	}
}

func skipSpace(b []byte, at int) int {
	for at < len(b) && (b[at] == ' ' || b[at] == '\n' || b[at] == '\t' || b[at] == '\r') {
		at++
	}
	return at
}

// endOfString returns the index behind the string that begins at at.
func endOfString(b []byte, at int) int {
	for at++; at < len(b) && b[at] != '"'; at++ {
		if b[at] == '\\' {
			at++
		}
	}
	return min(at+1, len(b))
}

// endOfValue returns the index behind the value that begins at at.
func endOfValue(b []byte, at int) int {
	if b[at] != '{' && b[at] != '[' && b[at] != '"' {
		for at < len(b) && bytes.IndexByte([]byte(",]} \n\t\r"), b[at]) < 0 {
			at++
		}
		return at
	}
	for depth := 0; at < len(b); {
		switch b[at] {
		case '"':
			at = endOfString(b, at)
		case '{', '[':
			depth++
			at++
		case '}', ']':
			depth--
			at++
		default:
			at++
			continue
		}
		if depth == 0 {
			return at
		}
	}
	return len(b)
}
