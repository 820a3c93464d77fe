package chhttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"artery/internal/embedded/chdb"
)

// exception makes an error of this package look like one of the engine, so
// that clients parse it the same way.
func exception(code int, name, format string, args ...any) *chdb.Error {
	return &chdb.Error{Code: code, Message: fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, fmt.Sprintf(format, args...), name)}
}

// asException gives every error a ClickHouse code.
func asException(err error) *chdb.Error {
	var e *chdb.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return exception(394, "QUERY_WAS_CANCELLED", "Query was cancelled")
	}
	return exception(chdb.CodeUnknown, "UNKNOWN_EXCEPTION", "%v", err)
}

// httpStatus is the HTTP status that a ClickHouse server gives to an error
// code ("HTTP interface: response codes").
func httpStatus(code int) int {
	switch code {
	case 194: // REQUIRED_PASSWORD
		return http.StatusUnauthorized
	case 164, 192, 193, 291, 497, 516: // READONLY, UNKNOWN_USER, WRONG_PASSWORD, DATABASE_ACCESS_DENIED, ACCESS_DENIED, AUTHENTICATION_FAILED
		return http.StatusForbidden
	case 6, 25, 26, 27, 33, 38, 41, 43, 53, 62, 69, 70, 72, 73, 117, 130, 131, 179, 456, 457: // parsing, types, arguments
		return http.StatusBadRequest
	case 46, 47, 50, 60, 63, 81, 115: // unknown function, identifier, type, table, aggregate, database, setting
		return http.StatusNotFound
	case 78, 48: // UNKNOWN_TYPE_OF_QUERY, NOT_IMPLEMENTED
		return http.StatusNotImplemented
	case 159: // TIMEOUT_EXCEEDED
		return http.StatusRequestTimeout
	case 202: // TOO_MANY_SIMULTANEOUS_QUERIES
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
