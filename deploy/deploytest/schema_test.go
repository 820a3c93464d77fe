package deploytest

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// notInChart are the keys of the configuration that the chart sets itself, or that are of `artery run` alone.
var notInChart = []string{"listen", "embedded"}

// commentedKey is a line of the example configuration that only has to be uncommented.
var commentedKey = regexp.MustCompile(`(?m)^( *)# ( *(?:- )?[A-Za-z_]+:(?: .*)?)$`)

// TestSchemaTakesEveryKey: the chart refuses keys that it does not know, so it has to know all that the example configuration
// shows. The example shows every key that there is: that is a test of the services.
func TestSchemaTakesEveryKey(t *testing.T) {
	text, err := os.ReadFile(root + "/artery.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := yaml.Unmarshal(commentedKey.ReplaceAll(text, []byte("$1$2")), &config); err != nil {
		t.Fatal(err)
	}
	for _, key := range notInChart {
		delete(config, key)
	}
	text, err = os.ReadFile(chartDir + "/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema object
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	values, _ := schema.at("properties", "config").(map[string]any)
	if refused := refusedKeys(schema, values, config, "config"); len(refused) > 0 {
		t.Errorf("values.schema.json refuses keys of the configuration: %s", strings.Join(refused, ", "))
	}
	// The comparison sees what is missing.
	config["natz"], config["tenants"].([]any)[0].(map[string]any)["limits"].(map[string]any)["per_minute"] = 1, 2
	refused := refusedKeys(schema, values, config, "config")
	if want := []string{"config.natz", "config.tenants.limits.per_minute"}; !slices.Equal(refused, want) {
		t.Errorf("%v are refused, want %v", refused, want)
	}
}

// refusedKeys are the keys of a value that a part of the schema does not take, sorted. It looks at keys alone: the example
// shows alternatives beside each other, of which a real configuration has one.
func refusedKeys(root object, schema map[string]any, value any, at string) (refused []string) {
	if ref, ok := schema["$ref"].(string); ok {
		schema, _ = root.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...).(map[string]any)
	}
	if rows, ok := value.([]any); ok {
		items, _ := schema["items"].(map[string]any)
		for _, row := range rows {
			refused = append(refused, refusedKeys(root, items, row, at)...)
		}
		return refused
	}
	keys, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	for _, word := range []string{"oneOf", "anyOf"} {
		parts, _ := schema[word].([]any)
		for _, part := range parts {
			if one, _ := part.(map[string]any); one["type"] == "object" {
				schema = one
			}
		}
	}
	known, _ := schema["properties"].(map[string]any)
	for key, value := range keys {
		if part, ok := known[key].(map[string]any); ok {
			refused = append(refused, refusedKeys(root, part, value, at+"."+key)...)
		} else if _, any := schema["additionalProperties"].(map[string]any); !any {
			refused = append(refused, at+"."+key)
		}
	}
	slices.Sort(refused)
	return refused
}
