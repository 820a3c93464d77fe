package codearts

import (
	"net/http"
	"strings"
)

// classOfCode is checked before the status: many of these codes come with
// status 200, and COCT.0070003 is a throttle that comes with 500. (Pipeline
// API 5.2; API Request Signing Guide: error codes; Repo and Check error tables;
// the last group is not documented and was met in practice.)
var classOfCode = codeTable(map[Class][]string{
	ClassRetry: {
		"DEVPIPE.00011104", "DEVPIPE.00011105", "DEVPIPE.00011127",
		"DEVCP.00010000", "DEVCP.00020500", "COCT.0070500",
	},
	ClassThrottle:    {"APIGW.0308", "COCT.0070003"},
	ClassAuth:        {"APIGW.0301", "APIGW.0303", "APIGW.0307", "DEVCP.00021018", "DEV.00000003", "CC.00000003", "COCT.0070009"},
	ClassPermission:  {"APIGW.0302", "DEVCP.00014031", "DEVPIPE.00011301", "DEV-23-50804", "DEVPIPE.00011412", "DEVPIPE.30011011"},
	ClassNotInRegion: {"APIGW.0101"},
	ClassNotFound: {
		"DEVCP.00012002", "DEVPIPE.00011401", "COCT.0070007", "COCT.0070010", "COCT.0070040",
		"DEVPIPE.00011203", "DEV_21_100169", "DEVPIPE.30011001",
	},
	ClassBadRequest: {
		"DEVCP.00014004", "DEVPIPE.00011129", "DEVPIPE.00011132", "DEVPIPE.00011408",
		"DEVPIPE.00011136",
	},
})

func codeTable(table map[Class][]string) map[errorCode]Class {
	flat := map[errorCode]Class{}
	for class, codes := range table {
		for _, code := range codes {
			flat[parseCode(code)] = class
		}
	}
	return flat
}

func classify(status int, code string) Class {
	c := parseCode(code)
	if class, known := classOfCode[c]; known {
		return class
	}
	if c.prefix == "APIGW." && len(c.number) == 3 {
		switch {
		case c.number[0] == '6', status >= 500: // the same code is a request too large with 413, and a backend in trouble with 502 and 504
			return ClassRetry
		case c.number[0] == '2':
			return ClassBadRequest
		}
	}
	switch {
	case status == http.StatusUnauthorized:
		return ClassAuth
	case status == http.StatusForbidden:
		return ClassPermission
	case status == http.StatusNotFound:
		return ClassNotFound
	case status == http.StatusTooManyRequests:
		return ClassThrottle
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500:
		return ClassRetry
	}
	return ClassBadRequest
}

// shorten makes a foreign text fit into one line of a log.
func shorten(text string) string {
	const limit = 300
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), func(r rune) bool {
		return r < ' ' || r == ' ' || r == 0x7f
	}), " ")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "..."
	}
	return text
}
