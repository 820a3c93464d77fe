package service

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// pageIDs are the pages of CodeArts that a tenant may give a form for, with what may stand in it. A page of one thing has its id,
// the last; the gates of a project have one page. The API documents the address of a run's page alone (detail_url, and no example
// of one), so no form of the others is taken for granted.
var pageIDs = map[string][]string{
	"run":        {"{tenant}", "{project_id}", "{pipeline_id}", "{run_id}"},
	"pipeline":   {"{tenant}", "{project_id}", "{pipeline_id}"},
	"repository": {"{tenant}", "{project_id}", "{repository_id}"},
	"gate":       {"{tenant}", "{project_id}"},
}

var inBraces = regexp.MustCompile(`\{[^{}]*\}`)

// pages checks the forms of the addresses of CodeArts' pages.
func (f *faults) pages(where string, forms map[string]string) {
	for _, kind := range slices.Sorted(maps.Keys(forms)) {
		at, form, ids := where+"."+kind, forms[kind], pageIDs[kind]
		if ids == nil {
			f.add(at, "is no page; these are: %s", strings.Join(slices.Sorted(maps.Keys(pageIDs)), ", "))
			continue
		}
		f.url(at, inBraces.ReplaceAllString(form, "x"), "https", "http")
		for _, id := range inBraces.FindAllString(form, -1) {
			if !slices.Contains(ids, id) {
				f.add(at, "%s is nothing that a page of a %s can have; these are: %s", id, kind, strings.Join(ids, ", "))
			}
		}
		if own := "{" + kind + "_id}"; form != "" && slices.Contains(ids, own) && !strings.Contains(form, own) {
			f.add(at, "%q has no %s, so all of them would have one page", form, own)
		}
	}
}
