package main

import (
	"fmt"
	"regexp"
	"strings"

	"artery/internal/schema"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// tag is on every dashboard; the link at the top lists them by it.
const tag = "artery"

// page is one dashboard. Ids are literal, never counted: links and alert rules
// name panels by id.
type page struct {
	uid, title, description string
	from, refresh           string   // start of the time range up to now; how often to ask again
	filters                 []filter // what a reader narrows it by, beside the common variables
	inputs                  []input  // what a reader types in
	choices                 []choice // what a reader chooses one of
	notes                   []note
	rows                    []row
}

// row is a titled line of panels, laid out left to right in lines of 24 units.
type row struct {
	id     uint32
	title  string
	panels []panel
}

// ends finds where a query cuts off its rows, the last time. One row is a value, not a list.
var ends = regexp.MustCompile(`LIMIT (\d\d+)(?: WITH TIES)?\n`)

// panel is one panel. Its description is the comment of its query, with the number of rows at which it ends.
type panel struct {
	id, width, height uint32
	title             string
	query             string // name in internal/schema/queries
	of                uint32 // the panel of the same page that asks the query: this one shows other columns of the answer
	format            format
	empty             string // shown when there is no data: why, and what to do
	view              cog.Builder[dashboard.Panel]
	link              string // uid of the dashboard that a click on a value opens
	shows             uint32 // the panel there that shows the rows behind the value
}

// note is a query whose rows are marks on the time axis.
type note struct{ name, query, color string }

func (p page) build() (dashboard.Dashboard, error) {
	b := dashboard.NewDashboardBuilder(p.title).Uid(p.uid).Description(p.description).Tags([]string{tag}).
		Readonly().Timezone("utc").Tooltip(dashboard.DashboardCursorSyncCrosshair).Time(p.from, "now").Refresh(p.refresh).
		Link(dashboard.NewDashboardLinkBuilder("Artery").Type(dashboard.DashboardLinkTypeDashboards).Tags([]string{tag}).AsDropdown(true).IncludeVars(true).KeepTime(true))
	if err := variables(b, p); err != nil {
		return dashboard.Dashboard{}, err
	}
	for _, n := range p.notes {
		q, err := newQuery(n.query, rows)
		if err != nil {
			return dashboard.Dashboard{}, err
		}
		b.Annotation(dashboard.NewAnnotationQueryBuilder().Name(n.name).Datasource(*source()).Enable(true).IconColor(n.color).Target(q))
	}
	y := uint32(0)
	for _, r := range p.rows {
		built, height, err := r.build(y)
		if err != nil {
			return dashboard.Dashboard{}, err
		}
		b.WithRow(dashboard.NewRowBuilder(r.title).Id(r.id).GridPos(dashboard.GridPos{H: 1, W: 24, Y: y}))
		for _, panel := range built {
			b.WithPanel(panel)
		}
		y += 1 + height
	}
	d, err := b.Build()
	if err != nil {
		return dashboard.Dashboard{}, err
	}
	// The only placement there is moves a switch or a link into a menu.
	for i := range d.Annotations.List {
		d.Annotations.List[i].Placement = nil
	}
	for i := range d.Links {
		d.Links[i].Placement = nil
	}
	return d, nil
}

// build places the row's panels below y.
func (r row) build(y uint32) (built []placed, height uint32, err error) {
	x, line := uint32(0), uint32(0)
	for _, p := range r.panels {
		if x+p.width > 24 {
			x, height, line = 0, height+line, 0
		}
		d, err := p.build(dashboard.GridPos{X: x, Y: y + 1 + height, W: p.width, H: p.height})
		if err != nil {
			return nil, 0, fmt.Errorf("panel %d %q: %w", p.id, p.title, err)
		}
		built = append(built, placed(d))
		x, line = x+p.width, max(line, p.height)
	}
	return built, height + line, nil
}

func (p panel) build(at dashboard.GridPos) (dashboard.Panel, error) {
	view := p.view
	if s, ok := view.(sheet); ok {
		view = s.within(p.width)
	}
	d, err := view.Build()
	if err != nil {
		return d, err
	}
	sql, comment, err := schema.Statement(p.query)
	if err != nil {
		return d, err
	}
	text, err := schema.Query(p.query)
	if err != nil {
		return d, err
	}
	if found := ends.FindAllStringSubmatch(text, -1); p.format == rows && len(found) > 0 {
		comment += " At most " + found[len(found)-1][1] + " rows are shown."
	}
	if p.format == timeSeries && strings.Contains(sql, "${bucket:") {
		comment += " Days, weeks and months begin at midnight in the zone of the deployment rules, the axis is in UTC: east of it a day stands at the evening before."
	}
	d.Id, d.Title, d.Description, d.GridPos, d.Datasource = &p.id, &p.title, &comment, &at, source()
	var target variants.Dataquery
	if p.of == 0 {
		target, err = newQuery(p.query, p.format)
	} else {
		d.Datasource = otherPanel()
		target, err = answerOf(p.of).Build()
	}
	if err != nil {
		return d, err
	}
	d.Targets = append(d.Targets, target)
	d.FieldConfig.Defaults.NoValue = &p.empty
	if d.Type == "stat" { // which shows no row like NULL, in the colour of the lowest value if nothing is said of it
		d.FieldConfig.Defaults.Mappings = []dashboard.ValueMapping{nullAs(p.empty)}
	}
	if p.link != "" {
		link, err := dashboard.NewDashboardLinkBuilder("Open " + p.link).Type(dashboard.DashboardLinkTypeLink).
			Url(p.target()).Build()
		if err != nil {
			return d, err
		}
		link.Placement = nil
		d.FieldConfig.Defaults.Links = append(d.FieldConfig.Defaults.Links, link)
	}
	return d, nil
}

// target is the address behind the panel's values, in the same time range and
// narrowed in the same way, and where each row names a service to that.
func (p panel) target() string {
	if s, ok := p.view.(sheet); ok && s.ofServices() {
		return ofService(p.link, p.shows)
	}
	url := "/d/" + p.link + "?${__all_variables}&${__url_time_range}"
	if p.shows != 0 {
		url += fmt.Sprintf("&viewPanel=%d", p.shows)
	}
	return url
}

// placed is a finished panel as a builder.
type placed dashboard.Panel

// Build returns the panel.
func (p placed) Build() (dashboard.Panel, error) { return dashboard.Panel(p), nil }
