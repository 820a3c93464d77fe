package service

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"artery/internal/pollers"

	"go.yaml.in/yaml/v3"
)

// root is the top of the source tree.
const root = "../../../"

// commentedKey is a line of the example that only has to be uncommented: `# user: artery`.
var commentedKey = regexp.MustCompile(`(?m)^( *)# ( *(?:- )?[A-Za-z_]+:(?: .*)?)$`)

func readExample(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(root + "artery.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// uncommented is the example with every key switched on.
func uncommented(t *testing.T) string {
	t.Helper()
	return commentedKey.ReplaceAllString(readExample(t), "$1$2")
}

func TestExampleIsValid(t *testing.T) {
	const all = NeedTenants | NeedNATS | NeedClickHouse | NeedEmbedded
	t.Setenv("ARTERY_CODEARTS_PASSWORD", "a")
	c, err := Parse([]byte(readExample(t)), all)
	if err != nil {
		t.Fatal(err)
	}
	// What the example shows for everything but the tenants are the defaults, and its words say so.
	tenants := c.Tenants
	c.Tenants = nil
	if !reflect.DeepEqual(c, Default()) {
		t.Errorf("the example differs from the defaults:\n got %+v\nwant %+v", c, Default())
	}
	bare := TenantConfig{DomainID: tenants[0].DomainID}
	bare.defaults()
	if tenants[0].Depth != bare.Depth || tenants[0].Zone != bare.Zone || tenants[0].Limits.PerSecond != bare.Limits.PerSecond {
		t.Errorf("zone %q and limits %+v are not the defaults %q and %+v", tenants[0].Zone, tenants[0].Limits, bare.Zone, bare.Limits)
	}
	os.Unsetenv("ARTERY_CODEARTS_PASSWORD")
	if _, err := Parse([]byte(readExample(t)), all); err == nil || !strings.Contains(err.Error(), "ARTERY_CODEARTS_PASSWORD is not set") {
		t.Errorf("without its secret the example gives %v", err)
	}
}

func TestExampleNamesEveryKey(t *testing.T) {
	text := uncommented(t)
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("the example with every key switched on: %v", err)
	}
	missing := missingKeys(reflect.TypeFor[Config](), doc, "")
	if len(missing) > 0 {
		t.Errorf("the example does not show %s", strings.Join(missing, ", "))
	}
}

// missingKeys compares the keys of a struct with those of a document. Of a secret one way is enough.
func missingKeys(typ reflect.Type, doc any, at string) []string {
	switch typ.Kind() {
	case reflect.Pointer:
		return missingKeys(typ.Elem(), doc, at)
	case reflect.Slice:
		rows, _ := doc.([]any)
		if len(rows) == 0 {
			return []string{at + "[]"}
		}
		missing := missingKeys(typ.Elem(), rows[0], at)
		for _, row := range rows[1:] { // one that shows it is enough
			more := missingKeys(typ.Elem(), row, at)
			missing = slices.DeleteFunc(missing, func(key string) bool { return !slices.Contains(more, key) })
		}
		return missing
	case reflect.Map:
		if entries, ok := doc.(map[string]any); !ok || len(entries) == 0 {
			return []string{at}
		}
		return nil
	case reflect.Struct:
	default:
		return nil
	}
	keys, _ := doc.(map[string]any)
	var missing []string
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("yaml"), ",")
		switch value, ok := keys[name]; {
		case ok:
			missing = append(missing, missingKeys(typ.Field(i).Type, value, at+"."+name)...)
		case typ != reflect.TypeFor[Secret]() || len(keys) == 0:
			missing = append(missing, at+"."+name)
		}
	}
	return missing
}

func TestMissingKeysAreFound(t *testing.T) {
	doc := map[string]any{"listen": "x", "tenants": []any{map[string]any{"name": "x", "limits": map[string]any{"per_api": map[string]any{}}}}}
	missing := missingKeys(reflect.TypeFor[Config](), doc, "")
	for _, want := range []string{".log", ".nats", ".tenants.region", ".tenants.limits.per_api", ".tenants.limits.tenant"} {
		if !slices.Contains(missing, want) {
			t.Errorf("%s is not reported as missing: %v", want, missing)
		}
	}
	if slices.Contains(missing, ".listen") || slices.Contains(missing, ".tenants.name") {
		t.Errorf("a key that is there is reported: %v", missing)
	}
}

func TestExampleWithEveryKeyIsKnown(t *testing.T) {
	c, err := Parse([]byte(uncommented(t)), 0)
	if err != nil {
		t.Fatal(err)
	}
	tenant := c.Tenants[0]
	want := map[string]string{}
	for _, p := range pollers.All() {
		want[p.Name] = p.Spec
	}
	if !reflect.DeepEqual(tenant.Schedules, want) {
		t.Errorf("the example shows the schedules %v, the defaults are %v", tenant.Schedules, want)
	}
	// The commented values are as valid as the others, but for the second way to sign in and secrets that are not here.
	tenant.Auth.Keys = nil
	tenant.Auth.Password.Password = Secret{File: root + "artery.example.yaml"}
	var f faults
	tenant.validate("tenant", &f)
	c.Loader.validate(&f)
	c.Incidents.Token = Secret{File: root + "artery.example.yaml"}
	c.Incidents.validate(&f)
	if len(f) > 0 {
		t.Error(f)
	}
}
