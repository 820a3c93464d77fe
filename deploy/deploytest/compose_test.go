package deploytest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// root is the top of the source tree.
const root = "../.."

// pinned is an image reference with a tag that names a patch version or a date, or with a digest.
var pinned = regexp.MustCompile(`^[a-z0-9./-]+(:[a-z0-9.-]*(\d+\.\d+\.\d+|\d{8})[a-z0-9.-]*|@sha256:[0-9a-f]{64})$`)

func compose(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")}, cli.WithWorkingDirectory(root), cli.WithResolvedPaths(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestComposeServices(t *testing.T) {
	want := []string{"clickhouse", "codearts", "collector", "grafana", "loader", "nats"}
	if got := compose(t).ServiceNames(); !slices.Equal(got, want) {
		t.Fatalf("services are %v, want %v", got, want)
	}
}

func TestComposeImagesArePinned(t *testing.T) {
	for name, s := range compose(t).Services {
		if s.Build == nil {
			if !pinned.MatchString(s.Image) {
				t.Errorf("%s: the image %q names no exact version", name, s.Image)
			}
			continue
		}
		file := filepath.Join(s.Build.Context, s.Build.Dockerfile)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkDockerfile(t, name, string(text))
	}
}

// checkDockerfile holds what all of the product's images have in common.
func checkDockerfile(t *testing.T, name, text string) {
	t.Helper()
	seen := map[string]string{}
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "FROM":
			base, _, _ := strings.Cut(rest, " ")
			if base != "scratch" && !pinned.MatchString(base) {
				t.Errorf("%s: the base image %q names no exact version", name, base)
			}
			seen = map[string]string{} // only the last stage counts
		case "COPY":
			if !strings.HasPrefix(rest, "--from=") && !strings.HasPrefix(rest, "dist/") {
				t.Errorf("%s: COPY %s takes something that `make dist` does not build", name, rest)
			}
		}
		seen[word] = rest
	}
	if user, _, _ := strings.Cut(seen["USER"], ":"); user == "" || user == "0" || user == "root" {
		t.Errorf("%s: the image runs as root", name)
	}
	for _, word := range []string{"EXPOSE", "ENTRYPOINT"} {
		if seen[word] == "" {
			t.Errorf("%s: the image has no %s", name, word)
		}
	}
}

func TestComposePublishesOnLoopbackOnly(t *testing.T) {
	taken := map[string]string{}
	for name, s := range compose(t).Services {
		for _, p := range s.Ports {
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is published on %q", name, p.Published, p.HostIP)
			}
			if other, twice := taken[p.Published]; twice {
				t.Errorf("%s and %s both publish %s", name, other, p.Published)
			}
			taken[p.Published] = name
		}
		if len(s.Ports) == 0 {
			t.Errorf("%s publishes no port", name)
		}
	}
}

func TestComposeMountsExist(t *testing.T) {
	project := compose(t)
	for name, s := range project.Services {
		for _, v := range s.Volumes {
			switch v.Type {
			case types.VolumeTypeBind:
				if _, err := os.Stat(v.Source); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if !v.ReadOnly {
					t.Errorf("%s may write to %s of the source tree", name, v.Source)
				}
			case types.VolumeTypeVolume:
				if _, ok := project.Volumes[v.Source]; !ok {
					t.Errorf("%s: there is no volume %s", name, v.Source)
				}
			}
		}
		for _, secret := range s.Secrets {
			source, ok := project.Secrets[secret.Source]
			if !ok {
				t.Errorf("%s: there is no secret %s", name, secret.Source)
				continue
			}
			info, err := os.Stat(source.File)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if info.Size() == 0 || info.Mode().Perm()&0o004 == 0 {
				t.Errorf("%s: the secret %s is empty or not readable for the service's user", name, source.File)
			}
		}
		for key, value := range s.Environment {
			if strings.Contains(key, "PASSWORD") && (value == nil || !strings.HasPrefix(*value, "/run/secrets/")) {
				t.Errorf("%s: %s is not read from a secret", name, key)
			}
		}
	}
}

func TestComposeHealth(t *testing.T) {
	project := compose(t)
	for name, s := range project.Services {
		for other, d := range s.DependsOn {
			if d.Condition == types.ServiceConditionHealthy && project.Services[other].HealthCheck == nil {
				t.Errorf("%s waits for the health of %s, which has no check", name, other)
			}
		}
		if s.Build == nil && s.HealthCheck == nil {
			t.Errorf("%s has no health check", name)
		}
		if s.Build != nil && (!s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"})) {
			t.Errorf("%s may write to its root or has capabilities", name)
		}
	}
}

// The configuration names secrets by the path that compose gives them; each service has those that it reads.
func TestComposeSecretsFitTheConfiguration(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "deploy/compose/artery.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, m := range regexp.MustCompile(`/run/secrets/(\w+)`).FindAllStringSubmatch(string(text), -1) {
		named = append(named, m[1])
	}
	needs := map[string][]string{
		"collector": {"nats_password", "codearts_password"},
		"loader":    {"nats_password", "clickhouse_password"},
	}
	project := compose(t)
	for name, want := range needs {
		var has []string
		for _, s := range project.Services[name].Secrets {
			has = append(has, s.Source)
		}
		slices.Sort(has)
		slices.Sort(want)
		if !slices.Equal(has, want) {
			t.Errorf("%s has the secrets %v, it reads %v", name, has, want)
		}
		for _, s := range want {
			if !slices.Contains(named, s) {
				t.Errorf("deploy/compose/artery.yaml does not name /run/secrets/%s", s)
			}
		}
	}
}

// What Grafana's provisioning asks for is there: variables, directories and the data source's plugin.
func TestComposeFitsTheProvisioning(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "dashboards/provisioning/*/*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no provisioning: %v", err)
	}
	grafana := compose(t).Services["grafana"]
	start := strings.Join(grafana.Entrypoint, " ")
	var targets []string
	for _, v := range grafana.Volumes {
		targets = append(targets, v.Target)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\$\{?([A-Z][A-Z_]+)`).FindAllStringSubmatch(string(text), -1) {
			if _, ok := grafana.Environment[m[1]]; !ok && !strings.Contains(start, "export "+m[1]+" ") {
				t.Errorf("%s: $%s is not set", file, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`(?m)^ +path: (\S+)$`).FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(targets, m[1]) {
				t.Errorf("%s: nothing is mounted on %s", file, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`(?m)^ +type: (\S+-datasource)$`).FindAllStringSubmatch(string(text), -1) {
			if plugins := grafana.Environment["GF_PLUGINS_PREINSTALL_SYNC"]; plugins == nil || !regexp.MustCompile(`^`+m[1]+`@\d+\.\d+\.\d+$`).MatchString(*plugins) {
				t.Errorf("%s: the plugin %s is not installed in an exact version", file, m[1])
			}
		}
	}
}
