package service

import (
	"artery/internal/events"
	"artery/internal/pollers"
)

// LogsConfig is what is kept of the logs of steps that have failed.
type LogsConfig struct {
	// Enabled is false where no log may leave CodeArts. Default true.
	Enabled *bool `yaml:"enabled"`
	// TailBytes is how much of a log is kept, from its end. Default 65536.
	TailBytes int `yaml:"tail_bytes"`
	// Mask are regular expressions (RE2). What one finds is replaced by [redacted], or its groups if it has any; so is what
	// looks like a secret by the built-in rules.
	Mask []string `yaml:"mask"`
}

func (l LogsConfig) off() bool { return l.Enabled != nil && !*l.Enabled }

func (l LogsConfig) validate(where string, f *faults) {
	if l.TailBytes < 0 || l.TailBytes > events.MaxLogTail {
		f.add(where+".tail_bytes", "%d is not between 1 and %d", l.TailBytes, events.MaxLogTail)
	}
	for _, pattern := range l.Mask {
		if _, err := events.NewLogMask([]string{pattern}); err != nil {
			f.add(where+".mask", "%v", err)
		}
	}
}

func (l LogsConfig) logs() (pollers.Logs, error) {
	mask, err := events.NewLogMask(l.Mask)
	return pollers.Logs{TailBytes: l.TailBytes, Mask: mask}, err
}
