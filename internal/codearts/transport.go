package codearts

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// newHTTPClient returns opts.HTTPClient, or a client with a transport that
// keeps a connection for every parallel call. Redirects are never followed:
// they would carry the credentials along, and a signature fits one address.
func newHTTPClient(opts Options) *http.Client {
	client := http.Client{}
	if opts.HTTPClient != nil {
		client = *opts.HTTPClient
	}
	if client.Transport == nil {
		client.Transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           8 * opts.Parallel,
			MaxIdleConnsPerHost:    opts.Parallel,
			IdleConnTimeout:        90 * time.Second,
			TLSHandshakeTimeout:    10 * time.Second,
			ResponseHeaderTimeout:  min(30*time.Second, opts.Timeout),
			MaxResponseHeaderBytes: 1 << 20, // tokens of 100,000 characters are allowed
			// Without pings a dead HTTP/2 connection is used until TCP gives up on it.
			HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
		}
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil
	return &client
}

// send makes the exchange and reads the whole body.
func (c *Client) send(req *http.Request) (answer, *Error) {
	before := c.opts.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, transportError(req, "sending", err)
	}
	defer resp.Body.Close()
	c.clock.measure(resp.Header.Get("Date"), before, c.opts.Now())
	a := answer{status: resp.StatusCode, header: resp.Header}

	a.body, err = readBody(resp, c.opts.MaxBody)
	switch {
	case err != nil:
		return a, transportError(req, fmt.Sprintf("reading the answer after %d bytes", len(a.body)), err)
	case int64(len(a.body)) > c.opts.MaxBody:
		return a, &Error{
			Class:   ClassUnusable,
			Message: fmt.Sprintf("the answer is larger than the %d bytes allowed", c.opts.MaxBody),
			advice:  "raise the body limit",
		}
	}
	return a, nil
}

// readBody reads at most one byte more than limit, decompressed.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	if resp.Header.Get("Content-Encoding") == "gzip" { // an injected client that leaves it to us
		content, err := gzip.NewReader(resp.Body)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(io.LimitReader(content, limit+1))
	}
	if size := resp.ContentLength; size > 0 && size <= limit {
		body := make([]byte, size)
		n, err := io.ReadFull(resp.Body, body)
		return body[:n], err
	}
	return io.ReadAll(io.LimitReader(resp.Body, limit+1))
}

// transportError leaves the URL of a *url.Error out, as the API is named
// already.
func transportError(req *http.Request, doing string, err error) *Error {
	var urlError *url.Error
	if errors.As(err, &urlError) {
		err = urlError.Err
	}
	message := doing + ": " + err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		message = doing + ": " + req.URL.Host + " gave no complete answer in time"
	}
	return &Error{Class: ClassRetry, Message: message, cause: err}
}
