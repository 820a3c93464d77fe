package service

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Load reads a configuration file and checks what a command needs of it. It returns all faults at once, one clear line
// each.
func Load(path string, need Need) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("reading the configuration: %w", err)
	}
	c, err := Parse(text, need)
	if err != nil {
		return Config{}, fmt.Errorf("the configuration %s is wrong:\n%w", path, err)
	}
	return c, nil
}

// Parse is Load without the file.
func Parse(text []byte, need Need) (Config, error) {
	c := Default()
	var all []error
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil && len(bytes.TrimSpace(text)) > 0 {
		var typed *yaml.TypeError
		if !errors.As(err, &typed) {
			return c, err // not YAML at all: nothing else can be said
		}
		for _, e := range typed.Errors {
			all = append(all, errors.New(plainWords(e)))
		}
	}
	c.Complete()
	all = append(all, c.validate(need)...)
	return c, errors.Join(all...)
}

// Complete gives what is left out of deployments and tenants its default.
func (c *Config) Complete() {
	c.Deployments.defaults()
	for i := range c.Tenants {
		c.Tenants[i].defaults()
	}
}

// plainWords puts the decoder's words for an unknown key into the reader's.
func plainWords(e string) string {
	before, after, ok := strings.Cut(e, "field ")
	if name, _, found := strings.Cut(after, " not found in type "); ok && found {
		return before + "unknown key " + name
	}
	return e
}

// Duration is a time such as 90s or 4320h.
type Duration time.Duration

// UnmarshalYAML reads the text form.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %q is no duration; write 90s, 15m or 4320h", n.Line, n.Value)}}
	}
	*d = Duration(v)
	return nil
}

// Read returns the secret, or "" for none. Its errors name the place, never the content.
func (s Secret) Read() (string, error) {
	switch {
	case s.Env != "" && s.File != "":
		return "", errors.New("has env and file; give one")
	case s.Env != "":
		v := os.Getenv(s.Env)
		if v == "" {
			return "", fmt.Errorf("the environment variable %s is not set", s.Env)
		}
		return v, nil
	case s.File != "":
		b, err := os.ReadFile(s.File)
		if err != nil {
			return "", fmt.Errorf("reading the secret: %w", err)
		}
		v := strings.TrimRight(string(b), "\r\n")
		if v == "" {
			return "", fmt.Errorf("the file %s is empty", s.File)
		}
		return v, nil
	}
	return "", nil
}
