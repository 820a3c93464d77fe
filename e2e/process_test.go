package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// stopTimeout is how long a program may take to end after SIGINT: the loader's grace and the drain are below it.
const stopTimeout = 40 * time.Second

// process is a program under test. All starts of one process write to one log.
type process struct {
	name string
	path string
	args []string
	env  []string
	log  string

	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // of Wait; read after done
}

// newProcess describes a program; start starts it. What still runs at the end of the test is stopped.
func newProcess(t *testing.T, name, path string, args ...string) *process {
	p := &process{name: name, path: path, args: args, log: filepath.Join(t.TempDir(), name+".log")}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("end of the log of %s:\n%s", name, tail(p.output(t), 40))
		}
		if p.running() {
			p.signal(t, syscall.SIGINT)
			p.wait(t)
		}
	})
	return p
}

func (p *process) start(t *testing.T) {
	t.Helper()
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	p.cmd = exec.Command(p.path, p.args...)
	p.cmd.Env = append(os.Environ(), p.env...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	// A test binary that is killed leaves nothing behind.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done, cmd := make(chan struct{}), p.cmd
	p.done = done
	go func() {
		p.err = cmd.Wait()
		close(done)
	}()
}

func (p *process) running() bool {
	if p.done == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signalling %s: %v", p.name, err)
	}
}

// kill ends the process as a crash does.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGKILL)
	p.wait(t)
}

// wait returns the exit code once the process has ended; -1 after a signal.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(stopTimeout):
		t.Errorf("%s did not end in %s", p.name, stopTimeout)
		p.signal(t, syscall.SIGKILL)
		<-p.done
	}
	return p.cmd.ProcessState.ExitCode()
}

// interrupt asks the process to end and checks that it does so well.
func (p *process) interrupt(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGINT)
	if code := p.wait(t); code != 0 {
		t.Errorf("%s ended with %d after SIGINT, want 0", p.name, code)
	}
}

// children are the ids of the child processes.
func (p *process) children(t *testing.T) []int {
	t.Helper()
	pid := strconv.Itoa(p.cmd.Process.Pid)
	tasks, err := filepath.Glob("/proc/" + pid + "/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	var ids []int
	for _, task := range tasks {
		text, _ := os.ReadFile(task) // a thread may end meanwhile
		for _, field := range strings.Fields(string(text)) {
			id, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
	}
	return ids
}

// output is everything that the process has printed.
func (p *process) output(t *testing.T) string {
	text, err := os.ReadFile(p.log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	return string(text)
}

// result runs a program to its end and returns its exit code and its output.
func result(t *testing.T, path string, args ...string) (code int, out string) {
	t.Helper()
	p := newProcess(t, filepath.Base(path), path, args...)
	p.start(t)
	return p.wait(t), p.output(t)
}

// tail is the end of a text.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// ports counts the addresses that freeAddress has looked at: none is given twice.
var ports atomic.Uint32

// freeAddress is an address that nobody listens on now. It must outlive restarts, so a program can not choose it, and its port
// is below those that the system hands out by itself (from 32768 on): any connection may take one of those while the program
// is dead.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := 10_000 + (97*uint32(os.Getpid())+ports.Add(1))%22_000
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free of a thousand between 10000 and 32000")
	return ""
}

// eventually asks until there is no fault left. After the deadline the faults of the last question fail the test.
func eventually(t *testing.T, what string, deadline time.Duration, ask func() []string) {
	t.Helper()
	end := time.Now().Add(deadline)
	for {
		asked := time.Now()
		faults := ask()
		if len(faults) == 0 {
			return
		}
		if time.Now().After(end) {
			shown := faults[:min(len(faults), 25)]
			t.Fatalf("%s: %d faults after %s:\n%s", what, len(faults), deadline, strings.Join(shown, "\n"))
		}
		time.Sleep(max(pause, 2*time.Since(asked))) // a question of all tables takes from the programs what they compute with
	}
}

// pause is the shortest time between two questions.
const pause = 100 * time.Millisecond

// unless makes a condition a question for eventually.
func unless(ok bool, format string, args ...any) []string {
	if ok {
		return nil
	}
	return []string{fmt.Sprintf(format, args...)}
}
