package pollers

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// extensionPollers are those of publishers and plug-ins.
var extensionPollers = []string{"publishers", "available_publishers", "plugins", "basic_plugins", "stage_plugins", "optional_plugins"}

// extensions compares what the log has of publishers and plug-ins with what is true at CodeArts. What was deleted there is
// still in the log.
func (w *world) extensions(truth codeartstest.Truth) {
	w.Helper()
	publishers, _ := w.last(events.Publisher)
	details, _ := w.last(events.PublisherDetail)
	available, scopes := w.last(events.AvailablePublisher)
	n := 0
	for _, p := range truth.Publishers {
		bodies := []map[string]any{publishers[p.ID], details[p.ID]}
		if p.Value.Available {
			bodies = append(bodies, available[p.ID])
			n++
		}
		for _, body := range bodies {
			w.field(p.Value.Name, body, "name", p.Value.Name)
			w.field(p.Value.Name, body, "auth_status", p.Value.AuthStatus)
			w.field(p.Value.Name, body, "last_update_user_id", p.Updater.ID)
		}
	}
	w.number("publishers", len(publishers), len(truth.Publishers))
	w.number("available publishers", len(available), n)
	for id, scope := range scopes {
		if scope != events.TenantScope {
			w.Errorf("publisher %s is in the scope %q", id, scope)
		}
	}
	w.plugins(truth)
	for kind, paged := range map[events.Kind]bool{events.StagePlugin: false, events.OptionalPlugin: true} {
		bodies, _ := w.last(kind)
		n := 0
		for _, p := range truth.StagePlugins {
			if p.Paged != paged {
				continue
			}
			n++
			body := bodies[p.BusinessType+"/"+p.Name]
			plugin, _ := body["plugin"].(map[string]any)
			w.field(p.Name, plugin, "display_name", p.DisplayName)
			w.field(p.Name, plugin, "version_attribution", p.Attribution)
			group, _ := body["group"].(map[string]any)
			w.field(p.Name, group, "business_type", p.BusinessType)
		}
		w.number(string(kind)+"s", len(bodies), n)
	}
}

func (w *world) plugins(truth codeartstest.Truth) {
	w.Helper()
	plugins, _ := w.last(events.Plugin)
	versions, _ := w.last(events.PluginVersion)
	details, _ := w.last(events.PluginVersionDetail)
	lists, _ := w.last(events.PluginVersionList)
	basic, _ := w.last(events.BasicPlugin)
	basicDetails, _ := w.last(events.BasicPluginDetail)
	basicLists, _ := w.last(events.BasicPluginVersionList)
	parts := map[events.Kind]map[string]map[string]any{}
	for _, kind := range []events.Kind{events.PluginMetrics, events.PluginInputs, events.PluginOutputs} {
		parts[kind], _ = w.last(kind)
	}
	known := map[string]int{}
	for _, p := range truth.Plugins {
		name := p.Value.Name
		newest := p.Versions[0]
		w.field(name, plugins[name], "display_name", p.Value.DisplayName)
		w.field(name, plugins[name], "version", newest.Value.Number)
		w.field(name, plugins[name], "op_time", strconv.FormatInt(newest.Updated.UnixMilli(), 10))
		if newest.Value.Draft != "init" {
			w.field(name, plugins[name], "refer_count", p.Value.Referred)
		}
		var numbers []any
		for _, v := range p.Versions {
			known["versions"]++
			id, what := name+"/"+v.Value.Number, name+" "+v.Value.Number
			updated := strconv.FormatInt(v.Updated.UnixMilli(), 10)
			w.field(what, versions[id], "op_time", updated)
			w.field(what, versions[id], "op_user", v.Updater.Name)
			w.field(what, versions[id], "active", map[bool]int{true: 0, false: 1}[p.Value.Inactive])
			if v.Value.Draft != "" {
				continue
			}
			known["published"]++
			numbers = append(numbers, v.Value.Number)
			w.field(what, details[id], "op_time", updated)
			w.field(what, details[id], "unique_id", v.ID)
			for kind, n := range map[events.Kind]int{events.PluginInputs: len(v.Value.Inputs), events.PluginOutputs: len(v.Value.Outputs), events.PluginMetrics: min(1, len(v.Value.Metrics))} {
				body := parts[kind][id]
				w.field(what, body, "plugin_name", name)
				w.field(what, body, "version", v.Value.Number)
				w.field(what, body, "op_time", float64(v.Updated.UnixMilli()))
				answer, _ := body["answer"].(map[string]any)
				data, _ := answer["data"].([]any)
				w.number(string(kind)+" of "+what, len(data), n)
			}
			if p.Value.Basic {
				known["basic published"]++
				w.field(what, basicDetails[id], "friendly_name", p.Value.DisplayName)
				inputs, _ := basicDetails[id]["inputs"].([]any)
				w.number("inputs of the basic "+what, len(inputs), len(v.Value.Inputs))
			}
		}
		if got := lists[name]["versions"]; fmt.Sprint(got) != fmt.Sprint(numbers) {
			w.Errorf("the published versions of %s are %v, the truth is %v", name, got, numbers)
		}
		if p.Value.Basic {
			known["basic"]++
			w.field(name, basic[name], "display_name", p.Value.DisplayName)
			if got := basicLists[name]["versions"]; fmt.Sprint(got) != fmt.Sprint(numbers) {
				w.Errorf("the versions of the basic plug-in %s are %v, the truth is %v", name, got, numbers)
			}
		}
	}
	w.number("plug-ins", len(plugins), len(truth.Plugins))
	w.number("versions", len(versions), known["versions"])
	w.number("details", len(details), known["published"])
	w.number("basic plug-ins", len(basic), known["basic"])
	w.number("basic details", len(basicDetails), known["basic published"])
	if known["published"] < 5 || known["basic"] < 3 {
		w.Errorf("the truth has only %v", known)
	}
}

