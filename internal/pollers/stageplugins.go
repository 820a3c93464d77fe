package pollers

import (
	"context"
	"errors"
	"net/url"

	"artery/internal/events"
)

// pollStagePlugins reads which plug-ins may be put into a stage (CodeArts Pipeline API 4.9.14).
func pollStagePlugins(ctx context.Context, p *Pass) error {
	asked := p.now()
	plugins, err := p.API.StagePlugins(ctx, p.Tenant.DomainID)
	if err != nil {
		return err
	}
	p.Page()
	sweep := newSweep()
	for _, row := range rows("StagePlugins", asked, plugins) {
		w, err := groupedPlugin(row)
		if err != nil {
			p.Odd(events.StagePlugin, row, err)
			continue
		}
		sweep.id(w.id)
		p.Saw("", events.StagePlugin, w.id, row, w.mark)
	}
	sweep.whole()
	return p.Swept(ctx, events.StagePlugin, sweep, nil)
}

// pollOptionalPlugins reads which plug-ins a pipeline may use (CodeArts Pipeline API 4.9.16).
func pollOptionalPlugins(ctx context.Context, p *Pass) error {
	_, sweep, err := p.listed(events.OptionalPlugin, p.API.OptionalPlugins(ctx, p.Tenant.DomainID), groupedPlugin)
	if err != nil {
		return err
	}
	return p.Swept(ctx, events.OptionalPlugin, sweep, nil)
}

// groupedPlugin names a plug-in in its group. One plug-in may stand in several groups.
func groupedPlugin(row Row) (wanted, error) {
	var in struct {
		Group struct {
			Type string `json:"business_type"`
		} `json:"group"`
		Plugin struct {
			Name string `json:"plugin_name"`
		} `json:"plugin"`
	}
	if err := identify(row.Raw, &in); err != nil {
		return wanted{}, err
	}
	if in.Plugin.Name == "" {
		return wanted{}, errors.New("a plug-in of a group has no name")
	}
	return wanted{id: url.PathEscape(in.Group.Type) + "/" + url.PathEscape(in.Plugin.Name)}, nil
}
