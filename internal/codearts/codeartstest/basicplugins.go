package codeartstest

import (
	"net/http"
	"slices"
	"strings"
)

// basicPluginRow is a row of Pipeline API 4.9.15.
type basicPluginRow struct {
	Name        string  `json:"name"`
	DisplayName string  `json:"display_name"`
	Attribution string  `json:"plugin_attribution"`
	Icon        string  `json:"icon_url"`
	Description string  `json:"description"`
	PublisherID *string `json:"publisher_id"`
	Manifest    *string `json:"manifest_version"`
}

// basicPluginList answers Pipeline API 4.9.15. Plug-ins without a publisher have a manifest version, as printed.
func (t *Tenant) basicPluginList(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	wanted := r.query.Get("attribution")
	found := t.newestVersions(r.now, func(p Plugin) bool { return p.Basic && (wanted == "" || wanted == p.attribution()) })
	slices.SortFunc(found, func(a, b versionState) int { return strings.Compare(a.plugin.id, b.plugin.id) })
	return answerExtensions(t, r, found, func(s versionState) basicPluginRow {
		p := s.plugin.value
		row := basicPluginRow{
			Name: p.Name, DisplayName: p.DisplayName, Attribution: p.attribution(), Icon: p.Icon, Description: p.Description, PublisherID: orNull(p.PublisherID),
		}
		if p.PublisherID == "" {
			row.Manifest = orNull("3")
		}
		return row
	})
}

// basicPluginDetail is the answer of Pipeline API 4.9.30.
type basicPluginDetail struct {
	Type               string         `json:"type"`
	Name               string         `json:"name"`
	Category           string         `json:"category"`
	Description        string         `json:"description"`
	Version            string         `json:"version"`
	Inputs             []basicInput   `json:"inputs"`
	Outputs            []basicOutput  `json:"outputs"`
	Execution          basicExecution `json:"execution"`
	FriendlyName       string         `json:"friendly_name"`
	VersionDescription string         `json:"version_description"`
}

// basicInput says in a boolean what pluginInputRow says in a text.
type basicInput struct {
	Name        string     `json:"name"`
	Type        string     `json:"type"`
	Label       string     `json:"label"`
	Description string     `json:"description"`
	Required    bool       `json:"required"`
	Validation  validation `json:"validation"`
	Default     string     `json:"default_value"`
	Extend      extendProp `json:"extend_prop"`
}

type basicOutput struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description"`
}

// basicExecution has the script as type and the shell as target, as printed.
type basicExecution struct {
	Type   string `json:"type"`
	Target string `json:"target"`
	SHA256 string `json:"sha256"`
}

// basicPluginDetail answers Pipeline API 4.9.30.
func (t *Tenant) basicPluginDetail(r *request) response {
	s, refused := t.pluginVersion(r)
	if refused != nil {
		return *refused
	}
	p := s.plugin.value
	if !p.Basic {
		return missing()
	}
	detail := basicPluginDetail{
		Type: "Task", Name: p.Name, Category: p.BusinessType, Description: p.Description, Version: s.value.Number, Inputs: []basicInput{}, Outputs: []basicOutput{},
		Execution:    basicExecution{"scripts/run.sh", "Shell", t.world.id("plugin script", s.id) + t.world.id("plugin script", s.id, 1)},
		FriendlyName: p.DisplayName, VersionDescription: s.value.Description,
	}
	for _, in := range s.value.Inputs {
		detail.Inputs = append(detail.Inputs, basicInput{
			Name: in.Name, Type: in.Type, Label: in.Label, Description: in.Description, Required: in.Required, Default: in.Default,
		})
	}
	for _, out := range s.value.Outputs {
		detail.Outputs = append(detail.Outputs, basicOutput{out[0], "output", out[1]})
	}
	return answer(http.StatusOK, detail)
}