// A draft that has become a version is still in the log; here none does.
func TestExtensionsEqualTruth(t *testing.T) {
	w := small(t)
	w.quiet()
	w.extensions(w.sim.Truth(w.clock.now()))
	for _, poller := range extensionPollers {
		if polls := w.polls(poller); len(polls) == 0 || !polls[0].Complete || polls[0].Errors != 0 || polls[0].Total == 0 {
			t.Errorf("the rounds of %s: %+v", poller, polls)
		}
	}
	for range 6 { // edits happen all the time
		w.clock.forward(5 * time.Minute)
		w.quiet()
		w.extensions(w.sim.Truth(w.clock.now()))
	}
}

// extensionAPIs are those of 4.9 that a list leads to.
var extensionAPIs = []codeartstest.API{
	codeartstest.APIPublisherDetails, codeartstest.APIPluginVersions, codeartstest.APIPluginVersion, codeartstest.APIPluginVersionNumbers,
	codeartstest.APIPluginMetrics, codeartstest.APIPluginInputs, codeartstest.APIPluginOutputs, codeartstest.APIBasicPlugin,
}

// extensionCalls are the calls to them that f causes.
func (w *world) extensionCalls(f func()) map[codeartstest.API]int {
	calls, out := w.calls(f), map[codeartstest.API]int{}
	for _, api := range extensionAPIs {
		if n := calls[string(api)]; n > 0 {
			out[api] = n
		}
	}
	return out
}

func (w *world) wantCalls(what string, got, want map[codeartstest.API]int) {
	w.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.Errorf("%s asks for %v, want %v", what, got, want)
	}
}

