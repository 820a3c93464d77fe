package chhttp

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"artery/internal/embedded/chdb"
)

// killInterval is the time between attempts to kill an abandoned statement: a
// statement that is still being parsed is not in the list of processes yet.
const killInterval = 50 * time.Millisecond

// session is one engine session, made for one request and closed with it: a
// new one costs 0.3 ms, and no setting, database or temporary table can reach
// the next request.
type session struct {
	server *Server
	conn   *chdb.Conn
	tag    string // its statements' log_comment, by which they are killed
}

// open waits for a free place and opens a session with the request's database
// and settings.
func (s *Server) open(ctx context.Context, r *request) (*session, error) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	conn, err := s.lib.Connect(s.args...)
	if err != nil {
		<-s.slots
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	x := &session{server: s, conn: conn, tag: fmt.Sprintf("http-%d", s.requests.Add(1))}
	if r.logComment != "" {
		x.tag += " " + r.logComment
	}
	if err := x.prepare(r); err != nil {
		x.close()
		return nil, err
	}
	return x, nil
}

func (x *session) prepare(r *request) error {
	if r.database != "" && r.database != "default" {
		if err := x.conn.Exec("USE `" + quoter.Replace(r.database) + "`"); err != nil {
			return err
		}
	}
	var set strings.Builder
	fmt.Fprintf(&set, "SET log_comment = '%s'", quoter.Replace(x.tag))
	for _, v := range r.settings {
		fmt.Fprintf(&set, ", %s = '%s'", v.name, quoter.Replace(v.value))
	}
	return x.conn.Exec(set.String())
}

// quoter escapes text inside '...' and `...`.
var quoter = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "`", "\\`")

// run calls statement, which runs one statement on the session, and kills that
// statement in the engine when ctx ends first. The engine has no handle of a
// statement that has returned no block yet, so it is found by its log_comment;
// one that sets log_comment in its own SETTINGS clause is not found and goes on.
func (x *session) run(ctx context.Context, statement func() error) error {
	var watcher sync.WaitGroup
	done := make(chan struct{})
	watcher.Go(func() {
		select {
		case <-done:
			return
		case <-ctx.Done():
		}
		tick := time.NewTicker(killInterval)
		defer tick.Stop()
		for {
			x.server.kill(x.tag)
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	err := statement()
	close(done)
	watcher.Wait()
	return err
}

func (x *session) close() {
	x.conn.Close()
	<-x.server.slots
}

// kill asks the engine to end the statements with this log_comment.
func (s *Server) kill(tag string) {
	s.controlMu.Lock()
	defer s.controlMu.Unlock()
	if s.control == nil {
		return
	}
	if err := s.control.Exec("KILL QUERY WHERE Settings['log_comment'] = '" + quoter.Replace(tag) + "' ASYNC"); err != nil {
		s.log.Warn("killing an abandoned statement failed", "err", err)
	}
}
