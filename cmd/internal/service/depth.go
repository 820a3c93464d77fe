package service

import (
	"time"

	"artery/internal/pollers"
)

// DepthConfig is how much of the past, and of what is inside of things, is fetched.
type DepthConfig struct {
	HistoryDays int    `yaml:"history_days"` // how far back runs are read, 1 to 90; default 90, CodeArts keeps no more
	Details     string `yaml:"details"`      // of which runs stages, jobs and steps are fetched: all or failed; default all
	Plugins     string `yaml:"plugins"`      // details, or lists: of plug-ins the lists only; default details
}

const day = 24 * time.Hour

// keptDays is how long CodeArts keeps a run.
const keptDays = int(pollers.Retention / day)

func (d *DepthConfig) defaults() {
	if d.HistoryDays == 0 {
		d.HistoryDays = keptDays
	}
	if d.Details == "" {
		d.Details = "all"
	}
	if d.Plugins == "" {
		d.Plugins = "details"
	}
}

func (d DepthConfig) validate(where string, f *faults) {
	if d.HistoryDays < 1 || d.HistoryDays > keptDays {
		f.add(where+".history_days", "%d is not between 1 and %d: CodeArts keeps a run for %d days", d.HistoryDays, keptDays, keptDays)
	}
	if d.Details != "all" && d.Details != "failed" {
		f.add(where+".details", "%q is not all or failed", d.Details)
	}
	if d.Plugins != "details" && d.Plugins != "lists" {
		f.add(where+".plugins", "%q is not details or lists", d.Plugins)
	}
}

func (d DepthConfig) depth() pollers.Depth {
	return pollers.Depth{History: time.Duration(d.HistoryDays) * day, FailedOnly: d.Details == "failed", PluginLists: d.Plugins == "lists"}
}
