package deploytest

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
)

var update = flag.Bool("update", false, "write the rendered configuration to testdata")

const chartDir = root + "/deploy/helm/artery"

// cases are the values that the chart is rendered with: none, and a file that sets every one.
var cases = map[string]string{"default": "", "full": "testdata/full-values.yaml"}

// object is a Kubernetes object.
type object map[string]any

// at walks to a field, through maps only; nil if it is not there.
func (o object) at(path ...string) any {
	var v any = map[string]any(o)
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

func (o object) text(path ...string) string {
	s, _ := o.at(path...).(string)
	return s
}

func readValues(t *testing.T, file string) map[string]any {
	t.Helper()
	if file == "" {
		return map[string]any{}
	}
	values, err := chartutil.ReadValuesFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// render returns the objects of the chart by kind and name, and NOTES.txt.
func render(t *testing.T, values map[string]any) (map[string]object, string, error) {
	t.Helper()
	chart, err := loader.Load(chartDir)
	if err != nil {
		t.Fatal(err)
	}
	release := chartutil.ReleaseOptions{Name: "watch", Namespace: "ci", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(chart, values, release, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, "", err
	}
	files, err := engine.Engine{Strict: true}.Render(chart, all)
	if err != nil {
		return nil, "", err
	}
	objects, notes := map[string]object{}, ""
	for name, text := range files {
		if filepath.Base(name) == "NOTES.txt" {
			notes = text
			continue
		}
		for _, part := range regexp.MustCompile(`(?m)^---$`).Split(text, -1) {
			var plain map[string]any
			if err := yaml.Unmarshal([]byte(part), &plain); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, part)
			}
			if o := object(plain); len(o) > 0 {
				objects[o.text("kind")+"/"+o.text("metadata", "name")] = o
			}
		}
	}
	return objects, notes, nil
}

func rendered(t *testing.T, file string) map[string]object {
	t.Helper()
	objects, _, err := render(t, readValues(t, file))
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func TestChartLint(t *testing.T) {
	for name, file := range cases {
		result := lint.AllWithKubeVersion(chartDir, readValues(t, file), "ci", nil)
		for _, m := range result.Messages {
			if m.Severity >= support.WarningSev {
				t.Errorf("%s: %v", name, m)
			}
		}
	}
}

func TestChartObjects(t *testing.T) {
	common := []string{"ConfigMap/watch-artery", "Deployment/watch-artery-collector", "Deployment/watch-artery-loader"}
	want := map[string][]string{
		"default": append([]string{"ServiceAccount/watch-artery"}, common...),
		"full":    append([]string{"ServiceAccount/watcher", "Service/watch-artery-collector", "Service/watch-artery-loader", "Service/watch-artery-incidents"}, common...),
	}
	want["full"] = append(want["full"], grafanaObjects(t)...)
	for name, file := range cases {
		objects := rendered(t, file)
		if len(objects) != len(want[name]) {
			t.Errorf("%s: %d objects, want %d", name, len(objects), len(want[name]))
		}
		for _, key := range want[name] {
			if objects[key] == nil {
				t.Errorf("%s: there is no %s", name, key)
			}
		}
	}
}

// grafanaObjects are the names of the ConfigMaps for Grafana.
func grafanaObjects(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "dashboards/grafana/*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	names := []string{"ConfigMap/watch-artery-alerts"}
	for _, f := range files {
		names = append(names, "ConfigMap/watch-"+strings.TrimSuffix(filepath.Base(f), ".json"))
	}
	return names
}

// Grafana gets what the generator writes, and kubectl can apply it: an annotation of an object, which keeps it, holds 256 KiB.
func TestChartBringsTheDashboardsAndAlerts(t *testing.T) {
	objects := rendered(t, cases["full"])
	for dir, object := range map[string]func(name string) (string, string){
		"grafana": func(name string) (string, string) {
			return "ConfigMap/watch-" + strings.TrimSuffix(name, ".json"), name
		},
		"provisioning/alerting": func(name string) (string, string) { return "ConfigMap/watch-artery-alerts", "artery-" + name },
	} {
		files, err := filepath.Glob(filepath.Join(root, "dashboards", dir, "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("nothing in %s: %v", dir, err)
		}
		for _, file := range files {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			key, name := object(filepath.Base(file))
			got := objects[key].text("data", name)
			var has, wants any
			if err := errors.Join(json.Unmarshal([]byte(got), &has), json.Unmarshal(want, &wants)); err != nil || !reflect.DeepEqual(has, wants) {
				t.Errorf("%s of %s is not %s: %v", name, key, file, err)
			}
			if text, err := json.Marshal(got); err != nil || len(text) > 250<<10 {
				t.Errorf("%s of %s takes %d bytes, %v", name, key, len(text), err)
			}
		}
	}
	labels, _ := objects["ConfigMap/watch-artery-alerts"].at("metadata", "labels").(map[string]any)
	if labels["example.com/alert"] != "yes" {
		t.Errorf("the labels %v do not show the alerts to the sidecar", labels)
	}
}

// The rendered configuration is kept, so that a test of the services can put it before their own validation.
func TestChartConfiguration(t *testing.T) {
	for name, file := range cases {
		text := rendered(t, file)["ConfigMap/watch-artery"].text("data", "artery.yaml")
		golden := "testdata/" + name + "-config.yaml"
		if *update {
			if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if text != string(want) {
			t.Errorf("%s is not what the chart renders; run go test . -update in deploy/deploytest. The chart renders:\n%s", golden, text)
		}
	}
}

func TestChartNotes(t *testing.T) {
	for name, file := range cases {
		_, notes, err := render(t, readValues(t, file))
		if err != nil {
			t.Fatal(err)
		}
		if warned := strings.Contains(notes, "config.tenants is empty"); warned != (name == "default") {
			t.Errorf("%s: the notes warn of missing tenants: %v", name, warned)
		}
	}
}

// A secret in the values would end in a ConfigMap: the schema takes only the place where it is.
func TestChartRefuses(t *testing.T) {
	for name, set := range map[string]func(values map[string]any){
		"a password in the config": func(v map[string]any) { v["config"] = map[string]any{"nats": map[string]any{"password": "s3cret"}} },
		"a user in an address": func(v map[string]any) {
			v["config"] = map[string]any{"nats": map[string]any{"url": "nats://me:s3cret@nats:4222"}}
		},
		"a password in the DSN": func(v map[string]any) {
			v["config"] = map[string]any{"clickhouse": map[string]any{"dsn": "clickhouse://me:s3cret@host:9000/artery"}}
		},
		"an unknown key": func(v map[string]any) { v["config"] = map[string]any{"natz": map[string]any{}} },
		"another listen": func(v map[string]any) { v["config"] = map[string]any{"listen": ":1"} },
		"a variable's value": func(v map[string]any) {
			v["loader"] = map[string]any{"env": []any{map[string]any{"name": "A", "value": "s3cret"}}}
		},
		"an endpoint without a token": func(v map[string]any) {
			v["config"] = map[string]any{"incidents": map[string]any{"listen": "0.0.0.0:9465"}}
		},
		"a privileged port": func(v map[string]any) { v["port"] = 80 },
	} {
		values := map[string]any{}
		set(values)
		_, _, err := render(t, values)
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
