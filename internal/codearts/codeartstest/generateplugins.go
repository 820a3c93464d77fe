package codeartstest

import "time"

// generateExtensions makes publishers and plug-ins, and what people change of them before and after Origin: a new version, a
// draft, an input that becomes mandatory, a plug-in that is switched off, another name.
func (w *World) generateExtensions() {
	origin, created := w.options.Origin, w.begin.Add(-200*24*time.Hour)
	set := func(at time.Time, by User, p Plugin) { setPolicy(w, &w.plugins, "plugin", p.Name, "", at, by, p) }
	publisher := func(id string, at time.Time, by int, p Publisher) string {
		return setPolicy(w, &w.publishers, "publisher", id, "", at, w.user(by), p)
	}
	tools := publisher("", created, 1, Publisher{Name: "Platform tools", EnglishName: "platform-tools", SupportURL: "tools@example.com", AuthStatus: "processing", Available: true})
	publisher("", created.Add(time.Hour), 2, Publisher{Name: "支付 Payments", EnglishName: "payments", Description: "Only for payments.", AuthStatus: "success", Available: true})
	guild := Publisher{Name: "Security guild", EnglishName: "security-guild", Website: "https://security.example.com/", AuthStatus: "processing"}
	id := publisher("", created.Add(2*time.Hour), 3, guild)
	guild.AuthStatus, guild.Available = "success", true
	publisher(id, origin.Add(13*time.Minute), 3, guild)

	shell := PluginInput{Name: "OFFICIAL_SHELL_SCRIPT_INPUT", Type: "shell", Label: "Shell Commands", Description: "The user enters the shell command here.", Required: true}
	set(created, systemUser, Plugin{
		Name: "official_shell_plugin", DisplayName: "Executing the Shell", Description: "Used to run user shell commands.", Official: true, Basic: true, BusinessType: "Normal",
		Referred: 12, Versions: []PluginVersion{{Number: "0.0.1", Inputs: []PluginInput{shell}}, {Number: "0.0.2", Description: "Longer scripts", Inputs: []PluginInput{shell}}},
	})
	set(created, systemUser, Plugin{
		Name: "official_git_clone", DisplayName: "official_git_clone", Description: "Download the code library configured in the pipeline source.", Official: true, Basic: true,
		BusinessType: "Build", PublisherID: tools, Versions: []PluginVersion{{Number: "1.0.0", Outputs: [][2]string{{"commit", "What was cloned"}}}},
	})
	set(created, systemUser, Plugin{
		Name: "official_devcloud_cloudBuild", DisplayName: "CloudBuild", Description: "Builds.", Icon: "/api/v1/*/common/get-plugin-icon?object_key=build.png", Official: true,
		BusinessType: "Build", Referred: 40, Versions: []PluginVersion{{Number: "0.0.15", Metrics: [][2]string{{"build.CoverageRatio", "0"}}}},
	})
	set(created, systemUser, Plugin{
		Name: "official_devcloud_codeCheck", DisplayName: "Code check", Official: true, BusinessType: "Gate", Referred: 31,
		Versions: []PluginVersion{{Number: "0.0.9", Metrics: [][2]string{{"codecheck.critical", "0"}, {"codecheck.score", "100"}}}},
	})

	notify := Plugin{
		Name: "notify_release", DisplayName: "Notify 通知", Description: "Tells the channel.", BusinessType: "Normal", Multi: true, Maintainers: []string{w.user(1).ID, w.user(2).ID},
		PublisherID: tools, Referred: 7,
		Versions: []PluginVersion{{Number: "0.0.1", Steps: [][3]string{{"Executing the Shell", "official_shell_plugin", "notify.sh"}}, Inputs: []PluginInput{{Name: "CHANNEL", Type: "input", Label: "Channel"}}}},
	}
	set(created.Add(24*time.Hour), w.user(1), notify)
	second := notify.Versions[0]
	second.Number, second.Description, second.Steps = "0.0.2", "Retries", [][3]string{{"Executing the Shell", "official_shell_plugin", "notify.sh --retry"}}
	notify = notify.clone()
	notify.Versions = append(notify.Versions, second)
	set(origin.Add(-90*time.Minute), w.user(2), notify)
	notify = notify.clone()
	notify.Versions[1].Inputs = []PluginInput{{Name: "CHANNEL", Type: "input", Label: "Channel", Default: "#releases", Required: true}}
	notify.Versions = append(notify.Versions, PluginVersion{Draft: "draft"})
	set(origin.Add(8*time.Minute), w.user(1), notify)

	scan := Plugin{
		Name: "dependency_scan", DisplayName: "Dependency scan", BusinessType: "Gate", PublisherID: id, Referred: 3, Maintainers: []string{w.user(3).ID},
		Versions: []PluginVersion{{Number: "2.3.5", Description: "Running Shell Commands", Outputs: [][2]string{{"problem", "Number of recorded problems"}}, Metrics: [][2]string{{"scan.high", "0"}}}},
	}
	set(created.Add(48*time.Hour), w.user(3), scan)
	scan.Referred = 5
	set(origin.Add(-20*time.Hour), w.user(3), scan)
	scan.Inactive = true
	set(origin.Add(21*time.Minute), w.user(6), scan)

	set(origin.Add(-3*time.Hour), w.user(5), Plugin{Name: "basic_plugin", DisplayName: "basic_plugin", BusinessType: "Normal", Versions: []PluginVersion{{Draft: "init"}}})
	basic := Plugin{Name: "basic_cts", DisplayName: "Basic plug-in - CTS", Basic: true, BusinessType: "Test", Versions: []PluginVersion{
		{Number: "2.3.5", Inputs: []PluginInput{{Name: "SHELL_PLUGIN", Type: "input", Label: "Single-line Text Box", Description: "Sample String", Required: true}}, Outputs: [][2]string{{"problem", "Number of recorded problems"}}},
	}}
	set(created.Add(72*time.Hour), w.user(4), basic)
	basic.DisplayName = "Basic plug-in - CTS2"
	set(origin.Add(16*time.Minute), w.user(4), basic)
	basic = basic.clone()
	basic.Versions = append(basic.Versions, PluginVersion{Number: "2.4.0", Description: "Running Shell Commands"})
	set(origin.Add(27*time.Minute), w.user(4), basic)
}
