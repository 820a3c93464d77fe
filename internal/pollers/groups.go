package pollers

import (
	"context"
	"encoding/json"

	"artery/internal/events"
)

// pollPipelineGroups reads the pipeline group tree of a project (CodeArts Pipeline API 4.3.4). Each node is an entity.
func pollPipelineGroups(ctx context.Context, p *Pass) error {
	asked := p.now()
	roots, err := p.API.PipelineGroups(ctx, p.Project)
	if err != nil {
		return err
	}
	p.Page()
	return p.sawTree(ctx, events.PipelineGroup, rows("PipelineGroups", asked, roots))
}

// pollBuildGroups reads the build group tree of a project (CodeArts Build API, Querying a Group Tree).
func pollBuildGroups(ctx context.Context, p *Pass) error {
	asked := p.now()
	roots, err := p.API.BuildGroups(ctx, p.Project)
	if err != nil {
		return err
	}
	p.Page()
	return p.sawTree(ctx, events.BuildGroup, rows("BuildGroups", asked, roots))
}

// sawTree hands over every node. The body of a node has no children (events.Rules); its path says where it stands.
func (p *Pass) sawTree(ctx context.Context, kind events.Kind, roots []Row) error {
	sweep := newSweep()
	var walk func([]Row)
	walk = func(nodes []Row) {
		for _, row := range nodes {
			var node struct {
				ID       string            `json:"id"`
				Children []json.RawMessage `json:"children"`
			}
			if err := identify(row.Raw, &node); err != nil {
				p.Odd(kind, row, err)
				continue
			}
			sweep.id(node.ID)
			p.Saw("", kind, node.ID, row, events.Mark{})
			children := make([]Row, len(node.Children))
			for i, raw := range node.Children {
				children[i] = row.inside(raw)
			}
			walk(children)
		}
	}
	walk(roots)
	sweep.whole()
	return p.Swept(ctx, kind, sweep, nil)
}
