package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run . -out grafana

// pages are all dashboards.
func pages() []page {
	return []page{overview(), failures(), pipelines(), capacity(), gates(), health()}
}

// write stores every dashboard as <out>/<uid>.json.
func write(out string) error {
	for _, p := range pages() {
		text, err := p.json()
		if err != nil {
			return fmt.Errorf("building dashboard %s: %w", p.uid, err)
		}
		if err := os.MkdirAll(out, 0o755); err != nil {
			return fmt.Errorf("writing dashboard %s: %w", p.uid, err)
		}
		if err := os.WriteFile(filepath.Join(out, p.uid+".json"), text, 0o644); err != nil {
			return fmt.Errorf("writing dashboard %s: %w", p.uid, err)
		}
	}
	return nil
}

// json is the dashboard's file.
func (p page) json() ([]byte, error) {
	d, err := p.build()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // SQL has < and >
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
