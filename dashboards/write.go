package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run . -out grafana -alerting provisioning/alerting

// pages are all dashboards.
func pages() []page {
	return []page{overview(), dora(), doraExplained(), failures(), pipelines(), capacity(), gates(), health()}
}

// write stores every dashboard as <out>/<uid>.json, and the alert rules and
// where alerts go as files of Grafana's provisioning in <alerting>.
func write(out, alerting string) error {
	for _, p := range pages() {
		d, err := p.build()
		if err == nil {
			err = writeJSON(filepath.Join(out, p.uid+".json"), d)
		}
		if err != nil {
			return fmt.Errorf("writing dashboard %s: %w", p.uid, err)
		}
	}
	rules, err := alertRules()
	if err == nil {
		err = writeJSON(filepath.Join(alerting, "rules.json"), rules)
	}
	if err != nil {
		return fmt.Errorf("writing the alert rules: %w", err)
	}
	routes, err := alertRouting()
	if err == nil {
		err = writeJSON(filepath.Join(alerting, "routing.json"), routes)
	}
	if err != nil {
		return fmt.Errorf("writing where alerts go: %w", err)
	}
	return nil
}

func writeJSON(file string, v any) error {
	text, err := toJSON(v)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

// toJSON is the text of a file.
func toJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // SQL has < and >
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}
