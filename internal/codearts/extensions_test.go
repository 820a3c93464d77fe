package codearts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const publisher = "b9fc8fb6d9194536ac66dd74c2212126" // of the example of 4.9.25

var shell = PluginRef{"official_shell_plugin", "0.0.2", "official", "formal"}

// extension is an API of 4.9, with an answer printed in the documents.
type extension struct {
	api, document string
	call          func(context.Context, *Client) iter.Seq2[Page, error]
	method, url   string
	body          string
	rows, total   int
}

// extensions are all of them. The answer of 4.9.25 is made from its table, for
// no example is printed.
var extensions = []extension{
	{
		"Publishers", "publishers.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] { return c.Publishers(ctx, domain) },
		"GET", "/v1/" + domain + "/publisher/query-all?limit=100&offset=0", "", 1, 3,
	}, {
		"AvailablePublishers", "available_publishers.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] {
			return onePage(c.AvailablePublishers(ctx, domain))
		},
		"GET", "/v1/" + domain + "/publisher/optional-publisher", "", 1, 1,
	}, {
		"PublisherDetails", "publisher_details.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] {
			details, err := c.PublisherDetails(ctx, domain, []string{publisher})
			return onePage(values(details), err)
		},
		"POST", "/v1/" + domain + "/publisher/detail", `["` + publisher + `"]`, 1, 1,
	}, {
		"StagePlugins", "stage_plugins.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] {
			return onePage(c.StagePlugins(ctx, domain))
		},
		"POST", "/v1/" + domain + "/relation/stage-plugins", `{}`, 1, 1,
	}, {
		"BasicPlugins", "basic_plugins.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] { return c.BasicPlugins(ctx, domain) },
		"GET", "/v1/" + domain + "/relation/plugin/single?limit=100&offset=0", "", 3, 3,
	}, {
		"OptionalPlugins", "optional_plugins.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] { return c.OptionalPlugins(ctx, domain) },
		"POST", "/v1/" + domain + "/relation/plugins?limit=100&offset=0", `{"use_condition":"pipeline","business_type":"","regex_name":""}`, 4, 246,
	}, {
		"Plugins", "plugins.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] { return c.Plugins(ctx, domain) },
		"POST", "/v1/" + domain + "/agent-plugin/query-all?limit=100&offset=0", `{}`, 3, 32,
	}, {
		"PluginMetrics", "plugin_metrics.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] {
			parts, err := c.PluginMetrics(ctx, domain, []PluginRef{{Plugin: "test_multi_language", Version: "0.0.11", Attribution: "official"}})
			return onePage(values(parts), err)
		},
		"POST", "/v1/" + domain + "/agent-plugin/plugin-metrics", `[{"plugin_name":"test_multi_language","version":"0.0.11","plugin_attribution":"official"}]`, 1, 1,
	}, {
		"PluginInputs", "plugin_inputs.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] {
			parts, err := c.PluginInputs(ctx, domain, []PluginRef{shell})
			return onePage(values(parts), err)
		},
		"POST", "/v1/" + domain + "/agent-plugin/plugin-input",
		`[{"plugin_name":"official_shell_plugin","version":"0.0.2","plugin_attribution":"official","version_attribution":"formal"}]`, 1, 1,
	}, {
		"PluginOutputs", "plugin_outputs.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] {
			parts, err := c.PluginOutputs(ctx, domain, []PluginRef{shell})
			return onePage(values(parts), err)
		},
		"POST", "/v1/" + domain + "/agent-plugin/plugin-output",
		`[{"plugin_name":"official_shell_plugin","version":"0.0.2","plugin_attribution":"official","version_attribution":"formal"}]`, 1, 1,
	}, {
		"PluginVersions", "plugin_versions.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] {
			return c.PluginVersions(ctx, domain, "fff")
		},
		"GET", "/v1/" + domain + "/agent-plugin/query?limit=100&offset=0&plugin_name=fff", "", 1, 1,
	}, {
		"PluginVersion", "plugin_version.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] {
			return onePage(whole(c.PluginVersion(ctx, domain, "apie_test", "0.0.4")))
		},
		"GET", "/v1/" + domain + "/agent-plugin/detail?plugin_name=apie_test&version=0.0.4", "", 1, 1,
	}, {
		"PluginVersionNumbers", "plugin_version_numbers.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] {
			return c.PluginVersionNumbers(ctx, domain, "apie_test")
		},
		"GET", "/v1/" + domain + "/agent-plugin/all-version?limit=999&offset=0&plugin_name=apie_test", "", 2, 2,
	}, {
		"BasicPlugin", "basic_plugin.json",
		func(ctx context.Context, c *Client) iter.Seq2[Page, error] {
			return onePage(whole(c.BasicPlugin(ctx, domain, "basic-CTS", "2.3.5")))
		},
		"GET", "/v3/" + domain + "/extension/detail?plugin_name=basic-CTS&version=2.3.5", "", 1, 1,
	},
}

