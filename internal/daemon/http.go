package daemon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Health is what /readyz says: ready while every part that was named is well.
type Health struct {
	mu    sync.Mutex
	parts map[string]string // part -> what is wrong, "" = well; guarded by mu
}

// Set says how a part is; nil means well.
func (h *Health) Set(part string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.parts == nil {
		h.parts = map[string]string{}
	}
	h.parts[part] = ""
	if err != nil {
		h.parts[part] = err.Error()
	}
}

func (h *Health) ready(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	parts := maps.Clone(h.parts)
	h.mu.Unlock()
	code, text := http.StatusOK, ""
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if parts[name] == "" {
			text += name + ": ok\n"
			continue
		}
		code = http.StatusServiceUnavailable
		text += name + ": " + parts[name] + "\n"
	}
	w.WriteHeader(code)
	fmt.Fprint(w, text)
}

// Registry makes a metrics registry with those of the process.
func Registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Server serves HTTP on one address.
type Server struct {
	name string // of what it serves
	l    net.Listener
	s    *http.Server
}

// Open opens the address, so that a wrong one is an error at the start. name says what is served there.
func Open(name, addr string, h http.Handler) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("opening the address %s of the %s: %w", addr, name, err)
	}
	return &Server{name, l, &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
	}}, nil
}

// Listen opens the address of /metrics, /healthz (the process runs) and /readyz (it can work).
func Listen(addr string, r *prometheus.Registry, h *Health) (*Server, error) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", h.ready)
	return Open("metrics", addr, mux)
}

// Addr is the address that was opened.
func (s *Server) Addr() string { return s.l.Addr().String() }

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		c, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s.s.Shutdown(c)
	})
	defer stop()
	if err := s.s.Serve(s.l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the %s: %w", s.name, err)
	}
	return nil
}
