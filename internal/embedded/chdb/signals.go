package chdb

import (
	"fmt"
	"syscall"

	"github.com/ebitengine/purego"
)

// guarded are the signals that the Go runtime needs. libchdb replaces the
// handlers of several while it loads and connects; Go then loses nil
// dereference panics and stack dumps.
var guarded = [...]syscall.Signal{
	syscall.SIGABRT, syscall.SIGBUS, syscall.SIGCHLD, syscall.SIGFPE, syscall.SIGHUP, syscall.SIGILL,
	syscall.SIGINT, syscall.SIGPIPE, syscall.SIGPROF, syscall.SIGQUIT, syscall.SIGSEGV, syscall.SIGSYS,
	syscall.SIGTERM, syscall.SIGTRAP, syscall.SIGTSTP, syscall.SIGURG, syscall.SIGUSR1, syscall.SIGUSR2,
}

// signalTable reads and writes signal handlers through libc.
type signalTable struct {
	sigaction func(signal int32, set, old *savedAction) int32
}

// savedAction has room for glibc's struct sigaction (152 bytes on amd64).
type savedAction [256]byte

type savedActions [len(guarded)]savedAction

func newSignalTable() (*signalTable, error) {
	libc, err := purego.Dlopen("libc.so.6", purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, fmt.Errorf("loading libchdb: it needs the GNU C library: %w", err)
	}
	address, err := purego.Dlsym(libc, "sigaction")
	if err != nil {
		return nil, fmt.Errorf("loading libchdb: %w", err)
	}
	t := &signalTable{}
	purego.RegisterFunc(&t.sigaction, address)
	return t, nil
}

func (t *signalTable) save() *savedActions {
	saved := new(savedActions)
	for i, signal := range guarded {
		t.sigaction(int32(signal), nil, &saved[i])
	}
	return saved
}

func (t *signalTable) restore(saved *savedActions) {
	for i, signal := range guarded {
		t.sigaction(int32(signal), &saved[i], nil)
	}
}