// onePage is a list that has no pages.
func onePage(rows []json.RawMessage, err error) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) { yield(Page{Items: rows, Total: len(rows)}, err) }
}

func whole(raw json.RawMessage, err error) ([]json.RawMessage, error) {
	if raw == nil {
		return nil, err
	}
	return one(raw, err)
}

func values[K comparable](m map[K]json.RawMessage) (all []json.RawMessage) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

// Each API sends the documented request and hands out the rows of the
// documented answer, byte by byte; a plug-in of a group with its group.
func TestExtensions(t *testing.T) {
	for _, tt := range extensions {
		t.Run(tt.api, func(t *testing.T) {
			text, calls := fixture(t, tt.document), 0
			c := newTestClient(t, keyOptions(), func(req *http.Request, body string) *http.Response {
				calls++
				if req.Method != tt.method || req.URL.String() != "https://pipeline.example.test"+tt.url || body != tt.body {
					t.Errorf("sent %s %s %s\nwant %s %s %s", req.Method, req.URL, body, tt.method, tt.url, tt.body)
				}
				return reply(200, text)
			})
			for page, err := range tt.call(t.Context(), c) {
				if err != nil || len(page.Items) != tt.rows || page.Total != tt.total || calls != 1 {
					t.Fatalf("%d rows of %d in %d calls, %v; want %d of %d", len(page.Items), page.Total, calls, err, tt.rows, tt.total)
				}
				for _, row := range page.Items {
					parts := []json.RawMessage{row}
					var grouped struct{ Plugin, Group json.RawMessage }
					if json.Unmarshal(row, &grouped) == nil && grouped.Group != nil {
						parts = []json.RawMessage{grouped.Plugin}
						if !strings.Contains(string(grouped.Group), `"business_type"`) || strings.Contains(string(grouped.Group), "plugins_list") {
							t.Errorf("the group is %s", grouped.Group)
						}
					}
					for _, part := range parts {
						if !bytes.Contains([]byte(text), part) || !json.Valid(part) {
							t.Errorf("the row is not a part of the answer as received:\n%s", part)
						}
					}
				}
				break
			}
		})
	}
}

// An error with status 200 is an error of each API, and never an empty answer.
func TestExtensionRefusals(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		class  Class
	}{
		{200, `{"error_code":"DEVCP.00014031","error_msg":"no permission","data":[],"total":0}`, ClassPermission},
		{200, `{"error_code":"DEVCP.00012002","error_msg":"no such record"}`, ClassNotFound},
		{404, `{"error_msg":"not published","error_code":"APIGW.0101","request_id":"r"}`, ClassNotInRegion},
		{200, `"text"`, ClassUnusable},
	} {
		c := newTestClient(t, keyOptions(), func(*http.Request, string) *http.Response { return reply(tt.status, tt.body) })
		for _, api := range extensions {
			rows, err := collect(api.call(t.Context(), c))
			if e := wantClass(t, err, tt.class); e.API != api.api || len(rows) != 0 {
				t.Errorf("%s answers %s: %d rows, %v", api.api, tt.body, len(rows), err)
			}
		}
	}
}

