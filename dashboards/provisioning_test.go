package main

import (
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestProvisioning(t *testing.T) {
	var sources struct {
		APIVersion  int `yaml:"apiVersion"`
		Datasources []struct {
			UID, Type      string
			JSONData       map[string]any    `yaml:"jsonData"`
			SecureJSONData map[string]string `yaml:"secureJsonData"`
		}
	}
	decode(t, "provisioning/datasources/artery.yaml", &sources)
	if len(sources.Datasources) != 1 || sources.APIVersion != 1 {
		t.Fatalf("got %+v", sources)
	}
	d := sources.Datasources[0]
	for key, want := range map[string]any{"host": "clickhouse", "port": 8123, "protocol": "http", "defaultDatabase": "artery"} {
		if d.JSONData[key] != want {
			t.Errorf("%s is %v, want %v", key, d.JSONData[key], want)
		}
	}
	if d.Type != sourceType || !strings.HasPrefix(d.SecureJSONData["password"], "$") || !strings.HasPrefix(d.JSONData["username"].(string), "$") {
		t.Errorf("%+v: user and password come from the environment", d)
	}

	var providers struct {
		APIVersion int `yaml:"apiVersion"`
		Providers  []struct {
			Type, Folder   string
			FolderUID      string `yaml:"folderUid"`
			AllowUIUpdates bool   `yaml:"allowUiUpdates"`
			Options        map[string]any
		}
	}
	decode(t, "provisioning/dashboards/artery.yaml", &providers)
	if len(providers.Providers) != 1 || providers.Providers[0].Type != "file" || providers.Providers[0].AllowUIUpdates || providers.Providers[0].Options["path"] == nil {
		t.Errorf("got %+v", providers)
	}
	// Alert rules are provisioned first, and find their folder by its title: a uid of the dashboards' folder would make a second one.
	if p := providers.Providers[0]; p.Folder != folder || p.FolderUID != "" {
		t.Errorf("the dashboards are in the folder %q with the uid %q, the alert rules in %q", p.Folder, p.FolderUID, folder)
	}
}

func decode(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
