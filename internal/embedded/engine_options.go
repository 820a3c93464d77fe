// Package embedded runs Artery's two engines on one machine: the ClickHouse
// engine of libchdb in a child process, and nats-server in this process.
package embedded

import (
	"flag"
	"io"
	"os"
	"strconv"
)

// EngineOptions configure the embedded ClickHouse engine. StartEngine (in the
// parent) and ServeEngine (in the child) take the same options; the parent
// hands them on as command line arguments, the password in the environment.
type EngineOptions struct {
	// Library is the path of libchdb.so; empty means FindLibrary.
	Library string
	// Dir is the data directory. It is created. One process at a time may use it.
	Dir string
	// Listen is the HTTP address, 127.0.0.1:8123 if empty. Port 0 takes a free one.
	Listen string
	// Sessions is the number of statements that run at the same time, 8 if 0.
	Sessions int
	// Memory is the engine's limit in bytes (max_server_memory_usage). A statement
	// that would exceed it fails with code 241. 0 means half of the machine.
	Memory int64
	// Settings are further engine options, "name=value", server or user settings.
	Settings []string
	// Password of the user "default"; empty admits everyone who reaches Listen.
	Password string

	// Command starts the child; the arguments are appended to it. Empty means
	// this executable with the argument "engine". Parent only.
	Command []string
	// Env are variables for the child beyond this process's own. Parent only.
	Env []string
	// Stderr gets what the child prints; os.Stderr if nil. Parent only.
	Stderr io.Writer

	// ParentPipe is read by the child; its end means that the parent is gone, and
	// the engine closes. Nil means no parent. Child only.
	ParentPipe io.Reader
	// Listener is the socket inherited from the parent; nil means that the child
	// listens on Listen itself. Child only.
	Listener *os.File
}

// passwordEnv carries the password to the child: arguments are public on a
// machine.
const passwordEnv = "ARTERY_ENGINE_PASSWORD"

// File descriptors that the parent hands to the child.
const (
	parentPipeFD = 3
	listenerFD   = 4
)

// Flags registers the arguments of the command `artery engine`. After parsing,
// o is ready for ServeEngine.
func (o *EngineOptions) Flags(fs *flag.FlagSet) {
	o.Password = os.Getenv(passwordEnv)
	fs.StringVar(&o.Library, "library", "", "path of libchdb.so (default: $"+LibraryEnv+", beside the executable, the source tree)")
	fs.StringVar(&o.Dir, "dir", "clickhouse", "data directory")
	fs.StringVar(&o.Listen, "listen", "127.0.0.1:8123", "HTTP address")
	fs.IntVar(&o.Sessions, "sessions", 0, "statements that run at the same time (default 8)")
	fs.Int64Var(&o.Memory, "memory", 0, "memory limit in bytes (default half of the machine)")
	fs.Func("setting", "engine setting name=value; may be given several times", func(v string) error {
		o.Settings = append(o.Settings, v)
		return nil
	})
	fs.BoolFunc("child", "the parent process handed over its pipe and socket as file descriptors 3 and 4", func(string) error {
		o.ParentPipe = os.NewFile(parentPipeFD, "parent")
		o.Listener = os.NewFile(listenerFD, "listener")
		return nil
	})
}

// arguments is the inverse of Flags for a child of this process.
func (o *EngineOptions) arguments() []string {
	args := []string{
		"-child", "-library", o.Library, "-dir", o.Dir, "-listen", o.Listen,
		"-sessions", strconv.Itoa(o.Sessions), "-memory", strconv.FormatInt(o.Memory, 10),
	}
	for _, v := range o.Settings {
		args = append(args, "-setting", v)
	}
	return args
}
