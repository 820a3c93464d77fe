package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// errRefused is in an error after which the receiver has certainly not taken the message, and said that it was no moment's matter.
var errRefused = errors.New("it refuses the message")

// refuses says whether a status is such an answer: one of 4xx but those that ask to come again.
func refuses(status int) bool {
	return status >= 400 && status <= 499 && status != http.StatusRequestTimeout && status != http.StatusTooEarly && status != http.StatusTooManyRequests
}

// Webhook posts messages. URL and token are secrets: no error holds them.
type Webhook struct {
	url, token, version string
	client              *retryablehttp.Client
}

// NewWebhook makes a webhook. A token is sent as Authorization: Bearer.
func NewWebhook(url, token, version string) *Webhook {
	c := retryablehttp.NewClient()
	c.Logger = nil // it would log the URL
	c.RetryMax, c.RetryWaitMin, c.RetryWaitMax = 3, 500*time.Millisecond, 5*time.Second
	c.ErrorHandler = retryablehttp.PassthroughErrorHandler // its own errors hold the URL
	c.HTTPClient.Timeout = 10 * time.Second
	// A redirect of a POST is followed by a GET without the message, to a page for signing in for example, which answers 200.
	c.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Webhook{url: url, token: token, version: version, client: c}
}

// Post delivers a message. The header Idempotency-Key is the id of the message, the same in every try.
func (w *Webhook) Post(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("writing message %s as json: %w", m.ID, err)
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, w.url, body)
	if err != nil {
		return errors.New("posting a message: notify.url is no URL")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", m.ID)
	req.Header.Set("User-Agent", "artery/"+w.version)
	if w.token != "" {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		var withURL *url.Error
		if errors.As(err, &withURL) {
			err = withURL.Err
		}
		return fmt.Errorf("posting message %s to notify.url: %w", m.ID, err)
	}
	defer resp.Body.Close()
	switch said, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)); {
	case resp.StatusCode >= 300 && resp.StatusCode <= 399:
		return fmt.Errorf("posting message %s to notify.url: the receiver answers %d, which leads elsewhere; give the address that takes the message", m.ID, resp.StatusCode)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		err := fmt.Errorf("posting message %s to notify.url: the receiver answers %d %.200q", m.ID, resp.StatusCode, w.redacted(req.URL, string(said)))
		if refuses(resp.StatusCode) {
			err = fmt.Errorf("%w: %w", err, errRefused)
		}
		return err
	}
	return nil
}

// redacted is what a receiver said without our secrets: many repeat the path or the query that they do not know.
func (w *Webhook) redacted(u *url.URL, said string) string {
	for _, secret := range []string{w.url, w.token, u.Path, u.EscapedPath(), u.RawQuery} {
		if len(secret) > 1 { // not the slash
			said = strings.ReplaceAll(said, secret, "[redacted]")
		}
	}
	return strings.TrimSpace(said)
}