// A list costs as many calls as its total needs, whatever page the server
// gives and whatever limit it says that it took.
func TestExtensionWalks(t *testing.T) {
	row := func(i int) string { return fmt.Sprintf(`{"plugin_name":"p%d"}`, i) }
	forms := map[string]func(int) string{"": row, "PluginVersionNumbers": func(i int) string { return fmt.Sprintf(`"0.0.%d"`, i) }}
	for _, tt := range []struct {
		total, clamp int
		calls        []int // offsets asked for
	}{
		{0, 0, []int{0}},
		{200, 50, []int{0, 50, 100, 150}},
		{201, 100, []int{0, 100, 200}},
		{100, 100, []int{0}},
	} {
		for _, name := range []string{"Publishers", "BasicPlugins", "OptionalPlugins", "Plugins", "PluginVersions", "PluginVersionNumbers"} {
			form, ok := forms[name]
			if !ok {
				form = forms[""]
			}
			var asked []int
			c := newTestClient(t, keyOptions(), func(req *http.Request, _ string) *http.Response {
				offset, _ := strconv.Atoi(req.URL.Query().Get("offset"))
				limit, _ := strconv.Atoi(req.URL.Query().Get("limit"))
				asked = append(asked, offset)
				if tt.clamp > 0 {
					limit = min(limit, tt.clamp)
				}
				var rows []string
				for i := offset; i < min(offset+limit, tt.total); i++ {
					rows = append(rows, form(i))
				}
				data := strings.Join(rows, ",")
				if name == "OptionalPlugins" { // two groups, cut anywhere: 4.9.16 counts plug-ins
					cut := len(rows) / 3
					data = fmt.Sprintf(`{"business_type":"Build","plugins_list":[%s]},{"plugins_list":[%s],"business_type":"Gate"},{"plugins_list":null}`,
						strings.Join(rows[:cut], ","), strings.Join(rows[cut:], ","))
				}
				return reply(200, fmt.Sprintf(`{"offset":%d,"limit":1000,"total":"%d","data":[%s]}`, offset, tt.total, data))
			})
			i := slices.IndexFunc(extensions, func(e extension) bool { return e.api == name })
			rows, err := collect(extensions[i].call(t.Context(), c))
			if err != nil || len(rows) != tt.total || !slices.Equal(asked, tt.calls) && (name != "PluginVersionNumbers" || tt.clamp > 0) {
				t.Errorf("%s: %d rows of %d, asked at %v, want %v, %v", name, len(rows), tt.total, asked, tt.calls, err)
			}
		}
	}
}

// A bare list of versions has no total: it ends with the first page that has
// fewer rows than were asked for.
func TestBareVersionNumbers(t *testing.T) {
	for total, want := range map[int]int{0: 1, 998: 1, 999: 2, 1998: 3, 2000: 3} {
		calls := 0
		c := newTestClient(t, keyOptions(), func(req *http.Request, _ string) *http.Response {
			calls++
			offset, _ := strconv.Atoi(req.URL.Query().Get("offset"))
			rows := []string{}
			for i := offset; i < min(offset+999, total); i++ {
				rows = append(rows, fmt.Sprintf("%q", strconv.Itoa(i)))
			}
			return reply(200, "["+strings.Join(rows, ",")+"]")
		})
		rows, err := collect(c.PluginVersionNumbers(t.Context(), domain, "p"))
		if err != nil || len(rows) != total || calls != want {
			t.Errorf("%d of %d versions in %d calls, want %d, %v", len(rows), total, calls, want, err)
		}
	}
}

// An answer about another version than the one asked for is none.
func TestOtherVersion(t *testing.T) {
	c := newTestClient(t, keyOptions(), (&script{}).add(200, `{"plugin_name":"p","version":"0.0.1"}`).serve)
	for _, ask := range []func(context.Context, string, string, string) (json.RawMessage, error){c.PluginVersion, c.BasicPlugin} {
		raw, err := ask(t.Context(), domain, "p", "0.0.2")
		if wantClass(t, err, ClassUnusable); raw != nil || !strings.Contains(err.Error(), "0.0.1") {
			t.Errorf("%s, %v", raw, err)
		}
	}
}

