package pollers

import (
	"slices"
	"testing"

	"artery/internal/codearts"
)

// TestShort: the limits are calls per minute, the demands calls of a day of 1,440 minutes.
func TestShort(t *testing.T) {
	needs := Needs([]Demand{
		{API: "Pipelines", Priority: codearts.PriorityNewRuns, Calls: 20 * 1440},
		{API: "Pipelines", Priority: codearts.PriorityOpenRuns, Calls: 4 * 1440},
		{API: "PipelineRuns", Priority: codearts.PriorityOpenRuns, Calls: 6 * 1440},
		{API: "PipelineRuns", Priority: codearts.PriorityReconciliation, Calls: 9 * 1440},
		{API: "PipelineRuns", Priority: codearts.PriorityGaps, Calls: 1440},
		{API: "PipelineRuns", Priority: codearts.PriorityGaps, Calls: 1440},
		{API: "Rule", Priority: codearts.PriorityGates},
	})
	want := []Need{
		{"PipelineRuns", codearts.PriorityOpenRuns, 6}, {"PipelineRuns", codearts.PriorityGaps, 2}, {"PipelineRuns", codearts.PriorityReconciliation, 9},
		{"Pipelines", codearts.PriorityOpenRuns, 4}, {"Pipelines", codearts.PriorityNewRuns, 20},
	}
	if !slices.Equal(needs, want) {
		t.Fatalf("needs %v, want %v", needs, want)
	}
	for _, c := range []struct {
		name    string
		allowed map[string]float64
		want    []Shortage
	}{
		{"enough of each, and of all", map[string]float64{"": 41, "Pipelines": 24, "PipelineRuns": 17}, nil},
		{"no limits known", nil, nil},
		{"the last priority is late", map[string]float64{"": 100, "PipelineRuns": 16}, []Shortage{{"PipelineRuns", 17, 16, codearts.PriorityReconciliation}}},
		{"new runs are late, open ones not", map[string]float64{"Pipelines": 4}, []Shortage{{"Pipelines", 24, 4, codearts.PriorityNewRuns}}},
		{"even open runs are late", map[string]float64{"Pipelines": 3.9}, []Shortage{{"Pipelines", 24, 3.9, codearts.PriorityOpenRuns}}},
		// In the order of the priorities: 4 + 6 for open runs, 20 for new ones, 2 for gaps, 9 for reconciliation.
		{"all together", map[string]float64{"": 31, "Pipelines": 24}, []Shortage{{"", 41, 31, codearts.PriorityGaps}}},
	} {
		if got := Short(needs, c.allowed); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
