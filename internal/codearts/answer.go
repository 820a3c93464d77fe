package codearts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// answer is one complete answer, its body decompressed.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// fault holds the fields by which any CodeArts answer can say that it is an
// error, whatever its HTTP status.
type fault struct {
	code      lenient         // error_code
	message   lenient         // error_msg
	nested    json.RawMessage // error
	state     lenient         // status
	requestID lenient         // request_id
}

// object is what the client reads of an answer that is an object.
type object struct {
	fault
	total total
	rows  json.RawMessage // the field of the rows, nil if absent
}

// split reads a valid object.
func split(body []byte, rows string) object {
	var o object
	for key, value := range members(body) {
		switch key {
		case "error_code":
			o.code = readLenient(value)
		case "error_msg":
			o.message = readLenient(value)
		case "error":
			o.nested = value
		case "status":
			o.state = readLenient(value)
		case "request_id":
			o.requestID = readLenient(value)
		case "total":
			o.total = parseTotal(string(readLenient(value)))
		case rows:
			o.rows = value
		}
	}
	return o
}

// refusal returns the error that the answer carries, or nil. In an envelope
// (Build, Check) any status but success is an error too.
func (f *fault) refusal(envelope bool) *Error {
	e := &Error{Code: string(f.code), Message: string(f.message), RequestID: string(f.requestID)}
	code, message := nestedFault(f.nested)
	if e.Code == "" {
		e.Code = code
	}
	if e.Message == "" {
		e.Message = message
	}
	if e.Code == "" && message == "" {
		if !envelope || strings.EqualFold(string(f.state), "success") {
			return nil
		}
		if e.Message == "" {
			e.Message = fmt.Sprintf("the answer's status is %q, not success", string(f.state))
		}
	}
	return e
}

// nestedFault reads `error`, which is a text, an object or null.
func nestedFault(raw json.RawMessage) (code, message string) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return "", text
	}
	var object struct {
		Code    lenient `json:"code"`
		Message lenient `json:"message"`
		Title   lenient `json:"title"`
	}
	if json.Unmarshal(raw, &object) != nil {
		return "", ""
	}
	if object.Message == "" {
		object.Message = object.Title
	}
	return string(object.Code), string(object.Message)
}

// lenient is the text of a JSON string or number; anything else is "". A field
// of an unexpected type must not hide the rest of an error.
type lenient string

// UnmarshalJSON implements json.Unmarshaler and never fails.
func (l *lenient) UnmarshalJSON(raw []byte) error {
	*l = readLenient(raw)
	return nil
}

func readLenient(raw []byte) lenient {
	var text string
	switch {
	case len(raw) == 0:
	case raw[0] == '"' && json.Unmarshal(raw, &text) == nil:
		return lenient(text)
	case raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9':
		return lenient(raw)
	}
	return ""
}

// readObject reads a 2xx answer that must be an object. An error inside it
// comes before anything else.
func readObject(body []byte, rows string, envelope bool) (object, error) {
	if !json.Valid(body) {
		return object{}, unreadable(body)
	}
	if first(body) != '{' {
		return object{}, &Error{Class: ClassUnusable, Message: "the answer is " + excerpt(body) + " instead of an object"}
	}
	o := split(body, rows)
	if e := o.refusal(envelope); e != nil {
		return object{}, e
	}
	return o, nil
}

// list returns the rows, none for null.
func (o object) list(field string) ([]json.RawMessage, error) {
	switch first(o.rows) {
	case '[':
		return elements(o.rows), nil
	case 'n', 0:
		return nil, nil
	}
	return nil, &Error{Class: ClassUnusable, Message: "the answer has another shape than documented: " + field + " is no array"}
}

// readArray reads a 2xx answer that must be an array; an object can only be an
// error.
func readArray(body []byte) ([]json.RawMessage, error) {
	if first(body) != '[' {
		if _, err := readObject(body, "", false); err != nil {
			return nil, err
		}
		return nil, &Error{Class: ClassUnusable, Message: "the answer is an object instead of an array"}
	}
	if !json.Valid(body) {
		return nil, unreadable(body)
	}
	return elements(body), nil
}

// readFailure reads the error of an answer that is not 2xx, as far as it can
// be read.
func readFailure(a answer) *Error {
	if 300 <= a.status && a.status < 400 {
		return &Error{Message: "redirects are not followed; set the final address as endpoint"}
	}
	if first(a.body) == '{' && json.Valid(a.body) {
		o := split(a.body, "")
		if e := o.refusal(false); e != nil {
			return e
		}
		if o.message != "" {
			return &Error{Message: string(o.message), RequestID: string(o.requestID)}
		}
	}
	return &Error{Message: excerpt(a.body)}
}

// unreadable describes a body that is no JSON. One that ends too early was cut
// off on its way and may come complete the next time.
func unreadable(body []byte) *Error {
	var any json.RawMessage
	err := json.Unmarshal(body, &any)
	if len(bytes.TrimSpace(body)) == 0 {
		return &Error{Class: ClassRetry, Message: "the answer is empty", cause: err}
	}
	// Inside of a literal the decoder does not call it an unexpected end.
	var syntax *json.SyntaxError
	if c := first(body); (c == '{' || c == '[') && errors.As(err, &syntax) && syntax.Offset >= int64(len(body)) {
		return &Error{Class: ClassRetry, Message: fmt.Sprintf("the answer is cut off after %d bytes", len(body)), cause: err}
	}
	return &Error{Class: ClassUnusable, Message: "the answer is no JSON: " + excerpt(body), cause: err}
}

func excerpt(body []byte) string {
	return shorten(string(body[:min(len(body), 400)]))
}

func first(body []byte) byte {
	if body = bytes.TrimSpace(body); len(body) > 0 {
		return body[0]
	}
	return 0
}

// total is a number of rows, sent as a number or as a text.
type total struct {
	value int
	known bool
}

func parseTotal(text string) total {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	return total{n, err == nil && n >= 0}
}
