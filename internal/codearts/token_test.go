package codearts

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// iam issues numbered tokens and refuses all but the valid ones.
type iam struct {
	mu      sync.Mutex
	signIns int
	valid   string
	life    time.Duration
	delay   time.Duration
	status  int // of sign-ins, 0 for success
	refused int // calls answered with 401
	bodies  []string
}

func (i *iam) serve(req *http.Request, body string) *http.Response {
	if req.URL.Path == "/v3/auth/tokens" {
		time.Sleep(i.delay)
		i.mu.Lock()
		defer i.mu.Unlock()
		i.signIns++
		i.bodies = append(i.bodies, body)
		if i.status != 0 {
			return reply(i.status, `{"error":{"code":401,"message":"The username or password is wrong.","title":"Unauthorized"}}`)
		}
		i.valid = fmt.Sprintf("token-%04d", i.signIns)
		expires := time.Now().Add(i.life).UTC().Format("2006-01-02T15:04:05.000000Z")
		return reply(201, `{"token":{"expires_at":"`+expires+`","methods":["password"],"catalog":[]}}`, "X-Subject-Token: "+i.valid)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if req.Header.Get("X-Auth-Token") != i.valid {
		i.refused++
		return reply(401, `{"error_code":"DEV.00000003","error_msg":"Authentication information expired."}`)
	}
	return reply(200, `[]`)
}

func TestSignInRequest(t *testing.T) {
	i := &iam{life: 24 * time.Hour}
	c := newTestClient(t, passwordOptions(), i.serve)
	if _, err := c.PipelineGroups(t.Context(), project); err != nil {
		t.Fatal(err)
	}
	// The form of the Pipeline API Reference 3.2.
	want := `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"reader","password":"pa55-word","domain":{"name":"acme-account"}}}},"scope":{"project":{"name":"eu-west-101"}}}}`
	if !json.Valid([]byte(i.bodies[0])) || i.bodies[0] != want {
		t.Errorf("got  %s\nwant %s", i.bodies[0], want)
	}
}

func TestOneSignInForAllCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &iam{life: 24 * time.Hour, delay: 3 * time.Second}
		c := newTestClient(t, passwordOptions(), i.serve)
		all := func() {
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					if _, err := c.PipelineGroups(t.Context(), project); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		all()
		if i.signIns != 1 {
			t.Fatalf("%d sign-ins, want 1", i.signIns)
		}
		i.valid = "revoked" // each call is refused once and replayed once
		all()
		if i.signIns != 2 || i.refused != 20 {
			t.Errorf("%d sign-ins and %d refused calls after the token was revoked, want 2 and 20", i.signIns, i.refused)
		}
	})
}

func TestTokenIsRefreshedEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &iam{life: 24 * time.Hour}
		c := newTestClient(t, passwordOptions(), i.serve)
		for range 48 {
			if _, err := c.PipelineGroups(t.Context(), project); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		if i.signIns != 3 || i.refused != 0 {
			t.Errorf("%d sign-ins and %d refused calls in 48 hours, want 3 and 0", i.signIns, i.refused)
		}
	})
}

func TestReplayHappensOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signIns, calls := 0, 0
		c := newTestClient(t, passwordOptions(), func(req *http.Request, _ string) *http.Response {
			if strings.HasPrefix(req.URL.Host, "iam.") {
				signIns++
				return reply(201, `{"token":{}}`, fmt.Sprintf("X-Subject-Token: token-%d", signIns))
			}
			calls++
			return reply(401, `{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information","request_id":"r1"}`)
		})
		_, err := c.PipelineGroups(t.Context(), project)
		e := wantClass(t, err, ClassAuth)
		if calls != 2 || signIns != 2 || e.RequestID != "r1" || e.API != "PipelineGroups" {
			t.Errorf("%d calls, %d sign-ins, error %v; want 2 and 2", calls, signIns, err)
		}
	})
}

func TestWrongPasswordIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &iam{status: 401}
		c := newTestClient(t, passwordOptions(), i.serve)
		for range 10 {
			_, err := c.PipelineGroups(t.Context(), project)
			if e := wantClass(t, err, ClassAuth); e.API != "SignIn" || !strings.Contains(err.Error(), "username or password") {
				t.Fatalf("unclear error: %v", err)
			}
		}
		if i.signIns != 1 {
			t.Fatalf("%d sign-ins with a wrong password, want 1: the account would be locked", i.signIns)
		}
		i.status = 0
		time.Sleep(refusalLife)
		i.life = time.Hour
		if _, err := c.PipelineGroups(t.Context(), project); err != nil {
			t.Errorf("after the password was mended: %v", err)
		}
	})
}

func TestValidTokenOutlivesAFailedRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &iam{life: 24 * time.Hour}
		c := newTestClient(t, passwordOptions(), i.serve)
		for range 2 {
			if _, err := c.PipelineGroups(t.Context(), project); err != nil {
				t.Fatalf("with IAM down and a token valid for %s: %v", 3*time.Hour, err)
			}
			i.status = 503
			time.Sleep(21 * time.Hour / time.Duration(i.signIns))
		}
	})
}

func TestCallerWhoGivesUpDoesNotFailTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var started sync.WaitGroup
		started.Add(1)
		var once sync.Once
		tk := &tokens{now: time.Now, jitter: func() float64 { return 0 }, signIn: func(ctx context.Context) (signedIn, error) {
			once.Do(started.Done)
			select {
			case <-ctx.Done():
				return signedIn{}, ctx.Err()
			case <-time.After(10 * time.Second):
				return signedIn{secret: NewSecret("token"), life: time.Hour}, nil
			}
		}}
		first, giveUp := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := tk.get(first, Secret{}); err == nil {
				t.Error("the cancelled caller got a token")
			}
		})
		started.Wait()
		wg.Go(func() {
			if s, err := tk.get(t.Context(), Secret{}); err != nil || s.Reveal() != "token" {
				t.Errorf("the waiting caller got %q, %v", s.Reveal(), err)
			}
		})
		synctest.Wait()
		giveUp()
		wg.Wait()
	})
}

func TestOddSignInAnswers(t *testing.T) {
	answer := func(resp *http.Response) server {
		return func(req *http.Request, _ string) *http.Response {
			if req.URL.Path == "/v3/auth/tokens" {
				return resp
			}
			return reply(200, `[]`)
		}
	}
	c := newTestClient(t, passwordOptions(), answer(reply(201, `{"token":{}}`)))
	_, err := c.PipelineGroups(t.Context(), project)
	if e := wantClass(t, err, ClassUnusable); e.API != "SignIn" || !strings.Contains(e.Message, "X-Subject-Token") {
		t.Errorf("unclear: %v", err)
	}
	c = newTestClient(t, passwordOptions(), answer(reply(200, `<html>portal</html>`, "X-Subject-Token: t0ken")))
	_, err = c.PipelineGroups(t.Context(), project)
	wantClass(t, err, ClassUnusable)
}

// The life of a token is taken from the server's clock, not from ours.
func TestTokenLife(t *testing.T) {
	c := newTestClient(t, passwordOptions(), func(*http.Request, string) *http.Response { return reply(500, ``) })
	for _, tt := range []struct {
		date, expires string
		want          time.Duration
	}{
		{"Wed, 13 Feb 2019 05:52:13 GMT", `"2019-02-13T06:52:13.855000Z"`, time.Hour + 855*time.Millisecond},
		{"Wed, 13 Feb 2019 07:52:13 GMT", `"2019-02-13T06:52:13.855000Z"`, tokenLife}, // past: cannot be
		{"Wed, 13 Feb 2019 05:52:13 GMT", `null`, tokenLife},
		{"Wed, 13 Feb 2019 05:52:13 GMT", `"tomorrow"`, tokenLife},
	} {
		in, err := c.readSignIn(answer{
			header: http.Header{"Date": {tt.date}, "X-Subject-Token": {"t0ken"}},
			body:   []byte(`{"token":{"expires_at":` + tt.expires + `}}`),
		})
		if err != nil || in.life != tt.want || in.secret.Reveal() != "t0ken" {
			t.Errorf("%s at %s: life %s, %v; want %s", tt.expires, tt.date, in.life, err, tt.want)
		}
	}
}
