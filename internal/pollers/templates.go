package pollers

import (
	"context"
	"encoding/json"
	"iter"

	"artery/internal/codearts"
	"artery/internal/events"
)

// pollTemplates reads the pipeline templates of the tenant and of the system (CodeArts Pipeline API 4.1.1, 4.1.3).
func pollTemplates(ctx context.Context, p *Pass) error {
	return p.pollConfigs(ctx, configs{
		row: events.Template, detail: events.TemplateDetail, detailAPI: "PipelineTemplate",
		list: func(ctx context.Context) iter.Seq2[codearts.Page, error] {
			return p.API.PipelineTemplates(ctx, p.Tenant.DomainID)
		},
		one: func(ctx context.Context, id string) (json.RawMessage, error) {
			return p.API.PipelineTemplate(ctx, p.Tenant.DomainID, id)
		},
	})
}