// The parts of many versions are asked for in batches. Answers name plug-ins
// only and come in any order, so two versions of one plug-in are two calls.
func TestPluginParts(t *testing.T) {
	for _, tt := range []struct {
		plugins, versions, most int
		calls                   []int // plug-ins asked for
	}{
		{20, 1, 100, []int{20}},
		{21, 1, 100, []int{20, 1}},
		{3, 2, 100, []int{3, 3}},
		{20, 1, 7, []int{20, 10, 5, 5, 5, 5}},
		{0, 0, 1, nil},
	} {
		var refs []PluginRef
		for i := range tt.plugins * tt.versions {
			refs = append(refs, PluginRef{Plugin: fmt.Sprint("p", i%max(tt.plugins, 1)), Version: fmt.Sprint("v", i/tt.plugins)})
		}
		var calls []int
		c := newTestClient(t, keyOptions(), func(_ *http.Request, body string) *http.Response {
			var asked []PluginRef
			if err := json.Unmarshal([]byte(body), &asked); err != nil {
				t.Error(err)
			}
			calls = append(calls, len(asked))
			if len(asked) > tt.most {
				return reply(400, `{"error_code":"DEVCP.00014004","error_msg":"too many"}`)
			}
			rows := []string{`{"plugin_name":"nobody asked"}`, `null`}
			for _, ref := range slices.Backward(asked) {
				rows = append(rows, fmt.Sprintf(`{"plugin_name":%q,"data":[{"version":%q}]}`, ref.Plugin, ref.Version))
			}
			return reply(200, "["+strings.Join(rows, ",")+"]")
		})
		parts, err := c.PluginInputs(t.Context(), domain, refs)
		if err != nil || len(parts) != len(refs) || !slices.Equal(calls, tt.calls) {
			t.Errorf("%d parts of %d, calls %v, want %v, %v", len(parts), len(refs), calls, tt.calls, err)
		}
		for ref, raw := range parts {
			if !strings.Contains(string(raw), fmt.Sprintf(`"plugin_name":%q,"data":[{"version":%q}]`, ref.Plugin, ref.Version)) {
				t.Errorf("%v got %s", ref, raw)
			}
		}
	}
}

// Publishers are asked for in batches, and those that CodeArts does not know
// are missing.
func TestPublisherDetails(t *testing.T) {
	var ids []string
	for i := range 101 {
		ids = append(ids, strconv.Itoa(i))
	}
	calls := 0
	c := newTestClient(t, keyOptions(), func(_ *http.Request, body string) *http.Response {
		calls++
		if strings.Contains(body, `"100"`) {
			return reply(200, `{"publisher_detail_map":{"100":{"name":"n"}}}`)
		}
		return reply(200, `{"publisher_detail_map":null}`)
	})
	details, err := c.PublisherDetails(t.Context(), domain, ids)
	if err != nil || calls != 2 || len(details) != 1 || string(details["100"]) != `{"name":"n"}` {
		t.Errorf("%s in %d calls, %v", details, calls, err)
	}
	c = newTestClient(t, keyOptions(), (&script{}).add(200, `{"publisher_detail_map":[]}`).serve)
	_, err = c.PublisherDetails(t.Context(), domain, ids[:1])
	wantClass(t, err, ClassUnusable)
}

// A group of another shape is handed out as it is, and the others too.
func TestOddGroups(t *testing.T) {
	c := newTestClient(t, keyOptions(), (&script{}).add(200, `{"full_stage_plugins_item_list":[
		7,{"plugins_list":"text","a":1},{"b\"":2,"plugins_list":[null,{"c":3}]},{"plugins_list":[]},{}]}`).serve)
	rows, err := c.StagePlugins(t.Context(), domain)
	want := []string{`7`, `{"plugins_list":"text","a":1}`, `{"group":{"b\"":2},"plugin":null}`, `{"group":{"b\"":2},"plugin":{"c":3}}`}
	var got []string
	for _, row := range rows {
		got = append(got, string(row))
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}
