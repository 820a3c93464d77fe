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
	if err := write(filepath.Join(out, "grafana"), filepath.Join(out, "provisioning/alerting")); err != nil {
		t.Fatal(err)
	}
	for dir, n := range map[string]int{"grafana": len(pages()), "provisioning/alerting": 2} {
		written, err := os.ReadDir(filepath.Join(out, dir))
		if err != nil {
			t.Fatal(err)
		}
		stored, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(stored) != len(written) || len(written) != n {
			t.Errorf("dashboards/%s holds %v, the generator writes %v", dir, stored, written)
		}
		for _, f := range written {
			name := filepath.Join(dir, f.Name())
			want, err := os.ReadFile(filepath.Join(out, name))
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(name)
			if err != nil {
				t.Error(err)
				continue
			}
			if !bytes.Equal(got, want) {
				t.Errorf("dashboards/%s differs from its source: run `make dashboards`", name)
			}
		}
	}
}
