package deploytest

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// deployments are those of the two services, by name of the service.
func deployments(t *testing.T, file string) map[string]object {
	t.Helper()
	objects := rendered(t, file)
	out := map[string]object{}
	for _, service := range []string{"collector", "loader"} {
		d := objects["Deployment/watch-artery-"+service]
		if d == nil {
			t.Fatalf("there is no deployment of the %s", service)
		}
		out[service] = d
	}
	return out
}

func container(t *testing.T, d object) object {
	t.Helper()
	list, _ := d.at("spec", "template", "spec", "containers").([]any)
	if len(list) != 1 {
		t.Fatalf("there are %d containers, want 1", len(list))
	}
	return list[0].(map[string]any)
}

func TestDeploymentSelectsItsOwnPods(t *testing.T) {
	for name, file := range cases {
		objects := rendered(t, file)
		ds := deployments(t, file)
		for service, d := range ds {
			selector, _ := d.at("spec", "selector", "matchLabels").(map[string]any)
			for other, o := range ds {
				labels, _ := o.at("spec", "template", "metadata", "labels").(map[string]any)
				matches := true
				for key, value := range selector {
					matches = matches && labels[key] == value
				}
				if matches != (service == other) {
					t.Errorf("%s: the selector of %s matches the pods of %s: %v", name, service, other, matches)
				}
			}
			if s := objects["Service/watch-artery-"+service]; s != nil && !reflect.DeepEqual(s.at("spec", "selector"), any(selector)) {
				t.Errorf("%s: the service of %s selects %v, the deployment %v", name, service, s.at("spec", "selector"), selector)
			}
		}
	}
}

func TestDeploymentIsConfined(t *testing.T) {
	for name, file := range cases {
		for service, d := range deployments(t, file) {
			c := container(t, d)
			for path, want := range map[string]any{
				"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": map[string]any{"drop": []any{"ALL"}},
			} {
				if got := c.at("securityContext", path); !reflect.DeepEqual(got, want) {
					t.Errorf("%s %s: securityContext.%s is %v, want %v", name, service, path, got, want)
				}
			}
			pod := object(d.at("spec", "template", "spec").(map[string]any))
			if pod.at("securityContext", "runAsNonRoot") != true || pod.at("securityContext", "runAsUser") == 0 {
				t.Errorf("%s %s: the pod may run as root", name, service)
			}
			if pod.at("automountServiceAccountToken") != false {
				t.Errorf("%s %s: the pod has a token of the cluster, which it does not use", name, service)
			}
			if c.at("resources", "requests", "cpu") == nil || c.at("resources", "limits", "memory") == nil {
				t.Errorf("%s %s: resources are not set", name, service)
			}
		}
	}
}

func TestDeploymentProbesTheListenAddress(t *testing.T) {
	for name, file := range cases {
		config := rendered(t, file)["ConfigMap/watch-artery"].text("data", "artery.yaml")
		listen := regexp.MustCompile(`(?m)^listen: 0\.0\.0\.0:(\d+)$`).FindStringSubmatch(config)
		if listen == nil {
			t.Fatalf("%s: the services do not listen on all addresses:\n%s", name, config)
		}
		for service, d := range deployments(t, file) {
			c := container(t, d)
			ports, _ := c["ports"].([]any)
			if len(ports) != 1 || object(ports[0].(map[string]any)).text("name") != "metrics" || listen[1] != fmt.Sprint(ports[0].(map[string]any)["containerPort"]) {
				t.Errorf("%s %s: ports are %v, the service listens on %s", name, service, ports, listen[1])
			}
			for probe, path := range map[string]string{"livenessProbe": "/healthz", "readinessProbe": "/readyz"} {
				if c.text(probe, "httpGet", "path") != path || c.text(probe, "httpGet", "port") != "metrics" {
					t.Errorf("%s %s: %s is %v", name, service, probe, c.at(probe))
				}
			}
		}
	}
}

// A change of the configuration starts the pods anew, and nothing else does.
func TestDeploymentFollowsTheConfiguration(t *testing.T) {
	sum := func(values map[string]any) string {
		objects, _, err := render(t, values)
		if err != nil {
			t.Fatal(err)
		}
		return objects["Deployment/watch-artery-loader"].text("spec", "template", "metadata", "annotations", "checksum/config")
	}
	plain := sum(map[string]any{})
	if plain == "" || sum(map[string]any{"config": map[string]any{"log": map[string]any{"level": "debug"}}}) == plain {
		t.Error("the checksum does not follow the configuration")
	}
	if sum(map[string]any{"metrics": map[string]any{"service": map[string]any{"enabled": true}}}) != plain {
		t.Error("the checksum follows what is not in the configuration")
	}
}

// Every file and variable that the configuration names is in a pod, and none of them holds a secret's value.
func TestDeploymentSecrets(t *testing.T) {
	file := cases["full"]
	config := rendered(t, file)["ConfigMap/watch-artery"].text("data", "artery.yaml")
	for _, m := range regexp.MustCompile(`file: (\S+)/\S+`).FindAllStringSubmatch(config, -1) {
		if !slices.Contains(mounts(t, file), m[1]) {
			t.Errorf("no pod mounts %s", m[1])
		}
	}
	var named []string
	for _, m := range regexp.MustCompile(`env: (\S+)`).FindAllStringSubmatch(config, -1) {
		named = append(named, m[1])
	}
	var given []string
	for service, d := range deployments(t, file) {
		env, _ := container(t, d)["env"].([]any)
		for _, e := range env {
			e := object(e.(map[string]any))
			given = append(given, e.text("name"))
			if e["value"] != nil || e.text("valueFrom", "secretKeyRef", "name") == "" {
				t.Errorf("%s: the variable %s does not come from a secret", service, e.text("name"))
			}
		}
	}
	slices.Sort(named)
	slices.Sort(given)
	if named, given = slices.Compact(named), slices.Compact(given); len(named) == 0 || !slices.Equal(named, given) {
		t.Errorf("the configuration names the variables %v, the pods have %v", named, given)
	}
}

// mounts are the directories that the pods mount secrets on.
func mounts(t *testing.T, file string) []string {
	t.Helper()
	found := map[string]bool{}
	for _, d := range deployments(t, file) {
		list, _ := container(t, d)["volumeMounts"].([]any)
		for _, m := range list {
			found[object(m.(map[string]any)).text("mountPath")] = true
		}
	}
	return slices.Collect(maps.Keys(found))
}

func TestDeploymentImages(t *testing.T) {
	for service, d := range deployments(t, cases["default"]) {
		if image := container(t, d).text("image"); !strings.HasPrefix(image, "artery/"+service+":") || !pinned.MatchString(image) {
			t.Errorf("the default image of %s is %q", service, image)
		}
	}
	full := deployments(t, cases["full"])
	if image := container(t, full["collector"]).text("image"); !strings.Contains(image, "@sha256:") {
		t.Errorf("a digest does not win over the tag: %q", image)
	}
	if image := container(t, full["loader"]).text("image"); image != "mirror.example.com/artery/loader:1.2.3" {
		t.Errorf("the image of the loader is %q", image)
	}
}
