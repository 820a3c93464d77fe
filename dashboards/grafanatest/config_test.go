package grafanatest

import (
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// kindOf is the type that Grafana's front end has for a field.
func kindOf(f *data.Field) string {
	switch t := f.Type(); {
	case t.Numeric():
		return "number"
	case t.Time():
		return "time"
	case t == data.FieldTypeString, t == data.FieldTypeNullableString:
		return "string"
	case t == data.FieldTypeBool, t == data.FieldTypeNullableBool:
		return "boolean"
	default:
		return t.ItemTypeString()
	}
}

// shown is a field with the settings that hold for it: the panel's, and what overrides say, of which the last one wins.
type shown struct {
	*data.Field
	kind    string
	title   string         // as a reader sees it
	config  map[string]any // by the ids of properties
	special map[string]bool
}

var fieldLabel = regexp.MustCompile(`\$\{__field\.labels\.(\w+)\}`)

// show applies a panel's settings to the fields of its frame.
func (p panel) show(f *data.Frame) (fields []shown) {
	for _, field := range f.Fields {
		s := shown{Field: field, kind: kindOf(field), title: field.Name, config: maps.Clone(p.FieldConfig.Defaults), special: map[string]bool{}}
		for _, o := range p.FieldConfig.Overrides {
			if !o.matches(s) {
				continue
			}
			for _, property := range o.Properties {
				s.config[property.ID], s.special[property.ID] = property.Value, true
			}
		}
		if name, ok := s.config["displayName"].(string); ok && s.kind != "time" || s.special["displayName"] {
			s.title = fieldLabel.ReplaceAllStringFunc(name, func(match string) string { return field.Labels[fieldLabel.FindStringSubmatch(match)[1]] })
		}
		fields = append(fields, s)
	}
	return fields
}

func (o override) matches(s shown) bool {
	switch o.Matcher.ID {
	case "byName":
		return o.Matcher.Options == s.Name
	case "byType":
		return o.Matcher.Options == s.kind
	case "byRegexp": // of the title that the defaults give
		return s.kind == "number" && regexp.MustCompile(strings.Trim(o.Matcher.Options, "/")).MatchString(fmt.Sprint(s.Labels))
	}
	return false
}

func (s shown) unit() string { return text(s.config["unit"]) }

func text(v any) string {
	s, _ := v.(string)
	return s
}

// mapped is whether a value mapping gives a text or a colour for the value; nil is null.
func (s shown) mapped(value any) bool {
	list, _ := s.config["mappings"].([]any)
	for _, m := range list {
		mapping, _ := m.(map[string]any)
		options, _ := mapping["options"].(map[string]any)
		switch mapping["type"] {
		case "special":
			if value == nil && (options["match"] == "null" || options["match"] == "null+nan") {
				return true
			}
		case "value":
			if _, ok := options[fmt.Sprint(value)]; ok {
				return true
			}
		}
	}
	return false
}

// words is whether the field has colours for texts.
func (s shown) words() bool {
	list, _ := s.config["mappings"].([]any)
	for _, m := range list {
		if mapping, _ := m.(map[string]any); mapping["type"] == "value" {
			return true
		}
	}
	return false
}
