package codearts

import "encoding/json"

const noPlugin = skipped("no published plug-in was found to try it with")

func (p *prober) publishers() (string, error) {
	if p.domain == "" {
		return "", noDomain
	}
	page, err := p.client.publishersPage(p.ctx, p.domain, 0, 1)
	p.counted(page, err)
	for _, row := range page.Items {
		var r struct {
			ID lenient `json:"publisher_unique_id"`
		}
		if json.Unmarshal(row, &r) == nil {
			p.first[apiPublishers] = string(r.ID)
		}
	}
	return "", err
}

func (p *prober) availablePublishers() (string, error) {
	if p.domain == "" {
		return "", noDomain
	}
	_, err := p.client.AvailablePublishers(p.ctx, p.domain)
	return "", err
}

func (p *prober) publisherDetails() (string, error) {
	if p.first[apiPublishers] == "" {
		return "", skipped("no publisher was found to try it with")
	}
	_, err := p.client.PublisherDetails(p.ctx, p.domain, []string{p.first[apiPublishers]})
	return "", err
}

func (p *prober) stagePlugins() (string, error) {
	if p.domain == "" {
		return "", noDomain
	}
	_, err := p.client.StagePlugins(p.ctx, p.domain)
	return "", err
}

// plugins remembers the first plug-in that has a published version.
func (p *prober) plugins() (string, error) {
	if p.domain == "" {
		return "", noDomain
	}
	page, err := p.client.pluginsPage(p.ctx, p.domain, 0, smallestPage)
	p.counted(page, err)
	for _, row := range page.Items {
		var r struct {
			Plugin             lenient `json:"plugin_name"`
			Version            lenient `json:"version"`
			Attribution        lenient `json:"plugin_attribution"`
			VersionAttribution lenient `json:"version_attribution"`
		}
		if p.plugin.Version == "" && json.Unmarshal(row, &r) == nil {
			p.plugin = PluginRef{string(r.Plugin), string(r.Version), string(r.Attribution), string(r.VersionAttribution)}
		}
	}
	return "", err
}

// basicPlugin needs a version, which the list of basic plug-ins does not name.
func (p *prober) basicPlugin() (string, error) {
	name := p.first[apiBasicPlugins]
	if name == "" {
		return "", skipped("no basic plug-in was found to try it with")
	}
	for page, err := range p.client.PluginVersionNumbers(p.ctx, p.domain, name) {
		if err != nil {
			return "", err
		}
		for _, row := range page.Items {
			_, err := p.client.BasicPlugin(p.ctx, p.domain, name, string(readLenient(row)))
			return "", err
		}
	}
	return "", skipped("the basic plug-in " + name + " has no published version to try it with")
}

func (p *prober) basicPlugins() (string, error) {
	if p.domain == "" {
		return "", noDomain
	}
	page, err := p.client.basicPluginsPage(p.ctx, p.domain, 0, 1)
	p.counted(page, err)
	for _, row := range page.Items {
		var r struct {
			Name lenient `json:"name"`
		}
		if json.Unmarshal(row, &r) == nil {
			p.first[apiBasicPlugins] = string(r.Name)
		}
	}
	return "", err
}

// ofPlugin tries an API with the plug-in that was found.
func ofPlugin(call func(p *prober, of PluginRef) error) func(*prober) (string, error) {
	return func(p *prober) (string, error) {
		if p.plugin.Version == "" {
			return "", noPlugin
		}
		return "", call(p, p.plugin)
	}
}

func (p *prober) pluginVersions(of PluginRef) error {
	for _, err := range p.client.PluginVersions(p.ctx, p.domain, of.Plugin) {
		return err
	}
	return nil
}

func (p *prober) pluginVersion(of PluginRef) error {
	_, err := p.client.PluginVersion(p.ctx, p.domain, of.Plugin, of.Version)
	return err
}

func (p *prober) pluginVersionNumbers(of PluginRef) error {
	for _, err := range p.client.PluginVersionNumbers(p.ctx, p.domain, of.Plugin) {
		return err
	}
	return nil
}

func (p *prober) pluginMetrics(of PluginRef) error {
	_, err := p.client.PluginMetrics(p.ctx, p.domain, []PluginRef{of})
	return err
}

func (p *prober) pluginInputs(of PluginRef) error {
	_, err := p.client.PluginInputs(p.ctx, p.domain, []PluginRef{of})
	return err
}

func (p *prober) pluginOutputs(of PluginRef) error {
	_, err := p.client.PluginOutputs(p.ctx, p.domain, []PluginRef{of})
	return err
}