func TestPluginsAreAskedForOncePerEdit(t *testing.T) {
	w := small(t)
	published, basic, basicPublished, twice := 0, 0, 0, 1
	first := w.extensionCalls(w.quiet)
	truth := w.sim.Truth(w.clock.now())
	for _, p := range truth.Plugins {
		n := 0
		for _, v := range p.Versions {
			if v.Value.Draft == "" {
				n++
			}
		}
		if published += n; p.Value.Basic {
			basic, basicPublished = basic+1, basicPublished+n
		}
		twice = max(twice, n) // calls for the parts: one for each version of one plug-in
	}
	rounds := first[codeartstest.APIPluginVersionNumbers] - len(truth.Plugins)
	w.wantCalls("the first start", first, map[codeartstest.API]int{
		codeartstest.APIPublisherDetails: 1, codeartstest.APIPluginVersions: len(truth.Plugins), codeartstest.APIPluginVersion: published,
		codeartstest.APIPluginMetrics: twice, codeartstest.APIPluginInputs: twice, codeartstest.APIPluginOutputs: twice,
		codeartstest.APIPluginVersionNumbers: len(truth.Plugins) + rounds, codeartstest.APIBasicPlugin: basicPublished,
	})
	// The list of basic plug-ins does not tell whether there is another version: each of them is asked for its numbers.
	numbers := map[codeartstest.API]int{codeartstest.APIPluginVersionNumbers: basic}
	if rounds%basic != 0 || rounds == 0 {
		t.Errorf("%d calls for the numbers of %d basic plug-ins", rounds, basic)
	}
	for _, restart := range []bool{false, true} {
		if restart {
			w.start()
		}
		w.wantCalls(fmt.Sprintf("a round without an edit, restart %t,", restart), w.extensionCalls(func() { w.want(w.once()) }), numbers)
	}

	plugin := pluginOf(t, truth, "dependency_scan")
	at := func(kind, id, op string) string { return events.TenantScope + " " + kind + " " + id + " " + op }

	w.clock.forward(time.Second)
	plugin.Referred++ // a count is no edit
	w.sim.World().SetPlugin(w.clock.now(), codeartstest.User{}, plugin)
	w.wantCalls("a count", w.extensionCalls(func() { w.want(w.once(), at("plugin", "dependency_scan", "changed")) }), numbers)

	w.clock.forward(time.Second)
	plugin.Versions = append(plugin.Versions, codeartstest.PluginVersion{Number: "2.4.0"})
	w.sim.World().SetPlugin(w.clock.now(), codeartstest.User{}, plugin)
	got := w.extensionCalls(func() {
		w.want(w.once(),
			at("plugin", "dependency_scan", "changed"), at("plugin_version_list", "dependency_scan", "changed"),
			at("plugin_version", "dependency_scan/2.4.0", "created"), at("plugin_version_detail", "dependency_scan/2.4.0", "created"),
			at("plugin_inputs", "dependency_scan/2.4.0", "created"), at("plugin_metrics", "dependency_scan/2.4.0", "created"),
			at("plugin_outputs", "dependency_scan/2.4.0", "created"),
			at("optional_plugin", "Gate/dependency_scan", "changed"))
	})
	w.wantCalls("a new version", got, map[codeartstest.API]int{
		codeartstest.APIPluginVersions: 1, codeartstest.APIPluginVersion: 1, codeartstest.APIPluginMetrics: 1, codeartstest.APIPluginInputs: 1,
		codeartstest.APIPluginOutputs: 1, codeartstest.APIPluginVersionNumbers: 1 + basic,
	})
	w.extensions(w.sim.Truth(w.clock.now()))
}

func pluginOf(t *testing.T, truth codeartstest.Truth, name string) codeartstest.Plugin {
	t.Helper()
	for _, p := range truth.Plugins {
		if p.Value.Name == name {
			return p.Value
		}
	}
	t.Fatalf("there is no plug-in %s", name)
	return codeartstest.Plugin{}
}

