package pollers

import "encoding/json"

// RunFacts is what a run summary (CodeArts Pipeline API 4.2.2, 4.2.4 and 4.2.7) says of itself beside its mark.
type RunFacts struct {
	PipelineID  string
	Stages      []string // names, in the order of the summary
	Branch, Tag string   // the target branch, and the tag
}

// prefer notes a run that is over, whose detail is not known and whom the tenant prefers: its detail comes right after those of the
// runs that have failed. That is an order of work, not a truth: a new process knows of the runs that it sees.
func (p *Pass) prefer(owner string, run runIdentity, raw json.RawMessage) {
	over := terminal(run.Status) && !(wanted{mark: run.mark()}).failed()
	if !over || p.Tenant.Prefers == nil || p.Tenant.Depth.FailedOnly {
		return
	}
	s := p.home
	if owner != "" {
		s = p.scopes.get(owner)
	}
	known := false
	s.look(func(k Known) { known = detailed(k.heads, run.RunID, run.mark()) })
	if known {
		return
	}
	var facts struct {
		Stages []struct {
			Name string `json:"name"`
		} `json:"stage_status_list"`
		Build struct {
			Branch string `json:"target_branch"`
			Tag    string `json:"tag"`
		} `json:"build_params"`
	}
	if json.Unmarshal(raw, &facts) != nil {
		return // of another form than the documents say; its detail comes with the others
	}
	f := RunFacts{PipelineID: run.PipelineID, Branch: facts.Build.Branch, Tag: facts.Build.Tag}
	for _, stage := range facts.Stages {
		f.Stages = append(f.Stages, stage.Name)
	}
	if p.Tenant.Prefers(f) {
		s.prefer(run.RunID)
	}
}

func (s *scope) prefer(run string) {
	s.listing.Lock()
	defer s.listing.Unlock()
	s.preferred[run] = true
}

func (s *scope) prefers(run string) bool {
	s.listing.Lock()
	defer s.listing.Unlock()
	return s.preferred[run]
}

// answered forgets a preference: the detail has been asked for.
func (s *scope) answered(run string) {
	s.listing.Lock()
	defer s.listing.Unlock()
	delete(s.preferred, run)
}
