package codeartstest

import (
	"slices"
	"time"
)

// PluginTruth is a plug-in that exists, with its versions, the newest first.
type PluginTruth struct {
	PolicyTruth[Plugin]
	Versions []PluginVersionTruth
}

// PluginVersionTruth is a version of a plug-in, and its last edit.
type PluginVersionTruth struct {
	ID      string
	Updater User
	Updated time.Time
	Value   PluginVersion
}

// tellExtensions adds the publishers and plug-ins.
func (w *World) tellExtensions(truth *Truth, at time.Time) {
	truth.Publishers = policyTruths(w.publishers, at)
	for _, p := range w.plugins {
		state, ok := p.stateAt(at)
		if !ok {
			continue
		}
		row := PluginTruth{PolicyTruth: p.truth(state, at)}
		for _, v := range w.versionsAt(p, at) {
			row.Versions = append(row.Versions, PluginVersionTruth{v.id, v.updater, v.updated, v.value})
		}
		truth.Plugins = append(truth.Plugins, row)
	}
	for _, u := range w.usablePlugins(at) {
		p := u.plugin.value
		row := StagePluginTruth{u.name, p.DisplayName, p.BusinessType, u.value.attribution(), u.value.Number, true}
		truth.StagePlugins = append(truth.StagePlugins, row)
		if row.Paged = false; p.Official {
			truth.StagePlugins = append(truth.StagePlugins, row)
		}
	}
	slices.SortStableFunc(truth.StagePlugins, func(a, b StagePluginTruth) int {
		switch {
		case a.Paged == b.Paged:
			return 0
		case a.Paged:
			return 1
		}
		return -1
	})
}
