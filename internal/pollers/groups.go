package pollers

import (
	"context"
	"encoding/json"
	"time"

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
	p.sawTree(events.PipelineGroup, roots, asked)
	return nil
}

// pollBuildGroups reads the build group tree of a project (CodeArts Build API, Querying a Group Tree).
func pollBuildGroups(ctx context.Context, p *Pass) error {
	asked := p.now()
	roots, err := p.API.BuildGroups(ctx, p.Project)
	if err != nil {
		return err
	}
	p.Page()
	p.sawTree(events.BuildGroup, roots, asked)
	return nil
}

// sawTree hands over every node. The body of a node has no children (events.Rules); its path says where it stands.
func (p *Pass) sawTree(kind events.Kind, roots []json.RawMessage, asked time.Time) {
	var walk func([]json.RawMessage)
	walk = func(nodes []json.RawMessage) {
		for _, raw := range nodes {
			var node struct {
				ID       string            `json:"id"`
				Children []json.RawMessage `json:"children"`
			}
			if err := identify(raw, &node); err != nil {
				p.Odd(kind, err)
				continue
			}
			p.Saw("", kind, node.ID, raw, events.Mark{}, asked)
			walk(node.Children)
		}
	}
	walk(roots)
	p.Complete()
}
