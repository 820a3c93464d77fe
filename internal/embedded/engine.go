package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	restartMin = 200 * time.Millisecond
	restartMax = 10 * time.Second
	// healthyAfter is how long an engine must have run for its end to count as a
	// first failure again.
	healthyAfter = time.Minute
	// stopTimeout is the time between SIGTERM and SIGKILL when Close's context
	// has no deadline.
	stopTimeout = 20 * time.Second
)

// Engine is the ClickHouse engine in a child process. A child that dies is
// started again. The parent owns the listening socket, so the address never
// changes and connections made in between wait for the next child.
type Engine struct {
	options EngineOptions
	log     *slog.Logger
	addr    string
	socket  *os.File
	cancel  context.CancelFunc
	done    chan struct{} // closed when the supervisor has ended

	mu       sync.Mutex
	pid      int
	restarts int
}

// StartEngine starts the engine and waits until it answers. It runs until
// Close, not until ctx ends; ctx bounds the start.
func StartEngine(ctx context.Context, o EngineOptions, log *slog.Logger) (*Engine, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	if len(o.Command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("starting the engine: %w", err)
		}
		o.Command = []string{self, "engine"}
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	listener, err := listen(ctx, o.Listen)
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		return nil, fmt.Errorf("starting the engine: %w", err)
	}
	run, cancel := context.WithCancel(context.Background())
	e := &Engine{options: o, log: log, addr: listener.Addr().String(), socket: socket, cancel: cancel, done: make(chan struct{})}
	child, err := e.start()
	if err != nil {
		cancel()
		socket.Close()
		return nil, err
	}
	go e.supervise(run, child)
	if err := e.waitReady(ctx, child); err != nil {
		closing, stop := context.WithTimeout(context.Background(), stopTimeout)
		defer stop()
		return nil, errors.Join(err, e.Close(closing))
	}
	return e, nil
}

// Addr is the HTTP address, host:port.
func (e *Engine) Addr() string { return e.addr }

// PID is the child's process id, 0 while there is none.
func (e *Engine) PID() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pid
}

// Restarts counts the children started after the first.
func (e *Engine) Restarts() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.restarts
}

// Close ends the child: SIGTERM, and SIGKILL when ctx ends before the engine
// has closed its data directory. It returns when the child is gone.
func (e *Engine) Close(ctx context.Context) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, stopTimeout)
		defer cancel()
	}
	e.cancel()
	select {
	case <-e.done:
		return nil
	case <-ctx.Done():
	}
	e.mu.Lock()
	if e.pid != 0 {
		_ = syscall.Kill(e.pid, syscall.SIGKILL)
	}
	e.mu.Unlock()
	<-e.done
	return fmt.Errorf("closing the engine: it had to be killed: %w", ctx.Err())
}

// child is one run of the engine's process.
type child struct {
	cmd    *exec.Cmd
	pipe   *os.File // its end tells the child that this process is gone
	exited chan struct{}
	err    error // set before exited is closed
	begin  time.Time
}

func (e *Engine) start() (*child, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting the engine: %w", err)
	}
	defer read.Close()
	args := append(e.options.Command[1:len(e.options.Command):len(e.options.Command)], e.options.arguments()...)
	cmd := exec.Command(e.options.Command[0], args...)
	cmd.Env = append(os.Environ(), e.options.Env...)
	cmd.Env = append(cmd.Env, passwordEnv+"="+e.options.Password)
	cmd.Stderr = e.options.Stderr
	cmd.Stdout = e.options.Stderr
	cmd.ExtraFiles = []*os.File{read, e.socket}
	// Its own process group: an interrupt typed at the terminal reaches the parent
	// only, which stops the engine last.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		write.Close()
		return nil, fmt.Errorf("starting the engine: %w", err)
	}
	c := &child{cmd: cmd, pipe: write, exited: make(chan struct{}), begin: time.Now()}
	e.mu.Lock()
	e.pid = cmd.Process.Pid
	e.mu.Unlock()
	go func() {
		c.err = cmd.Wait()
		write.Close()
		e.mu.Lock()
		e.pid = 0
		e.mu.Unlock()
		close(c.exited)
	}()
	return c, nil
}

// supervise keeps one child running until ctx ends.
func (e *Engine) supervise(ctx context.Context, c *child) {
	defer close(e.done)
	defer e.socket.Close()
	backoff := restartMin
	for {
		if c != nil {
			select {
			case <-ctx.Done():
				_ = c.cmd.Process.Signal(syscall.SIGTERM)
				<-c.exited
				return
			case <-c.exited:
			}
			e.log.Error("the engine's process ended", "err", c.err, "restart_in", backoff)
			if time.Since(c.begin) > healthyAfter {
				backoff = restartMin
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, restartMax)
		var err error
		if c, err = e.start(); err != nil {
			e.log.Error("restarting the engine failed", "err", err)
			continue
		}
		e.mu.Lock()
		e.restarts++
		e.mu.Unlock()
	}
}

// waitReady asks for /ping. The socket exists already, so one request waits
// until the child answers it.
func (e *Engine) waitReady(ctx context.Context, c *child) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-ctx.Done():
		case <-c.exited:
			cancel(fmt.Errorf("its process ended (%v): see its output", c.err))
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.addr+"/ping", nil)
	if err != nil {
		return fmt.Errorf("starting the engine: %w", err)
	}
	client := http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return fmt.Errorf("starting the engine: %w", err)
	}
	return resp.Body.Close()
}
