package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"artery/internal/embedded/embeddedtest"
)

func TestMain(m *testing.M) { embeddedtest.Main(m) }

func TestFilesAreWhatTheGeneratorWrites(t *testing.T) {
	out := t.TempDir()
	if err := write(out); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := filepath.Glob("grafana/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(stored) != len(written) || len(written) != len(pages()) {
		t.Errorf("dashboards/grafana holds %v, the generator writes %v", stored, written)
	}
	for _, f := range written {
		want, err := os.ReadFile(filepath.Join(out, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("grafana", f.Name()))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("dashboards/grafana/%s differs from its source: run `make dashboards`", f.Name())
		}
	}
}