// A region may lack any of the APIs: it is said once, and everything else comes.
func TestExtensionsThatARegionLacks(t *testing.T) {
	gone := codeartstest.Fault{Kind: codeartstest.FaultStatus, Status: 404, Code: "APIGW.0101", Times: -1}
	alone := map[codeartstest.API][]events.Kind{ // what comes from it alone
		codeartstest.APIPublishers: {events.Publisher, events.PublisherDetail}, codeartstest.APIAvailablePublishers: {events.AvailablePublisher},
		codeartstest.APIStagePlugins: {events.StagePlugin}, codeartstest.APIOptionalPlugins: {events.OptionalPlugin},
		codeartstest.APIBasicPlugins: {events.BasicPlugin, events.BasicPluginDetail, events.BasicPluginVersionList},
		codeartstest.APIPluginInputs: {events.PluginInputs}, codeartstest.APIPluginOutputs: {events.PluginOutputs}, codeartstest.APIPluginMetrics: {events.PluginMetrics},
		codeartstest.APIPluginVersion: {events.PluginVersionDetail}, codeartstest.APIBasicPlugin: {events.BasicPluginDetail},
		codeartstest.APIPluginVersionNumbers: {events.PluginVersionList, events.BasicPluginVersionList, events.BasicPluginDetail},
		codeartstest.APIPublisherDetails:     {events.PublisherDetail},
		codeartstest.APIPluginVersions:       {events.PluginVersion, events.PluginVersionDetail, events.PluginInputs, events.PluginOutputs, events.PluginMetrics},
	}
	for _, api := range few(slices.Sorted(maps.Keys(alone))) {
		t.Run(string(api), func(t *testing.T) {
			w := small(t)
			w.sim.Inject(api, gone)
			w.quiet()
			if n := w.calls(func() { w.want(w.once()) })[string(api)]; n != 0 {
				t.Errorf("it is asked again %d times", n)
			}
			missing := map[events.Kind]bool{}
			for _, kind := range alone[api] {
				missing[kind] = true
			}
			for _, kind := range []events.Kind{
				events.Publisher, events.AvailablePublisher, events.PublisherDetail, events.StagePlugin, events.OptionalPlugin, events.Plugin, events.PluginVersion,
				events.PluginVersionDetail, events.PluginVersionList, events.PluginMetrics, events.PluginInputs, events.PluginOutputs, events.BasicPlugin,
				events.BasicPluginDetail, events.BasicPluginVersionList,
			} {
				if bodies, _ := w.last(kind); (len(bodies) == 0) != missing[kind] {
					t.Errorf("%d of %s", len(bodies), kind)
				}
			}
			w.sim.Heal()
			w.clock.forward(time.Hour)
			w.start() // what an edit was read without is read by the next process
			w.quiet()
			w.extensions(w.sim.Truth(w.clock.now()))
		})
	}
}

// What a version could not be read for stays unmarked: the plug-in is not asked for again by this process, but by the next.
func TestPluginDetailFails(t *testing.T) {
	w := small(t)
	w.sim.Inject(codeartstest.APIPluginVersion, codeartstest.Fault{Kind: codeartstest.FaultStatus, Status: 403, Code: "DEVCP.00014031"})
	w.quiet()
	if got := w.extensionCalls(func() { w.want(w.once()) }); got[codeartstest.APIPluginVersions]+got[codeartstest.APIPluginVersion] != 0 {
		t.Errorf("the next round asks for %v", got)
	}
	w.start()
	if got := w.extensionCalls(w.quiet); got[codeartstest.APIPluginVersions] != 1 || got[codeartstest.APIPluginVersion] != 1 {
		t.Errorf("the next process asks for %v", got)
	}
	w.extensions(w.sim.Truth(w.clock.now()))
	if got := w.extensionCalls(func() { w.start(); w.want(w.once()) }); got[codeartstest.APIPluginVersions] != 0 {
		t.Errorf("the process after it asks for %v", got)
	}
}

func TestPartBody(t *testing.T) {
	of := pluginVersion{}.of
	of.Plugin, of.Version = "p", "1"
	body, err := partBody(of, events.Mark{To: 7}, json.RawMessage(`{"data":[{"version":"1"},{"version":""},{}]}`))
	if want := `{"plugin_name":"p","version":"1","op_time":7,"answer":{"data":[{"version":"1"},{"version":""},{}]}}`; err != nil || string(body) != want {
		t.Errorf("%s, %v", body, err)
	}
	if body, err := partBody(of, events.Mark{}, json.RawMessage(`{"data":[{"version":"2"}]}`)); err == nil || !strings.Contains(err.Error(), "the answer is about 2") {
		t.Errorf("%s, %v", body, err)
	}
}
